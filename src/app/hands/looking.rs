//! A source that is asked: a probe, a Prometheus, or this machine.

use super::doing::{Hands, of_nobody};
use crate::domain::driver::{Asked, SourceTerms};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::Identifier;
use crate::domain::policy::Policy;
use crate::domain::rollout::{Act, Found, Metric, Reading, RolloutId, Source};
use crate::domain::text::{Text, safe_line};
use crate::exchange::{probe, proc, prometheus};
use crate::http;
use std::time::{Duration, Instant};

/// How long is waited between two looks at the processors.
const BETWEEN: Duration = Duration::from_millis(250);
/// How much of what a probe complained about is told, in characters.
const TOLD: usize = 200;

/// One source.
pub(super) struct Eyes {
    terms: SourceTerms,
    /// Who runs its probe.
    hands: Option<Hands>,
}

impl Eyes {
    /// # Errors
    /// Its driver is not in the policy.
    pub(super) fn of(terms: SourceTerms, policy: &Policy) -> Result<Self, String> {
        let hands = match &terms.asked {
            Asked::Command(command) => Some((**command).clone()),
            Asked::Driver(name) => {
                let driver = policy.drivers.iter().find(|driver| driver.name == *name);
                Some(driver.cloned().ok_or_else(|| format!("policy names no driver `{name}`"))?)
            }
            Asked::Prometheus { .. } | Asked::Host => None,
        };
        let hands = hands.map(|driver| Hands::of(driver, policy.redact.clone()));
        Ok(Self { terms, hands })
    }

    fn limit(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.terms.limit.millis()).unwrap_or(0))
    }

    fn reading(&self, metric: Metric, found: Found, at: Moment) -> Reading {
        Reading { metric, found, at, source: self.terms.name.clone() }
    }

    fn probe(&self, hands: &Hands, rollout: RolloutId, now: Moment) -> Result<Vec<Reading>, String> {
        let orders = of_nobody(format!("{rollout}-probe-{}", now.millis()), rollout);
        let acted = hands.act(Act::Probe, &orders, self.terms.limit, &|| false);
        let (reported, _) = acted.map_err(|(end, why)| format!("{}: {why}", end.word()))?;
        let first = reported.stderr.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let first: String = first.chars().take(TOLD).collect();
        let behind = if first.is_empty() { first } else { format!(": {}", safe_line(&first)) };
        match reported.exit {
            _ if reported.timed_out => Err(format!("it took longer than {} s", self.limit().as_secs_f32())),
            Some(0) => probe::read(&reported.stdout, &self.terms.metrics, &self.terms.name, now),
            Some(status) => Err(format!("exit {status}{behind}")),
            None => Err(format!("ended by signal {}{behind}", reported.signal.unwrap_or_default())),
        }
    }

    fn machine(&self, now: Moment) -> Result<Vec<Reading>, String> {
        let read = |path: &str| std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"));
        let ticks =
            || proc::ticks(&read("/proc/stat")?).ok_or_else(|| "/proc/stat tells something else".to_owned());
        let mut out = Vec::new();
        for metric in &self.terms.metrics {
            let found = match metric {
                Metric::Cpu => {
                    let before = ticks()?;
                    std::thread::sleep(BETWEEN.min(self.limit()));
                    proc::busy(before, ticks()?)
                }
                Metric::Memory => proc::memory(&read("/proc/meminfo")?),
                Metric::Tes | Metric::ErrorRate => continue,
            };
            let found =
                found.map_or_else(|| Found::Nothing(Text::from("the kernel does not tell")), Found::Value);
            out.push(self.reading(*metric, found, now));
        }
        Ok(out)
    }
}

impl Source for Eyes {
    fn name(&self) -> &Identifier {
        &self.terms.name
    }

    fn metrics(&self) -> &[Metric] {
        &self.terms.metrics
    }

    fn every(&self) -> Span {
        self.terms.every
    }

    fn read(&self, rollout: RolloutId, now: Moment) -> Result<Vec<Reading>, String> {
        match (&self.terms.asked, &self.hands) {
            (Asked::Host, _) => self.machine(now),
            (Asked::Prometheus { url, queries }, _) => {
                let (begun, url) = (Instant::now(), format!("{url}{}", prometheus::PATH));
                let one = |(metric, query): (&Metric, &String)| {
                    // All of them together have one time limit.
                    let left = self.limit().saturating_sub(begun.elapsed());
                    let answer = match left.is_zero() {
                        true => Err("there was no time left to ask".to_owned()),
                        false => http::get(&url, &[("query", query)], left, prometheus::LONGEST),
                    };
                    let (found, at) = match answer {
                        Ok(answer) => prometheus::read(answer.status, &answer.body),
                        Err(why) => (Found::Nothing(Text::new(why)), None),
                    };
                    self.reading(*metric, found, at.unwrap_or(now).min(now))
                };
                Ok(queries.iter().map(one).collect())
            }
            (_, Some(hands)) => self.probe(hands, rollout, now),
            (_, None) => Err("nobody is there to ask".to_owned()),
        }
    }
}
