//! Evidence: attaching a file with its bytes in one transaction, and reading it again.

use crate::app::decide::Beside;
use crate::app::{App, Decided, Error};
use crate::domain::command::Command;
use crate::domain::evidence::{Attachment, Filed, Offered, Sort};
use crate::domain::invalid::Invalid;
use crate::domain::names::{RequestId, StepId};
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::text::Text;

/// What somebody brings.
pub struct Brought<'a> {
    /// What it is called.
    pub label: &'a str,
    /// The step it is about.
    pub step: Option<StepId>,
    /// A file's bytes, or a locator.
    pub what: Proof<'a>,
    /// Whether it becomes part of what is decided on.
    pub pin: bool,
}

/// A file's bytes, or a locator.
pub enum Proof<'a> {
    /// The bytes, all of them.
    Bytes(&'a [u8]),
    /// Where it is.
    Locator(&'a str),
}

/// A file as it was found.
pub struct Looked {
    /// What it is.
    pub kind: Sort,
    /// Its bytes; nothing when they were redacted, or never stored here.
    pub bytes: Option<Vec<u8>>,
}

impl App {
    /// Attaches evidence.
    ///
    /// # Errors
    /// The refusal, or a failure; then neither event nor bytes are stored.
    pub fn attach(
        &mut self,
        id: RequestId,
        brought: &Brought<'_>,
        caller: &Caller,
    ) -> Result<Decided, Error> {
        let (what, file) = match brought.what {
            Proof::Bytes(bytes) => (Offered::File(Filed::of(bytes)), Some(bytes)),
            Proof::Locator(locator) => (Offered::Locator(Text::from(locator)), None),
        };
        let (label, step, pin) = (Text::from(brought.label), brought.step.clone(), brought.pin);
        let command = Command::Attach(Box::new(Attachment { label, step, what, pin }));
        self.decide_with(id, &command, caller, Beside { file, ..Beside::default() })
    }

    /// One piece of a request's evidence, counted from 1 in the list of all; what was found is noted as looked into.
    ///
    /// # Errors
    /// No such piece, or it cannot be read.
    pub fn look_into(&self, request: &Request, number: usize, caller: &Caller) -> Result<Looked, Error> {
        let pieces = request.pieces();
        let piece = number.checked_sub(1).and_then(|n| pieces.get(n)).ok_or_else(|| {
            let why = format!("there are {}; `evidence {}` lists them", pieces.len(), request.id);
            Refusal::Invalid(Invalid::new("number", why))
        })?;
        let Some(digest) = piece.digest() else {
            return Ok(Looked { kind: Sort::Text, bytes: None });
        };
        // Only what an event of this very request names is shown: a digest in a document opens nobody else's file.
        let Some(file) = request.filed(digest) else {
            return Ok(Looked { kind: Sort::Text, bytes: None });
        };
        let bytes = self.store.evidence(digest)?;
        if bytes.is_some() {
            self.note_opened(request.id, digest, caller);
        }
        Ok(Looked { kind: file.kind, bytes })
    }
}
