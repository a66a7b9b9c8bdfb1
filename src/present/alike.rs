//! Look-alikes in words: the template once, then a table of nothing but what differs, then those that must be decided
//! alone, each with why. No value is cut: where a table has no room for them each stands behind its name.

use crate::domain::alike::Alike;
use crate::domain::canon::canonical_or_poison;
use crate::domain::request::Request;
use crate::domain::step::Needs;
use crate::domain::text::{Safe, safe_line};
use crate::present::line::{Line, Tone};
use crate::present::words;

/// Where a bound was met while they were looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bounds {
    /// So many of the first rows were looked at, and there are more.
    pub of_the_first: Option<usize>,
    /// So many of those that were found were read, and there are more.
    pub read: Option<usize>,
}

/// All of it, for so many columns. `together` are the requests that would be decided on, in the order of the rows.
pub fn lines(
    template: &Request,
    found: &Alike,
    together: &[&Request],
    bounds: Bounds,
    columns: usize,
) -> Vec<Line> {
    let mut out = shape(template, found);
    out.push(Line::empty());
    out.extend(table(found, together, columns));
    if !found.apart.is_empty() {
        out.push(Line::empty());
        out.push(Line::heading(format_args!("Decided alone: {}", found.apart.len())));
    }
    for (id, why) in &found.apart {
        let why = why.iter().map(Safe::to_string).collect::<Vec<_>>().join("; ");
        out.push(
            Line::default().and(Tone::Strong, format_args!("{:<8}", id.to_string())).and(Tone::Warn, why),
        );
    }
    if !found.beyond.is_empty() {
        let words = format!("{} more are like these: they come with the next batch", found.beyond.len());
        out.push(Line::default().and(Tone::Warn, words));
    }
    if let Some(many) = bounds.of_the_first {
        let words = format!("only the first {many} that wait were looked at");
        out.push(Line::default().and(Tone::Warn, words));
    }
    if let Some(many) = bounds.read {
        let words = format!("more were found than can be compared at once: the first {many} were");
        out.push(Line::default().and(Tone::Warn, words));
    }
    out
}

/// What they have in common.
fn shape(template: &Request, found: &Alike) -> Vec<Line> {
    let assessment = template.assessment();
    let target = template.target();
    let place = [&target.environment, &target.service, &target.tenant];
    let place: Vec<&str> = place.into_iter().flatten().map(|name| name.as_str()).collect();
    let place = if place.is_empty() { "no target named".to_owned() } else { place.join(" ") };
    let mut out = vec![
        Line::heading("What they have in common: ")
            .and(Tone::Plain, format_args!("{}, {place}, ", template.kind()))
            .and(words::risk(assessment.risk), format_args!("{} risk", assessment.risk))
            .and(Tone::Plain, format_args!(", rule: {}", safe_line(&assessment.rule))),
    ];
    let steps = template.content.iter().flat_map(|content| &content.steps);
    for (n, step) in steps.enumerate() {
        out.push(
            Line::default()
                .and(Tone::Dim, format_args!("{:>3} ", n + 1))
                .and(Tone::Strong, format_args!("{}  ", step.id))
                .and(Tone::Plain, &step.action),
        );
        let field = |name: &str| Line::default().and(Tone::Dim, format_args!("{name:<7}")).indented(4);
        for key in step.params.keys() {
            let leaf = format!("{}.{key}", step.id);
            let inside = |other: &String| *other == leaf || other.starts_with(&format!("{leaf}["));
            let differs = found.differing.iter().any(inside);
            let line = field("param").and(Tone::Plain, format_args!("{key} = "));
            out.push(match (differs, step.params.get(key)) {
                (true, _) => line.and(Tone::Warn, "differs"),
                (false, Some(value)) => line.and(Tone::Plain, safe_line(&canonical_or_poison(value))),
                (false, None) => line,
            });
        }
        for (name, argv) in [("run", &step.run), ("undo", &step.undo)] {
            let Some(argv) = argv else { continue };
            let mut line = field(name);
            for (place, argument) in argv.iter().enumerate() {
                line = match found.differing.contains(&format!("{} {name} {place}", step.id)) {
                    true => line.and(Tone::Warn, "(differs) "),
                    false => {
                        line.and(Tone::Plain, safe_line(&canonical_or_poison(argument))).and(Tone::Plain, " ")
                    }
                };
            }
            out.push(line);
        }
        for need in &step.needs {
            let all = need.each().map(|need| need.step.to_string()).collect::<Vec<_>>().join(" or ");
            let effect = match need {
                Needs::One(need) => need.effect.word(),
                Needs::AnyOf { .. } => "any of them",
            };
            out.push(field("needs").and(Tone::Plain, format_args!("{all} ({effect})")));
        }
    }
    out
}

/// The columns of the table. What every one of them has in two places is shown once, under both names.
fn columns_of(found: &Alike) -> (Vec<Safe>, Vec<usize>) {
    let mut kept: Vec<(Vec<&str>, usize)> = Vec::new();
    for (n, leaf) in found.differing.iter().enumerate() {
        let same = |other: usize| found.rows.iter().all(|row| row.get(other) == row.get(n));
        match kept.iter_mut().find(|(_, first)| same(*first)) {
            Some((names, _)) => names.push(leaf),
            None => kept.push((vec![leaf], n)),
        }
    }
    kept.into_iter().map(|(names, n)| (safe_line(&names.join(" = ")), n)).unzip()
}

fn table(found: &Alike, together: &[&Request], columns: usize) -> Vec<Line> {
    let many = found.together.len();
    let mut out = Vec::new();
    if many == 0 {
        out.push(Line::default().and(Tone::Warn, "None of them can be decided together."));
        return out;
    }
    if found.differing.is_empty() {
        out.push(Line::heading(format_args!("What differs in these {many}: nothing")));
    } else {
        out.push(Line::heading(format_args!("What differs in these {many}")));
    }
    let (names, kept) = columns_of(found);
    let cells: Vec<Vec<Safe>> = found
        .rows
        .iter()
        .map(|row| kept.iter().map(|n| safe_line(&canonical_or_poison(&row[*n]))).collect())
        .collect();
    let askers: Vec<String> = together.iter().map(|request| request.requester.name.to_string()).collect();
    let asker = askers.iter().map(String::len).max().unwrap_or(0).max(8);
    let widths: Vec<usize> = (0..names.len())
        .map(|n| cells.iter().map(|row| row[n].columns()).max().unwrap_or(0).max(names[n].columns()))
        .collect();
    let fits = 8 + asker + widths.iter().map(|width| width + 2).sum::<usize>() < columns;
    let pad = |text: &Safe, width: usize| format!("  {text}{:1$}", "", width.saturating_sub(text.columns()));
    if fits {
        let head: String = names.iter().zip(&widths).map(|(name, width)| pad(name, *width)).collect();
        out.push(Line::default().and(Tone::Dim, format!("{:<8}{:<asker$}{head}", "", "asked by").trim_end()));
    }
    for ((id, by), row) in found.together.iter().zip(&askers).zip(&cells) {
        let line = Line::default()
            .and(Tone::Strong, format_args!("{:<8}", id.to_string()))
            .and(Tone::Plain, format_args!("{by:<asker$}"));
        if fits {
            let words: String = row.iter().zip(&widths).map(|(cell, width)| pad(cell, *width)).collect();
            out.push(line.and(Tone::Plain, words.trim_end()));
        } else {
            let one = |line: Line, (name, cell): (&Safe, &Safe)| {
                line.and(Tone::Dim, format_args!("  {name} ")).and(Tone::Plain, cell)
            };
            out.push(names.iter().zip(row).fold(line, one));
        }
    }
    out
}
