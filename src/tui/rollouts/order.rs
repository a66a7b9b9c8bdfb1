//! What is asked of a rollout: a dialog with what comes of it, two buttons, and Cancel in focus. Only it asks.

use crate::app::rollouts::Whole;
use crate::domain::moment::Moment;
use crate::domain::names::RequestId;
use crate::domain::rollout::Stimulus;
use crate::present::line::{Line, Tone};
use crate::present::rollout::asked;
use crate::tui::dialog::Focus;
use std::fmt;

/// An open dialog.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is asked.
    pub on: Stimulus,
    /// Of whose rollout.
    pub id: RequestId,
    /// Where it stands, and what comes of it.
    pub about: Vec<Line>,
    /// Where the keys go: the button that does it, or Cancel.
    pub focus: Focus,
    /// Whether a frame has shown it; keys typed before are dropped.
    pub shown: bool,
    /// What is to be said.
    pub note: Option<Line>,
    /// Whether it cannot be asked any more.
    pub refused: bool,
}

/// What the heading and the button say.
pub const fn title(on: Stimulus) -> &'static str {
    match on {
        Stimulus::Promote => "Promote",
        Stimulus::Pause => "Pause",
        Stimulus::Resume => "Resume",
        Stimulus::Freeze => "Freeze",
        Stimulus::Halt => "Halt",
        Stimulus::RollBack => "Roll back",
        Stimulus::Acknowledge => "Acknowledge",
        _ => "Ask",
    }
}

impl Order {
    /// Opens it on a rollout as it is now.
    pub fn open(on: Stimulus, whole: &Whole, now: Moment) -> Self {
        Self {
            on,
            id: whole.seen.rollout.id.deployment(),
            about: asked::about(on, &whole.seen, now),
            focus: Focus::Cancel,
            shown: false,
            note: None,
            refused: false,
        }
    }

    /// Says what comes of it now; it may have become impossible.
    pub fn look_again(&mut self, whole: &Whole, now: Moment) {
        self.about = asked::about(self.on, &whole.seen, now);
        match whole.seen.rollout.may(self.on, &whole.standing, now) {
            Err(no) => {
                self.refused = true;
                self.focus = Focus::Cancel;
                self.say(Tone::Bad, no);
            }
            Ok(()) if self.refused => (self.refused, self.note) = (false, None),
            Ok(()) => {}
        }
    }

    /// Says something in the dialog.
    pub fn say(&mut self, tone: Tone, words: impl fmt::Display) {
        self.note = Some(Line::default().and(tone, words));
    }

    /// Its heading.
    pub fn heading(&self) -> String {
        format!("{} {}", title(self.on), self.id)
    }
}
