//! The record schema, the journal and Parquet files of a study.
