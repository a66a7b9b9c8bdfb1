//! What frames the panes. Nothing that came from outside is ever drawn here.
//!
//! ```text
//!  countersign  bastion-1 · alice                                  12 wait for you · 1 escalated  14:02Z
//!  …
//!  R-17 approved; its producer may start it until 2026-11-20 18:02:00Z
//!  A approve  R reject  (C changes)  c comment  m claim  enter open                  ? help  q quit
//! ```

use crate::app::Kept;
use crate::domain::rollout::Stimulus;
use crate::present::line::{Line, Tone};
use crate::present::time::span;
use crate::tui::action::{Action, Ask};
use crate::tui::filtering;
use crate::tui::keymap::{Binding, Scope};
use crate::tui::model::Model;
use crate::tui::rollouts;
use crate::tui::view::canvas::{Canvas, cells};
use ratatui::layout::Rect;

/// From how many columns on the header says who keeps time.
const ROOM_FOR_THE_WATCH: u16 = 110;

/// The most a counter says; more is `999+`.
const MOST_COUNTED: u64 = 999;

/// A counter as it is shown.
pub fn count(n: u64) -> String {
    if n > MOST_COUNTED { format!("{MOST_COUNTED}+") } else { n.to_string() }
}

/// Who, where, how many wait, what time it is.
pub fn header(model: &Model, canvas: &mut Canvas, line: Rect) {
    let dot = canvas.glyphs.dot();
    let mut right = line.right().saturating_sub(1);
    let clock = match model.counters.and_then(|counters| counters.clock_behind) {
        None => (model.now.hour_and_minute(), Tone::Plain),
        Some(behind) => (format!("clock {} behind", span(behind)), Tone::Bad),
    };
    right -= canvas.put_right(right, line.y, 28, &clock.0, clock.1).min(right);
    let mut used = line.x + 1;
    used += canvas.put(used, line.y, 14, "countersign", Tone::Strong) + 2;
    let who = format!("{}{dot}{}", model.host, model.caller.name);
    used += canvas.put(used, line.y, line.width / 3, &who, Tone::Plain) + 2;
    let Some(counters) = model.counters else { return };
    let mut words = Line::default();
    // A filter that is not seen hides work.
    let filtered = filtering::tally(model).map(|tally| format!("filtered: {tally}"));
    let tone = if counters.waiting > 0 { Tone::Strong } else { Tone::Plain };
    let for_you = if line.width < 70 { "" } else { " for you" };
    words = match counters.waiting {
        0 => words.and(tone, format_args!("nothing waits{for_you}")),
        1 => words.and(tone, format_args!("1 waits{for_you}")),
        n => words.and(tone, format_args!("{} wait{for_you}", count(n))),
    };
    if counters.overdue > 0 {
        words =
            words.and(Tone::Plain, dot).and(Tone::Bad, format_args!("{} overdue", count(counters.overdue)));
    }
    if counters.escalated > 0 {
        words = words
            .and(Tone::Plain, dot)
            .and(Tone::Bad, format_args!("{} escalated", count(counters.escalated)));
    }
    match counters.calls {
        0 => {}
        1 => words = words.and(Tone::Plain, dot).and(Tone::Strong, "1 calls you"),
        n => words = words.and(Tone::Plain, dot).and(Tone::Strong, format_args!("{n} call you")),
    }
    if counters.failing > 0 {
        words = words.and(Tone::Plain, dot).and(Tone::Bad, "notices fail");
    }
    // Time is kept or it is not: said where there is room.
    if let Some(kept) = counters.kept.filter(|_| line.width >= ROOM_FOR_THE_WATCH) {
        let (tone, who) = match kept {
            Kept::ByNobody => (Tone::Warn, "nobody keeps time".to_owned()),
            Kept::Here => (Tone::Plain, "watch: this screen".to_owned()),
            Kept::ByScreen => (Tone::Plain, "watch: a screen".to_owned()),
            Kept::ByWatcher => (Tone::Plain, format!("watch: {}", model.host)),
        };
        words = words.and(Tone::Plain, dot).and(tone, who);
    }
    if let Some(filtered) = filtered {
        let first = Line::default().and(Tone::Warn, filtered).and(Tone::Plain, dot);
        words = Line { phrases: [first.phrases, words.phrases].concat(), ..first };
    }
    let width: u16 = words.phrases.iter().map(|p| cells(&canvas.glyphs.text(p.text.as_str()))).sum();
    let room = right.saturating_sub(2).saturating_sub(used);
    canvas.phrases(right.saturating_sub(2).saturating_sub(width.min(room)), line.y, room, &words);
}

/// What was last said, and what is new.
pub fn status(model: &Model, canvas: &mut Canvas, line: Rect) {
    let mut width = line.width.saturating_sub(2);
    if !model.marks.ids.is_empty() && model.said.is_none() && !model.in_detail && !model.asks() {
        let hidden =
            model.marks.ids.iter().filter(|id| !model.list.rows.iter().any(|s| s.row.id == **id)).count();
        let hidden = if hidden > 0 { format!(" ({hidden} not in view)") } else { String::new() };
        let words = format!(
            "{} marked{hidden}: A and R decide on them, z puts them off, esc lets go",
            model.marks.ids.len()
        );
        let right = line.right().saturating_sub(1);
        width = width.saturating_sub(canvas.put_right(right, line.y, width, &words, Tone::Strong) + 2);
    }
    if model.list.news > 0 {
        let top = model.habits.keys.name_of(Scope::List, Action::Top);
        let words = format!("{} new: {top} to see", model.list.news);
        width = match &model.said {
            Some(_) => {
                let right = line.right().saturating_sub(1);
                width.saturating_sub(canvas.put_right(right, line.y, width, &words, Tone::Strong) + 2)
            }
            None => width.saturating_sub(canvas.put(line.x + 1, line.y, width, &words, Tone::Strong)),
        };
    }
    if let Some(said) = &model.said {
        canvas.phrases(line.x + 1, line.y, width, said);
    }
}

/// The keys that work here. One that a rule forbids stands in brackets and is dim; pressed, it says why.
pub fn footer(model: &Model, canvas: &mut Canvas, line: Rect) {
    let scope = model.scope();
    let at_the_end = |b: &&Binding| matches!(b.action, Action::Help | Action::Quit);
    let named = || model.habits.keys.in_scope(scope).filter(|b| !b.short.is_empty());
    let mut right = line.right().saturating_sub(1);
    for binding in named().filter(at_the_end).collect::<Vec<_>>().into_iter().rev() {
        let words = words(model, binding);
        right = right.saturating_sub(cells(&words) + 2);
        key_and_word(canvas, right + 2, line.y, binding, &words, false);
    }
    let mut x = line.x + 1;
    let about_a_row = |b: &Binding| matches!(b.action, Action::Ask(_) | Action::Claim | Action::Open);
    let nothing = model.list.selected().is_none();
    let left = model.left_in_frame().is_some();
    let unread = |action| left && matches!(action, Action::Ask(Ask::Approve | Ask::Sign | Ask::Override));
    for binding in named().filter(|b| !at_the_end(b)).filter(|b| !nothing || !about_a_row(b)) {
        let forbidden = model.is_greyed(binding.action) || unread(binding.action);
        // What a batch came to is read and closed, as is a dialog that is over.
        let is_over = model.batch.as_ref().is_some_and(|batch| batch.result.is_some())
            || model.dialog.as_ref().is_some_and(|dialog| dialog.over);
        if is_over && matches!(binding.action, Action::Submit | Action::NextField) {
            continue;
        }
        // Nothing of theirs to take back is the usual case: the key is named only when it does something.
        if matches!(
            binding.action,
            Action::Ask(
                Ask::Sign
                    | Ask::Withdraw
                    | Ask::Stop
                    | Ask::Continue
                    | Ask::Retry
                    | Ask::Confirm
                    | Ask::Run
                    | Ask::RollBack
            )
        ) && !(binding.action == Action::Ask(Ask::RollBack)
            && rollouts::has_something_to(model, Stimulus::RollBack))
            && (forbidden || model.subject().is_none())
        {
            continue;
        }
        if let Action::Steer(on) = binding.action {
            let rarely = matches!(on, Stimulus::Resume | Stimulus::Acknowledge);
            let idle = match scope {
                Scope::Rollout => rarely && forbidden,
                _ => !rollouts::has_something_to(model, on),
            };
            if idle {
                continue;
            }
        }
        let words = words(model, binding);
        let words = if forbidden { format!("({words})") } else { words };
        if x + cells(&words) > right {
            break;
        }
        key_and_word(canvas, x, line.y, binding, &words, forbidden);
        x += cells(&words) + 2;
    }
}

fn words(model: &Model, binding: &Binding) -> String {
    let key = binding.keys.first().map(|key| key.name()).unwrap_or_default();
    let short = match (binding.action, model.subject()) {
        (Action::Ask(ask), Some(reading)) if Model::ask_on(ask, &reading.request) != ask => "answer",
        (Action::Claim, Some(_)) if model.claim_verb() == crate::domain::transitions::Verb::Release => {
            "release"
        }
        (Action::Submit, _) => match (&model.dialog, &model.batch) {
            (Some(dialog), _) => return format!("{key} to [{}]", dialog.button().to_lowercase()),
            (None, Some(batch)) => {
                let verb = batch.ask.title().to_lowercase();
                return format!("{key} to [{verb} {}]", batch.items.len());
            }
            (None, None) => binding.short,
        },
        (Action::Cancel, _) if model.dialog.as_ref().is_some_and(|dialog| dialog.over) => "close",
        _ => binding.short,
    };
    format!("{key} {short}")
}

fn key_and_word(canvas: &mut Canvas, x: u16, y: u16, binding: &Binding, words: &str, dim: bool) {
    let width = cells(words);
    canvas.put(x, y, width, words, if dim { Tone::Dim } else { Tone::Plain });
    if !dim {
        let key = binding.keys.first().map(|key| key.name()).unwrap_or_default();
        canvas.put(x, y, cells(&key), &key, Tone::Strong);
    }
}
