//! The store: what it finds when somebody was at the file, what it keeps when payloads go, who wins a race, whose
//! files it opens, and what its lists say.

pub mod stage;
mod tamper;
mod redaction;
mod race;
mod histories;
mod hygiene;
mod inbox;
mod sight;
mod search;
mod drafts;
mod policy;
mod evidence;
