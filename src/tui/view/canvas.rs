//! The only way to the frame's cells: clipped to the frame, in the right glyphs, with a tone for a style.

use crate::present::line::{Line, Tone};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Theme;
use crate::tui::wrap::Wrapped;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

/// Something to draw on.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    /// Tones to styles.
    pub theme: Theme,
    /// The characters to draw with.
    pub glyphs: Glyphs,
}

impl<'a> Canvas<'a> {
    /// Draws into `buffer`.
    pub fn new(buffer: &'a mut Buffer, theme: Theme, glyphs: Glyphs) -> Self {
        Self { buffer, theme, glyphs }
    }

    /// Text in a tone, in at most `width` cells, clipped with a mark; returns the cells used.
    pub fn put(&mut self, x: u16, y: u16, width: u16, text: &str, tone: Tone) -> u16 {
        self.put_styled(x, y, width, text, self.theme.style(tone))
    }

    /// As [`Canvas::put`], in a style.
    pub fn put_styled(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if x >= area.right() || y >= area.bottom() {
            return 0;
        }
        let width = width.min(area.right() - x);
        let clipped = self.glyphs.clip(text, usize::from(width));
        // What stood there leaves nothing of its style behind: a name on a dim rule is not dim.
        let style = Style::reset().patch(style);
        self.buffer.set_stringn(x, y, &clipped, usize::from(width), style);
        cells(&clipped)
    }

    /// Text that ends at `right`, in at most `width` cells.
    pub fn put_right(&mut self, right: u16, y: u16, width: u16, text: &str, tone: Tone) -> u16 {
        let clipped = self.glyphs.clip(text, usize::from(width));
        let used = cells(&clipped);
        self.put(right.saturating_sub(used), y, used, &clipped, tone)
    }

    /// The phrases of a line, clipped.
    pub fn phrases(&mut self, x: u16, y: u16, width: u16, line: &Line) -> u16 {
        let mut used = 0;
        for phrase in &line.phrases {
            used += self.put(x + used, y, width.saturating_sub(used), phrase.text.as_str(), phrase.tone);
        }
        used
    }

    /// A wrapped line: indent, gutter, words.
    pub fn wrapped(&mut self, x: u16, y: u16, width: u16, line: &Wrapped) {
        let mut used = line.indent.min(width);
        if line.gutter {
            used += self.put(x + used, y, width - used, self.glyphs.gutter(), Tone::Dim);
        }
        for (tone, text) in &line.spans {
            used += self.put(x + used, y, width.saturating_sub(used), text, *tone);
        }
    }

    /// A rule over a whole line, with a name in it and something at its end. Both are our own words.
    pub fn rule(&mut self, line: Rect, glyph: &str, name: &str, end: &str, tone: Tone) {
        self.put(line.x, line.y, line.width, &glyph.repeat(usize::from(line.width)), Tone::Dim);
        if !name.is_empty() {
            self.put(line.x + 1, line.y, line.width.saturating_sub(2), &format!(" {name} "), tone);
        }
        if !end.is_empty() {
            let right = line.right().saturating_sub(2);
            self.put_right(right, line.y, line.width / 2, &format!(" {end} "), Tone::Plain);
        }
    }

    /// Blanks over `area`.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for position in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
            }
        }
    }

    /// The cells themselves, for a widget.
    pub fn buffer(&mut self) -> &mut Buffer {
        self.buffer
    }

    /// `area` as far as it is on the frame.
    pub fn on_frame(&self, area: Rect) -> Rect {
        area.intersection(self.buffer.area)
    }
}

/// The width of text in cells.
pub fn cells(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}
