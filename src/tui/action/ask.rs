//! What a dialog can ask for.

use crate::domain::marks::Mark;
use crate::domain::transitions::Verb;

/// What a dialog asks about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ask {
    /// Sign off.
    Approve,
    /// Sign off with a key: shows the statement, and takes the signature.
    Sign,
    /// Refuse.
    Reject,
    /// Give the ball to the producer.
    RequestChanges,
    /// Take back one's own sign-off or request for changes.
    Withdraw,
    /// Go ahead without the required sign-offs.
    Override,
    /// Answer a question; opened by the key that approves.
    Answer,
    /// Say something; decides nothing.
    Comment,
    /// Put one's own comment in other words.
    EditComment,
    /// Set the working answer on one step.
    Mark(Mark),
    /// Edit one step's parameters, field by field.
    Modify,
    /// Edit one step's parameters as JSON.
    ModifyJson,
    /// Put one step back as its producer had it.
    Restore,
    /// Give by hand what steps would take from one that will not come.
    Give,
    /// End the execution before its last step.
    Stop,
    /// Go on past what ended badly.
    Continue,
    /// Let one step run once more.
    Retry,
    /// Leave one step out while the plan runs.
    LeaveOut,
    /// Let one step go on that waits for a person.
    Confirm,
    /// Raise it to the next level of its chain.
    Escalate,
    /// Give it to somebody.
    Reassign,
    /// Run what was approved.
    Run,
    /// Take back what was done.
    RollBack,
}

impl Ask {
    /// Whether its text is kept as a draft: of what decides, of what is said about a step, and of comments.
    pub fn is_kept(self) -> bool {
        Self::KEPT.contains(&self)
            || self.is_about_a_step()
            || matches!(self, Ask::Stop | Ask::Continue | Ask::Escalate)
    }

    /// Which of several dialogs with one verb it is, in a word for the file; empty for the one that has the verb alone.
    pub const fn which(self) -> &'static str {
        match self {
            Ask::Mark(mark) => mark.word(),
            Ask::ModifyJson => "json",
            Ask::Restore => "restore",
            Ask::Give => "give",
            _ => "",
        }
    }

    /// The dialog that has this verb and word, if its text is kept.
    pub fn kept_as(verb: Verb, which: &str) -> Option<Ask> {
        const BEYOND: [Ask; 5] = [Ask::Give, Ask::LeaveOut, Ask::Answer, Ask::Restore, Ask::ModifyJson];
        let all = Self::KEPT.into_iter().chain(Self::KEYED).chain(BEYOND);
        all.into_iter().find(|ask| ask.is_kept() && ask.verb() == verb && ask.which() == which)
    }

    /// Those about a request as a whole that say what becomes of it.
    pub const KEPT: [Ask; 7] = [
        Ask::Approve,
        Ask::Reject,
        Ask::RequestChanges,
        Ask::Withdraw,
        Ask::Override,
        Ask::Answer,
        Ask::Comment,
    ];

    /// Those that a key opens by itself.
    pub const KEYED: [Ask; 23] = [
        Ask::Approve,
        Ask::Sign,
        Ask::Reject,
        Ask::RequestChanges,
        Ask::Withdraw,
        Ask::Override,
        Ask::Comment,
        Ask::EditComment,
        Ask::Mark(Mark::Undecided),
        Ask::Mark(Mark::Approved),
        Ask::Mark(Mark::Rejected),
        Ask::Mark(Mark::Skipped),
        Ask::Modify,
        Ask::ModifyJson,
        Ask::Restore,
        Ask::Stop,
        Ask::Continue,
        Ask::Retry,
        Ask::Confirm,
        Ask::Escalate,
        Ask::Reassign,
        Ask::Run,
        Ask::RollBack,
    ];

    /// Whether it is about one step.
    pub const fn is_about_a_step(self) -> bool {
        matches!(
            self,
            Ask::Mark(_)
                | Ask::Modify
                | Ask::ModifyJson
                | Ask::Restore
                | Ask::Give
                | Ask::Retry
                | Ask::LeaveOut
                | Ask::Confirm
        )
    }

    /// Whether it only talks: it is bound to nothing that was drawn, and decides nothing.
    pub const fn talks(self) -> bool {
        matches!(self, Ask::Comment | Ask::EditComment)
    }

    /// The verb whose rules hold.
    pub const fn verb(self) -> Verb {
        match self {
            Ask::Approve | Ask::Sign => Verb::Approve,
            Ask::Reject => Verb::Reject,
            Ask::RequestChanges => Verb::RequestChanges,
            Ask::Withdraw => Verb::Withdraw,
            Ask::Override => Verb::Override,
            Ask::Answer => Verb::Answer,
            Ask::Comment | Ask::EditComment => Verb::Comment,
            Ask::Mark(_) => Verb::Mark,
            Ask::Modify | Ask::ModifyJson | Ask::Restore | Ask::Give => Verb::Modify,
            Ask::Stop => Verb::Stop,
            Ask::Continue => Verb::Continue,
            Ask::Retry => Verb::Retry,
            Ask::LeaveOut => Verb::LeaveOut,
            Ask::Confirm => Verb::Confirm,
            Ask::Escalate => Verb::Escalate,
            Ask::Reassign => Verb::Reassign,
            Ask::Run => Verb::Run,
            Ask::RollBack => Verb::RollBack,
        }
    }

    /// What the button and the heading say.
    pub const fn title(self) -> &'static str {
        match self {
            Ask::Approve => "Approve",
            Ask::Sign => "Sign",
            Ask::Reject => "Reject",
            Ask::RequestChanges => "Request changes",
            Ask::Withdraw => "Withdraw",
            Ask::Override => "Override",
            Ask::Answer => "Answer",
            Ask::Comment => "Comment",
            Ask::EditComment => "Edit the comment",
            Ask::Mark(Mark::Undecided) => "Mark undecided",
            Ask::Mark(Mark::Approved) => "Mark approved",
            Ask::Mark(Mark::Rejected) => "Mark rejected",
            Ask::Mark(Mark::Skipped) => "Mark skipped",
            Ask::Modify => "Change",
            Ask::ModifyJson => "Change as JSON",
            Ask::Restore => "Put back",
            Ask::Give => "Give the value",
            Ask::Stop => "Stop",
            Ask::Continue => "Go on",
            Ask::Retry => "Retry",
            Ask::LeaveOut => "Skip",
            Ask::Confirm => "Confirm",
            Ask::Escalate => "Escalate",
            Ask::Reassign => "Hand over",
            Ask::Run => "Run",
            Ask::RollBack => "Roll back",
        }
    }
}
