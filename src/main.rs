//! argv → a face → an exit code.
fn main() {}
