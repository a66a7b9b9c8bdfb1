//! One working night, walked in every look the screen has: filter to three, open, read to the end, reject with a reason;
//! a sensitive plan, refused before its last line was drawn and approved after; a batch of seven; a change under an open
//! dialog; two reviewers on one request; the line that drops in the middle of a reason.

use super::desk::{ALT_ENTER, Desk, ENTER, NARROW, TAB, WIDE};
use super::person::Person;
use std::process::Command;

const ESC: &str = "\x1b";
const PAGE_DOWN: &str = "\x1b[6~";

/// How the screen looks to the one who walks.
#[derive(Clone, Copy)]
struct Look {
    size: (u16, u16),
    ascii: bool,
    no_color: bool,
    tmux: bool,
}

const PLAIN: Look = Look { size: WIDE, ascii: false, no_color: false, tmux: false };

impl Look {
    fn environment(self, desk: &Desk) -> Vec<(String, String)> {
        let mut environment = desk.environment();
        if self.no_color {
            environment.push(("NO_COLOR".to_owned(), "1".to_owned()));
        }
        environment
    }

    /// Whoever is called so, at a terminal of this look.
    fn person(self, desk: &Desk, name: &str) -> Person {
        let mut arguments = vec!["--as", name];
        arguments.extend(self.ascii.then_some("--ascii"));
        Person::sits_down(&arguments, &self.environment(desk), self.size)
    }
}

/// Where alice sits: at a terminal, or at one with tmux between.
struct Seat<'a> {
    desk: &'a Desk,
    look: Look,
    socket: String,
    alice: Person,
}

impl<'a> Seat<'a> {
    fn taken(desk: &'a Desk, look: Look) -> Self {
        let socket = desk.document("tmux", "");
        std::fs::remove_file(&socket).unwrap();
        let alice = Self::opens(desk, look, &socket);
        Self { desk, look, socket, alice }
    }

    /// Under tmux a session that is still there is joined again.
    fn opens(desk: &Desk, look: Look, socket: &str) -> Person {
        if !look.tmux {
            return look.person(desk, "alice");
        }
        let settings = desk.document("tmux.conf", "set -g status off\n");
        let words = ["-f", &settings, "-S", socket, "new-session", "-A", "-s", "walk"];
        let program = ["TERM=screen", env!("CARGO_BIN_EXE_countersign"), "--as", "alice"];
        let arguments: Vec<&str> = words.into_iter().chain(["env"]).chain(program).collect();
        Person::runs("tmux", &arguments, &look.environment(desk), look.size)
    }

    /// The line drops. Then she comes back.
    fn loses_the_line(&mut self) {
        self.alice.hangs_up("\x0c");
        let ended = self.alice.ends_alone();
        assert!(self.look.tmux || ended == 129, "{ended}");
        self.alice = Self::opens(self.desk, self.look, &self.socket);
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        if self.look.tmux {
            let _ = Command::new("tmux").args(["-S", &self.socket, "kill-server"]).output();
        }
    }
}

/// A plan of so many steps as a document of one line.
fn plan(reference: &str, title: &str, risk: &str, environment: &str, steps: usize) -> String {
    let steps: Vec<String> = (0..steps)
        .map(|n| format!(r#"{{"id":"s{n}","action":"sql.run","params":{{"n":{n}}},"run":["/bin/true"]}}"#))
        .collect();
    format!(
        r#"{{"kind":"plan","by":"planner","ref":"{reference}","title":"{title}","risk":"{risk}","target":{{"environment":"{environment}"}},"steps":[{}]}}"#,
        steps.join(",")
    )
}

/// Forty requests: 36 mails, three that drop an index, and one that moves the tables in production.
fn night() -> Desk {
    let desk = Desk::new();
    let mut all = vec![plan("tables", "Move the tables", "high", "production", 30)];
    all.extend(
        (1..=3).map(|n| plan(&format!("drop-{n}"), &format!("Drop index {n}"), "medium", "staging", 9)),
    );
    all.extend(
        (1..=36).map(|n| plan(&format!("mail-{n}"), &format!("Mail customer {n}"), "low", "staging", 1)),
    );
    let path = desk.document("night.jsonl", &all.join("\n"));
    assert!(desk.command(&["submit", &path]).status.success());
    desk
}

fn state(desk: &Desk, id: &str) -> String {
    let shown = desk.command(&["show", id, "--json"]);
    let request: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    request["state"].as_str().unwrap().to_owned()
}

fn many(desk: &Desk, state: &str) -> usize {
    let listed = desk.command(&["list", "--state", "all", "--json", "--limit", "100"]);
    let list: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    list.as_array().unwrap().iter().filter(|request| request["state"] == state).count()
}

/// Puts a filter on; so many of so many are left.
fn filters(person: &mut Person, words: &str, found: &str) {
    person.press("/").press(words).sees(found).press(ENTER).sees(&format!("filter: {words}"));
}

/// Back to the list, and the filter off.
fn goes_back(person: &mut Person) {
    person.press("q").sees("enter open").press(ESC);
    person.waits_until("no filter", |screen| !screen.contains("filtered:"));
}

/// Turns pages until `last` is there.
fn reads_until(person: &mut Person, last: &str) {
    let mut before = person.screen();
    while !before.contains(last) {
        person.press(PAGE_DOWN);
        before = person.waits_until("more of it", |screen| screen != before);
    }
}

/// What the screen says is left to read.
fn left(screen: &str) -> Option<usize> {
    screen.split("not fully shown: ").nth(1)?.split(' ').next()?.parse().ok()
}

fn walk(look: Look) {
    let desk = night();
    let mut seat = Seat::taken(&desk, look);
    let alice = &mut seat.alice;

    // Forty are filtered to three; the second is read to its end and rejected with a reason.
    alice.sees("40 wait for you");
    filters(alice, "drop risk:medium", "3 of 40");
    let cursor = if look.ascii { "> " } else { "▸ " };
    alice.press("j").waits_until("the second row chosen", |screen| {
        screen.lines().any(|line| line.contains(cursor) && line.contains(" R-3 "))
    });
    alice.press(ENTER).sees("What would run: 9 of 9 steps");
    reads_until(alice, "Claimed by planner");
    alice.press("R").sees("Reject R-3").press(ALT_ENTER).sees("reason is required");
    alice.press("not without a replica").sees("a replica").press(ALT_ENTER);
    alice.sees("R-3 rejected; nothing of it will run").sees("filtered: 2 of 39");
    assert_eq!(state(&desk, "R-3"), "rejected");
    goes_back(alice);

    // The sensitive one: no before its last line was drawn, yes after.
    filters(alice, "move", "1 of 39");
    alice.press(ENTER).sees("What would run").sees("not fully shown");
    alice.press("A").sees("R-1 is not fully shown: ").sees("read to its end");
    let mut screen = alice.screen();
    while let Some(before) = left(&screen) {
        alice.press(PAGE_DOWN);
        screen = alice.waits_until("less to read", |screen| left(screen) != Some(before));
    }
    alice.press("A").sees("Approve R-1").press("read it all").press(TAB).press("R-1").sees("read it all");
    alice.press(ALT_ENTER).sees("R-1 approved");
    assert_eq!(state(&desk, "R-1"), "approved");
    goes_back(alice);

    // Seven that are alike, at once.
    filters(alice, "mail", "36 of 38");
    alice.press("v").sees("move to the other end").press("jjjjjj").press("v").sees("7 marked");
    alice.press("A").sees("Approve 7 requests").press("7").press(ALT_ENTER).sees("7 of 7 approved");
    assert_eq!(many(&desk, "approved"), 8);
    alice.press(ESC).waits_until("no filter", |screen| !screen.contains("filtered:"));

    // It changes under the open dialog: what came is marked, what was typed is kept.
    filters(alice, "drop", "2 of 31");
    alice.press(ENTER).sees("What would run").press("R").sees("Reject R-2");
    alice.press("too many rows").sees("too many rows");
    let changed = plan("drop-1", "Drop index 1", "medium", "staging", 9).replacen("true", "false", 1);
    let changed = desk.document("changed.json", &changed);
    assert!(desk.command(&["submit", &changed, "--revise"]).status.success());
    let came = if look.ascii { "<+/bin/false+>" } else { "⟨+/bin/false+⟩" };
    alice.sees("changed since you opened it").sees(came).sees("too many rows");
    alice.press(ALT_ENTER).sees("This is how it is now").sees("too many rows");
    assert_eq!(state(&desk, "R-2"), "requested", "the first press only looked again");
    alice.press(ALT_ENTER).sees("R-2 rejected");
    goes_back(alice);

    // Two on one request: the second is told that the first is on it, and who was faster.
    let mut bob = look.person(&desk, "bob");
    for person in [&mut *alice, &mut bob] {
        person.sees("30 wait for you");
        filters(person, "drop", "1 of 30");
        person.press(ENTER).sees("What would run");
    }
    bob.press("m").sees("you are on R-4");
    alice.sees("bob is on it").press("R").sees("Reject R-4").sees("bob is on it");
    alice.press("mine").sees("mine");
    bob.press("R").sees("Reject R-4").press("faster").sees("faster").press(ALT_ENTER).sees("R-4 rejected");
    alice.sees("R-4 is already rejected by bob").press(ALT_ENTER).sees("mine");
    // What comes in the first moment is not taken for an answer to it.
    std::thread::sleep(std::time::Duration::from_millis(400));
    alice.press(ESC).sees("once more closes").press(ESC);
    alice.waits_until("the dialog is gone", |screen| !screen.contains("What you typed"));
    goes_back(alice);

    // The line drops in the middle of a reason.
    filters(alice, "mail", "29 of 29");
    alice.press("g").press(ENTER).sees("What would run").press("R").sees("Reject R-");
    alice.press("half a reas").sees("half a reas");
    let half = many(&desk, "rejected");
    seat.loses_the_line();
    let alice = &mut seat.alice;
    if !look.tmux {
        // Another sitting: the text is offered again.
        alice.sees("draft kept");
        filters(alice, "mail", "29 of 29");
        alice.press(ENTER).sees("What would run").press("R").sees("draft from ");
    }
    alice.sees("half a reas").press("on").sees("half a reason");
    assert_eq!(many(&desk, "rejected"), half, "a draft decides nothing");
    alice.press(ALT_ENTER).sees("rejected; nothing of it will run");

    assert_eq!((many(&desk, "rejected"), many(&desk, "approved")), (4, 8));
    assert!(desk.command(&["audit", "verify"]).status.success());
    let (alice, sent) = (&seat.alice, seat.alice.sent());
    assert_eq!(alice.sees_colour(), !look.no_color);
    assert!(!look.ascii || sent.is_ascii(), "nothing but ASCII");
}

#[test]
fn a_night_on_a_wide_screen() {
    walk(PLAIN);
}

#[test]
fn a_night_on_a_narrow_screen() {
    walk(Look { size: NARROW, ..PLAIN });
}

#[test]
fn a_night_in_ascii() {
    walk(Look { size: NARROW, ascii: true, ..PLAIN });
}

#[test]
fn a_night_without_colour() {
    walk(Look { no_color: true, ..PLAIN });
}

#[test]
fn a_night_under_tmux() {
    if super::under_tmux::has_tmux() {
        walk(Look { size: NARROW, tmux: true, ..PLAIN });
    }
}
