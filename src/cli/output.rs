//! The only door to stdout and stderr. What goes through is harmless to a terminal, and a reader that has gone away
//! is no error: what was committed stays committed, and the exit code says so.

use crate::domain::text::Safe;
use crate::present::json::escaped;
use crate::present::line::Line;
use crate::present::sides::ROOM_FOR_BOTH;
use crate::tui::glyphs::Glyphs;
use serde_json::{Map, Value, json};
use std::fmt;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::fd::AsFd;

/// Where a command's words go.
pub struct Out {
    /// Whether data is printed as JSON.
    pub as_json: bool,
    /// Whether nothing but ASCII is printed of lines.
    pub ascii: bool,
    stdout: BufWriter<io::Stdout>,
    columns: Option<usize>,
    failed: Option<io::Error>,
    reader_gone: bool,
    beside_error: Map<String, Value>,
}

/// How wide the terminal is; nothing for a file or a pipe.
fn columns(stream: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

impl Out {
    /// The process's own stdout.
    pub fn standard() -> Self {
        Self {
            as_json: false,
            ascii: false,
            columns: columns(io::stdout()),
            stdout: BufWriter::new(io::stdout()),
            failed: None,
            reader_gone: false,
            beside_error: Map::new(),
        }
    }

    /// Prints one line of our own words and of values that are safe.
    pub fn line(&mut self, words: impl fmt::Display) {
        self.lines(&[Line::plain(words)]);
    }

    /// Prints lines as the screen would draw them, without tones. Into a file or a pipe a line stays one line; a
    /// terminal would break a long one at its edge, and so it is broken here.
    pub fn lines(&mut self, lines: &[Line]) {
        for line in lines {
            match self.columns {
                None => self.row(&line.to_string()),
                Some(columns) => line.rows(columns).iter().for_each(|row| self.row(row)),
            }
        }
    }

    /// Prints a picture: a row that is broken would be none. Where it is wider than the terminal that is said.
    pub fn picture(&mut self, lines: &[Line]) {
        let widest = lines.iter().map(|line| Safe::composed(line).columns()).max().unwrap_or(0);
        lines.iter().for_each(|line| self.row(&line.to_string()));
        if self.columns.is_some_and(|columns| widest > columns) {
            self.aside(&Safe::composed(format_args!(
                "it is {widest} columns wide, more than this terminal: pipe it into `less -S`"
            )));
        }
    }

    /// How many columns there are; a file or a pipe has as many as both sides of a comparison need.
    pub fn columns(&self) -> usize {
        self.columns.unwrap_or(ROOM_FOR_BOTH)
    }

    fn row(&mut self, row: &str) {
        let glyphs = Glyphs { ascii: self.ascii };
        self.write(format_args!("{}\n", glyphs.text(row)));
    }

    /// Asks for an answer on the same line. Our own words only.
    pub fn prompt(&mut self, words: impl fmt::Display) {
        self.write(format_args!("{}", Line::plain(words)));
        self.flush();
    }

    /// Prints one JSON value.
    pub fn json(&mut self, value: &Value) {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        self.json_line(&text);
    }

    /// Prints JSON text that is already written.
    pub fn json_line(&mut self, text: &str) {
        self.write(format_args!("{}\n", escaped(text)));
    }

    /// Prints a document that is wholly ours (a completion script, a man page).
    pub fn verbatim(&mut self, document: &[u8]) {
        let done = self.stdout.write_all(document);
        self.note(done);
    }

    /// A remark on stderr, beside the data.
    pub fn aside(&mut self, words: &Safe) {
        let _ = self.stdout.flush();
        let rows = match columns(io::stderr()) {
            None => vec![words.to_string()],
            Some(columns) => Line::plain(words).rows(columns),
        };
        let _ = writeln!(io::stderr(), "{}", rows.join("\n"));
    }

    /// What the error object of `--json` holds beside its sentence, should there be one.
    pub fn beside_error(&mut self, name: &str, value: Value) {
        self.beside_error.insert(name.to_owned(), value);
    }

    /// The sentence that says why not, on stderr; with `--json` as an object on stdout too.
    pub fn complain(&mut self, code: u8, words: &Safe) {
        if self.as_json {
            let mut error = std::mem::take(&mut self.beside_error);
            error.insert("exit".to_owned(), json!(code));
            error.insert("message".to_owned(), json!(words.as_str()));
            self.json(&json!({"v": 1, "error": error}));
        }
        self.end();
        self.aside(&Safe::composed(format_args!("countersign: {words}")));
    }

    /// Sends what is buffered, so that a waiting reader has it now.
    pub fn flush(&mut self) {
        let done = self.stdout.flush();
        self.note(done);
    }

    /// Sends what is buffered, and says on stderr when it could not all be printed.
    pub fn end(&mut self) {
        self.flush();
        if let Some(e) = self.failed.take() {
            let words = crate::domain::text::safe_line(&e.to_string());
            let _ = writeln!(io::stderr(), "countersign: done, but not everything could be printed: {words}");
        }
    }

    /// Whether nobody reads on: the reader has gone away, or what it reads into takes no more.
    pub fn is_over(&self) -> bool {
        self.reader_gone || self.failed.is_some()
    }

    /// Why not everything could be printed, for a verb whose whole purpose is what it prints. A reader that has gone
    /// away had enough.
    pub fn trouble(&mut self) -> Option<Safe> {
        self.flush();
        self.failed.take().map(|e| crate::domain::text::safe_line(&e.to_string()))
    }

    fn write(&mut self, words: fmt::Arguments<'_>) {
        let done = self.stdout.write_fmt(words);
        self.note(done);
    }

    fn note(&mut self, done: io::Result<()>) {
        match done {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::BrokenPipe => self.reader_gone = true,
            Err(e) => self.failed = Some(e),
        }
    }
}
