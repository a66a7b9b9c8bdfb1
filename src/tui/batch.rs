//! Deciding on several at once: a dialog that names each, with the count typed; one record each, bound to what it named.

use crate::domain::command::{Command, Facts};
use crate::domain::content::Kind;
use crate::domain::names::RequestId;
use crate::domain::preview::preview;
use crate::domain::request::Request;
use crate::domain::rules;
use crate::domain::text::Safe;
use crate::present::line::{Line, Tone};
use crate::tui::action::{Action, Ask, Effect};
use crate::tui::dialog::Focus;
use crate::tui::field::{Field, FieldName};
use crate::tui::model::Model;
use crate::tui::reading::Drawn;
use crossterm::event::{KeyCode, KeyEvent};

/// Lines of the dialog that are no names: the rule, two fields with their labels, the note, the buttons.
const FIXED: u16 = 7;
/// Which field the count is typed in; the one before is the reason.
const COUNT: usize = 1;

/// One request that would be decided on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// What the dialog says of it, in our words.
    pub words: String,
    /// And more, where there is room.
    pub more: String,
    /// The producer's title.
    pub title: Safe,
    /// What a decision on it is bound to.
    pub drawn: Drawn,
}

/// The dialog of a batch.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Approve or reject.
    pub ask: Ask,
    /// What would be decided on.
    pub items: Vec<Item>,
    /// What was marked and is not in it, and why.
    pub left_out: Vec<(RequestId, Safe)>,
    /// The same in lines as wide as the screen.
    pub left_out_lines: Vec<String>,
    /// The reason, and the count.
    pub fields: [Field; 2],
    /// Where the keys go.
    pub focus: Focus,
    /// Whether a frame has shown it; keys typed before are dropped.
    pub shown: bool,
    /// The first visible name.
    pub scroll: usize,
    /// What is to be said.
    pub note: Option<Line>,
    /// What came of it, once it was done.
    pub result: Option<Vec<String>>,
    /// How many of the lines, from the first, were in a drawn frame.
    seen: usize,
    closing: bool,
    /// Whether they were gathered because they look alike, and not marked.
    alike: bool,
}

/// How many names are visible in a body of this height.
pub fn visible(height: u16) -> usize {
    usize::from(height.saturating_sub(FIXED)).max(1)
}

/// The key of a verb while rows are marked.
pub fn begin(model: &mut Model, ask: Ask) -> Vec<Effect> {
    if !matches!(ask, Ask::Approve | Ask::Reject) {
        model.say(Tone::Warn, "a batch is approved or rejected; esc lets go of the marks");
        return Vec::new();
    }
    if model.marks.anchor.is_some() {
        model.say(Tone::Warn, "the range is open: v or space marks it, esc drops it");
        return Vec::new();
    }
    vec![Effect::Gather { ask, ids: model.marks.ids.iter().copied().collect() }]
}

/// Why a marked request is not in the batch.
fn why_not(model: &Model, ask: Ask, request: &Request, facts: &Facts) -> Option<Safe> {
    if request.assessment().sensitive {
        return Some(Safe::composed("it is sensitive: it is decided by itself, never in a batch"));
    }
    if ask == Ask::Approve && request.kind() == Kind::Question {
        return Some(Safe::composed("it is a question: it is answered by itself"));
    }
    let may = rules::may(ask.verb(), request, &model.caller, facts, model.now).and_then(|()| match ask {
        Ask::Approve => rules::may_sign(request, &request.marks.with_undecided_approved()),
        _ => Ok(()),
    });
    may.err().map(Safe::composed)
}

/// What was marked was read: opens the dialog, in the order of the list as far as it is at hand.
pub fn open(model: &mut Model, ask: Ask, gathered: Vec<(Request, Facts)>) {
    open_with(model, ask, gathered, None);
}

/// What looks alike was shown with all in which it differs: opens the dialog. Those that are `apart` are named in it, and
/// nothing that was shown has to be shown again.
pub fn open_alike(
    model: &mut Model,
    ask: Ask,
    gathered: Vec<(Request, Facts)>,
    apart: Vec<(RequestId, Safe)>,
) {
    open_with(model, ask, gathered, Some(apart));
}

fn open_with(
    model: &mut Model,
    ask: Ask,
    gathered: Vec<(Request, Facts)>,
    apart: Option<Vec<(RequestId, Safe)>>,
) {
    let alike = apart.is_some();
    let (mut items, mut left_out) = (Vec::new(), apart.unwrap_or_default());
    let at = |id: RequestId| model.list.rows.iter().position(|s| s.row.id == id).unwrap_or(usize::MAX);
    let mut gathered = gathered;
    gathered.sort_by_key(|(request, _)| (at(request.id), request.id));
    for (request, facts) in &gathered {
        match why_not(model, ask, request, facts) {
            Some(why) => left_out.push((request.id, why)),
            None => items.push(item(request)),
        }
    }
    if items.is_empty() {
        let why: Vec<String> = left_out.iter().map(|(id, why)| format!("{id}: {why}")).collect();
        model.say(Tone::Warn, format_args!("none of them: {}", why.join("; ")));
        return;
    }
    let many = items.len();
    let required = ask == Ask::Reject || alike;
    let label = if required {
        "Reason, recorded with each (required)"
    } else {
        "Reason, recorded with each (welcome)"
    };
    let verb = ask.title().to_lowercase();
    let fields = [
        Field::new(FieldName::Reason, label, required),
        Field::new(FieldName::Code, format!("Type {many} to {verb} these {many}"), true),
    ];
    let left_out_lines: Vec<String> =
        left_out.iter().flat_map(|(id, why)| named(model, *id, "not in it: ", why)).collect();
    model.batch = Some(Batch {
        ask,
        seen: if alike { many + left_out_lines.len() } else { 0 },
        items,
        left_out_lines,
        left_out,
        fields,
        focus: Focus::Field(if required { 0 } else { COUNT }),
        shown: false,
        scroll: 0,
        note: None,
        result: None,
        closing: false,
        alike,
    });
}

/// A request and why, as lines that fit the screen.
fn named(model: &Model, id: RequestId, before: &str, why: &Safe) -> Vec<String> {
    let width = usize::from(model.size.0.saturating_sub(3));
    Line::plain(format_args!("{:<8}{before}{why}", id.to_string())).rows(width)
}

fn item(request: &Request) -> Item {
    let assessment = request.assessment();
    let runs = request.content.as_ref().filter(|_| request.has_steps()).map(|content| {
        let outcomes = preview(content, &request.marks);
        format!("  {} of {} steps", outcomes.iter().filter(|(_, o)| o.may_run()).count(), outcomes.len())
    });
    Item {
        words: format!(
            "{:<8}{:<9}{:<11}",
            request.id.to_string(),
            assessment.risk.word(),
            request.kind().word()
        ),
        more: format!("{}{:<15}", request.decision_digest().short(), runs.unwrap_or_default()),
        title: request.content.as_ref().map(|content| content.title.line()).unwrap_or_default(),
        drawn: Drawn::of(request),
    }
}

impl Batch {
    /// How many lines there are to be read.
    pub fn lines(&self) -> usize {
        match &self.result {
            Some(result) => result.len(),
            None => self.items.len() + self.left_out_lines.len(),
        }
    }

    /// A frame has shown so many lines from the first visible one on.
    pub fn was_drawn(&mut self, visible: usize) {
        if self.scroll <= self.seen {
            self.seen = self.seen.max(self.scroll + visible).min(self.lines());
        }
    }

    /// Says something inside the dialog.
    pub fn say(&mut self, tone: Tone, words: impl std::fmt::Display) {
        self.note = Some(Line::default().and(tone, words));
    }

    fn turn(&mut self, forward: bool) {
        let all = [Focus::Field(0), Focus::Field(COUNT), Focus::Submit, Focus::Cancel];
        let at = all.iter().position(|focus| *focus == self.focus).unwrap_or(0);
        self.focus = all[(at + if forward { 1 } else { all.len() - 1 }) % all.len()];
    }

    /// What is missing before it can be done, and where the keys should go.
    fn missing(&self) -> Option<(Focus, String)> {
        let many = self.items.len();
        if self.seen < self.lines() {
            let left = self.lines() - self.seen;
            return Some((self.focus, format!("{left} are not yet shown: pgdn shows them")));
        }
        if self.fields[0].required && self.fields[0].text().is_none_or(|text| text.is_blank()) {
            return Some((Focus::Field(0), "a reason is required".to_owned()));
        }
        if self.fields[COUNT].typed().trim() != many.to_string() {
            return Some((Focus::Field(COUNT), format!("type {many}: so many would be decided on")));
        }
        None
    }

    fn commands(&self) -> Vec<(RequestId, Command)> {
        let command = |item: &Item| {
            let reason = self.fields[0].text();
            let seen = item.drawn.seen(false);
            match self.ask {
                Ask::Reject => Command::Reject { reason, seen },
                _ => Command::Approve { reason, seen },
            }
        };
        self.items.iter().map(|item| (item.drawn.id, command(item))).collect()
    }
}

/// An action while the dialog is open; nothing when it means there what it means anywhere.
pub fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let page = model.layout().map_or(1, |layout| visible(layout.body.height));
    let batch = model.batch.as_mut()?;
    let done = batch.result.is_some();
    match action {
        Action::MoreDown => {
            batch.scroll = (batch.scroll + page).min(batch.lines().saturating_sub(page));
        }
        Action::MoreUp => batch.scroll = batch.scroll.saturating_sub(page),
        Action::NextField | Action::PreviousField if !done => {
            batch.closing = false;
            batch.turn(action == Action::NextField);
        }
        Action::NextField | Action::PreviousField => {}
        Action::Press if !done && batch.focus == Focus::Submit => return Some(submit(model)),
        // As in any dialog, Alt-Enter goes to the button and does not press it.
        Action::Submit if !done => (batch.closing, batch.focus) = (false, Focus::Submit),
        Action::Submit => {}
        Action::Cancel if !done && batch.fields[0].text().is_some() && !batch.closing => {
            batch.closing = true;
            batch.say(Tone::Warn, "Esc again closes it; what you typed is not kept");
        }
        Action::Press | Action::Cancel => {
            let alike = model.batch.take().is_some_and(|batch| batch.alike);
            if !done {
                let marks = if alike { "" } else { "; the marks are still there" };
                model.say(Tone::Dim, format_args!("nothing was decided{marks}"));
            }
        }
        _ => return None,
    }
    Some(Vec::new())
}

fn submit(model: &mut Model) -> Vec<Effect> {
    let Some(batch) = &mut model.batch else { return Vec::new() };
    batch.closing = false;
    match batch.missing() {
        Some((focus, words)) => {
            batch.focus = focus;
            batch.say(Tone::Warn, words);
            Vec::new()
        }
        None => vec![Effect::DecideAll { ask: batch.ask, commands: batch.commands() }],
    }
}

/// A key in one of the fields.
pub fn typed(model: &mut Model, key: KeyEvent) {
    let Some(batch) = &mut model.batch else { return };
    batch.closing = false;
    let Focus::Field(n) = batch.focus else { return };
    let Some(field) = batch.fields.get_mut(n) else { return };
    if field.is_one_line() && key.code == KeyCode::Enter {
        batch.turn(true);
    } else {
        field.key(key);
    }
}

/// A paste: into the reason, nowhere else.
pub fn paste(model: &mut Model, text: &str) {
    let Some(batch) = model.batch.as_mut().filter(|batch| batch.shown && batch.result.is_none()) else {
        return;
    };
    let said = match batch.focus {
        Focus::Field(n) => batch.fields.get_mut(n).and_then(|field| field.paste(text)),
        Focus::Way(_) | Focus::Submit | Focus::Cancel => {
            Some("pasted text goes into a text field; nothing was pressed".to_owned())
        }
    };
    if let Some(said) = said {
        batch.say(Tone::Warn, said);
    }
}

/// It was done, one by one: says how many of how many, and why not the others.
pub fn done(model: &mut Model, ask: Ask, outcomes: Vec<(RequestId, Result<(), Safe>)>) {
    let Some(batch) = &model.batch else { return };
    let all = batch.items.len() + batch.left_out.len();
    let mut lines = Vec::new();
    let mut many = 0;
    for (id, outcome) in &outcomes {
        match outcome {
            Ok(()) => {
                many += 1;
            }
            Err(why) => lines.extend(named(model, *id, "", why)),
        }
    }
    lines.extend(batch.left_out.iter().flat_map(|(id, why)| named(model, *id, "", why)));
    for (id, _) in outcomes.iter().filter(|(_, outcome)| outcome.is_ok()) {
        model.marks.ids.remove(id);
    }
    let word = if ask == Ask::Reject { "rejected" } else { "approved" };
    let words = format!("{many} of {all} {word}");
    if lines.is_empty() {
        model.batch = None;
        model.say(Tone::Good, words);
        return;
    }
    let Some(batch) = &mut model.batch else { return };
    batch.scroll = 0;
    batch.focus = Focus::Cancel;
    batch.note = Some(Line::default().and(if many > 0 { Tone::Good } else { Tone::Warn }, words));
    batch.result = Some(lines);
}
