//! The commands of the program, one file each.

mod aggregate;
mod amortize;
mod args;
mod csv_file;
mod devices;
mod explain;
mod explain_args;
mod game;
mod groups;
mod homogeneity;
mod interact;
mod methods;
mod predict;
mod print;
mod records;
mod removal_args;
mod removal_table;
mod remove;
mod run;
mod stop;
mod summary;
mod synth;
mod train;
mod tree_args;
mod tree_pictures;
mod trees;
mod value;
mod value_args;
mod value_input;
mod value_output;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

/// Runs the command that the user typed. Errors go to standard error and become an exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    stop::listen();
    let result = match &cli.command {
        Command::Predict(args) => predict::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Homogeneity(args) => homogeneity::run(args),
        Command::Interact(args) => interact::run(args),
        Command::Remove(args) => remove::run(args),
        Command::Amortize(args) => amortize::run(args),
        Command::Synth(args) => synth::run(args),
        Command::Train(args) => train::run(args),
        Command::Devices => devices::run(),
        Command::Methods => methods::run(),
        Command::Game(args) => game::run(args),
        Command::Trees(args) => trees::run(args),
        Command::Value(args) => value::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("einthoven: failed to {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
