//! Studies from TOML: parse, check, build, run, resume, tabulate.
