//! What a dialog says before somebody decides: on what, and what comes of it, in words.

use crate::domain::command::Facts;
use crate::domain::content::Kind;
use crate::domain::moment::Moment;
use crate::domain::overriding::{Class, LEAST_REASON, phrase};
use crate::domain::preview::preview;
use crate::domain::principal::Caller;
use crate::domain::request::Request;
use crate::domain::risk::Risk;
use crate::domain::rollout::Promotes;
use crate::domain::rules::{self, Withdrawable};
use crate::present::detail::quoted;
use crate::present::line::{Line, Tone};
use crate::present::running::{would_be_taken_back, would_run};
use crate::present::{handing, overriding, time, words};
use crate::tui::action::Ask;
use crate::tui::field::{Field, FieldName};
use crate::tui::stepwise::{self, On};

/// How many lines of a comment stand above its answer.
const QUOTED: usize = 6;
/// How many step names are spelled out.
const NAMED: usize = 12;

/// Everything above the fields: the first line says on what, the others what comes of it.
pub fn about(
    ask: Ask,
    on: &On,
    request: &Request,
    caller: &Caller,
    facts: Option<&Facts>,
    now: Moment,
) -> Vec<Line> {
    let mut out = vec![on_what(request)];
    match ask {
        Ask::Override => {
            out.extend(facts.map(|facts| overriding::would(request, caller, facts, now)).unwrap_or_default())
        }
        Ask::Approve | Ask::Reject if request.kind() == Kind::Debt => {
            out.extend(overriding::closing(request, ask == Ask::Approve));
            out.extend(overriding::own_review(request, caller));
        }
        Ask::Approve => {
            let mine = rules::overtaken(request, &caller.name, caller.person.as_ref());
            out.extend(mine.map(|mine| {
                let words = format!(
                    "It re-affirms sign-off {}, yours on revision {}, which no longer counts.",
                    mine.number.0, mine.bound.revision
                );
                Line::default().and(Tone::Strong, words)
            }));
            out.extend(approving(request));
        }
        Ask::Sign => out.extend(approving(request)),
        Ask::Reject if request.promotes.is_some() => out.extend(request.promotes.iter().map(|promotes| {
            let Promotes { deployment, from, .. } = promotes;
            Line::plain(format_args!(
                "{deployment} stays at {from}, frozen, until somebody resumes it or rolls it back."
            ))
        })),
        Ask::Reject => out.push(Line::plain(
            "Nothing of it will run. It is closed for good; whoever asked can only ask anew.",
        )),
        Ask::RequestChanges => {
            let within = match facts {
                Some(facts) => format!(" within {}", time::span(facts.policy.producer_time)),
                None => String::new(),
            };
            out.push(Line::plain(format_args!(
                "It goes back to {}, who must answer{within} or it expires. Nothing runs meanwhile.",
                request.requester.name
            )));
        }
        Ask::Withdraw => out.push(withdrawing(request, caller)),
        Ask::Answer => out.extend(answering(request)),
        Ask::Comment => {
            match on.comment.and_then(|number| request.comment(number)) {
                Some(comment) => {
                    out.push(Line::plain(format_args!(
                        "In answer to {}, comment {}:",
                        comment.by, comment.number.0
                    )));
                    out.extend(quoted(comment.text.as_ref(), 0).into_iter().take(QUOTED));
                }
                None => out.extend(stepwise::about(ask, on, request)),
            }
            out.push(Line::plain("Everybody who can see the request can read it. It decides nothing."));
        }
        Ask::EditComment => {
            out.push(Line::plain("What it said stays in the log, where everybody can read it too."));
        }
        Ask::Stop => out.push(Line::plain(
            "What is under way is ended, and nothing of it begins again. What was done stays done.",
        )),
        Ask::Escalate => out.push(match request.next_rung() {
            Some(rung) => Line::plain(format_args!(
                "It is raised to level {}: {} has it then. Its deadlines run on.",
                request.level() + 1,
                rung.to
            )),
            None => Line::default().and(Tone::Bad, rules::at_the_top(request)),
        }),
        Ask::Reassign => out.extend(handing::about(request, facts)),
        Ask::Continue => {
            out.push(Line::plain("What ended badly is gone on past; what needs it does what its needs say."))
        }
        Ask::Run => out.extend(would_run(request)),
        Ask::RollBack => out.extend(would_be_taken_back(request)),
        _ => out.extend(stepwise::about(ask, on, request)),
    }
    if let Some(claim) = request.live_claim(now).filter(|claim| claim.by != caller.name) {
        out.push(
            Line::default().and(
                Tone::Warn,
                format_args!("{} is on it until {}.", claim.by, claim.until.hour_and_minute()),
            ),
        );
    }
    if Ask::KEPT.contains(&ask) && !ask.talks() {
        out.push(words::if_nobody_acts(request, now));
    }
    out
}

fn on_what(request: &Request) -> Line {
    let assessment = request.assessment();
    let mut line = Line::plain(format_args!("{}, revision {}, ", request.kind(), request.revision.number))
        .and(Tone::Plain, "digest ")
        .and(Tone::Strong, request.decision_digest().short())
        .and(Tone::Plain, ", ")
        .and(words::risk(assessment.risk), format_args!("{} risk", assessment.risk));
    if assessment.sensitive {
        line = line.and(Tone::Warn, ", sensitive");
    }
    if let Some(environment) = &request.target().environment {
        let tone = if request.target().is_production() { Tone::Warn } else { Tone::Plain };
        line = line.and(tone, format_args!(", {environment}"));
    }
    line
}

fn approving(request: &Request) -> Vec<Line> {
    let mut out = Vec::new();
    if let Some(content) = request.content.as_ref().filter(|_| request.has_steps()) {
        let outcomes = preview(content, &request.marks);
        let runs: Vec<&str> =
            outcomes.iter().filter(|(_, o)| o.may_run()).map(|(id, _)| id.as_str()).collect();
        let mut names = runs.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        if runs.len() > NAMED {
            names.push_str(&format!(" and {} more", runs.len() - NAMED));
        }
        out.push(
            Line::default()
                .and(Tone::Strong, format_args!("{} of {} steps would run", runs.len(), outcomes.len()))
                .and(Tone::Plain, if names.is_empty() { ".".to_owned() } else { format!(": {names}") }),
        );
    } else if let Some(Promotes { deployment, from, to, attempt, .. }) = &request.promotes {
        out.push(
            Line::default().and(Tone::Strong, format_args!("{deployment} goes from {from} to {to}")).and(
                Tone::Plain,
                format_args!(", attempt {attempt}. The gate must still pass; a halt comes first, always."),
            ),
        );
        if request.open_slots().len() <= 1 {
            out.push(Line::plain("It is the last sign-off needed: the driver begins at once."));
            return out;
        }
    } else if !request.has_steps() {
        out.push(Line::plain("It has no steps: what is approved is what it says."));
    }
    if let Err(refusal) = rules::may_sign(request, &request.marks.with_undecided_approved()) {
        out.push(Line::default().and(Tone::Bad, refusal));
        return out;
    }
    out.push(match request.open_slots().len() {
        0 | 1 if request.kind().is_executed() => Line::plain(format_args!(
            "It is the last sign-off needed: it may start at once, and must within {}.",
            time::span(request.assessment().live_for)
        )),
        0 | 1 => Line::plain("It is the last sign-off needed: it is approved at once."),
        2 => Line::plain("One more sign-off is needed after yours."),
        n => Line::plain(format_args!("{} more sign-offs are needed after yours.", n - 1)),
    });
    out
}

fn withdrawing(request: &Request, caller: &Caller) -> Line {
    match rules::withdrawable(request, caller) {
        Ok(Withdrawable::SignOff(signoff)) => Line::plain(format_args!(
            "Your sign-off on revision {} of {} no longer counts.",
            signoff.bound.revision,
            signoff.at.date_and_time()
        )),
        Ok(Withdrawable::Changes) => {
            Line::plain("You no longer ask for changes: it waits for reviewers again.")
        }
        Err(refusal) => Line::default().and(Tone::Bad, refusal),
    }
}

fn answering(request: &Request) -> Vec<Line> {
    let mut out = vec![Line::plain(format_args!(
        "The answer goes to {}, who asked, and closes the question:",
        request.requester.name
    ))];
    out.extend(quoted(request.content.as_ref().map(|c| &c.title), 0));
    let options = request.content.as_ref().map(|c| c.options.as_slice()).unwrap_or_default();
    for (n, option) in options.iter().enumerate() {
        out.push(Line::default().and(Tone::Strong, format_args!("{}", n + 1)).indented(2));
        out.extend(quoted(Some(option), 4));
    }
    out
}

/// The fields of a dialog.
pub fn fields(ask: Ask, request: &Request) -> Vec<Field> {
    let required = rules::reason_given(ask.verb(), request, None).is_err();
    let reason = || {
        let label = if required { "Reason (required)" } else { "Reason (welcome)" };
        Field::new(FieldName::Reason, label, required)
    };
    match ask {
        Ask::Withdraw => Vec::new(),
        Ask::Comment => vec![Field::new(FieldName::Reason, "Comment", true)],
        Ask::RequestChanges => {
            vec![Field::new(FieldName::Reason, "What to change, and why (required)", true)]
        }
        Ask::Answer => {
            let count = request.content.as_ref().map_or(0, |c| c.options.len());
            let label = match count {
                0 => "Answer".to_owned(),
                n => format!("Answer: a number from 1 to {n}, or words"),
            };
            vec![Field::new(FieldName::Answer, label, true), reason()]
        }
        Ask::Reassign => vec![Field::new(FieldName::To, "To whom (a name)", true), reason()],
        Ask::Sign => vec![reason(), crate::tui::signing::field()],
        Ask::Override => {
            let classes: Vec<&str> = Class::ALL.iter().map(|class| class.word()).collect();
            vec![
                Field::new(FieldName::Class, format!("Class: {}", classes.join(", ")), true),
                Field::new(FieldName::Reference, "Reference, such as INC-42", true),
                Field::new(
                    FieldName::Reason,
                    format!("Reason: at least {LEAST_REASON} visible characters, not one you gave before"),
                    true,
                ),
                Field::new(FieldName::Code, format!("Type {} to do it", phrase(request.id)), true),
            ]
        }
        Ask::Approve if needs_code(request) => {
            let code = format!("Type {} to approve it", request.id);
            vec![reason(), Field::new(FieldName::Code, code, true)]
        }
        _ => vec![reason()],
    }
}

/// Whether approving asks for the short code.
pub fn needs_code(request: &Request) -> bool {
    let assessment = request.assessment();
    assessment.sensitive && assessment.risk >= Risk::High
}
