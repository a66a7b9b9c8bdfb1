//! "May I continue?": requests that ask for nothing. An agent that was told to do something need not ask whether to go
//! on, nor whether somebody wants to look at what can be looked at any time.

use crate::domain::content::{Content, Kind};
use crate::domain::policy::glob::{Glob, fits};
use crate::domain::policy::seed;
use serde::{Deserialize, Serialize};

/// A request that should not have been made, as it stands in its assessment.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// Which pattern says so.
    pub rule: String,
}

/// A name for phrases.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// The name.
    pub name: String,
    /// What the title and summary must contain, as globs on the whole of both.
    pub phrases: Vec<Glob>,
}

/// How such requests are recognised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asks {
    /// Whether the phrases that ship hold too.
    pub builtin: bool,
    /// The policy's own.
    pub patterns: Vec<Pattern>,
}

impl Asks {
    /// What ships.
    pub const BUILT_IN: Asks = Asks { builtin: true, patterns: Vec::new() };

    /// Whether this is no decision. Never when it is sensitive, or offers more than yes and no: to hide a decision
    /// would be worse than to show a question too many.
    pub fn recognise(&self, content: &Content, sensitive: bool) -> Option<Violation> {
        if sensitive || !matches!(content.kind, Kind::Question | Kind::Gate) || offers_a_choice(content) {
            return None;
        }
        let said = format!("{} {}", content.title.raw(), content.summary.raw()).to_lowercase();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let builtin =
            [("built-in: asks to go on", &seed::GO_ON[..]), ("built-in: asks for a look", &seed::LOOK_AT)];
        let shipped = builtin
            .into_iter()
            .find(|(_, phrases)| self.builtin && phrases.iter().any(|phrase| fits(phrase, &said)))
            .map(|(name, _)| name.to_owned());
        let own = || {
            let fits = |pattern: &&Pattern| pattern.phrases.iter().any(|phrase| phrase.fits(&said));
            self.patterns.iter().find(fits).map(|pattern| pattern.name.clone())
        };
        shipped.or_else(own).map(|rule| Violation { rule })
    }
}

fn offers_a_choice(content: &Content) -> bool {
    const YES_AND_NO: [&str; 9] =
        ["yes", "no", "continue", "proceed", "stop", "wait", "go on", "ok", "cancel"];
    let said = |text: &str| text.trim().trim_end_matches(['.', '!']).to_lowercase();
    !content.options.iter().all(|option| YES_AND_NO.contains(&said(option.raw()).as_str()))
}
