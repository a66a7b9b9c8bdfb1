//! The only hands of the screen: what it wants done, done through the use cases.

use crate::app::looking_back::COUNTED;
use crate::app::{App, Draft, Drafts, Errand, Error, Failure, From, Looking, Queue, Row};
use crate::domain::command::{Command, Seen};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::RequestId;
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Execution, Request};
use crate::domain::rollout::{self, Stimulus};
use crate::domain::statement::Deed;
use crate::domain::text::Safe;
use crate::domain::transitions::Verb;
use crate::present::line::{Line, Tone};
use crate::present::looking_back;
use crate::tui::action::{Ask, Effect, Page, Place};
use crate::tui::gate::Drawn;
use crate::tui::hear::Message;
use crate::tui::keeping::Keeper;
use crate::tui::list::{PAGE, STEP};
use std::sync::Arc;

/// Who was away for less has missed nothing.
const AWAY: Span = Span::from_minutes(5);
/// Of how long the page of numbers tells.
const STATS_OF: Span = Span::from_hours(24 * 30);

/// The program, and who uses it.
pub struct Hands {
    app: App,
    caller: Caller,
    keeper: Arc<Keeper>,
    later: Option<Later>,
}

/// How the loop is told something that happens later.
pub type Later = Arc<dyn Fn(Message) + Send + Sync>;

impl Hands {
    /// Hands for `caller`, whose drafts `keeper` keeps.
    pub fn new(app: App, caller: Caller, keeper: Arc<Keeper>) -> Self {
        Self { app, caller, keeper, later: None }
    }

    /// What happens later is told to `later`.
    pub fn telling(self, later: Later) -> Self {
        Self { later: Some(later), ..self }
    }

    /// The program, for asking the time.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Where what is typed and not sent is kept.
    ///
    /// # Errors
    /// When the store cannot be opened once more.
    pub fn drafts(&self) -> Result<Drafts, Failure> {
        self.app.drafts(&self.caller)
    }

    /// Does it, and says what came of it. What concerns the terminal is done by `run`.
    pub fn perform(&mut self, effect: Effect) -> Vec<Message> {
        let done: Result<Vec<Message>, Error> = match effect {
            Effect::Load { queue, place, looking } => self.load(queue, place, looking).map_err(Error::from),
            Effect::HideSeen => Ok(vec![Message::HideSeen(self.app.now())]),
            Effect::NoteHeard { id, comments, read } => {
                self.keeper.note_heard(id, &comments, read);
                Ok(Vec::new())
            }
            Effect::LookInto(id, number) => self.look_into(id, number),
            Effect::ComeBack => self.come_back().map_err(Error::from),
            Effect::Look(page) => self.look(page),
            Effect::NoteSeen(id, revision) => {
                self.keeper.note_seen(id, revision);
                Ok(Vec::new())
            }
            Effect::Find { queue, filter, why, looking } => self
                .app
                .find_as(queue, &filter, looking)
                .map(|found| vec![Message::Found { queue, why, found }])
                .map_err(Error::from),
            Effect::SeeRollouts(of) => {
                self.app.see_rollouts(of, &self.caller).map(|sight| vec![Message::Rollouts(Box::new(sight))])
            }
            Effect::Steer { id, on } => return self.steer(id, on),
            Effect::Count => self.count().map_err(Error::from),
            Effect::Read(id) => return self.read(id),
            Effect::KeepTime => self.app.settle_due().map(|_| Vec::new()),
            Effect::Decide { id, command } => return self.decide(id, &command),
            Effect::Challenge(id, deed) => return self.challenge(id, deed),
            Effect::Cosign { id, armour, command } => return self.cosign(id, &armour, &command),
            Effect::DecideInTurn { id, commands } => return self.decide_in_turn(id, commands),
            Effect::Launch { id, errand } => return self.launch(id, errand),
            Effect::Gather { ask, ids } => self.gather(ask, &ids),
            Effect::FindAlike(id) => self
                .app
                .alikes(id, &self.caller)
                .map(|found| vec![Message::Now(self.app.now()), Message::Alikes(Box::new(found))]),
            Effect::DecideAll { ask, commands } => return self.decide_all(ask, commands),
            Effect::PutOffAll { until, ids } => return self.put_off_all(until, ids),
            Effect::FindDrafts => self.find_drafts().map_err(Error::from),
            Effect::KeepDraft(draft) => Ok(vec![match self.keeper.keep(&draft) {
                Ok(kept) => Message::DraftKept(Box::new(kept)),
                Err(failure) => Message::DraftNotKept(failure),
            }]),
            Effect::LookForUrgent => {
                self.app.newly_urgent().map(|urgent| vec![Message::Urgent(urgent)]).map_err(Error::from)
            }
            Effect::Copy(_)
            | Effect::Ring
            | Effect::Edit(_)
            | Effect::Repaint
            | Effect::Suspend
            | Effect::Quit => Ok(Vec::new()),
        };
        done.unwrap_or_else(|error| match error {
            Error::Failed(failure) => vec![Message::Failed(failure)],
            // Nobody asked for it, so nobody is told: what is due is settled with the next decision anyway.
            Error::Refused(_) => Vec::new(),
        })
    }

    /// What was typed and not sent. Of a request that is closed meanwhile only a comment can still be sent.
    fn find_drafts(&self) -> Result<Vec<Message>, Failure> {
        let (moot, found): (Vec<Draft>, Vec<Draft>) = self
            .keeper
            .all()?
            .into_iter()
            .partition(|draft| is_moot(draft.verb, &self.app.request(draft.id)));
        for draft in moot {
            // When it cannot be forgotten now, then another time.
            let _ = self.keeper.keep(&Draft { texts: Vec::new(), ..draft });
        }
        Ok(vec![Message::Drafts(found)])
    }

    fn count(&self) -> Result<Vec<Message>, Failure> {
        let counters = Message::Counters(self.app.counters()?);
        Ok(match self.app.aheads()? {
            aheads if aheads.is_empty() => vec![counters],
            aheads => vec![counters, Message::Aheads(aheads)],
        })
    }

    fn load(&self, queue: Queue, place: Place, looking: Looking) -> Result<Vec<Message>, Failure> {
        let page = |from: From<'_>, rows: usize| self.app.page_as(queue, from, rows, looking);
        let hidden = Message::Hidden { queue, hidden: self.app.hidden(queue, looking)? };
        let rows = match &place {
            Place::Around(row) => {
                let (above, below) = self.around(queue, row, looking)?;
                return Ok(vec![hidden, Message::Around { queue, above, below }]);
            }
            Place::At(row) => {
                let (mut above, mut below) = self.around(queue, row, looking)?;
                above.append(&mut below);
                above
            }
            Place::Start => page(From::Start, PAGE)?,
            Place::End => page(From::End, PAGE)?,
            Place::After(row) => page(From::After(row), STEP)?,
            Place::Before(row) => page(From::Before(row), STEP)?,
        };
        Ok(vec![hidden, Message::Page { queue, place, rows }])
    }

    fn around(&self, queue: Queue, row: &Row, looking: Looking) -> Result<(Vec<Row>, Vec<Row>), Failure> {
        let above = self.app.page_as(queue, From::Before(row), PAGE, looking)?;
        let from = above.last().map_or(From::Start, From::After);
        let below = self.app.page_as(queue, from, PAGE + 1, looking)?;
        Ok((above, below))
    }

    fn read(&self, id: RequestId) -> Vec<Message> {
        let read = || -> Result<Message, Error> {
            let request = self.app.request(id)?;
            let history = self.app.history(id)?;
            let facts = self.app.facts(&self.caller, &request)?;
            Ok(Message::Read { request: Box::new(request), history, facts: Some(Box::new(facts)) })
        };
        let mut out = vec![read().unwrap_or_else(|error| cannot(id, error))];
        // What is not known of it is only not said.
        if let (Ok(receipts), Ok(opened)) = (self.app.receipts(id), self.app.opened(id, &self.caller)) {
            out.push(Message::Talk { id, receipts, opened });
        }
        out
    }

    /// What happened since one was last here; from now on that is now.
    fn come_back(&self) -> Result<Vec<Message>, Failure> {
        let back = self.app.coming_back(&self.caller)?;
        self.keeper.note_visit(back.as_ref().map(|back| back.then));
        let now = self.app.now();
        let line = back.filter(|back| now.since(back.then) >= AWAY).map(|back| back.line(now));
        Ok(line.map(|line| Message::CameBack(line.and(Tone::Dim, "; w says more"))).into_iter().collect())
    }

    fn look(&mut self, page: Page) -> Result<Vec<Message>, Error> {
        let now = self.app.now();
        let lines = match page {
            Page::Since => match self.keeper.last_visit() {
                Some(then) => self.app.since(then)?.lines(now),
                None => vec![Line::plain("You were not here before.")],
            },
            Page::Handoff => self.app.handoff(&self.caller)?.lines(now),
            Page::Stats => {
                let (numbers, cut) = self.app.numbers(STATS_OF, Some(COUNTED), &self.caller, |_| {})?;
                looking_back::numbers(&numbers, STATS_OF, cut.then_some(COUNTED))
            }
        };
        Ok(vec![Message::Look(page, lines)])
    }

    fn look_into(&self, id: RequestId, number: usize) -> Result<Vec<Message>, Error> {
        let request = self.app.request(id)?;
        let looked = self.app.look_into(&request, number, &self.caller)?;
        let opened = self.app.opened(id, &self.caller)?;
        let receipts = self.app.receipts(id)?;
        Ok(vec![
            Message::Talk { id, receipts, opened },
            Message::Evidence { id, number, kind: looked.kind, bytes: looked.bytes },
        ])
    }

    fn gather(&self, ask: Ask, ids: &[RequestId]) -> Result<Vec<Message>, Error> {
        let mut gathered = Vec::with_capacity(ids.len());
        for id in ids {
            let request = self.app.request(*id)?;
            let facts = self.app.facts(&self.caller, &request)?;
            gathered.push((request, facts));
        }
        Ok(vec![Message::Now(self.app.now()), Message::Gathered { ask, gathered }])
    }

    /// One transaction each: what one of them refuses does not stop the others.
    fn decide_all(&mut self, ask: Ask, commands: Vec<(RequestId, Command)>) -> Vec<Message> {
        let mut outcomes = Vec::with_capacity(commands.len());
        for (id, command) in commands {
            let outcome = self.app.decide(id, &command, &self.caller);
            outcomes.push((id, outcome.map(|_| ()).map_err(Safe::composed)));
        }
        vec![Message::Now(self.app.now()), Message::DecidedAll { ask, outcomes }]
    }

    fn put_off_all(&mut self, until: Option<Moment>, ids: Vec<RequestId>) -> Vec<Message> {
        let mut outcomes = Vec::with_capacity(ids.len());
        for id in ids {
            let outcome = self.app.decide(id, &Command::Snooze { until }, &self.caller);
            outcomes.push((id, outcome.map(|_| ()).map_err(Safe::composed)));
        }
        vec![Message::Now(self.app.now()), Message::PutOffAll { until, outcomes }]
    }

    /// Each is bound to what the one before it left: what somebody else did between them is seen.
    fn decide_in_turn(&mut self, id: RequestId, commands: Vec<Command>) -> Vec<Message> {
        let mut out = Vec::new();
        let mut left: Option<Seen> = None;
        for mut command in commands {
            if let (Some(left), Command::Mark { seen, .. } | Command::Modify { seen, .. }) =
                (left.take(), &mut command)
            {
                *seen = left;
            }
            out = self.decide(id, &command);
            let Some(Message::Decided { after, .. }) = out.last() else { return out };
            left = Some(Drawn::of(after).seen(false));
        }
        out
    }

    /// Starts a process of its own; how it ended is heard of later.
    fn launch(&mut self, id: RequestId, errand: Errand) -> Vec<Message> {
        let later = self.later.clone();
        let returned = move |how| {
            if let Some(later) = later {
                later(Message::Returned { id, errand, how });
            }
        };
        vec![match self.app.launch(id, errand, &self.caller, returned) {
            Ok(()) => Message::Launched { id, errand },
            Err(error) => cannot(id, error),
        }]
    }

    fn steer(&mut self, id: RequestId, on: Stimulus) -> Vec<Message> {
        let ask = match on {
            Stimulus::Pause => rollout::Ask::Pause,
            Stimulus::Resume => rollout::Ask::Resume,
            Stimulus::Freeze => rollout::Ask::Freeze,
            Stimulus::Halt => rollout::Ask::Halt,
            Stimulus::RollBack => rollout::Ask::RollBack,
            Stimulus::Acknowledge => rollout::Ask::Acknowledge,
            _ => return Vec::new(),
        };
        vec![match self.app.ask_rollout(id, &ask, None, &self.caller) {
            Ok(_) => Message::Steered { id, on },
            Err(error) => cannot(id, error),
        }]
    }

    fn challenge(&mut self, id: RequestId, deed: Deed) -> Vec<Message> {
        let now = Message::Now(self.app.now());
        let answer = match self.app.challenge(id, deed, &self.caller) {
            Ok(statement) => Message::Challenged(Box::new(statement)),
            Err(error) => cannot(id, error),
        };
        vec![now, answer]
    }

    fn cosign(&mut self, id: RequestId, armour: &str, command: &Command) -> Vec<Message> {
        let now = Message::Now(self.app.now());
        let Some(verb) = command.verb() else { return Vec::new() };
        let answer = match self.app.cosign(id, armour, command, &self.caller) {
            Ok(decided) => Message::Decided { verb, after: Box::new(decided.after) },
            Err(error) => cannot(id, error),
        };
        vec![now, answer]
    }

    fn decide(&mut self, id: RequestId, command: &Command) -> Vec<Message> {
        let Some(verb) = command.verb() else { return Vec::new() };
        let now = Message::Now(self.app.now());
        vec![
            now,
            match self.app.decide(id, command, &self.caller) {
                Ok(decided) => Message::Decided { verb, after: Box::new(decided.after) },
                Err(error) => cannot(id, error),
            },
        ]
    }
}

/// Whether nothing can come of a draft any more: its request is closed or gone. One that cannot be read just now says
/// nothing of that, and what somebody wrote is not forgotten for it.
fn is_moot(verb: Verb, read: &Result<Request, Error>) -> bool {
    match read {
        Ok(request) if request.is_open() => false,
        Ok(request) => match verb {
            Verb::Comment => false,
            // What is said to a plan that runs can be said as long as it does.
            Verb::Confirm | Verb::Retry | Verb::LeaveOut | Verb::Stop | Verb::Continue => {
                request.execution != Some(Execution::Running)
            }
            _ => true,
        },
        Err(Error::Refused(refusal)) => matches!(refusal, Refusal::NoSuchRequest(_)),
        Err(Error::Failed(_)) => false,
    }
}

fn cannot(id: RequestId, error: Error) -> Message {
    match error {
        Error::Refused(refusal) => Message::Refused { id, refusal },
        Error::Failed(failure) => Message::Failed(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_kept_when_its_request_cannot_be_read_and_forgotten_when_it_is_gone() {
        let failed = || Err(Error::Failed(Failure::damaged("a line of the log does not read")));
        let gone = || Err(Error::Refused(Refusal::NoSuchRequest("R-7".to_owned())));
        for verb in [Verb::Reject, Verb::Comment] {
            assert!(!is_moot(verb, &failed()), "{verb:?}");
            assert!(is_moot(verb, &gone()), "{verb:?}");
        }
    }
}
