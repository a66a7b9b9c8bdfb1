//! Raising a request to the next level of its chain, and passing it on to somebody else.

use crate::domain::chain::{PASSED_ON, Rung, Whom, Why};
use crate::domain::decide::Deciding;
use crate::domain::event::{Entry, Fact, Held, Payload};
use crate::domain::moment::Moment;
use crate::domain::names::PrincipalName;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, State, Waiting};
use crate::domain::rules;
use crate::domain::text::Text;
use crate::domain::transitions::Verb;

impl Request {
    /// The level above the one it is on; nothing at the top of its chain.
    pub fn next_rung(&self) -> Option<&Rung> {
        self.assessment().chain.get(usize::from(self.level()))
    }

    /// When the clock raises it to the next level, while it waits for reviewers. What asks for no decision is not raised.
    pub fn raised_at(&self) -> Option<Moment> {
        let State::Waiting(waiting) = &self.state else { return None };
        let at = match waiting {
            Waiting::Requested => Some(self.deadlines.due_at),
            Waiting::Escalated(_) => self.timing.raise_at,
        };
        at.filter(|_| self.next_rung().is_some() && self.assessment().violation.is_none())
    }

    /// What raises it at `at`; nothing at the top of its chain.
    pub fn raise(&self, why: Why, at: Moment, was_due_at: Option<Moment>) -> Option<Fact> {
        let to = self.next_rung()?.to.clone();
        let level = self.level() + 1;
        let above = self.assessment().chain.get(usize::from(level));
        let next_at = above.map(|rung| at.plus(rung.after.unwrap_or(self.assessment().due_after)));
        Some(Fact::Escalated { level, to, why, was_due_at, next_at })
    }
}

impl Deciding<'_> {
    pub(super) fn escalate(&self, reason: &Option<Text>) -> Result<Vec<Entry>, Refusal> {
        rules::reason_given(Verb::Escalate, self.request, reason.as_ref())?;
        self.prose_fits("reason", reason.as_ref())?;
        let Some(fact) = self.request.raise(Why::Hand, self.now, None) else {
            return Err(rules::at_the_top(self.request));
        };
        Ok(vec![self.entry(fact, Payload::reason(reason.clone()))])
    }

    pub(super) fn reassign(&self, to: &PrincipalName, reason: &Option<Text>) -> Result<Vec<Entry>, Refusal> {
        self.prose_fits("reason", reason.as_ref())?;
        rules::eligible(self.request, to, self.facts)?;
        let whom = Whom::Principal(to.clone());
        if self.request.assigned().is_some_and(|now| now.to == whom) {
            return self.not_now(format!("{to} has it already"));
        }
        let number = self.request.passed_on() + 1;
        let fact = Fact::Reassigned { to: to.clone(), number };
        let mut entries = vec![self.entry(fact, Payload::reason(reason.clone()))];
        // Passed on again and again, it is nobody's: somebody above must see it.
        if number > PASSED_ON && matches!(self.request.state, State::Waiting(_)) {
            let raised = self.request.raise(Why::Reassigned, self.now, None);
            entries.extend(raised.map(|fact| self.entry(fact, Held::None)));
        }
        Ok(entries)
    }
}
