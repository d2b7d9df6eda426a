//! Structured logs: one JSON object a line, on standard error.

use tracing_subscriber::filter::LevelFilter;

/// Begins to log. `level` is one of `off`, `error`, `warn`, `info`, `debug`, `trace`.
///
/// # Errors
///
/// The level is none of them, or somebody logs already.
pub fn begin(level: &str) -> Result<(), String> {
    let level: LevelFilter = level
        .parse()
        .map_err(|_| format!("`{level}` is no level: write off, error, warn, info or debug"))?;
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .try_init()
        .map_err(|error| error.to_string())
}
