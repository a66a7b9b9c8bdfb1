//! The settings file: TOML, every key known, every error with its line. `assets/config.toml` shows all of them.

use crate::store::failure::Failure;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The settings, all of which have a default.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the store is, unless `--store` says otherwise.
    pub store: Option<PathBuf>,
    /// What holds in a solo store.
    pub solo: Solo,
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
        let Config { store, solo: Solo { self_review } } = parsed;
        assert!(store.is_some() && !self_review);
        assert_eq!(Config::parse(SAMPLE), Ok(Config::default()), "the sample as it stands changes nothing");
    }

    #[test]
    fn an_unknown_setting_is_an_error_with_its_line() {
        let said = Config::parse("[solo]\nself_reviw = true\n").unwrap_err();
        assert!(said.contains("line 2") && said.contains("self_reviw"), "{said}");
        assert!(Config::parse("default_action = \"auto_approve\"\n").is_err());
    }
}
