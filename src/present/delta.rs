//! What changed since somebody signed off, change by change with its class, and word by word.

use crate::domain::delta::{Change, Class};
use crate::domain::text::{Text, safe_line};
use crate::present::changes::{Budget, between};
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
