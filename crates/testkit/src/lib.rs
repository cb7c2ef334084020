//! Fixtures, property-test strategies and conformance suites.
