//! The frame's way over the wire: the cells that changed, in as few bytes as the terminal understands. Over SSH, bytes
//! are latency; the backend that comes with ratatui sends 25 bytes with every frame that say nothing, and an absolute
//! position for every run of cells.
//!
//! Every frame begins and ends in plain style, so that whatever else is written between two frames cannot inherit one.

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// How a cell looks, as far as a terminal of ours is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Look {
    const PLAIN: Look = Look { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };
}

/// A terminal at the other end of a writer.
pub struct Wire<W: Write> {
    terminal: CrosstermBackend<W>,
    /// Where its cursor is, when that is known.
    at: Option<Position>,
    /// Whether its cursor is shown, when that is known.
    shown: Option<bool>,
}

impl<W: Write> Wire<W> {
    /// The terminal behind `writer`.
    pub fn new(writer: W) -> Self {
        Self { terminal: CrosstermBackend::new(writer), at: None, shown: None }
    }

    /// Somebody else wrote to the terminal: nothing about it is known any more.
    pub fn forget(&mut self) {
        (self.at, self.shown) = (None, None);
    }

    /// Sends what was written.
    ///
    /// # Errors
    /// When the terminal does not take it.
    pub fn send(&mut self) -> io::Result<()> {
        Write::flush(&mut self.terminal)
    }

    fn go(&mut self, to: Position) -> io::Result<()> {
        if self.at == Some(to) {
            return Ok(());
        }
        let mut way = absolute(to);
        if let Some(steps) = self.at.map(|from| relative(from, to)).filter(|steps| steps.len() < way.len()) {
            way = steps;
        }
        self.at = Some(to);
        self.write_all(way.as_bytes())
    }
}

/// To a place, from anywhere.
fn absolute(to: Position) -> String {
    match (to.x, to.y) {
        (0, 0) => "\x1b[H".to_owned(),
        (0, y) => format!("\x1b[{}H", y + 1),
        (x, y) => format!("\x1b[{};{}H", y + 1, x + 1),
    }
}

/// To a place by steps: down or up first, then along the line. Never a step to the left: after the last column of a line
/// the cursor waits there on some terminals and stands behind it on others; a carriage return means the same to all.
fn relative(from: Position, to: Position) -> String {
    let steps = |n: u16, letter: char| match n {
        0 => String::new(),
        1 => format!("\x1b[{letter}"),
        n => format!("\x1b[{n}{letter}"),
    };
    let vertical = if to.y >= from.y { steps(to.y - from.y, 'B') } else { steps(from.y - to.y, 'A') };
    let returned = format!("\r{}", steps(to.x, 'C'));
    match to.x.checked_sub(from.x).map(|n| steps(n, 'C')) {
        Some(along) if along.len() <= returned.len() => vertical + &along,
        _ => vertical + &returned,
    }
}

/// From one look to another: what differs, or a reset and everything, whichever is shorter.
fn restyled(from: Look, to: Look) -> String {
    if from == to {
        return String::new();
    }
    let (set, unset) = (to.modifier - from.modifier, from.modifier - to.modifier);
    let mut changes: Vec<String> = Vec::new();
    let mut set_again = Modifier::empty();
    for (modifier, off) in OFF {
        if unset.intersects(modifier) {
            changes.push(off.to_owned());
            // Bold and dim are put off by one code, as are the two ways to blink.
            set_again |= to.modifier & modifier;
        }
    }
    changes.extend(on(set | set_again));
    if from.fg != to.fg {
        changes.push(colour(to.fg, false));
    }
    if from.bg != to.bg {
        changes.push(colour(to.bg, true));
    }
    let mut anew: Vec<String> = vec![String::new()];
    anew.extend(on(to.modifier));
    if to.fg != Color::Reset {
        anew.push(colour(to.fg, false));
    }
    if to.bg != Color::Reset {
        anew.push(colour(to.bg, true));
    }
    let (changes, anew) = (changes.join(";"), anew.join(";"));
    format!("\x1b[{}m", if anew.len() < changes.len() { anew } else { changes })
}

const OFF: [(Modifier, &str); 7] = [
    (Modifier::BOLD.union(Modifier::DIM), "22"),
    (Modifier::ITALIC, "23"),
    (Modifier::UNDERLINED, "24"),
    (Modifier::SLOW_BLINK.union(Modifier::RAPID_BLINK), "25"),
    (Modifier::REVERSED, "27"),
    (Modifier::HIDDEN, "28"),
    (Modifier::CROSSED_OUT, "29"),
];

fn on(modifier: Modifier) -> impl Iterator<Item = String> {
    const ON: [(Modifier, &str); 9] = [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::SLOW_BLINK, "5"),
        (Modifier::RAPID_BLINK, "6"),
        (Modifier::REVERSED, "7"),
        (Modifier::HIDDEN, "8"),
        (Modifier::CROSSED_OUT, "9"),
    ];
    ON.into_iter().filter(move |(one, _)| modifier.contains(*one)).map(|(_, code)| code.to_owned())
}

/// The code of a colour (ECMA-48, and aixterm's bright eight).
fn colour(colour: Color, behind: bool) -> String {
    let (plain, bright) = if behind { (40, 100) } else { (30, 90) };
    let one_of_sixteen = match colour {
        Color::Reset => return (plain + 9).to_string(),
        Color::Rgb(r, g, b) => return format!("{};2;{r};{g};{b}", plain + 8),
        Color::Indexed(n) if n > 15 => return format!("{};5;{n}", plain + 8),
        Color::Indexed(n) => u16::from(n),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    if one_of_sixteen < 8 { plain + one_of_sixteen } else { bright + one_of_sixteen - 8 }.to_string()
}

impl<W: Write> Write for Wire<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.terminal.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}

impl<W: Write> Backend for Wire<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut look = Look::PLAIN;
        for (x, y, cell) in content {
            self.go(Position { x, y })?;
            let wanted = Look { fg: cell.fg, bg: cell.bg, modifier: cell.modifier };
            self.write_all(restyled(look, wanted).as_bytes())?;
            look = wanted;
            self.write_all(cell.symbol().as_bytes())?;
            // Where the cursor is after anything but one narrow character is the terminal's to know.
            let narrow = cell.symbol().chars().count() == 1 && cell.symbol().width() == 1;
            self.at = narrow.then_some(Position { x: x + 1, y });
        }
        if look != Look::PLAIN {
            self.write_all(b"\x1b[m")?;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.shown == Some(false) {
            return Ok(());
        }
        self.shown = Some(false);
        self.write_all(b"\x1b[?25l")
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.shown == Some(true) {
            return Ok(());
        }
        self.shown = Some(true);
        self.write_all(b"\x1b[?25h")
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.terminal.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.go(position.into())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.forget();
        self.terminal.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.forget();
        self.terminal.clear_region(clear_type)
    }

    fn append_lines(&mut self, n: u16) -> io::Result<()> {
        self.forget();
        self.terminal.append_lines(n)
    }

    fn size(&self) -> io::Result<Size> {
        self.terminal.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.terminal.window_size()
    }

    /// Nothing: a frame leaves in one piece, with its brackets, when [`Wire::send`] is called.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
