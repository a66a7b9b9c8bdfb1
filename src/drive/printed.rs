//! What a process prints: drained to its end so that it never waits for us, its head and its tail kept, all of it counted.

use crate::domain::digest::Running;
use std::collections::VecDeque;
use std::io::Read;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

/// How much of the beginning of a stream is kept, in bytes; as much is kept of its end. Two streams make 256 KiB.
pub const KEPT: usize = 64 << 10;

/// One stream as it comes in.
#[derive(Default, Debug)]
pub struct Stream {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
    hash: Running,
}

impl Stream {
    fn take(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        self.hash.take(bytes);
        let room = KEPT.saturating_sub(self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        let rest = rest.get(rest.len().saturating_sub(KEPT)..).unwrap_or_default();
        let over = (self.tail.len() + rest.len()).saturating_sub(KEPT);
        self.tail.drain(..over);
        self.tail.extend(rest);
    }

    /// How many bytes came in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// SHA-256 of all that came.
    pub fn digest(&self) -> [u8; 32] {
        self.hash.so_far()
    }

    /// All of it, when all of it was kept.
    pub fn whole(&self) -> Option<Vec<u8>> {
        let kept = self.head.len() + self.tail.len();
        (kept as u64 == self.total).then(|| self.head.iter().chain(&self.tail).copied().collect())
    }

    /// What was kept, as text, with the number of bytes that were not in their place.
    pub fn text(&self) -> String {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        if self.total == (self.head.len() + tail.len()) as u64 {
            let all: Vec<u8> = self.head.iter().copied().chain(tail).collect();
            return String::from_utf8_lossy(&all).into_owned();
        }
        // A word is not cut in two: half a token would not be known for one.
        let head = before_a_word(&self.head);
        let tail = behind_a_word(&tail);
        let missing = self.total - (head.len() + tail.len()) as u64;
        format!(
            "{}\n[... {missing} bytes left out ...]\n{}",
            String::from_utf8_lossy(head),
            String::from_utf8_lossy(tail)
        )
    }
}

/// How long a word may be that is left out as a whole, in bytes.
const LONGEST_WORD: usize = 4 << 10;

/// The beginning of a text that is cut off, without the word that is cut; one that is too long for a word is cut.
fn before_a_word(head: &[u8]) -> &[u8] {
    let end = head.iter().rev().take(LONGEST_WORD).position(u8::is_ascii_whitespace);
    end.and_then(|n| head.get(..head.len() - n)).unwrap_or(head)
}

/// The same for its end.
fn behind_a_word(tail: &[u8]) -> &[u8] {
    let begin = tail.iter().take(LONGEST_WORD).position(u8::is_ascii_whitespace);
    begin.and_then(|n| tail.get(n + 1..)).unwrap_or(tail)
}

/// Reads `from` to its end on a thread of its own; says so through `done`. A stream that a process in another session
/// holds open is read on, by a thread that nobody waits for.
pub fn drain(mut from: impl Read + Send + 'static, done: Sender<()>) -> Arc<Mutex<Stream>> {
    let stream = Arc::new(Mutex::new(Stream::default()));
    let into = Arc::clone(&stream);
    std::thread::spawn(move || {
        let mut buffer = vec![0u8; 64 << 10];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    let bytes = buffer.get(..n).unwrap_or_default();
                    into.lock().unwrap_or_else(PoisonError::into_inner).take(bytes);
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let _ = done.send(());
    });
    stream
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_and_the_tail_are_kept_and_all_is_counted() {
        let mut stream = Stream::default();
        for n in 0..100_000u32 {
            stream.take(format!("{n:07}\n").as_bytes());
        }
        assert_eq!(stream.total(), 800_000);
        assert_eq!(stream.whole(), None);
        let text = stream.text();
        assert!(text.starts_with("0000000\n") && text.ends_with("0099999\n"));
        assert!(text.contains(&format!("[... {} bytes left out ...]", 800_000 - 2 * KEPT + 8)));
    }

    #[test]
    fn no_word_is_cut_in_two_where_something_is_left_out() {
        let mut stream = Stream::default();
        let words = |n: usize| "x".repeat(n);
        stream.take(format!("{} ghp_{}", words(KEPT - 11), words(100)).as_bytes());
        stream.take(format!("{}ghp_{} {}", words(2 * KEPT), words(100), words(KEPT - 11)).as_bytes());
        let text = stream.text();
        assert!(!text.contains("ghp_"), "{}", &text[KEPT - 20..KEPT + 60]);
        assert_eq!(text.lines().next().map(str::len), Some(KEPT - 10), "the words beside it are whole");
    }

    #[test]
    fn what_fits_is_whole() {
        let mut stream = Stream::default();
        stream.take(&vec![b'a'; KEPT]);
        stream.take(&vec![b'b'; KEPT]);
        assert_eq!(stream.whole().map(|all| all.len()), Some(2 * KEPT));
        stream.take(b"c");
        assert!(stream.whole().is_none() && stream.text().ends_with('c'));
    }
}
