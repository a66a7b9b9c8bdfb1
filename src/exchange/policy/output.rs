//! What is kept of what programs print, as the policy file says it.

use super::Fault;
use crate::domain::policy::glob::Glob;
use serde::Deserialize;
use toml::Spanned;

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
