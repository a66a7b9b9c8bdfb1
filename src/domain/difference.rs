//! What changed between what somebody saw and what is there now.

use crate::domain::command::Seen;
use crate::domain::digest::DecisionDigest;
use crate::domain::event::StepFact;
use crate::domain::marks::Mark;
use crate::domain::names::{RevisionNumber, StepId};
use crate::domain::request::Request;
use crate::domain::risk::Risk;
use std::fmt;

/// The difference, as far as what was seen is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The revision that was seen, when it is one of this request's.
    pub seen: Option<RevisionNumber>,
    /// The revision now.
    pub now: RevisionNumber,
    /// The decision digest now.
    pub digest: DecisionDigest,
    /// Steps that are new, gone, or do something else.
    pub steps: Vec<(StepId, StepChange)>,
    /// The risk as it was seen and as it is, when it is judged riskier now or asks for other sign-offs.
    pub risk: Option<(Risk, Risk)>,
    /// The marks that stand now, on steps that are marked at all.
    pub marks: Vec<(StepId, Mark)>,
}

/// What happened to a step between two revisions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepChange {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It does something else.
    Changed,
}

impl StepChange {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            StepChange::Added => "added",
            StepChange::Removed => "removed",
            StepChange::Changed => "changed",
        }
    }
}

/// The steps that differ between two revisions.
pub fn steps(before: &[StepFact], after: &[StepFact]) -> Vec<(StepId, StepChange)> {
    let find = |steps: &[StepFact], id: &StepId| steps.iter().find(|s| s.id == *id).map(|s| s.digest);
    let mut out: Vec<(StepId, StepChange)> = Vec::new();
    for step in after {
        match find(before, &step.id) {
            None => out.push((step.id.clone(), StepChange::Added)),
            Some(digest) if digest != step.digest => out.push((step.id.clone(), StepChange::Changed)),
            Some(_) => {}
        }
    }
    out.extend(
        before.iter().filter(|s| find(after, &s.id).is_none()).map(|s| (s.id.clone(), StepChange::Removed)),
    );
    out
}

/// `None` when what was seen is what is there, or nothing was said to be seen.
pub fn since(seen: &Seen, request: &Request) -> Option<Difference> {
    let (revision, marks_differ) = match seen {
        Seen::Nothing => return None,
        Seen::Prefix(prefix) if prefix.fits(request.decision_digest()) => return None,
        Seen::Prefix(_) => (None, true),
        Seen::Drawn { revision, marks, number, .. } => {
            let (same, marks_differ) =
                (*revision == request.revision.digest, *marks != request.marks_digest());
            let drawn = request.earlier.iter().chain([&request.revision]).find(|r| r.number == *number);
            // The same would happen, but it is judged riskier now: that was not before anybody's eyes.
            let harder = drawn.is_some_and(|drawn| request.assessment().is_harder_than(&drawn.assessment));
            if same && !marks_differ && !harder {
                return None;
            }
            (drawn, marks_differ)
        }
    };
    let marks = request.marks.iter().filter(|(_, mark)| marks_differ && *mark != Mark::Undecided);
    Some(Difference {
        seen: revision.map(|r| r.number),
        now: request.revision.number,
        digest: request.decision_digest(),
        risk: revision
            .filter(|r| request.assessment().is_harder_than(&r.assessment))
            .map(|r| (r.assessment.risk, request.assessment().risk)),
        steps: revision.map(|r| steps(&r.steps, &request.revision.steps)).unwrap_or_default(),
        marks: marks.map(|(id, mark)| (id.clone(), mark)).collect(),
    })
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seen {
            Some(seen) if seen != self.now => write!(f, "revision {seen} became {}", self.now)?,
            _ => write!(f, "it is at revision {}", self.now)?,
        }
        let steps = self.steps.iter().map(|(id, change)| format!("{id} {}", change.word()));
        let marks = self.marks.iter().map(|(id, mark)| format!("{id} marked {mark}"));
        let risk = self.risk.map(|(seen, now)| format!("risk was {seen}, is {now}"));
        let list: Vec<String> = risk.into_iter().chain(steps).chain(marks).collect();
        if !list.is_empty() {
            write!(f, " ({})", list.join(", "))?;
        }
        write!(f, ", decision digest {}; nothing was recorded", self.digest.short())
    }
}
