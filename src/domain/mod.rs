//! The ground floor: the rules, as pure functions over values.
//!
//! No clock, no file, no SQL and no screen is known here; time, chance and facts are handed in.

// Reading order: words first, then what is asked, then who decides, then how it changes.
pub mod moment;
pub mod names;
pub mod text;
pub mod canon;
pub mod digest;
pub mod statement;
pub mod risk;
pub mod invalid;
pub mod step;
pub mod content;
pub mod needs;
pub mod document;
pub mod outcome;
pub mod consequences;
pub mod preview;
pub mod conflict;
pub mod late;
pub mod marks;
pub mod principal;
pub mod quorum;
pub mod policy;
pub mod bound;
pub mod payload;
pub mod event;
pub mod log;
pub mod machine;
pub mod execution;
pub mod request;
pub mod evolve;
pub mod going_on;
pub mod filter;
pub mod transitions;
pub mod membership;
pub mod refusal;
pub mod unfit;
pub mod command;
pub mod signing;
pub mod rules;
pub mod alike;
pub mod due;
pub mod snooze;
pub mod difference;
pub mod edit;
pub mod form;
pub mod delta;
pub mod successor;
pub mod decide;
pub mod proposing;
pub mod attempts;
pub mod judging;
pub mod overriding;
pub mod executing;
pub mod claiming;
