//! The demo.

use crate::cli::Done;
use crate::cli::args::Demo;
use crate::cli::output::Out;

/// `demo`
pub fn run(_args: &Demo, _out: &mut Out) -> Done {
    Ok(0)
}
