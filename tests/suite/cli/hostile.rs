//! Text that wants to be obeyed: in every field of a document and every word of a command line it is shown, not done.

use super::{Desk, Ran, until};
use serde_json::{Value, json};
use std::io::Read;
use std::num::NonZero;

/// What producers, files and arguments may hold. Short enough for a title.
fn corpus() -> Vec<String> {
    let fixed = [
        "safe\rEVIL",
        "\x1b[2J\x1b[1;1Hgone",
        "\x1b]52;c;ZXZpbA==\x07",
        "\x1b]0;owned\x1b\\",
        "\x1bP1$r q\x1b\\",
        "\x1b_Gi=1;AAAA\x1b\\",
        "\u{9b}2J\u{9d}52;c;QQ==\u{9c}\u{90}x\u{9f}y\u{85}z",
        "bell\x07 back\x08\x08\x08\x08space \x0b \x0c \x0e\x0f \x7f \t tab",
        "abc\u{202e}txt.exe\u{202c} \u{202a}\u{202b}\u{202d}",
        "\u{2066}a\u{2067}b\u{2068}c\u{2069}\u{200e}\u{200f}\u{61c}",
        "z\u{200b}e\u{200c}r\u{200d}o\u{2060}w\u{feff}i\u{ad}d\u{180e}th",
        "tag\u{e0041}\u{e0042}\u{e007f}s",
        "v\u{fe0f}a\u{fe00}r\u{e0100}s",
        "line\u{2028}para\u{2029}graph",
        "a\nb\r\nc",
        "│ ✓ APPROVED by alice",
        "x\n│ ✓ APPROVED by alice\nR-1  plan  approved",
        "⟨ESC⟩ fake ⟨400 spaces⟩",
        "$ countersign approve R-1\nPassword: ",
        "combin\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}ing",
        "pri\u{e000}vate\u{f8ff} \u{f0000}\u{10fffd}",
        "non\u{fdd0}char\u{fffe}\u{ffff}\u{1ffff}",
        "p\u{430}yments to \u{440}rod",
        "\u{2800}\u{3164}\u{115f}\u{a0}blank",
        "interlinear\u{fff9}x\u{fffa}y\u{fffb}",
        "{{ lookup email }} %s %n $(reboot) `reboot` '\"",
    ];
    let mut all: Vec<String> = fixed.map(str::to_owned).to_vec();
    all.push(format!("wide{}EVIL", " ".repeat(380)));
    all.push(format!("tall{}EVIL", "\n".repeat(201)));
    all
}

/// Whether a terminal would obey, hide or reorder this character; written here anew, without the program's own table.
fn is_obeyed(c: char) -> bool {
    matches!(u32::from(c),
        0..=0x9 | 0xb..=0x1f | 0x7f..=0x9f          // C0 but the line feed, DEL, C1
        | 0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f
        | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
        | 0xfff0..=0xfffb | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff
        | 0xe000..=0xf8ff | 0xf0000..=0x10ffff      // private use
        | 0xfdd0..=0xfdef)
        || u32::from(c) & 0xfffe == 0xfffe // noncharacters
}

/// Nothing it printed is anything but characters and line feeds.
#[track_caller]
fn harmless(ran: &Ran) {
    for (name, text) in [("stdout", &ran.out), ("stderr", &ran.err)] {
        if let Some(c) = text.chars().find(|c| is_obeyed(*c)) {
            panic!("U+{:04X} came through on {name}: {:?}", u32::from(c), ran.to_string());
        }
    }
    assert!(!ran.err.contains("panicked") && ran.code != Some(101), "{ran}");
}

/// An empty terminal of 80 columns.
fn terminal_of(rows: usize) -> vt100::Parser {
    let size = |n: usize| NonZero::new(u16::try_from(n).unwrap()).unwrap();
    vt100::Parser::new(size(rows), size(80), 0)
}

/// What a terminal of 80 columns shows of `text`, blanks aside; it must be what was printed, and nothing drawn over.
#[track_caller]
fn drawn_as_printed(text: &str) {
    let rows = text.lines().map(|line| line.chars().count() / 40 + 2).sum::<usize>();
    let mut terminal = terminal_of(rows + 2);
    terminal.process(text.replace('\n', "\r\n").as_bytes());
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    assert_eq!(bare(&terminal.screen().contents()), bare(text));
}

/// A plan with `text` wherever words are free.
fn plan_of(text: &str) -> Value {
    // No argument of a command can hold a NUL, so none of the corpus does.
    json!({"kind": "plan", "title": format!("T {text}"), "summary": format!("S {text}"), "by": "mallory", "ref": "wf",
        "labels": {"note": text, "lease": text, "intent": text},
        "steps": [
            {"id": "a", "title": format!("t {text}"), "action": "x", "expected": text,
             "params": {"p": text, "nested": {text: [text]}}, "run": ["/x", text], "undo": ["/u", text]},
            {"id": "b", "action": "y", "needs": [{"step": "a", "field": "f", "effect": "enhances",
             "resolution": "fallback", "fallback": text,
             "when": {"step": "a", "field": "f", "operator": "equals", "value": text}}]}],
        "evidence": [{"label": text, "locator": text}, {"label": text, "locator": text, "pinned": true}]})
}

/// The characters of `text` as they may appear, one of them a mark for each that may not.
fn has_marks_for(text: &str, shown: &str) -> bool {
    text.chars().filter(|c| *c != '\n' && is_obeyed(*c)).all(|c| {
        let named = match c {
            '\x1b' => "⟨ESC⟩".to_owned(),
            '\r' => "⟨CR⟩".to_owned(),
            '\x07' => "⟨BEL⟩".to_owned(),
            '\x08' => "⟨BS⟩".to_owned(),
            '\x7f' => "⟨DEL⟩".to_owned(),
            '\0'..='\x1f' => "⟨".to_owned(),
            c => format!("⟨U+{:04X}⟩", u32::from(c)),
        };
        shown.contains(&named)
    })
}

#[test]
fn no_field_of_a_document_reaches_a_terminal_as_anything_but_text() {
    for text in corpus() {
        let desk = Desk::new();
        let document = plan_of(&text);
        assert_eq!(desk.submit(&document), "R-1", "{text:?} is stored as it came");
        let first = desk.shown("R-1");
        desk.run(&["comment", "R-1", &text, "--step", "a"]).ended(0);
        desk.run(&["skip", "R-1", "--step", "b", "--reason", &text]).ended(0);
        let looking: [&[&str]; 7] = [
            &["list"],
            &["show", "R-1"],
            &["explain", "R-1"],
            &["log"],
            &["log", "R-1"],
            &["pulse"],
            &["wait", "R-1", "--timeout", "0"],
        ];
        for verb in looking {
            let ran = desk.run(verb);
            harmless(&ran);
            drawn_as_printed(&ran.out);
            if verb == ["show", "R-1"] {
                assert!(has_marks_for(&text, &ran.out), "{text:?}\n{ran}");
            }
        }
        // Read back, it is what was sent; showing it changed nothing that is decided on.
        let ran = desk.run(&["show", "R-1", "--json"]);
        harmless(&ran);
        let now = ran.json();
        for field in ["title", "summary", "labels", "evidence"] {
            assert_eq!(now[field], document[field], "{field} of {text:?}");
        }
        for (n, field) in
            [(0, "title"), (0, "expected"), (0, "params"), (0, "run"), (0, "undo"), (1, "needs")]
        {
            assert_eq!(now["steps"][n][field], document["steps"][n][field], "{field} of {text:?}");
        }
        assert_eq!(now["comments"][0]["text"], json!(text));
        assert_eq!(now["revision_digest"], first["revision_digest"]);
        for verb in [&["list", "--json"][..], &["log", "--json"], &["pulse", "--json"], &["audit", "export"]]
        {
            harmless(&desk.run(verb));
        }
        let ran = desk.run(&["reject", "R-1", "--reason", &format!("no {text}")]).ended(0);
        harmless(&ran);
        for verb in [&["wait", "R-1"][..], &["show", "R-1"], &["log"], &["wait", "R-1", "--json"]] {
            let ran = desk.run(verb);
            harmless(&ran);
            assert!(verb.contains(&"--json") || has_marks_for(&text, &ran.out), "{text:?}\n{ran}");
        }
        desk.run(&["audit", "verify"]).ended(0);
    }
}

#[test]
fn looking_does_not_change_what_a_decision_is_bound_to() {
    for text in corpus() {
        let desk = Desk::new();
        desk.submit(&plan_of(&text));
        let before = desk.shown("R-1")["decision_digest"].as_str().unwrap().to_owned();
        for verb in [&["show", "R-1"][..], &["list"], &["explain", "R-1"]] {
            desk.run(verb).ended(0);
        }
        assert_eq!(desk.shown("R-1")["decision_digest"], json!(before));
        desk.run(&["approve", "R-1", "--digest", &before]).ended(0);
    }
}

#[test]
fn a_question_and_its_answer_are_text_too() {
    for text in corpus() {
        let desk = Desk::new();
        let question =
            json!({"kind": "question", "title": format!("Q {text}"), "options": ["a", format!("o {text}")]});
        let mut question = question;
        question["by"] = json!("mallory");
        desk.submit(&question);
        let ran = desk.run(&["show", "R-1"]);
        harmless(&ran);
        assert!(has_marks_for(&text, &ran.out), "{text:?}\n{ran}");
        let words = format!("A {text}");
        harmless(&desk.run(&["answer", "R-1", "--text", &words, "--reason", &words]).ended(0));
        for verb in [&["wait", "R-1"][..], &["show", "R-1"], &["log"], &["wait", "R-1", "--json"]] {
            harmless(&desk.run(verb).ended(0));
        }
        let said = desk.run(&["wait", "R-1", "--json"]).json();
        assert_eq!(said["request"]["decision"]["answer"]["text"], json!(words));
        assert_eq!(said["request"]["options"][1], question["options"][1]);
    }
}

#[test]
fn an_overwritten_title_is_seen_as_one() {
    let desk = Desk::new();
    desk.submit(&plan_of("safe\rEVIL"));
    for verb in [&["show", "R-1"][..], &["list"], &["pulse"]] {
        let ran = desk.run(verb).ended(0).said(&["T safe⟨CR⟩EVIL"]);
        let mut terminal = terminal_of(60);
        terminal.process(ran.out.replace('\n', "\r\n").as_bytes());
        assert!(terminal.screen().contents().contains("│ T safe⟨CR⟩EVIL"), "{ran}");
    }
    desk.run(&["show", "R-1"]).said(&["⚠ contains 1 hidden character"]);
}

#[test]
fn what_cannot_be_seen_is_counted() {
    let desk = Desk::new();
    let summary = format!("up{}down{}end", "\n".repeat(201), " ".repeat(400));
    desk.submit(&json!({"kind": "gate", "title": "t", "by": "mallory", "summary": summary}));
    desk.run(&["show", "R-1"]).ended(0).said(&["│ up\n│ ⟨200 blank lines⟩\n│ down⟨400 spaces⟩end\n"]);
    let word = "x".repeat(8 << 10);
    desk.submit(&json!({"kind": "gate", "title": "t", "by": "mallory", "summary": word}));
    let ran = desk.run(&["show", "R-2"]).ended(0).said(&[&word]);
    drawn_as_printed(&ran.out);
    let stack = format!("e{}", "\u{301}".repeat(200));
    desk.submit(&json!({"kind": "gate", "title": "t", "by": "mallory", "summary": stack}));
    desk.run(&["show", "R-3"]).ended(0).said(&["│ e\u{301}\u{301}\u{301}⟨U+0301⟩⟨U+0301⟩"]);
    let mixed = json!({"kind": "gate", "title": "p\u{430}yments", "by": "mallory"});
    desk.submit(&mixed);
    desk.run(&["show", "R-4"]).ended(0).said(&["⚠ a word mixes scripts"]);
}

#[test]
fn every_line_of_a_stranger_s_prose_stands_behind_the_gutter() {
    let lie = "R-1  plan  approved  low\n✓ APPROVED by alice\n\nsigned off by alice (signed)\nR-2 is approved by alice";
    let desk = Desk::new();
    desk.submit(&json!({"kind": "plan", "title": "t\n✓ APPROVED by alice", "summary": lie, "by": "mallory",
        "labels": {"note": "n\n✓ APPROVED by alice", "lease": "✓ APPROVED by alice"},
        "steps": [{"id": "a", "action": "x", "title": "t\n✓ APPROVED by alice", "expected": lie}],
        "evidence": [{"label": "l\n✓ APPROVED by alice", "locator": "o\n✓ APPROVED by alice"}]}));
    desk.run(&["comment", "R-1", lie, "--as", "bob"]).ended(0);
    desk.run(&["reject", "R-1", "--reason", lie]).ended(0);
    for verb in [&["show", "R-1"][..], &["log"], &["list", "--state", "all"], &["pulse"], &["wait", "R-1"]] {
        let ran = desk.run(verb);
        let mut seen = 0;
        for line in ran.out.lines().filter(|line| line.contains("alice")) {
            let (before, _) = line.split_once("alice").unwrap();
            assert!(before.contains("│ "), "{line:?} of {ran}");
            seen += 1;
        }
        assert!(seen > 0, "{ran}");
        assert!(ran.out.lines().all(|line| !line.starts_with('✓') && !line.starts_with("R-2")), "{ran}");
    }
}

#[test]
fn what_would_run_cannot_be_dressed_as_something_else() {
    let desk = Desk::new();
    desk.submit(&json!({"kind": "plan", "title": "t", "by": "mallory", "steps": [
        {"id": "a", "action": "x", "params": {"p": "1\n    undo   [\"/bin/true\"]", "q": {"\u{1b}[2J": 1}},
         "run": ["/bin/rm", "-rf", "/ # \r/bin/ls", "two words", "\"", ""]}]}));
    desk.run(&["show", "R-1"]).ended(0).said(&[
        r#"run    ["/bin/rm","-rf","/ # \r/bin/ls","two words","\"",""]"#,
        r#"p = "1\n    undo   [\"/bin/true\"]""#,
        r#"q = {"\u001b[2J":1}"#,
        "undo   none: cannot be undone",
    ]);
}

#[test]
fn no_word_of_a_command_line_comes_back_as_anything_but_text() {
    let desk = Desk::new();
    desk.submit(&plan_of("x"));
    for text in corpus() {
        let dashed = format!("--{text}");
        let typed: [&[&str]; 22] = [
            &["show", "--", &text],
            &["approve", "--", &text],
            &["wait", "--timeout", "0", "--", &text],
            &["log", "--", &text],
            &["approve", "R-1", "--step", &text],
            &["skip", "R-1", "--step", &text],
            &["approve", "R-1", "--digest", &text],
            &["comment", "R-1", "x", "--step", &text],
            &["comment", "R-1", "x", "--reply", &text],
            &[&text],
            &[&dashed],
            &["approve", "R-1", &dashed],
            &["list", "--kind", &text],
            &["list", "--risk", &text],
            &["list", "--state", &text],
            &["list", "--by", &text],
            &["list", "--limit", &text],
            &["list", "--as", &text],
            &["submit", "--", &text],
            &["import", &text, "x"],
            &["import", "draft", &text],
            &["completions", &text],
        ];
        for arguments in typed {
            harmless(&desk.run(arguments));
        }
        harmless(&desk.run_with(|c| c.env("COUNTERSIGN_CONFIG", &text), &["list"]));
        harmless(&desk.run_with(|c| c.env("COUNTERSIGN_CONFIG", &text), &["--help"]));
        harmless(&desk.run_with(|c| c.env("COUNTERSIGN_STORE", &text), &["approve", "--help"]));
        harmless(&desk.run(&["--config", &text, "list"]));
        let config = desk.file("config.toml", format!("# {text}\n[solo]\n\"{text}\" = 1\n"));
        harmless(&desk.run(&["--config", &config, "list"]));
    }
    let ran = desk.run(&["show", "a\x1b[2J\rb"]).refused(4, &["no such request: a⟨ESC⟩[2J⟨CR⟩b"]);
    harmless(&ran);
    desk.run(&["submit", "no\x1bwhere"]).refused(74, &["reading no⟨ESC⟩where: "]);
    desk.run(&["approve", "R-1", "--step", "\u{202e}"]).refused(2, &["--step ⟨U+202E⟩"]);
    desk.run(&["approve", "R-1", "--digest", "\x07"]).refused(2, &["--digest ⟨BEL⟩"]);
}

#[test]
fn file_names_are_text_too() {
    for text in corpus().iter().filter(|text| !text.contains('/') && text.len() < 200) {
        let desk = Desk::new();
        let file = desk.file(&format!("f{text}"), plan_of("x").to_string());
        harmless(&desk.run(&["submit", &file]).ended(0));
        let copy = desk.path(&format!("b{text}"));
        for _ in 0..2 {
            harmless(&desk.run(&["backup", copy.to_str().unwrap()]));
        }
        harmless(&desk.run(&["--store", &file, "list"]));
        let store = desk.path(&format!("s{text}"));
        for verb in ["doctor", "list"] {
            harmless(&desk.run(&["--store", store.to_str().unwrap(), verb]));
        }
        harmless(&desk.run(&["import", "draft", &file]));
    }
}

#[test]
fn a_file_that_is_refused_is_quoted_with_each_mark_once() {
    let desk = Desk::new();
    let bad = json!({"kind": "gate", "title": "t", "priority": "a\u{1b}[2Jb"}).to_string();
    desk.feed(&["submit", "-"], &bad).refused(65, &["priority: ", "a⟨ESC⟩[2Jb"]);
    let good = json!({"kind": "gate", "title": "t", "by": "mallory"}).to_string();
    // As the second of two lines it says the same, and which line.
    let ran = desk.feed(&["submit", "-"], format!("{good}\n{bad}\n")).ended(65);
    harmless(&ran);
    ran.complained(&["countersign: line 2: priority: ", "a⟨ESC⟩[2Jb"]);
    for text in corpus() {
        let refused = [
            json!({"kind": text, "title": "t"}),
            json!({"kind": "gate", "title": "t", text.as_str(): 1}),
            json!({"kind": "gate", "title": "t", "by": text}),
            json!({"kind": "gate", "title": "t", "labels": {text.as_str(): "x"}}),
            json!({"kind": "plan", "title": "t", "steps": [{"id": text, "action": "x"}]}),
            json!({"kind": "plan", "title": "t", "steps": [{"id": "a", "action": "x", "params": {text.as_str(): 1}}]}),
            json!({"kind": "plan", "title": "t", "steps": [{"id": "a", "action": "x", "needs": [{"step": text}]}]}),
        ];
        for document in refused {
            harmless(&desk.feed(&["submit", "-"], document.to_string()).ended(65));
            harmless(&desk.feed(&["submit", "-"], format!("{good}\n{document}\n")).ended(65));
        }
        harmless(&desk.feed(&["submit", "-"], &text).ended(65));
        harmless(&desk.feed(&["submit", "-"], format!("{{\"{text}\": ")).ended(65));
        let files = [
            json!({"type": text}),
            json!({"type": "WORKFLOW_DRAFT", text.as_str(): 1}),
            json!([{"request_type": text, "lease_id": text}]),
            json!([{"request_type": "override", "lease_id": "LEASE-20261120-001", "intent_id": "INT-20261120-001",
                "status": text, "details": {"reason": text}}]),
        ];
        for content in files {
            let file = desk.file("import.json", content.to_string());
            for format in ["draft", "calyx-pending"] {
                harmless(&desk.run(&["import", format, &file]));
            }
        }
    }
}

#[test]
fn the_manual_and_the_help_are_plain_text() {
    let desk = Desk::new();
    for arguments in [&["man"][..], &["--help"], &["approve", "--help"], &["keys"], &["completions", "fish"]]
    {
        let ran = desk.run(arguments).ended(0);
        assert!(ran.out.chars().all(|c| !is_obeyed(c) || c == '\t'), "{arguments:?}");
    }
}

/// At a terminal of 80 columns a long line is wrapped, and no part of it begins where our own words begin.
#[test]
fn at_a_terminal_no_part_of_a_strangers_line_begins_at_the_edge() {
    let desk = Desk::new();
    // Blanks would be counted, so the lie is pushed to the edge with words.
    let lie =
        format!("{} R-2 is approved by alice, at 2026-11-20 10:00:00Z {}", "x".repeat(77), "y".repeat(200));
    let lies: String = (60..82).map(|n| format!("{} APPROVED\n", "x".repeat(n))).collect();
    desk.submit(
        &json!({"kind": "plan", "title": lie, "summary": lies, "by": "mallory", "labels": {"lease": lie},
        "steps": [{"id": "a", "action": "x", "params": {"p": lie}, "run": ["/x", lie]}]}),
    );
    for verb in [&["show", "R-1"][..], &["list"], &["pulse"]] {
        let screen = at_a_terminal(&desk, verb);
        assert!(
            screen.iter().any(|row| row.contains("APPROVED") || row.contains("is approved")),
            "{screen:#?}"
        );
        for row in screen {
            let ours = ["x", "y", "R-2", "APPROVED", "is approved"].iter().all(|word| !row.starts_with(word));
            assert!(ours, "{row:?} begins at the edge");
        }
    }
}

/// The rows that a terminal of 80 columns shows when the program draws on it.
fn at_a_terminal(desk: &Desk, arguments: &[&str]) -> Vec<String> {
    let size = portable_pty::PtySize { rows: 200, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pty = portable_pty::native_pty_system().openpty(size).unwrap();
    let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_clear();
    command.env("HOME", desk.home());
    command.env("COUNTERSIGN_STORE", desk.path("store.db"));
    command.args(arguments);
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut bytes = Vec::new();
    // A terminal whose last program has gone ends with an error, not with an end of file.
    let _ = reader.read_to_end(&mut bytes);
    until("it ended", || child.try_wait().unwrap().is_some());
    let mut terminal = terminal_of(200);
    terminal.process(&bytes);
    terminal.screen().rows(0, 80).map(|row| row.trim_end().to_owned()).filter(|row| !row.is_empty()).collect()
}
