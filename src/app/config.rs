//! The settings file: TOML, every key known, every error with its line. `assets/config.toml` shows all of them.

use crate::domain::filter::Filter;
use crate::domain::names::Identifier;
use crate::domain::text::safe_line;
use crate::store::failure::Failure;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The settings, all of which have a default.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the store is, unless `--store` says otherwise.
    pub store: Option<PathBuf>,
    /// What holds in a solo store.
    pub solo: Solo,
    /// Filters with a name: `:view NAME` on the screen.
    pub views: BTreeMap<Identifier, View>,
}

/// A filter, as it would be typed.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct View(String);

impl View {
    /// As it would be typed.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for View {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match Filter::parse(&text)? {
            filter if filter.is_empty() => Err("a view filters for something".to_owned()),
            _ if safe_line(&text).as_str() != text => {
                Err("a view has no control or hidden characters".to_owned())
            }
            _ => Ok(Self(text)),
        }
    }
}

/// Settings of a solo store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Solo {
    /// Whether you may decide on what you asked for yourself.
    pub self_review: bool,
}

impl Config {
    /// Reads the file that was named, or the user's own when it exists.
    ///
    /// # Errors
    /// A named file that is not there, or a key or value that is not known, with its line.
    pub fn read(named: Option<&Path>) -> Result<Self, Failure> {
        let own =
            directories::ProjectDirs::from("", "", "countersign").map(|d| d.config_dir().join("config.toml"));
        let path = match (named, own) {
            (Some(path), _) => path.to_path_buf(),
            (None, Some(path)) if path.exists() => path,
            (None, _) => return Ok(Self::default()),
        };
        let reading =
            |e| Failure::io(format!("reading the settings {}", path.display()), e, "check the path");
        Self::parse(&std::fs::read_to_string(&path).map_err(reading)?).map_err(|why| {
            Failure::invalid(
                format!("the settings {} are not valid: {why}", path.display()),
                "mend that line",
            )
        })
    }

    /// Reads the settings from text.
    ///
    /// # Errors
    /// The reason, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.to_string().trim_end().replace('\n', "; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../assets/config.toml");

    #[test]
    fn every_setting_is_in_the_sample_and_the_sample_parses() {
        let shown: String =
            SAMPLE.lines().map(|l| l.strip_prefix("# ").unwrap_or(l)).fold(String::new(), |all, line| {
                let is_setting = line.contains(" = ") || line.starts_with('[');
                if is_setting { format!("{all}{line}\n") } else { all }
            });
        let parsed = Config::parse(&shown).expect("the sample's settings");
        let Config { store, solo: Solo { self_review }, views } = parsed;
        assert!(store.is_some() && !self_review && views.len() == 1);
        assert_eq!(Config::parse(SAMPLE), Ok(Config::default()), "the sample as it stands changes nothing");
    }

    #[test]
    fn an_unknown_setting_is_an_error_with_its_line() {
        let said = Config::parse("[solo]\nself_reviw = true\n").unwrap_err();
        assert!(said.contains("line 2") && said.contains("self_reviw"), "{said}");
        let said = Config::parse("[views]\nmine = \"risk:high\"\nodd = \"colour:red\"\n").unwrap_err();
        assert!(said.contains("line 3") && said.contains("there is no such field"), "{said}");
        assert!(Config::parse("[views]\n\"A b\" = \"x\"\n").is_err());
        assert!(Config::parse("[views]\nall = \"\"\n").is_err());
        assert!(Config::parse("default_action = \"auto_approve\"\n").is_err());
    }
}
