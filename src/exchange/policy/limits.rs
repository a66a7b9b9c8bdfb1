//! What a request may be at most, as the policy file says it.

use super::Fault;
use crate::domain::canon;
use crate::domain::document::Limits;
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsForm {
    document: Option<Spanned<u64>>,
    steps: Option<Spanned<u64>>,
    depth: Option<Spanned<u64>>,
    json_depth: Option<Spanned<u64>>,
    params: Option<Spanned<u64>>,
    open_requests: Option<Spanned<u64>>,
    per_minute: Option<Spanned<u64>>,
}

impl LimitsForm {
    /// The limits that ship, with what is said otherwise: lower or higher, within what the program was tried with.
    pub(super) fn limits(self) -> Result<Limits, Fault> {
        let LimitsForm { document, steps, depth, json_depth, params, open_requests, per_minute } = self;
        let within = |key: &str, said: Option<Spanned<u64>>, least: u64, most: u64, else_: u64| match said {
            None => Ok(else_),
            Some(said) if (least..=most).contains(said.get_ref()) => Ok(said.into_inner()),
            Some(said) => Err((said.span(), format!("limits.{key}: is {least} to {most}"))),
        };
        let size = |key: &str, said: Option<Spanned<u64>>, least: u64, most: u64, else_: usize| {
            let bytes = within(key, said, least, most, u64::try_from(else_).unwrap_or(most))?;
            Ok::<usize, Fault>(usize::try_from(bytes).unwrap_or(else_))
        };
        let ships = Limits::BUILT_IN;
        let minute = per_minute.is_some();
        Ok(Limits {
            document: size("document", document, 1 << 10, 8 << 20, ships.document)?,
            steps: size("steps", steps, 1, 2_000, ships.steps)?,
            depth: size("depth", depth, 1, 256, ships.depth)?,
            json: size("json_depth", json_depth, 8, canon::DEEPEST_OF_ALL as u64, ships.json)?,
            params: size("params", params, 256, 1 << 20, ships.params)?,
            open_requests: within("open_requests", open_requests, 1, 100_000, ships.open_requests)?,
            per_minute: Some(within("per_minute", per_minute, 0, 100_000, 0)?).filter(|_| minute),
            ..ships
        })
    }
}
