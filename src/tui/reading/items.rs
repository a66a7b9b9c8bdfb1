//! Going through a request thing by thing: its comments, its evidence, and the file that is looked into.

use super::Reading;
use crate::domain::digest::EvidenceDigest;
use crate::domain::event::CommentNumber;
use crate::domain::evidence::Sort;
use crate::domain::moment::Moment;
use crate::domain::names::PrincipalName;
use crate::domain::principal::Caller;
use crate::domain::talk::Receipt;
use crate::domain::text::Safe;
use crate::present::detail::Sheet;
use crate::present::evidence;
use crate::present::line::{Line, Tone};
use crate::present::plan::Long;
use crate::present::tabs::Tab;
use crate::present::thread::{View, thread};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A file that is looked into.
#[derive(Clone, Debug)]
pub struct Looked {
    number: usize,
    label: Safe,
    kind: Sort,
    bytes: Arc<Vec<u8>>,
}

/// Who reads, what of the talk they have, and the file that is looked into.
#[derive(Clone, Debug, Default)]
pub struct Talk {
    /// Who reads.
    me: Option<PrincipalName>,
    /// Who has which comment.
    receipts: Vec<Receipt>,
    /// The files that were looked into.
    opened: BTreeSet<EvidenceDigest>,
    /// The comment or the piece of evidence one is at, by its number, while one goes through them.
    at: Option<usize>,
    /// The file that is looked into.
    looked: Option<Looked>,
    /// Comments of which the beginning was drawn, and of which the end was.
    begun: BTreeSet<CommentNumber>,
    ended: BTreeSet<CommentNumber>,
    /// What was handed on to be noted: as delivered, as read.
    told: (BTreeSet<CommentNumber>, BTreeSet<CommentNumber>),
}

impl Talk {
    /// Goes on where `before`, of the same request, was.
    pub(super) fn go_on(&mut self, before: Talk) {
        let me = self.me.take().or(before.me.clone());
        *self = Talk { me, ..before };
    }
}

impl Reading {
    /// Knows who reads.
    pub fn know_reader(&mut self, caller: &Caller) {
        self.talk.me = Some(caller.name.clone());
    }

    /// Knows who has which comment, and what was looked into.
    pub fn know_talk(&mut self, receipts: Vec<Receipt>, opened: BTreeSet<EvidenceDigest>, now: Moment) {
        if (&self.talk.receipts, &self.talk.opened) == (&receipts, &opened) {
            return;
        }
        (self.talk.receipts, self.talk.opened) = (receipts, opened);
        if matches!(self.tab, Tab::Thread | Tab::Evidence) {
            self.compose(now);
        }
    }

    /// What stands in the tab of the thread, of the evidence, or of the file that is looked into.
    pub(super) fn talk_sheet(&self, now: Moment, long: Long) -> Sheet {
        let talk = &self.talk;
        match (self.tab, &talk.looked) {
            (Tab::Thread, _) => {
                let with_earlier = long == Long::Whole;
                thread(
                    &self.request,
                    now,
                    View { me: talk.me.as_ref(), receipts: &talk.receipts, with_earlier },
                )
            }
            (Tab::Opened, Some(looked)) => {
                let mut sheet = evidence::content(looked.kind, &looked.bytes, long);
                let size = evidence::size(looked.bytes.len() as u64);
                let words = format!("Evidence {}: {}, {size}, ", looked.number, looked.kind);
                sheet.lines.insert(0, Line::heading(words).and(Tone::Plain, &looked.label));
                sheet.folded = sheet.folded.into_iter().map(|line| line + 1).collect();
                sheet
            }
            _ => evidence::list(&self.request, Some(&talk.opened)),
        }
    }

    /// The number of the comment or the piece one is at, when one goes through them.
    pub fn item_here(&self) -> Option<usize> {
        self.talk.at.filter(|at| self.position(*at).is_some())
    }

    fn position(&self, number: usize) -> Option<usize> {
        let is_list = matches!(self.tab, Tab::Thread | Tab::Evidence);
        self.sheet.items.iter().position(|(_, n)| is_list && *n == number)
    }

    /// The comment one is at.
    pub fn comment_here(&self) -> Option<CommentNumber> {
        let number = self.item_here().filter(|_| self.tab == Tab::Thread)?;
        u32::try_from(number).ok().map(CommentNumber)
    }

    /// The row at which the step, the comment or the piece begins that one is at.
    pub fn here_row(&self) -> Option<usize> {
        self.step_row().or_else(|| self.item_row(self.position(self.item_here()?)?))
    }

    fn item_row(&self, position: usize) -> Option<usize> {
        let (line, _) = *self.sheet.items.get(position)?;
        self.origins.iter().position(|origin| origin.line == line)
    }

    /// The row behind the last one of the item that begins at `row`.
    pub(super) fn row_after_item(&self, row: usize) -> usize {
        let rows = (0..self.sheet.items.len()).filter_map(|n| self.item_row(n));
        rows.filter(|next| *next > row).min().unwrap_or(self.origins.len())
    }

    /// Begins to go through the comments, at the first that is new, or through the evidence; says whether there is any.
    pub fn begin_items(&mut self) -> bool {
        let view = View { me: self.talk.me.as_ref(), receipts: &self.talk.receipts, with_earlier: false };
        let new = self.request.nested().into_iter().map(|(comment, _)| comment).find(|c| view.is_new(c));
        let new = new.map(|comment| comment.number.0 as usize).filter(|_| self.tab == Tab::Thread);
        let known = self.talk.at.filter(|at| self.position(*at).is_some());
        self.talk.at = new.or(known).or(self.sheet.items.first().map(|(_, number)| *number));
        self.follows = true;
        self.talk.at.is_some()
    }

    /// Ends going through them; says whether one did.
    pub fn end_items(&mut self) -> bool {
        let was = self.item_here().is_some();
        self.talk.at = None;
        was
    }

    /// So many comments or pieces on, or back.
    pub fn move_item(&mut self, by: isize) {
        let at = self.item_here().and_then(|number| self.position(number)).unwrap_or(0);
        let to = at.saturating_add_signed(by).min(self.sheet.items.len().saturating_sub(1));
        self.talk.at = self.sheet.items.get(to).map(|(_, number)| *number);
        self.follows = true;
    }

    /// Looks into a file.
    pub fn look_into(&mut self, number: usize, kind: Sort, bytes: Vec<u8>, now: Moment) {
        let pieces = self.request.pieces();
        let label = number.checked_sub(1).and_then(|n| pieces.get(n)).and_then(|piece| piece.label());
        let label = label.map(|text| text.line()).unwrap_or_default();
        self.talk.looked = Some(Looked { number, label, kind, bytes: Arc::new(bytes) });
        self.search = None;
        self.unfolded = false;
        self.scrolls.remove(&Tab::Opened);
        self.show(Tab::Opened, now);
    }

    /// Back from a file to the list it stands in; says whether one was looked into.
    pub fn end_looking(&mut self, now: Moment) -> bool {
        if self.tab != Tab::Opened {
            return false;
        }
        self.search = None;
        self.show(Tab::Evidence, now);
        self.talk.looked = None;
        true
    }

    /// A frame showed so many lines: notes of which comments the beginning and the end were among them.
    pub fn note_drawn(&mut self, height: usize) {
        if self.tab != Tab::Thread {
            return;
        }
        let seen = self.scroll..(self.scroll + height).min(self.origins.len());
        for (n, (_, number)) in self.sheet.items.iter().enumerate() {
            let Some(first) = self.item_row(n) else { continue };
            let last = self.row_after_item(first).saturating_sub(1);
            let number = CommentNumber(u32::try_from(*number).unwrap_or(u32::MAX));
            if seen.contains(&first) {
                self.talk.begun.insert(number);
            }
            if seen.contains(&last) {
                self.talk.ended.insert(number);
            }
        }
    }

    /// The comments of others that have come to the reader since, or of which all was drawn; each is told once.
    pub fn newly_heard(&mut self, read: bool) -> Vec<CommentNumber> {
        let talk = &mut self.talk;
        let Some(me) = talk.me.clone() else { return Vec::new() };
        let known = |number: CommentNumber| {
            let mine = talk.receipts.iter().find(|r| r.number == number && r.by == me);
            mine.is_some_and(|receipt| !read || receipt.read.is_some())
        };
        let drawn = |number| !read || (talk.begun.contains(&number) && talk.ended.contains(&number));
        let told = if read { &talk.told.1 } else { &talk.told.0 };
        let new: Vec<CommentNumber> = self
            .request
            .comments
            .iter()
            .filter(|c| c.by != me && drawn(c.number) && !known(c.number) && !told.contains(&c.number))
            .map(|c| c.number)
            .collect();
        if read { &mut talk.told.1 } else { &mut talk.told.0 }.extend(new.iter().copied());
        new
    }
}
