//! The one HTTP client: blocking, without a runtime; TLS without a system library; no proxy, no redirect, no cookie.

use std::time::Duration;

/// What was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether it is a success.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// The longest answer to what is sent, in bytes: nobody reads it.
const LITTLE: u64 = 64 << 10;

fn agent(limit: Duration) -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(limit))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

/// Why there is no answer, as a clause.
fn why(e: &ureq::Error, limit: Duration, longest: u64) -> String {
    match e {
        ureq::Error::Timeout(_) => format!("it took longer than {} s", limit.as_secs_f32()),
        ureq::Error::BodyExceedsLimit(_) => format!("its answer is longer than {longest} bytes"),
        e => e.to_string(),
    }
}

/// Asks for `url` with a query, for at most `limit`; an answer of at most `longest` bytes.
///
/// # Errors
/// Why there is no answer, as a clause.
pub fn get(url: &str, query: &[(&str, &str)], limit: Duration, longest: u64) -> Result<Answer, String> {
    let say = |e: ureq::Error| why(&e, limit, longest);
    let ask = agent(limit).get(url).query_pairs(query.iter().copied());
    let mut answer = ask.call().map_err(say)?;
    let body = answer.body_mut().with_config().limit(longest).read_to_vec().map_err(say)?;
    Ok(Answer { status: answer.status().as_u16(), body })
}

/// Sends `body` to `url`, for at most `limit`; the status.
///
/// # Errors
/// Why there is no answer, as a clause.
pub fn post(url: &str, headers: &[(&str, &str)], body: &str, limit: Duration) -> Result<Answer, String> {
    let send = headers.iter().fold(agent(limit).post(url), |send, (name, value)| send.header(*name, *value));
    let answer = send.send(body).map_err(|e| why(&e, limit, LITTLE))?;
    Ok(Answer { status: answer.status().as_u16(), body: Vec::new() })
}
