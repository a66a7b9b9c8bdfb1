//! The bench: every figure beside its bare baseline, both made in this run. `cargo bench` prints one table.
//!
//! `cargo bench -- screen` runs only the measures whose name begins so (`screen.filter` is one of them).
//! `COUNTERSIGN_BENCH_LARGE` is the number of requests in the large store (1,000,000). With `COUNTERSIGN_BENCH_INTO_README=1` a whole run writes the table into the
//! README. Stores are made once and kept under `target/bench`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints its table")]

mod bare;
mod fill;
mod fleet;
mod ideal;
mod process;
mod pty;
mod rounds;
mod screen;
mod table;
mod writes;

use table::Table;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let Some(role) = arguments.first().filter(|a| a.starts_with("--")) {
        return bare::play(role, &arguments[1..]);
    }
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|a| name.starts_with(a.as_str()));
    let mut table = Table::default();
    writes::measure(&mut table, &wanted);
    if wanted("rounds") {
        rounds::measure(&mut table);
    }
    if wanted("fleet") {
        fleet::measure(&mut table);
    }
    process::measure(&mut table, &wanted);
    screen::measure(&mut table, &wanted);
    table.print();
    if std::env::var_os("COUNTERSIGN_BENCH_INTO_README").is_some() {
        assert!(arguments.is_empty(), "only a whole run is written down");
        table.write_into(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    }
}
