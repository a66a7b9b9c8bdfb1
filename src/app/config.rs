//! The settings file: TOML, every key known, every error with its line. `assets/config.toml` shows all of them.

use crate::domain::filter::Filter;
use crate::domain::names::Identifier;
use crate::domain::text::safe_line;
use crate::store::failure::Failure;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The settings, all of which have a default.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the store is, unless `--store` says otherwise.
    pub store: Option<PathBuf>,
    /// What holds in a solo store.
    pub solo: Solo,
    /// How much room is kept on the disk.
    pub disk: Disk,
    /// What one producer may ask.
    pub limits: Limits,
    /// Filters with a name: `:view NAME` on the screen.
    pub views: BTreeMap<Identifier, View>,
    /// How the screen looks and calls.
    pub screen: Screen,
    /// How approved commands are run.
    pub run: Run,
    /// How somebody is told.
    #[serde(rename = "channel")]
    pub channels: Vec<crate::app::channels::Channel>,
    /// When something is wrong with the place as a whole.
    pub alerts: crate::app::alarms::Alerts,
    /// How long is kept what may be forgotten.
    pub retention: crate::app::keeping::Retention,
    /// The keys of each scope, as they stand in the file.
    keys: BTreeMap<String, BTreeMap<String, Spanned<Vec<String>>>>,
    /// The same with their lines, for whoever knows what the names mean.
    #[serde(skip)]
    pub rebindings: Vec<Rebinding>,
    /// The file it came from.
    #[serde(skip)]
    path: Option<PathBuf>,
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

/// What one producer may ask, beside what every document keeps to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// New requests of one producer within a minute; 0 is no limit.
    pub per_minute: u64,
}

impl Default for Limits {
    /// More than a producer may have open at once, so that only one whose requests are closed as fast as it asks meets it.
    fn default() -> Self {
        Self { per_minute: 1_200 }
    }
}

/// How much room is kept on the store's disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Disk {
    /// Mebibytes taken beforehand, so that decisions can be stored on a full disk; 0 takes none.
    pub reserve_mib: u16,
    /// Mebibytes below which new requests and comments are refused.
    pub keep_free_mib: u16,
}

impl Default for Disk {
    fn default() -> Self {
        Self { reserve_mib: 4, keep_free_mib: 16 }
    }
}

impl Disk {
    /// The same in bytes.
    pub fn room(self) -> crate::store::reserve::Room {
        let bytes = |mib: u16| u64::from(mib) << 20;
        crate::store::reserve::Room { reserve: bytes(self.reserve_mib), keep_free: bytes(self.keep_free_mib) }
    }
}

/// How the screen looks and calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Screen {
    /// Which of the built-in themes.
    pub theme: ThemeName,
    /// Whether nothing but ASCII is drawn.
    pub ascii: bool,
    /// Whether the window's title tells how many wait.
    pub title: bool,
    /// Whether the terminal's bell is rung when something urgent begins to wait.
    pub bell: bool,
    /// Whether the terminal is asked to say so on the desktop too (OSC 9).
    pub desktop: bool,
    /// The mouse stays the terminal's own.
    pub mouse: Mouse,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            theme: ThemeName::Sixteen,
            ascii: false,
            title: true,
            bell: true,
            desktop: false,
            mouse: Mouse::Off,
        }
    }
}

/// How approved commands are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Run {
    /// How long one step may take, in seconds.
    pub limit_s: u32,
    /// How long it has to end by itself when it is told to, in seconds, before it is ended.
    pub grace_s: u32,
}

impl Default for Run {
    fn default() -> Self {
        Self { limit_s: 600, grace_s: 5 }
    }
}

/// The themes that are built in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeName {
    /// The sixteen colours of the terminal's own palette.
    Sixteen,
    /// No colour.
    Mono,
    /// Blue and orange.
    ColourBlind,
    /// Finer shades, where the terminal says that it has them.
    Truecolor,
}

/// What the mouse does: nothing, so that selecting and copying stay the terminal's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mouse {
    /// Nothing.
    Off,
}

/// Other keys for one action in one scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rebinding {
    /// The scope's name.
    pub scope: String,
    /// The action's name.
    pub action: String,
    /// The names of the keys.
    pub keys: Vec<String>,
    /// Where it stands in the file.
    pub line: usize,
}

/// Reads a flat table of words, as the themes are.
///
/// # Errors
/// The reason, with line and column.
pub fn words_by_name(text: &str) -> Result<BTreeMap<String, String>, String> {
    toml::from_str(text).map_err(|e| e.to_string().trim_end().replace('\n', "; "))
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
        let text = std::fs::read_to_string(&path).map_err(reading)?;
        let nothing_yet = Self { path: Some(path), ..Self::default() };
        let parsed = Self::parse(&text).map_err(|why| nothing_yet.wrong(&why))?;
        Ok(Self { path: nothing_yet.path, ..parsed })
    }

    /// What is wrong with the file, for whoever knows better what its words mean.
    pub fn wrong(&self, why: &str) -> Failure {
        let path = self.path.as_deref().unwrap_or(Path::new("")).display();
        Failure::invalid(format!("the settings {path} are not valid: {why}"), "mend that line")
    }

    /// Reads the settings from text.
    ///
    /// # Errors
    /// The reason, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parsed: Self =
            toml::from_str(text).map_err(|e| e.to_string().trim_end().replace('\n', "; "))?;
        let line = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        for (scope, actions) in &parsed.keys {
            parsed.rebindings.extend(actions.iter().map(|(action, keys)| Rebinding {
                scope: scope.clone(),
                action: action.clone(),
                keys: keys.get_ref().clone(),
                line: line(keys.span().start),
            }));
        }
        parsed.rebindings.sort_by_key(|rebinding| rebinding.line);
        Ok(parsed)
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
        let Config {
            store,
            solo: Solo { self_review },
            disk,
            limits,
            views,
            screen,
            run,
            channels,
            alerts,
            retention,
            keys,
            rebindings,
            path,
        } = parsed;
        assert_eq!(limits, Limits::default());
        assert_eq!(disk.room(), crate::store::reserve::Room::BUILT_IN, "the defaults are said once");
        assert_eq!(retention, Default::default(), "how long things are kept stands there with its default");
        assert_eq!(alerts, Default::default(), "every limit of an alarm stands there with its default");
        assert_eq!(run, Run::default(), "every setting of running stands there with its default");
        assert!(store.is_some() && !self_review && path.is_none() && views.len() == 1);
        assert_eq!(screen, Screen::default(), "every setting of the screen stands there with its default");
        for setting in ["theme", "ascii", "title", "bell", "mouse", "desktop", "limit_s", "grace_s"] {
            assert!(shown.contains(&format!("\n{setting} = ")), "{setting}");
        }
        assert_eq!((keys.len(), rebindings.len()), (1, 1));
        let names: Vec<&str> = channels.iter().map(|channel| channel.name.as_str()).collect();
        assert_eq!(names, ["calyx", "pager", "hook", "mail"], "one of each kind");
        assert_eq!(Config::parse(SAMPLE), Ok(Config::default()), "the sample as it stands changes nothing");
    }

    #[test]
    fn a_rebinding_knows_its_line() {
        let config = Config::parse("[keys.list]\n\napprove = [\"x\"]\n[keys.detail]\ndown = []\n").unwrap();
        let lines: Vec<(&str, usize)> =
            config.rebindings.iter().map(|r| (r.action.as_str(), r.line)).collect();
        assert_eq!(lines, [("approve", 3), ("down", 5)]);
    }

    #[test]
    fn the_mouse_is_off_and_there_are_four_themes() {
        assert!(Config::parse("[screen]\nmouse = \"off\"\ntheme = \"colour-blind\"\n").is_ok());
        for (wrong, named) in [("mouse = \"on\"", "`off`"), ("theme = \"neon\"", "`truecolor`")] {
            let said = Config::parse(&format!("[screen]\n{wrong}\n")).unwrap_err();
            assert!(said.contains("line 2") && said.contains(named), "{said}");
        }
    }

    #[test]
    fn a_channel_says_what_it_lacks_and_what_is_not_its_own() {
        let wrong =
            |lines: &str| Config::parse(&format!("[[channel]]\nname = \"x\"\n{lines}\n")).unwrap_err();
        for (lines, told) in [
            ("kind = \"exec\"", "command is missing"),
            ("kind = \"exec\"\ncommand = [\"page\"]", "absolute path"),
            ("kind = \"exec\"\ncommand = [\"/bin/true\"]\nurl = \"https://x\"", "url is not for"),
            ("kind = \"webhook\"\nurl = \"ftp://x\"\nsecret_file = \"/k\"", "https://"),
            ("kind = \"webhook\"\nurl = \"https://x\"", "secret_file is missing"),
            ("kind = \"mail\"\nfrom = \"a@b\"\nto = \"x y@z\"", "no address"),
            ("kind = \"flag\"", "dir is missing"),
            ("kind = \"flag\"\ndir = \"/d\"\nonly = [\"gossip\"]", "deadline_risk"),
            ("kind = \"pigeon\"", "`webhook`"),
        ] {
            let said = wrong(lines);
            assert!(said.contains(told), "{lines}: {said}");
        }
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
