//! Other keys, as the settings say: names to actions and keys, and what may not be bound to what.
//!
//! Keys are written as the footer writes them: `A`, `ctrl-d`, `alt-enter`, `pgdn`, `f2`. (A library for key names was at
//! hand, but it takes `A` for `a`, and here capitals are keys of their own.)

use crate::app::Queue;
use crate::app::config::Rebinding;
use crate::domain::marks::Mark;
use crate::domain::rollout::Stimulus;
use crate::tui::action::{Action, Ask, Copied, Page};
use crate::tui::keymap::{Binding, KEYMAP, Key, Keys, Scope};
use crossterm::event::{KeyCode, KeyModifiers};

/// What actions are called in the settings.
#[rustfmt::skip]
const NAMES: &[(&str, Action)] = &[
    ("open", Action::Open), ("back", Action::Back), ("quit", Action::Quit),
    ("approve", Action::Ask(Ask::Approve)), ("sign", Action::Ask(Ask::Sign)), ("reject", Action::Ask(Ask::Reject)),
    ("request-changes", Action::Ask(Ask::RequestChanges)), ("withdraw", Action::Ask(Ask::Withdraw)),
    ("override", Action::Ask(Ask::Override)),
    ("comment", Action::Ask(Ask::Comment)), ("claim", Action::Claim),
    ("next-queue", Action::NextQueue), ("show-waiting", Action::Show(Queue::Waiting)),
    ("show-open", Action::Show(Queue::Open)), ("show-decided", Action::Show(Queue::Decided)),
    ("down", Action::Down), ("up", Action::Up), ("half-down", Action::HalfDown), ("half-up", Action::HalfUp),
    ("page-down", Action::PageDown), ("page-up", Action::PageUp), ("top", Action::Top), ("bottom", Action::Bottom),
    ("submit", Action::Submit), ("next-field", Action::NextField), ("previous-field", Action::PreviousField),
    ("press", Action::Press), ("cancel", Action::Cancel), ("edit", Action::Edit),
    ("run-line", Action::RunLine), ("previous-queue", Action::PreviousQueue),
    ("show-unclaimed", Action::Show(Queue::Unclaimed)), ("show-escalated", Action::Show(Queue::Escalated)),
    ("show-promotions", Action::Show(Queue::Promotions)), ("show-debts", Action::Show(Queue::Debts)),
    ("show-questions", Action::Show(Queue::Questions)),
    ("filter", Action::Filter), ("palette", Action::Palette), ("next-match", Action::NextMatch),
    ("previous-match", Action::PreviousMatch), ("clear", Action::Clear), ("mark", Action::Mark),
    ("range", Action::Range), ("accept", Action::Accept), ("leave", Action::Leave), ("complete", Action::Complete),
    ("complete-back", Action::CompleteBack), ("more-down", Action::MoreDown), ("more-up", Action::MoreUp),
    ("next-tab", Action::NextTab), ("previous-tab", Action::PreviousTab), ("raw", Action::Raw),
    ("unfold", Action::Unfold), ("search", Action::Search), ("keep-search", Action::KeepSearch),
    ("end-search", Action::EndSearch), ("copy-id", Action::Copy(Copied::Id)),
    ("copy-digest", Action::Copy(Copied::Digest)), ("copy-address", Action::Copy(Copied::Address)),
    ("snooze", Action::Snooze), ("sort", Action::Sort), ("hide-seen", Action::HideSeen), ("next-view", Action::NextView), ("mine", Action::Mine),
    ("copy-field", Action::CopyField),
    ("left", Action::Left), ("right", Action::Right), ("scroll-left", Action::ScrollLeft),
    ("scroll-right", Action::ScrollRight), ("graph", Action::Graph), ("params", Action::Params),
    ("changes", Action::Changes), ("alike", Action::Alike),
    ("steps", Action::Steps), ("mark-approved", Action::Ask(Ask::Mark(Mark::Approved))),
    ("mark-rejected", Action::Ask(Ask::Mark(Mark::Rejected))), ("mark-skipped", Action::Ask(Ask::Mark(Mark::Skipped))),
    ("mark-undecided", Action::Ask(Ask::Mark(Mark::Undecided))), ("modify", Action::Ask(Ask::Modify)),
    ("modify-json", Action::Ask(Ask::ModifyJson)), ("restore", Action::Ask(Ask::Restore)),
    ("stop", Action::Ask(Ask::Stop)), ("continue", Action::Ask(Ask::Continue)), ("retry", Action::Ask(Ask::Retry)),
    ("confirm", Action::Ask(Ask::Confirm)),
    ("thread", Action::Thread), ("evidence", Action::Evidence), ("resolve", Action::Resolve),
    ("edit-comment", Action::Ask(Ask::EditComment)), ("since", Action::Look(Page::Since)),
    ("handoff", Action::Look(Page::Handoff)), ("stats", Action::Look(Page::Stats)),
    ("escalate", Action::Ask(Ask::Escalate)), ("reassign", Action::Ask(Ask::Reassign)),
    ("rollouts", Action::Rollouts), ("promote", Action::Steer(Stimulus::Promote)),
    ("pause", Action::Steer(Stimulus::Pause)), ("resume", Action::Steer(Stimulus::Resume)),
    ("freeze", Action::Steer(Stimulus::Freeze)), ("halt", Action::Steer(Stimulus::Halt)),
    ("take-back", Action::Steer(Stimulus::RollBack)), ("acknowledge", Action::Steer(Stimulus::Acknowledge)),
    ("run", Action::Ask(Ask::Run)), ("roll-back", Action::Ask(Ask::RollBack)),
    ("help", Action::Help), ("reload", Action::Reload), ("repaint", Action::Repaint), ("suspend", Action::Suspend),
];

/// What scopes are called in the settings.
const SCOPES: [(&str, Scope); 14] = [
    ("list", Scope::List),
    ("detail", Scope::Detail),
    ("steps", Scope::Steps),
    ("search", Scope::Search),
    ("prompt", Scope::Prompt),
    ("dialog", Scope::Dialog),
    ("text", Scope::Text),
    ("help", Scope::Help),
    ("graph", Scope::Graph),
    ("alike", Scope::Alike),
    ("thread", Scope::Thread),
    ("evidence", Scope::Evidence),
    ("page", Scope::Page),
    ("rollout", Scope::Rollout),
];

/// Keys with a name of their own; the others are `f1` to `f12` and single characters.
const NAMED: [(&str, KeyCode); 17] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("down", KeyCode::Down),
    ("up", KeyCode::Up),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgdn", KeyCode::PageDown),
    ("pgup", KeyCode::PageUp),
    ("minus", KeyCode::Char('-')),
];

const CTRL_C: Key = Key { code: KeyCode::Char('c'), modifiers: KeyModifiers::CONTROL };

/// What an action is called.
pub fn name(action: Action) -> &'static str {
    NAMES.iter().find(|(_, of)| *of == action).map_or("", |(name, _)| name)
}

/// The key as it is written everywhere.
pub fn key_name(key: Key) -> String {
    let named = NAMED.iter().find(|(name, code)| *code == key.code && *name != "minus");
    let name = match (named, key.code) {
        (Some((name, _)), _) => (*name).to_owned(),
        (None, KeyCode::Char(c)) => c.to_string(),
        (None, KeyCode::F(n)) => format!("f{n}"),
        (None, other) => format!("{other:?}").to_lowercase(),
    };
    match key.modifiers {
        KeyModifiers::CONTROL => format!("ctrl-{name}"),
        KeyModifiers::ALT => format!("alt-{name}"),
        _ => name,
    }
}

/// Reads a key as it is written everywhere.
///
/// # Errors
/// The reason: no key, or one that a plain terminal cannot send as itself.
fn key(written: &str) -> Result<Key, String> {
    let (modifiers, base) = match (written.strip_prefix("ctrl-"), written.strip_prefix("alt-")) {
        (Some(base), _) if !base.is_empty() => (KeyModifiers::CONTROL, base),
        (_, Some(base)) if !base.is_empty() => (KeyModifiers::ALT, base),
        _ => (KeyModifiers::NONE, written),
    };
    let mut chars = base.chars();
    let function = || base.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|n| (1..=12).contains(n));
    let named = NAMED.iter().find(|(name, _)| *name == base).map(|(_, code)| *code);
    let code = match (named, function(), chars.next(), chars.next()) {
        (Some(code), ..) => code,
        (_, Some(n), ..) => KeyCode::F(n),
        (_, _, Some(c), None) if !c.is_control() => KeyCode::Char(c),
        _ => return Err(format!("{written} is no key; keys are written as `countersign keys` prints them")),
    };
    let code = match (modifiers, code) {
        (KeyModifiers::CONTROL, KeyCode::Char(c)) => match c.to_ascii_lowercase() {
            'i' | 'm' | 'j' | 'h' => return Err(format!("{written} is another key to a terminal")),
            c if c.is_ascii_lowercase() => KeyCode::Char(c),
            _ => return Err(format!("a plain terminal cannot send {written}")),
        },
        (KeyModifiers::CONTROL, _) => return Err(format!("a plain terminal cannot send {written}")),
        (_, code) => code,
    };
    Ok(Key { code, modifiers })
}

/// The table as the settings make it. It is made once and lives as long as the program.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn rebound(wanted: &[Rebinding]) -> Result<Keys, String> {
    if wanted.is_empty() {
        return Ok(Keys::default());
    }
    let mut table = KEYMAP.to_vec();
    for rebinding in wanted {
        bind(&mut table, rebinding).map_err(|why| at(rebinding, &why))?;
    }
    let keys = Keys(table.leak());
    for rebinding in wanted {
        fits(keys, rebinding).map_err(|why| at(rebinding, &why))?;
    }
    Ok(keys)
}

fn at(Rebinding { scope, action, line, .. }: &Rebinding, why: &str) -> String {
    format!("line {line}: keys.{scope}.{action}: {why}")
}

fn meant(wanted: &Rebinding) -> Result<(Scope, Action, Vec<Key>), String> {
    let scope = SCOPES.iter().find(|(name, _)| *name == wanted.scope).map(|(_, scope)| *scope);
    let scope = scope.ok_or_else(|| {
        format!("{} is no scope; there are {}", wanted.scope, SCOPES.map(|(name, _)| name).join(", "))
    })?;
    let action = NAMES.iter().find(|(name, _)| *name == wanted.action).map(|(_, action)| *action);
    let action = action
        .ok_or_else(|| format!("{} is no action; `countersign keys` prints their names", wanted.action))?;
    let keys = wanted.keys.iter().map(|written| key(written)).collect::<Result<_, _>>()?;
    Ok((scope, action, keys))
}

/// Puts the keys in the place of those that the action has in the scope.
fn bind(table: &mut Vec<Binding>, wanted: &Rebinding) -> Result<(), String> {
    let (scope, action, mut keys) = meant(wanted)?;
    let here = |b: &Binding| b.action == action && b.scopes.contains(&scope);
    let first = table.iter().position(here).ok_or_else(|| format!("it does nothing in {}", wanted.scope))?;
    if keys.is_empty() && matches!(action, Action::Quit | Action::Cancel | Action::Back) {
        return Err("the way out cannot be unbound".to_owned());
    }
    if table.iter().any(|b| here(b) && b.keys.contains(&CTRL_C)) && !keys.contains(&CTRL_C) {
        keys.push(CTRL_C); // always a way out
    }
    let rebound = table.get(first).map(|b| Binding { scopes: vec![scope].leak(), keys: keys.leak(), ..*b });
    for binding in table.iter_mut().filter(|b| here(b)) {
        binding.scopes = binding.scopes.iter().copied().filter(|s| *s != scope).collect::<Vec<_>>().leak();
    }
    table.splice(first..first, rebound.filter(|b| !b.keys.is_empty()));
    table.retain(|b| !b.scopes.is_empty());
    Ok(())
}

/// Whether what was bound may be bound so, in the table as it is in the end.
fn fits(table: Keys, wanted: &Rebinding) -> Result<(), String> {
    let (scope, action, keys) = meant(wanted)?;
    let is_verb =
        |action: Action| matches!(action, Action::Ask(_) | Action::Steer(_) | Action::Claim | Action::Snooze);
    let with = |key: Key| table.0.iter().filter(move |b| b.keys.contains(&key));
    for key in keys {
        let written = key_name(key);
        if let Some(other) = with(key).find(|b| b.scopes.contains(&scope) && b.action != action) {
            return Err(format!("{written} already means {} there", name(other.action)));
        }
        let collides =
            |b: &&Binding| (is_verb(action) && b.action.moves()) || (action.moves() && is_verb(b.action));
        if let Some(other) = with(key).find(collides) {
            let other = name(other.action);
            return Err(format!("{written} is also {other}, and no verb shares a key with a movement"));
        }
        let modified = !key.modifiers.is_empty();
        let opens = |action: Action| matches!(action, Action::Ask(_) | Action::Steer(_));
        let asks = |b: &&Binding| opens(b.action) || b.action == Action::Submit;
        if action == Action::Submit && !modified {
            return Err(format!("{written} is too easily pressed: what decides needs ctrl- or alt-"));
        }
        if (action == Action::Submit || opens(action))
            && with(key).filter(asks).any(|b| (b.action == Action::Submit) != (action == Action::Submit))
        {
            return Err(format!("{written} would open a dialog and decide in it"));
        }
        let types =
            !modified && !matches!(key.code, KeyCode::Tab | KeyCode::BackTab | KeyCode::Esc | KeyCode::F(_));
        if scope == Scope::Text && types {
            return Err(format!("{written} is needed for typing"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Config;
    use crossterm::event::KeyEvent;

    fn try_settings(text: &str) -> Result<Keys, String> {
        rebound(&Config::parse(text).unwrap().rebindings)
    }

    #[test]
    fn every_key_is_read_as_it_is_written_and_every_action_has_one_name() {
        for binding in KEYMAP {
            assert_ne!(name(binding.action), "", "{binding:?} has no name: give it one in NAMES");
            for wanted in binding.keys {
                assert_eq!(key(&key_name(*wanted)), Ok(*wanted));
            }
        }
        for (n, (name, action)) in NAMES.iter().enumerate() {
            assert!(!NAMES[..n].iter().any(|(a, b)| a == name || b == action), "{name}");
        }
        for written in ["f12", "space", "alt-A", "é", "-", "ctrl-x"] {
            assert_eq!(key(written).map(key_name).as_deref(), Ok(written));
        }
    }

    #[test]
    fn a_rebound_action_has_only_its_new_keys_and_only_in_that_scope() {
        let keys = try_settings("[keys.list]\napprove = [\"f2\", \"X\"]\nnext-queue = []\n").unwrap();
        let press =
            |scope, code| keys.lookup(scope, &KeyEvent::new(code, KeyModifiers::NONE)).map(|b| b.action);
        let approve = Some(Action::Ask(Ask::Approve));
        assert_eq!(press(Scope::List, KeyCode::F(2)), approve);
        assert_eq!(press(Scope::List, KeyCode::Char('X')), approve);
        assert_eq!(press(Scope::List, KeyCode::Char('A')), None);
        assert_eq!(press(Scope::Detail, KeyCode::Char('A')), approve);
        assert_eq!(press(Scope::List, KeyCode::Tab), None, "an empty list unbinds");
        assert!(keys.in_scope(Scope::List).any(|b| b.action == Action::Ask(Ask::Approve) && b.decides));
    }

    #[test]
    fn ctrl_c_stays_a_way_out() {
        let keys = try_settings("[keys.list]\nquit = [\"Q\"]\n[keys.text]\ncancel = [\"f4\"]\n").unwrap();
        let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(keys.lookup(Scope::List, &ctrl_c).unwrap().action, Action::Quit);
        assert_eq!(keys.lookup(Scope::Text, &ctrl_c).unwrap().action, Action::Cancel);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (setting, said) in [
            ("[keys.lost]\napprove = [\"A\"]", "line 2: keys.lost.approve: lost is no scope"),
            ("[keys.list]\n\naprove = [\"A\"]", "line 3: keys.list.aprove: aprove is no action"),
            ("[keys.list]\napprove = [\"hyper-a\"]", "line 2: keys.list.approve: hyper-a is no key"),
            ("[keys.list]\napprove = [\"ctrl-m\"]", "is another key to a terminal"),
            ("[keys.list]\nsubmit = [\"ctrl-x\"]", "it does nothing in list"),
            ("[keys.list]\nquit = []", "the way out cannot be unbound"),
            ("[keys.dialog]\ncancel = []", "the way out cannot be unbound"),
            ("[keys.list]\napprove = [\"R\"]", "R already means reject there"),
            ("[keys.list]\nclaim = [\"ctrl-c\"]", "ctrl-c already means quit there"),
            ("[keys.detail]\napprove = [\"1\"]", "no verb shares a key with a movement"),
            ("[keys.list]\ndown = [\"A\"]", "A already means approve there"),
            ("[keys.dialog]\nsubmit = [\"enter\"]\npress = [\"x\"]", "too easily pressed"),
            ("[keys.dialog]\nsubmit = [\"ctrl-a\"]\n[keys.list]\napprove = [\"ctrl-a\"]", "decide in it"),
            ("[keys.text]\ncancel = [\"x\"]", "x is needed for typing"),
        ] {
            let why = try_settings(setting).map(|_| ()).unwrap_err();
            assert!(why.contains(said), "{setting}\n{why}");
        }
    }
}
