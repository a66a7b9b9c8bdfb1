//! What goes over the wire makes the picture that was drawn: beside the backend that ratatui brings, on an emulator.

use countersign::tui::wire::Wire;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

const SIZE: Rect = Rect { x: 0, y: 0, width: 40, height: 12 };

/// What was written, for the one who wrote it and the one who reads it.
#[derive(Clone, Default)]
struct Line(Rc<RefCell<Vec<u8>>>);

impl Line {
    fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Chance that says the same every time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// A frame that differs from the one before in some places: letters, wide ones, marks that combine, every style.
fn next_frame(before: &Buffer, dice: &mut Dice) -> Buffer {
    const WORDS: [&str; 9] = [
        "a",
        "R-1042 Deploy",
        "▸",
        "漢字",
        "é",
        "e\u{301}x",
        "━━●",
        " ",
        "the end of a very long line, or so",
    ];
    const COLOURS: [Color; 8] = [
        Color::Reset,
        Color::Red,
        Color::LightGreen,
        Color::DarkGray,
        Color::Indexed(3),
        Color::Indexed(12),
        Color::Indexed(208),
        Color::Rgb(1, 200, 30),
    ];
    let mut frame = before.clone();
    for _ in 0..1 + dice.throw(6) {
        let mut modifier = Modifier::from_bits_truncate(dice.throw(512) as u16) - Modifier::HIDDEN;
        if modifier.contains(Modifier::BOLD) {
            // The emulator knows one intensity at a time.
            modifier.remove(Modifier::DIM);
        }
        let style = match dice.throw(3) {
            0 => Style::reset(),
            1 => Style::reset().fg(COLOURS[dice.throw(8)]).bg(COLOURS[dice.throw(8)]),
            _ => Style::reset().fg(COLOURS[dice.throw(8)]).add_modifier(modifier),
        };
        let (x, y) = (dice.throw(40) as u16, dice.throw(12) as u16);
        frame.set_string(x, y, WORDS[dice.throw(9)], style);
    }
    frame
}

fn cells(parser: &vt100::Parser) -> Vec<String> {
    let screen = parser.screen();
    let cell = |row, column| {
        let Some(cell) = screen.cell(row, column) else { return String::new() };
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let marks = (cell.bold(), cell.dim(), cell.italic(), cell.underline(), cell.inverse());
        format!("{text:?} {:?} {:?} {marks:?}", cell.fgcolor(), cell.bgcolor())
    };
    let mut all: Vec<String> =
        (0..12).flat_map(|row| (0..40).map(move |column| (row, column))).map(|(r, c)| cell(r, c)).collect();
    all.push(format!("{:?} {}", screen.cursor_position(), screen.hide_cursor()));
    all
}

fn show<B: Backend>(backend: &mut B, before: &Buffer, after: &Buffer, cursor: Option<Position>)
where
    B::Error: std::fmt::Debug,
{
    backend.draw(before.diff(after).into_iter()).unwrap();
    match cursor {
        Some(at) => {
            backend.show_cursor().unwrap();
            backend.set_cursor_position(at).unwrap();
        }
        None => backend.hide_cursor().unwrap(),
    }
}

#[test]
fn the_short_way_makes_the_same_picture_and_is_shorter() {
    let terminal = || vt100::Parser::new(12.try_into().unwrap(), 40.try_into().unwrap(), 0);
    let (mut here, mut there) = (terminal(), terminal());
    let (line_here, line_there) = (Line::default(), Line::default());
    let (mut ours, mut theirs) = (Wire::new(line_here.clone()), CrosstermBackend::new(line_there.clone()));
    let mut before = Buffer::empty(SIZE);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut bytes_here, mut bytes_there) = (0, 0);
    for n in 0..3_000 {
        let after = next_frame(&before, &mut dice);
        let cursor =
            (dice.throw(5) > 0).then(|| Position { x: dice.throw(40) as u16, y: dice.throw(12) as u16 });
        show(&mut ours, &before, &after, cursor);
        show(&mut theirs, &before, &after, cursor);
        let (sent_here, sent_there) = (line_here.take(), line_there.take());
        here.process(&sent_here);
        there.process(&sent_there);
        bytes_here += sent_here.len();
        bytes_there += sent_there.len();
        // A hidden cursor may stand anywhere.
        let (mut a, mut b) = (cells(&here), cells(&there));
        if cursor.is_none() {
            a.pop();
            b.pop();
        }
        let differs = a.iter().zip(&b).enumerate().find(|(_, (a, b))| a != b);
        assert_eq!(differs, None, "frame {n}: {}", sent_here.escape_ascii());
        before = after;
    }
    assert!(bytes_here * 10 < bytes_there * 9, "{bytes_here} and {bytes_there}");
}

#[test]
fn what_was_forgotten_is_said_again() {
    let frame = Buffer::empty(SIZE);
    let line = Line::default();
    let mut wire = Wire::new(line.clone());
    let sent = |wire: &mut Wire<Line>| {
        show(wire, &frame, &frame, Some(Position { x: 3, y: 2 }));
        String::from_utf8(line.take()).unwrap()
    };
    assert_eq!(sent(&mut wire), "\x1b[?25h\x1b[3;4H");
    assert_eq!(sent(&mut wire), "", "nothing changed");
    wire.forget();
    assert_eq!(sent(&mut wire), "\x1b[?25h\x1b[3;4H");
}
