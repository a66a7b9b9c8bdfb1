//! What a request may be at most, what is switched off, and what is kept of what programs print, as the policy file
//! says it.

use super::Fault;
use crate::domain::document::Limits;
use crate::domain::policy::capabilities::{Capabilities, NAMES};
use crate::domain::policy::glob::Glob;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsForm {
    document: Option<Spanned<u64>>,
    steps: Option<Spanned<u64>>,
    depth: Option<Spanned<u64>>,
    params: Option<Spanned<u64>>,
    open_requests: Option<Spanned<u64>>,
    per_minute: Option<Spanned<u64>>,
}

impl LimitsForm {
    /// The limits that ship, with what is said otherwise: lower or higher, within what the program was tried with.
    pub(super) fn limits(self) -> Result<Limits, Fault> {
        let LimitsForm { document, steps, depth, params, open_requests, per_minute } = self;
        let within = |key: &str, said: Option<Spanned<u64>>, least: u64, most: u64, else_: u64| match said {
            None => Ok(else_),
            Some(said) if (least..=most).contains(said.get_ref()) => Ok(said.into_inner()),
            Some(said) => Err((said.span(), format!("limits.{key}: is {least} to {most}"))),
        };
        let size = |key: &str, said: Option<Spanned<u64>>, least: u64, most: u64, else_: usize| {
            let bytes = within(key, said, least, most, u64::try_from(else_).unwrap_or(most))?;
            Ok::<usize, Fault>(usize::try_from(bytes).unwrap_or(else_))
        };
        let ships = Limits::BUILT_IN;
        let minute = per_minute.is_some();
        Ok(Limits {
            document: size("document", document, 1 << 10, 8 << 20, ships.document)?,
            steps: size("steps", steps, 1, 2_000, ships.steps)?,
            depth: size("depth", depth, 1, 256, ships.depth)?,
            params: size("params", params, 256, 1 << 20, ships.params)?,
            open_requests: within("open_requests", open_requests, 1, 100_000, ships.open_requests)?,
            per_minute: Some(within("per_minute", per_minute, 0, 100_000, 0)?).filter(|_| minute),
            ..ships
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OutputForm {
    redact: Vec<Spanned<Glob>>,
}

/// How many words a policy may name: each is looked for in every word that is printed.
const MOST_WORDS: usize = 100;

impl OutputForm {
    /// The words that are taken out of what programs print.
    pub(super) fn words(self) -> Result<Vec<Glob>, Fault> {
        if let Some(over) = self.redact.get(MOST_WORDS) {
            return Err((over.span(), format!("output.redact: at most {MOST_WORDS} patterns")));
        }
        let mut out = Vec::with_capacity(self.redact.len());
        for glob in self.redact {
            let (span, glob) = (glob.span(), glob.into_inner());
            let letters = glob.as_str().chars().filter(|c| !matches!(c, '*' | '?')).count();
            if letters < 3 || glob.as_str().contains(char::is_whitespace) {
                let why =
                    "output.redact: a pattern stands for one word, and names three characters of it at least";
                return Err((span, why.to_owned()));
            }
            out.push(glob);
        }
        Ok(out)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CapabilityForm {
    enabled: bool,
}

/// What is switched on. A name that switches nothing is a fault: it would look as if it did.
pub(super) fn capabilities(said: BTreeMap<Spanned<String>, CapabilityForm>) -> Result<Capabilities, Fault> {
    let mut out = Capabilities::BUILT_IN;
    for (name, CapabilityForm { enabled }) in said {
        match name.get_ref().as_str() {
            "deploy_production" => out.deploy_production = enabled,
            other => {
                let why = format!("capabilities: `{other}` switches nothing; known: {}", NAMES.join(", "));
                return Err((name.span(), why));
            }
        }
    }
    Ok(out)
}
