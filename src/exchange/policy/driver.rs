//! Drivers and sources as the policy file says them.

use super::Fault;
use crate::domain::driver::filling::{OF_A_PROBE, ORDINARY, OWN, Piece, Sort, Typed, pieces};
use crate::domain::driver::fleet::check_directories;
use crate::domain::driver::{
    Asked, Commands, Directories, DriverTerms, EVERY, GRACE, LIMIT, LOOK, PatchFleet, SourceTerms, Way,
};
use crate::domain::moment::Span;
use crate::domain::names::{Identifier, ParamKey};
use crate::domain::policy::glob::Glob;
use crate::domain::rollout::{Act, Metric};
use crate::domain::text::is_marked;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DriverForm {
    #[serde(default)]
    kind: DriverKind,
    #[serde(default)]
    runner: Option<Spanned<Vec<String>>>,
    timeout: Option<Brief>,
    grace: Option<Brief>,
    directory: Option<Spanned<String>>,
    snapshot: Option<Spanned<Vec<String>>>,
    dry_run: Option<Spanned<Vec<String>>>,
    start: Option<Spanned<Vec<String>>>,
    promote: Option<Spanned<Vec<String>>>,
    rollback: Option<Spanned<Vec<String>>>,
    verify: Option<Spanned<Vec<String>>>,
    probe: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    params: BTreeMap<Spanned<String>, TypedForm>,
    directories: Option<Spanned<Vec<String>>>,
    list: Option<Spanned<String>>,
    state: Option<Spanned<String>>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
enum DriverKind {
    #[default]
    Commands,
    PatchFleet,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedForm {
    #[serde(rename = "type", default)]
    sort: SortForm,
    max: Option<Spanned<usize>>,
    pattern: Option<Spanned<String>>,
    #[serde(default)]
    allow_dash: bool,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum SortForm {
    #[default]
    Text,
    Integer,
    Number,
    Boolean,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceForm {
    kind: Spanned<SourceKind>,
    every: Option<Brief>,
    timeout: Option<Brief>,
    metrics: Option<Spanned<Vec<Metric>>>,
    driver: Option<Spanned<Identifier>>,
    command: Option<Spanned<Vec<String>>>,
    runner: Option<Spanned<Vec<String>>>,
    url: Option<Spanned<String>>,
    queries: Option<Spanned<BTreeMap<Metric, Spanned<String>>>>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum SourceKind {
    Probe,
    Prometheus,
    Host,
}

/// A length of time such as `5s`, `10m` or `2h`.
#[derive(Deserialize, Clone, Copy)]
#[serde(try_from = "String")]
struct Brief(Span);

impl TryFrom<String> for Brief {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        const MOST: i64 = 24 * 60 * 60;
        let (digits, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            _ => 0,
        };
        let number: Option<i64> = digits.parse().ok().filter(|_| digits.bytes().all(|c| c.is_ascii_digit()));
        match number.map(|n| n.saturating_mul(seconds)) {
            Some(seconds @ 1..=MOST) => Ok(Self(Span::from_millis(seconds * 1000))),
            _ => {
                Err("a length is a number with s, m or h behind it, from 1s to 24h, such as \"30s\""
                    .to_owned())
            }
        }
    }
}

/// What a policy says of a driver or a source, with its name.
type Named<T> = BTreeMap<Spanned<String>, T>;

fn named(name: &Spanned<String>, of: &str) -> Result<Identifier, Fault> {
    Identifier::new(name.get_ref()).map_err(|why| (name.span(), format!("{of}: `{}`: {why}", name.get_ref())))
}

/// The drivers.
pub(super) fn drivers(said: Named<DriverForm>) -> Result<Vec<DriverTerms>, Fault> {
    said.into_iter().map(|(name, form)| driver(&named(&name, "driver")?, name.span(), form)).collect()
}

fn driver(name: &Identifier, at: Range<usize>, form: DriverForm) -> Result<DriverTerms, Fault> {
    let key = |key: &str| format!("driver.{name}.{key}");
    let fault = |at: Range<usize>, of: &str, why: &str| (at, format!("{}: {why}", key(of)));
    let of_commands = [
        (Act::Snapshot, form.snapshot),
        (Act::DryRun, form.dry_run),
        (Act::Start, form.start),
        (Act::Promote, form.promote),
        (Act::RollBack, form.rollback),
        (Act::Verify, form.verify),
        (Act::Probe, form.probe),
    ];
    let way = match form.kind {
        DriverKind::Commands => {
            for (of, given) in [
                ("directories", form.directories.as_ref().map(Spanned::span)),
                ("list", form.list.as_ref().map(Spanned::span)),
                ("state", form.state.as_ref().map(Spanned::span)),
            ] {
                if let Some(at) = given {
                    return Err(fault(at, of, "is of patch-fleet: say kind = \"patch-fleet\""));
                }
            }
            let params = params(name, form.params)?;
            let mut acts = BTreeMap::new();
            for (act, argv) in of_commands {
                let Some(argv) = argv else { continue };
                let known = |word: &str| match act {
                    Act::Probe => OF_A_PROBE.contains(&word),
                    _ => OWN.contains(&word) || params.keys().any(|key| key.as_str() == word),
                };
                acts.insert(act, argument_array(&key(act.word()), &argv, &known)?);
            }
            if let Some(lacking) =
                [Act::Start, Act::Promote, Act::RollBack].iter().find(|act| !acts.contains_key(act))
            {
                return Err(fault(
                    at,
                    lacking.word(),
                    "is missing: what cannot start, promote and roll back is no driver",
                ));
            }
            let directory = match form.directory {
                Some(directory) => path(&key("directory"), directory)?,
                None => "/".to_owned(),
            };
            Way::Commands(Commands { acts, params, directory })
        }
        DriverKind::PatchFleet => {
            if let Some((act, argv)) = of_commands.iter().find_map(|(act, argv)| Some((act, argv.as_ref()?)))
            {
                return Err(fault(argv.span(), act.word(), "patch-fleet does that itself"));
            }
            if let Some(param) = form.params.keys().next() {
                return Err(fault(
                    param.span(),
                    "params",
                    "patch-fleet takes `patch` and `sha256`, and nothing else",
                ));
            }
            if let Some(directory) = form.directory {
                return Err(fault(
                    directory.span(),
                    "directory",
                    "patch-fleet works in the directories of its list",
                ));
            }
            let fleet = match (form.directories, form.list) {
                (Some(directories), None) => {
                    check_directories(directories.get_ref())
                        .map_err(|why| fault(directories.span(), "directories", &why))?;
                    Directories::Named(directories.into_inner())
                }
                (None, Some(list)) => Directories::Listed(path(&key("list"), list)?),
                _ => {
                    return Err(fault(
                        at,
                        "directories",
                        "name them there, or a file in `list`; one of both",
                    ));
                }
            };
            let Some(state) = form.state else {
                return Err(fault(at, "state", "is missing: the directory for what rolling back needs"));
            };
            Way::PatchFleet(PatchFleet { fleet, state: path(&key("state"), state)? })
        }
    };
    Ok(DriverTerms {
        name: name.clone(),
        runner: runner(&key("runner"), form.runner)?,
        limit: form.timeout.map_or(LIMIT, |limit| limit.0),
        grace: form.grace.map_or(GRACE, |grace| grace.0),
        way,
    })
}

fn params(of: &Identifier, said: Named<TypedForm>) -> Result<BTreeMap<ParamKey, Typed>, Fault> {
    let mut out = BTreeMap::new();
    for (name, form) in said {
        let key = |key: &str| format!("driver.{of}.params.{}{key}", name.get_ref());
        let parsed =
            ParamKey::new(name.get_ref()).map_err(|why| (name.span(), format!("{}: {why}", key(""))))?;
        if OWN.contains(&parsed.as_str()) {
            return Err((name.span(), format!("{}: is filled in by the rollout itself", key(""))));
        }
        if let Some(max) = form.max.as_ref().filter(|max| !(1..=4096).contains(max.get_ref())) {
            return Err((max.span(), format!("{}: is 1 to 4096 characters", key(".max"))));
        }
        if let Some(pattern) = &form.pattern {
            Glob::new(pattern.get_ref())
                .map_err(|why| (pattern.span(), format!("{}: {why}", key(".pattern"))))?;
        }
        let typed = Typed {
            sort: match form.sort {
                SortForm::Text => Sort::Text,
                SortForm::Integer => Sort::Integer,
                SortForm::Number => Sort::Number,
                SortForm::Boolean => Sort::Boolean,
            },
            longest: form.max.map_or(ORDINARY, Spanned::into_inner),
            // As it was written: here case counts.
            pattern: form.pattern.map(Spanned::into_inner),
            allow_dash: form.allow_dash,
        };
        out.insert(parsed, typed);
    }
    Ok(out)
}

fn argument_array(
    key: &str,
    argv: &Spanned<Vec<String>>,
    known: &dyn Fn(&str) -> bool,
) -> Result<Vec<Piece>, Fault> {
    pieces(argv.get_ref(), known).map_err(|why| (argv.span(), format!("{key}: {why}")))
}

fn runner(key: &str, said: Option<Spanned<Vec<String>>>) -> Result<Vec<String>, Fault> {
    let Some(said) = said else { return Ok(Vec::new()) };
    let pieces = argument_array(key, &said, &|_| false)?;
    match pieces.iter().any(|piece| matches!(piece, Piece::Gap { .. })) {
        true => Err((said.span(), format!("{key}: nothing is filled in there"))),
        false => Ok(said.into_inner()),
    }
}

/// An absolute path without surprises.
fn path(key: &str, said: Spanned<String>) -> Result<String, Fault> {
    let span = said.span();
    let text = said.into_inner();
    let plain = text.starts_with('/')
        && !text.split('/').any(|part| matches!(part, "." | ".."))
        && !text.chars().any(is_marked);
    match plain {
        true => Ok(text),
        false => Err((span, format!("{key}: is an absolute path without `.` or `..`"))),
    }
}

/// The sources, each of whose drivers is among `drivers`.
pub(super) fn sources(said: Named<SourceForm>, drivers: &[DriverTerms]) -> Result<Vec<SourceTerms>, Fault> {
    said.into_iter()
        .map(|(name, form)| source(&named(&name, "source")?, name.span(), form, drivers))
        .collect()
}

fn source(
    name: &Identifier,
    at: Range<usize>,
    form: SourceForm,
    drivers: &[DriverTerms],
) -> Result<SourceTerms, Fault> {
    let key = |key: &str| format!("source.{name}.{key}");
    if name.as_str() == "sample" {
        return Err((at, format!("source.{name}: is what readings given by hand are called")));
    }
    let kind = *form.kind.get_ref();
    for (of, given, of_kind) in [
        ("driver", form.driver.as_ref().map(Spanned::span), SourceKind::Probe),
        ("command", form.command.as_ref().map(Spanned::span), SourceKind::Probe),
        ("runner", form.runner.as_ref().map(Spanned::span), SourceKind::Probe),
        ("url", form.url.as_ref().map(Spanned::span), SourceKind::Prometheus),
        ("queries", form.queries.as_ref().map(Spanned::span), SourceKind::Prometheus),
    ] {
        if let Some(at) = given.filter(|_| kind != of_kind) {
            return Err((at, format!("{}: is not for a source of this kind", key(of))));
        }
    }
    let (every, limit) = (form.every.map_or(EVERY, |e| e.0), form.timeout.map_or(LOOK, |t| t.0));
    let mut metrics = match form.metrics {
        Some(metrics) if metrics.get_ref().is_empty() => {
            return Err((
                metrics.span(),
                format!("{}: name one of tes, error_rate, cpu, memory", key("metrics")),
            ));
        }
        Some(metrics) if kind == SourceKind::Prometheus => {
            return Err((metrics.span(), format!("{}: stand in `queries`", key("metrics"))));
        }
        Some(metrics) => {
            let of_host = |metric: &Metric| matches!(metric, Metric::Cpu | Metric::Memory);
            if kind == SourceKind::Host && !metrics.get_ref().iter().all(of_host) {
                return Err((
                    metrics.span(),
                    format!("{}: this machine tells cpu and memory", key("metrics")),
                ));
            }
            metrics.into_inner()
        }
        None if kind == SourceKind::Host => vec![Metric::Cpu, Metric::Memory],
        None => Metric::ALL.to_vec(),
    };
    let asked = match kind {
        SourceKind::Host => Asked::Host,
        SourceKind::Prometheus => {
            let url = form.url.ok_or_else(|| (at.clone(), format!("{}: is missing", key("url"))))?;
            let queries = form.queries.ok_or_else(|| (at, format!("{}: is missing", key("queries"))))?;
            let plain = url.get_ref().starts_with("http://") || url.get_ref().starts_with("https://");
            let odd = |c: char| c.is_whitespace() || is_marked(c) || matches!(c, '?' | '#');
            if !plain || url.get_ref().chars().any(odd) {
                let why = "begins with http:// or https://, and has no query";
                return Err((url.span(), format!("{}: {why}", key("url"))));
            }
            if queries.get_ref().is_empty() {
                return Err((queries.span(), format!("{}: names no metric", key("queries"))));
            }
            let mut out = BTreeMap::new();
            for (metric, query) in queries.into_inner() {
                let (span, query) = (query.span(), query.into_inner());
                if query.trim().is_empty() || query.len() > 2_000 {
                    return Err((span, format!("{}.{metric}: has 1 to 2000 bytes", key("queries"))));
                }
                out.insert(metric, query);
            }
            metrics = out.keys().copied().collect();
            let url = url.into_inner().trim_end_matches('/').to_owned();
            Asked::Prometheus { url, queries: out }
        }
        SourceKind::Probe => match (form.driver, form.command) {
            (Some(driver), None) => {
                let terms = drivers.iter().find(|terms| terms.name == *driver.get_ref());
                let probes = |terms: &DriverTerms| match &terms.way {
                    Way::Commands(commands) => commands.acts.contains_key(&Act::Probe),
                    Way::PatchFleet(_) => false,
                };
                if !terms.is_some_and(probes) {
                    let why = "no driver of that name has a `probe`";
                    return Err((driver.span(), format!("{}: {why}", key("driver"))));
                }
                if let Some(runner) = form.runner {
                    return Err((runner.span(), format!("{}: is the driver's", key("runner"))));
                }
                Asked::Driver(driver.into_inner())
            }
            (None, Some(command)) => {
                let pieces = argument_array(&key("command"), &command, &|word| OF_A_PROBE.contains(&word))?;
                let acts = BTreeMap::from([(Act::Probe, pieces)]);
                let commands = Commands { acts, params: BTreeMap::new(), directory: "/".to_owned() };
                Asked::Command(Box::new(DriverTerms {
                    name: name.clone(),
                    runner: runner(&key("runner"), form.runner)?,
                    limit,
                    grace: GRACE.min(limit),
                    way: Way::Commands(commands),
                }))
            }
            _ => {
                let why = "name the `driver` that probes, or a `command`; one of both";
                return Err((form.kind.span(), format!("source.{name}: {why}")));
            }
        },
    };
    metrics.sort_unstable();
    metrics.dedup();
    Ok(SourceTerms { name: name.clone(), every, limit, metrics, asked })
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn wrong(text: &str) -> String {
        read(text).map(|_| ()).expect_err(text).to_string()
    }

    const WEB: &str =
        "[driver.web]\nstart = [\"/bin/x\", \"{to}\"]\npromote = [\"/bin/x\"]\nrollback = [\"/bin/x\"]\n";

    #[test]
    fn a_driver_of_commands_reads_and_what_is_wrong_names_its_line_and_key() {
        let policy = read(&format!("{WEB}timeout = \"30s\"\n[driver.web.params.image]\nmax = 9\n")).unwrap();
        assert_eq!(policy.drivers[0].limit, Span::from_millis(30_000));
        for (text, words) in [
            ("[driver.Web]\n".to_owned(), "line 1: driver: `Web`"),
            ("\n[driver.web]\nstart = [\"/bin/x\"]\n".to_owned(), "line 2: driver.web.promote: is missing"),
            (WEB.replace("/bin/x\", \"{to}", "x"), "line 2: driver.web.start: begins with the absolute path"),
            (WEB.replace("{to}", "a{to}"), "line 2: driver.web.start: `a{to}`: what is filled in"),
            (WEB.replace("{to}", "{image}"), "line 2: driver.web.start: `{image}`: nothing of that name"),
            (
                WEB.replace("\"/bin/x\", \"{to}\"", "\"/bin/sh\", \"-c\", \"x\", \"{to}\""),
                "line 2: driver.web.start: `sh` would",
            ),
            (format!("{WEB}probe = [\"/bin/x\", \"{{to}}\"]\n"), "line 5: driver.web.probe: `{to}`: nothing"),
            (format!("{WEB}state = \"/x\"\n"), "line 5: driver.web.state: is of patch-fleet"),
            (format!("{WEB}directory = \"x\"\n"), "line 5: driver.web.directory: is an absolute path"),
            (format!("{WEB}runner = [\"sudo\"]\n"), "line 5: driver.web.runner: begins with"),
            (format!("{WEB}runner = [\"/bin/sudo\", \"{{to}}\"]\n"), "line 5: driver.web.runner: `{to}`"),
            (format!("{WEB}timeout = \"0s\"\n"), "line 5: a length is a number"),
            (format!("{WEB}params.to.max = 5\n"), "line 5: driver.web.params.to: is filled in by"),
            (format!("{WEB}params.x.max = 0\n"), "line 5: driver.web.params.x.max: is 1 to 4096"),
            (format!("{WEB}retries = 3\n"), "line 5: unknown field `retries`"),
        ] {
            assert!(wrong(&text).starts_with(words), "{text}\n{}", wrong(&text));
        }
    }

    #[test]
    fn patch_fleet_has_a_list_and_a_place_for_what_rolling_back_needs() {
        let fleet = "[driver.fleet]\nkind = \"patch-fleet\"\n";
        let whole = format!("{fleet}directories = [\"/srv/a\"]\nstate = \"/var/lib/x\"\n");
        assert!(read(&whole).is_ok());
        for (text, words) in [
            (fleet.to_owned(), "line 1: driver.fleet.directories: name them there"),
            (format!("{fleet}list = \"/etc/fleet\"\n"), "line 1: driver.fleet.state: is missing"),
            (format!("{whole}list = \"/etc/fleet\"\n"), "line 1: driver.fleet.directories: name them there"),
            (whole.replace("/srv/a", "/srv/../a"), "line 3: driver.fleet.directories: /srv/../a: name it by"),
            (
                format!("{whole}start = [\"/bin/x\"]\n"),
                "line 5: driver.fleet.start: patch-fleet does that itself",
            ),
            (format!("{whole}params.x.max = 1\n"), "line 5: driver.fleet.params: patch-fleet takes"),
        ] {
            assert!(wrong(&text).starts_with(words), "{text}\n{}", wrong(&text));
        }
    }

    #[test]
    fn a_source_has_what_its_kind_needs_and_nothing_else() {
        let prometheus = "[source.p]\nkind = \"prometheus\"\nurl = \"http://127.0.0.1:9090/\"\n";
        let policy =
            read(&format!("{prometheus}queries.error_rate = \"x\"\n[source.h]\nkind = \"host\"\n")).unwrap();
        let names: Vec<_> = policy.sources.iter().map(|s| (s.name.as_str(), s.metrics.clone())).collect();
        assert_eq!(names, [("h", vec![Metric::Cpu, Metric::Memory]), ("p", vec![Metric::ErrorRate])]);
        for (text, words) in [
            ("[source.sample]\nkind = \"host\"\n".to_owned(), "line 1: source.sample: is what readings"),
            (
                "[source.h]\nkind = \"host\"\nmetrics = [\"tes\"]\n".to_owned(),
                "line 3: source.h.metrics: this machine",
            ),
            ("[source.h]\nkind = \"host\"\nurl = \"x\"\n".to_owned(), "line 3: source.h.url: is not for"),
            (prometheus.to_owned(), "line 1: source.p.queries: is missing"),
            (prometheus.replace("http://", "ftp://"), "line 1: source.p.queries: is missing"),
            (
                format!("{}queries.cpu = \"x\"\n", prometheus.replace("http://", "ftp://")),
                "line 3: source.p.url: begins",
            ),
            (format!("{prometheus}queries.cpu = \" \"\n"), "line 4: source.p.queries.cpu: has 1 to"),
            (format!("{prometheus}queries.speed = \"x\"\n"), "line 4: unknown variant `speed`"),
            ("[source.x]\nkind = \"probe\"\n".to_owned(), "line 2: source.x: name the `driver`"),
            (
                "[source.x]\nkind = \"probe\"\ndriver = \"web\"\n".to_owned(),
                "line 3: source.x.driver: no driver",
            ),
            (
                format!("{WEB}[source.x]\nkind = \"probe\"\ndriver = \"web\"\n"),
                "line 7: source.x.driver: no driver",
            ),
            (
                "[source.x]\nkind = \"probe\"\ncommand = [\"/bin/x\", \"{to}\"]\n".to_owned(),
                "line 3: source.x.command: `{to}`",
            ),
        ] {
            assert!(wrong(&text).starts_with(words), "{text}\n{}", wrong(&text));
        }
    }
}
