//! Talk and proof: who says what, who may change it, and what nobody signs without.

use super::build::*;
use countersign::domain::command::Command;
use countersign::domain::event::{CommentNumber, Fact};
use countersign::domain::evidence::{Attachment, Filed, MOST_BYTES, Offered};
use countersign::domain::names::{ParamKey, PrincipalName};
use countersign::domain::policy::Policy;
use countersign::domain::principal::PrincipalKind;
use countersign::domain::refusal::Refusal;
use countersign::domain::request::{Request, StateName};
use countersign::domain::talk::About;
use countersign::domain::text::Text;
use countersign::exchange::policy;

fn says(text: &str, about: About) -> Command {
    Command::Comment { text: Text::from(text), about }
}

fn answers(text: &str, to: u32) -> Command {
    says(text, About { reply_to: Some(CommentNumber(to)), ..About::default() })
}

fn edits(number: u32, text: &str) -> Command {
    Command::EditComment { number: CommentNumber(number), text: Text::from(text) }
}

fn resolves(number: u32, resolved: bool) -> Command {
    Command::Resolve { number: CommentNumber(number), resolved }
}

fn words(request: &Request) -> Vec<(u32, usize, &str)> {
    let one = |(c, depth): (&countersign::domain::talk::Comment, usize)| (c.number.0, depth);
    let text = |n: u32| request.comment(CommentNumber(n)).unwrap().text.as_ref().unwrap().raw();
    request.nested().into_iter().map(one).map(|(n, depth)| (n, depth, text(n))).collect()
}

#[test]
fn answers_stand_below_what_they_answer_in_the_order_they_came() {
    let story = Story::asked(&cp14(), plan())
        .then(&bob(), says("why?", About::REQUEST))
        .then(&carol(), says("and when?", About::REQUEST))
        .then(&cp14(), answers("one per region", 1))
        .then(&bob(), answers("which?", 3))
        .then(&cp14(), answers("tonight", 2))
        .then(&carol(), answers("me too", 1));
    let expected = [
        (1, 0, "why?"),
        (3, 1, "one per region"),
        (4, 2, "which?"),
        (6, 1, "me too"),
        (2, 0, "and when?"),
        (5, 1, "tonight"),
    ];
    assert_eq!(words(&story.request), expected);
    assert_eq!(story.request.thread_of(CommentNumber(4)), CommentNumber(1));
    assert_eq!(story.request.comments[2].kind, PrincipalKind::Agent);
    assert_eq!(story.request.comments[0].kind, PrincipalKind::Human);
}

#[test]
fn a_comment_is_about_a_parameter_only_of_a_step_that_has_it() {
    let story = Story::asked(&cp14(), plan());
    let about = |s: Option<&str>, p: &str| About {
        step: s.map(step),
        param: Some(ParamKey::new(p).unwrap()),
        reply_to: None,
    };
    let done = story.clone().then(&bob(), says("why him?", about(Some("a"), "query")));
    assert_eq!(done.request.comments[0].param.as_ref().unwrap().as_str(), "query");
    for (s, p) in [(Some("a"), "to"), (None, "query")] {
        let told = story.refuses(&bob(), says("?", about(s, p)));
        assert!(matches!(told, Refusal::Invalid(_)), "{told}");
    }
}

#[test]
fn whom_a_comment_calls_stands_in_its_facts() {
    let story = Story::asked(&cp14(), plan()).then(&bob(), says("@cp14 why? @carol", About::REQUEST));
    let Fact::Commented { mentions, .. } = &story.log[1].fact else { panic!("{:?}", story.log[1]) };
    let names: Vec<&str> = mentions.iter().map(PrincipalName::as_str).collect();
    assert_eq!(names, ["cp14", "carol"]);
    assert_eq!(story.redacted().request.comments[0].mentions.len(), 2, "facts outlive a redaction");
}

#[test]
fn an_edit_is_its_authors_alone_and_leaves_what_was_said() {
    let story = Story::asked(&cp14(), plan())
        .then(&bob(), says("why one key? @cp14", About::REQUEST))
        .after(MINUTE)
        .then(&bob(), edits(1, "why two keys? @carol"))
        .after(MINUTE)
        .then(&bob(), edits(1, "why three?"));
    let comment = &story.request.comments[0];
    let earlier: Vec<(i64, &str)> = comment
        .earlier
        .iter()
        .map(|e| (e.at.since(BEGIN).minutes(), e.text.as_ref().unwrap().raw()))
        .collect();
    assert_eq!(earlier, [(0, "why one key? @cp14"), (1, "why two keys? @carol")]);
    assert_eq!(comment.text.as_ref().unwrap().raw(), "why three?");
    assert_eq!(comment.edited, Some(BEGIN.plus(MINUTE).plus(MINUTE)));
    assert!(comment.mentions.is_empty());
    let told = story.refuses(&carol(), edits(1, "mine"));
    assert!(told.to_string().contains("comment 1 is bob's; only they can edit it"), "{told}");
    let told = story.refuses(&bob(), edits(2, "mine"));
    assert!(told.to_string().contains("there is no comment 2"), "{told}");
    // The same words again are no event.
    assert!(story.decide(&bob(), &edits(1, "why three?"), &facts()).unwrap().is_empty());
}

#[test]
fn the_reason_of_a_request_for_changes_is_answered_and_not_edited() {
    let story = Story::asked(&cp14(), plan()).then(&bob(), request_changes("shorter"));
    assert!(story.request.comments[0].is_reason);
    let told = story.refuses(&bob(), edits(1, "longer"));
    assert!(told.to_string().contains("stays as it was decided"), "{told}");
    let story = story.then(&cp14(), answers("how short?", 1));
    assert_eq!(story.request.nested()[1].1, 1);
}

#[test]
fn a_thread_is_resolved_by_any_of_its_comments_and_taken_up_again() {
    let story = Story::asked(&cp14(), plan())
        .then(&bob(), says("why?", About::REQUEST))
        .then(&cp14(), answers("because", 1));
    assert_eq!(story.request.open_threads(), 1);
    let story = story.then(&bob(), resolves(2, true));
    assert_eq!(story.request.resolved[&CommentNumber(1)].by, bob().name);
    assert_eq!(story.request.open_threads(), 0);
    assert!(story.decide(&carol(), &resolves(1, true), &facts()).unwrap().is_empty(), "it is already");
    let story = story.then(&carol(), resolves(1, false));
    assert_eq!(story.request.open_threads(), 1);
    let told = story.refuses(&bob(), resolves(9, true));
    assert!(told.to_string().contains("no comment 9"), "{told}");
}

#[test]
fn talk_and_proof_void_no_sign_off_and_move_no_digest() {
    let two = vec![countersign::domain::quorum::Slot::one_human(); 2];
    let story = Story::asked_under(two, &cp14(), plan()).then(&bob(), approve());
    let digest = story.request.decision_digest();
    let story = story
        .then(&carol(), says("hm", About::REQUEST))
        .then(&carol(), edits(1, "fine"))
        .then(&carol(), resolves(1, true))
        .then(&carol(), attach("log", b"all went well"));
    assert_eq!(story.request.decision_digest(), digest);
    assert_eq!(story.request.counting().count(), 1);
}

fn under(text: &str) -> countersign::domain::command::Facts {
    let policy: Policy = policy::read(text).unwrap_or_else(|wrong| panic!("{wrong}"));
    countersign::domain::command::Facts { policy, ..facts() }
}

const WANTS_A_DIFF: &str =
    "[[rule]]\nname = \"plans\"\nkind = [\"plan\"]\nrequire_evidence = [\"plan.diff\"]\n";

#[test]
fn nobody_signs_before_the_evidence_that_its_rule_asks_for_is_there() {
    let facts = under(WANTS_A_DIFF);
    let mut story = Story::asked(&cp14(), plan());
    let mut revision = story.request.revision.clone();
    revision.assessment = facts.policy.assess(&plan()).into();
    story.request.revision = revision;
    assert_eq!(story.request.missing_evidence(), ["plan.diff"]);
    let told = story.refuses_under(&facts, &bob(), approve());
    assert!(told.to_string().contains("evidence that is not there: plan.diff"), "{told}");
    assert_eq!(told.exit_code(), 1);
    // Refusing needs no proof.
    assert!(story.decide(&bob(), &reject("no"), &facts).is_ok());
    let other = story.decide(&cp14(), &attach("other", b"x"), &facts).unwrap();
    let story_with_other = story.clone().with(other);
    assert!(story_with_other.decide(&bob(), &approve(), &facts).is_err());
    let entries =
        story.decide(&cp14(), &attach("plan.diff", b"--- a\n+++ b\n@@ -1 +1 @@\n"), &facts).unwrap();
    let story = story.with(entries);
    let entries = story.decide(&bob(), &approve(), &facts).unwrap();
    assert_eq!(story.with(entries).request.state_name(), StateName::Approved);
}

#[test]
fn evidence_that_the_document_names_counts_too() {
    let facts = under(WANTS_A_DIFF);
    let mut content = plan();
    content.evidence.push(countersign::domain::content::Evidence {
        label: Text::from("plan.diff"),
        locator: Text::from("https://ci.example.org/1"),
        sha256: None,
        pinned: false,
    });
    let mut story = Story::asked(&cp14(), content.clone());
    story.request.revision.assessment = facts.policy.assess(&content).into();
    assert!(story.request.missing_evidence().is_empty());
}

#[test]
fn what_is_attached_has_a_label_in_one_line_and_a_size_that_is_bounded() {
    let story = Story::asked(&cp14(), plan());
    let file = |label: &str, size: u64| {
        let what = Offered::File(Filed { size, ..Filed::of(b"x") });
        Command::Attach(Box::new(Attachment { label: Text::from(label), step: None, what, pin: false }))
    };
    for (command, why) in [
        (file(" ", 1), "label: is empty"),
        (file("a\nb", 1), "label: is one line"),
        (file(&"l".repeat(121), 1), "label: is one line"),
        (file("big", MOST_BYTES + 1), "at most 1048576"),
    ] {
        let told = story.refuses(&bob(), command);
        assert!(told.to_string().contains(why), "{told}");
    }
    let mut full = story;
    for _ in 0..10 {
        full = full.then(&bob(), file("big", MOST_BYTES));
    }
    let told = full.refuses(&bob(), file("one more", 1));
    assert!(told.to_string().contains("10485760 bytes are attached already"), "{told}");
}

#[test]
fn a_closed_request_takes_talk_and_proof() {
    let story = Story::asked(&cp14(), plan())
        .then(&bob(), reject("no"))
        .then(&cp14(), says("pity", About::REQUEST))
        .then(&cp14(), attach("why", b"because"));
    assert_eq!((story.request.comments.len(), story.request.attached.len()), (1, 1));
}

#[test]
fn pinned_evidence_is_the_requesters_revision_and_voids_what_was_signed() {
    let two = vec![countersign::domain::quorum::Slot::one_human(); 2];
    let pin = |by: &str| {
        let what = Offered::File(Filed::of(by.as_bytes()));
        Command::Attach(Box::new(Attachment { label: Text::from("plan.diff"), step: None, what, pin: true }))
    };
    let story = Story::asked_under(two, &cp14(), plan()).then(&bob(), approve());
    let told = story.refuses(&bob(), pin("bob"));
    assert!(matches!(told, Refusal::NotRequester { .. }), "{told}");
    let before = story.request.revision.digest;
    let entries = story.request.decide(&pin("cp14"), &cp14(), &facts(), story.now).unwrap();
    let story = story.with(entries);
    assert_ne!(story.request.revision.digest, before);
    assert_eq!(story.request.revision.number.0, 2);
    assert_eq!(story.request.counting().count(), 0, "the digest that was signed is another");
    let pieces = story.request.pieces();
    assert_eq!(pieces.len(), 1, "it is listed once, as pinned");
    assert!(pieces[0].is_pinned() && pieces[0].digest().is_some_and(|d| story.request.filed(d).is_some()));
}
