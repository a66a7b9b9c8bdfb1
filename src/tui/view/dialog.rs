//! A dialog: a sheet over the lower part of the screen, as high as it must be, so that what it is about stays in view.
//!
//! ```text
//! ━ Approve R-1042 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
//!  deployment, revision 1, digest 3f2a9c, critical risk, sensitive, production
//!  3 of 4 steps would run: snapshot, deploy, verify
//!
//!  Reason (required)
//!    lookup only, watched by me_
//!
//!   [ Approve ]   [▸Cancel ]
//! ```

use crate::present::line::{Line, Tone};
use crate::tui::dialog::{Dialog, Focus};
use crate::tui::field::{Field, FieldName};
use crate::tui::glyphs::Glyphs;
use crate::tui::model::Model;
use crate::tui::stepwise;
use crate::tui::view::canvas::{Canvas, cells};
use crate::tui::wrap::{Wrapped, wrap};
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget;

/// Lines a text field gets, if there is room.
const FIELD_LINES: u16 = 3;
/// Lines that JSON gets, if there is room.
const JSON_LINES: u16 = 12;
/// Columns of a label that shares its line with its text.
const LABEL: u16 = 26;
/// Lines that are never given up: the rule, the note, the buttons.
const FIXED: u16 = 3;

/// What it says, and what is to be said of it, as it fits.
fn words(dialog: &Dialog, width: u16, glyphs: Glyphs) -> (Vec<Wrapped>, Vec<Wrapped>) {
    let wrapped = |line: &Line| wrap(line, width, glyphs);
    (dialog.says().flat_map(wrapped).collect(), dialog.note.iter().flat_map(wrapped).collect())
}

/// What of the open dialog's words is in the frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OnScreen {
    /// Columns they are set in.
    pub width: u16,
    /// The first line that is shown.
    pub first: usize,
    /// How many are shown from there on.
    pub shown: usize,
    /// How many there are.
    pub all: usize,
}

/// What a frame of this model shows of the open dialog's words; nothing when there is none.
pub fn on_screen(model: &Model) -> Option<OnScreen> {
    let (layout, dialog) = (model.layout()?, model.dialog.as_ref()?);
    let width = layout.body.width.saturating_sub(2);
    let (about, note) = words(dialog, width, model.glyphs());
    let shown = Plan::new(dialog, about.len(), note.len(), layout.body.height).shown(about.len());
    let first = dialog.scroll.min(about.len() - shown);
    Some(OnScreen { width, first, shown, all: about.len() })
}

/// Where the lines are that are not shown.
fn elsewhere(before: usize, behind: usize) -> String {
    let lines = |n: usize| if n == 1 { "1 more line".to_owned() } else { format!("{n} more lines") };
    match (before, behind) {
        (0, behind) => format!("pgdn: {}", lines(behind)),
        (before, 0) => format!("pgup: {} above", lines(before)),
        (before, behind) => format!("pgdn: {}, pgup: {} above", lines(behind), lines(before)),
    }
}

/// Draws the dialog; returns where the cursor stands.
pub fn dialog(model: &Model, dialog: &Dialog, canvas: &mut Canvas, body: Rect) -> Option<Position> {
    let width = body.width.saturating_sub(2);
    let (about, note) = words(dialog, width, canvas.glyphs);
    let plan = Plan::new(dialog, about.len(), note.len(), body.height);
    let sheet = Rect { y: body.bottom().saturating_sub(plan.height), height: plan.height, ..body };
    canvas.clear(sheet);
    let title = dialog.title();
    canvas.rule(Rect { height: 1, ..sheet }, canvas.glyphs.heavy_rule(), &title, "", Tone::Strong);
    let mut y = sheet.y + 1;
    let shown = plan.shown(about.len());
    let from = dialog.scroll.min(about.len() - shown);
    for line in about.iter().skip(from).take(shown) {
        canvas.wrapped(1, y, width, line);
        y += 1;
    }
    if shown < about.len() {
        let words = elsewhere(from, about.len() - shown - from);
        canvas.put(1, y, width, &words, Tone::Warn);
        y += 1;
    }
    y += plan.gap;
    let mut cursor = None;
    for (n, field) in dialog.fields.iter().enumerate() {
        let here = dialog.focus == Focus::Field(n);
        let lines = plan.lines_of(field);
        let area = Rect { x: 1, y, width, height: lines };
        let at = text_field(canvas, field, area, here);
        if here {
            cursor = at;
        }
        y += lines;
    }
    for (n, (way, impact)) in dialog.ways.iter().take(dialog.ways_shown()).enumerate() {
        let here = dialog.focus == Focus::Way(n);
        let wide = button(canvas, 2, y, &stepwise::button(way), here);
        let x = 2 + wide + 2;
        let room = (width + 1).saturating_sub(x);
        canvas.put(x, y, room, &format!("then {impact}"), Tone::Dim);
        if here {
            cursor = Some(Position { x: 3, y });
        }
        y += 1;
    }
    for line in note.iter().take(plan.note) {
        canvas.wrapped(1, y, width, line);
        y += 1;
    }
    let y = sheet.bottom().saturating_sub(1);
    let cancel_x = match dialog.over {
        true => 2,
        false => 2 + button(canvas, 2, y, dialog.button(), dialog.focus == Focus::Submit) + 2,
    };
    button(canvas, cancel_x, y, dialog.way_out(), dialog.focus == Focus::Cancel);
    match dialog.focus {
        Focus::Field(_) | Focus::Way(_) => cursor,
        Focus::Submit => Some(Position { x: 3, y }),
        Focus::Cancel => Some(Position { x: cancel_x + 1, y }),
    }
    .filter(|_| model.help.is_none())
}

/// How many lines each part gets.
struct Plan {
    height: u16,
    about: usize,
    note: usize,
    field: u16,
    json: u16,
    gap: u16,
}

impl Plan {
    /// How many of `about` lines are drawn; when not all are, one line says so.
    fn shown(&self, about: usize) -> usize {
        if self.about < about { self.about.saturating_sub(1) } else { about }
    }

    /// How many lines a field gets with its label.
    fn lines_of(&self, field: &Field) -> u16 {
        match field.name {
            _ if field.is_compact() => 1,
            _ if field.is_low() => 2,
            FieldName::Json => self.json + 1,
            _ => self.field + 1,
        }
    }

    fn new(dialog: &Dialog, about: usize, note: usize, most: u16) -> Self {
        let lines = |n: usize| u16::try_from(n).unwrap_or(u16::MAX / 4);
        let count = |which: fn(&&Field) -> bool| lines(dialog.fields.iter().filter(which).count());
        let one = count(|f| f.is_low()) * 2 - count(|f| f.is_compact()) + lines(dialog.ways_shown());
        let many = count(|f| !f.is_low() && f.name != FieldName::Json);
        let whole = count(|f| f.name == FieldName::Json);
        let note = lines(note).clamp(1, 3);
        let fixed = FIXED - 1 + note + one;
        // What can only be copied any more is shown whole, if there is room.
        let rows = |field: &Field| field.area.lines().iter().map(|line| 1 + line.chars().count() / 56).sum();
        let mut field = match dialog.over {
            true => lines(dialog.fields.iter().map(rows).max().unwrap_or(0)).max(1),
            false => FIELD_LINES,
        };
        let mut gap = 1;
        let mut about = lines(about);
        let mut json = JSON_LINES;
        let need_with = |about: u16, field: u16, gap: u16, json: u16| {
            fixed + about + gap + many * (field + 1) + whole * (json + 1)
        };
        while whole > 0 && json > FIELD_LINES && need_with(about, 1, gap, json) > most {
            json -= 1;
        }
        let need = |about: u16, field: u16, gap: u16| need_with(about, field, gap, json);
        // Two fields share their lines; one gives up lines before it covers more than it must.
        while field > 1
            && (need(about, field, gap) > most || (many > 1 && need(about, field, gap) > most / 4 * 3))
        {
            field -= 1;
        }
        if need(about, field, gap) > most {
            gap = 0;
        }
        if need(about, field, gap) > most {
            about = about.saturating_sub(need(about, field, gap) - most);
        }
        Self {
            height: need(about, field, gap).min(most),
            about: usize::from(about),
            note: usize::from(note),
            field,
            json,
            gap,
        }
    }
}

/// A field with its label; returns where the cursor stands in it.
pub(super) fn text_field(canvas: &mut Canvas, field: &Field, area: Rect, here: bool) -> Option<Position> {
    let mark = if here { canvas.glyphs.here() } else { " " };
    canvas.put(area.x, area.y, 1, mark, Tone::Strong);
    let tone = if here { Tone::Strong } else { Tone::Plain };
    canvas.put(area.x + 2, area.y, area.width.saturating_sub(2), &field.label, tone);
    let beside = area.x + 2 + LABEL;
    let inner = if field.is_compact() {
        let x = beside.max(area.x + 4 + cells(&field.label)).min(area.right().saturating_sub(10));
        Rect { x, width: area.right().saturating_sub(x + 1), ..area }
    } else {
        Rect {
            x: area.x + 3,
            y: area.y + 1,
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(1),
        }
    };
    let inner = canvas.on_frame(inner);
    if inner.is_empty() {
        return None;
    }
    (&field.area).render(inner, canvas.buffer());
    let (cursor, (top, left)) = (field.area.screen_cursor(), field.area.scroll_offset());
    let offset = |at: usize, from: u16| u16::try_from(at).unwrap_or(u16::MAX).saturating_sub(from);
    Some(Position {
        x: inner.x + offset(cursor.col, left).min(inner.width - 1),
        y: inner.y + offset(cursor.row, top).min(inner.height - 1),
    })
}

/// A button; the one that Enter presses has a mark beside its style.
pub(super) fn button(canvas: &mut Canvas, x: u16, y: u16, word: &str, here: bool) -> u16 {
    let mark = if here { canvas.glyphs.here() } else { " " };
    let words = format!("[{mark}{word} ]");
    let style = if here { canvas.theme.focused() } else { canvas.theme.style(Tone::Plain) };
    canvas.put_styled(x, y, cells(&words), &words, style)
}
