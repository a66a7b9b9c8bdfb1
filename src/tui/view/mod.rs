//! The frame: a function of the model that changes nothing.

pub mod canvas;
pub mod chrome;
pub mod queues;
pub mod list;
pub mod graph;
pub mod detail;
pub mod dialog;
pub mod help;
pub mod prompt;
pub mod batch;
pub mod band;
pub mod rollout;
pub mod alike;
pub mod page;

use crate::present::line::Tone;
use crate::tui::layout::LEAST;
use crate::tui::model::Model;
use crate::tui::theme::Theme;
use canvas::Canvas;
use ratatui::Frame;
use ratatui::layout::Position;

/// Draws the model.
pub fn view(model: &Model, frame: &mut Frame) {
    let theme = if model.options.no_color { Theme::mono() } else { model.habits.theme };
    let mut canvas = Canvas::new(frame.buffer_mut(), theme, model.glyphs());
    let cursor = whole(model, &mut canvas);
    if let Some(position) = cursor.filter(|p| frame.area().contains(*p)) {
        frame.set_cursor_position(position);
    }
}

/// Everything; returns where the real cursor stands, for screen readers and for the eye.
fn whole(model: &Model, canvas: &mut Canvas) -> Option<Position> {
    let Some(layout) = model.layout() else {
        let (width, height) = model.size;
        let words = format!("needs {}×{}, is {width}×{height}", LEAST.0, LEAST.1);
        let words = if model.options.ascii { words.replace('×', "x") } else { words };
        canvas.put(0, 0, width, &words, Tone::Warn);
        return Some(Position::ORIGIN);
    };
    chrome::header(model, canvas, layout.header);
    if let Some(line) = layout.queues {
        queues::line(model, canvas, line);
    }
    if let Some(area) = layout.side {
        queues::column(model, canvas, area);
    }
    let mut cursor = None;
    if let Some(pane) = layout.list {
        cursor = list::list(model, canvas, pane);
    }
    if let Some(pane) = layout.detail {
        let read = detail::detail(model, canvas, pane);
        if model.in_detail {
            cursor = read;
        }
    }
    if let Some(area) = layout.band {
        band::band(model, canvas, area);
    }
    chrome::status(model, canvas, layout.status);
    chrome::footer(model, canvas, layout.footer);
    if let Some(line) = &model.prompt {
        cursor = prompt::prompt(model, line, canvas, layout.status);
    }
    if let Some(dialog) = &model.dialog {
        cursor = dialog::dialog(model, dialog, canvas, layout.body);
    }
    if let Some(sheet) = &model.rollouts.sheet {
        cursor = rollout::sheet(model, sheet, canvas, layout.body);
    }
    if let Some(order) = &model.rollouts.order {
        cursor = rollout::order(order, canvas, layout.body);
    }
    if let Some(sheet) = &model.page {
        cursor = page::page(sheet, canvas, layout.body);
    }
    if let Some(alike) = &model.alike {
        cursor = alike::alike(alike, canvas, layout.body);
    }
    if let Some(several) = &model.batch {
        cursor = batch::batch(several, canvas, layout.body);
    }
    if let Some(selected) = model.help {
        cursor = help::help(model, canvas, layout.body, selected);
    }
    cursor
}
