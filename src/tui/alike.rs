//! What looks alike, looked at: one template, a table of nothing but the differences, those that must be decided alone.
//! All of it must have been shown before the rest is decided on, in the same dialog as any batch.

use crate::app::Alikes;
use crate::domain::alike::{Alike, alike};
use crate::domain::command::Facts;
use crate::domain::names::RequestId;
use crate::domain::request::Request;
use crate::domain::text::Safe;
use crate::present::alike::{Bounds, lines};
use crate::present::line::{Line, Tone};
use crate::tui::action::{Ask, Effect};
use crate::tui::batch;
use crate::tui::glyphs::Glyphs;
use crate::tui::model::Model;
use crate::tui::wrap::{Wrapped, wrap};
use ratatui::layout::Rect;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The request whose shape it is.
    pub of: RequestId,
    /// How many can be decided together.
    pub many: usize,
    /// The lines as they fit.
    pub wrapped: Vec<Wrapped>,
    /// The first visible one.
    pub scroll: usize,
    /// Whether a frame has shown it; keys typed before are dropped.
    pub shown: bool,
    together: Vec<(Request, Facts)>,
    apart: Vec<(RequestId, Safe)>,
    template: Request,
    found: Alike,
    bounds: Bounds,
    seen: usize,
    room: usize,
    shape: Option<(u16, Glyphs)>,
}

/// `=`: asks for what looks like the selected request.
pub fn begin(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.list.selected_id() else {
        model.say(Tone::Dim, "nothing is selected that others could look like");
        return Vec::new();
    };
    vec![Effect::FindAlike(id)]
}

/// What may look alike was read: opens the table, or says why there is none.
pub fn open(model: &mut Model, read: Alikes) {
    let Alikes { template, candidates, of_the_first, read } = read;
    let of = template.id;
    let requests: Vec<Request> = candidates.iter().map(|(request, _)| request.clone()).collect();
    let found = match alike(&template, &requests, &model.caller.name, model.now) {
        Ok(found) => found,
        Err(why) => return model.say(Tone::Warn, format_args!("{of} has no look-alikes: {why}")),
    };
    if found.together.len() + found.apart.len() < 2 {
        let bound = match of_the_first {
            Some(many) => format!(" among the first {many}"),
            None => String::new(),
        };
        return model.say(Tone::Dim, format_args!("nothing else that waits{bound} looks like {of}"));
    }
    let together =
        candidates.into_iter().filter(|(request, _)| found.together.contains(&request.id)).collect();
    let joined = |why: &[Safe]| why.iter().map(Safe::to_string).collect::<Vec<_>>().join("; ");
    let apart = found.apart.iter().map(|(id, why)| (*id, Safe::composed(joined(why)))).collect();
    model.alike = Some(Sheet {
        of,
        many: found.together.len(),
        wrapped: Vec::new(),
        scroll: 0,
        shown: false,
        together,
        apart,
        template,
        found,
        bounds: Bounds { of_the_first, read },
        seen: 0,
        room: 1,
        shape: None,
    });
}

/// The key of a verb: the dialog of a batch, once all was shown.
pub fn decide(model: &mut Model, ask: Ask) {
    let Some(sheet) = &model.alike else { return };
    let left = sheet.wrapped.len().saturating_sub(sheet.seen);
    if sheet.many == 0 {
        model.say(
            Tone::Warn,
            "none of them can be decided together: each is decided alone, for the reason beside it",
        );
    } else if left > 0 {
        model.say(Tone::Warn, format_args!("{left} lines are not yet shown: pgdn shows them"));
    } else if let Some(sheet) = model.alike.take() {
        batch::open_alike(model, ask, sheet.together, sheet.apart);
    }
}

impl Sheet {
    /// Sets it out for the body, and keeps the view on it.
    pub fn fit(&mut self, body: Rect, glyphs: Glyphs) {
        let width = body.width.saturating_sub(2);
        self.room = usize::from(body.height.saturating_sub(1)).max(1);
        if self.shape != Some((width, glyphs)) {
            self.shape = Some((width, glyphs));
            let columns = usize::from(width).saturating_sub(1);
            let requests: Vec<&Request> = self.together.iter().map(|(request, _)| request).collect();
            let lines: Vec<Line> = lines(&self.template, &self.found, &requests, self.bounds, columns);
            self.wrapped = lines.iter().flat_map(|line| wrap(line, width, glyphs)).collect();
            (self.scroll, self.seen) = (0, 0);
        }
        self.scroll = self.scroll.min(self.wrapped.len().saturating_sub(self.room));
    }

    /// A frame has shown what is in view. Says whether it was the first.
    pub fn was_drawn(&mut self) -> bool {
        if self.scroll <= self.seen {
            self.seen = self.seen.max(self.scroll + self.room).min(self.wrapped.len());
        }
        !std::mem::replace(&mut self.shown, true)
    }

    /// How many lines are in view.
    pub const fn room(&self) -> usize {
        self.room
    }
}
