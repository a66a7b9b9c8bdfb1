//! What is wrong with this place as a whole, in words: counts and our own sentences.

use crate::domain::alarm::{self, CLOCK, OVERLOAD, REFUSALS, STUCK};
use crate::domain::moment::Span;
use crate::domain::notice::{Notice, NoticeKind};
use crate::present::{json, time};
use serde_json::{Value, json};

fn many(n: u64, one: &str, more: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {more}") }
}

/// A channel that does not take what it is given.
pub fn channel(name: &str, waiting: u64, given_up: u64) -> String {
    let waiting = many(waiting, "notice waits for it", "notices wait for it");
    format!("channel {name} fails: {waiting}, {given_up} given up; `countersign doctor` says why")
}

/// Requests that are late by long.
pub fn stuck(n: u64, longest: Span) -> String {
    let requests = many(n, "request is", "requests are");
    format!("{requests} overdue by more than {}; `countersign list` has them first", time::span(longest))
}

/// Much of what is decided is refused: so many of so many.
pub fn refusals((refused, decided): (u64, u64), most: u8) -> String {
    format!("{refused} of the {decided} decided within a day were refused: more than {most} %")
}

/// More is open than anybody can look at.
pub fn overload(open: u64, most: u32) -> String {
    format!("{open} requests are open: more than {most}")
}

/// The clock jumped.
pub fn clock() -> String {
    "the clock jumped ahead: it was set, or the host slept; `countersign log keeping` has it".to_owned()
}

/// A subject that is right again.
pub fn over(subject: &str) -> String {
    match (alarm::channel(subject), subject) {
        (Some(name), _) => format!("channel {name} works again"),
        (_, STUCK) => "no request is stuck any more".to_owned(),
        (_, REFUSALS) => "refusals are no longer above the limit".to_owned(),
        (_, OVERLOAD) => "open requests are no longer above the limit".to_owned(),
        (_, CLOCK) => "the clock goes on".to_owned(),
        (_, other) => format!("{other} is over"),
    }
}

/// The whole as JSON. `id` names the notice wherever it arrives.
pub fn body(notice: &Notice, subject: &str, id: &str, sentence: &str) -> Value {
    json!({"v": json::VERSION, "id": id, "notice": notice.kind.word(), "at": notice.at.iso(), "about": subject,
        "over": notice.kind == NoticeKind::Recovery, "sentence": sentence})
}
