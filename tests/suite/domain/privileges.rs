//! The privilege matrix: who may use which verb on whose request, in which state and of which kind. The tables below are
//! written from the design a second time; the people come from a policy's text and through the roster, as callers do.

use super::build::*;
use super::table::command;
use countersign::domain::chain::{Rung, Whom};
use countersign::domain::command::{Command, Facts, Seen};
use countersign::domain::content::{Content, Kind};
use countersign::domain::decide;
use countersign::domain::event::{Fact, Owed};
use countersign::domain::evolve;
use countersign::domain::marks::Mark;
use countersign::domain::membership::member;
use countersign::domain::moment::Moment;
use countersign::domain::names::{PersonName, PrincipalName, RequestId};
use countersign::domain::policy::Policy;
use countersign::domain::principal::{Assurance, Caller, Face, PrincipalKind, Requester, Role, Standing};
use countersign::domain::refusal::Refusal;
use countersign::domain::request::{Execution, Request, State, StateName, Waiting};
use countersign::domain::rules;
use countersign::domain::transitions::Verb;
use countersign::exchange::policy::read;

/// What each role may do, from the design.
pub const ROLES: [(&str, &str); 8] = [
    ("viewer", "see"),
    ("producer", "submit"),
    ("agent", "submit cosign_agent"),
    ("reviewer", "see submit review escalate rollback"),
    ("lead", "see submit review escalate rollback assign override"),
    ("release", "see submit review escalate rollback rollout"),
    ("auditor", "see export"),
    ("admin", "see admin export"),
];

/// The verbs: from which states (R requested, C changes requested, E escalated, A approved, O overridden, j rejected,
/// x cancelled, e expired), by whom, and on which kinds.
const VERBS: &str = "
mark            | RE       | review    | plan deployment
approve         | RE       | review    | plan deployment promotion exception incident gate debt policy
withdraw        | RCE      | author    | *
reject          | RCE      | review    | *
request-changes | RE       | review    | plan deployment promotion exception incident gate question
resubmit        | C        | requester | plan deployment promotion exception incident gate question
revise          | RE       | requester | plan deployment promotion exception incident gate question
claim           | RCE      | look      | *
release         | RCE      | holder    | *
comment         | RCEAOjxe | anyone    | *
answer          | RE       | answer    | question
cancel          | RCE      | requester | plan deployment promotion exception incident gate question policy
override        | RCE      | override  | plan deployment exception incident gate
snooze          | RCE      | anyone    | *
modify          | RE       | editor    | plan deployment
attach          | RCEAOjxe | anyone    | *
run             | AO       | runner    | plan deployment
next            | AO       | requester | plan deployment
report          | AO       | requester | plan deployment
stop            | AO       | runner    | plan deployment
confirm         | AO       | review    | plan deployment
retry           | AO       | runner    | plan deployment
skip            | AO       | runner    | plan deployment
continue        | AO       | runner    | plan deployment
roll-back       | AO       | runner    | plan deployment
escalate        | RE       | escalate  | *
reassign        | RCE      | assign    | *
";

/// Verbs that are recorded at once where they are allowed: nothing but who asks, and of what, decides on them.
const AT_ONCE: [&str; 12] = [
    "mark",
    "approve",
    "reject",
    "request-changes",
    "claim",
    "comment",
    "answer",
    "cancel",
    "override",
    "snooze",
    "modify",
    "escalate",
];

/// One principal of each role, people and programs; `other` asks and `judge` decides for the others.
pub const TEAM: &str = r#"
[[rule]]
name = "keys"
kind = ["plan", "deployment", "promotion", "exception", "incident", "gate"]
slots = [{kind = "human"}, {kind = "agent", any_of = ["bot-agent", "bot-producer", "bot-viewer", "bot-judge"]}]
override = { assurance = "session" }

[[principal]]
name = "viewer"
kind = "human"
roles = ["viewer"]
[[principal]]
name = "producer"
kind = "human"
roles = ["producer"]
[[principal]]
name = "reviewer"
kind = "human"
roles = ["reviewer"]
[[principal]]
name = "lead"
kind = "human"
roles = ["lead"]
[[principal]]
name = "release"
kind = "human"
roles = ["release"]
[[principal]]
name = "auditor"
kind = "human"
roles = ["auditor"]
[[principal]]
name = "admin"
kind = "human"
roles = ["admin"]
[[principal]]
name = "admin2"
kind = "human"
roles = ["admin"]
[[principal]]
name = "nothing"
kind = "human"
roles = []
[[principal]]
name = "owner"
kind = "human"
roles = ["producer"]
[[principal]]
name = "bot-agent"
kind = "agent"
owner = "owner"
roles = ["agent"]
[[principal]]
name = "bot-producer"
kind = "agent"
owner = "owner"
roles = ["producer"]
[[principal]]
name = "bot-viewer"
kind = "agent"
owner = "owner"
roles = ["viewer"]
[[principal]]
name = "other"
kind = "human"
roles = ["lead"]
[[principal]]
name = "judge"
kind = "human"
roles = ["lead", "release"]
[[principal]]
name = "judge2"
kind = "human"
roles = ["producer"]
[[principal]]
name = "bot-judge"
kind = "agent"
owner = "judge2"
roles = ["agent"]
"#;

/// Who is asked about: the name in the roster, and the role it holds there.
pub const PEOPLE: [(&str, &str); 11] = [
    ("viewer", "viewer"),
    ("producer", "producer"),
    ("reviewer", "reviewer"),
    ("lead", "lead"),
    ("release", "release"),
    ("auditor", "auditor"),
    ("admin", "admin"),
    ("nothing", ""),
    ("bot-agent", "agent"),
    ("bot-producer", "producer"),
    ("bot-viewer", "viewer"),
];

/// How somebody stands to who asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// Somebody else did.
    Other,
    /// They did themselves.
    Itself,
    /// Their agent did, or the person who owns them.
    Theirs,
}

const ASKED: [Asked; 3] = [Asked::Other, Asked::Itself, Asked::Theirs];

const KINDS: [Kind; 9] = [
    Kind::Plan,
    Kind::Deployment,
    Kind::Promotion,
    Kind::Exception,
    Kind::Incident,
    Kind::Gate,
    Kind::Question,
    Kind::Debt,
    Kind::Policy,
];

fn letter(state: StateName) -> char {
    match state {
        StateName::Requested => 'R',
        StateName::ChangesRequested => 'C',
        StateName::Escalated => 'E',
        StateName::Approved => 'A',
        StateName::Overridden => 'O',
        StateName::Rejected => 'j',
        StateName::Cancelled => 'x',
        StateName::Expired => 'e',
    }
}

/// What the tables say: `ok`, or the word of why not. `role` is of the roster; the operator's is `operator`.
pub fn expected(
    verb: &str,
    state: StateName,
    kind: &str,
    role: &str,
    is_agent: bool,
    asked: Asked,
) -> &'static str {
    let line = VERBS.lines().find(|line| line.split('|').next().unwrap().trim() == verb).unwrap();
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let (from, who, kinds) = (cells[1], cells[2], cells[3]);
    if !from.contains(letter(state)) {
        return if "AOjxe".contains(letter(state)) { "closed" } else { "now" };
    }
    if kinds != "*" && !kinds.split(' ').any(|one| one == kind) {
        return "now";
    }
    let holds = |permission: &str| {
        let of = ROLES.iter().find(|(name, _)| *name == role).map_or("", |(_, permissions)| *permissions);
        let of = if role == "operator" { "see export operator" } else { of };
        of.split(' ').any(|one| one == permission)
    };
    // A debt is asked by nobody; who owes it is told after what they may.
    let own = asked != Asked::Other && kind != "debt";
    // A person acts for their agent, and no agent for its owner.
    let acts = own && (asked == Asked::Itself || !is_agent);
    let reviews = match (verb, kind) {
        ("approve", _) if is_agent => "cosign_agent",
        ("approve", "promotion") => "rollout",
        // Who decides on a policy, in whatever way, is an admin.
        (_, "policy") => "admin",
        _ => "review",
    };
    let needs = |permission: &str| if holds(permission) { "ok" } else { "permission" };
    let by_person = match who {
        "review" if own => "own",
        "answer" if own && (asked != Asked::Theirs || is_agent) => "own",
        "review" | "answer" => needs(reviews),
        "look" | "holder" => needs(reviews),
        "override" if own => "own",
        "override" if is_agent || role == "operator" => "permission",
        "override" => needs("override"),
        "editor" | "runner" if acts => "ok",
        "editor" => needs(reviews),
        "runner" => needs("operator"),
        "requester" if !acts => "requester",
        "escalate" => needs("escalate"),
        "assign" => needs("assign"),
        _ => "ok",
    };
    match by_person {
        "ok" if matches!(verb, "approve" | "reject") && kind == "debt" && asked != Asked::Other => "owed",
        // What a person went ahead with, a person looks at; and a policy has no slot of an agent's.
        "ok" if verb == "approve" && is_agent && kind == "debt" => "permission",
        "ok" if verb == "approve" && is_agent && kind == "policy" => "slot",
        // Nobody gave anything that could be taken back, nor is on it.
        "ok" if matches!(who, "author" | "holder") => "nothing",
        word => word,
    }
}

fn class(refusal: &Refusal, verb: Verb) -> &'static str {
    match refusal {
        Refusal::NotNow { .. } if matches!(verb, Verb::Withdraw | Verb::Release) => "nothing",
        Refusal::Closed { .. } => "closed",
        Refusal::NotNow { .. } => "now",
        Refusal::OwnRequest { .. } => "own",
        Refusal::OwnDebt { .. } => "owed",
        Refusal::NotRequester { .. } => "requester",
        Refusal::NotPermitted { .. } => "permission",
        Refusal::NoSlot { .. } => "slot",
        _ => "something else",
    }
}

fn policy() -> Policy {
    read(TEAM).unwrap()
}

/// Who comes in under this name through SSH, as the roster knows them.
fn through_ssh(name: &str, policy: &Policy) -> (Caller, Facts) {
    let operator = name == "operator";
    let bare = Caller {
        name: PrincipalName::new(name).unwrap(),
        kind: PrincipalKind::Human,
        person: None,
        assurance: if operator { Assurance::Asserted } else { Assurance::Session },
        face: Face::Session,
        key: None,
        address: None,
    };
    let member = member(policy, &bare, BEGIN).unwrap();
    let facts = Facts { policy: policy.clone(), standing: member.standing, team: true, ..facts() };
    (member.caller, facts)
}

fn content_of(kind: Kind) -> Content {
    let base = match kind {
        Kind::Plan | Kind::Deployment => plan(),
        Kind::Question => question(),
        _ => gate(),
    };
    Content { kind, ..base }
}

fn asker(asked: Asked, caller: &Caller) -> Option<Requester> {
    let of = |name: &str, kind: PrincipalKind, person: &str| Requester {
        name: PrincipalName::new(name).unwrap(),
        kind,
        person: Some(PersonName::new(person).unwrap()),
    };
    Some(match (asked, caller.kind) {
        (Asked::Other, _) => of("other", PrincipalKind::Human, "other"),
        (Asked::Itself, kind) => Requester { name: caller.name.clone(), kind, person: caller.person.clone() },
        (Asked::Theirs, PrincipalKind::Human) => {
            of("a-bot", PrincipalKind::Agent, caller.person.as_ref()?.as_str())
        }
        (Asked::Theirs, PrincipalKind::Agent) => {
            of(caller.person.as_ref()?.as_str(), PrincipalKind::Human, caller.person.as_ref()?.as_str())
        }
        (Asked::Theirs, PrincipalKind::System) => return None,
    })
}

/// A request as it is after it was asked: of this kind, by this one, under the policy.
fn begun(kind: Kind, by: &Requester, policy: &Policy) -> Request {
    let facts = Facts { policy: policy.clone(), standing: Standing::everything(), team: true, ..facts() };
    let (content, system) = (content_of(kind), Caller::system());
    let requester = match kind {
        Kind::Debt => Requester { name: system.name.clone(), kind: system.kind, person: None },
        _ => by.clone(),
    };
    let mut entry = decide::submit(content, requester, None, &system, &facts, BEGIN).unwrap();
    if let Fact::Submitted { revision, owes, .. } = &mut entry.fact {
        let rung = || Rung { to: Whom::Role(Role::Admin), after: None };
        let mut assessment = (*revision.assessment).clone();
        assessment.chain = vec![rung(), rung(), rung()];
        revision.assessment = countersign::domain::shared::Shared::new(assessment);
        if kind == Kind::Debt {
            let (by, person) = (by.name.clone(), by.person.clone());
            *owes = Some(Box::new(Owed { request: RequestId::new(3), by, person, self_reviewed: false }));
        }
    }
    evolve::begin(RequestId::new(17), &entry).unwrap()
}

/// Each state, as a plan of somebody else came to it by real commands.
fn states() -> Vec<(StateName, State)> {
    let asked = || Story::asked(&human("other"), plan());
    let (judge, by) = (human("judge"), human("other"));
    let overridden = asked();
    let goes = go_ahead(&overridden.request);
    let told = [
        asked(),
        asked().then(&judge, request_changes("shorter")),
        asked().then(&judge, approve()),
        asked().then(&judge, reject("no")),
        overridden.then(&judge, goes),
        asked().then(&by, cancel("not needed")),
        asked().after(HOUR).after(countersign::domain::moment::Span::from_hours(72)).settled(),
    ];
    let mut all: Vec<(StateName, State)> =
        told.into_iter().map(|s| (s.request.state_name(), s.request.state)).collect();
    let escalated = State::Waiting(Waiting::Escalated(countersign::domain::request::Level(1)));
    all.push((StateName::Escalated, escalated));
    all.sort_by_key(|(name, _)| StateName::ALL.iter().position(|one| one == name));
    assert!(all.iter().map(|(name, _)| *name).eq(StateName::ALL));
    all
}

/// The command that is this verb, on what is there.
fn said(verb: Verb, story: &Story) -> Command {
    match verb {
        Verb::Revise | Verb::Resubmit => {
            let content = (**story.request.content.as_ref().unwrap()).clone();
            revise(Content { title: "Another".into(), ..content })
        }
        Verb::Mark => Command::Mark {
            steps: vec![step("b")],
            mark: Mark::Skipped,
            reason: because("as we agreed"),
            seen: drawn(&story.request),
        },
        verb => command(verb, story).unwrap(),
    }
}

fn cell(verb: Verb, story: &Story, (caller, facts): &(Caller, Facts), wants: &str, at: &dyn Fn() -> String) {
    let asked = rules::may(verb, &story.request, caller, facts, story.now);
    let got = asked.as_ref().err().map_or("ok", |refusal| class(refusal, verb));
    assert_eq!(got, wants, "asked first: {}: {asked:?}", at());
    // These two are one command, and the state says which it is.
    let other = match verb {
        Verb::Resubmit => story.request.state_name() != StateName::ChangesRequested,
        Verb::Revise => story.request.state_name() == StateName::ChangesRequested,
        _ => false,
    };
    if other {
        return;
    }
    match (wants, story.request.decide(&said(verb, story), caller, facts, story.now)) {
        ("ok", Ok(entries)) => assert!(!entries.is_empty(), "nothing was recorded: {}", at()),
        ("ok", Err(refusal)) => {
            assert!(!AT_ONCE.contains(&verb.word()), "{}: {refusal}", at());
            let of_privilege = ["own", "owed", "permission", "requester", "slot", "closed"];
            assert!(!of_privilege.contains(&class(&refusal, verb)), "{}: {refusal}", at());
        }
        (_, Err(refusal)) => assert_eq!(class(&refusal, verb), wants, "decided: {}: {refusal}", at()),
        (_, Ok(entries)) => panic!("{} was recorded: {entries:?}", at()),
    }
}

#[test]
fn everybody_may_what_the_tables_say_and_nothing_else() {
    let policy = policy();
    let states = states();
    let verbs: Vec<Verb> = countersign::domain::transitions::TABLE
        .iter()
        .map(|row| row.verb)
        .filter(|verb| !matches!(verb, Verb::Expire | Verb::Lapse))
        .collect();
    assert_eq!(verbs.len(), VERBS.trim().lines().count(), "a verb without a line");
    let mut cells = 0;
    for (name, role) in PEOPLE.into_iter().chain([("operator", "operator")]) {
        let who = through_ssh(name, &policy);
        let is_agent = who.0.kind == PrincipalKind::Agent;
        for (kind, asked) in KINDS.into_iter().flat_map(|kind| ASKED.map(|asked| (kind, asked))) {
            let Some(by) = asker(asked, &who.0) else { continue };
            let first = begun(kind, &by, &policy);
            for (state_name, state) in &states {
                let mut request = first.clone();
                request.state = state.clone();
                if kind.is_executed() && matches!(state_name, StateName::Approved | StateName::Overridden) {
                    request.execution = Some(Execution::NotStarted);
                }
                let story = Story { request, log: Vec::new(), now: BEGIN, slots: Vec::new() };
                for verb in &verbs {
                    let wants = expected(verb.word(), *state_name, kind.word(), role, is_agent, asked);
                    let at = || {
                        format!(
                            "{name} {} a {} while {}, asked by {asked:?}",
                            verb.word(),
                            kind,
                            state_name.word()
                        )
                    };
                    cell(*verb, &story, &who, wants, &at);
                    cells += 1;
                }
            }
        }
    }
    assert!(cells > 60_000, "{cells} cells were walked");
}

#[test]
fn whoever_is_not_in_the_roster_is_nobody() {
    for (name, assurance) in [("mallory", Assurance::Session), ("lead", Assurance::Asserted)] {
        let caller = Caller { assurance, ..human(name) };
        assert!(member(&policy(), &caller, Moment::from_millis(0)).is_err(), "{name}");
    }
}

#[test]
fn a_person_and_the_agents_they_own_never_fill_two_slots_of_one_request() {
    let text = TEAM.replace("any_of = [\"bot-agent\"", "any_of = [\"bot-of-lead\", \"bot-agent\"")
        + "[[principal]]\nname = \"bot-of-lead\"\nkind = \"agent\"\nowner = \"lead\"\nroles = [\"agent\"]\n";
    let policy = read(&text).unwrap();
    let by =
        Requester { name: human("other").name, kind: PrincipalKind::Human, person: human("other").person };
    // Sensitive or not, whoever signs first, and also where an agent's slots are two.
    for kind in [Kind::Gate, Kind::Exception, Kind::Plan] {
        for (first, second, another) in
            [("lead", "bot-of-lead", "bot-agent"), ("bot-of-lead", "lead", "reviewer")]
        {
            let request = begun(kind, &by, &policy);
            let signs = |request: &Request, name: &str| {
                let (caller, facts) = through_ssh(name, &policy);
                let seen: Seen = drawn(request);
                let command = Command::Approve { reason: because("looked at it"), seen };
                request.decide(&command, &caller, &facts, BEGIN)
            };
            let half = signs(&request, first).unwrap().iter().fold(request, Request::evolve);
            assert!(half.is_open());
            let refusal = signs(&half, second).unwrap_err();
            assert!(refusal.to_string().contains("one pair of eyes"), "{kind}: {refusal}");
            let whole = signs(&half, another).unwrap().iter().fold(half, Request::evolve);
            assert_eq!(whole.state_name(), StateName::Approved, "{kind}: {another} is somebody else");
        }
    }
}
