//! `--plain`: the inbox line by line, for screen readers, bad lines and `TERM=dumb`. Nothing is drawn and nothing moves:
//! a numbered list, questions, and answers of one line each.
//!
//! ```text
//! Waiting for you: 2
//! 1. R-1042, deployment, critical risk, production, overdue 12 min, asked by cp20
//!    │ Deploy payments-api 2.14.0
//! A number opens a request; l list again, n next, q quit:
//! ```

use crate::app::{App, Draft, Drafts, Error, From, Queue, Row};
use crate::cli::output::Out;
use crate::cli::{Done, Stop, commands};
use crate::domain::command::Command;
use crate::domain::digest::DecisionDigest;
use crate::domain::moment::Moment;
use crate::domain::names::RequestId;
use crate::domain::overriding::phrase;
use crate::domain::principal::{Caller, Face};
use crate::domain::refusal::exit;
use crate::domain::request::Request;
use crate::domain::rules;
use crate::domain::text::Text;
use crate::present::detail::{detail, detail_with, quoted};
use crate::present::line::Line;
use crate::present::plan::Long;
use crate::present::{history, time};
use crate::tui::action::Ask;
use crate::tui::dialog::Dialog;
use crate::tui::drafts::seen;
use crate::tui::field::{Field, FieldName};
use crate::tui::stepwise::On;
use rustix::termios::{QueueSelector, tcflush};
use std::io::{BufRead, stdin};
use std::time::{Duration, Instant};

/// Lines of a page of what must be read to its end: a screen of the least size there is has them at once.
const LINES: usize = 20;
/// Requests a listing names at once.
const PAGE: usize = 20;
/// An answer that comes sooner was on its way before anybody could have read the question.
const READING: Duration = Duration::from_millis(200);

/// How long somebody who decides is waited for, until a draft is not kept.
const PATIENCE: Duration = Duration::from_millis(300);

/// What a letter asks for.
const LETTERS: [(&str, Ask); 6] = [
    ("a", Ask::Approve),
    ("r", Ask::Reject),
    ("c", Ask::RequestChanges),
    ("w", Ask::Withdraw),
    ("o", Ask::Override),
    ("s", Ask::Comment),
];

/// Whether to go on.
#[derive(PartialEq, Eq)]
enum Go {
    On,
    Out,
}

/// The whole sitting.
pub fn run(app: &mut App, out: &mut Out) -> Done {
    let mut page: Vec<Row> = Vec::new();
    let mut behind: Option<Row> = None;
    let mut list = true;
    loop {
        if std::mem::take(&mut list) {
            page = show_page(app, behind.take(), out)?;
        }
        match ask_for("A number opens a request; l list again, n next, q quit:", out)?.as_deref() {
            None | Some("q") => return Ok(exit::DONE),
            Some("l" | "") => list = true,
            Some("n") => (list, behind) = (true, page.last().cloned()),
            Some(word) => match word.parse::<usize>().ok().and_then(|n| page.get(n.checked_sub(1)?)) {
                Some(row) => {
                    if one(app, row.id, out)? == Go::Out {
                        return Ok(exit::DONE);
                    }
                    list = true;
                }
                None => out.line("There is no such number in the list."),
            },
        }
    }
}

/// Asks, and waits for a line; nothing when there is nobody any more.
fn ask_for(question: &str, out: &mut Out) -> Result<Option<String>, Stop> {
    out.prompt(format_args!("{question} "));
    let mut answer = String::new();
    match stdin().lock().read_line(&mut answer) {
        Ok(0) => {
            out.line("");
            Ok(None)
        }
        Ok(_) => Ok(Some(answer.trim().to_owned())),
        Err(e) => Err(Stop::quoting(exit::IO, format!("reading the answer: {e}; nothing was changed"))),
    }
}

fn show_page(app: &mut App, behind: Option<Row>, out: &mut Out) -> Result<Vec<Row>, Stop> {
    super::list::settle(app, out);
    let (waiting, now) = (app.counters()?.waiting, app.now());
    let page = app.page(Queue::Waiting, behind.as_ref().map_or(From::Start, From::After), PAGE)?;
    out.line("");
    match (waiting, page.is_empty()) {
        (0, _) => out.line("Nothing waits for you."),
        (_, true) => out.line("That was all. l lists from the beginning."),
        (n, false) => out.line(format_args!("Waiting for you: {n}")),
    }
    for (n, row) in page.iter().enumerate() {
        out.line(format_args!("{}. {}", n + 1, said(row, now)));
        out.lines(&[Line::quoted(row.title.line()).indented(3)]);
    }
    Ok(page)
}

/// A row as a sentence that can be listened to.
fn said(row: &Row, now: Moment) -> String {
    let due = match row.due_at <= now {
        true => format!("overdue {}", time::span(now.since(row.due_at))),
        false => format!("due in {}", time::span(row.due_at.since(now))),
    };
    let place = row.environment.as_ref().map(|e| format!(" {e},")).unwrap_or_default();
    let on_it = row.claim.as_ref().filter(|(_, until)| *until > now);
    let on_it = on_it.map(|(by, _)| format!(", {by} is on it")).unwrap_or_default();
    format!("{}, {}, {} risk,{place} {due}, asked by {}{on_it}", row.id, row.kind, row.risk, row.requester)
}

/// One request: everything about it, and what to do with it. Decisions are bound to what was printed here.
fn one(app: &mut App, id: RequestId, out: &mut Out) -> Result<Go, Stop> {
    let caller = app.caller(Face::Cli);
    let mut request = app.request(id)?;
    let mut pages = Pages::of(&request, app.now());
    pages.print(out);
    loop {
        let question = "a approve or answer, r reject, c changes, w withdraw, o override, s say something, h history, p print again, m more, \
                        b back, q quit:";
        match ask_for(question, out)?.as_deref() {
            None | Some("q") => return Ok(Go::Out),
            Some("b" | "") => return Ok(Go::On),
            Some("p") => {
                request = app.request(id)?;
                pages = Pages::of(&request, app.now()).after(&pages);
                pages.print(out);
            }
            Some("m") if pages.left() == 0 => out.line("All of it was printed."),
            Some("m") => pages.print(out),
            Some("h") => {
                let name = id.to_string();
                for (seq, entry) in app.history(id)? {
                    out.lines(&history::event(seq, &name, &entry));
                }
            }
            Some(word) => match LETTERS.iter().find(|(letter, _)| *letter == word) {
                None => out.line("That is none of the letters; nothing was done."),
                Some((_, Ask::Approve | Ask::Override)) if !pages.were_printed() => out.line(format_args!(
                    "Not fully printed: {} lines are left, and it is sensitive; m prints the next page.",
                    pages.left()
                )),
                Some((_, ask)) => match decide(app, &request, *ask, pages.were_read_whole(), &caller, out)? {
                    Ended::Nobody => return Ok(Go::Out),
                    Ended::Recorded => return Ok(Go::On),
                    Ended::Not => {}
                },
            },
        }
    }
}

/// A request as it is printed: at once, or, when somebody has to have read all of it before they approve, in pages.
struct Pages {
    of: DecisionDigest,
    lines: Vec<Line>,
    printed: usize,
    whole: bool,
    /// Whether the lines hold every value in full.
    unfolded: bool,
}

impl Pages {
    fn of(request: &Request, now: Moment) -> Self {
        let gated = request.is_open() && request.assessment().sensitive;
        let in_full = detail_with(request, now, Long::Whole);
        let lines = if gated { in_full.clone() } else { detail(request, now) };
        let unfolded = lines == in_full;
        Self { of: request.decision_digest(), lines, printed: 0, whole: !gated, unfolded }
    }

    /// What was printed whole before stays so, while it is what is there.
    fn after(self, before: &Pages) -> Self {
        Self { whole: self.whole || (before.were_printed() && before.of == self.of), ..self }
    }

    fn left(&self) -> usize {
        self.lines.len() - self.printed
    }

    fn were_printed(&self) -> bool {
        self.whole || self.left() == 0
    }

    /// Whether every line of it was printed, and every value in full: what a decision says was seen.
    fn were_read_whole(&self) -> bool {
        self.unfolded && self.left() == 0
    }

    /// The next page; what need not be read to its end is one page.
    fn print(&mut self, out: &mut Out) {
        let page = if self.whole { self.left() } else { self.left().min(LINES) };
        let to = self.printed + page;
        out.line("");
        out.lines(self.lines.get(self.printed..to).unwrap_or_default());
        self.printed = to;
        out.line("");
        if self.left() > 0 {
            let all = self.lines.len();
            out.line(format_args!("Lines printed: {to} of {all}; m prints the next page."));
        }
    }
}

/// How a verb ended.
enum Ended {
    Recorded,
    Not,
    Nobody,
}

/// A verb on what was printed: what comes of it, the reason, and the word that makes it so.
fn decide(
    app: &mut App,
    request: &Request,
    ask: Ask,
    whole: bool,
    caller: &Caller,
    out: &mut Out,
) -> Result<Ended, Stop> {
    let (facts, now) = (app.facts(caller, request)?, app.now());
    let ask = crate::tui::model::Model::ask_on(ask, request);
    if let Err(refusal) = rules::may(ask.verb(), request, caller, &facts, now) {
        out.line(refusal);
        return Ok(Ended::Not);
    }
    let mut dialog = Dialog::open(ask, On::default(), request, caller, Some(&facts), now);
    dialog.read_whole = whole;
    out.line(format_args!("{} {}:", ask.title(), request.id));
    out.lines(&dialog.about);
    let drafts = app.drafts(caller)?;
    let kept = drafts
        .all()?
        .into_iter()
        .find(|draft| draft.id == request.id && draft.verb == ask.verb() && draft.about.is_empty());
    let mut kept = kept.map(|draft| draft.texts).unwrap_or_default().into_iter();
    for field in dialog.fields.iter_mut().filter(|field| field.name != FieldName::Code) {
        let draft = kept.next().filter(|draft| !draft.trim().is_empty());
        if let Some(draft) = &draft {
            out.line("You wrote this before and did not send it; an empty line takes it, - drops it:");
            out.lines(&quoted(Some(&Text::from(draft.as_str())), 3));
        }
        let Some(text) = ask_for(&format!("{}:", field.label), out)? else { return Ok(Ended::Nobody) };
        if let Some(draft) = draft.filter(|_| text.is_empty()) {
            field.put(&draft);
            continue;
        }
        let text = if text == "-" { String::new() } else { text };
        if field.required && text.is_empty() {
            out.line("Nothing was written, so nothing was done.");
            return Ok(Ended::Not);
        }
        if let Some(said) = field.paste(&text) {
            out.line(said);
        }
    }
    // Kept before the question: whoever loses the line now is not asked for it anew.
    keep(&drafts, &dialog, true, out);
    let code = dialog.fields.iter().position(|field| field.name == FieldName::Code);
    let word = match (ask, code) {
        (Ask::Override, _) => phrase(request.id),
        (_, Some(_)) => request.id.to_string(),
        (_, None) => "yes".to_owned(),
    };
    // What was typed or pasted ahead answers nothing.
    let _ = tcflush(stdin(), QueueSelector::IFlush);
    let asked = Instant::now();
    let question = format!("Type {word} to {} {}:", ask.title().to_lowercase(), request.id);
    let Some(answer) = ask_for(&question, out)? else { return Ok(Ended::Nobody) };
    if asked.elapsed() < READING {
        out.line("That came before the question could be read; nothing was done.");
        return Ok(Ended::Not);
    }
    let is_it = if ask == Ask::Override { answer == word } else { answer.eq_ignore_ascii_case(&word) };
    if !is_it {
        out.line("Nothing was done.");
        return Ok(Ended::Not);
    }
    if let Some(field) = code.and_then(|n| dialog.fields.get_mut(n)) {
        field.put(&answer);
    }
    match dialog.commands(None) {
        Ok(commands) => {
            let Some(command) = commands.first() else { return Ok(Ended::Not) };
            let ended = record(app, request.id, command, caller, out)?;
            if matches!(ended, Ended::Recorded) {
                keep(&drafts, &dialog, false, out);
            }
            Ok(ended)
        }
        Err((_, missing)) => {
            out.line(format_args!("{missing}; nothing was done."));
            Ok(Ended::Not)
        }
    }
}

/// Keeps what was typed as a draft, or forgets it once it was sent.
fn keep(drafts: &Drafts, dialog: &Dialog, unsent: bool, out: &mut Out) {
    let typed = dialog.fields.iter().filter(|field| unsent && field.name != FieldName::Code);
    let texts = typed.map(Field::typed).collect();
    let (id, verb, drawn) = (dialog.id, dialog.ask.verb(), dialog.drawn_request);
    let draft =
        Draft { id, verb, about: String::new(), texts, seen: seen(drawn), at: Moment::from_millis(0) };
    if let Err(failure) = drafts.keep(&draft, PATIENCE) {
        out.line(format_args!("Your text is not kept as a draft: {failure}"));
    }
}

fn record(
    app: &mut App,
    id: RequestId,
    command: &Command,
    caller: &Caller,
    out: &mut Out,
) -> Result<Ended, Stop> {
    match app.decide(id, command, caller) {
        Ok(decided) => {
            commands::verdict::tell(&decided, out);
            Ok(Ended::Recorded)
        }
        Err(Error::Refused(refusal)) => {
            out.line(refusal);
            out.line("Nothing was done; p prints the request as it is now.");
            Ok(Ended::Not)
        }
        Err(Error::Failed(failure)) => {
            out.line(failure);
            Ok(Ended::Not)
        }
    }
}
