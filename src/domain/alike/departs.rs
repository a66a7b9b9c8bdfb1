//! What departs from the others: one value among many, a number far outside, a text of another sort, another host or
//! directory, characters a shell would obey. Every rule looks at the others only, so that one cannot vouch for itself.

use crate::domain::alike::Leaf;
use crate::domain::canon::canonical_or_poison;
use crate::domain::request::Request;
use crate::domain::text::{Safe, Text, safe_line};
use serde_json::Value;
use std::collections::BTreeMap;

/// What so many of the others share is usual; in hundredths.
const USUAL: usize = 80;
/// From so many others on a value that most share speaks; fewer can have the same one by chance.
const OTHERS_FOR_A_VALUE: usize = 4;
/// From so many others on a sort, a host or a directory speaks.
const OTHERS_FOR_A_SORT: usize = 2;
/// A number this many times the median of the others is far outside, and so is a length.
const FAR: f64 = 10.0;
/// Up to this length a text is never too long.
const SHORT: usize = 40;
/// Characters that a shell obeys, and that no parameter should suddenly have.
const STRONG: &str = ";|&$`<>\\{}\n\r\t";
/// Characters that are usual in prose and nowhere else.
const WEAK: &str = "*?[]()!'\"#~,%@= ";

/// Those that depart, by their place, and why.
pub(super) fn departing(all: &[(&Request, BTreeMap<Leaf, Value>)]) -> BTreeMap<usize, Vec<Safe>> {
    let mut out: BTreeMap<usize, Vec<Safe>> = BTreeMap::new();
    let askers: Vec<Option<String>> =
        all.iter().map(|(request, _)| Some(request.requester.name.to_string())).collect();
    for (n, usual) in unusual(&askers, OTHERS_FOR_A_SORT) {
        let words = format_args!("asked by {}, the others by {usual}", all[n].0.requester.name);
        out.entry(n).or_default().push(Safe::composed(words));
    }
    let Some((_, first)) = all.first() else { return out };
    for leaf in first.keys() {
        let values: Vec<&Value> = all.iter().filter_map(|(_, leaves)| leaves.get(leaf)).collect();
        if values.len() != all.len() {
            continue;
        }
        let name = safe_line(leaf).clipped(60);
        for (n, why) in of_values(&values) {
            let value = safe_line(&canonical_or_poison(values[n])).clipped(60);
            out.entry(n).or_default().push(Safe::composed(format_args!("{name} = {value}: {why}")));
        }
    }
    // The first reason of each value is enough; more than three tell no more.
    out.values_mut().for_each(|why| why.truncate(3));
    out
}

/// Why values depart, at most one reason each, the most telling first.
fn of_values(values: &[&Value]) -> BTreeMap<usize, Safe> {
    let mut out: BTreeMap<usize, Safe> = BTreeMap::new();
    for (n, value) in values.iter().enumerate() {
        if let Some(why) = value.as_str().and_then(by_itself) {
            out.entry(n).or_insert_with(|| Safe::composed(why));
        }
    }
    let seen: Vec<Seen> = values.iter().map(|value| Seen::of(value)).collect();
    let mut aspects: BTreeMap<&Aspect, Vec<Option<String>>> = BTreeMap::new();
    for (n, seen) in seen.iter().enumerate() {
        for (aspect, is) in &seen.aspects {
            aspects.entry(aspect).or_insert_with(|| vec![None; values.len()])[n] = Some(is.clone());
        }
    }
    for (aspect, is) in aspects {
        // What only some have to do with is judged by the aspect of which sort they are.
        let least = if *aspect == Aspect::Value { OTHERS_FOR_A_VALUE } else { OTHERS_FOR_A_SORT };
        for (n, usual) in unusual(&is, least) {
            if let Some(why) = aspect.why(&usual, is[n].as_deref()) {
                out.entry(n).or_insert(why);
            }
        }
    }
    for (n, median) in far(&seen.iter().map(|seen| seen.number).collect::<Vec<_>>()) {
        out.entry(n).or_insert_with(|| Safe::composed(format_args!("more than 10 × the others' {median}")));
    }
    let lengths: Vec<Option<f64>> =
        values.iter().map(|v| v.as_str().map(|s| s.chars().count() as f64)).collect();
    for (n, median) in far(&lengths) {
        if lengths[n].is_some_and(|length| length > SHORT as f64) {
            out.entry(n).or_insert_with(|| {
                Safe::composed(format_args!("more than 10 × as long as the others' {median}"))
            });
        }
    }
    out
}

/// What is wrong with a text whatever the others are.
fn by_itself(text: &str) -> Option<&'static str> {
    let badge = Text::from(text).badge();
    if badge.hidden > 0 {
        return Some("it holds hidden characters");
    }
    if badge.mixed_scripts {
        return Some("a word of it mixes scripts");
    }
    let climbs = text.split(['/', '\\']).any(|part| part == "..");
    climbs.then_some("the path climbs out with ..")
}

/// Those that are otherwise than at least [`USUAL`] of the others, and what is usual.
fn unusual(all: &[Option<String>], least: usize) -> Vec<(usize, String)> {
    let mut counts: BTreeMap<&Option<String>, usize> = BTreeMap::new();
    all.iter().for_each(|is| *counts.entry(is).or_default() += 1);
    let Some((usual, many)) = counts.into_iter().max_by_key(|(_, many)| *many) else { return Vec::new() };
    // For whoever is otherwise, all of those that are usual are others.
    let others = all.len() - 1;
    if others < least || many * 100 < others * USUAL {
        return Vec::new();
    }
    let otherwise = all.iter().enumerate().filter(|(_, is)| *is != usual);
    otherwise.map(|(n, _)| (n, usual.clone().unwrap_or_default())).collect()
}

/// Numbers that are far from the median of the others.
fn far(all: &[Option<f64>]) -> Vec<(usize, f64)> {
    let mut sorted: Vec<(f64, usize)> =
        all.iter().enumerate().filter_map(|(n, number)| Some((number.as_ref()?.abs(), n))).collect();
    if sorted.len() <= OTHERS_FOR_A_SORT || sorted.len() < all.len() {
        return Vec::new();
    }
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let middle = (sorted.len() - 1) / 2;
    let place = |n: usize| sorted.iter().position(|(_, of)| *of == n);
    let mut out = Vec::new();
    for (number, n) in &sorted {
        // Without itself what stands behind it moves up.
        let at = match place(*n) {
            Some(own) if own <= middle && sorted.len().is_multiple_of(2) => middle + 1,
            Some(own) if own < middle => middle,
            _ => middle.min(sorted.len() - 2),
        };
        let median = sorted.get(at).map_or(0.0, |(median, _)| *median);
        if median > 0.0 && *number > FAR * median {
            out.push((*n, median));
        }
    }
    out
}

/// In what respect values are compared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Aspect {
    /// Its type, and of texts the sort.
    Sort,
    /// Below zero, zero, above.
    Sign,
    /// The host of an address or a locator.
    Host,
    /// The directory, so many levels deep.
    Directory(usize),
    /// Whether it holds this character.
    Holds(char),
    /// Everything.
    Value,
}

impl Aspect {
    fn why(&self, usual: &str, is: Option<&str>) -> Option<Safe> {
        let usual = safe_line(usual).clipped(60);
        Some(Safe::composed(match self {
            Aspect::Sort => format!("{}, the others {usual}", safe_line(is.unwrap_or("other"))),
            Aspect::Sign if !usual.as_str().is_empty() => {
                format!("{}, the others {usual}", safe_line(is.unwrap_or("no number")))
            }
            Aspect::Host if usual.as_str().is_empty() => "it names a host, the others do not".to_owned(),
            Aspect::Host => format!("another host than the others' {usual}"),
            Aspect::Directory(_) if usual.as_str().is_empty() => {
                "it names a directory, the others do not".to_owned()
            }
            Aspect::Directory(_) => format!("outside the others' directory {usual}"),
            Aspect::Sign => "it is a number, the others are not".to_owned(),
            // That it lacks what the others have is no danger.
            Aspect::Holds(c) => {
                is.filter(|is| *is == "yes")?;
                format!(
                    "it holds {}, which the others do not",
                    safe_line(&canonical_or_poison(&c.to_string()))
                )
            }
            Aspect::Value => format!("the others have {usual}"),
        }))
    }
}

/// What is seen of one value.
struct Seen {
    aspects: BTreeMap<Aspect, String>,
    number: Option<f64>,
}

impl Seen {
    fn of(value: &Value) -> Self {
        let mut aspects = BTreeMap::from([(Aspect::Value, canonical_or_poison(value))]);
        let mut number = value.as_f64();
        let sort = match value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(_) => "yes or no".to_owned(),
            Value::Number(_) => "a number".to_owned(),
            Value::Array(_) => "an empty list".to_owned(),
            Value::Object(_) => "an empty object".to_owned(),
            Value::String(text) => {
                let (sort, quantity) = sort_of(text);
                number = quantity;
                let is_prose = sort == "words";
                for c in STRONG.chars().chain(WEAK.chars().filter(|_| !is_prose)) {
                    let holds = if text.contains(c) { "yes" } else { "no" };
                    aspects.insert(Aspect::Holds(c), holds.to_owned());
                }
                if is_prose {
                    // Otherwise one in prose would look as if the others were lacking something.
                    WEAK.chars().for_each(|c| {
                        aspects.insert(Aspect::Holds(c), "no".to_owned());
                    });
                }
                aspects.extend(host(text).map(|host| (Aspect::Host, host)));
                for (depth, directory) in directories(text).into_iter().enumerate() {
                    aspects.insert(Aspect::Directory(depth), directory);
                }
                sort
            }
        };
        if let Some(number) = number {
            let sign = match number.partial_cmp(&0.0) {
                Some(std::cmp::Ordering::Less) => "below zero",
                Some(std::cmp::Ordering::Equal) => "zero",
                _ => "above zero",
            };
            aspects.insert(Aspect::Sign, sign.to_owned());
        }
        aspects.insert(Aspect::Sort, sort);
        Self { aspects, number }
    }
}

/// The sort of a text, and its number when it is one, with or without a unit.
fn sort_of(text: &str) -> (String, Option<f64>) {
    let plain = |sort: &str| (sort.to_owned(), None);
    if text.is_empty() {
        return plain("empty");
    }
    let digits =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
    if let Ok(number) = text[..digits].parse::<f64>() {
        let unit = &text[digits..];
        if unit.is_empty() {
            return ("a number as text".to_owned(), Some(number));
        }
        if unit.len() <= 4 && unit.chars().all(|c| c.is_ascii_alphabetic() || c == '%') {
            return (format!("a number of {unit}"), Some(number));
        }
    }
    if text.contains("://") {
        return plain("a locator");
    }
    if text.contains(char::is_whitespace) {
        return plain("words");
    }
    if text.starts_with('-') {
        return plain("an option");
    }
    if text.contains('@') {
        return plain("an address");
    }
    if text.starts_with('/') || text.starts_with('~') {
        return plain("a whole path");
    }
    if text.contains('/') {
        return plain("a path");
    }
    plain("a word")
}

/// The host a text names: of a locator with its scheme, of an address, or of a name with dots its last two parts.
fn host(text: &str) -> Option<String> {
    if text.contains(char::is_whitespace) {
        return None;
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        return Some(format!("{scheme}://{}", &rest[..end]).to_lowercase());
    }
    if let Some((_, host)) = text.rsplit_once('@') {
        return Some(host.to_lowercase());
    }
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok()) {
        return Some(format!("{}.{}.*", parts[0], parts[1]));
    }
    let is_name =
        |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let [.., second, last] = parts.as_slice() else { return None };
    let is_host = parts.iter().all(is_name) && last.chars().any(|c| c.is_ascii_alphabetic());
    is_host.then(|| format!("{second}.{last}").to_lowercase())
}

/// The directories a path is in, from the outermost on, each with those before it.
fn directories(text: &str) -> Vec<String> {
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None if text.contains(char::is_whitespace) => "",
        None => text,
    };
    let mut out = Vec::new();
    for (at, _) in path.match_indices('/').filter(|(at, _)| *at > 0) {
        out.push(path[..=at].to_owned());
    }
    out
}
