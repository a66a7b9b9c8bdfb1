//! What a policy can switch off as a whole, whoever signs.

use crate::domain::content::Kind;
use crate::domain::request::Request;

/// What is switched on. Everything is, until a policy says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Whether anything is deployed to production.
    pub deploy_production: bool,
}

/// The names a policy can switch, as they stand in its file.
pub const NAMES: [&str; 1] = ["deploy_production"];

impl Capabilities {
    /// What holds without an adopted policy.
    pub const BUILT_IN: Capabilities = Capabilities { deploy_production: true };

    /// Why nothing of `request` may be let run, as a clause; nothing when it may.
    pub fn forbid(self, request: &Request) -> Option<String> {
        if self.deploy_production || !matches!(request.kind(), Kind::Deployment | Kind::Promotion) {
            return None;
        }
        // What cannot be looked at any more could have been for production.
        let elsewhere = request.content.as_ref().is_some_and(|content| !content.target.is_production());
        (!elsewhere).then(|| {
            "policy has switched `deploy_production` off: nothing is deployed to production until it is on again".to_owned()
        })
    }
}
