//! Domain values as words: lines of phrases, each with a tone. The command line and the screen say the same thing;
//! only the screen's theme knows colours.

pub mod line;
pub mod time;
pub mod words;
pub mod plan;
pub mod changes;
pub mod risk;
pub mod policy;
pub mod roster;
pub mod execution;
pub mod overriding;
pub mod running;
pub mod detail;
pub mod would;
pub mod conflict;
pub mod delta;
pub mod history;
pub mod json;
pub mod notice;
pub mod graph;
pub mod table;
pub mod sides;
pub mod keys;
pub mod alike;
pub mod tabs;
pub mod fields;
