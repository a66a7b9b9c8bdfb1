//! The screen: a value that keys and messages change, drawn by functions that change nothing.
//!
//! `key → KEYMAP → Action → act(&mut Model) → effects as data → App → Message → hear(&mut Model) → view(&Model)`.

// Reading order: what keys mean, what the screen knows, how it changes, how it is drawn, who holds the terminal.
pub mod action;
pub mod keymap;
pub mod rebinding;
pub mod list;
pub mod gate;
pub mod arrival;
pub mod search;
pub mod graph;
pub mod reading;
pub mod field;
pub mod dialog;
pub mod asking;
pub mod stepwise;
pub mod talking;
pub mod page;
pub mod prompt;
pub mod filtering;
pub mod palette;
pub mod snoozing;
pub mod sorting;
pub mod views;
pub mod picking;
pub mod marks;
pub mod batch;
pub mod alike;
pub mod rollouts;
pub mod model;
pub mod drafts;
pub mod attention;
pub mod editing;
pub mod act;
pub mod deciding;
pub mod signing;
pub mod looking;
pub mod hear;
pub mod glyphs;
pub mod wrap;
pub mod theme;
pub mod habits;
pub mod layout;
pub mod view;
pub mod clipboard;
pub mod keeping;
pub mod keyboard;
pub mod effects;
pub mod wire;
pub mod terminal;
pub mod run;

pub use habits::Habits;
pub use run::run;

/// How the screen looks, as the command line and the environment say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Nothing but ASCII is drawn.
    pub ascii: bool,
    /// No colour is used; every colour has a word or a mark beside it anyway.
    pub no_color: bool,
}
