//! Exit codes: one table, used by every verb. `docs/producer.md` prints it.

/// Done; for `wait`: approved as submitted, or answered.
pub const DONE: u8 = 0;
/// Refused by a rule; for `check`: something waits for you.
pub const REFUSED: u8 = 1;
/// The command line is wrong.
pub const USAGE: u8 = 2;
/// It changed since you looked, or somebody else was first.
pub const CONFLICT: u8 = 3;
/// No such request.
pub const NOT_FOUND: u8 = 4;
/// The log or the store does not verify.
pub const NOT_VERIFIED: u8 = 5;
/// `wait`: rejected.
pub const REJECTED: u8 = 10;
/// `wait`: changes requested.
pub const CHANGES_REQUESTED: u8 = 11;
/// `wait`: expired or lapsed.
pub const EXPIRED: u8 = 12;
/// `wait`: cancelled.
pub const CANCELLED: u8 = 13;
/// `wait`: approved in part.
pub const IN_PART: u8 = 14;
/// `wait`: approved at another revision than the one waited for.
pub const OTHER_REVISION: u8 = 15;
/// `run`: failed, stopped, or waits for a person.
pub const NOT_DONE: u8 = 16;
/// `run`: nobody knows how it stands.
pub const UNKNOWN: u8 = 17;
/// Input is not valid or breaks a limit; nothing was stored.
pub const INVALID: u8 = 65;
/// Disk or I/O error.
pub const IO: u8 = 74;
/// The store is busy or a quota is reached; nothing was changed.
pub const BUSY: u8 = 75;
/// `wait --timeout` ran out; the request is still open.
pub const TIMED_OUT: u8 = 124;

/// Every code with its meaning, in the order it is documented.
pub const TABLE: [(u8, &str); 18] = [
    (DONE, "done; for `wait`: approved or overridden as submitted, or a question answered"),
    (REFUSED, "refused by a rule (the sentence says which); for `check`: something waits for you"),
    (USAGE, "usage"),
    (
        CONFLICT,
        "conflict: it changed since you looked, somebody else decided first, or the execution is somebody else's",
    ),
    (NOT_FOUND, "no such request"),
    (NOT_VERIFIED, "log, store or signature does not verify"),
    (REJECTED, "`wait`: rejected"),
    (CHANGES_REQUESTED, "`wait`: changes requested"),
    (EXPIRED, "`wait`: expired, or the approval lapsed"),
    (CANCELLED, "`wait`: cancelled"),
    (IN_PART, "`wait`: approved in part (the sub-plan is in `--json`)"),
    (OTHER_REVISION, "`wait`: approved at another revision than the one waited for"),
    (
        NOT_DONE,
        "`run`, `next`, `roll-back`: failed or stopped, or it waits for a person (the sentence says for what)",
    ),
    (
        UNKNOWN,
        "`run`, `next`, `roll-back`: unknown: the runner died while a step ran, and a person must look",
    ),
    (INVALID, "input does not parse, is not valid or breaks a limit; nothing was stored"),
    (IO, "disk or I/O error, or a store that cannot be used"),
    (BUSY, "store busy or quota reached; nothing was changed: try again later"),
    (TIMED_OUT, "`wait --timeout` ran out; the request is still open"),
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_guide_prints_the_exit_codes_as_they_are() {
        let rows: String = super::TABLE.iter().map(|(code, what)| format!("| {code} | {what} |\n")).collect();
        assert!(
            include_str!("../../../docs/producer.md")
                .contains(&format!("| exit | meaning |\n| --- | --- |\n{rows}\n")),
            "docs/producer.md must hold:\n{rows}"
        );
    }
}
