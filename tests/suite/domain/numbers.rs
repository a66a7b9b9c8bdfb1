//! The numbers: how long deciding takes, how it ends, and that how somebody decides is theirs to know.

use super::build::*;
use countersign::domain::command::Facts;
use countersign::domain::moment::Span;
use countersign::domain::numbers::{Numbers, percentile};
use countersign::domain::request::Request;

fn of(stories: &[Story]) -> Numbers {
    let requests: Vec<Request> = stories.iter().map(|story| story.request.clone()).collect();
    Numbers::of(requests.iter())
}

#[test]
fn each_decision_counts_for_its_kind_and_for_who_took_it() {
    let asked = || Story::asked(&cp14(), plan());
    let stories = [
        asked().after(MINUTE).then(&bob(), approve()),
        asked().after(HOUR).then(&bob(), reject("Too big\nfor one night")),
        asked().after(HOUR).then(&carol(), reject("too big")),
        Story::asked(&cp14(), gate()).after(MINUTE).then(&carol(), request_changes("shorter")),
        asked().after(Span::from_hours(100)).settled(),
    ];
    let numbers = of(&stories);
    assert_eq!(numbers.all.count(), 4, "what is open is not closed");
    assert_eq!((numbers.all.closed["approved"], numbers.all.closed["rejected"]), (1, 2));
    assert_eq!(numbers.all.approval_rate(), Some(33));
    assert_eq!(percentile(&numbers.all.took, 50), Some(HOUR), "an expiry is nobody's decision");
    assert_eq!(numbers.abandoned, 1);
    let (bob, carol) = (&numbers.by_decider[&bob().name], &numbers.by_decider[&carol().name]);
    assert_eq!((bob.signed, bob.rejected, bob.changes), (1, 1, 0));
    assert_eq!((carol.signed, carol.rejected, carol.changes), (0, 1, 1));
    let reasons: Vec<(&str, u64)> = numbers.refused_for.iter().map(|(r, n)| (r.raw(), *n)).collect();
    assert_eq!(reasons, [("Too big", 2)], "told apart by the first line, whatever its capitals");
    let own = numbers.only_of(&carol_name());
    assert_eq!(own.by_decider.keys().collect::<Vec<_>>(), [&carol_name()]);
}

fn carol_name() -> countersign::domain::names::PrincipalName {
    carol().name
}

#[test]
fn plans_at_odds_and_steps_for_people_are_shares_of_what_was_closed() {
    let stories = [
        Story::asked(&cp14(), plan()).then(&bob(), approve()),
        Story::asked(&cp14(), plan())
            .then(&bob(), mark(&["a"], countersign::domain::marks::Mark::Rejected))
            .then(&bob(), mark(&["b"], countersign::domain::marks::Mark::Approved))
            .then(&bob(), reject("no")),
    ];
    let numbers = of(&stories);
    assert_eq!((numbers.plans, numbers.conflicts), (2, 1));
    assert_eq!((numbers.steps, numbers.steps_for_people), (4, 4));
}

#[test]
fn a_sign_off_within_two_seconds_of_the_first_display_is_recorded_as_fast_and_refused_by_nobody() {
    let signed = |shown_ms_ago: Option<i64>| {
        let story = Story::asked(&cp14(), plan()).after(MINUTE);
        let shown_at = shown_ms_ago.map(|ms| story.now.minus(Span::from_millis(ms)));
        let facts = Facts { shown_at, ..facts() };
        let entries = story.decide(&bob(), &approve(), &facts).unwrap();
        story.with(entries)
    };
    for (shown, fast) in [(None, 0), (Some(1_999), 1), (Some(2_000), 0), (Some(0), 1)] {
        let numbers = of(&[signed(shown)]);
        assert_eq!(numbers.by_decider[&bob().name].fast, fast, "{shown:?}");
    }
}
