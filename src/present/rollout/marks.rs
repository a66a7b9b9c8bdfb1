//! The characters that gauges and charts are drawn with, in two sets: one of block and box characters, one of ASCII. A mark
//! means the same in both, and none of them stands for a word that is not beside it.

use crate::domain::rollout::Amount;

/// One of the two sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Marks {
    /// Whether only ASCII may be used.
    pub ascii: bool,
}

/// Eighths of a cell, from nothing to all of it.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// The same where there are only letters: nothing, and then four that one can tell apart.
const COARSE: [&str; 9] = [" ", ".", ".", ":", ":", "+", "+", "+", "#"];

impl Marks {
    const fn pick(self, plain: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { plain }
    }

    /// A tier that was baked.
    pub const fn passed(self) -> &'static str {
        self.pick("✓", "v")
    }

    /// The tier that is out.
    pub const fn here(self) -> &'static str {
        self.pick("●", "*")
    }

    /// The tier that the driver is bringing out.
    pub const fn moving(self) -> &'static str {
        self.pick("»", ">")
    }

    /// A tier that is being taken back.
    pub const fn back(self) -> &'static str {
        self.pick("«", "<")
    }

    /// A tier that is not out.
    pub const fn ahead(self) -> &'static str {
        self.pick("·", ".")
    }

    /// A tier of which nobody knows whether it is out.
    pub const fn unknown(self) -> &'static str {
        "?"
    }

    /// A part of a bar that is done.
    pub const fn full(self) -> &'static str {
        self.pick("━", "=")
    }

    /// A part of a bar that is not.
    pub const fn empty(self) -> &'static str {
        self.pick("░", ".")
    }

    /// So many eighths of a cell, filled from below.
    pub fn eighths(self, eighths: usize) -> &'static str {
        let set = if self.ascii { COARSE } else { EIGHTHS };
        set.get(eighths).copied().unwrap_or(set[8])
    }

    /// The line of a limit.
    pub const fn limit(self) -> &'static str {
        self.pick("┄", "-")
    }

    /// Beside the limit, and beside the lowest value of a chart.
    pub const fn tick(self) -> &'static str {
        self.pick("┤", "+")
    }

    /// Beside the other lines of a chart.
    pub const fn axis(self) -> &'static str {
        self.pick("┊", ":")
    }

    /// On top of what is higher than the chart.
    pub const fn beyond(self) -> &'static str {
        self.pick("▲", "^")
    }

    /// Where somebody was asked, and nothing came.
    pub const fn no_answer(self) -> &'static str {
        "?"
    }

    /// Where something came that is no number.
    pub const fn not_a_number(self) -> &'static str {
        "x"
    }

    /// Between facts on one line.
    pub const fn dot(self) -> &'static str {
        self.pick(" · ", " - ")
    }

    /// From one moment to another.
    pub const fn to(self) -> &'static str {
        self.pick("–", "-")
    }

    /// A value against a full scale, as one cell. What is there is never drawn as nothing.
    pub fn level(self, value: Amount, full: Amount) -> &'static str {
        let eighths = i128::from(value.in_millionths()) * 8 / i128::from(full.in_millionths().max(1));
        self.eighths(usize::try_from(eighths.clamp(1, 8)).unwrap_or(1))
    }
}
