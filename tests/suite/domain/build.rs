//! People, requests and commands for tests, and a story that is told by doing one thing after another.

use countersign::domain::command::{Command, DigestPrefix, Facts, Said, Seen};
use countersign::domain::content::Content;
use countersign::domain::decide;
use countersign::domain::digest::TokenDigest;
use countersign::domain::document::{Limits, read};
use countersign::domain::edit::Edit;
use countersign::domain::event::{Entry, Fact, Held};
use countersign::domain::evidence::{Attachment, Filed, Offered};
use countersign::domain::evolve;
use countersign::domain::execution::{End, How, Runner, Work};
use countersign::domain::marks::Mark;
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::{ParamKey, PersonName, PrincipalName, RequestId, StepId};
use countersign::domain::overriding::{Plea, phrase};
use countersign::domain::policy::Policy;
use countersign::domain::principal::{
    Assurance, Caller, Face, Permission, PrincipalKind, Requester, Standing,
};
use countersign::domain::quorum::Slot;
use countersign::domain::refusal::Refusal;
use countersign::domain::request::Request;
use countersign::domain::talk::About;
use countersign::domain::text::Text;
use serde_json::Value;
use std::collections::BTreeSet;

/// When every story begins.
pub const BEGIN: Moment = Moment::from_millis(1_800_000_000_000);
/// One minute.
pub const MINUTE: Span = Span::from_minutes(1);
/// One hour.
pub const HOUR: Span = Span::from_hours(1);

/// A human, or an agent of somebody, or of nobody.
fn caller(name: &str, kind: PrincipalKind, person: Option<&str>) -> Caller {
    Caller {
        name: PrincipalName::new(name).unwrap(),
        kind,
        person: person.map(|p| PersonName::new(p).unwrap()),
        assurance: Assurance::Asserted,
        face: Face::Cli,
        key: None,
        address: None,
    }
}

/// A person acting under their own name.
pub fn human(name: &str) -> Caller {
    caller(name, PrincipalKind::Human, Some(name))
}

/// A second principal of `person`.
pub fn other_principal(name: &str, person: &str) -> Caller {
    caller(name, PrincipalKind::Human, Some(person))
}

/// An agent that `person` owns.
pub fn agent_of(name: &str, person: &str) -> Caller {
    caller(name, PrincipalKind::Agent, Some(person))
}

pub fn alice() -> Caller {
    human("alice")
}

pub fn alice_laptop() -> Caller {
    other_principal("alice-laptop", "alice")
}

pub fn bob() -> Caller {
    human("bob")
}

pub fn carol() -> Caller {
    human("carol")
}

/// The agent alice owns.
pub fn cp14() -> Caller {
    agent_of("cp14", "alice")
}

/// A producer that was only named in a document: owned by nobody.
pub fn planner() -> Caller {
    caller("planner", PrincipalKind::Agent, None)
}

/// The one who may look and nothing else: see [`facts_for`].
pub fn viewer() -> Caller {
    human("erin")
}

/// The same principal as who asks.
pub fn requester(caller: &Caller) -> Requester {
    Requester { name: caller.name.clone(), kind: caller.kind, person: caller.person.clone() }
}

/// Facts under the built-in policy for somebody who may do everything.
pub fn facts() -> Facts {
    Facts {
        policy: Policy::BUILT_IN,
        standing: Standing::everything(),
        self_review: false,
        open_of_requester: 0,
        team: false,
        runner_gone: false,
        shown_at: None,
        signature: None,
        debts: Vec::new(),
        reason_used: None,
        next_number: RequestId::new(18),
        programs: Default::default(),
        failed: Default::default(),
    }
}

/// Facts for somebody who may do only this.
pub fn facts_with(permissions: &[Permission]) -> Facts {
    Facts {
        standing: Standing { permissions: permissions.to_vec(), roles: Vec::new(), ..Standing::default() },
        ..facts()
    }
}

/// Everything for everybody but the viewer, who sees.
pub fn facts_for(caller: &Caller) -> Facts {
    if *caller == viewer() { facts_with(&[Permission::See]) } else { facts() }
}

/// The content of a document, checked as a submission is.
pub fn content(document: &str) -> Content {
    read(document.as_bytes(), &Limits::BUILT_IN).unwrap().content
}

/// Two steps of low risk; `b` cannot run without `a`, and somebody must be asked if it is to.
pub fn plan() -> Content {
    plan_with("staging", "Tell John", "a1", "b1")
}

/// The same plan somewhere else, called something else, or with other parameters in its steps.
pub fn plan_with(environment: &str, title: &str, of_a: &str, of_b: &str) -> Content {
    content(&format!(
        r#"{{"kind": "plan", "title": "{title}", "target": {{"environment": "{environment}"}}, "steps": [
            {{"id": "a", "action": "contact.search", "params": {{"query": "{of_a}"}}}},
            {{"id": "b", "action": "email.draft", "params": {{"to": "{of_b}"}},
              "needs": [{{"step": "a", "field": "email", "effect": "blocks", "resolution": "ask_user"}}]}}]}}"#
    ))
}

/// A plan nobody may approve without saying why.
pub fn sensitive_plan() -> Content {
    plan_with("production", "Tell John", "a1", "b1")
}

pub fn question() -> Content {
    content(r#"{"kind": "question", "title": "Which bridge?", "options": ["the old one", "the new one"]}"#)
}

pub fn gate() -> Content {
    content(r#"{"kind": "gate", "title": "Go on?"}"#)
}

/// Two humans.
pub fn two_humans() -> Vec<Slot> {
    vec![Slot::one_human(), Slot::one_human()]
}

pub fn step(id: &str) -> StepId {
    StepId::new(id).unwrap()
}

pub fn because(reason: &str) -> Option<Text> {
    Some(Text::from(reason))
}

pub fn approve() -> Command {
    Command::Approve { reason: None, seen: Seen::Nothing }
}

pub fn approve_because(reason: &str) -> Command {
    Command::Approve { reason: because(reason), seen: Seen::Nothing }
}

pub fn reject(reason: &str) -> Command {
    Command::Reject { reason: because(reason), seen: Seen::Nothing }
}

pub fn request_changes(reason: &str) -> Command {
    Command::RequestChanges { reason: because(reason), seen: Seen::Nothing }
}

pub fn cancel(reason: &str) -> Command {
    Command::Cancel { reason: because(reason) }
}

pub fn revise(content: Content) -> Command {
    Command::Revise { content: Box::new(content) }
}

pub fn mark(steps: &[&str], mark: Mark) -> Command {
    Command::Mark {
        steps: steps.iter().map(|id| step(id)).collect(),
        mark,
        reason: None,
        seen: Seen::Nothing,
    }
}

/// Everything that is said for an override, well said.
pub fn plea(request: &Request) -> Plea {
    Plea {
        class: Text::from("incident"),
        reference: Text::from("INC-42"),
        reason: Text::from("The bridge is down and nobody answers."),
        phrase: Text::new(phrase(request.id)),
    }
}

/// Goes ahead without the sign-offs, well said and on what is there.
pub fn go_ahead(request: &Request) -> Command {
    Command::Override { plea: Box::new(plea(request)), seen: drawn(request) }
}

/// Other values for parameters of one step.
pub fn modify(id: &str, set: &[(&str, Value)]) -> Command {
    let set = set.iter().map(|(key, value)| (ParamKey::new(*key).unwrap(), value.clone())).collect();
    edit(id, Edit::Change { set, unset: BTreeSet::new(), give: Vec::new() })
}

pub fn edit(id: &str, edit: Edit) -> Command {
    Command::Modify { step: step(id), edit: Box::new(edit), reason: None, seen: Seen::Nothing }
}

/// One step as it was before anybody edited it, or only these of its parameters.
pub fn restore(id: &str, only: &[&str]) -> Command {
    edit(id, Edit::Restore { only: only.iter().map(|key| ParamKey::new(*key).unwrap()).collect() })
}

pub fn answer(option: Option<u32>, text: Option<&str>) -> Command {
    Command::Answer { option, text: text.map(Text::from), reason: None, seen: Seen::Nothing }
}

/// A file, under its label.
pub fn attach(label: &str, bytes: &[u8]) -> Command {
    let what = Offered::File(Filed::of(bytes));
    Command::Attach(Box::new(Attachment { label: Text::from(label), step: None, what, pin: false }))
}

pub fn comment(text: &str) -> Command {
    Command::Comment { text: Text::from(text), about: About::REQUEST }
}

/// What a screen that is up to date drew.
pub fn drawn(request: &Request) -> Seen {
    Seen::Drawn {
        revision: request.revision.digest,
        marks: request.marks_digest(),
        number: request.revision.number,
        whole: false,
    }
}

/// What `show` would print now, as somebody types it.
pub fn prefix(request: &Request) -> Seen {
    Seen::Prefix(DigestPrefix::parse(&request.decision_digest().short()).unwrap())
}

/// What `show` printed for something else.
pub fn stale() -> Seen {
    Seen::Prefix(DigestPrefix::parse("0123456789ab").unwrap())
}

/// One request, its whole log, and the time it is.
#[derive(Clone, Debug)]
pub struct Story {
    /// The request as its log made it.
    pub request: Request,
    /// Everything that happened to it.
    pub log: Vec<Entry>,
    /// What time it is.
    pub now: Moment,
    /// The quorum a policy asks for; one human when there is none.
    pub slots: Vec<Slot>,
}

impl Story {
    /// `by` asked for `content` under the built-in policy.
    pub fn asked(by: &Caller, content: Content) -> Self {
        Self::asked_under(vec![Slot::one_human()], by, content)
    }

    /// `by` asked for `content` where policy wants these sign-offs: the event looks as it would under that policy.
    pub fn asked_under(slots: Vec<Slot>, by: &Caller, content: Content) -> Self {
        let mut entry = decide::submit(content, requester(by), None, by, &facts(), BEGIN).unwrap();
        if let Fact::Submitted { revision, .. } = &mut entry.fact {
            revision.assessment.slots.clone_from(&slots);
        }
        let request = evolve::begin(RequestId::new(17), &entry).unwrap();
        Self { request, log: vec![entry], now: BEGIN, slots }
    }

    /// What `command` would do now, under the story's quorum.
    pub fn decide(&self, caller: &Caller, command: &Command, facts: &Facts) -> Result<Vec<Entry>, Refusal> {
        if !matches!(command, Command::Revise { .. } | Command::Modify { .. }) {
            return self.request.decide(command, caller, facts, self.now);
        }
        // A revision is assessed anew by the built-in policy, which knows one slot: it decides as if that had always
        // been the quorum, and the event then says what the story's policy would have said.
        let mut plain = self.request.clone();
        plain.revision.assessment.slots = vec![Slot::one_human()];
        let mut entries = plain.decide(command, caller, facts, self.now)?;
        for entry in &mut entries {
            if let Fact::Revised { revision, .. }
            | Fact::Resubmitted { revision, .. }
            | Fact::Modified { revision, .. } = &mut entry.fact
            {
                revision.assessment.slots.clone_from(&self.slots);
            }
        }
        Ok(entries)
    }

    /// These entries have happened.
    pub fn with(mut self, entries: Vec<Entry>) -> Self {
        self.request = entries.iter().fold(self.request, Request::evolve);
        self.log.extend(entries);
        self
    }

    /// `caller` did `command`; it must have been allowed.
    pub fn then(self, caller: &Caller, command: Command) -> Self {
        let entries = self.decide(caller, &command, &facts_for(caller));
        let entries = entries.unwrap_or_else(|no| panic!("{} {command:?}: {no}", caller.name));
        self.with(entries)
    }

    /// `caller` tried `command`; it must have been refused.
    pub fn refuses(&self, caller: &Caller, command: Command) -> Refusal {
        self.refuses_under(&facts_for(caller), caller, command)
    }

    /// As [`Story::refuses`], with these facts.
    pub fn refuses_under(&self, facts: &Facts, caller: &Caller, command: Command) -> Refusal {
        match self.decide(caller, &command, facts) {
            Ok(entries) => panic!("{} was allowed {command:?}: {entries:?}", caller.name),
            Err(refusal) => refusal,
        }
    }

    /// Time went by; nobody looked.
    pub fn after(mut self, span: Span) -> Self {
        self.now = self.now.plus(span);
        self
    }

    /// The watcher looked.
    pub fn settled(self) -> Self {
        self.then(&Caller::system(), Command::Settle)
    }

    /// The payloads of the log were redacted, and it was read again.
    pub fn redacted(mut self) -> Self {
        for entry in &mut self.log {
            if entry.payload != Held::None {
                entry.payload = Held::Gone;
            }
        }
        self.request = replay(&self.log);
        self
    }
}

/// The request that a log amounts to.
pub fn replay(log: &[Entry]) -> Request {
    let begun = evolve::begin(RequestId::new(17), &log[0]).unwrap();
    log[1..].iter().fold(begun, Request::evolve)
}

/// Two steps that this program can do itself; `b` cannot run without `a`, which can be taken back.
pub fn runnable() -> Content {
    content(
        r#"{"kind": "plan", "title": "Do both", "target": {"environment": "staging"}, "steps": [
            {"id": "a", "action": "x.do", "run": ["/bin/a"], "undo": ["/bin/undo-a", "{{a.key}}"]},
            {"id": "b", "action": "x.do", "params": {"with": "{{a.key}}", "n": 1}, "run": ["/bin/b", "{{a.key}}"],
             "needs": [{"step": "a", "field": "key"}]}]}"#,
    )
}

/// The token every holder of a story has.
pub fn token() -> TokenDigest {
    TokenDigest::of("the token")
}

/// This program claims the execution.
pub fn run() -> Command {
    Command::Start { token: token(), runner: Runner::Gate }
}

/// The producer claims the execution.
pub fn next() -> Command {
    Command::Start { token: token(), runner: Runner::Producer }
}

fn reports(id: &str, said: Said) -> Command {
    Command::Report { token: token(), by: Runner::Producer, step: step(id), said: Box::new(said) }
}

fn over(how: How, result: Option<serde_json::Value>) -> Said {
    Said::Over { work: Work::Run, end: End::plain(how), result, output: None, reason: None }
}

pub fn begins(id: &str) -> Command {
    reports(id, Said::Began)
}

pub fn completes(id: &str, result: serde_json::Value) -> Command {
    reports(id, over(How::Completed, Some(result)))
}

pub fn fails(id: &str) -> Command {
    reports(id, over(How::Failed, None))
}

/// Its runner asks, and waits an hour.
pub fn asks(id: &str) -> Command {
    let options = vec![Text::from("yes"), Text::from("no")];
    reports(id, Said::Asks { question: Text::from("Go on?"), options, until: BEGIN.plus(HOUR) })
}
