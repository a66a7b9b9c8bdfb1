//! What policy leaves to some and not to others: whose roles hold where, which parameters nobody but the requester changes,
//! and which steps are not left out.

use crate::domain::command::Facts;
use crate::domain::content::Content;
use crate::domain::marks::Marks;
use crate::domain::names::{ParamKey, StepId};
use crate::domain::policy::rules::Rule;
use crate::domain::preview::preview;
use crate::domain::principal::{Caller, Permission};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::step::Step;
use crate::domain::text::safe_line;

/// The rule that holds for a request, as it is in force.
fn rule_of<'a>(request: &Request, facts: &'a Facts) -> Option<&'a Rule> {
    let assessment = request.assessment();
    facts.policy.rules.iter().find(|rule| rule.name == assessment.rule)
}

/// Whether the caller's roles hold for what the request is about: a roster can bind them to environments, services and
/// tenants. What one asks for oneself needs no role there.
///
/// # Errors
/// [`Refusal::NotNow`] with where they hold.
pub(super) fn within_ones_bounds(request: &Request, facts: &Facts) -> Result<(), Refusal> {
    let place = &facts.standing.place;
    if place.holds(request.target()) {
        return Ok(());
    }
    let of = |name: &str, globs: &[crate::domain::policy::glob::Glob]| {
        let globs: Vec<&str> = globs.iter().map(crate::domain::policy::glob::Glob::as_str).collect();
        (!globs.is_empty()).then(|| format!("{name} {}", globs.join(", ")))
    };
    let places =
        [of("environment", &place.environment), of("service", &place.service), of("tenant", &place.tenant)];
    let places: Vec<String> = places.into_iter().flatten().collect();
    let why =
        format!("your roles hold for {} only, and it is about something else", safe_line(&places.join("; ")));
    Err(Refusal::NotNow { id: request.id, why })
}

/// Whether an edit leaves alone what the rule lets nobody but the requester change.
///
/// # Errors
/// [`Refusal::NotNow`] with the parameter and the rule.
pub fn leaves_fixed(
    request: &Request,
    caller: &Caller,
    facts: &Facts,
    (before, after): (&Step, &Step),
) -> Result<(), Refusal> {
    let Some(rule) = rule_of(request, facts).filter(|_| !request.requester.is_acted_for_by(caller)) else {
        return Ok(());
    };
    let changed = |key: &&ParamKey| before.params.get(*key) != after.params.get(*key);
    let fixed = |key: &&ParamKey| rule.fixed_params.iter().any(|glob| glob.fits(key.as_str()));
    match before.params.keys().chain(after.params.keys()).filter(changed).find(fixed) {
        None => Ok(()),
        Some(key) => {
            let why = format!(
                "the rule {} lets nobody but the requester change {key}: ask for changes instead",
                safe_line(&rule.name)
            );
            Err(Refusal::NotNow { id: request.id, why })
        }
    }
}

/// Whether `step` is one that the rule wants done, and the caller is not one who may go ahead without.
fn must_run<'a>(request: &Request, content: &Content, step: &StepId, facts: &'a Facts) -> Option<&'a Rule> {
    let rule = rule_of(request, facts).filter(|_| !facts.standing.may(Permission::Override))?;
    let step = content.step(step)?;
    rule.mandatory.iter().any(|glob| glob.fits(step.action.as_str())).then_some(rule)
}

fn wanted(request: &Request, rule: &Rule, step: &StepId) -> Refusal {
    let why = format!(
        "the rule {} wants {step} done: it is not left out but by who may override; reject the whole instead",
        safe_line(&rule.name)
    );
    Refusal::NotNow { id: request.id, why }
}

/// Whether everything that the rule wants done would run under `marks`.
///
/// # Errors
/// [`Refusal::NotNow`] with the step and the rule.
pub fn nothing_mandatory_is_left_out(request: &Request, marks: &Marks, facts: &Facts) -> Result<(), Refusal> {
    let Some(content) = &request.content else { return Ok(()) };
    if rule_of(request, facts).is_none_or(|rule| rule.mandatory.is_empty()) {
        return Ok(());
    }
    for (step, outcome) in preview(content, marks) {
        if !outcome.may_run()
            && let Some(rule) = must_run(request, content, &step, facts)
        {
            return Err(wanted(request, rule, &step));
        }
    }
    Ok(())
}

/// Whether `step` may be left out of what runs.
///
/// # Errors
/// [`Refusal::NotNow`] with the rule.
pub fn may_leave_out(request: &Request, step: &StepId, facts: &Facts) -> Result<(), Refusal> {
    let rule = request.content.as_ref().and_then(|content| must_run(request, content, step, facts));
    rule.map_or(Ok(()), |rule| Err(wanted(request, rule, step)))
}
