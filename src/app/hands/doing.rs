//! A driver at work: what it is told becomes an argument array, what it did is read from how it ended.

use crate::domain::digest::EvidenceDigest;
use crate::domain::driver::errand::{Errand, Reported, Said};
use crate::domain::driver::filling::fill;
use crate::domain::driver::fleet::{Deed, Job, LONGEST_LIST, listed};
use crate::domain::driver::{Commands, Directories, DriverTerms, PatchFleet, Way};
use crate::domain::moment::Span;
use crate::domain::policy::glob::Glob;
use crate::domain::redaction::redacted;
use crate::domain::rollout::{Act, Driver, End, Ended, Orders, Tier};
use crate::domain::text::Text;
use crate::drive::program::Program;
use crate::drive::{fleet, leash};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// How long a word about where the snapshot is may be, in characters.
const LONGEST_PACK: usize = 1_000;
/// How much of a driver's first words is told as the reason, in characters.
const LONGEST_WHY: usize = 300;

/// One driver.
pub(super) struct Hands {
    terms: DriverTerms,
    /// What the policy takes out of output, beside what looks like a secret anyway.
    redact: Vec<Glob>,
    /// What its programs hashed to when that was last asked: they are compared with it again, open, right before the start.
    seen: Mutex<BTreeMap<String, String>>,
}

/// What is to be started, and what tells of it.
struct Ready {
    errand: Errand,
    /// Where the snapshot is, where that is known beforehand.
    pack: Option<String>,
}

impl Hands {
    pub(super) fn of(terms: DriverTerms, redact: Vec<Glob>) -> Self {
        Self { terms, redact, seen: Mutex::default() }
    }

    /// Does one act and returns what was told of it, as it was printed, and where its snapshot is where that is known.
    ///
    /// # Errors
    /// It was not begun, or nobody can say how it ended; and why.
    pub(super) fn act(
        &self,
        act: Act,
        orders: &Orders,
        limit: Span,
        stop: &dyn Fn() -> bool,
    ) -> Result<(Reported, Option<String>), (End, String)> {
        let ready = match &self.terms.way {
            Way::Commands(commands) => self.command(commands, act, orders),
            Way::PatchFleet(fleet) => self.fleet(fleet, act, orders),
        };
        let Ready { errand, pack } = ready.map_err(|why| (End::NotBegun, why))?;
        let reported = leash::perform(&Errand { limit, ..errand }, stop).map_err(|why| (End::Failed, why))?;
        match reported.not_begun {
            Some(why) => Err((End::NotBegun, why)),
            None => Ok((reported, pack)),
        }
    }

    fn errand(&self, command: Vec<String>, orders: &Orders, directory: &str, input: String) -> Errand {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut programs = seen.clone();
        programs.retain(|path, _| command.contains(path));
        Errand {
            command: self.terms.runner.iter().cloned().chain(command).collect(),
            programs,
            run_id: orders.run.clone(),
            directory: directory.to_owned(),
            limit: self.terms.limit,
            grace: self.terms.grace,
            input,
        }
    }

    fn command(&self, commands: &Commands, act: Act, orders: &Orders) -> Result<Ready, String> {
        let pieces = commands.acts.get(&act).ok_or_else(|| format!("the driver has no {act}"))?;
        let place =
            orders.pack.as_ref().and_then(|pack| pack.place.as_ref()).map(|place| place.raw().to_owned());
        let mut own = BTreeMap::from([
            ("rollout", orders.rollout.to_string()),
            ("run", orders.run.clone()),
            ("from", orders.from.percent().to_string()),
            ("to", orders.to.percent().to_string()),
            ("plan", orders.plan.to_string()),
        ]);
        own.extend(place.as_ref().map(|place| ("pack", place.clone())));
        let command = fill(pieces, &own, &commands.params, &orders.params)?;
        let input = json!({"act": act, "run": orders.run, "rollout": orders.rollout.to_string(), "plan": orders.plan,
            "from": orders.from, "to": orders.to, "pack": place, "params": orders.params, "scope": orders.scope});
        Ok(Ready {
            errand: self.errand(command, orders, &commands.directory, format!("{input}\n")),
            pack: None,
        })
    }

    fn fleet(&self, fleet: &PatchFleet, act: Act, orders: &Orders) -> Result<Ready, String> {
        let deed = match act {
            Act::Snapshot => Deed::Snapshot,
            Act::DryRun => Deed::DryRun,
            Act::Start | Act::Promote => Deed::Change,
            Act::Verify => Deed::Verify,
            Act::RollBack => Deed::RollBack,
            Act::Probe => return Err("patch-fleet measures nothing: name a source".to_owned()),
        };
        let keeps = matches!(deed, Deed::Snapshot | Deed::DryRun);
        let text = |key: &str| {
            let value = orders.params.iter().find(|(name, _)| name.as_str() == key).map(|(_, value)| value);
            value.and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
                format!("the request has no parameter `{key}`: patch-fleet needs `patch` (a file) and its `sha256`")
            })
        };
        let sha256 = EvidenceDigest::try_from(text("sha256")?)
            .map_err(|why| format!("the parameter sha256: {why}"))?;
        // From the snapshot on, its own list and patch count.
        let directories = match &fleet.fleet {
            _ if !keeps => Vec::new(),
            Directories::Named(directories) => directories.clone(),
            Directories::Listed(list) => {
                let bytes = fleet::state::read(Path::new(list), LONGEST_LIST)?;
                listed(&String::from_utf8(bytes).map_err(|_| format!("{list}: is no UTF-8"))?)
            }
        };
        let patch = if keeps { text("patch")? } else { String::new() };
        // A store of its own has an R-20 of its own; what was approved is another then.
        let state =
            format!("{}/{}-{}", fleet.state.trim_end_matches('/'), orders.rollout, orders.plan.short());
        let job = Job {
            deed,
            to: orders.to,
            directories,
            patch,
            sha256,
            state: state.clone(),
            scope: orders.scope.clone(),
        };
        let program = match self.terms.runner.is_empty() {
            true => leash::MYSELF.to_owned(),
            false => std::env::current_exe()
                .map_err(|e| format!("this program cannot be found: {e}"))?
                .to_string_lossy()
                .into_owned(),
        };
        let command = vec![program, crate::app::errand::PATCH_FLEET.to_owned()];
        Ok(Ready { errand: self.errand(command, orders, "/", job.to_json()), pack: Some(state) })
    }
}

/// What became of an act, from what was told of it.
fn ended(act: Act, limit: Span, reported: Reported, pack: Option<String>, redact: &[Glob]) -> Ended {
    let end = match (reported.exit, reported.timed_out, reported.halted) {
        (_, true, _) => End::TimedOut,
        (_, _, true) => End::Stopped,
        (Some(0), ..) => End::Done,
        _ => End::Failed,
    };
    let said = Said::printed(&reported.stdout).unwrap_or_default();
    let first = |text: &str| {
        let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        Some(line.chars().take(LONGEST_WHY).collect::<String>())
    };
    let words = said.why.clone().or_else(|| first(&reported.stderr));
    let behind = words.as_ref().map(|words| format!(": {words}")).unwrap_or_default();
    let mut why = match end {
        End::TimedOut => Some(format!("it took longer than {} s and was ended", limit.millis() / 1000)),
        End::Stopped => Some("it was ended because somebody said stop".to_owned()),
        End::Failed => Some(match (reported.exit, reported.signal) {
            (Some(status), _) => format!("exit {status}{behind}"),
            (None, Some(signal)) => format!("ended by signal {signal}{behind}"),
            (None, None) => format!("it ended, and nobody knows how{behind}"),
        }),
        _ => words,
    };
    if reported.left > 0 {
        let left = format!("{} of its processes left for sessions of their own", reported.left);
        why = Some(why.map_or(left.clone(), |why| format!("{why}; {left}")));
    }
    let mut output = reported.stdout;
    if !reported.stderr.is_empty() {
        if !output.is_empty() && !output.ends_with('\n') {
            output.push('\n');
        }
        output.push_str(&reported.stderr);
    }
    let pack = pack.or(said.pack).filter(|_| act == Act::Snapshot && end == End::Done);
    Ended {
        exit: reported.exit,
        changed: said.changed,
        verified: said.verified,
        targets: said.targets,
        printed: reported.printed,
        digest: reported.digest,
        left: reported.left,
        why: why.map(|why| Text::new(redacted(&why, redact))),
        output: (!output.is_empty()).then(|| Text::new(redacted(&output, redact))),
        pack: pack.map(|pack| Text::new(pack.chars().take(LONGEST_PACK).collect::<String>())),
        ..Ended::plainly(end, reported.took)
    }
}

impl Driver for Hands {
    fn has(&self, act: Act) -> bool {
        match &self.terms.way {
            Way::Commands(commands) => commands.acts.contains_key(&act),
            Way::PatchFleet(_) => act != Act::Probe,
        }
    }

    fn perform(&self, act: Act, orders: &Orders, stop: &dyn Fn() -> bool) -> Ended {
        let limit = self.terms.limit;
        match self.act(act, orders, limit, stop) {
            Ok((reported, pack)) => ended(act, limit, reported, pack, &self.redact),
            Err((end, why)) => Ended { why: Some(Text::new(why)), ..Ended::plainly(end, Span::ZERO) },
        }
    }

    fn fingerprints(&self) -> Result<BTreeMap<String, String>, String> {
        let runner = self.terms.runner.first().cloned();
        let mut named: Vec<String> = runner.into_iter().collect();
        if let Way::Commands(commands) = &self.terms.way {
            named.extend(commands.acts.values().filter_map(|pieces| match pieces.first()? {
                crate::domain::driver::filling::Piece::Constant(path) => Some(path.clone()),
                crate::domain::driver::filling::Piece::Gap { .. } => None,
            }));
        }
        let mut out = BTreeMap::new();
        for path in named {
            if out.contains_key(&path) {
                continue;
            }
            let program = Program::open(&path).map_err(|why| format!("{path}: {why}"))?;
            let digest = program
                .digest()
                .ok_or_else(|| format!("{path}: cannot be read, so nobody knows what it is"))?;
            out.insert(path, digest.to_string());
        }
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&out);
        Ok(out)
    }
}

/// What a source is asked with: nobody's orders.
pub(super) fn of_nobody(run: String, rollout: crate::domain::rollout::RolloutId) -> Orders {
    Orders {
        run,
        rollout,
        plan: crate::domain::digest::RevisionDigest::from_bytes([0; 32]),
        from: Tier::NONE,
        to: Tier::NONE,
        pack: None,
        params: BTreeMap::new(),
        scope: Vec::new(),
    }
}

/// As whom a runner starts what stands behind it.
///
/// # Errors
/// It does not start anything; why.
pub(super) fn uid_behind(runner: &[String]) -> Result<u32, String> {
    if runner.is_empty() {
        return Ok(rustix::process::geteuid().as_raw());
    }
    let id = ["/usr/bin/id", "/bin/id"].into_iter().find(|path| Path::new(path).exists());
    let id = id.ok_or("there is no `id` to ask")?;
    let command = runner.iter().cloned().chain([id.to_owned(), "-u".to_owned()]).collect();
    let errand = Errand {
        command,
        programs: BTreeMap::new(),
        run_id: "doctor".to_owned(),
        directory: "/".to_owned(),
        limit: Span::from_millis(5_000),
        grace: Span::from_millis(1_000),
        input: String::new(),
    };
    let said = leash::perform(&errand, &|| false)?;
    match (said.not_begun, said.exit, said.stdout.trim().parse()) {
        (Some(why), ..) => Err(why),
        (_, Some(0), Ok(uid)) => Ok(uid),
        _ => {
            Err(said.stderr.lines().next().unwrap_or("it did not say as whom it starts programs").to_owned())
        }
    }
}
