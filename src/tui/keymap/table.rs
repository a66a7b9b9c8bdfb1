//! The table: one line a binding.

use super::{Binding, Key, Scope};
use crate::app::Queue;
use crate::domain::marks::Mark;
use crate::domain::rollout::Stimulus;
use crate::tui::action::{Action, Ask, Copied, Page};
use crossterm::event::{KeyCode, KeyModifiers};

const LIST: &[Scope] = &[Scope::List];
const VERBS: &[Scope] = &[Scope::List, Scope::Detail, Scope::Graph];
const PANES: &[Scope] =
    &[Scope::List, Scope::Detail, Scope::Graph, Scope::Steps, Scope::Thread, Scope::Evidence];
const READING: &[Scope] = &[Scope::Detail, Scope::Graph, Scope::Steps, Scope::Thread, Scope::Evidence];
const RUNNING: &[Scope] = &[Scope::Detail, Scope::Graph, Scope::Steps];
const ITEMS: &[Scope] = &[Scope::Thread, Scope::Evidence];
const THREAD: &[Scope] = &[Scope::Thread];
const EVIDENCE: &[Scope] = &[Scope::Evidence];
const STEPS: &[Scope] = &[Scope::Steps];
const GRAPH: &[Scope] = &[Scope::Graph];
const ALIKE: &[Scope] = &[Scope::Alike];
const MOVING: &[Scope] = &[
    Scope::List,
    Scope::Detail,
    Scope::Help,
    Scope::Graph,
    Scope::Alike,
    Scope::Steps,
    Scope::Thread,
    Scope::Evidence,
    Scope::Page,
    Scope::Rollout,
];
const ROLLOUT: &[Scope] = &[Scope::Rollout];
const ROLLOUTS: &[Scope] =
    &[Scope::List, Scope::Detail, Scope::Graph, Scope::Steps, Scope::Thread, Scope::Evidence, Scope::Rollout];
const PROMPT: &[Scope] = &[Scope::Prompt];
const ASKED: &[Scope] = &[Scope::Dialog, Scope::Text];
const OUTSIDE_DIALOGS: &[Scope] = MOVING;
const EVERYWHERE: &[Scope] = &Scope::ALL;

/// A line that decides.
const fn decides(key: &'static [Key], ask: Ask, short: &'static str, words: &'static str) -> Binding {
    Binding { scopes: VERBS, keys: key, action: Action::Ask(ask), short, words, decides: true }
}

/// A line that decides something about the plan that is read.
const fn decides_in(
    scopes: &'static [Scope],
    key: &'static [Key],
    ask: Ask,
    short: &'static str,
    words: &'static str,
) -> Binding {
    Binding { scopes, keys: key, action: Action::Ask(ask), short, words, decides: true }
}

/// A line that asks something of a rollout.
const fn steers(
    scopes: &'static [Scope],
    key: &'static [Key],
    on: Stimulus,
    short: &'static str,
    words: &'static str,
) -> Binding {
    Binding { scopes, keys: key, action: Action::Steer(on), short, words, decides: true }
}

/// A line that does not.
const fn looks(
    scopes: &'static [Scope],
    keys: &'static [Key],
    action: Action,
    short: &'static str,
    words: &'static str,
) -> Binding {
    Binding { scopes, keys, action, short, words, decides: false }
}

/// Every key, in the order in which the footer keeps them when it is narrow.
#[rustfmt::skip]
pub const KEYMAP: &[Binding] = &[
    looks(LIST, &[Key::of(KeyCode::Enter), Key::char('l'), Key::of(KeyCode::Right)], Action::Open, "open", "go into the request"),
    looks(&[Scope::Detail], &[Key::of(KeyCode::Esc), Key::char('h'), Key::of(KeyCode::Left), Key::char('q')], Action::Back, "back", "back to the list"),
    looks(GRAPH, &[Key::of(KeyCode::Enter)], Action::Open, "to the step", "to the step in the plan"),
    looks(GRAPH, &[Key::of(KeyCode::Esc), Key::char('q')], Action::Back, "back", "back to the list"),
    decides(&[Key::char('A')], Ask::Approve, "approve", "approve it (a question: answer it)"),
    decides(&[Key::char('R')], Ask::Reject, "reject", "reject it; needs a reason"),
    decides(&[Key::char('C')], Ask::RequestChanges, "changes", "request changes; needs a reason"),
    decides(&[Key::char('W')], Ask::Withdraw, "withdraw", "take back your own sign-off or request for changes"),
    decides(&[Key::char('E')], Ask::Escalate, "", "raise it to the next level of its chain; needs a reason"),
    decides(&[Key::char('H')], Ask::Reassign, "", "hand it to somebody who could decide on it; its clock runs on"),
    decides(&[Key::char('S')], Ask::Sign, "sign", "sign it off with your key: shows the statement, takes the signature"),
    looks(STEPS, &[Key::of(KeyCode::Esc), Key::char('s'), Key::char('q'), Key::char('h'), Key::of(KeyCode::Left)], Action::Back, "back", "back to reading"),
    decides_in(STEPS, &[Key::char('A')], Ask::Mark(Mark::Approved), "approve step", "mark the step approved"),
    decides_in(STEPS, &[Key::char('R')], Ask::Mark(Mark::Rejected), "reject step", "mark the step rejected"),
    decides_in(STEPS, &[Key::char('S')], Ask::Mark(Mark::Skipped), "skip", "mark the step skipped; while the plan runs: leave it out"),
    decides_in(STEPS, &[Key::char('U')], Ask::Mark(Mark::Undecided), "undecide", "mark the step undecided again"),
    decides_in(STEPS, &[Key::char('E')], Ask::Modify, "edit", "edit the step's parameters, each in a field of its type"),
    decides_in(STEPS, &[Key::char('J')], Ask::ModifyJson, "", "edit the step's parameters as JSON"),
    decides_in(STEPS, &[Key::char('O')], Ask::Restore, "originals", "put the step back as its producer had it"),
    decides_in(STEPS, &[Key::char('T')], Ask::Retry, "try again", "let a step that ended badly run once more"),
    decides_in(STEPS, &[Key::char('Y')], Ask::Confirm, "confirm", "let a step go on that waits for a person"),
    decides_in(RUNNING, &[Key::char('V')], Ask::Continue, "go on", "go on past what ended badly, with the rest"),
    decides_in(RUNNING, &[Key::char('X')], Ask::Stop, "stop", "stop the plan that runs"),
    looks(ITEMS, &[Key::of(KeyCode::Esc), Key::char('q'), Key::char('h'), Key::of(KeyCode::Left)], Action::Back, "back", "back to reading"),
    looks(EVIDENCE, &[Key::of(KeyCode::Enter), Key::char('l'), Key::of(KeyCode::Right)], Action::Open, "look into it", "look into the file: text, JSON, diff or bytes"),
    looks(PANES, &[Key::char('c')], Action::Ask(Ask::Comment), "comment", "comment on it; on a step or a comment: on that"),
    looks(THREAD, &[Key::char('o')], Action::Resolve, "resolve", "take the thread for settled; again: take it up"),
    looks(THREAD, &[Key::char('w')], Action::Ask(Ask::EditComment), "edit yours", "put your own comment in other words; what it said stays in the log"),
    decides_in(PANES, &[Key::char('L')], Ask::Run, "run", "let it run: what was approved, on this host; or go on where it stands still"),
    decides_in(PANES, &[Key::char('B')], Ask::RollBack, "roll back", "take back what was done, last first"),
    steers(VERBS, &[Key::char('P')], Stimulus::Promote, "promote", "sign off the promotion to the next tier; of a deployment: go to its rollout"),
    steers(ROLLOUT, &[Key::char('B')], Stimulus::RollBack, "roll back", "take everything back, now"),
    steers(ROLLOUT, &[Key::char('H')], Stimulus::Halt, "halt", "stop: end what the driver does; what is out stays out, or is taken back where it was moving"),
    steers(ROLLOUT, &[Key::char('P')], Stimulus::Promote, "promote", "go to the promotion to the next tier, to sign it off there"),
    steers(ROLLOUT, &[Key::char('Z')], Stimulus::Pause, "pause", "stop the bake clock"),
    steers(ROLLOUT, &[Key::char('V')], Stimulus::Resume, "go on", "let it go on that was paused or frozen"),
    steers(ROLLOUT, &[Key::char('F')], Stimulus::Freeze, "freeze", "let nothing move until somebody says so"),
    steers(ROLLOUT, &[Key::char('K')], Stimulus::Acknowledge, "acknowledge", "say that you have seen that its rollback failed"),
    looks(ROLLOUTS, &[Key::char('!')], Action::Rollouts, "", "to the rollout that is most urgent, or the one of this request; again: the next one"),
    looks(ROLLOUT, &[Key::of(KeyCode::Esc), Key::char('q'), Key::char('h'), Key::of(KeyCode::Left)], Action::Back, "back", "close it"),
    looks(PANES, &[Key::char('m')], Action::Claim, "claim", "say that you are on it; again: that you no longer are"),
    decides(&[Key::char('O')], Ask::Override, "override", "go ahead without the sign-offs it needs; you owe a review for it"),
    looks(&[Scope::Help], &[Key::of(KeyCode::Esc), Key::char('h'), Key::char('q'), Key::char('?')], Action::Back, "close", "close the help"),
    looks(&[Scope::Help], &[Key::of(KeyCode::Enter)], Action::RunLine, "run it", "close the help and do what the selected line says"),
    looks(LIST, &[Key::of(KeyCode::Tab)], Action::NextQueue, "queue", "the next queue"),
    looks(LIST, &[Key::of(KeyCode::BackTab)], Action::PreviousQueue, "", "the queue before"),
    looks(LIST, &[Key::char('1')], Action::Show(Queue::Waiting), "", "what waits for you"),
    looks(LIST, &[Key::char('2')], Action::Show(Queue::Unclaimed), "", "what waits and nobody is on"),
    looks(LIST, &[Key::char('3')], Action::Show(Queue::Escalated), "", "what is escalated"),
    looks(LIST, &[Key::char('4')], Action::Show(Queue::Promotions), "", "open promotions"),
    looks(LIST, &[Key::char('5')], Action::Show(Queue::Debts), "", "reviews that are owed"),
    looks(LIST, &[Key::char('6')], Action::Show(Queue::Questions), "", "open questions"),
    looks(LIST, &[Key::char('7')], Action::Show(Queue::Open), "", "all that is open"),
    looks(LIST, &[Key::char('8')], Action::Show(Queue::Decided), "", "what is decided, newest first"),
    looks(READING, &[Key::char(']'), Key::of(KeyCode::Tab)], Action::NextTab, "next tab", "the next tab"),
    looks(READING, &[Key::char('['), Key::of(KeyCode::BackTab)], Action::PreviousTab, "", "the tab before"),
    looks(&[Scope::Detail], &[Key::char('/')], Action::Search, "search", "search in this tab"),
    looks(&[Scope::Detail], &[Key::char('s')], Action::Steps, "steps", "to the steps, one by one: mark them, edit them"),
    looks(&[Scope::Detail, Scope::Thread, Scope::Evidence], &[Key::char('t')], Action::Thread, "thread", "to what was said, comment by comment: answer, resolve, edit"),
    looks(&[Scope::Detail, Scope::Thread, Scope::Evidence], &[Key::char('a')], Action::Evidence, "evidence", "to the evidence, piece by piece: look into it"),
    looks(&[Scope::Detail, Scope::Steps, Scope::Thread], &[Key::char('f')], Action::Unfold, "", "show long values, and what comments said before, whole; again: fold them"),
    looks(READING, &[Key::char('x')], Action::Raw, "", "the request as JSON; again: back to the plan"),
    looks(READING, &[Key::char('y')], Action::Copy(Copied::Id), "", "send its number to the terminal's clipboard"),
    looks(READING, &[Key::char('d')], Action::Copy(Copied::Digest), "", "send its decision digest to the terminal's clipboard"),
    looks(READING, &[Key::char('u')], Action::Copy(Copied::Address), "", "send the address of the evidence to the terminal's clipboard; again: the next one"),
    looks(READING, &[Key::char('i')], Action::CopyField, "", "pick one field (target, commands, a parameter) and send its value to the terminal's clipboard"),
    looks(PANES, &[Key::char('z')], Action::Snooze, "", "snooze it, or what is marked; a change wakes it"),
    looks(LIST, &[Key::char('s')], Action::Sort, "", "another order: to read in, newest first, due first"),
    looks(LIST, &[Key::char('u')], Action::HideSeen, "", "hide what you have opened (never overdue or escalated ones); again: show it"),
    looks(LIST, &[Key::char('w')], Action::Look(Page::Since), "", "what happened since you were last here"),
    looks(LIST, &[Key::char('o')], Action::Look(Page::Handoff), "", "what you leave open, on one screen"),
    looks(LIST, &[Key::char('%')], Action::Look(Page::Stats), "", "how deciding goes, of the last 30 days"),
    looks(&[Scope::Page], &[Key::of(KeyCode::Esc), Key::char('q'), Key::char('h')], Action::Back, "back", "close it"),
    looks(LIST, &[Key::char('9')], Action::NextView, "", "the first view of the settings; again: the next one"),
    looks(LIST, &[Key::char('0')], Action::Mine, "", "what is given to you, by name or by a role of yours"),
    looks(&[Scope::Search], &[Key::of(KeyCode::Enter)], Action::KeepSearch, "find", "search for it"),
    looks(&[Scope::Search], &[Key::of(KeyCode::Esc), Key::ctrl('c')], Action::EndSearch, "end", "end the search, back to where it began"),
    looks(ASKED, &[Key::of(KeyCode::PageDown)], Action::MoreDown, "", "a page on in what the dialog says, or in the names of a batch"),
    looks(ASKED, &[Key::of(KeyCode::PageUp)], Action::MoreUp, "", "a page back in what the dialog says, or in the names of a batch"),
    looks(MOVING, &[Key::char('j'), Key::of(KeyCode::Down)], Action::Down, "", "down"),
    looks(MOVING, &[Key::char('k'), Key::of(KeyCode::Up)], Action::Up, "", "up"),
    looks(MOVING, &[Key::ctrl('d')], Action::HalfDown, "", "half a page down"),
    looks(MOVING, &[Key::ctrl('u')], Action::HalfUp, "", "half a page up"),
    looks(MOVING, &[Key::of(KeyCode::PageDown), Key::ctrl('f')], Action::PageDown, "", "a page down"),
    looks(MOVING, &[Key::of(KeyCode::PageUp), Key::ctrl('b')], Action::PageUp, "", "a page up"),
    looks(MOVING, &[Key::char('g'), Key::of(KeyCode::Home)], Action::Top, "", "to the top; in the list also to what is new"),
    looks(MOVING, &[Key::char('G'), Key::of(KeyCode::End)], Action::Bottom, "", "to the end"),
    looks(ASKED, &[Key { code: KeyCode::Enter, modifiers: KeyModifiers::ALT }], Action::Submit, "to the button", "to the button, from anywhere in the dialog; Enter there does it"),
    looks(ASKED, &[Key::of(KeyCode::Tab)], Action::NextField, "next", "the next field or button"),
    looks(ASKED, &[Key::of(KeyCode::BackTab)], Action::PreviousField, "", "the field or button before"),
    looks(&[Scope::Dialog], &[Key::of(KeyCode::Right), Key::of(KeyCode::Down)], Action::NextField, "", "the next field or button"),
    looks(&[Scope::Dialog], &[Key::of(KeyCode::Left), Key::of(KeyCode::Up)], Action::PreviousField, "", "the field or button before"),
    looks(&[Scope::Dialog], &[Key::of(KeyCode::Enter)], Action::Press, "press", "press the button"),
    looks(&[Scope::Dialog], &[Key::char('q'), Key::char('h')], Action::Cancel, "", "close it; what you typed is kept as a draft"),
    looks(ASKED, &[Key::of(KeyCode::Esc), Key::ctrl('c')], Action::Cancel, "cancel", "close it; what you typed is kept as a draft"),
    looks(LIST, &[Key::char('/')], Action::Filter, "filter", "filter the list as you type; enter keeps it"),
    looks(PANES, &[Key::char(':')], Action::Palette, "", "type a command"),
    looks(PANES, &[Key::char('n')], Action::NextMatch, "", "to the next match of the filter, or of the search in a request"),
    looks(PANES, &[Key::char('N')], Action::PreviousMatch, "", "to the match before"),
    looks(LIST, &[Key::of(KeyCode::Esc)], Action::Clear, "", "let go of the open range, else of the marks, else of the filter"),
    looks(LIST, &[Key::char(' ')], Action::Mark, "", "mark the row, or unmark it: A and R then decide on all marked"),
    looks(LIST, &[Key::char('v')], Action::Range, "", "begin a range of marks; again: mark it"),
    looks(PROMPT, &[Key::of(KeyCode::Enter)], Action::Accept, "take it", "keep the filter, or do the command"),
    looks(PROMPT, &[Key::of(KeyCode::Tab), Key::of(KeyCode::Down)], Action::Complete, "complete", "complete what you typed; again: the next one"),
    looks(PROMPT, &[Key::of(KeyCode::BackTab), Key::of(KeyCode::Up)], Action::CompleteBack, "", "the completion before"),
    looks(PROMPT, &[Key::of(KeyCode::Esc), Key::ctrl('c')], Action::Leave, "drop it", "clear the filter, or drop the command"),
    looks(READING, &[Key::char('e')], Action::Graph, "", "what needs what, as a graph; again: back to the plan"),
    looks(READING, &[Key::char('p')], Action::Params, "", "the parameters as a table; again: by key, by step"),
    looks(READING, &[Key::char('b')], Action::Changes, "", "what changed since the revision before; again: whole lines, before and after"),
    looks(PANES, &[Key::char('=')], Action::Alike, "", "gather what looks alike, to decide on it together"),
    looks(GRAPH, &[Key::char('h'), Key::of(KeyCode::Left)], Action::Left, "", "to the node on the left"),
    looks(GRAPH, &[Key::char('l'), Key::of(KeyCode::Right)], Action::Right, "", "to the node on the right"),
    looks(GRAPH, &[Key::char('<')], Action::ScrollLeft, "", "the view to the left"),
    looks(GRAPH, &[Key::char('>')], Action::ScrollRight, "", "the view to the right"),
    Binding { scopes: ALIKE, keys: &[Key::char('A')], action: Action::Ask(Ask::Approve), short: "approve them", words: "approve those that are alike", decides: true },
    Binding { scopes: ALIKE, keys: &[Key::char('R')], action: Action::Ask(Ask::Reject), short: "reject them", words: "reject those that are alike", decides: true },
    looks(ALIKE, &[Key::of(KeyCode::Esc), Key::char('q'), Key::char('=')], Action::Back, "back", "close it; nothing is decided"),
    looks(&[Scope::Text], &[Key::ctrl('e')], Action::Edit, "editor", "go on writing in your editor ($EDITOR)"),
    looks(ROLLOUTS, &[Key::char('?')], Action::Help, "help", "what works here"),
    looks(ROLLOUTS, &[Key::char('r')], Action::Reload, "", "read everything again"),
    looks(EVERYWHERE, &[Key::ctrl('l')], Action::Repaint, "", "draw everything again"),
    looks(EVERYWHERE, &[Key::ctrl('z')], Action::Suspend, "", "to the shell; `fg` comes back"),
    looks(LIST, &[Key::char('q')], Action::Quit, "quit", "quit"),
    looks(OUTSIDE_DIALOGS, &[Key::ctrl('c')], Action::Quit, "", "quit"),
];
