//! The rows of the lists: read in pages by key, in reading order, never counted and never skipped over.

use crate::domain::content::Kind;
use crate::domain::moment::Moment;
use crate::domain::names::{Identifier, PrincipalName, RequestId};
use crate::domain::request::StateName;
use crate::domain::risk::{Priority, Risk};
use crate::domain::text::Text;

/// Which list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Queue {
    /// What waits for the caller: overdue first, then escalated, by risk, priority and due time.
    Waiting,
    /// Everything open, in the same order.
    Open,
    /// What is decided, newest first.
    Decided,
}

/// Where a page begins.
#[derive(Clone, PartialEq, Debug)]
pub enum From<'a> {
    /// At the first row.
    Start,
    /// Behind this row.
    After(&'a Row),
    /// The rows just before this one.
    Before(&'a Row),
    /// The last rows.
    End,
}

/// One row of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Which request.
    pub id: RequestId,
    /// What sort.
    pub kind: Kind,
    /// The producer's title; blank when it was redacted.
    pub title: Text,
    /// Its state.
    pub state: StateName,
    /// Its level on the escalation chain.
    pub level: u8,
    /// Its risk.
    pub risk: Risk,
    /// Its priority.
    pub priority: Priority,
    /// Whether it is sensitive.
    pub sensitive: bool,
    /// Where it would happen.
    pub environment: Option<Identifier>,
    /// Who asked.
    pub requester: PrincipalName,
    /// From when on it is overdue.
    pub due_at: Moment,
    /// When time closes it.
    pub expires_at: Option<Moment>,
    /// Who is looking, until when.
    pub claim: Option<(PrincipalName, Moment)>,
    /// Who closed it.
    pub closed_by: Option<PrincipalName>,
    /// When anything last happened to it.
    pub updated_at: Moment,
}
