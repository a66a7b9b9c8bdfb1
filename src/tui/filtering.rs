//! The filter over the list: applied as it is typed, kept by Enter, cleared by Esc, and never hidden while it is on.

use crate::app::{Found, Queue};
use crate::domain::filter::{FIELDS, Filter};
use crate::present::line::Tone;
use crate::tui::action::{Effect, Place};
use crate::tui::model::Model;
use crate::tui::prompt::{Prompt, Purpose};

/// What is looked for for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seek {
    /// The rows, from the first.
    Start,
    /// The rows, without moving anything.
    Around,
    /// The next match, in a list that shows others too.
    Next,
    /// The match before.
    Previous,
}

/// The filter, and what it left.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filtering {
    /// As it was typed; empty when none is on.
    pub text: String,
    /// What it says, when it could be understood.
    pub filter: Filter,
    /// How many match.
    pub matches: usize,
    /// How many more match and are hidden, having been opened.
    pub hidden: usize,
    /// When not everything was looked at: how many were.
    pub of_the_first: Option<usize>,
    /// What was last looked for, for `n` and `N`.
    pub last: String,
}

impl Filtering {
    /// Whether a filter hides rows.
    pub fn is_on(&self) -> bool {
        !self.filter.is_empty()
    }
}

/// `7 of 31`, `7 of 31, 24 seen hidden`; nothing when neither a filter is on nor anything to be hidden.
pub fn tally(model: &Model) -> Option<String> {
    let filtering = &model.filtering;
    let hides = model.looking.seen_by.is_some() && model.list.queue != Queue::Decided;
    let all = model.counters.map(|counters| counters.of(model.list.queue));
    let said = all.map(crate::tui::view::chrome::count);
    let tally = match (filtering.is_on(), filtering.of_the_first, said) {
        (false, ..) if !hides => return None,
        (false, _, Some(said)) => {
            let left = all.unwrap_or_default().saturating_sub(model.hidden);
            format!("{} of {said}", crate::tui::view::chrome::count(left))
        }
        (false, _, None) => "reading".to_owned(),
        (true, Some(most), _) => format!("{} of the first {most}", filtering.matches),
        (true, None, Some(said)) => format!("{} of {said}", filtering.matches),
        (true, None, None) => filtering.matches.to_string(),
    };
    let hidden = if filtering.is_on() { filtering.hidden as u64 } else { model.hidden };
    Some(if hides { format!("{tally}, {hidden} seen hidden") } else { tally })
}

/// `/`
pub fn begin(model: &mut Model) {
    model.in_detail = false;
    model.prompt = Some(Prompt::new(Purpose::Filter, &model.filtering.text));
}

/// The text is another one: what of it is understood is applied; what is not is said, and must be mended to be kept.
pub fn typed(model: &mut Model) -> Vec<Effect> {
    let Some(prompt) = &mut model.prompt else { return Vec::new() };
    let filter = Filter::parse(&prompt.text).unwrap_or_else(|problem| {
        prompt.problem = Some(problem);
        let mut understood = Filter::default();
        for part in prompt.text.split_whitespace().filter_map(|part| Filter::parse(part).ok()) {
            understood.terms.extend(part.terms);
            understood.words.extend(part.words);
        }
        understood
    });
    model.filtering.text = prompt.text.trim().to_owned();
    if !filter.is_empty() {
        model.filtering.last.clone_from(&model.filtering.text);
    }
    apply(model, filter)
}

/// Puts a filter on, as the palette does.
pub fn put(model: &mut Model, text: &str) -> Result<Vec<Effect>, String> {
    let filter = Filter::parse(text)?;
    model.filtering.text = text.trim().to_owned();
    if !filter.is_empty() {
        model.filtering.last.clone_from(&model.filtering.text);
    }
    Ok(apply(model, filter))
}

fn apply(model: &mut Model, filter: Filter) -> Vec<Effect> {
    if filter == model.filtering.filter {
        return Vec::new();
    }
    model.filtering.filter = filter;
    model.list.keep_selected();
    vec![model.load(Place::Start)]
}

/// The filter goes; the selected row stays selected where it is at hand.
pub fn clear(model: &mut Model) -> Vec<Effect> {
    model.filtering.text.clear();
    apply(model, Filter::default())
}

/// `n` and `N`: to the next match of what was last looked for.
pub fn seek(model: &mut Model, forward: bool) -> Vec<Effect> {
    let filter = Filter::parse(&model.filtering.last).unwrap_or_default();
    if filter.is_empty() {
        model.say(Tone::Dim, "nothing was looked for yet: / begins a filter");
        return Vec::new();
    }
    let why = if forward { Seek::Next } else { Seek::Previous };
    vec![Effect::Find { queue: model.list.queue, filter: Box::new(filter), why, looking: model.looking }]
}

/// Takes what was found.
pub fn heard(model: &mut Model, queue: Queue, why: Seek, found: Found) {
    if queue != model.list.queue {
        return;
    }
    match why {
        Seek::Start | Seek::Around => {
            model.filtering.matches = found.rows.len();
            model.filtering.of_the_first = found.of_the_first;
            model.filtering.hidden = found.hidden;
            model.list.take_found(found.rows, why == Seek::Around);
        }
        Seek::Next | Seek::Previous => jump(model, &found, why == Seek::Next),
    }
}

fn jump(model: &mut Model, found: &Found, forward: bool) {
    let all = model.list.rows.len();
    let from = model.list.cursor();
    let matches =
        |n: &usize| model.list.rows.get(*n).is_some_and(|s| found.rows.iter().any(|r| r.id == s.row.id));
    let next = if forward { (from + 1..all).find(matches) } else { (0..from).rev().find(matches) };
    let last = model.filtering.last.clone();
    match next {
        Some(n) => model.list.go(n),
        None if found.rows.is_empty() => {
            model.say(
                Tone::Dim,
                format_args!("nothing here matches {}", crate::domain::text::safe_line(&last)),
            );
        }
        None => {
            let way = if forward { "below" } else { "above" };
            let reach = if model.list.is_whole() { "" } else { " among the rows at hand" };
            model.say(Tone::Dim, format_args!("no further match {way}{reach}; / shows all of them"));
        }
    }
}

/// The last word of a filter, completed to the field it begins.
pub fn completed(text: &str) -> Option<String> {
    let start = text.rfind(' ').map_or(0, |at| at + 1);
    let (rest, word) = text.split_at(start);
    let begins = |(name, _): &&(&str, &str)| !word.is_empty() && name.starts_with(word);
    let (name, _) = FIELDS.iter().find(begins)?;
    Some(format!("{rest}{name}:"))
}
