//! The capability matrix, as the policy file says it.

use super::Fault;
use crate::domain::content::Kind;
use crate::domain::policy::capabilities::{
    Capabilities, Capability, Covers, DEPLOY_PRODUCTION, Scope, Status,
};
use crate::domain::policy::glob::Glob;
use crate::domain::policy::risk::Place;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CapabilityForm {
    enabled: Spanned<bool>,
    phase: Option<Spanned<String>>,
    status: Option<StatusForm>,
    #[serde(default)]
    scope: Vec<Spanned<String>>,
    #[serde(default)]
    kind: Vec<Kind>,
    #[serde(default)]
    environment: Vec<Glob>,
    #[serde(default)]
    service: Vec<Glob>,
    #[serde(default)]
    tenant: Vec<Glob>,
    #[serde(default)]
    action: Vec<Glob>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum StatusForm {
    Pending,
    Implemented,
}

/// What is on, and where it may work. A name that switches nothing is a fault: it would look as if it did.
pub(super) fn capabilities(said: BTreeMap<Spanned<String>, CapabilityForm>) -> Result<Capabilities, Fault> {
    let mut list = Vec::with_capacity(said.len());
    for (key, form) in said {
        let span = key.span();
        let name = key.into_inner();
        let CapabilityForm { enabled, phase, status, scope, kind, environment, service, tenant, action } =
            form;
        let visible = |text: &str| {
            !text.is_empty()
                && text.len() <= 64
                && !text.chars().any(|c| crate::domain::text::is_marked(c) || c == ' ')
        };
        if !visible(&name) {
            return Err((span, "capabilities: a name has 1 to 64 visible bytes without blanks".to_owned()));
        }
        let asks = Covers { kind, place: Place { environment, service, tenant }, action };
        let nothing = Covers { kind: Vec::new(), place: Place::ANY, action: Vec::new() };
        let covers = match name.as_str() {
            DEPLOY_PRODUCTION if asks == nothing => {
                let production = |name| Glob::new(name).map_err(|why| (span.clone(), why));
                let environment = vec![production("production")?, production("prod")?];
                let place = Place { environment, ..Place::ANY };
                Covers { kind: vec![Kind::Deployment, Kind::Promotion], place, action: Vec::new() }
            }
            DEPLOY_PRODUCTION => {
                let why = "capabilities.deploy_production: is about deployments and promotions to production, and nothing \
                           else; name another capability for others";
                return Err((span, why.to_owned()));
            }
            _ if asks == nothing => {
                let why = format!(
                    "capabilities: `{name}` switches nothing; say by kind, environment, service, tenant or action which \
                     requests it is about (`{DEPLOY_PRODUCTION}` is known without)"
                );
                return Err((span, why));
            }
            _ => asks,
        };
        let phase = match phase {
            Some(phase) if !visible(phase.get_ref()) => {
                return Err((
                    phase.span(),
                    "capabilities: a phase has 1 to 64 visible bytes without blanks".to_owned(),
                ));
            }
            phase => phase.map(Spanned::into_inner),
        };
        let status = status.map(|status| match status {
            StatusForm::Pending => Status::Pending,
            StatusForm::Implemented => Status::Implemented,
        });
        if *enabled.get_ref() && status == Some(Status::Pending) {
            let why = format!(
                "capabilities.{name}: what is pending is not on: enabled = false, or status = \"implemented\""
            );
            return Err((enabled.span(), why));
        }
        let place = |text: Spanned<String>| {
            Scope::new(text.get_ref())
                .map_err(|why| (text.span(), format!("capabilities.{name}.scope: {why}")))
        };
        let scope = scope.into_iter().map(place).collect::<Result<Vec<_>, _>>()?;
        list.push(Capability { enabled: enabled.into_inner(), phase, status, covers, scope, name });
    }
    Ok(Capabilities { list })
}
