//! The commands that can be typed behind `:`. They have the names of the command line's verbs, are about the selected
//! request, and go through the same actions and dialogs as the keys.

use crate::app::Queue;
use crate::domain::text::safe_line;
use crate::domain::transitions::Verb;
use crate::present::line::Tone;
use crate::tui::act::act;
use crate::tui::action::{Action, Ask, Effect, Page};
use crate::tui::model::Model;
use crate::tui::{filtering, snoozing, views};

/// What a command does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    /// What a key does.
    Act(Action),
    /// Say that one is on it, or no longer is; the key does whichever holds.
    Claim(Verb),
    /// Put the rest of the line on as a filter.
    Filter,
    /// Put the named filter of the settings on all that is open.
    View,
    /// Put it off as the rest of the line says, or ask for how long.
    Snooze,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// What is typed.
    pub name: &'static str,
    /// What it does.
    pub does: Does,
    /// The same in words.
    pub words: &'static str,
}

const fn acts(name: &'static str, action: Action, words: &'static str) -> Command {
    Command { name, does: Does::Act(action), words }
}

/// Every command, in the order in which they are completed.
#[rustfmt::skip]
pub const COMMANDS: &[Command] = &[
    acts("approve", Action::Ask(Ask::Approve), "approve it (a question: answer it)"),
    acts("cosign", Action::Ask(Ask::Sign), "sign it off with your key: shows the statement, takes the signature"),
    acts("answer", Action::Ask(Ask::Answer), "answer the question"),
    acts("reject", Action::Ask(Ask::Reject), "reject it; needs a reason"),
    acts("request-changes", Action::Ask(Ask::RequestChanges), "request changes; needs a reason"),
    acts("withdraw", Action::Ask(Ask::Withdraw), "take back your own sign-off or request for changes"),
    acts("escalate", Action::Ask(Ask::Escalate), "raise it to the next level of its chain; needs a reason"),
    acts("reassign", Action::Ask(Ask::Reassign), "hand it to somebody who could decide on it; its clock runs on"),
    acts("override", Action::Ask(Ask::Override), "go ahead without the sign-offs it needs; you owe a review for it"),
    acts("run", Action::Ask(Ask::Run), "let it run: what was approved, on this host"),
    acts("roll-back", Action::Ask(Ask::RollBack), "take back what was done, last first"),
    acts("stop", Action::Ask(Ask::Stop), "stop the plan that runs"),
    acts("comment", Action::Ask(Ask::Comment), "comment on it"),
    Command { name: "claim", does: Does::Claim(Verb::Claim), words: "say that you are on it" },
    Command { name: "release", does: Does::Claim(Verb::Release), words: "say that you no longer are on it" },
    Command { name: "snooze", does: Does::Snooze, words: "put it off for yourself, as in: snooze 2h, snooze tomorrow, snooze off" },
    acts("show", Action::Open, "go into the request"),
    Command { name: "filter", does: Does::Filter, words: "filter the list, as in: filter deploy risk:high" },
    Command { name: "view", does: Does::View, words: "put on a filter that has a name in the settings, as in: view late" },
    acts("since", Action::Look(Page::Since), "what happened since you were last here"),
    acts("handoff", Action::Look(Page::Handoff), "what you leave open, on one screen"),
    acts("stats", Action::Look(Page::Stats), "how deciding goes, of the last 30 days"),
    acts("sort", Action::Sort, "another order: to read in, newest first, due first"),
    acts("hide-seen", Action::HideSeen, "hide what you have opened; again: show it"),
    acts("copy", Action::CopyField, "pick one field and send its value to the terminal's clipboard"),
    acts("alike", Action::Alike, "gather what looks alike, to decide on it together"),
    acts("clear", Action::Clear, "let go of marks and filter"),
    acts("waiting", Action::Show(Queue::Waiting), "what waits for you"),
    acts("mine", Action::Mine, "what is given to you, by name or by a role of yours"),
    acts("unclaimed", Action::Show(Queue::Unclaimed), "what waits and nobody is on"),
    acts("escalated", Action::Show(Queue::Escalated), "what is escalated"),
    acts("promotions", Action::Show(Queue::Promotions), "open promotions"),
    acts("debts", Action::Show(Queue::Debts), "reviews that are owed"),
    acts("questions", Action::Show(Queue::Questions), "open questions"),
    acts("open", Action::Show(Queue::Open), "all that is open"),
    acts("decided", Action::Show(Queue::Decided), "what is decided, newest first"),
    acts("reload", Action::Reload, "read everything again"),
    acts("help", Action::Help, "what works here"),
    acts("keys", Action::Help, "what works here"),
    acts("quit", Action::Quit, "quit"),
    acts("q", Action::Quit, "quit"),
];

/// Verbs of the command line that are not for somebody who reviews on the screen, or not about one request.
pub const ELSEWHERE: &[&str] = &[
    "attach",
    "rollout",
    "redact",
    "prune",
    "evidence",
    "thread",
    "admin",
    "challenge",
    "roster",
    "session",
    "team",
    "verify",
    "next",
    "report",
    "confirm",
    "retry",
    "continue",
    "audit",
    "backup",
    "cancel",
    "check",
    "completions",
    "demo",
    "doctor",
    "explain",
    "import",
    "list",
    "log",
    "man",
    "modify",
    "preview",
    "pulse",
    "rebuild",
    "policy",
    "resubmit",
    "skip",
    "submit",
    "notify",
    "wait",
    "watch",
];

fn beginning_with(stem: &str) -> impl Iterator<Item = &'static Command> {
    COMMANDS.iter().filter(move |command| command.name.starts_with(stem))
}

/// What stands beside what is typed: the one command it can be, or all of them.
pub fn hint(model: &Model, text: &str) -> String {
    let stem = text.split(' ').next().unwrap_or_default();
    if stem.is_empty() {
        return "tab completes; it is about the selected request".to_owned();
    }
    let all: Vec<&Command> = beginning_with(stem).collect();
    let one =
        all.iter().find(|command| command.name == stem).or(if all.len() == 1 { all.first() } else { None });
    match one {
        Some(one) if one.does == Does::View && !model.views.is_empty() => {
            let names: Vec<&str> = model.views.iter().map(|(name, _)| name.as_str()).collect();
            format!("view: {}", names.join("  "))
        }
        Some(one) if one.name == stem => one.words.to_owned(),
        Some(one) => format!("{}: {}", one.name, one.words),
        None if all.is_empty() => "there is no such command".to_owned(),
        None => all.iter().map(|command| command.name).collect::<Vec<_>>().join("  "),
    }
}

/// Everything that completes `stem`: commands, and the views by their names.
fn completions(model: &Model, stem: &str) -> Vec<String> {
    let views = model.views.iter().map(|(name, _)| format!("view {name}"));
    let commands = beginning_with(stem).map(|command| command.name.to_owned());
    commands.chain(views.filter(|view| view.starts_with(stem) && !stem.is_empty())).collect()
}

/// Takes the next completion of what was typed, or the one before; they go round.
pub fn complete(model: &mut Model, forward: bool) {
    let stem = model.prompt.as_ref().map(|prompt| prompt.stem.clone()).unwrap_or_default();
    let all = completions(model, &stem);
    let Some(prompt) = model.prompt.as_mut().filter(|_| !all.is_empty()) else { return };
    let next = match (prompt.taken, forward) {
        (None, true) => 0,
        (None, false) => all.len() - 1,
        (Some(n), true) => (n + 1) % all.len(),
        (Some(n), false) => (n + all.len() - 1) % all.len(),
    };
    prompt.problem = None;
    prompt.put(&all[next]);
    prompt.taken = Some(next);
}

/// Enter: does it, or says why not and leaves the line as it is.
pub fn run(model: &mut Model) -> Vec<Effect> {
    let Some(prompt) = &model.prompt else { return Vec::new() };
    let text = prompt.text.trim().to_owned();
    if text.is_empty() {
        model.prompt = None;
        return Vec::new();
    }
    match understood(model, &text) {
        Ok(effects) => effects,
        Err(problem) => {
            if let Some(prompt) = &mut model.prompt {
                prompt.problem = Some(problem);
            }
            Vec::new()
        }
    }
}

fn understood(model: &mut Model, text: &str) -> Result<Vec<Effect>, String> {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    let exact = COMMANDS.iter().find(|command| command.name == name);
    let command = match (exact, &beginning_with(name).collect::<Vec<_>>()[..]) {
        (Some(exact), _) => exact,
        (None, [one]) => *one,
        (None, []) if ELSEWHERE.contains(&name) => {
            return Err(format!("not here: run `countersign {name}` in a shell"));
        }
        (None, []) => return Err(format!("there is no command {}; tab completes", safe_line(name))),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|command| command.name).collect();
            return Err(format!("which: {}?", names.join(", ")));
        }
    };
    if !matches!(command.does, Does::Filter | Does::View | Does::Snooze) && !rest.trim().is_empty() {
        return Err(format!("{} takes nothing more: it is about the selected request", command.name));
    }
    match command.does {
        Does::Filter => {
            let effects = filtering::put(model, rest)?;
            model.prompt = None;
            model.in_detail = false;
            Ok(effects)
        }
        Does::View => {
            let view = match model.views.iter().position(|(name, _)| name == rest.trim()) {
                Some(view) => view,
                None if model.views.is_empty() => return Err("no view has a name in the settings".to_owned()),
                None => {
                    let names: Vec<&str> = model.views.iter().map(|(name, _)| name.as_str()).collect();
                    return Err(format!("which: {}?", names.join(", ")));
                }
            };
            let effects = views::select(model, view)?;
            model.prompt = None;
            Ok(effects)
        }
        Does::Snooze if rest.trim().is_empty() => {
            model.prompt = None;
            Ok(act(model, Action::Snooze))
        }
        Does::Snooze => {
            let Some(id) = model.list.selected_id() else { return Err("nothing is selected".to_owned()) };
            let one = Some(id).filter(|_| !snoozing::means_the_marks(model));
            let effects = snoozing::put_off(model, one, rest.trim())?;
            model.prompt = None;
            Ok(effects)
        }
        Does::Claim(verb) => {
            model.prompt = None;
            if model.subject().is_some() && model.claim_verb() != verb {
                let words = if verb == Verb::Claim { "you are on it already" } else { "you are not on it" };
                model.say(Tone::Warn, words);
                return Ok(Vec::new());
            }
            Ok(act(model, Action::Claim))
        }
        Does::Act(action) => {
            model.prompt = None;
            Ok(act(model, action))
        }
    }
}
