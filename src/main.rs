//! argv → a face → an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(countersign::cli::run(std::env::args_os().collect()))
}
