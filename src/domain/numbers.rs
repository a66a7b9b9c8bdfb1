//! Numbers of how deciding goes: how long it takes, how it ends, why it is refused, and whether people still look. They are
//! told of a bounded time, and of each person only to that person.

use crate::domain::conflict::conflicts;
use crate::domain::content::Kind;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::PrincipalName;
use crate::domain::principal::PrincipalKind;
use crate::domain::request::{Execution, MarkedBy, Request, StateName};
use crate::domain::text::Text;
use std::collections::BTreeMap;

/// Decisions of one person with less between them than this are taken in a row.
pub const IN_A_ROW: Span = Span::from_minutes(1);
/// How many reasons are listed.
const REASONS: usize = 5;
/// Characters of a reason by which reasons are told apart.
const TOLD_APART_BY: usize = 80;

/// How requests of one sort went.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// How many were closed, by how.
    pub closed: BTreeMap<&'static str, u64>,
    /// From being asked to being closed by somebody, shortest first.
    pub took: Vec<Span>,
}

/// How one person decided.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Decider {
    /// Sign-offs given.
    pub signed: u64,
    /// Requests refused.
    pub rejected: u64,
    /// Times changes were requested.
    pub changes: u64,
    /// Sign-offs within two seconds of the first display.
    pub fast: u64,
    /// The longest run of decisions with less than [`IN_A_ROW`] between them.
    pub in_a_row: u64,
    /// From being asked to their decision, shortest first.
    pub took: Vec<Span>,
    at: Vec<Moment>,
}

/// All of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Numbers {
    /// Everything together.
    pub all: Tally,
    /// By kind of request.
    pub by_kind: BTreeMap<Kind, Tally>,
    /// By who decided.
    pub by_decider: BTreeMap<PrincipalName, Decider>,
    /// Why requests were refused, most frequent first, each as its first line.
    pub refused_for: Vec<(Text, u64)>,
    /// Plans that were closed.
    pub plans: u64,
    /// Plans whose marks were at odds with what their steps need when they were closed.
    pub conflicts: u64,
    /// Steps of all plans.
    pub steps: u64,
    /// Steps that no rule marked: somebody had to look at them.
    pub steps_for_people: u64,
    /// Executions that began.
    pub begun: u64,
    /// Executions that ended well.
    pub done: u64,
    /// Requests that nobody decided in time, or that were approved and never started.
    pub abandoned: u64,
}

impl Tally {
    fn add(&mut self, request: &Request, by_somebody: bool) {
        *self.closed.entry(request.state_name().word()).or_default() += 1;
        if let Some(closed) = request.closed().filter(|_| by_somebody) {
            self.took.push(closed.at.since(request.created_at));
        }
    }

    /// How many were closed.
    pub fn count(&self) -> u64 {
        self.closed.values().sum()
    }

    /// Approvals in a hundred of what was approved or rejected; nothing when nothing was.
    pub fn approval_rate(&self) -> Option<u64> {
        let of = |state: StateName| self.closed.get(state.word()).copied().unwrap_or(0);
        let (yes, no) = (of(StateName::Approved), of(StateName::Rejected));
        percent(yes, yes + no)
    }
}

/// `part` in a hundred of `all`; nothing of nothing.
pub fn percent(part: u64, all: u64) -> Option<u64> {
    (part * 100).checked_div(all)
}

/// The value that so many in a hundred of the sorted `spans` do not exceed: the nearest rank.
pub fn percentile(spans: &[Span], hundredths: usize) -> Option<Span> {
    let rank = (spans.len() * hundredths).div_ceil(100).max(1);
    spans.get(rank - 1).copied()
}

/// Numbers that are being made, one request at a time, so that memory holds none of them.
#[derive(Default)]
pub struct Counting {
    numbers: Numbers,
    reasons: BTreeMap<String, (Text, u64)>,
}

impl Counting {
    /// Counts one more.
    pub fn add(&mut self, request: &Request) {
        self.numbers.add(request, &mut self.reasons);
    }

    /// All of it.
    pub fn done(self) -> Numbers {
        let Self { mut numbers, reasons } = self;
        let sort = |tally: &mut Tally| tally.took.sort();
        sort(&mut numbers.all);
        numbers.by_kind.values_mut().for_each(sort);
        for decider in numbers.by_decider.values_mut() {
            decider.took.sort();
            decider.at.sort();
            decider.in_a_row = longest_run(&decider.at);
        }
        let mut list: Vec<(Text, u64)> = reasons.into_values().collect();
        list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        list.truncate(REASONS);
        numbers.refused_for = list;
        numbers
    }
}

impl Numbers {
    /// Of these requests; those that are open count for what people did to them.
    pub fn of<'a>(requests: impl Iterator<Item = &'a Request>) -> Self {
        let mut counting = Counting::default();
        requests.for_each(|request| counting.add(request));
        counting.done()
    }

    fn add(&mut self, request: &Request, reasons: &mut BTreeMap<String, (Text, u64)>) {
        let took = |at: Moment| at.since(request.created_at);
        for signoff in request.signoffs.iter().filter(|signoff| signoff.rule.is_none()) {
            let decider = self.by_decider.entry(signoff.bound.signer.name.clone()).or_default();
            decider.signed += 1;
            decider.fast += u64::from(signoff.bound.fast);
            decider.took.push(took(signoff.at));
            decider.at.push(signoff.at);
        }
        for comment in request.comments.iter().filter(|comment| comment.is_reason) {
            let decider = self.by_decider.entry(comment.by.clone()).or_default();
            decider.changes += 1;
            decider.took.push(took(comment.at));
            decider.at.push(comment.at);
        }
        let Some(closed) = request.closed() else { return };
        let state = request.state_name();
        if state == StateName::Rejected {
            let decider = self.by_decider.entry(closed.by.clone()).or_default();
            decider.rejected += 1;
            decider.took.push(took(closed.at));
            decider.at.push(closed.at);
            if let Some(first) = closed.reason.as_ref().and_then(|reason| reason.raw().trim().lines().next())
            {
                let key: String = first.to_lowercase().chars().take(TOLD_APART_BY).collect();
                reasons.entry(key).or_insert_with(|| (Text::from(first), 0)).1 += 1;
            }
        }
        let by_somebody = closed.by != PrincipalName::system() && state != StateName::Cancelled;
        self.all.add(request, by_somebody);
        self.by_kind.entry(request.kind()).or_default().add(request, by_somebody);
        self.abandoned +=
            u64::from(state == StateName::Expired || request.execution == Some(Execution::Lapsed));
        self.begun += u64::from(request.run.is_some());
        self.done += u64::from(request.execution == Some(Execution::Done));
        let Some(content) = request.content.as_ref().filter(|_| request.has_steps()) else { return };
        self.plans += 1;
        self.conflicts += u64::from(!conflicts(content, &request.marks).is_empty());
        let steps = &request.revision.steps;
        let by_rule = |id| matches!(request.marked_by.get(id), Some(MarkedBy::Rule(_)));
        self.steps += steps.len() as u64;
        self.steps_for_people += steps.iter().filter(|step| !by_rule(&step.id)).count() as u64;
    }

    /// The same without what is said of anybody but `name`: how somebody decides is theirs to know.
    pub fn only_of(mut self, name: &PrincipalName) -> Self {
        self.by_decider.retain(|decider, _| decider == name);
        self
    }
}

fn longest_run(sorted: &[Moment]) -> u64 {
    let (mut longest, mut run) = (u64::from(!sorted.is_empty()), 1);
    for pair in sorted.windows(2) {
        run = if pair[1].since(pair[0]) < IN_A_ROW { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest
}

/// How far back somebody wants to look, as it is typed: `8h`, `30d`; a year at most.
pub fn back(text: &str) -> Option<Span> {
    const LONGEST: Span = Span::from_hours(24 * 366);
    crate::domain::filter::span(text).filter(|back| *back > Span::ZERO && *back <= LONGEST)
}

/// Whether somebody may see how others decide: an auditor's permission. Programs are nobody's secret.
pub fn is_told_of_others(kind: PrincipalKind, exports: bool) -> bool {
    exports && kind == PrincipalKind::Human
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(list: &[i64]) -> Vec<Span> {
        list.iter().map(|n| Span::from_minutes(*n)).collect()
    }

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let ten = minutes(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(percentile(&ten, 50), Some(Span::from_minutes(5)));
        assert_eq!(percentile(&ten, 90), Some(Span::from_minutes(9)));
        assert_eq!(percentile(&minutes(&[7]), 90), Some(Span::from_minutes(7)));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn decisions_within_a_minute_are_a_row() {
        let at = |seconds: &[i64]| -> Vec<Moment> {
            seconds.iter().map(|s| Moment::from_millis(s * 1000)).collect()
        };
        assert_eq!(longest_run(&at(&[])), 0);
        assert_eq!(longest_run(&at(&[0, 30, 59, 200, 230])), 3);
        assert_eq!(longest_run(&at(&[0, 60, 120])), 1);
    }

    #[test]
    fn a_rate_of_nothing_is_none() {
        assert_eq!((percent(0, 0), percent(1, 3)), (None, Some(33)));
    }
}
