//! Talk and proof on the screen: comment by comment, piece by piece, and into a file, at the least size there is.

use super::stage::*;
use countersign::domain::command::Command;
use countersign::domain::digest::EvidenceDigest;
use countersign::domain::event::CommentNumber;
use countersign::domain::evidence::{Attachment, Filed, Offered, Sort};
use countersign::domain::names::PrincipalName;
use countersign::domain::talk::{About, Receipt};
use countersign::domain::text::Text;
use countersign::tui::Options;
use countersign::tui::action::Effect;
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use countersign::tui::talking;
use std::collections::BTreeSet;

const SMALL: (u16, u16) = (80, 24);
const DIFF: &[u8] = b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-old\n+new\n same\n";

fn says(text: &str, reply: Option<u32>) -> Command {
    let about = About { reply_to: reply.map(CommentNumber), ..About::default() };
    Command::Comment { text: Text::from(text), about }
}

fn attach(label: &str, bytes: &[u8]) -> Command {
    let what = Offered::File(Filed::of(bytes));
    Command::Attach(Box::new(Attachment { label: Text::from(label), step: None, what, pin: false }))
}

fn talked() -> Told {
    mail()
        .then("bob", ago(19), &says("why John? @planner", None))
        .then("planner", ago(10), &says("he asked for it", Some(1)))
        .then("alice", ago(5), &says("and when?", None))
        .then("planner", ago(3), &attach("plan.diff", DIFF))
        .then("planner", ago(2), &attach("result", br#"{"a": {"b": {"c": 1}}, "list": []}"#))
}

/// The request opened on the screen, as the store would tell it.
fn opened(told: &Told, size: (u16, u16)) -> Model {
    let mut model = screen_with(size, Options::default(), std::slice::from_ref(told));
    press(&mut model, "enter");
    hear(&mut model, told.message());
    knows(&mut model, told, &[]);
    model.frame_shown();
    model
}

fn knows(model: &mut Model, told: &Told, read_by_bob: &[u32]) {
    let receipt = |n: &u32| Receipt {
        number: CommentNumber(*n),
        by: PrincipalName::new("bob").unwrap(),
        delivered: ago(1),
        read: Some(ago(1)),
    };
    let receipts = read_by_bob.iter().map(receipt).collect();
    let opened: BTreeSet<EvidenceDigest> = BTreeSet::new();
    hear(model, Message::Talk { id: told.request.id, receipts, opened });
}

fn decided(effects: &[Effect]) -> Vec<Command> {
    let one = |effect: &Effect| match effect {
        Effect::Decide { command, .. } => Some((**command).clone()),
        _ => None,
    };
    effects.iter().filter_map(one).collect()
}

#[test]
fn the_thread_says_who_is_what_and_begins_at_what_is_new() {
    let told = talked();
    let mut model = opened(&told, SMALL);
    knows(&mut model, &told, &[2]);
    press(&mut model, "t");
    let shown = text(&model);
    for words in ["2 open, 3 comments", "1. bob (human)", "in reply to 1", "and when?", "3. alice"] {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
    let line = lines(&model).into_iter().find(|line| line.contains("3. alice")).unwrap();
    assert!(line.starts_with('▸') && line.contains("new"), "{line}");
    // What one said oneself, and what was read, is not new.
    assert_eq!(shown.matches("· new").count(), 1, "{shown}");
}

#[test]
fn c_on_a_comment_answers_it() {
    let told = talked();
    let mut model = opened(&told, SMALL);
    press(&mut model, "t");
    press(&mut model, "g");
    press(&mut model, "j");
    press(&mut model, "c");
    let shown = text(&model);
    assert!(
        shown.contains("In answer to planner, comment 2:") && shown.contains("he asked for it"),
        "{shown}"
    );
    type_text(&mut model, "which John?");
    let effects = press(&mut model, "do-it");
    assert_eq!(decided(&effects), [says("which John?", Some(2))]);
}

#[test]
fn o_resolves_the_thread_and_takes_it_up_again() {
    let told = talked();
    let mut model = opened(&told, SMALL);
    press(&mut model, "t");
    press(&mut model, "g");
    let effects = press(&mut model, "o");
    let command = Command::Resolve { number: CommentNumber(1), resolved: true };
    assert_eq!(decided(&effects), [command.clone()]);
    let after = told.then("bob", NOW, &command);
    hear(
        &mut model,
        Message::Decided {
            verb: countersign::domain::transitions::Verb::Comment,
            after: Box::new(after.request.clone()),
        },
    );
    assert!(text(&model).contains("the thread is resolved"), "{}", text(&model));
    hear(&mut model, after.message());
    let effects = press(&mut model, "o");
    assert_eq!(decided(&effects), [Command::Resolve { number: CommentNumber(1), resolved: false }]);
}

#[test]
fn w_edits_ones_own_comment_and_nobody_elses() {
    let told = talked();
    let mut model = opened(&told, SMALL);
    press(&mut model, "t");
    press(&mut model, "g");
    press(&mut model, "w");
    assert!(text(&model).contains("why John? @planner"), "{}", text(&model));
    type_text(&mut model, "!");
    let effects = press(&mut model, "do-it");
    let command = Command::EditComment { number: CommentNumber(1), text: Text::from("why John? @planner!") };
    assert_eq!(decided(&effects), [command]);
    let mut model = opened(&told, SMALL);
    press(&mut model, "t");
    press(&mut model, "G");
    press(&mut model, "w");
    assert!(model.dialog.is_none());
    assert!(text(&model).contains("only its author edits a comment"), "{}", text(&model));
}

#[test]
fn a_comment_is_delivered_when_its_request_is_opened_and_read_when_all_of_it_was_drawn() {
    let mut told = mail();
    for n in 0..12 {
        told = told.then("alice", ago(9), &says(&format!("line one of {n}\nline two\nline three"), None));
    }
    let mut model = screen_with(SMALL, Options::default(), std::slice::from_ref(&told));
    hear(&mut model, told.message());
    assert!(talking::noted(&mut model).is_empty(), "it stands in a list, and is not opened");
    let mut model = opened(&told, SMALL);
    let all: Vec<CommentNumber> = (1..=12).map(CommentNumber).collect();
    let id = told.request.id;
    assert_eq!(talking::noted(&mut model), [Effect::NoteHeard { id, comments: all, read: false }]);
    press(&mut model, "t");
    let [Effect::NoteHeard { comments, read: true, .. }] = &talking::noted(&mut model)[..] else { panic!() };
    assert!(!comments.is_empty() && comments.len() < 8, "{comments:?}");
    assert!(talking::noted(&mut model).is_empty(), "each is told once");
    for _ in 0..12 {
        press(&mut model, "j");
        talking::noted(&mut model);
    }
    assert!(talking::noted(&mut model).is_empty());
    press(&mut model, "G");
    assert!(text(&model).contains("line one of 11"), "{}", text(&model));
}

#[test]
fn the_end_of_the_thread_alone_is_not_the_thread_read() {
    let mut told = mail();
    for n in 0..12 {
        told = told.then("alice", ago(9), &says(&format!("line one of {n}\nline two\nline three"), None));
    }
    let mut model = opened(&told, SMALL);
    press(&mut model, "t");
    press(&mut model, "G");
    let read: Vec<CommentNumber> = talking::noted(&mut model)
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::NoteHeard { comments, read: true, .. } => Some(comments),
            _ => None,
        })
        .flatten()
        .collect();
    assert!(read.contains(&CommentNumber(12)) && !read.contains(&CommentNumber(7)), "{read:?}");
}

#[test]
fn a_file_is_looked_into_searched_and_left_again() {
    let told = talked();
    let mut model = opened(&told, SMALL);
    press(&mut model, "a");
    let shown = text(&model);
    assert_eq!(shown.matches("not yet opened").count(), 2, "{shown}");
    let id = told.request.id;
    assert_eq!(press(&mut model, "enter"), [Effect::LookInto(id, 1)]);
    hear(&mut model, Message::Evidence { id, number: 1, kind: Sort::Diff, bytes: Some(DIFF.to_vec()) });
    model.frame_shown();
    let shown = text(&model);
    for words in ["opened", "1 line added (+), 1 removed (-)", "│ +new", "│ -old", "plan.diff"] {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
    press(&mut model, "/");
    type_text(&mut model, "new");
    press(&mut model, "enter");
    assert!(text(&model).contains("match 1 of 1"), "{}", text(&model));
    press(&mut model, "esc");
    press(&mut model, "esc");
    assert!(text(&model).contains("▸evidence") && model.in_detail, "{}", text(&model));
    press(&mut model, "j");
    assert_eq!(press(&mut model, "enter"), [Effect::LookInto(id, 2)]);
    let json = br#"{"a": {"b": {"c": 1}}, "list": []}"#.to_vec();
    hear(&mut model, Message::Evidence { id, number: 2, kind: Sort::Json, bytes: Some(json) });
    assert!(text(&model).contains("1 keys, folded"), "{}", text(&model));
    press(&mut model, "f");
    assert!(text(&model).contains("\"c\": 1"), "{}", text(&model));
    for _ in 0..3 {
        press(&mut model, "esc");
    }
    assert!(!model.in_detail);
}

#[test]
fn a_file_that_is_gone_is_said_to_be() {
    let told = talked();
    let mut model = opened(&told, SMALL);
    press(&mut model, "a");
    let id = told.request.id;
    hear(&mut model, Message::Evidence { id, number: 1, kind: Sort::Diff, bytes: None });
    assert!(text(&model).contains("its bytes are not here"), "{}", text(&model));
}

#[test]
fn what_a_hostile_file_holds_is_drawn_as_marks_behind_the_gutter() {
    let told = talked();
    for kind in [Sort::Text, Sort::Diff, Sort::Json, Sort::Binary] {
        let mut model = opened(&told, SMALL);
        press(&mut model, "a");
        let id = told.request.id;
        let bytes = "\u{1b}[2J\u{202e}gone\n\u{9b}0m".as_bytes().to_vec();
        hear(&mut model, Message::Evidence { id, number: 1, kind, bytes: Some(bytes) });
        let shown = text(&model);
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{kind}: {shown}");
    }
}

#[test]
fn there_is_no_way_to_what_is_not_there() {
    let told = mail();
    let mut model = opened(&told, SMALL);
    press(&mut model, "t");
    assert!(text(&model).contains("nobody has said anything yet"), "{}", text(&model));
    press(&mut model, "a");
    assert!(text(&model).contains("there is no evidence"), "{}", text(&model));
}
