//! Reading what a command is given: a file or stdin, never more than the limit, and never through a surprise.

use crate::cli::Stop;
use crate::domain::canon;
use crate::domain::document::{self, Document, Limits};
use crate::domain::invalid::Invalid;
use crate::domain::refusal::{Refusal, exit};
use rustix::fs::{FileType, Mode, OFlags};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};

/// Bytes of text after which a portion of documents is long enough, however few they are.
const PORTION: usize = 8 << 20;
/// Kinds of disk that are none, by `statfs` magic (linux/magic.h): proc and sysfs.
const KERNELS_OWN: [u64; 2] = [0x9FA0, 0x6265_6572];

/// Opens a regular file, or stdin for `-`.
///
/// # Errors
/// Exit 74 when it cannot be opened, 65 when it is a device or a pipe.
pub fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, Stop> {
    open_as(path, OFlags::empty())
}

/// As [`open`], for what will be shown to others: a link is not followed, so that a name means the file that it names.
///
/// # Errors
/// As [`open`], and for a link.
pub fn open_unlinked(path: &Path) -> Result<Box<dyn BufRead + Send>, Stop> {
    open_as(path, OFlags::NOFOLLOW)
}

fn open_as(path: &Path, more: OFlags) -> Result<Box<dyn BufRead + Send>, Stop> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let trouble = |e: rustix::io::Errno| {
        if e == rustix::io::Errno::LOOP {
            let words = format!("{} is a link; name the file itself, or pipe it in", path.display());
            return Stop::quoting(exit::INVALID, words);
        }
        Stop::quoting(exit::IO, format!("reading {}: {e}; check the path", path.display()))
    };
    // Non-blocking, so that naming a FIFO does not hang; what is not a regular file is refused below.
    let file =
        rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | more, Mode::empty());
    let file = file.map_err(trouble)?;
    let meta = rustix::fs::fstat(&file).map_err(trouble)?;
    // The kernel calls what it tells of a process a regular file: for what others will see it is none.
    let told_by_kernel = !more.is_empty()
        && rustix::fs::fstatfs(&file).is_ok_and(|fs| KERNELS_OWN.contains(&(fs.f_type as u64 & 0xFFFF_FFFF)));
    if FileType::from_raw_mode(meta.st_mode) != FileType::RegularFile || told_by_kernel {
        let words = format!("{} is not a regular file; pipe it in and name -", path.display());
        return Err(Stop::quoting(exit::INVALID, words));
    }
    Ok(Box::new(BufReader::new(File::from(file))))
}

/// Reads everything, at most `limit` bytes.
///
/// # Errors
/// Exit 65 beyond the limit, 74 when reading fails.
pub fn all(mut from: impl BufRead, limit: usize, what: &str) -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::new();
    let read = from.by_ref().take(limit as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|e| Stop::quoting(exit::IO, format!("reading {what}: {e}")))?;
    if bytes.len() > limit {
        return Err(Stop::quoting(
            exit::INVALID,
            format!("{what}: more than {limit} bytes; nothing was stored"),
        ));
    }
    Ok(bytes)
}

/// One document with the line it began on.
pub struct Lined {
    /// The line, counted from 1.
    pub line: usize,
    /// The document.
    pub document: Document,
}

/// Documents from a file or stdin, in portions: one document over any number of lines, or one a line.
pub struct Documents {
    from: Box<dyn BufRead + Send>,
    limits: Limits,
    line: usize,
    bytes: usize,
    begun: bool,
}

impl Documents {
    /// Reads from `from` under `limits`.
    pub fn new(from: Box<dyn BufRead + Send>, limits: Limits) -> Self {
        Self { from, limits, line: 0, bytes: 0, begun: false }
    }

    /// The next documents, at most `most`, and no more once their text is longer than [`PORTION`]; none at the end. Behind the last good one stands why it goes no further:
    /// exit 65 for a document that is not valid, with its line when there are several.
    pub fn next(&mut self, most: usize) -> (Vec<Lined>, Option<Stop>) {
        let mut out = Vec::new();
        let before = self.bytes;
        while out.len() < most && self.bytes - before < PORTION {
            match self.one() {
                Ok(Some(document)) => out.push(document),
                Ok(None) => break,
                Err(trouble) => return (out, Some(trouble)),
            }
        }
        (out, None)
    }

    /// The same portions, read on a thread of its own: while one is stored, the next one is read. The thread is left alone when
    /// nobody asks for more: it may stand before a pipe into which nothing comes any more.
    pub fn ahead(mut self, most: usize) -> Receiver<(Vec<Lined>, Option<Stop>)> {
        let (tell, portions) = sync_channel(1);
        std::thread::spawn(move || {
            loop {
                let (portion, trouble) = self.next(most);
                let over = portion.is_empty() || trouble.is_some();
                if tell.send((portion, trouble)).is_err() || over {
                    return;
                }
            }
        });
        portions
    }

    fn one(&mut self) -> Result<Option<Lined>, Stop> {
        loop {
            let Some(text) = self.next_line()? else { return Ok(None) };
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let first = !self.begun;
            self.begun = true;
            // A first line that is no JSON by itself is the beginning of one document over many lines.
            if first && canon::read(&text).is_err() {
                return self.whole(text).map(Some);
            }
            let read = document::read(&text, &self.limits);
            let document = read.map_err(|invalid| self.at_line(&invalid, first))?;
            return Ok(Some(Lined { line: self.line, document }));
        }
    }

    fn whole(&mut self, mut text: Vec<u8>) -> Result<Lined, Stop> {
        let line = self.line;
        let rest = all(&mut self.from, self.limits.document, "document")?;
        if !rest.is_empty() {
            text.push(b'\n');
            text.extend(rest);
        }
        match document::read(&text, &self.limits) {
            Ok(document) => Ok(Lined { line, document }),
            Err(invalid) => Err(invalid_stop(invalid)),
        }
    }

    /// One line without its line feed; nothing at the end. A line beyond the limit is not read to its end.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>, Stop> {
        let mut bytes = Vec::new();
        let limit = self.limits.document as u64 + 2;
        let read = self.from.by_ref().take(limit).read_until(b'\n', &mut bytes);
        let read = read.map_err(|e| Stop::quoting(exit::IO, format!("reading the documents: {e}")))?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        self.bytes += read;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        if bytes.len() > self.limits.document {
            let invalid = Invalid::new("document", format!("more than {} bytes", self.limits.document));
            return Err(self.at_line(&invalid, self.line == 1));
        }
        Ok(Some(bytes))
    }

    fn at_line(&self, invalid: &Invalid, first: bool) -> Stop {
        if first {
            return invalid_stop(invalid.clone());
        }
        let words = format!("line {}: {invalid}; this line and those after it were not stored", self.line);
        Stop::composed(exit::INVALID, words)
    }
}

fn invalid_stop(invalid: Invalid) -> Stop {
    Stop::Because(Refusal::Invalid(invalid).into())
}
