//! The registry of named components and the options they take.
