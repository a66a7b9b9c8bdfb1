//! Everything the screen can be told.

use crate::app::rollouts::Outlook;
use crate::app::{Ahead, Counters, Draft, Errand, Failure, Found, Queue, Returned, Row};
use crate::domain::command::Facts;
use crate::domain::digest::EvidenceDigest;
use crate::domain::event::Entry;
use crate::domain::evidence::Sort;
use crate::domain::moment::Moment;
use crate::domain::names::{RequestId, Seq};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::rollout::Stimulus;
use crate::domain::statement::Statement;
use crate::domain::talk::Receipt;
use crate::domain::text::Safe;
use crate::domain::transitions::Verb;
use crate::present::line::Line;
use crate::tui::action::{Ask, Page, Place};
use crate::tui::filtering::Seek;
use std::collections::BTreeSet;

/// Something the screen is told.
#[derive(Clone, Debug)]
pub enum Message {
    /// Rows of a queue.
    Page {
        /// Of which.
        queue: Queue,
        /// Read where.
        place: Place,
        /// The rows, in reading order.
        rows: Vec<Row>,
    },
    /// What is now around the cursor.
    Around {
        /// In which queue.
        queue: Queue,
        /// Before the cursor, in reading order.
        above: Vec<Row>,
        /// From the cursor on.
        below: Vec<Row>,
    },
    /// The rows that match a filter.
    Found {
        /// In which queue.
        queue: Queue,
        /// What they were looked for for.
        why: Seek,
        /// The rows.
        found: Found,
    },
    /// How many rows of a queue are hidden.
    Hidden {
        /// Of which.
        queue: Queue,
        /// How many.
        hidden: u64,
    },
    /// What was opened by then is to be hidden.
    HideSeen(Moment),
    /// How many each view has.
    Aheads(Vec<Ahead>),
    /// The kept counters.
    Counters(Counters),
    /// A request, whole.
    Read {
        /// The request.
        request: Box<Request>,
        /// Its events, oldest first.
        history: Vec<(Seq, Entry)>,
        /// What is true across requests.
        facts: Option<Box<Facts>>,
    },
    /// What happened since one was last here, in one line.
    CameBack(Line),
    /// The rollouts there are to be seen.
    Rollouts(Box<Outlook>),
    /// Something that was asked of a rollout was recorded.
    Steered {
        /// Of which deployment's.
        id: RequestId,
        /// What.
        on: Stimulus,
    },
    /// What stands on a page.
    Look(Page, Vec<Line>),
    /// Who has which comment of a request, and which files of it the reader has looked into.
    Talk {
        /// Of which.
        id: RequestId,
        /// Who has what.
        receipts: Vec<Receipt>,
        /// What was looked into.
        opened: BTreeSet<EvidenceDigest>,
    },
    /// A file of evidence.
    Evidence {
        /// Of which request.
        id: RequestId,
        /// The how-manieth piece.
        number: usize,
        /// What it is.
        kind: Sort,
        /// Its bytes; nothing when they are not here.
        bytes: Option<Vec<u8>>,
    },
    /// A decision, a claim or a comment was recorded.
    Decided {
        /// What was done.
        verb: Verb,
        /// The request after it.
        after: Box<Request>,
    },
    /// A process of its own was started for a plan.
    Launched {
        /// On which request.
        id: RequestId,
        /// What it does.
        errand: Errand,
    },
    /// That process ended.
    Returned {
        /// On which request.
        id: RequestId,
        /// What it did.
        errand: Errand,
        /// How it ended.
        how: Returned,
    },
    /// The statement that stands for a sign-off.
    Challenged(Box<Statement>),
    /// What was marked, read whole.
    Gathered {
        /// What would be decided.
        ask: Ask,
        /// The requests, and what is true across requests for each.
        gathered: Vec<(Request, Facts)>,
    },
    /// What may look alike, read whole.
    Alikes(Box<crate::app::Alikes>),
    /// Several were decided on, one by one.
    DecidedAll {
        /// What was asked.
        ask: Ask,
        /// What came of each.
        outcomes: Vec<(RequestId, Result<(), Safe>)>,
    },
    /// Several were put off, or are no longer, one by one.
    PutOffAll {
        /// Until when.
        until: Option<Moment>,
        /// What came of each.
        outcomes: Vec<(RequestId, Result<(), Safe>)>,
    },
    /// No, and why.
    Refused {
        /// On which request.
        id: RequestId,
        /// Why.
        refusal: Refusal,
    },
    /// Cannot, and what it was doing.
    Failed(Failure),
    /// What was typed and not sent in an earlier sitting.
    Drafts(Vec<Draft>),
    /// A draft is in the file, or, being blank, no longer.
    DraftKept(Box<Draft>),
    /// A draft could not be kept.
    DraftNotKept(Failure),
    /// What began to wait since it was last looked for, and is urgent.
    Urgent(BTreeSet<RequestId>),
    /// What came back from the editor.
    Edited(Result<String, Failure>),
    /// Nobody pressed a key for long.
    Idle,
    /// It is this late.
    Now(Moment),
    /// Somebody committed something.
    Changed,
}
