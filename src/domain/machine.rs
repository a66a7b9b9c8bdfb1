//! The state machine of a step while its plan runs: states, what can happen, and one table that says where it leads.

/// What has become of a step while its plan runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StepState {
    /// It waits for steps that come before it.
    Pending,
    /// All that it needs is there.
    Ready,
    /// It was started.
    Running,
    /// It ended well.
    Completed,
    /// It ended badly.
    Failed,
    /// It took longer than it may, or a question about it was not answered in time.
    TimedOut,
    /// A person must say something first.
    WaitingIntervention,
    /// It is left out.
    Skipped,
    /// Its runner died while it ran: a person must look. It is never run again by itself.
    Unknown,
}

impl StepState {
    /// All states.
    pub const ALL: [StepState; 9] = [
        StepState::Pending,
        StepState::Ready,
        StepState::Running,
        StepState::Completed,
        StepState::Failed,
        StepState::TimedOut,
        StepState::WaitingIntervention,
        StepState::Skipped,
        StepState::Unknown,
    ];

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            StepState::Pending => "pending",
            StepState::Ready => "ready",
            StepState::Running => "running",
            StepState::Completed => "completed",
            StepState::Failed => "failed",
            StepState::TimedOut => "timed_out",
            StepState::WaitingIntervention => "waiting_intervention",
            StepState::Skipped => "skipped",
            StepState::Unknown => "unknown",
        }
    }
}

/// What can happen to a step while its plan runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Happening {
    /// The steps before it are settled.
    NeedsSettled,
    /// What it cannot run without will not come, and the plan says to skip it then.
    NeedGone,
    /// What it cannot run without will not come, or a value needs a look, and a person must say what then.
    MustAsk,
    /// It is started.
    Starts,
    /// It ends well.
    Completes,
    /// It ends badly.
    Fails,
    /// Its time is over.
    TimesOut,
    /// Its runner asks a person.
    Asks,
    /// A person lets it go on before it was started.
    Confirmed,
    /// A person answers its runner.
    Answered,
    /// A person leaves it out.
    LeftOut,
    /// A person lets it run once more.
    Retried,
    /// Its runner died.
    RunnerDied,
}

impl Happening {
    /// All of them.
    pub const ALL: [Happening; 13] = [
        Happening::NeedsSettled,
        Happening::NeedGone,
        Happening::MustAsk,
        Happening::Starts,
        Happening::Completes,
        Happening::Fails,
        Happening::TimesOut,
        Happening::Asks,
        Happening::Confirmed,
        Happening::Answered,
        Happening::LeftOut,
        Happening::Retried,
        Happening::RunnerDied,
    ];

    /// In words, for the document.
    pub const fn words(self) -> &'static str {
        match self {
            Happening::NeedsSettled => "the steps before it are settled",
            Happening::NeedGone => "what it needs will not come, and the plan says to skip it then",
            Happening::MustAsk => "what it needs will not come, or a late value needs a look",
            Happening::Starts => "it is started",
            Happening::Completes => "it ends well",
            Happening::Fails => "it ends badly, or cannot be started",
            Happening::TimesOut => "its time is over",
            Happening::Asks => "its runner asks a person",
            Happening::Confirmed => "a person confirms it",
            Happening::Answered => "a person answers its runner",
            Happening::LeftOut => "a person leaves it out",
            Happening::Retried => "a person lets it run again",
            Happening::RunnerDied => "its runner dies",
        }
    }
}

use Happening as H;
use StepState as S;

/// The state machine of a step, as data: from, what happens, to. What is not here cannot happen.
#[rustfmt::skip]
pub const STEPS: [(StepState, Happening, StepState); 24] = [
    (S::Pending, H::NeedsSettled, S::Ready),
    (S::Pending, H::NeedGone, S::Skipped),
    (S::Pending, H::MustAsk, S::WaitingIntervention),
    (S::Pending, H::LeftOut, S::Skipped),
    (S::Ready, H::MustAsk, S::WaitingIntervention),
    (S::Ready, H::Starts, S::Running),
    (S::Ready, H::Completes, S::Completed),
    (S::Ready, H::Fails, S::Failed),
    (S::Ready, H::Asks, S::WaitingIntervention),
    (S::Ready, H::LeftOut, S::Skipped),
    (S::Running, H::Completes, S::Completed),
    (S::Running, H::Fails, S::Failed),
    (S::Running, H::TimesOut, S::TimedOut),
    (S::Running, H::Asks, S::WaitingIntervention),
    (S::Running, H::RunnerDied, S::Unknown),
    (S::WaitingIntervention, H::Confirmed, S::Ready),
    (S::WaitingIntervention, H::Answered, S::Running),
    (S::WaitingIntervention, H::Fails, S::Failed),
    (S::WaitingIntervention, H::TimesOut, S::TimedOut),
    (S::WaitingIntervention, H::LeftOut, S::Skipped),
    (S::Failed, H::Retried, S::Ready),
    (S::Failed, H::LeftOut, S::Skipped),
    (S::TimedOut, H::Retried, S::Ready),
    (S::TimedOut, H::LeftOut, S::Skipped),
];

/// Where `happening` leads from `from`; nothing when it cannot happen there.
pub fn leads(from: StepState, happening: Happening) -> Option<StepState> {
    STEPS.iter().find(|(f, h, _)| (*f, *h) == (from, happening)).map(|(_, _, to)| *to)
}
