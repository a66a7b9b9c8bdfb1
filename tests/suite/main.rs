//! One test program, laid out like `src`.

mod tui;
