//! What a person wants of the screen, and what the screen then wants done: both as data.

mod ask;

pub use ask::Ask;

use crate::app::{Draft, Errand, Looking, Queue, Row};
use crate::domain::command::Command;
use crate::domain::event::CommentNumber;
use crate::domain::filter::Filter;
use crate::domain::moment::Moment;
use crate::domain::names::{RequestId, RevisionNumber};
use crate::domain::rollout::Stimulus;
use crate::domain::statement::Deed;
use crate::tui::filtering::Seek;

/// What can be copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Copied {
    /// The number of the request.
    Id,
    /// The decision digest.
    Digest,
    /// The address of a piece of evidence; each time the next one.
    Address,
}

/// Everything a key can mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// One line down.
    Down,
    /// One line up.
    Up,
    /// Half a page down.
    HalfDown,
    /// Half a page up.
    HalfUp,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// To the first line; in a list also to what is new.
    Top,
    /// To the last line.
    Bottom,
    /// Into the selected request.
    Open,
    /// One level out; never out of the program.
    Back,
    /// Out of the program.
    Quit,
    /// The next queue.
    NextQueue,
    /// The queue before.
    PreviousQueue,
    /// This queue.
    Show(Queue),
    /// Open the dialog of a verb. Only the dialog decides.
    Ask(Ask),
    /// Say that one is looking, or that one no longer is.
    Claim,
    /// What works here.
    Help,
    /// Draw everything again.
    Repaint,
    /// Read everything again.
    Reload,
    /// Back to the shell for a while.
    Suspend,
    /// The next field or button.
    NextField,
    /// The field or button before.
    PreviousField,
    /// Press the button that has the focus.
    Press,
    /// Do it, from wherever the focus is in the dialog.
    Submit,
    /// Close the dialog without doing it.
    Cancel,

    /// Type a filter.
    Filter,
    /// Type a command.
    Palette,
    /// To the next match of what was last looked for.
    NextMatch,
    /// To the match before.
    PreviousMatch,
    /// Let go of what is in force here: a range, marks, the filter.
    Clear,
    /// Take the line that was typed.
    Accept,
    /// Drop the line that was typed.
    Leave,
    /// Complete what was typed.
    Complete,
    /// The completion before.
    CompleteBack,
    /// Mark the row, or unmark it.
    Mark,
    /// Begin a range of marks, or take it.
    Range,
    /// In the help: do what the selected line says.
    RunLine,
    /// A page on in what the dialog says.
    MoreDown,
    /// A page back in what the dialog says.
    MoreUp,
    /// The next tab of the request.
    NextTab,
    /// The tab before.
    PreviousTab,
    /// The request as JSON, and back.
    Raw,
    /// Show long values whole, or fold them again.
    Unfold,
    /// Begin to search in the request.
    Search,
    /// Search for what was typed.
    KeepSearch,
    /// Do not search after all.
    EndSearch,
    /// Send something to the terminal's clipboard.
    Copy(Copied),
    /// Go on writing in one's own editor.
    Edit,
    /// Put the request off for oneself; the span is asked for.
    Snooze,
    /// The next order of the list.
    Sort,
    /// Hide what was opened already, or show it again.
    HideSeen,
    /// The first filter with a name in the settings, or the next one.
    NextView,
    /// What is given to whoever looks.
    Mine,
    /// Pick one field and send its value to the terminal's clipboard.
    CopyField,
    /// To the node on the left.
    Left,
    /// To the node on the right.
    Right,
    /// The view to the left.
    ScrollLeft,
    /// The view to the right.
    ScrollRight,
    /// What needs what, and back to the plan.
    Graph,
    /// The parameters as a table, then by key.
    Params,
    /// What changed since the revision before, then in another way.
    Changes,
    /// Gather what looks alike.
    Alike,
    /// To the steps of the plan, one by one, and back.
    Steps,
    /// To what was said, comment by comment.
    Thread,
    /// To the evidence, piece by piece.
    Evidence,
    /// Take the thread one is in for settled, or take it up again.
    Resolve,
    /// Look back, or over everything, on a page of its own.
    Look(Page),
    /// To the rollout that is most urgent, or to the next one.
    Rollouts,
    /// Ask something of a rollout: opens a dialog. Only the dialog asks; another tier goes through its promotion request.
    Steer(Stimulus),
}

/// A page of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Page {
    /// What happened since one was last here.
    Since,
    /// What one leaves open.
    Handoff,
    /// How deciding goes.
    Stats,
}

impl Page {
    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Page::Since => "Since you were here",
            Page::Handoff => "What you leave open",
            Page::Stats => "How deciding goes",
        }
    }
}

impl Action {
    /// Whether it moves; no verb may share a key with one that does.
    pub const fn moves(self) -> bool {
        matches!(
            self,
            Action::Down
                | Action::Up
                | Action::HalfDown
                | Action::HalfUp
                | Action::PageDown
                | Action::PageUp
                | Action::Top
                | Action::Bottom
                | Action::Open
                | Action::Back
                | Action::NextQueue
                | Action::PreviousQueue
                | Action::Show(_)
                | Action::NextView
                | Action::Mine
                | Action::Rollouts
                | Action::NextField
                | Action::PreviousField
                | Action::NextMatch
                | Action::PreviousMatch
                | Action::MoreDown
                | Action::MoreUp
                | Action::NextTab
                | Action::PreviousTab
                | Action::Left
                | Action::Right
                | Action::ScrollLeft
                | Action::ScrollRight
        )
    }
}

/// Which rows of a queue are wanted.
#[derive(Clone, PartialEq, Debug)]
pub enum Place {
    /// The first ones; the cursor goes to the first.
    Start,
    /// The last ones; the cursor goes to the last.
    End,
    /// Those behind this row.
    After(Box<Row>),
    /// Those before this row.
    Before(Box<Row>),
    /// Those around this row, read anew with the cursor on it: in another order it stands elsewhere.
    At(Box<Row>),
    /// Those around this row: to see what changed without moving anything.
    Around(Box<Row>),
}

/// What the screen wants done. `effects.rs` is the only one who does it.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Read rows.
    Load {
        /// Of which queue.
        queue: Queue,
        /// Which.
        place: Place,
        /// In which order, and without what.
        looking: Looking,
    },
    /// Read the rows of a queue that match.
    Find {
        /// Of which queue.
        queue: Queue,
        /// What they must match.
        filter: Box<Filter>,
        /// What for.
        why: Seek,
        /// In which order, and without what.
        looking: Looking,
    },
    /// Ask how late it is, to hide what was opened by then.
    HideSeen,
    /// Note comments as delivered, or as read.
    NoteHeard {
        /// On which request.
        id: RequestId,
        /// Which.
        comments: Vec<CommentNumber>,
        /// Whether all of each was drawn.
        read: bool,
    },
    /// Say what happened since one was last here, and note that one is here.
    ComeBack,
    /// Read what stands on a page.
    Look(Page),
    /// Look into a piece of evidence, counted from 1.
    LookInto(RequestId, usize),
    /// Note that a request was opened at this revision.
    NoteSeen(RequestId, RevisionNumber),
    /// Read the counters.
    Count,
    /// Read the rollouts that are live, and this one whole.
    SeeRollouts(Option<RequestId>),
    /// Ask something of a rollout.
    Steer {
        /// Of which deployment's.
        id: RequestId,
        /// What.
        on: Stimulus,
    },
    /// Read one request whole.
    Read(RequestId),
    /// Record what is due by now.
    KeepTime,
    /// Decide.
    Decide {
        /// On which request.
        id: RequestId,
        /// What.
        command: Box<Command>,
    },
    /// Have the statement handed out that stands for signing a request off, or for overriding it.
    Challenge(RequestId, Deed),
    /// Decide with a signature.
    Cosign {
        /// On which request.
        id: RequestId,
        /// The signature, as it was pasted.
        armour: String,
        /// What.
        command: Box<Command>,
    },
    /// Decide several times on one request; the first that is refused ends it, and each is bound to what the one before
    /// it left.
    DecideInTurn {
        /// On which request.
        id: RequestId,
        /// What, in order.
        commands: Vec<Command>,
    },
    /// Have a plan run, or what was done of it taken back, by a process of its own.
    Launch {
        /// On which request.
        id: RequestId,
        /// Which of the two.
        errand: Errand,
    },
    /// Read these whole, to decide on them together.
    Gather {
        /// What would be decided.
        ask: Ask,
        /// Which.
        ids: Vec<RequestId>,
    },
    /// Find what looks like this one, and read it.
    FindAlike(RequestId),
    /// Decide on several, one record each.
    DecideAll {
        /// What was asked.
        ask: Ask,
        /// What on which.
        commands: Vec<(RequestId, Command)>,
    },
    /// Put several off, or end that, each by itself.
    PutOffAll {
        /// Until when; nothing ends it.
        until: Option<Moment>,
        /// Which.
        ids: Vec<RequestId>,
    },
    /// Send text to the terminal's clipboard.
    Copy(String),
    /// Find what was typed and not sent in an earlier sitting.
    FindDrafts,
    /// Put what was typed into the file; a blank draft is forgotten.
    KeepDraft(Box<Draft>),
    /// See whether something urgent began to wait.
    LookForUrgent,
    /// Ring the terminal's bell.
    Ring,
    /// Hand this text to an editor, and the terminal with it.
    Edit(String),
    /// Draw everything again.
    Repaint,
    /// Back to the shell for a while.
    Suspend,
    /// The end.
    Quit,
}
