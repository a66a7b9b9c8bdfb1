//! What a policy can switch off as a whole, whoever signs, and within which paths it may work: the capability matrix.

use crate::domain::content::{Content, Kind};
use crate::domain::policy::glob::{self, Glob, any_or_empty};
use crate::domain::policy::risk::Place;
use crate::domain::request::Request;
use crate::domain::step::Step;
use crate::domain::text::{Text, safe_line};
use serde_json::Value;

/// The capability whose requests are known without saying: deployments and promotions to production.
pub const DEPLOY_PRODUCTION: &str = "deploy_production";

/// How far a phase of work has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Not there yet: nothing of it can be on.
    Pending,
    /// There.
    Implemented,
}

impl Status {
    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Implemented => "implemented",
        }
    }
}

/// Which requests a capability is about; what is empty asks nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Covers {
    /// Kinds.
    pub kind: Vec<Kind>,
    /// Where.
    pub place: Place,
    /// Actions, of any of the steps.
    pub action: Vec<Glob>,
}

impl Covers {
    /// Whether it is about a request of this kind. What cannot be looked at any more could have been anything.
    fn holds(&self, kind: Kind, content: Option<&Content>) -> bool {
        let inside = |content: &Content| {
            let acts =
                content.steps.iter().any(|step| any_or_empty(&self.action, Some(step.action.as_str())));
            self.place.holds(&content.target) && (self.action.is_empty() || acts)
        };
        (self.kind.is_empty() || self.kind.contains(&kind)) && content.is_none_or(inside)
    }
}

/// One place where something may work: a pattern of absolute paths, or of locators such as `k8s://prod/*`.
///
/// `*` stands for any run of characters, also across `/`; upper and lower case are two.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope(String);

/// The longest pattern of a scope, in bytes.
const LONGEST: usize = 400;

impl Scope {
    /// Reads a pattern.
    ///
    /// # Errors
    /// The reason, as a clause.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST || text.chars().any(|c| crate::domain::text::is_marked(c) || c == ' ') {
            return Err(format!("a place has 1 to {LONGEST} visible bytes without blanks"));
        }
        match spoken(text) {
            Some(Spoken::Path(path)) if text.starts_with('/') => match tidy(&path) {
                Some(path) if path == text => Ok(Self(path)),
                Some(path) => Err(format!("`{}` is written `{}`", safe_line(text), safe_line(&path))),
                None => Err(format!("`{}` leads out of itself by `..`", safe_line(text))),
            },
            Some(Spoken::Path(_)) => Err(format!(
                "`{}`: a path begins with `/`, and stands without `fs://` or `file://`",
                safe_line(text)
            )),
            Some(Spoken::Elsewhere { .. }) => Ok(Self(text.to_owned())),
            None => {
                Err(format!("`{}` is neither an absolute path nor of the form name://…", safe_line(text)))
            }
        }
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before `://`; nothing for a path.
    fn scheme(&self) -> Option<&str> {
        self.0.split_once("://").map(|(scheme, _)| scheme)
    }
}

/// One capability.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capability {
    /// Its name.
    pub name: String,
    /// Whether it is on.
    pub enabled: bool,
    /// The phase of work it belongs to.
    pub phase: Option<String>,
    /// How far that phase has come.
    pub status: Option<Status>,
    /// Which requests it is about.
    pub covers: Covers,
    /// Where it may work; empty: anywhere.
    pub scope: Vec<Scope>,
}

/// What is switched on, and within which paths. Everything is, until a policy says otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Every capability the policy names.
    pub list: Vec<Capability>,
}

/// What a text names: a path, or a place elsewhere.
enum Spoken {
    Path(String),
    Elsewhere { scheme: String },
}

/// What one word names, if it is a place at all: `/a/b`, `~/x`, `./x`, `../x`, `a/../b`, or `name://…`.
fn spoken(word: &str) -> Option<Spoken> {
    if let Some((scheme, rest)) = word.split_once("://") {
        let is_name = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'));
        return match scheme.to_ascii_lowercase().as_str() {
            "fs" | "file" => Some(Spoken::Path(format!("/{rest}"))),
            scheme if is_name => Some(Spoken::Elsewhere { scheme: scheme.to_owned() }),
            _ => Some(Spoken::Path(word.to_owned())),
        };
    }
    let is_path = word.starts_with(['/', '~']) || word.split('/').any(|part| matches!(part, "." | ".."));
    is_path.then(|| Spoken::Path(word.to_owned()))
}

/// An absolute path without `.` and doubled `/`; nothing for one that is relative, or leads up again.
fn tidy(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    for part in path.strip_prefix('/')?.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            part => {
                out.push('/');
                out.push_str(part);
            }
        }
    }
    Some(if out.is_empty() { "/".to_owned() } else { out })
}

impl Capability {
    /// A place that `text` names and the scope does not have.
    fn outside_in(&self, text: &str) -> Option<String> {
        let apart =
            |c: char| c.is_whitespace() || matches!(c, '=' | ',' | ';' | '\'' | '"' | '`' | '(' | ')');
        text.split(apart).find_map(|word| {
            let parts: Vec<&str> = if word.contains("://") { vec![word] } else { word.split(':').collect() };
            parts.into_iter().find(|part| self.is_outside(part)).map(str::to_owned)
        })
    }

    fn is_outside(&self, word: &str) -> bool {
        let paths = || self.scope.iter().filter(|scope| scope.scheme().is_none());
        match spoken(word) {
            None => false,
            // A value that is filled in later could lead anywhere.
            Some(Spoken::Path(path)) => match tidy(&path).filter(|path| !path.contains("{{")) {
                Some(path) => !paths().any(|scope| glob::fits(&scope.0, &path)),
                None => true,
            },
            // Another kind of place is closed where the scope speaks of that kind: a link to a page is no place to work in.
            Some(Spoken::Elsewhere { scheme }) => {
                let mut same =
                    self.scope.iter().filter(|scope| scope.scheme() == Some(scheme.as_str())).peekable();
                let climbs = word.split('/').any(|part| part == "..") || word.contains("{{");
                same.peek().is_some() && (climbs || !same.any(|scope| glob::fits(&scope.0, word)))
            }
        }
    }

    /// The first place outside the scope that these parameters and this command name. The program itself, which stands
    /// first in a command, is none: which program runs is what is signed.
    fn outside<'a>(
        &self,
        params: impl Iterator<Item = &'a Value>,
        commands: impl Iterator<Item = &'a Vec<Text>>,
    ) -> Option<String> {
        if self.scope.is_empty() {
            return None;
        }
        let in_params = params.into_iter().find_map(|value| self.outside_value(value));
        in_params.or_else(|| {
            commands
                .into_iter()
                .flat_map(|argv| argv.iter().skip(1))
                .find_map(|text| self.outside_in(text.raw()))
        })
    }

    /// Reading refused what nests deeply, so the recursion is shallow.
    fn outside_value(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => self.outside_in(text),
            Value::Array(entries) => entries.iter().find_map(|entry| self.outside_value(entry)),
            Value::Object(members) => members
                .iter()
                .find_map(|(key, value)| self.outside_in(key).or_else(|| self.outside_value(value))),
            _ => None,
        }
    }

    fn refuses(&self, step: &Step, place: &str) -> String {
        format!(
            "step {} names {}, and policy lets `{}` work only in {}",
            step.id,
            safe_line(place).clipped(200),
            self.name,
            self.scope.iter().map(|scope| safe_line(&scope.0).to_string()).collect::<Vec<_>>().join(", ")
        )
    }
}

impl Capabilities {
    /// What holds without an adopted policy.
    pub const BUILT_IN: Capabilities = Capabilities { list: Vec::new() };

    /// What is asked of requests of this kind and content.
    fn over<'a>(&'a self, kind: Kind, content: Option<&'a Content>) -> impl Iterator<Item = &'a Capability> {
        self.list.iter().filter(move |capability| capability.covers.holds(kind, content))
    }

    /// Why nothing of `request` may be let run, as a clause; nothing when it may.
    pub fn forbid(&self, request: &Request) -> Option<String> {
        let content = request.content.as_deref();
        self.over(request.kind(), content).find_map(|capability| {
            let name = &capability.name;
            if !capability.enabled {
                let what = match name.as_str() {
                    DEPLOY_PRODUCTION => "nothing is deployed to production",
                    _ => "nothing that it covers is signed off or begun",
                };
                return Some(format!("policy has switched `{name}` off: {what} until it is on again"));
            }
            let steps = &content?.steps;
            steps.iter().find_map(|step| {
                let place = capability.outside(step.params.values(), step.run.iter().chain(&step.undo));
                place.map(|place| capability.refuses(step, &place))
            })
        })
    }

    /// Why a step may not be begun with the values that came in late, as a clause.
    pub fn forbid_filled<'a>(
        &self,
        content: &Content,
        step: &Step,
        params: impl Iterator<Item = &'a Value> + Clone,
        command: Option<&'a Vec<Text>>,
    ) -> Option<String> {
        self.over(content.kind, Some(content)).find_map(|capability| {
            let place = capability.outside(params.clone(), command.into_iter());
            place.map(|place| capability.refuses(step, &place))
        })
    }

    /// The first of `paths` outside the scope of what is asked of such content, as a clause: for what works on paths that
    /// stand in the policy and not in the request, such as a driver's directories.
    pub fn forbid_paths<'a>(
        &self,
        content: &Content,
        paths: impl Iterator<Item = &'a str> + Clone,
    ) -> Option<String> {
        let mut over =
            self.over(content.kind, Some(content)).filter(|capability| !capability.scope.is_empty());
        over.find_map(|capability| {
            let place = paths.clone().find(|path| tidy(path).is_none() || capability.is_outside(path))?;
            let places: Vec<String> = capability.scope.iter().map(|s| safe_line(&s.0).to_string()).collect();
            Some(format!(
                "{} is outside of where policy lets `{}` work: {}",
                safe_line(place).clipped(200),
                capability.name,
                places.join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scope: &[&str]) -> Capability {
        Capability {
            name: DEPLOY_PRODUCTION.to_owned(),
            enabled: true,
            phase: None,
            status: None,
            covers: Covers { kind: Vec::new(), place: Place::ANY, action: Vec::new() },
            scope: scope.iter().map(|text| Scope::new(text).unwrap()).collect(),
        }
    }

    #[test]
    fn a_path_is_inside_only_where_the_scope_has_it_as_it_is_written() {
        let capability = of(&["/srv/calyx/*", "/etc/calyx.conf", "k8s://prod-calyx/*"]);
        for (text, outside) in [
            ("/srv/calyx/app", None),
            ("/srv/calyx/a/b/../c", Some("/srv/calyx/a/b/../c")),
            ("/srv//calyx/./app", None),
            ("/srv/Calyx/app", Some("/srv/Calyx/app")),
            ("/srv/calyx", Some("/srv/calyx")),
            ("/srv/calyx-evil/x", Some("/srv/calyx-evil/x")),
            ("/etc/calyx.conf", None),
            ("/etc/calyx.conf.bak", Some("/etc/calyx.conf.bak")),
            ("--dir=/etc", Some("/etc")),
            ("host:/etc/passwd", Some("/etc/passwd")),
            ("LD_PRELOAD=/tmp/x.so,/srv/calyx/a", Some("/tmp/x.so")),
            ("~/x", Some("~/x")),
            ("../x", Some("../x")),
            ("a/../../x", Some("a/../../x")),
            ("file:///etc/passwd", Some("file:///etc/passwd")),
            ("fs://srv/calyx/x", None),
            ("FILE:///etc/passwd", Some("FILE:///etc/passwd")),
            ("/srv/calyx/{{a.name}}", Some("/srv/calyx/{{a.name}}")),
            ("k8s://prod-calyx/api", None),
            ("k8s://other/api", Some("k8s://other/api")),
            ("K8S://other/api", Some("K8S://other/api")),
            ("k8s://prod-calyx/../other", Some("k8s://prod-calyx/../other")),
            ("https://example.org/etc", None),
            ("payments-api and/or others", None),
            ("2.14.0", None),
        ] {
            assert_eq!(capability.outside_in(text).as_deref(), outside, "{text}");
        }
        assert_eq!(of(&[]).outside([Value::from("/etc")].iter(), std::iter::empty()), None);
    }

    #[test]
    fn a_scope_is_written_in_one_way() {
        for (text, why) in [
            ("srv/calyx/*", "neither"),
            ("/srv//calyx", "is written `/srv/calyx`"),
            ("/srv/../etc", "leads out"),
            ("fs://srv/calyx/*", "begins with `/`"),
            ("/srv/a b", "visible bytes"),
            ("", "neither"),
        ] {
            assert!(Scope::new(text).unwrap_err().contains(why), "{text}: {:?}", Scope::new(text));
        }
    }
}
