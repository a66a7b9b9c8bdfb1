//! `explain R`: which rule holds, why it is so risky, who could sign, what the caller may do and why not.

use crate::app::App;
use crate::cli::output::Out;
use crate::cli::{Done, commands};
use crate::domain::command::Facts;
use crate::domain::content::Kind;
use crate::domain::due;
use crate::domain::judging;
use crate::domain::names::PrincipalName;
use crate::domain::principal::{Caller, PrincipalKind};
use crate::domain::quorum::Slot;
use crate::domain::refusal::exit;
use crate::domain::request::Request;
use crate::domain::rules;
use crate::domain::text::safe_line;
use crate::domain::transitions::Verb;
use crate::present::line::{Line, Tone};
use crate::present::{json, risk, words};
use serde_json::json;

/// The verbs that `explain` answers for.
const ASKED: [Verb; 8] = [
    Verb::Approve,
    Verb::Reject,
    Verb::RequestChanges,
    Verb::Answer,
    Verb::Withdraw,
    Verb::Claim,
    Verb::Cancel,
    Verb::Override,
];

/// `explain R`: as it would be judged if somebody touched it now, under the policy in force.
pub fn explain(app: &mut App, which: &str, out: &mut Out) -> Done {
    let stored = app.request(app.resolve(which)?)?;
    let caller = commands::caller(app);
    let facts = app.facts(&caller, &stored)?;
    let now = app.now();
    let settled =
        due::settle(&stored, now).iter().fold(stored.clone(), |request, entry| request.evolve(entry));
    let again = judging::reassessed(&settled, &facts, now);
    let request = again.iter().fold(settled, |request, entry| request.evolve(entry));
    let answers = answers(&request, &caller, &facts, now);
    if out.as_json {
        let verbs: Vec<_> = answers
            .iter()
            .map(
                |(verb, may)| json!({"verb": verb.word(), "may": may.is_ok(), "why_not": may.as_ref().err()}),
            )
            .collect();
        let assessment = request.assessment();
        let blast: Vec<String> = risk::blast(&request).iter().map(Line::to_string).collect();
        let could_fill: Option<Vec<_>> = facts.team.then(|| {
            request.open_slots().iter().map(|slot| rules::could_fill(slot, &request, &facts)).collect()
        });
        out.json(&json!({"v": json::VERSION, "id": request.id.to_string(), "rule": assessment.rule,
            "could_fill": could_fill,
            "policy": assessment.policy, "policy_trouble": facts.policy.trouble, "judged_anew": again.is_some(),
            "slots": assessment.slots, "open_slots": request.open_slots(), "you": caller.name, "verbs": verbs,
            "sensitive": assessment.sensitive, "risk": assessment.risk, "risk_factors": assessment.factors,
            "blast_radius": blast, "grant": assessment.grant, "violation": assessment.violation,
            "deadlines": risk::deadlines(&request)}));
        return Ok(exit::DONE);
    }
    let mut lines = vec![head(&request)];
    lines.extend(trouble(&facts));
    if again.is_some() {
        let (before, now) = (words::policy(stored.assessment().policy), words::policy(facts.policy.digest));
        let words =
            format!("it was judged by {before}; {now} is in force: so it will stand at its next touch");
        lines.push(Line::default().and(Tone::Warn, words));
    }
    lines.extend(words::violation(&request).map(|words| Line::default().and(Tone::Bad, words)));
    lines.extend(risk::risk(&request));
    lines.extend(who(&request, &caller, &facts, &answers));
    out.lines(&lines);
    Ok(exit::DONE)
}

/// A verb, and whether the caller may use it or why not.
type Answer = (Verb, Result<(), String>);

fn answers(
    request: &Request,
    caller: &Caller,
    facts: &Facts,
    now: crate::domain::moment::Moment,
) -> Vec<Answer> {
    // Answering is for questions and approving for everything else; the other one would only be noise.
    let other = if request.kind() == Kind::Question { Verb::Approve } else { Verb::Answer };
    let may = |verb| rules::may(verb, request, caller, facts, now).map_err(|refusal| refusal.to_string());
    ASKED.into_iter().filter(|verb| *verb != other).map(|verb| (verb, may(verb))).collect()
}

fn head(request: &Request) -> Line {
    let assessment = request.assessment();
    Line::plain(format_args!(
        "{}: {} risk{}",
        request.id,
        assessment.risk,
        if assessment.sensitive { ", sensitive: approving needs a reason" } else { "" }
    ))
}

/// What stands in front when the policy cannot be read.
fn trouble(facts: &Facts) -> Option<Line> {
    let why = facts.policy.trouble.as_ref()?;
    Some(Line::default().and(
        Tone::Bad,
        format_args!(
            "the policy in force cannot be read: {}; nothing is approved until one is adopted",
            safe_line(why)
        ),
    ))
}

/// The rule, its slots and deadlines, and what the caller may do.
fn who(request: &Request, caller: &Caller, facts: &Facts, answers: &[Answer]) -> Vec<Line> {
    let assessment = request.assessment();
    let mut out = vec![Line::plain(format_args!(
        "rule: {}, of {}",
        safe_line(&assessment.rule),
        words::policy(assessment.policy)
    ))];
    let mut open: Vec<&Slot> = request.open_slots();
    for slot in &assessment.slots {
        let place = open.iter().position(|o| *o == slot);
        let state = if place.map(|n| open.remove(n)).is_some() { "open" } else { "filled" };
        out.push(
            Line::plain(format_args!("{slot}: {state}; {}", who_could(slot, request, facts))).indented(2),
        );
    }
    out.push(Line::plain(risk::deadlines(request)).indented(2));
    if let Some(grant) = &assessment.grant {
        let steps: Vec<&str> = grant.steps.iter().map(|s| s.as_str()).collect();
        let signs = if grant.may_sign { "; and may sign for them" } else { "" };
        let words = format!("it approves low-risk steps by itself: {}{signs}", steps.join(", "));
        out.push(Line::plain(words).indented(2));
    }
    out.push(Line::plain(format_args!("you are {} ({})", caller.name, caller.assurance)));
    for (verb, may) in answers {
        let words = match may {
            Ok(()) => "yes".to_owned(),
            Err(why) => format!("no: {why}"),
        };
        out.push(Line::plain(format_args!("{:<16} {words}", verb.word())).indented(2));
    }
    out
}

/// Who could fill a slot: in a team by name, as the roster in force has them; in a solo store in general.
fn who_could(slot: &Slot, request: &Request, facts: &Facts) -> String {
    let whom = match slot.kind {
        PrincipalKind::System => return "the rule itself, and no person".to_owned(),
        _ if facts.team => return named(&rules::could_fill(slot, request, facts)),
        PrincipalKind::Human => "any person with `review`",
        PrincipalKind::Agent => "an agent with `cosign_agent`",
    };
    format!("{whom}, except {} and whoever controls it", request.requester.name)
}

/// A few names, and how many more there are.
fn named(names: &[PrincipalName]) -> String {
    const SAID: usize = 8;
    let said: Vec<&str> = names.iter().take(SAID).map(PrincipalName::as_str).collect();
    match names.len() {
        0 => "NOBODY who is enrolled could fill it".to_owned(),
        all if all > SAID => format!("{}, and {} more could", said.join(", "), all - SAID),
        _ => format!("{} could", said.join(", ")),
    }
}
