//! The checks on the whole graph of needs: every step exists, none needs itself, no circle, no chain too long.

use crate::domain::invalid::Invalid;
use crate::domain::names::StepId;
use crate::domain::step::{Need, Needs, Resolution, Step, before};
use std::collections::BTreeMap;

/// Checks the graph: every needed step exists, none needs itself, no cycle, no chain longer than `deepest`, and
/// `fallback` has a value.
///
/// # Errors
/// [`Invalid`]; a cycle is spelled out as `a → b → c → a`.
pub fn check(steps: &[Step], deepest: usize) -> Result<(), Invalid> {
    let known: BTreeMap<&StepId, usize> = steps.iter().enumerate().map(|(n, s)| (&s.id, n)).collect();
    for (n, step) in steps.iter().enumerate() {
        for (m, entry) in step.needs.iter().enumerate() {
            for (k, need) in entry.each().enumerate() {
                let at = match entry {
                    Needs::One(_) => format!("steps[{n}].needs[{m}]"),
                    Needs::AnyOf { .. } => format!("steps[{n}].needs[{m}].any_of[{k}]"),
                };
                check_one(&at, step, need, &known)?;
            }
        }
    }
    check_order(steps, &known, deepest)
}

fn check_one(at: &str, step: &Step, need: &Need, known: &BTreeMap<&StepId, usize>) -> Result<(), Invalid> {
    let condition = need.when.as_ref().map(|c| (format!("{at}.when.step"), &c.step));
    for (at, other) in std::iter::once((format!("{at}.step"), &need.step)).chain(condition) {
        if !known.contains_key(other) {
            return Err(Invalid::new(at, format!("there is no step {other}")));
        }
        if *other == step.id {
            return Err(Invalid::new(at, format!("{other} needs itself")));
        }
    }
    if need.resolution == Some(Resolution::Fallback) && need.fallback.is_none() {
        return Err(Invalid::new(format!("{at}.fallback"), "the resolution fallback needs a value"));
    }
    Ok(())
}

/// Depth-first with an explicit stack (a chain of 500 costs no call stack); the path on the stack spells a cycle.
fn check_order(steps: &[Step], known: &BTreeMap<&StepId, usize>, deepest: usize) -> Result<(), Invalid> {
    let edges: Vec<Vec<usize>> =
        steps.iter().map(|s| before(s).iter().filter_map(|id| known.get(*id).copied()).collect()).collect();
    let mut depth: Vec<Option<usize>> = vec![None; steps.len()];
    for start in 0..steps.len() {
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some(&(at, next)) = path.last() {
            if depth[at].is_some() {
                path.pop();
                continue;
            }
            let Some(&needed) = edges[at].get(next) else {
                let deep = 1 + edges[at].iter().filter_map(|&n| depth[n]).max().unwrap_or(0);
                if deep > deepest {
                    return Err(Invalid::new(
                        format!("steps[{at}].needs"),
                        format!("a chain of {deep} steps; at most {deepest}"),
                    ));
                }
                depth[at] = Some(deep);
                path.pop();
                continue;
            };
            if let Some(last) = path.last_mut() {
                last.1 += 1;
            }
            if let Some(from) = path.iter().position(|&(n, _)| n == needed) {
                let mut spelled: Vec<&str> =
                    path[from..].iter().map(|&(n, _)| steps[n].id.as_str()).collect();
                spelled.push(steps[needed].id.as_str());
                return Err(Invalid::new(
                    "steps",
                    format!("the needs go in a circle: {}", spelled.join(" → ")),
                ));
            }
            if depth[needed].is_none() {
                path.push((needed, 0));
            }
        }
    }
    Ok(())
}
