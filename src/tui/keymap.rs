//! The one table of keys: dispatch, footer, help and `assets/KEYS.md` read it.
//!
//! Capitals decide (`G` and `N` move, as in every pager); small letters look and comment. Nothing needs a key that a plain
//! terminal cannot send.

mod table;

pub use table::KEYMAP;

use crate::tui::action::Action;
use crate::tui::rebinding::{key_name, name};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where a key works.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// In a list of requests.
    List,
    /// In one request.
    Detail,
    /// While something to search for is typed.
    Search,
    /// On the buttons of a dialog.
    Dialog,
    /// In a text field of a dialog.
    Text,
    /// In the help.
    Help,
    /// In the line in which a filter or a command is typed.
    Prompt,
    /// On the steps of a plan.
    Steps,
    /// In the graph of a plan.
    Graph,
    /// In the table of what looks alike.
    Alike,
    /// On the comments of a thread.
    Thread,
    /// On the pieces of evidence.
    Evidence,
    /// On a page of its own.
    Page,
    /// In the view of a rollout.
    Rollout,
}

impl Scope {
    /// All scopes, in the order of the document.
    pub const ALL: [Scope; 14] = [
        Scope::List,
        Scope::Detail,
        Scope::Steps,
        Scope::Graph,
        Scope::Thread,
        Scope::Evidence,
        Scope::Alike,
        Scope::Page,
        Scope::Rollout,
        Scope::Search,
        Scope::Prompt,
        Scope::Dialog,
        Scope::Text,
        Scope::Help,
    ];

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Scope::List => "In the list",
            Scope::Detail => "In a request",
            Scope::Search => "While typing what to search for",
            Scope::Dialog => "On a dialog's buttons",
            Scope::Text => "In a text field",
            Scope::Help => "In the help",
            Scope::Prompt => "In a filter or a command",
            Scope::Steps => "On the steps of a plan",
            Scope::Graph => "In the graph",
            Scope::Alike => "In the look-alikes",
            Scope::Thread => "On the comments",
            Scope::Evidence => "On the evidence",
            Scope::Page => "On a page of its own",
            Scope::Rollout => "In a rollout",
        }
    }
}

/// One key with its modifiers; a capital is its own character, without a modifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    pub(super) code: KeyCode,
    pub(super) modifiers: KeyModifiers,
}

impl Key {
    const fn of(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    const fn char(c: char) -> Self {
        Self::of(KeyCode::Char(c))
    }

    const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::CONTROL }
    }

    /// The key a terminal reported. Shift is dropped: terminals differ in whether they report it with a capital.
    pub fn pressed(event: &KeyEvent) -> Self {
        Self { code: event.code, modifiers: event.modifiers.difference(KeyModifiers::SHIFT) }
    }

    /// The key as it is written in the footer, the help and the document.
    pub fn name(self) -> String {
        key_name(self)
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where it works.
    pub scopes: &'static [Scope],
    /// By which keys; the first is the one the footer names.
    pub keys: &'static [Key],
    /// What it means.
    pub action: Action,
    /// The footer's word; empty when the footer does not name it.
    pub short: &'static str,
    /// The help's words.
    pub words: &'static str,
    /// Whether it opens the dialog of a verb that decides.
    pub decides: bool,
}

/// The table that holds: [`KEYMAP`], or what the settings make of it. It lives as long as the program.
#[derive(Clone, Copy, Debug)]
pub struct Keys(pub(super) &'static [Binding]);

impl Default for Keys {
    fn default() -> Self {
        Self(KEYMAP)
    }
}

impl Keys {
    /// The lines that work in `scope`, in the table's order.
    pub fn in_scope(self, scope: Scope) -> impl Iterator<Item = &'static Binding> {
        self.0.iter().filter(move |binding| binding.scopes.contains(&scope))
    }

    /// The first key of an action in `scope`, for sentences that name it.
    pub fn name_of(self, scope: Scope, action: Action) -> String {
        let key = self.in_scope(scope).find(|b| b.action == action).and_then(|b| b.keys.first());
        key.map_or_else(|| name(action).to_owned(), |key| key.name())
    }

    /// What a key means in `scope`.
    pub fn lookup(self, scope: Scope, event: &KeyEvent) -> Option<&'static Binding> {
        let key = Key::pressed(event);
        self.in_scope(scope).find(|binding| binding.keys.contains(&key))
    }
}

/// The table as the document `assets/KEYS.md`.
pub fn as_markdown(keymap: Keys) -> String {
    let mut out = String::from(
        "# Keys\n\nMade from the one table in `src/tui/keymap.rs`. Capitals decide, and each opens a dialog; only the dialog decides.\nThe name is what the settings call it: `[keys.list] approve = [\"A\", \"f2\"]`.\n",
    );
    for scope in Scope::ALL {
        out.push_str(&format!(
            "\n## {}\n\n| key | what it does | name |\n| --- | --- | --- |\n",
            scope.title()
        ));
        for binding in keymap.in_scope(scope) {
            let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{}`", key.name())).collect();
            let name = name(binding.action);
            out.push_str(&format!("| {} | {} | {name} |\n", keys.join(" "), binding.words));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Queue;
    use crate::domain::rollout::Stimulus;
    use crate::tui::action::{Ask, Copied};

    #[test]
    fn no_key_means_two_things_in_one_scope() {
        for scope in Scope::ALL {
            let mut seen: Vec<Key> = Vec::new();
            for key in Keys::default().in_scope(scope).flat_map(|b| b.keys) {
                assert!(!seen.contains(key), "{} twice in {scope:?}", key.name());
                seen.push(*key);
            }
        }
    }

    #[test]
    fn no_verb_shares_a_key_with_a_movement() {
        let moving: Vec<&Key> = KEYMAP.iter().filter(|b| b.action.moves()).flat_map(|b| b.keys).collect();
        for binding in KEYMAP.iter().filter(|b| matches!(b.action, Action::Ask(_) | Action::Steer(_))) {
            assert!(binding.keys.iter().all(|key| !moving.contains(&key)), "{binding:?}");
        }
    }

    #[test]
    fn capitals_decide_and_nothing_else_does() {
        for binding in KEYMAP {
            for key in binding.keys {
                let capital =
                    matches!(key.code, KeyCode::Char(c) if c.is_ascii_uppercase() && c != 'G' && c != 'N');
                assert_eq!(binding.decides, capital, "{}", key.name());
            }
        }
    }

    #[test]
    fn every_action_has_a_key() {
        use Action::*;
        let all = [
            Down,
            Up,
            HalfDown,
            HalfUp,
            PageDown,
            PageUp,
            Top,
            Bottom,
            Open,
            Back,
            Quit,
            NextQueue,
            PreviousQueue,
            Claim,
            Help,
            Repaint,
            Reload,
            Suspend,
            NextField,
            PreviousField,
            Press,
            Submit,
            Cancel,
            Filter,
            Palette,
            NextMatch,
            PreviousMatch,
            Clear,
            Accept,
            Leave,
            Complete,
            CompleteBack,
            Mark,
            Range,
            RunLine,
            Left,
            Right,
            ScrollLeft,
            ScrollRight,
            Graph,
            Params,
            Changes,
            Alike,
            Steps,
            MoreDown,
            MoreUp,
            NextTab,
            PreviousTab,
            Raw,
            Unfold,
            Search,
            KeepSearch,
            EndSearch,
            Copy(Copied::Id),
            Copy(Copied::Digest),
            Copy(Copied::Address),
            Edit,
            Snooze,
            Sort,
            HideSeen,
            NextView,
            Mine,
            Rollouts,
            Steer(Stimulus::Promote),
            Steer(Stimulus::Pause),
            Steer(Stimulus::Resume),
            Steer(Stimulus::Freeze),
            Steer(Stimulus::Halt),
            Steer(Stimulus::RollBack),
            Steer(Stimulus::Acknowledge),
            CopyField,
            Show(Queue::Waiting),
            Show(Queue::Open),
            Show(Queue::Decided),
        ];
        let all = all.into_iter().chain(Queue::ALL.map(Show));
        let asks = crate::tui::action::Ask::KEYED.into_iter().map(Ask);
        for action in all.chain(asks) {
            assert!(KEYMAP.iter().any(|b| b.action == action && !b.keys.is_empty()), "{action:?}");
        }
    }

    #[test]
    fn a_capital_is_the_same_key_with_and_without_shift() {
        let plain = KeyEvent::new(KeyCode::Char('A'), KeyModifiers::NONE);
        let shifted = KeyEvent::new(KeyCode::Char('A'), KeyModifiers::SHIFT);
        for event in [plain, shifted] {
            assert_eq!(
                Keys::default().lookup(Scope::List, &event).unwrap().action,
                Action::Ask(Ask::Approve)
            );
        }
        let control = KeyEvent::new(KeyCode::Char('A'), KeyModifiers::CONTROL);
        assert!(Keys::default().lookup(Scope::List, &control).is_none());
    }

    #[test]
    fn the_document_of_keys_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/KEYS.md");
        if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
            std::fs::write(path, as_markdown(Keys::default())).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(written, as_markdown(Keys::default()), "run the tests with UPDATE=1");
    }
}
