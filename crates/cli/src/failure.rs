//! Failures and their exit codes.

use braggscape_optim::with_causes;
use braggscape_xrd::ForwardError;
use std::io::Write;
use std::process::ExitCode;

/// Why a command ends without its result.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// Bad usage, or input that cannot be read at all: exit code 2.
    pub(crate) fn bad_input(e: &dyn std::error::Error) -> Self {
        Self { code: 2, message: with_causes(e) }
    }

    /// A value that an option may not have: exit code 2.
    pub(crate) fn option(option: &str, e: &dyn std::error::Error) -> Self {
        Self { code: 2, message: format!("{option}: {}", with_causes(e)) }
    }

    /// Bad usage in words: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into() }
    }

    /// Work that failed, in words: exit code 1.
    pub(crate) fn work_text(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }

    /// Work that failed: exit code 1.
    pub(crate) fn work(e: &dyn std::error::Error) -> Self {
        Self { code: 1, message: with_causes(e) }
    }

    /// A forward model that gave nothing: exit code 2 where structure and options cannot go together, 1 otherwise.
    pub(crate) fn forward(e: &ForwardError) -> Self {
        use ForwardError::{
            NoReflections, NoScatteringFactor, NonPositiveWidth, OptionRange, TooManyReflections,
        };
        match e {
            NoScatteringFactor { .. }
            | NoReflections { .. }
            | TooManyReflections { .. }
            | NonPositiveWidth { .. }
            | OptionRange { .. } => Self::bad_input(e),
            _ => Self::work(e),
        }
    }

    /// The same with the place it is about before the message.
    pub(crate) fn at(self, place: &dyn std::fmt::Display) -> Self {
        Self { message: format!("{place}: {}", self.message), ..self }
    }

    /// A command, preset or option whose time has not come: exit code 2.
    pub(crate) fn not_available(what: &str) -> Self {
        Self { code: 2, message: format!("`{what}` is not available yet") }
    }

    /// The message alone, for a line of a batch.
    pub(crate) fn into_message(self) -> String {
        self.message
    }

    /// Prints the message and gives the exit code. A reader that has gone away is no failure.
    pub(crate) fn report(self) -> ExitCode {
        if self.code != 0 {
            for line in self.message.lines() {
                say(&format!("error: {line}"));
            }
        }
        ExitCode::from(self.code)
    }
}

/// Writes a line to stderr; where nobody can read it, nothing is lost.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

impl From<std::io::Error> for Failure {
    /// An error of writing results.
    fn from(e: std::io::Error) -> Self {
        let code = u8::from(e.kind() != std::io::ErrorKind::BrokenPipe);
        Self { code, message: format!("results cannot be written: {e}") }
    }
}
