//! The whole program with a loss and an optimizer of our own in it.
//!
//! ```sh
//! cargo run --release -p plugin-loss -- list losses
//! cargo run --release -p plugin-loss -- run examples/plugin-loss/study.toml
//! ```

use braggscape_plugin::Registry;
use braggscape_plugin::loss::AnyLoss;
use braggscape_plugin::optim::AnyOptimizer;
use plugin_loss::{Huber, SignDescent};
use std::process::ExitCode;

fn main() -> ExitCode {
    let registry = Registry::builtin()
        .with_loss(
            "acme.huber",
            "# Huber loss of patterns of unit norm\ndelta = 0.05",
            |options, _| Ok(AnyLoss::external(options.parse::<Huber>()?)),
        )
        .with_optimizer(
            "acme.sign-descent",
            "# steps of one length against the sign of the gradient\nstep = 0.01\niterations = 200",
            |options, _| Ok(AnyOptimizer::external(options.parse::<SignDescent>()?)),
        );
    braggscape_cli::main_with(registry)
}
