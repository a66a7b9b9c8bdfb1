//! A desk: a home directory with a store and documents in it, a producer and a reviewer at terminals.

use super::person::{Person, environment};
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

pub const WIDE: (u16, u16) = (120, 40);
pub const NARROW: (u16, u16) = (80, 24);
pub const ENTER: &str = "\r";
pub const TAB: &str = "\t";
/// Alt-Enter to the button, and Enter there.
pub const ALT_ENTER: &str = "\x1b\r\r";

/// A desk: a home directory with a store and documents in it.
pub struct Desk {
    home: TempDir,
}

impl Desk {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub fn store(&self) -> PathBuf {
        self.home.path().join("s.db")
    }

    pub fn environment(&self) -> Vec<(String, String)> {
        environment(self.home.path(), &self.store())
    }

    pub fn document(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A plan of two independent steps, neither sensitive.
    pub fn plan(&self, reference: &str, title: &str) -> String {
        let text = format!(
            r#"{{"kind":"plan","by":"planner","ref":"{reference}","title":"{title}","target":{{"environment":"staging"}},
            "steps":[{{"id":"look","action":"contact.search","params":{{"query":"John"}}}},
                     {{"id":"tell","action":"mail.send","run":["/usr/bin/mailer","send"]}}]}}"#
        );
        self.document(&format!("{reference}.json"), &text)
    }

    /// A producer at a terminal of its own, waiting.
    pub fn producer(&self, arguments: &[&str]) -> Person {
        Person::sits_down(arguments, &self.environment(), NARROW)
    }

    pub fn reviewer(&self, size: (u16, u16)) -> Person {
        self.reviewer_with(&[], size)
    }

    /// With options for the screen.
    pub fn reviewer_with(&self, options: &[&str], size: (u16, u16)) -> Person {
        Person::sits_down(&[&["--as", "alice"], options].concat(), &self.environment(), size)
    }

    pub fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(arguments).env_clear().envs(self.environment());
        command.output().unwrap()
    }
}
