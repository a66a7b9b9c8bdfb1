//! The parameters of a plan as a table: step, key, type, value; by step, or by key, so that the same parameter of many
//! steps stands together and one that departs is seen.

use crate::domain::canon::canonical_or_poison;
use crate::domain::content::Content;
use crate::domain::step::Step;
use crate::domain::text::safe_line;
use crate::present::detail::Sheet;
use crate::present::line::{Line, Tone};
use crate::present::plan::Long;
use serde_json::Value;
use std::collections::BTreeMap;

/// How long a value may be before it is folded to its beginning and its size, in characters.
const FOLD_ABOVE: usize = 80;

/// What the table is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// The steps, as they stand in the document.
    #[default]
    Step,
    /// The names of the parameters.
    Key,
}

/// The type of a value, in JSON's words.
pub const fn type_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

struct Row<'a> {
    step: &'a str,
    key: &'a str,
    value: &'a Value,
    text: String,
}

fn rows_of(step: &Step) -> impl Iterator<Item = Row<'_>> {
    step.params.iter().map(|(key, value)| Row {
        step: step.id.as_str(),
        key: key.as_str(),
        value,
        text: canonical_or_poison(value),
    })
}

/// The table.
pub fn table(content: &Content, order: Order, long: Long) -> Sheet {
    let mut rows: Vec<Row<'_>> = content.steps.iter().flat_map(rows_of).collect();
    if order == Order::Key {
        rows.sort_by_key(|row| row.key);
    }
    let usual = usual(&rows);
    let width =
        |of: fn(&Row<'_>) -> usize, least: usize| rows.iter().map(of).max().unwrap_or(0).max(least).min(28);
    let (step, key) = (width(|row| row.step.len(), 4), width(|row| row.key.len(), 3));
    let many = rows.len();
    let how = match order {
        Order::Step => "by step",
        Order::Key => "by key; ≠ marks what most steps with that key do not have",
    };
    let mut sheet = Sheet::from(vec![
        Line::heading(format_args!("Parameters: {many}, {how}")),
        Line::default().and(Tone::Dim, header(order, step, key)),
    ]);
    for row in &rows {
        let departs = order == Order::Key && usual.get(row.key).is_some_and(|usual| **usual != row.text);
        let (first, second) = match order {
            Order::Step => (format!("{:<step$}", row.step), format!("{:<key$}", row.key)),
            Order::Key => (format!("{:<key$}", row.key), format!("{:<step$}", row.step)),
        };
        let mark = if departs { "≠ " } else { "  " };
        let mut line = Line::default()
            .and(Tone::Strong, format_args!("{first}  "))
            .and(Tone::Plain, format_args!("{second}  "))
            .and(Tone::Dim, format_args!("{:<7}  ", type_word(row.value)))
            .and(Tone::Warn, mark);
        let cut = match long {
            Long::Folded(rest) => row.text.char_indices().nth(FOLD_ABOVE).map(|(cut, _)| (cut, rest)),
            Long::Whole => None,
        };
        line = match cut {
            Some((cut, rest)) => {
                sheet.folded.insert(sheet.lines.len());
                line.and(Tone::Plain, safe_line(&row.text[..cut]))
                    .and(Tone::Warn, format_args!(" … {} bytes, folded: {rest}", row.text.len()))
            }
            None => line.and(Tone::Plain, safe_line(&row.text)),
        };
        sheet.lines.push(line);
    }
    sheet
}

fn header(order: Order, step: usize, key: usize) -> String {
    match order {
        Order::Step => format!("{:<step$}  {:<key$}  type       value", "step", "key"),
        Order::Key => format!("{:<key$}  {:<step$}  type       value", "key", "step"),
    }
}

/// Of each key that several steps have, the value that more than half of them give it.
fn usual<'a>(rows: &'a [Row<'a>]) -> BTreeMap<&'a str, &'a String> {
    let mut counts: BTreeMap<&str, BTreeMap<&String, usize>> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.key).or_default().entry(&row.text).or_default() += 1;
    }
    let most = |(key, counts): (&'a str, BTreeMap<&'a String, usize>)| {
        let all: usize = counts.values().sum();
        let (text, many) = counts.into_iter().max_by_key(|(_, many)| *many)?;
        (all > 2 && many * 2 > all).then_some((key, text))
    };
    counts.into_iter().filter_map(most).collect()
}
