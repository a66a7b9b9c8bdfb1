//! What changed between what somebody saw and what is there now, word by word. A word that went or came stands between
//! marks that no text from outside can hold, so that nothing is said by colour alone.
//!
//! ```text
//! tell changed
//!   - run    ["/usr/bin/mailer","send"⟨-⟩]
//!   + run    ["/usr/bin/mailer","send"⟨+,"--all"+⟩]
//! ```

use crate::domain::request::Request;
use crate::domain::text::Safe;
use crate::present::line::{Line, Phrase, Tone};
use crate::present::plan::{self, Block};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// How many steps all comparisons of two plans may take together, at worst. A producer can make a plan that is costly to
/// compare; what is beyond this is shown whole, as it was and as it is.
pub(super) const MOST_STEPS: usize = 60_000_000;
/// What stayed the same in the middle of a line is shown as its length from here on.
const LONG_SAME: usize = 400;
/// How much of it is left at either end.
const SAME_KEPT: usize = 80;

/// The plan of a request in the form in which it can be compared later.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan(pub(super) Vec<Block>);

impl Plan {
    /// As the request is.
    pub fn of(request: &Request) -> Self {
        Self(request.content.as_ref().map(|c| plan::to_compare(request, c)).unwrap_or_default())
    }

    /// As the revision before was, with the marks there are now; nothing when there was none, or it was redacted.
    pub fn before(request: &Request) -> Option<Self> {
        let content = request.content_before.as_ref()?;
        Some(Self(plan::to_compare(request, content)))
    }

    pub(super) fn on(&self, block: &Block) -> Option<&Block> {
        self.0.iter().find(|b| b.step == block.step)
    }
}

/// What differs, step by step: as it was then, as it is now.
pub fn changes(then: &Plan, now: &Plan) -> Vec<Line> {
    let mut out = Vec::new();
    let mut budget = Budget::new();
    for block in &now.0 {
        match then.on(block) {
            None => {
                out.push(heading(block, "is new"));
                out.extend(block.lines.iter().map(|(line, _)| whole(line, Side::Now)));
            }
            Some(before) if before.lines != block.lines => {
                out.push(heading(block, "changed"));
                out.extend(lines(before, block, &mut budget));
            }
            Some(_) => {}
        }
    }
    for block in then.0.iter().filter(|block| now.on(block).is_none()) {
        out.push(heading(block, "is gone"));
        out.extend(block.lines.iter().map(|(line, _)| whole(line, Side::Then)));
    }
    let order = |plan: &Plan| plan.0.iter().map(|b| b.step.clone()).collect::<Vec<_>>();
    if out.is_empty() && order(then) != order(now) {
        let names: Vec<String> =
            now.0.iter().filter_map(|b| b.step.as_ref()).map(|s| s.to_string()).collect();
        out.push(Line::plain(format_args!("the steps now stand in this order: {}", names.join(", "))));
    }
    if !out.is_empty() {
        out.insert(0, Line::heading("What changed: - then, + now"));
    }
    out
}

/// What was and what is, line by line, with the words that differ marked.
pub(super) fn between(then: Vec<Line>, now: Vec<Line>, budget: &mut Budget) -> Vec<Line> {
    let block =
        |lines: Vec<Line>| Block { step: None, lines: lines.into_iter().map(|l| (l, false)).collect() };
    lines(&block(then), &block(now), budget)
}

/// What is left of the steps that may be taken.
pub(super) struct Budget(pub(super) usize);

impl Budget {
    /// All of it, for one comparison of two plans.
    pub(super) const fn new() -> Self {
        Self(MOST_STEPS)
    }

    /// Whether two lists of these lengths can still be compared; if so they are paid for.
    pub(super) fn affords(&mut self, old: usize, new: usize) -> bool {
        let cost = (old + new).saturating_mul(old + new);
        let left = self.0.checked_sub(cost);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// Then or now, with its marks and its tone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Then,
    Now,
}

impl Side {
    const fn mark(self) -> &'static str {
        match self {
            Side::Then => "- ",
            Side::Now => "+ ",
        }
    }

    const fn around(self) -> (&'static str, &'static str) {
        match self {
            Side::Then => ("⟨-", "-⟩"),
            Side::Now => ("⟨+", "+⟩"),
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Side::Then => Tone::Bad,
            Side::Now => Tone::Good,
        }
    }
}

pub(super) fn heading(block: &Block, what: &str) -> Line {
    match &block.step {
        Some(step) => Line::default().and(Tone::Strong, step).and(Tone::Warn, format_args!(" {what}")),
        None => Line::default().and(Tone::Warn, "what stands before the steps changed"),
    }
}

/// A line that is new, or gone, as a whole.
pub(super) fn whole(line: &Line, side: Side) -> Line {
    with(line, side, vec![phrase(side.tone(), &words(line))])
}

fn with(line: &Line, side: Side, mut phrases: Vec<Phrase>) -> Line {
    phrases.insert(0, phrase(side.tone(), side.mark()));
    Line { gutter: line.gutter, indent: line.indent.max(2), phrases }
}

fn phrase(tone: Tone, text: &str) -> Phrase {
    Phrase { text: Safe::composed(text), tone }
}

fn words(line: &Line) -> String {
    line.phrases.iter().map(|p| p.text.as_str()).collect()
}

/// The lines of a step that differ. Where one took the place of another, the words that differ are marked.
fn lines(before: &Block, after: &Block, budget: &mut Budget) -> Vec<Line> {
    let text = |block: &Block| block.lines.iter().map(|(line, _)| line.to_string()).collect::<Vec<_>>();
    let (then, now) = (text(before), text(after));
    if !budget.affords(then.len(), now.len()) {
        let all =
            |block: &Block, side| block.lines.iter().map(|(line, _)| whole(line, side)).collect::<Vec<_>>();
        return [all(before, Side::Then), all(after, Side::Now)].concat();
    }
    let mut out = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &then, &now) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let (old, new) = (op.old_range(), op.new_range());
        let both = old.len().min(new.len());
        for (then, now) in old.clone().zip(new.clone()) {
            let [a, b] = word_by_word(&before.lines[then].0, &after.lines[now].0, budget);
            out.extend([a, b]);
        }
        out.extend(before.lines[old].iter().skip(both).map(|(line, _)| whole(line, Side::Then)));
        out.extend(after.lines[new].iter().skip(both).map(|(line, _)| whole(line, Side::Now)));
    }
    out
}

/// A line as it was and as it is, with what went and what came between marks.
fn word_by_word(then: &Line, now: &Line, budget: &mut Budget) -> [Line; 2] {
    let (a, b) = (words(then), words(now));
    let (old, new) = (split(&a), split(&b));
    if !budget.affords(old.len(), new.len()) {
        return [whole(then, Side::Then), whole(now, Side::Now)];
    }
    let (mut was, mut is) = (Vec::new(), Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (gone, came) = (old[op.old_range()].concat(), new[op.new_range()].concat());
        if matches!(op, DiffOp::Equal { .. }) {
            was.push(same(&gone));
            is.push(same(&came));
            continue;
        }
        for (side, text, out) in [(Side::Then, gone, &mut was), (Side::Now, came, &mut is)] {
            let (from, to) = side.around();
            if !text.is_empty() {
                out.push(phrase(side.tone(), &format!("{from}{text}{to}")));
            }
        }
    }
    [with(then, Side::Then, was), with(now, Side::Now, is)]
}

fn same(text: &str) -> Phrase {
    let many = text.chars().count();
    if many < LONG_SAME {
        return phrase(Tone::Plain, text);
    }
    let first: String = text.chars().take(SAME_KEPT).collect();
    let last: String = text.chars().skip(many - SAME_KEPT).collect();
    let between = many - 2 * SAME_KEPT;
    phrase(Tone::Plain, &format!("{first}⟨{between} characters are the same⟩{last}"))
}

/// Words, and every other character by itself: `"--all"` is a word between quotes.
fn split(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match rest.find(|c| !is_word(c)) {
            Some(0) => first.len_utf8(),
            Some(end) => end,
            None => rest.len(),
        };
        let (word, behind) = rest.split_at(end);
        out.push(word);
        rest = behind;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(then: &str, now: &str) -> [String; 2] {
        word_by_word(&Line::plain(then), &Line::plain(now), &mut Budget(MOST_STEPS))
            .map(|line| line.to_string())
    }

    #[test]
    fn what_went_and_what_came_stand_between_marks() {
        assert_eq!(
            pair(r#"run ["/usr/bin/mailer","send"]"#, r#"run ["/usr/bin/mailer","send","--all"]"#),
            [r#"  - run ["/usr/bin/mailer","send"]"#, r#"  + run ["/usr/bin/mailer","send"⟨+,"--all"+⟩]"#]
        );
        assert_eq!(
            pair("to = 4 mails", "to = 412 mails"),
            ["  - to = ⟨-4-⟩ mails", "  + to = ⟨+412+⟩ mails"]
        );
    }

    #[test]
    fn a_long_part_that_is_the_same_is_shown_as_its_length() {
        let long = "x ".repeat(1000);
        let [_, now] = pair(&format!("{long}a"), &format!("{long}b"));
        assert!(now.contains("⟨1840 characters are the same⟩") && now.ends_with("⟨+b+⟩"), "{now}");
        let longer = "x ".repeat(3000);
        assert_eq!(pair(&longer, &format!("{longer}b"))[1], format!("  + {longer}b"));
    }

    #[test]
    fn a_plan_that_is_costly_to_compare_is_shown_whole() {
        let block = |word: &str| {
            let line = |n: usize| (Line::plain(format_args!("{word} {n}")), false);
            Block { step: None, lines: (0..8_000).map(line).collect() }
        };
        let said = changes(&Plan(vec![block("a")]), &Plan(vec![block("b")]));
        assert_eq!(said.len(), 2 + 16_000);
        assert_eq!(
            (said[2].to_string(), said[8_002].to_string()),
            ("  - a 0".to_owned(), "  + b 0".to_owned())
        );
    }

    #[test]
    fn every_character_is_in_a_word() {
        for text in ["", "a", " a-b  日本", "{\"k\":[1,2]}", "e\u{301}\u{301}"] {
            assert_eq!(split(text).concat(), text);
        }
    }
}
