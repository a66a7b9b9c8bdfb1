//! What changed since somebody signed off, change by change with its class, and word by word.

use crate::domain::delta::{Change, Class};
use crate::domain::event::SignOffNumber;
use crate::domain::names::RevisionNumber;
use crate::domain::text::{Text, safe_line};
use crate::present::changes::{Budget, between};
use crate::present::detail::Sheet;
use crate::present::line::{Line, Tone};
use crate::present::words::quoted;
use serde_json::{Value, json};

/// The changes as lines: of each its class, where it is, then as it was (`-`) and as it is (`+`).
pub fn lines(changes: &[Change]) -> Vec<Line> {
    let mut out = Vec::new();
    let mut budget = Budget::new();
    for change in changes {
        let step = change.step.as_ref().map(|step| format!("{step}: ")).unwrap_or_default();
        let what = match (&change.before, &change.after) {
            (None, _) => format!("{} is new", change.what),
            (_, None) => format!("{} is gone", change.what),
            _ => change.what.clone(),
        };
        out.push(
            Line::default()
                .and(tone(change.class), change.class.word())
                .and(Tone::Strong, format_args!("  {step}"))
                .and(Tone::Plain, what),
        );
        let [before, after] =
            [&change.before, &change.after].map(|value| side(value, is_prose(&change.what)));
        out.extend(between(before, after, &mut budget));
    }
    out
}

/// What changed since the sign-off `number` on `revision`, all of which is to be read before it is stood for again.
pub fn since(number: SignOffNumber, revision: RevisionNumber, changes: &[Change], approve: &str) -> Sheet {
    let heading = format!("Since your sign-off {} on revision {revision}: {}", number.0, count(changes));
    let mut sheet = Sheet::from(vec![Line::default().and(Tone::Strong, heading)]);
    sheet.lines.extend(lines(changes));
    if changes.is_empty() {
        let words = "what would happen is as it was, but the sign-off no longer counts";
        sheet.lines.push(Line::default().and(Tone::Warn, words));
    }
    sheet.must = 0..sheet.lines.len();
    let words = format!("{approve} re-affirms sign-off {}; the next tab is the whole plan", number.0);
    sheet.lines.push(Line::default().and(Tone::Dim, words));
    sheet
}

/// How many of which class, in a few words: "1 target moved, 2 widening".
pub fn count(changes: &[Change]) -> String {
    let of = |class: Class| changes.iter().filter(|change| change.class == class).count();
    let list: Vec<String> = [Class::TargetMoved, Class::Widening, Class::Narrowing, Class::Prose]
        .into_iter()
        .filter(|class| of(*class) > 0)
        .map(|class| format!("{} {}", of(class), class.word()))
        .collect();
    if list.is_empty() { "nothing changed".to_owned() } else { list.join(", ") }
}

/// The changes as JSON.
pub fn json(changes: &[Change]) -> Vec<Value> {
    let one = |change: &Change| {
        json!({"class": change.class.word().replace(' ', "_"), "step": change.step, "what": change.what,
            "before": change.before, "after": change.after})
    };
    changes.iter().map(one).collect()
}

const fn tone(class: Class) -> Tone {
    match class {
        Class::Prose => Tone::Dim,
        Class::Narrowing => Tone::Good,
        Class::Widening => Tone::Warn,
        Class::TargetMoved => Tone::Bad,
    }
}

/// Whether the words are a producer's own.
fn is_prose(what: &str) -> bool {
    matches!(what, "title" | "summary" | "expected") || what.starts_with("label ")
}

/// A value as lines. Prose is shown as text, behind the gutter: it is somebody's. What has parts is a line a part.
fn side(value: &Option<Value>, prose: bool) -> Vec<Line> {
    let word = |value: &Value| safe_line(&crate::domain::canon::canonical_or_poison(value));
    match value {
        None => Vec::new(),
        Some(Value::String(text)) if prose => quoted(Some(&Text::from(text.as_str())), 0),
        Some(Value::Object(parts)) => parts
            .iter()
            .map(|(key, value)| Line::plain(format_args!("{} = {}", safe_line(key), word(value))))
            .collect(),
        Some(value) => vec![Line::plain(word(value))],
    }
}
