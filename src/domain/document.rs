//! The native request document: reading it, and refusing what is not valid with the field and the reason.

use crate::domain::canon;
use crate::domain::content::{Content, Kind};
use crate::domain::invalid::Invalid;
use crate::domain::late;
use crate::domain::names::{BadName, PrincipalName, Reference, RequestId};
use crate::domain::needs;
use crate::domain::step::Step;
use crate::domain::text::Text;
use serde_json::Value;
use std::collections::BTreeSet;

/// What a request may be at most. A policy can change them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of a whole document.
    pub document: usize,
    /// Steps in one request.
    pub steps: usize,
    /// How many steps one chain of needs may be long.
    pub depth: usize,
    /// How deep a document may nest as JSON.
    pub json: usize,
    /// Bytes of one step's parameters in canonical form.
    pub params: usize,
    /// Bytes of one prose field.
    pub prose: usize,
    /// Bytes of a title or a label.
    pub title: usize,
    /// Entries in `labels`, `options`, `evidence`, `tiers` and one command.
    pub entries: usize,
    /// Open requests of one producer.
    pub open_requests: u64,
    /// New requests of one producer within a minute, 0 for no limit; nothing: as the settings say.
    pub per_minute: Option<u64>,
}

impl Limits {
    /// The built-in limits.
    pub const BUILT_IN: Limits = Limits {
        document: 1 << 20,
        steps: 500,
        depth: 64,
        json: canon::DEEPEST,
        params: 64 << 10,
        prose: 16 << 10,
        title: 400,
        entries: 256,
        open_requests: 1_000,
        per_minute: None,
    };
}

/// A document as it was read: the content, and who the producer says asks under which reference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// The producer named by the document.
    pub by: Option<PrincipalName>,
    /// The producer's own name for it.
    pub reference: Option<Reference>,
    /// The closed request whose work it goes on with. Not part of the content, and in no digest.
    pub continues: Option<RequestId>,
    /// What is asked.
    pub content: Content,
}

/// Reads and checks a document.
///
/// # Errors
/// [`Invalid`] naming the field: not JSON, unknown or duplicate key, unknown value, unknown step, cycle, or a limit.
pub fn read(text: &[u8], limits: &Limits) -> Result<Document, Invalid> {
    if text.len() > limits.document {
        return Err(Invalid::new(
            "document",
            format!("{} bytes; at most {} are taken", text.len(), limits.document),
        ));
    }
    from_value(canon::read_within(text, limits.json).map_err(|e| Invalid::new("document", e.0))?, limits)
}

/// Checks a document that is already a JSON value (an importer's product, or a line that was split off).
///
/// # Errors
/// As [`read`].
pub fn from_value(value: Value, limits: &Limits) -> Result<Document, Invalid> {
    let Value::Object(mut object) = value else {
        return Err(Invalid::new("document", "must be a JSON object such as {\"kind\": \"plan\", …}"));
    };
    let by = take_name(&mut object, "by", PrincipalName::new)?;
    if by == Some(PrincipalName::system()) {
        return Err(Invalid::new("by", "the name system is taken"));
    }
    let reference = take_name(&mut object, "ref", Reference::new)?;
    let continues = take_name(&mut object, "continues", |text| {
        RequestId::parse(&text).ok_or(BadName("must be the number of a request, such as \"R-17\""))
    })?;
    let content: Content = serde_path_to_error::deserialize(Value::Object(object)).map_err(|e| {
        let path = e.path().to_string();
        Invalid::new(if path == "." { "document" } else { &path }, e.inner().to_string())
    })?;
    check(&content, limits)?;
    Ok(Document { by, reference, continues, content })
}

fn take_name<T>(
    object: &mut serde_json::Map<String, Value>,
    key: &str,
    make: impl Fn(String) -> Result<T, crate::domain::names::BadName>,
) -> Result<Option<T>, Invalid> {
    match object.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => make(text).map(Some).map_err(|e| Invalid::new(key, e.0)),
        Some(_) => Err(Invalid::new(key, "must be a string")),
    }
}

/// Checks what the types do not already guarantee.
///
/// # Errors
/// [`Invalid`] for the first field that breaks a rule or a limit.
pub fn check(content: &Content, limits: &Limits) -> Result<(), Invalid> {
    title("title", &content.title, limits)?;
    if content.title.is_blank() {
        return Err(Invalid::new("title", "is empty; say in one line what is asked"));
    }
    prose("summary", &content.summary, limits)?;
    for (key, value) in &content.labels {
        title(&format!("labels.{key}"), value, limits)?;
    }
    entries("labels", content.labels.len(), limits)?;
    entries("options", content.options.len(), limits)?;
    entries("evidence", content.evidence.len(), limits)?;
    for (n, option) in content.options.iter().enumerate() {
        title(&format!("options[{n}]"), option, limits)?;
    }
    for (n, evidence) in content.evidence.iter().enumerate() {
        title(&format!("evidence[{n}].label"), &evidence.label, limits)?;
        prose(&format!("evidence[{n}].locator"), &evidence.locator, limits)?;
        let digest = evidence.sha256.as_ref();
        if digest.is_some_and(|d| crate::domain::digest::unhex(d.raw()).is_none()) {
            return Err(Invalid::new(
                format!("evidence[{n}].sha256"),
                "must be 64 lower-case hexadecimal digits",
            ));
        }
    }
    check_shape(content)?;
    if content.steps.len() > limits.steps {
        return Err(Invalid::new(
            "steps",
            format!("{} steps; at most {}", content.steps.len(), limits.steps),
        ));
    }
    let mut seen = BTreeSet::new();
    for (n, step) in content.steps.iter().enumerate() {
        check_step(&format!("steps[{n}]"), step, limits)?;
        if !seen.insert(&step.id) {
            return Err(Invalid::new(format!("steps[{n}].id"), format!("{} appears twice", step.id)));
        }
    }
    needs::check(&content.steps, limits.depth)?;
    late::check(&content.steps)
}

/// Which fields belong to which kind.
fn check_shape(content: &Content) -> Result<(), Invalid> {
    let kind = content.kind;
    if kind == Kind::Plan && content.steps.is_empty() {
        return Err(Invalid::new("steps", "a plan needs at least one step"));
    }
    if !content.steps.is_empty() && !kind.is_executed() {
        return Err(Invalid::new("steps", format!("a {kind} has no steps; only a plan or a deployment has")));
    }
    if !content.options.is_empty() && kind != Kind::Question {
        return Err(Invalid::new("options", format!("a {kind} has no options; only a question has")));
    }
    if !content.tiers.is_empty() {
        if !matches!(kind, Kind::Deployment | Kind::Promotion) {
            return Err(Invalid::new(
                "tiers",
                format!("a {kind} has no tiers; only a deployment or promotion has"),
            ));
        }
        let rising = content.tiers.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising || content.tiers.iter().any(|t| !(1..=100).contains(t)) {
            return Err(Invalid::new(
                "tiers",
                "must be rising percentages from 1 to 100, such as [5, 25, 100]",
            ));
        }
    }
    Ok(())
}

fn check_step(at: &str, step: &Step, limits: &Limits) -> Result<(), Invalid> {
    title(&format!("{at}.title"), &step.title, limits)?;
    if let Some(expected) = &step.expected {
        prose(&format!("{at}.expected"), expected, limits)?;
    }
    let params = canon::canonical_or_poison(&step.params);
    if params.len() > limits.params {
        return Err(Invalid::new(
            format!("{at}.params"),
            format!("{} bytes; at most {} a step", params.len(), limits.params),
        ));
    }
    for (name, command) in [("run", &step.run), ("undo", &step.undo)] {
        let Some(command) = command else { continue };
        let at = format!("{at}.{name}");
        entries(&at, command.len(), limits)?;
        if !command.first().is_some_and(|program| program.raw().starts_with('/')) {
            return Err(Invalid::new(at, "must be an argument array that begins with an absolute path"));
        }
        for (n, argument) in command.iter().enumerate() {
            if argument.raw().contains('\0') {
                return Err(Invalid::new(format!("{at}[{n}]"), "holds a NUL, which no argument can"));
            }
            prose(&format!("{at}[{n}]"), argument, limits)?;
        }
    }
    Ok(())
}

fn title(field: &str, text: &Text, limits: &Limits) -> Result<(), Invalid> {
    at_most(field, text, limits.title)
}

fn prose(field: &str, text: &Text, limits: &Limits) -> Result<(), Invalid> {
    at_most(field, text, limits.prose)
}

fn at_most(field: &str, text: &Text, most: usize) -> Result<(), Invalid> {
    if text.size() > most {
        return Err(Invalid::new(field, format!("{} bytes; at most {most}", text.size())));
    }
    Ok(())
}

fn entries(field: &str, count: usize, limits: &Limits) -> Result<(), Invalid> {
    if count > limits.entries {
        return Err(Invalid::new(field, format!("{count} entries; at most {}", limits.entries)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(document: &str) -> String {
        read(document.as_bytes(), &Limits::BUILT_IN).expect_err(document).to_string()
    }

    #[test]
    fn a_document_names_the_field_that_is_wrong() {
        let plan = |step: &str| {
            format!(r#"{{"kind":"plan","title":"t","steps":[{{"id":"a","action":"x"{step}}}]}}"#)
        };
        assert!(
            refused(&plan(r#","needs":[{"step":"a","effect":"blok"}]"#))
                .starts_with("steps[0].needs[0].effect: unknown variant `blok`")
        );
        assert!(refused(&plan(r#","colour":1"#)).starts_with("steps[0].colour: unknown field `colour`"));
        assert!(refused(&plan(r#","run":["rm"]"#)).starts_with("steps[0].run: must be an argument array"));
        assert!(refused(&plan(r#","run":[]"#)).starts_with("steps[0].run"));
        assert!(refused(r#"{"kind":"plan","title":"t"}"#).starts_with("steps: a plan needs"));
        assert!(refused(r#"{"kind":"gate","title":" \u200b"}"#).starts_with("title: is empty"));
        assert!(refused(r#"{"kind":"gate","title":"t","by":"Alice"}"#).starts_with("by: must be 1 to 64"));
        assert!(
            refused(r#"{"kind":"gate","title":"t","state":"approved"}"#).contains("unknown field `state`")
        );
        assert!(
            refused(r#"{"kind":"deployment","title":"t","tiers":[25,5]}"#)
                .starts_with("tiers: must be rising")
        );
        assert!(refused("[]").starts_with("document: must be a JSON object"));
    }

    #[test]
    fn an_escape_in_a_wrong_value_comes_back_as_a_mark() {
        let said = refused("{\"kind\":\"pl\\u001b[2Jan\",\"title\":\"t\"}");
        assert!(said.contains("⟨ESC⟩[2J"), "{said}");
    }

    #[test]
    fn a_limit_names_its_field_and_its_number() {
        let big = format!(r#"{{"kind":"gate","title":"{}"}}"#, "x".repeat(401));
        assert_eq!(refused(&big), "title: 401 bytes; at most 400");
        let huge = format!("\"{}\"", "x".repeat(1 << 20));
        assert!(refused(&huge).starts_with("document: 1048578 bytes"));
    }
}
