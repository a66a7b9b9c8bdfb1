//! The machine as data: what leads from where to where. `decide` obeys it, a test walks every cell, and `docs/states.md` is
//! printed from it.

use super::phase::Phase::{
    self, AwaitingPromotion, Baking, Completed, Frozen, Paused, Prepared, Promoting, RollbackFailed,
    RolledBack, RollingBack, Starting, Unknown,
};
use super::terms::{AfterGate, OnBreach, Terms};
use crate::domain::principal::Permission;

/// Everything that can be done to a rollout, or happen to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stimulus {
    /// Somebody asks for its start.
    Start,
    /// The last sign-off on its promotion request was given.
    Promote,
    /// Somebody stops the bake clock.
    Pause,
    /// Somebody lets it go on.
    Resume,
    /// Somebody says that nothing moves.
    Freeze,
    /// Somebody says stop.
    Halt,
    /// Somebody says that everything is taken back.
    RollBack,
    /// Somebody looked, and says what is there.
    Resolve,
    /// Somebody has seen that taking it back failed.
    Acknowledge,
    /// Somebody gives readings by hand.
    Sample,
    /// The pack was checked, and every condition holds.
    Checked,
    /// The pack does not hold, or a condition does not.
    Unfit,
    /// The driver did what it was told, verified.
    Done,
    /// The driver failed.
    Failed,
    /// Taking it back failed for the last time.
    FailedForGood,
    /// Whoever did the driver's act died.
    Died,
    /// The bake is over and the gate passes, below the last tier.
    Passed,
    /// The bake is over and the gate passes, at the last tier.
    PassedAtLast,
    /// The bake is over and nobody can say, for the first time.
    Unsure,
    /// Again.
    UnsureAgain,
    /// The gate fails, or two readings in a row break a limit.
    Breach,
    /// The gate passes no longer.
    Doubt,
    /// Its promotion request was rejected, cancelled or expired.
    Refused,
}

/// Where it leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum To {
    /// Nowhere: the phase stays.
    Same,
    /// To this phase.
    Phase(Phase),
    /// As the terms say: rolled back or frozen.
    OnBreach,
    /// As the terms say: a promotion is asked for, or the next tier begins.
    AfterGate,
    /// Frozen at the tier that was found; rolled back where nothing is out.
    AsFound,
}

/// Who may, or whose word it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// A holder of this permission.
    Holder(Permission),
    /// Whoever fills the last slot of the promotion request.
    Quorum,
    /// The operator, or whom the policy names.
    Sampler,
    /// Whoever keeps time.
    Watcher,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What happens.
    pub on: Stimulus,
    /// From these phases.
    pub from: &'static [Phase],
    /// Where it leads.
    pub to: To,
}

const MOVES: &[Phase] = &[Starting, Promoting];
const STANDS: &[Phase] = &[Baking, AwaitingPromotion, Paused, Frozen];

/// The table. What stands in no row is refused, and changes nothing.
#[rustfmt::skip]
pub const TABLE: [Row; 37] = [
    Row { on: Stimulus::Start, from: &[Prepared], to: To::Same },
    Row { on: Stimulus::Checked, from: &[Prepared], to: To::Phase(Starting) },
    Row { on: Stimulus::Unfit, from: &[Prepared], to: To::Same },
    Row { on: Stimulus::Failed, from: &[Prepared], to: To::Same },
    Row { on: Stimulus::Died, from: &[Prepared], to: To::Same },
    Row { on: Stimulus::Halt, from: &[Prepared], to: To::Same },
    Row { on: Stimulus::Done, from: MOVES, to: To::Phase(Baking) },
    Row { on: Stimulus::Failed, from: MOVES, to: To::Phase(RollingBack) },
    Row { on: Stimulus::Died, from: MOVES, to: To::Phase(Unknown) },
    Row { on: Stimulus::Halt, from: MOVES, to: To::Phase(RollingBack) },
    Row { on: Stimulus::RollBack, from: MOVES, to: To::Phase(RollingBack) },
    Row { on: Stimulus::Passed, from: &[Baking], to: To::AfterGate },
    Row { on: Stimulus::PassedAtLast, from: &[Baking], to: To::Phase(Completed) },
    Row { on: Stimulus::Unsure, from: &[Baking], to: To::Same },
    Row { on: Stimulus::UnsureAgain, from: &[Baking], to: To::Phase(Frozen) },
    Row { on: Stimulus::Breach, from: &[Baking, AwaitingPromotion, Paused], to: To::OnBreach },
    Row { on: Stimulus::Doubt, from: &[AwaitingPromotion], to: To::Phase(Frozen) },
    Row { on: Stimulus::Promote, from: &[AwaitingPromotion], to: To::Phase(Promoting) },
    Row { on: Stimulus::Refused, from: &[AwaitingPromotion], to: To::Phase(Frozen) },
    Row { on: Stimulus::Pause, from: &[Baking, AwaitingPromotion], to: To::Phase(Paused) },
    Row { on: Stimulus::Freeze, from: &[Baking, AwaitingPromotion], to: To::Phase(Frozen) },
    Row { on: Stimulus::Resume, from: &[Paused, Frozen], to: To::Phase(Baking) },
    Row { on: Stimulus::Halt, from: STANDS, to: To::Phase(Frozen) },
    Row { on: Stimulus::Halt, from: &[Unknown, RollbackFailed], to: To::Same },
    Row { on: Stimulus::RollBack, from: STANDS, to: To::Phase(RollingBack) },
    Row { on: Stimulus::RollBack, from: &[Unknown, RollbackFailed, Completed], to: To::Phase(RollingBack) },
    Row { on: Stimulus::Done, from: &[RollingBack], to: To::Phase(RolledBack) },
    Row { on: Stimulus::Failed, from: &[RollingBack], to: To::Same },
    Row { on: Stimulus::Died, from: &[RollingBack], to: To::Same },
    Row { on: Stimulus::FailedForGood, from: &[RollingBack], to: To::Phase(RollbackFailed) },
    Row { on: Stimulus::Acknowledge, from: &[RollbackFailed], to: To::Same },
    Row { on: Stimulus::Resolve, from: &[Unknown, RollbackFailed], to: To::AsFound },
    Row { on: Stimulus::Sample, from: &[Prepared], to: To::Same },
    Row { on: Stimulus::Sample, from: MOVES, to: To::Same },
    Row { on: Stimulus::Sample, from: STANDS, to: To::Same },
    Row { on: Stimulus::Sample, from: &[Unknown, RollbackFailed], to: To::Same },
    Row { on: Stimulus::Sample, from: &[RollingBack], to: To::Same },
];

/// The cell of the table: where `on` leads from `phase`; nothing where it is refused.
pub fn cell(phase: Phase, on: Stimulus) -> Option<To> {
    TABLE.iter().find(|row| row.on == on && row.from.contains(&phase)).map(|row| row.to)
}

impl To {
    /// The phase it leads to from `phase` under these terms; `whole` is what was found to be out, where that decides.
    pub fn phase(self, phase: Phase, terms: &Terms, nothing_is_out: bool) -> Phase {
        match (self, terms.on_breach, terms.after_gate) {
            (To::Same, ..) => phase,
            (To::Phase(to), ..) => to,
            (To::OnBreach, OnBreach::RollBack, _) => RollingBack,
            (To::OnBreach, OnBreach::Freeze, _) => Frozen,
            (To::AfterGate, _, AfterGate::Ask) => AwaitingPromotion,
            (To::AfterGate, _, AfterGate::Promote) => Promoting,
            (To::AsFound, ..) if nothing_is_out => RolledBack,
            (To::AsFound, ..) => Frozen,
        }
    }
}

impl Stimulus {
    /// All of them, in the order of the document.
    pub const ALL: [Stimulus; 23] = [
        Stimulus::Start,
        Stimulus::Promote,
        Stimulus::Pause,
        Stimulus::Resume,
        Stimulus::Freeze,
        Stimulus::Halt,
        Stimulus::RollBack,
        Stimulus::Resolve,
        Stimulus::Acknowledge,
        Stimulus::Sample,
        Stimulus::Checked,
        Stimulus::Unfit,
        Stimulus::Done,
        Stimulus::Failed,
        Stimulus::FailedForGood,
        Stimulus::Died,
        Stimulus::Passed,
        Stimulus::PassedAtLast,
        Stimulus::Unsure,
        Stimulus::UnsureAgain,
        Stimulus::Breach,
        Stimulus::Doubt,
        Stimulus::Refused,
    ];

    /// In words: the command's for what a person does, a clause for what happens.
    pub const fn words(self) -> &'static str {
        match self {
            Stimulus::Start => "start",
            Stimulus::Promote => "promote",
            Stimulus::Pause => "pause",
            Stimulus::Resume => "resume",
            Stimulus::Freeze => "freeze",
            Stimulus::Halt => "halt",
            Stimulus::RollBack => "rollback",
            Stimulus::Resolve => "resolve",
            Stimulus::Acknowledge => "ack",
            Stimulus::Sample => "sample",
            Stimulus::Checked => "the pack holds, and so does every condition",
            Stimulus::Unfit => "the pack or a condition does not hold",
            Stimulus::Done => "the driver did it, verified",
            Stimulus::Failed => "the driver failed",
            Stimulus::FailedForGood => "taking it back failed three times",
            Stimulus::Died => "whoever did the driver's act died",
            Stimulus::Passed => "bake over, the gate passes",
            Stimulus::PassedAtLast => "bake over at the last tier, the gate passes",
            Stimulus::Unsure => "bake over, inconclusive",
            Stimulus::UnsureAgain => "bake over, inconclusive again",
            Stimulus::Breach => "the gate fails, or two readings in a row break a limit",
            Stimulus::Doubt => "the gate passes no longer",
            Stimulus::Refused => "its promotion was rejected, cancelled or expired",
        }
    }

    /// Who may, or whose word it is.
    pub const fn by(self) -> By {
        match self {
            Stimulus::Start
            | Stimulus::Pause
            | Stimulus::Resume
            | Stimulus::Freeze
            | Stimulus::Resolve
            | Stimulus::Acknowledge => By::Holder(Permission::Rollout),
            Stimulus::Halt | Stimulus::RollBack => By::Holder(Permission::Rollback),
            Stimulus::Promote => By::Quorum,
            Stimulus::Sample => By::Sampler,
            _ => By::Watcher,
        }
    }
}

impl By {
    /// In words, for the document.
    pub const fn words(self) -> &'static str {
        match self {
            By::Holder(Permission::Rollout) => "`rollout`",
            By::Holder(_) => "`rollback`",
            By::Quorum => "who fills the last slot of the promotion request",
            By::Sampler => "the operator, or whom the policy names",
            By::Watcher => "the watcher",
        }
    }
}

impl To {
    /// In words, for the document.
    pub const fn words(self) -> &'static str {
        match self {
            To::Same => "same",
            To::Phase(phase) => phase.word(),
            To::OnBreach => "rolling_back (policy may say frozen)",
            To::AfterGate => "awaiting_promotion (policy may say promoting)",
            To::AsFound => "frozen at that tier; rolled_back where nothing is out",
        }
    }
}

/// The table as a document has it.
pub fn as_markdown() -> String {
    let mut out = String::from("| what happens | from → to | who |\n| --- | --- | --- |\n");
    for on in Stimulus::ALL {
        let cells: Vec<String> = TABLE
            .iter()
            .filter(|row| row.on == on)
            .map(|row| {
                let from: Vec<&str> = row.from.iter().map(|phase| phase.word()).collect();
                format!("{} → {}", from.join(", "), row.to.words())
            })
            .collect();
        out.push_str(&format!("| {} | {} | {} |\n", on.words(), cells.join("; "), on.by().words()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_stands_twice_in_the_table() {
        for phase in Phase::ALL {
            for on in Stimulus::ALL {
                let rows = TABLE.iter().filter(|row| row.on == on && row.from.contains(&phase)).count();
                assert!(rows <= 1, "{phase} {on:?}");
            }
        }
    }

    #[test]
    fn whatever_moves_or_stands_can_be_halted_and_taken_back() {
        for phase in Phase::ALL.into_iter().filter(|phase| phase.is_live() && *phase != RollingBack) {
            assert!(cell(phase, Stimulus::Halt).is_some(), "{phase}");
            assert!(cell(phase, Stimulus::RollBack).is_some(), "{phase}");
        }
    }

    #[test]
    fn what_was_rolled_back_stays_so() {
        assert!(Stimulus::ALL.iter().all(|on| cell(RolledBack, *on).is_none()));
    }
}
