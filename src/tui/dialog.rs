//! A dialog: the only place where something is decided. It is bound to what was drawn when it was opened.

use crate::domain::command::{Command, DigestPrefix, Facts};
use crate::domain::conflict::Way;
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::overriding::{self, Lack, Plea};
use crate::domain::principal::Caller;
use crate::domain::request::Request;
use crate::domain::statement::Statement;
use crate::domain::step::Step;
use crate::domain::talk::About;
use crate::domain::text::Text;
use crate::present::changes::{Plan, changes};
use crate::present::line::{Line, Tone};
use crate::tui::action::Ask;
use crate::tui::asking;
use crate::tui::field::{Field, FieldName};
use crate::tui::reading::Drawn;
use crate::tui::stepwise::{self, On};
use crate::tui::talking;

/// Where the keys go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Focus {
    /// Into this field.
    Field(usize),
    /// To the button of this way out.
    Way(usize),
    /// To the button that does it.
    Submit,
    /// To the button that does not.
    Cancel,
}

/// How much of what a dialog says was drawn, as it was set when that was drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Seen {
    width: u16,
    all: usize,
    /// Lines from the first one on.
    lines: usize,
}

/// An open dialog.
#[derive(Clone, Debug)]
pub struct Dialog {
    /// What it asks about.
    pub ask: Ask,
    /// On which request.
    pub id: RequestId,
    /// On what of it.
    pub on: On,
    /// The step as it was when the dialog was opened.
    pub step: Option<Step>,
    /// What the step would run with that is to be confirmed.
    pub filled: Option<DigestPrefix>,
    /// Ways out of a conflict, and what would come of each.
    pub ways: Vec<(Way, String)>,
    /// On what, and what comes of it.
    pub about: Vec<Line>,
    /// What the frame showed when it was opened, or looked at again.
    pub drawn_request: Drawn,
    /// The text fields.
    pub fields: Vec<Field>,
    /// Where the keys go.
    pub focus: Focus,
    /// Whether a frame has shown it; keys typed before are dropped.
    pub shown: bool,
    /// Whether Esc was pressed once with text in a field.
    pub closing: bool,
    /// Whether the request changed since: then the button looks again before anything can be decided.
    pub changed: bool,
    /// Whether it is over: somebody else closed the request meanwhile, and nothing can be decided here any more.
    pub over: bool,
    /// Whether every line of the plan was drawn when the dialog opened, or when it was looked at again.
    pub read_whole: bool,
    /// What would run as it was drawn, to be compared with what would run now.
    pub drawn_plan: Plan,
    /// What changed since, word by word.
    pub difference: Vec<Line>,
    /// The first visible line of what it says.
    pub scroll: usize,
    /// What is to be signed, where it is; it stays in view whatever is read anew.
    pub statement: Option<Box<Statement>>,
    /// What is to be said: a refusal, a missing reason, a returned draft.
    pub note: Option<Line>,
    /// Whether it decides something sensitive: then all that it says must have been drawn before.
    pub sensitive: bool,
    seen: Seen,
    options: Vec<Text>,
}

impl Dialog {
    /// Opens a dialog on what `request` is now. Cancel has the focus, unless something must be typed.
    pub fn open(
        ask: Ask,
        on: On,
        request: &Request,
        caller: &Caller,
        facts: Option<&Facts>,
        now: Moment,
    ) -> Self {
        let fields = stepwise::fields(ask, &on, request)
            .or_else(|| talking::fields(ask, &on, request))
            .unwrap_or_else(|| asking::fields(ask, request));
        let typing = matches!(ask, Ask::Modify | Ask::ModifyJson).then_some(0);
        let required = fields.iter().position(|f| f.required && ask != Ask::Override);
        // The longest path is gone step by step: it begins with the way out.
        let focus = required.or(typing).map_or(Focus::Cancel, Focus::Field);
        Self {
            ask,
            id: request.id,
            about: asking::about(ask, &on, request, caller, facts, now),
            step: on.step.as_ref().and_then(|step| request.content.as_ref()?.step(step)).cloned(),
            filled: stepwise::filled(ask, &on, request),
            ways: stepwise::ways(ask, &on, request),
            options: options(ask, &on, request),
            on,
            drawn_request: Drawn::of(request),
            fields,
            focus,
            shown: false,
            closing: false,
            changed: false,
            over: false,
            read_whole: false,
            drawn_plan: Plan::of(request),
            difference: Vec::new(),
            scroll: 0,
            statement: None,
            note: None,
            sensitive: ask == Ask::Override || (!ask.talks() && request.assessment().sensitive),
            seen: Seen::default(),
        }
    }

    /// Takes the request as it is now; what was typed stays, but the short code is asked for anew.
    pub fn look_again(&mut self, request: &Request, caller: &Caller, facts: Option<&Facts>, now: Moment) {
        let typed: Vec<Field> = std::mem::take(&mut self.fields);
        let fresh = Dialog::open(self.ask, self.on.clone(), request, caller, facts, now);
        let difference = changes(&self.drawn_plan, &fresh.drawn_plan);
        *self = Dialog { focus: Focus::Cancel, difference, ..fresh };
        for field in &mut self.fields {
            let is_it = |t: &&Field| t.name == field.name && (t.name.is_alone() || t.label == field.label);
            let before = typed.iter().filter(|t| t.name != FieldName::Code && t.is_changed()).find(is_it);
            if let Some(before) = before {
                // A field that nobody touched says what is there now.
                field.replace(&before.typed());
            }
        }
    }

    /// The request is closed or gone, and the dialog with it: what it said would come of it will not, and what was typed
    /// stays to be read and copied, no longer to be sent.
    pub fn end(&mut self, refusal: impl std::fmt::Display) {
        if self.over {
            return;
        }
        self.about.truncate(1);
        self.difference.clear();
        self.fields.retain(|f| f.name != FieldName::Code && f.text().is_some());
        for field in &mut self.fields {
            field.required = false;
            field.label = "What you typed; it is not kept: copy it if you need it".to_owned();
        }
        (self.over, self.changed, self.closing) = (true, false, false);
        // Whoever is typing meant none of these keys for the button that is here now.
        (self.focus, self.scroll, self.shown) = (Focus::Cancel, 0, false);
        self.note = Some(Line::default().and(Tone::Bad, refusal));
    }

    /// A frame of this width showed `shown` of `all` lines from `first` on.
    pub fn was_drawn(&mut self, width: u16, first: usize, shown: usize, all: usize) {
        if (self.seen.width, self.seen.all) != (width, all) {
            self.seen = Seen { width, all, lines: 0 };
        }
        if first <= self.seen.lines {
            self.seen.lines = self.seen.lines.max(first + shown);
        }
    }

    /// How many lines of what it says were in no frame, when it must not decide before they were.
    pub fn left_to_show(&self) -> Option<usize> {
        let left = self.seen.all.saturating_sub(self.seen.lines);
        (self.sensitive && left > 0).then_some(left)
    }

    /// Everything above the fields. When it changed, what stands there is what changed, not what was.
    pub fn says(&self) -> impl Iterator<Item = &Line> {
        let about = if self.changed && !self.difference.is_empty() { 1 } else { self.about.len() };
        self.about.iter().take(about).chain(&self.difference)
    }

    /// The word on the button.
    pub fn button(&self) -> &'static str {
        match self.changed {
            true => "Look again",
            false if !self.ways.is_empty() => "Only mark it",
            false => self.ask.title(),
        }
    }

    /// Its heading.
    pub fn title(&self) -> String {
        match &self.on.step {
            Some(step) => format!("{} {} {step}", self.ask.title(), self.id),
            None => format!("{} {}", self.ask.title(), self.id),
        }
    }

    /// How many ways out have a button now.
    pub fn ways_shown(&self) -> usize {
        if self.changed { 0 } else { self.ways.len() }
    }

    /// The word on the button that does not.
    pub fn way_out(&self) -> &'static str {
        if self.over { "Close" } else { "Cancel" }
    }

    /// Whether keys are typed into a field.
    pub fn field(&mut self) -> Option<&mut Field> {
        match self.focus {
            Focus::Field(n) => self.fields.get_mut(n),
            Focus::Way(_) | Focus::Submit | Focus::Cancel => None,
        }
    }

    /// Whether something was typed that would be lost.
    pub fn has_text(&self) -> bool {
        self.fields.iter().any(|f| {
            f.name != FieldName::Code && f.is_changed() && !(f.text().is_none() && f.name.is_alone())
        })
    }

    /// The focus goes round: the fields, the ways out, the button, Cancel.
    pub fn turn(&mut self, forward: bool) {
        if self.over {
            return;
        }
        let fields = self.fields.len();
        let ways = fields + self.ways_shown();
        let at = match self.focus {
            Focus::Field(n) => n,
            Focus::Way(n) => fields + n,
            Focus::Submit => ways,
            Focus::Cancel => ways + 1,
        };
        let round = ways + 2;
        let next = if forward { (at + 1) % round } else { (at + round - 1) % round };
        self.focus = match next {
            n if n < fields => Focus::Field(n),
            n if n < ways => Focus::Way(n - fields),
            n if n == ways => Focus::Submit,
            _ => Focus::Cancel,
        };
    }

    /// Over, with something typed: says once that closing drops it.
    pub fn warns_of_the_text(&mut self) -> bool {
        if !self.over || !self.has_text() || std::mem::replace(&mut self.closing, true) {
            return false;
        }
        let words = "; once more closes this, and what you typed is gone";
        self.note = self.note.take().map(|note| note.and(Tone::Warn, words));
        true
    }

    /// Says something inside the dialog. That it is over is never talked over.
    pub fn say(&mut self, tone: Tone, words: impl std::fmt::Display) {
        if self.over {
            return;
        }
        self.note = Some(Line::default().and(tone, words));
    }

    /// What was typed into a field, when it is there and not empty.
    pub fn text(&self, name: FieldName) -> Option<Text> {
        self.fields.iter().find(|f| f.name == name).and_then(Field::text)
    }

    /// The commands that were decided on, in order; `way` is the way out that was taken.
    ///
    /// # Errors
    /// The field that is missing something, and what to say about it.
    pub fn commands(&self, way: Option<&Way>) -> Result<Vec<Command>, (usize, String)> {
        let command = self.command()?;
        command.map_or_else(|| stepwise::commands(self, way), |command| Ok(vec![command]))
    }

    fn handing_over(&self, reason: Option<Text>) -> Result<Command, (usize, String)> {
        let typed = self.text(FieldName::To).unwrap_or_default();
        let to =
            PrincipalName::new(typed.raw().trim()).map_err(|why| (0, format!("that is no name: {why}")))?;
        Ok(Command::Reassign { to, reason })
    }

    fn command(&self) -> Result<Option<Command>, (usize, String)> {
        for (n, field) in self.fields.iter().enumerate() {
            let text = field.text();
            match field.name {
                // What an override lacks is said by its rules, in their order.
                _ if self.ask == Ask::Override => {}
                FieldName::Code => {
                    let code = self.id.to_string();
                    if !text.is_some_and(|t| t.raw().eq_ignore_ascii_case(&code)) {
                        return Err((n, format!("type {code} to approve it")));
                    }
                }
                _ if field.required && text.is_none_or(|t| t.is_blank()) => {
                    return Err((n, self.what_is_missing(field.name)));
                }
                _ => {}
            }
        }
        let reason = self.text(FieldName::Reason);
        let seen = self.drawn_request.seen(self.read_whole);
        Ok(Some(match self.ask {
            Ask::Approve | Ask::Sign => Command::Approve { reason, seen },
            Ask::Reject => Command::Reject { reason, seen },
            Ask::RequestChanges => Command::RequestChanges { reason, seen },
            Ask::Withdraw => Command::Withdraw,
            Ask::Override => Command::Override { plea: Box::new(self.plea()?), seen },
            Ask::Comment => {
                let (step, reply_to) = (self.on.step.clone(), self.on.comment);
                let about = About { step, reply_to, ..About::default() };
                Command::Comment { text: reason.unwrap_or_default(), about }
            }
            Ask::EditComment => {
                let Some(number) = self.on.comment else { return Ok(None) };
                Command::EditComment { number, text: reason.unwrap_or_default() }
            }
            Ask::Stop => Command::Stop { reason },
            Ask::Escalate => Command::Escalate { reason },
            Ask::Reassign => return self.handing_over(reason).map(Some),
            Ask::Continue => Command::Continue { reason },
            Ask::Confirm => {
                let Some(step) = self.on.step.clone() else { return Ok(None) };
                let answer = self.text(FieldName::Answer);
                let option = self.option_meant(answer.as_ref())?;
                let reason = reason.or(answer.filter(|_| option.is_none()));
                Command::Confirm { step, filled: self.filled.clone(), option, reason }
            }
            Ask::Answer => {
                let answer = self.text(FieldName::Answer);
                match self.option_meant(answer.as_ref())? {
                    Some(n) => Command::Answer { option: Some(n), text: None, reason, seen },
                    None => Command::Answer { option: None, text: answer, reason, seen },
                }
            }
            _ => return Ok(None),
        }))
    }

    /// What is said for an override, when nothing is missing that can be seen from here.
    fn plea(&self) -> Result<Plea, (usize, String)> {
        let text = |name| self.text(name).unwrap_or_default();
        let plea = Plea {
            class: text(FieldName::Class),
            reference: text(FieldName::Reference),
            reason: text(FieldName::Reason),
            phrase: text(FieldName::Code),
        };
        let Some(lack) = overriding::missing(self.id, &plea) else { return Ok(plea) };
        let name = match lack {
            Lack::Class(_) => FieldName::Class,
            Lack::Reference | Lack::ReferenceForm => FieldName::Reference,
            Lack::Phrase => FieldName::Code,
            _ => FieldName::Reason,
        };
        let field = self.fields.iter().position(|f| f.name == name).unwrap_or_default();
        Err((field, lack.said(self.id).to_string()))
    }

    /// Which option an answer picks, if it picks one: by its number, as `#2`, or by its own words. A number that is also the
    /// words of another option could mean either, and so means neither.
    fn option_meant(&self, answer: Option<&Text>) -> Result<Option<u32>, (usize, String)> {
        let typed = answer.map(|t| t.raw().trim()).unwrap_or_default();
        let option = |digits: &str| {
            let number = digits.parse::<u32>().ok()?;
            (number >= 1 && self.options.len() >= number as usize).then_some(number)
        };
        if let Some(number) = typed.strip_prefix('#').and_then(option) {
            return Ok(Some(number));
        }
        let by_number = option(typed);
        let by_words =
            self.options.iter().zip(1u32..).find(|(option, _)| option.raw().trim() == typed).map(|(_, n)| n);
        match (by_number, by_words) {
            (Some(number), Some(words)) if number != words => {
                let field = self.fields.iter().position(|f| f.name == FieldName::Answer).unwrap_or_default();
                Err((
                    field,
                    format!(
                        "is that option {number}, or option {words}, which reads {number}? type #{number} or #{words}"
                    ),
                ))
            }
            (number, words) => Ok(number.or(words)),
        }
    }

    fn what_is_missing(&self, name: FieldName) -> String {
        match (name, self.ask) {
            (FieldName::Answer, _) => "an answer is missing".to_owned(),
            (FieldName::To, _) => "the name is missing".to_owned(),
            (FieldName::Given, _) => "the value is missing".to_owned(),
            (FieldName::Signature, _) => "the signature is missing: paste it".to_owned(),
            (_, Ask::Comment | Ask::EditComment) => "the comment is empty".to_owned(),
            (_, Ask::Approve | Ask::Sign | Ask::Answer) => {
                "a reason is required: the request is sensitive".to_owned()
            }
            (_, Ask::RequestChanges) => "a reason is required: it is what must be changed".to_owned(),
            _ => "a reason is required".to_owned(),
        }
    }
}

/// What can be picked: of a question, or of what the runner of a step asks.
fn options(ask: Ask, on: &On, request: &Request) -> Vec<Text> {
    if ask == Ask::Confirm {
        let step = on.step.as_ref().and_then(|step| request.run.as_ref()?.steps.get(step));
        return step.and_then(|step| step.question.as_ref()).map(|q| q.options.clone()).unwrap_or_default();
    }
    request.content.as_ref().map(|c| c.options.clone()).unwrap_or_default()
}
