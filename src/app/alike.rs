//! What may look like a request: found by its fields and words, read whole, and handed to the rules in the domain.

use crate::app::{App, Error, Queue};
use crate::domain::alike::shape;
use crate::domain::command::Facts;
use crate::domain::filter::{Filter, Term, words_of, words_of_request};
use crate::domain::names::RequestId;
use crate::domain::principal::Caller;
use crate::domain::request::Request;

/// How many are read whole, at most: about eight times what can be decided on at once.
const READ: usize = 400;
/// How many words are looked for, at most.
const WORDS: usize = 8;

/// What may look like a request.
#[derive(Clone, Debug)]
pub struct Alikes {
    /// The request itself.
    pub template: Request,
    /// Those that wait for the caller and may be like it, in reading order; the request among them if it waits too.
    pub candidates: Vec<(Request, Facts)>,
    /// Set when not everything that waits was looked at: how many of the first were.
    pub of_the_first: Option<usize>,
    /// Set when not everything that was found was read: how many were.
    pub read: Option<usize>,
}

impl App {
    /// Finds what waits for the caller and may look like `id`. How many rows are looked at, and how many requests are
    /// read, is bounded; what was found says where a bound was met.
    ///
    /// # Errors
    /// No such request, or it cannot be read.
    pub fn alikes(&self, id: RequestId, caller: &Caller) -> Result<Alikes, Error> {
        let template = self.request(id)?;
        let mut found = Alikes { candidates: Vec::new(), of_the_first: None, read: None, template };
        if shape(&found.template).is_err() {
            return Ok(found);
        }
        let rows = self.find(Queue::Waiting, &filter(&found.template))?;
        found.of_the_first = rows.of_the_first;
        let mut rows: Vec<RequestId> =
            rows.rows.iter().filter(|row| !row.sensitive).map(|row| row.id).collect();
        if rows.len() > READ {
            rows.truncate(READ);
            found.read = Some(READ);
        }
        for id in rows {
            let request = self.request(id)?;
            let facts = self.facts(caller, &request)?;
            found.candidates.push((request, facts));
        }
        Ok(found)
    }
}

/// What is in the same place, of the same kind and risk, and has the words of the same actions.
fn filter(request: &Request) -> Filter {
    let target = request.target();
    let text = |name: &crate::domain::names::Identifier| name.as_str().to_owned();
    let mut terms = vec![Term::Kind(request.kind()), Term::Risk(request.assessment().risk)];
    terms.extend(target.environment.as_ref().map(|name| Term::Environment(text(name))));
    terms.extend(target.service.as_ref().map(|name| Term::Target(text(name))));
    terms.extend(target.tenant.as_ref().map(|name| Term::Tenant(text(name))));
    let known = words_of_request(request);
    let actions = request.content.iter().flat_map(|content| &content.steps);
    let mut words: Vec<String> = actions.flat_map(|step| words_of(step.action.as_str())).collect();
    words.sort();
    words.dedup();
    // A request with many words has only its first ones in the index.
    words.retain(|word| known.contains(word));
    words.truncate(WORDS);
    Filter { terms, words }
}
