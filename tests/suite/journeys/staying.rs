//! Staying: what was typed is still there after the line went down, and nothing else is.

use super::person::{Person, environment};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SIZE: (u16, u16) = (120, 40);
/// To the button, and Enter there.
const ALT_ENTER: &str = "\x1b\r\r";

/// A desk with one request on it.
pub struct Desk {
    home: TempDir,
}

impl Desk {
    pub fn new() -> Self {
        let desk = Self { home: tempfile::tempdir().unwrap() };
        assert!(desk.submit("one", "lookup", &[]).status.success());
        desk
    }

    fn store(&self) -> PathBuf {
        self.home.path().join("s.db")
    }

    pub fn environment(&self) -> Vec<(String, String)> {
        environment(self.home.path(), &self.store())
    }

    pub fn submit(&self, reference: &str, action: &str, more: &[&str]) -> Output {
        let path = self.home.path().join("d.json");
        let text = format!(
            r#"{{"kind":"plan","by":"planner","ref":"{reference}","title":"Tell John","target":{{"environment":"staging"}},
            "steps":[{{"id":"look","action":"{action}"}}]}}"#
        );
        std::fs::write(&path, text).unwrap();
        let mut arguments = vec!["submit", path.to_str().unwrap()];
        arguments.extend(more);
        self.command(&arguments)
    }

    /// Submits a document as it is.
    pub fn submit_text(&self, text: &str) -> Output {
        let path = self.home.path().join("t.json");
        std::fs::write(&path, text).unwrap();
        self.command(&["submit", path.to_str().unwrap()])
    }

    fn ask(&self, reference: &str, priority: &str) -> Output {
        let path = self.home.path().join("a.json");
        let text = format!(
            r#"{{"kind":"gate","by":"planner","ref":"{reference}","title":"Go on?","priority":"{priority}"}}"#
        );
        std::fs::write(&path, text).unwrap();
        self.command(&["submit", path.to_str().unwrap()])
    }

    pub fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(arguments).env_clear().envs(self.environment()).output().unwrap()
    }

    /// What the log says happened, one name an event.
    /// The log as it is exported.
    pub fn log(&self) -> String {
        String::from_utf8(self.command(&["audit", "export"]).stdout).unwrap()
    }

    pub fn events(&self) -> Vec<String> {
        let name = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["envelope"]["name"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        self.log().lines().map(name).collect()
    }

    fn alice(&self) -> Person {
        let mut alice = Person::sits_down(&["--as", "alice"], &self.environment(), SIZE);
        alice.sees("What would run");
        alice
    }

    /// Alice, in the middle of a reason.
    fn alice_typing(&self, reason: &str) -> Person {
        let mut alice = self.alice();
        alice.press("R").sees("Reject R-1").press(reason).sees(reason.trim_end());
        alice
    }
}

fn signal(person: &Person, name: &str) {
    let process = person.process().to_string();
    assert!(Command::new("kill").args([name, &process]).status().unwrap().success());
}

#[test]
fn the_line_goes_down_in_the_middle_of_a_reason_and_the_text_is_there_afterwards() {
    let desk = Desk::new();
    let mut alice = desk.alice_typing("half a reas");
    let gone = Instant::now();
    alice.hangs_up("\x0c");
    assert_eq!(alice.ends_alone(), 129);
    assert!(gone.elapsed() < Duration::from_secs(1), "{:?}", gone.elapsed());
    let mut again = desk.alice();
    again.press("R").sees("draft from ").sees("the request changed since: no").sees("half a reas");
    again.press("on").sees("half a reason").press(ALT_ENTER).sees("R-1 rejected");
    assert_eq!(desk.events().last().unwrap(), "request.rejected");
}

#[test]
fn a_second_after_the_last_key_not_even_a_kill_takes_it() {
    let desk = Desk::new();
    let mut alice = desk.alice_typing("half a reason");
    std::thread::sleep(Duration::from_secs(1));
    signal(&alice, "-9");
    alice.ends();
    assert!(desk.submit("one", "lookup.again", &["--revise"]).status.success());
    let mut again = desk.alice();
    again.press("R").sees("the request changed since: yes").sees("half a reason");
}

#[test]
fn somebody_who_never_rests_loses_no_more_than_a_second() {
    let desk = Desk::new();
    let mut alice = desk.alice_typing("words ");
    for _ in 0..60 {
        alice.press("x");
        std::thread::sleep(Duration::from_millis(30));
    }
    signal(&alice, "-9");
    alice.ends();
    let mut again = desk.alice();
    again.sees("draft kept: reject R-1").press("R").sees("draft from ").sees("words xxxxxxxxxx");
}

#[test]
fn a_line_that_drops_in_a_long_comment_takes_at_most_a_second_of_it() {
    let desk = Desk::new();
    let mut alice = desk.alice();
    alice.press("c").sees("Comment R-1");
    let words: String = (0..200).map(|n| format!("word{n:05} ")).collect();
    assert_eq!(words.len(), 2_000);
    // All but the end was typed more than a second ago.
    for n in (0..1_900).step_by(380) {
        alice.press(&words[n..n + 380]).sees(words[..n + 380].trim_end().rsplit(' ').next().unwrap());
    }
    std::thread::sleep(Duration::from_secs(1));
    alice.press(&words[1_900..]).sees("word00199");
    alice.hangs_up("\x0c");
    assert_eq!(alice.ends_alone(), 129);
    let mut again = desk.alice();
    again.press("c").sees("draft from ").press(ALT_ENTER).sees("your comment is recorded");
    let thread = String::from_utf8(desk.command(&["thread", "R-1", "--json"]).stdout).unwrap();
    assert!(thread.contains(words[..1_900].trim_end()), "{thread}");
}

#[test]
fn a_file_is_walked_at_a_terminal_of_the_least_size() {
    let desk = Desk::new();
    let diff: String = (0..60).map(|n| format!("+added {n}\n")).collect();
    let path = desk.home.path().join("plan.diff");
    std::fs::write(&path, format!("--- a/x\n+++ b/x\n@@ -0,0 +1,60 @@\n{diff}")).unwrap();
    assert!(
        desk.command(&["attach", "R-1", "--label", "plan.diff", path.to_str().unwrap()]).status.success()
    );
    let mut alice = Person::sits_down(&["--as", "alice"], &desk.environment(), (80, 24));
    alice.sees("R-1").press("\r").sees("What would run");
    alice.press("a").sees("not yet opened").press("\r").sees("60 lines added (+)");
    alice.press("/").press("added 47").press("\r").sees("match 1 of 1").sees("+added 47");
    alice.press("\x1b").press("G").sees("+added 59").press("\x1b").sees("plan.diff");
    alice.waits_until("it counts as opened", |screen| !screen.contains("not yet opened"));
    alice.press("c").sees("Comment R-1").press("fine @alice").sees("fine @alice").press(ALT_ENTER);
    alice.sees("your comment is recorded").press("t").sees("calls you").press("q");
    drop(alice);
}

#[test]
fn a_draft_about_what_somebody_else_decided_is_forgotten() {
    let desk = Desk::new();
    let mut alice = desk.alice_typing("half a reason");
    signal(&alice, "-15");
    alice.ends();
    assert!(desk.command(&["--as", "bob", "reject", "R-1", "--reason", "no"]).status.success());
    let mut again = Person::sits_down(&["--as", "alice"], &desk.environment(), SIZE);
    again.sees("Nothing waits for you");
    assert!(!again.screen().contains("draft kept"), "{}", again.screen());
}

#[test]
fn a_terminate_signal_keeps_what_was_typed_and_decides_nothing() {
    let desk = Desk::new();
    let before = desk.events();
    let mut alice = desk.alice_typing("half a reason");
    signal(&alice, "-15");
    assert_eq!(alice.ends(), 143);
    assert!(alice.has_a_clean_terminal());
    assert_eq!(desk.events(), before, "a draft is no event");
    desk.alice().press("R").sees("draft from ").sees("half a reason");
}

#[test]
fn a_closed_dialog_is_kept_and_one_that_decided_is_forgotten() {
    let desk = Desk::new();
    let mut alice = desk.alice_typing("half a reason");
    alice.press("\x03").sees("Esc again").press("\x03").sees("your text is kept as a draft").press("q");
    assert_eq!(alice.ends(), 0);
    let mut again = desk.alice();
    // Another verb has a draft of its own.
    again.press("c").sees("Comment R-1").press("seen").press(ALT_ENTER).sees("your comment is recorded");
    again.press("q");
    assert_eq!(again.ends(), 0);
    let mut third = desk.alice();
    third.press("c").sees("Comment R-1");
    assert!(!third.screen().contains("draft from"), "{}", third.screen());
    third.press("\x03").sees("nothing was decided").press("R").sees("draft from ").sees("half a reason");
}

#[test]
fn one_persons_draft_is_not_offered_to_another() {
    let desk = Desk::new();
    let mut alice = desk.alice_typing("half a reason");
    signal(&alice, "-15");
    alice.ends();
    let mut bob = Person::sits_down(&["--as", "bob"], &desk.environment(), SIZE);
    bob.sees("What would run").press("R").sees("Reject R-1");
    assert!(!bob.screen().contains("half a reason"), "{}", bob.screen());
}

/// What a hand, a cat or a bad line sends; whether it moves the focus, and whether it could end a deliberate sequence.
/// `q`, Ctrl-C and Ctrl-Z are left out: they leave.
fn noise(seed: &mut u64, deliberate: bool) -> &'static str {
    const ALWAYS: &[&str] = &[
        "A",
        "R",
        "C",
        "W",
        "c",
        "A",
        "R",
        "m",
        "j",
        "k",
        "g",
        "G",
        "l",
        "h",
        "8",
        "?",
        " ",
        "x",
        "no\r",
        "\r",
        "\r",
        "\r\r\r",
        "AAAAAAAA",
        "RRRRyyyy",
        "yes",
        "R-1",
        "\x1b[200~A\r\x1b\r\x1b[201~",
        "\x1b[200~yes\r\rR-1\r\x1b[201~",
        "\x1b[<0;40;12M",
        "\x1b[<0;40;12m",
        "\x1b[<35;4;x",
        "\x1b[M !!",
        "\x1b[9999x",
        "\x1b]0;x\x07",
        "\x1bOx",
        "\x1bx",
        "\x1b[5~",
        "\x1b[6~",
        "\x0c",
        "\x04",
        "\x15",
        "\x1b[I",
        "\x1b[O",
        "\u{9b}x",
        "é",
        "日",
    ];
    const ENDING: &[&str] =
        &["\t", "\t", "\x1b[Z", "\x1b[Z", "\x1b[C", "\x1b[D", "\x1b\r", "\x1b", "\x1b\x1b", "1", "2"];
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    let all = ALWAYS.len() + if deliberate { ENDING.len() * 2 } else { 0 };
    let n = usize::try_from(*seed % all as u64).unwrap();
    ALWAYS.get(n).copied().unwrap_or_else(|| ENDING[(n - ALWAYS.len()) % ENDING.len()])
}

fn decisions(events: &[String]) -> usize {
    const BY_TIME_OR_PRODUCER: [&str; 9] = [
        "store.created",
        "request.submitted",
        "request.revised",
        "request.resubmitted",
        "request.expired",
        "request.cancelled",
        "claim.taken",
        "claim.released",
        "comment.added",
    ];
    events.iter().filter(|name| !BY_TIME_OR_PRODUCER.contains(&name.as_str())).count()
}

/// Two thousand keys at a real terminal, while a producer asks and changes its mind. In the first three quarters there
/// is nothing that turns the focus to a button that decides, no Alt-Enter, and no count that a batch could ask for (eight
/// rows are not marked by chance): nothing can have been meant, on one request or on several. In the last quarter there
/// is; then there are no more decisions than ways to mean one, where a count that was typed stands for as many.
#[test]
fn two_thousand_random_keys_at_a_terminal_decide_nothing_that_was_not_meant() {
    let desk = Desk::new();
    let mut alice = desk.alice();
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    let (mut armed, mut turned, mut meant, mut several) = (false, false, 0, 1);
    for n in 0..2000 {
        let keys = noise(&mut seed, n >= 1500);
        match keys {
            "A" | "R" | "C" | "W" | "AAAAAAAA" | "RRRRyyyy" => armed = true,
            // Enter behind the count of a batch goes on to the button.
            "1" | "2" => (several, turned) = (several.max(keys.parse().unwrap()), true),
            // A lone Esc and what follows it may arrive as one key.
            "\t" | "\x1b[Z" | "\x1b[C" | "\x1b[D" | "\x1b\r" | "\x1b" | "\x1b\x1b" => turned = true,
            "\r" | "\r\r\r" | "no\r" if armed && turned => {
                meant += several;
                turned = false;
            }
            _ => {}
        }
        alice.press_at_once(keys);
        if n % 100 == 0 {
            assert!(desk.submit(&format!("more-{n}"), "lookup", &[]).status.success());
            desk.submit("one", &format!("lookup.{n}"), &["--revise"]);
        }
        if n % 5 == 0 {
            std::thread::sleep(Duration::from_millis(1)); // so that frames are drawn between keys
        }
        if n == 1499 {
            std::thread::sleep(Duration::from_millis(300));
            assert_eq!(decisions(&desk.events()), 0, "nothing was meant: {:?}", desk.events());
        }
    }
    std::thread::sleep(Duration::from_millis(300));
    let decided = decisions(&desk.events());
    assert!(decided <= meant * 3, "{decided} events of decisions, {meant} ways to mean one");
    let verified = desk.command(&["audit", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    signal(&alice, "-15");
    assert_eq!(alice.ends(), 143);
}

/// The titles that were set, in order, and how often the bell was rung: an OSC ends with BEL too, and that is none.
fn titles_and_bells(sent: &[u8]) -> (Vec<String>, usize) {
    let text = String::from_utf8_lossy(sent).into_owned();
    let mut bells = 0;
    let mut titles = Vec::new();
    for (n, part) in text.split("\x1b]0;").enumerate() {
        let rest = match part.split_once('\x07') {
            Some((title, rest)) if n > 0 => {
                titles.push(title.to_owned());
                rest
            }
            _ => part,
        };
        bells += rest.matches('\x07').count();
    }
    (titles, bells)
}

/// Waits for what happened without a trace on the screen.
fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !happened() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_title_counts_and_the_bell_rings_once_for_what_is_new_and_urgent() {
    let desk = Desk::new();
    assert!(desk.ask("there-before", "urgent").status.success());
    let mut alice = Person::sits_down(&["--as", "alice"], &desk.environment(), SIZE);
    alice.sees("2 wait for you").sees("Go on?");
    assert!(desk.ask("calm", "normal").status.success());
    alice.sees("3 wait for you");
    assert!(desk.ask("now", "urgent").status.success());
    alice.sees("4 wait for you");
    until("a bell", || titles_and_bells(&alice.sent()).1 == 1);
    assert!(desk.command(&["--as", "bob", "comment", "R-4", "looking"]).status.success());
    assert!(desk.command(&["--as", "bob", "reject", "R-2", "--reason", "no"]).status.success());
    alice.sees("3 wait for you").press("q");
    assert_eq!(alice.ends(), 0);
    let sent = alice.sent();
    let (titles, bells) = titles_and_bells(&sent);
    assert_eq!(bells, 1, "not for what was there, nor for what is not urgent, nor twice");
    let counts = ["2", "3", "4", "3"].map(|n| format!("countersign: {n} waiting"));
    assert_eq!(titles, counts, "only when it changed");
    let text = String::from_utf8_lossy(&sent);
    assert!(
        text.find("\x1b[22;0t") < text.find("\x1b]0;") && text.ends_with("\x1b[23;0t"),
        "pushed and popped"
    );
}

#[test]
fn title_and_bell_can_be_set_off_and_keys_be_other_ones() {
    let desk = Desk::new();
    let settings = desk.home.path().join("config.toml");
    std::fs::write(
        &settings,
        "[screen]\ntitle = false\nbell = false\nascii = true\n[keys.list]\nreject = [\"f2\"]\n",
    )
    .unwrap();
    let arguments = ["--as", "alice", "--config", settings.to_str().unwrap()];
    let mut alice = Person::sits_down(&arguments, &desk.environment(), SIZE);
    alice.sees("What would run").sees("f2 reject");
    assert!(desk.ask("now", "urgent").status.success());
    alice.sees("2 wait for you").press("R").sees("R does nothing here");
    alice.press("\x1bOQ").sees("Reject R-1").press("no").press(ALT_ENTER).sees("R-1 rejected").press("q");
    assert_eq!(alice.ends(), 0);
    let sent = alice.sent();
    assert_eq!(titles_and_bells(&sent), (Vec::new(), 0));
    let text = String::from_utf8_lossy(&sent);
    assert!(text.is_ascii() && !text.contains("\x1b[22;0t") && !text.contains("\x1b[23;0t"));

    std::fs::write(&settings, "[keys.list]\napprove = [\"j\"]\n").unwrap();
    let refused = desk.command(&["--config", settings.to_str().unwrap(), "keys"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("line 2: keys.list.approve: j already means down there"), "{said}");
}

impl Desk {
    /// Alice with this editor, at the reason of a rejection.
    fn alice_with_editor(&self, editor: &str) -> Person {
        let mut environment = self.environment();
        environment.push(("EDITOR".to_owned(), editor.to_owned()));
        environment.push(("TMPDIR".to_owned(), self.home.path().to_str().unwrap().to_owned()));
        let mut alice = Person::sits_down(&["--as", "alice"], &environment, SIZE);
        alice.sees("What would run").press("R").sees("Reject R-1").press("half").sees("half");
        alice
    }

    fn script(&self, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = self.home.path().join("my editor");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

const CTRL_E: &str = "\x05";

#[test]
fn long_text_is_written_in_ones_own_editor_on_a_private_file() {
    let desk = Desk::new();
    let script = desk.script(
        "stat -c '%a' \"$2\" \"$(dirname \"$2\")\" >\"$HOME/modes\"\nprintf 'the editor has %s: ' \"$1\"\n\
         read -r typed\nprintf ' and %s\\033[31m\\n' \"$typed\" >>\"$2\"",
    );
    let mut alice = desk.alice_with_editor(&format!("'{script}' $HOME;"));
    // The argument is as it was written: nothing is expanded. Then the keys are the editor's, A and q too.
    alice.press(CTRL_E).sees("the editor has $HOME;: ");
    assert!(alice.has_a_clean_terminal(), "it was given back");
    alice.press("Aq more\r").sees("half and Aq more");
    assert_eq!(std::fs::read_to_string(desk.home.path().join("modes")).unwrap(), "600\n700\n");
    alice.press("!").sees("hidden characters replaced: 1").press(ALT_ENTER).sees("R-1 rejected");
    let left = std::fs::read_dir(desk.home.path()).unwrap().map(|e| e.unwrap().file_name());
    assert!(
        left.into_iter().all(|name| !name.to_string_lossy().starts_with("countersign-edit")),
        "nothing is left"
    );
    alice.press("q");
    assert_eq!(alice.ends(), 0);
    assert!(alice.has_a_clean_terminal());
}

#[test]
fn an_editor_that_fails_leaves_the_text_as_it_was() {
    let desk = Desk::new();
    let mut alice = desk.alice_with_editor("sh -c 'echo lost >\"$0\"; exit 3'");
    alice.press(CTRL_E).sees("exit status: 3").sees("your text is as it was").sees("half");
    alice.press(" way").sees("half way");
    drop(alice);
    let mut alice = desk.alice_with_editor("/no/such/editor");
    alice.press(CTRL_E).sees("No such file").press("!").sees("half!");
}

#[test]
fn ctrl_c_in_the_editor_is_the_editors() {
    let desk = Desk::new();
    let script =
        desk.script("trap 'echo interrupted >>\"$1\"; exit 0' INT\necho ready\nwhile :; do sleep 0.05; done");
    let mut alice = desk.alice_with_editor(&format!("'{script}'"));
    alice.press(CTRL_E).sees("ready").press("\x03").sees("halfinterrupted").press("!").sees("Reject R-1");
}
