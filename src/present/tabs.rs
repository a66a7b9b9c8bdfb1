//! One request as tabs: the plan first, which alone is decided on, then what stands around it.

use crate::domain::event::Entry;
use crate::domain::moment::Moment;
use crate::domain::names::Seq;
use crate::domain::request::Request;
use crate::domain::step::Step;
use crate::domain::text::Text;
use crate::present::changes::Plan;
use crate::present::detail::{self, Sheet};
use crate::present::line::{Line, Tone};
use crate::present::plan::Long;
use crate::present::sides::{How, ROOM_FOR_BOTH, said};
use crate::present::table::{Order, table};
use crate::present::{evidence, history, json, keys, thread};

/// A part of a request that is read by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tab {
    /// What changed since one's own sign-off; there for whoever had signed.
    Since,
    /// What would run, and what its producer claims.
    Plan,
    /// Why the risk is what it is.
    Risk,
    /// What was said.
    Thread,
    /// What was brought as proof.
    Evidence,
    /// One file of it, looked into.
    Opened,
    /// Who signed off.
    Keys,
    /// What happened, by event.
    History,
    /// What needs what, drawn.
    Graph,
    /// The parameters as a table.
    Params,
    /// What changed since the revision before.
    Changes,
    /// The request as `show --json` prints it; opened by a key of its own.
    Raw,
}

impl Tab {
    /// All of them, in their order.
    pub const ALL: [Tab; 12] = [
        Tab::Since,
        Tab::Plan,
        Tab::Risk,
        Tab::Thread,
        Tab::Evidence,
        Tab::Opened,
        Tab::Keys,
        Tab::History,
        Tab::Graph,
        Tab::Params,
        Tab::Changes,
        Tab::Raw,
    ];

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Tab::Since => "since yours",
            Tab::Plan => "plan",
            Tab::Risk => "risk",
            Tab::Thread => "thread",
            Tab::Evidence => "evidence",
            Tab::Opened => "opened",
            Tab::Keys => "keys",
            Tab::History => "history",
            Tab::Graph => "graph",
            Tab::Params => "params",
            Tab::Changes => "changes",
            Tab::Raw => "raw",
        }
    }

    /// How many things there are to say in it; nothing for the two that are always whole.
    pub fn count(self, request: &Request, history: &[(Seq, Entry)]) -> Option<usize> {
        match self {
            Tab::Since | Tab::Plan | Tab::Graph | Tab::Changes | Tab::Opened | Tab::Raw => None,
            Tab::Params => Some(steps(request).map(|step| step.params.len()).sum()),
            Tab::Risk => Some(request.assessment().factors.len()),
            Tab::Thread => Some(request.comments.len()),
            Tab::Evidence => Some(request.pieces().len() + request.missing_evidence().len()),
            Tab::Keys => Some(request.signoffs.len()),
            Tab::History => Some(history.len()),
        }
    }

    /// The number beside its name; of keys how many are filled, of how many.
    pub fn tally(self, request: &Request, history: &[(Seq, Entry)]) -> Option<String> {
        match self {
            Tab::Keys => {
                let (filled, all) = keys::tally(request);
                Some(format!("{filled}/{all}"))
            }
            _ => self.count(request, history).map(|count| count.to_string()),
        }
    }

    /// Whether it stands among the tabs: it has something to say.
    pub fn is_there(self, request: &Request, history: &[(Seq, Entry)]) -> bool {
        let there = match self {
            // Only a reader knows what they had signed.
            Tab::Raw | Tab::Since | Tab::Opened => false,
            // One step needs nothing, and nothing needs it.
            Tab::Graph => steps(request).nth(1).is_some(),
            Tab::Changes => !request.earlier.is_empty(),
            Tab::Keys => return keys::is_there(request),
            _ => true,
        };
        there && self.count(request, history) != Some(0)
    }

    /// What stands in it.
    pub fn sheet(self, request: &Request, history: &[(Seq, Entry)], now: Moment, long: Long) -> Sheet {
        match self {
            Tab::Plan => return detail::deciding(request, now, long),
            Tab::Risk => detail::risk(request),
            Tab::Thread => return thread::thread(request, now, thread::View::default()),
            Tab::Evidence => return evidence::list(request, None),
            Tab::Opened => Vec::new(),
            Tab::Keys => [keys::waited_for(request), detail::signoffs(request)].concat(),
            Tab::History => timeline(request, history),
            Tab::Params => match &request.content {
                Some(content) => return table(content, Order::Step, long),
                None => Vec::new(),
            },
            Tab::Changes => difference(request, How::Words, ROOM_FOR_BOTH),
            Tab::Graph | Tab::Since => Vec::new(),
            Tab::Raw => raw(request, now),
        }
        .into()
    }
}

fn steps(request: &Request) -> impl Iterator<Item = &Step> {
    request.content.iter().flat_map(|content| &content.steps)
}

/// What changed since the revision before, in words for whatever is known of it.
pub fn difference(request: &Request, how: How, columns: usize) -> Vec<Line> {
    let Some(earlier) = request.earlier.last() else {
        return vec![Line::plain("it has one revision: nothing changed")];
    };
    let Some(before) = Plan::before(request) else {
        return vec![Line::plain(format_args!("what revision {} said was redacted", earlier.number))];
    };
    let lines = said(&before, &Plan::of(request), how, columns);
    if lines.is_empty() {
        return vec![Line::plain(format_args!("the plan reads as it did in revision {}", earlier.number))];
    }
    let words = format!("Revision {} became {}, {}", earlier.number, request.revision.number, how.words());
    std::iter::once(Line::default().and(Tone::Strong, words)).chain(lines).collect()
}

fn timeline(request: &Request, history: &[(Seq, Entry)]) -> Vec<Line> {
    let many = history.len();
    let plural = if many == 1 { "" } else { "s" };
    let name = request.id.to_string();
    let mut out = vec![Line::heading(format_args!("History: {many} event{plural}"))];
    out.extend(history.iter().flat_map(|(seq, entry)| history::event(*seq, &name, entry)));
    out
}

/// The whole of it behind the gutter, for most of it is somebody else's words; what is hidden in it is shown as marks.
fn raw(request: &Request, now: Moment) -> Vec<Line> {
    let text = format!("{:#}", json::request(request, now));
    let mut out = vec![Line::default().and(
        Tone::Dim,
        format_args!(
            "as `show {} --json` prints it, with marks for what a terminal would obey or hide",
            request.id
        ),
    )];
    out.extend(text.lines().map(|line| {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let mut quoted = Line::quoted(Text::from(&line[indent..]).line());
        // Inside the gutter, and not as blanks of the text, of which a long run would be shown as its length.
        quoted.phrases.insert(0, blanks(indent));
        quoted
    }));
    out
}

fn blanks(many: usize) -> crate::present::line::Phrase {
    let text = crate::domain::text::Safe::composed(format_args!("{:many$}", ""));
    crate::present::line::Phrase { text, tone: Tone::Plain }
}
