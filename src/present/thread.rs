//! What was said, as threads: each answer below what it answers, who said it and what they are, and how far it has come.
//!
//! ```text
//! Threads: 2 open, 1 resolved
//!   1. bob (human) on mint.count, 12 min ago · read by keybot
//!   │ why one key only? @keybot
//!     2. keybot (agent) in reply to 1, 3 min ago, edited · new
//!     │ one per region
//! ```

use crate::domain::event::CommentNumber;
use crate::domain::moment::Moment;
use crate::domain::names::PrincipalName;
use crate::domain::principal::PrincipalKind;
use crate::domain::request::Request;
use crate::domain::talk::{Comment, Receipt};
use crate::present::detail::Sheet;
use crate::present::line::{Line, Tone};
use crate::present::time;
use crate::present::words::quoted;

/// How deep answers are indented; deeper ones stand as deep, and say what they answer.
const DEEPEST: usize = 4;
/// How many readers are named.
const NAMED: usize = 4;

/// Who reads, and how far the comments have come.
#[derive(Clone, Copy, Debug, Default)]
pub struct View<'a> {
    /// The reader; nothing when what is printed is for nobody in particular.
    pub me: Option<&'a PrincipalName>,
    /// What is known of who has what.
    pub receipts: &'a [Receipt],
    /// Whether what a comment said before it was edited is shown too.
    pub with_earlier: bool,
}

impl View<'_> {
    fn receipts_of(&self, number: CommentNumber) -> impl Iterator<Item = &Receipt> {
        self.receipts.iter().filter(move |receipt| receipt.number == number)
    }

    /// Whether the reader has not had it before their eyes; what they said themselves they know.
    pub fn is_new(&self, comment: &Comment) -> bool {
        self.me.is_some_and(|me| {
            comment.by != *me && !self.receipts_of(comment.number).any(|r| r.by == *me && r.read.is_some())
        })
    }
}

/// The word for what somebody is.
pub const fn sort(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Human => "human",
        PrincipalKind::Agent => "agent",
        PrincipalKind::System => "system",
    }
}

/// All that was said; an item for each comment.
pub fn thread(request: &Request, now: Moment, view: View<'_>) -> Sheet {
    let mut sheet = Sheet::default();
    if request.comments.is_empty() {
        return sheet;
    }
    sheet.lines.push(Line::heading(heading(request)));
    for (comment, depth) in request.nested() {
        let indent = 2 + 2 * u16::try_from(depth.min(DEEPEST)).unwrap_or(0);
        sheet.items.push((sheet.lines.len(), comment.number.0 as usize));
        if comment.edited.is_some() && !view.with_earlier {
            sheet.folded.insert(sheet.lines.len());
        }
        sheet.lines.push(head(request, comment, now, view).indented(indent));
        sheet.lines.extend(quoted(comment.text.as_ref(), indent));
        if view.with_earlier {
            for earlier in &comment.earlier {
                let words = format!("before, from {}:", earlier.at.date_and_time());
                sheet.lines.push(Line::default().and(Tone::Dim, words).indented(indent + 2));
                sheet.lines.extend(quoted(earlier.text.as_ref(), indent + 2));
            }
        }
    }
    sheet
}

fn heading(request: &Request) -> String {
    let (open, resolved) = (request.open_threads(), request.resolved.len());
    let plural = if open + resolved == 1 { "" } else { "s" };
    match resolved {
        0 => format!("Thread{plural}: {open} open, {}", comments(request.comments.len())),
        n => format!("Thread{plural}: {open} open, {n} resolved, {}", comments(request.comments.len())),
    }
}

fn comments(many: usize) -> String {
    format!("{many} comment{}", if many == 1 { "" } else { "s" })
}

fn head(request: &Request, comment: &Comment, now: Moment, view: View<'_>) -> Line {
    let number = comment.number;
    let mut line = Line::plain(format_args!("{}. ", number.0)).and(Tone::Strong, &comment.by).and(
        if comment.kind == PrincipalKind::Human { Tone::Plain } else { Tone::Warn },
        format_args!(" ({})", sort(comment.kind)),
    );
    let about = match (&comment.step, &comment.param) {
        (Some(step), Some(param)) => format!(" on {step}.{param}"),
        (Some(step), None) => format!(" on {step}"),
        _ => String::new(),
    };
    let reply = comment.reply_to.map(|n| format!(" in reply to {}", n.0)).unwrap_or_default();
    let edited = if comment.edited.is_some() { ", edited" } else { "" };
    line = line.and(Tone::Plain, format_args!("{about}{reply}, {}{edited}", time::ago(comment.at, now)));
    if comment.is_reason {
        line = line.and(Tone::Dim, " · why changes were requested");
    }
    if let Some(resolved) = request.resolved.get(&number) {
        line = line.and(Tone::Good, format_args!(" · resolved by {}", resolved.by));
    }
    if view.is_new(comment) {
        line = line.and(Tone::Strong, " · new");
    }
    if view.me.is_some_and(|me| comment.mentions.contains(me)) {
        line = line.and(Tone::Warn, " · calls you");
    }
    match received(comment, view) {
        Some(words) => line.and(Tone::Dim, format_args!(" · {words}")),
        None => line,
    }
}

/// How far it has come, to others than its author: read is more than delivered. Only what is known is said.
fn received(comment: &Comment, view: View<'_>) -> Option<String> {
    let others: Vec<&Receipt> =
        view.receipts_of(comment.number).filter(|r| r.by != comment.by && Some(&r.by) != view.me).collect();
    let names = |read: bool| -> Vec<&str> {
        others.iter().filter(|r| r.read.is_some() == read).map(|r| r.by.as_str()).collect()
    };
    let list = |names: Vec<&str>| match names.len() {
        0..=NAMED => names.join(", "),
        n => format!("{} and {} more", names[..NAMED].join(", "), n - NAMED),
    };
    let (read, delivered) = (names(true), names(false));
    match (read.is_empty(), delivered.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("read by {}", list(read))),
        (true, false) => Some(format!("delivered to {}", list(delivered))),
        (false, false) => Some(format!("read by {}, delivered to {}", list(read), list(delivered))),
    }
}
