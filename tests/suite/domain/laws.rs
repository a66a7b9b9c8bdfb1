//! Laws that hold after every short history: all of them are walked, breadth first, and every edge is checked.
//!
//! A history is what people (and time) did to one two-step plan. Two histories that lead to the same request are one
//! state: what can happen next does not depend on how it came about, only its log does.

use super::build::*;
use countersign::domain::command::Command;
use countersign::domain::conflict::conflicts;
use countersign::domain::due;
use countersign::domain::event::{Entry, Fact};
use countersign::domain::evolve;
use countersign::domain::marks::Mark;
use countersign::domain::moment::Moment;
use countersign::domain::overriding::debt;
use countersign::domain::policy::Policy;
use countersign::domain::principal::Caller;
use countersign::domain::quorum::Slot;
use countersign::domain::refusal::Refusal;
use countersign::domain::request::{Request, SignOffStanding, State, StateName, Verdict};
use serde_json::json;
use std::collections::HashSet;

/// Somebody did something at some moment.
type Deed = (Caller, Command, Moment);

/// What can be tried in every state.
fn alphabet(story: &Story) -> Vec<Deed> {
    let request = &story.request;
    let seen = drawn(request);
    let reason = because("as we agreed");
    let mut deeds: Vec<(Caller, Command)> = vec![
        (alice(), Command::Approve { reason: reason.clone(), seen: seen.clone() }),
        (bob(), approve()),
        (alice_laptop(), approve()),
        (planner(), approve()),
        (carol(), Command::Approve { reason: reason.clone(), seen: stale() }),
        (alice(), mark(&["b"], Mark::Rejected)),
        (alice(), mark(&["a"], Mark::Rejected)),
        (bob(), mark(&["b"], Mark::Approved)),
        (alice(), Command::Withdraw),
        (bob(), Command::Withdraw),
        (bob(), Command::Reject { reason: reason.clone(), seen }),
        (bob(), request_changes("shorter")),
        (planner(), revise(plan_with("staging", "Tell John", "a1", "b2"))),
        (planner(), revise(plan_with("staging", "Tell John at once", "a1", "b1"))),
        (planner(), cancel("not needed")),
        (bob(), Command::Claim),
        (carol(), go_ahead(request)),
        (planner(), go_ahead(request)),
    ];
    // An edit is tried where there is something to void, and putting it back where there is an edit.
    if request.counting().count() == 1 && request.edits.is_empty() {
        deeds.push((bob(), modify("b", &[("to", json!("b3"))])));
    }
    if !request.edits.is_empty() {
        deeds.push((carol(), restore("b", &[])));
    }
    // Talk changes nothing; one word of it is enough to see that.
    if request.comments.is_empty() {
        deeds.push((viewer(), comment("hm")));
    }
    let mut deeds: Vec<Deed> = deeds.into_iter().map(|(who, what)| (who, what, story.now)).collect();
    if story.now == BEGIN {
        deeds.push((Caller::system(), Command::Settle, BEGIN.plus(HOUR)));
    }
    if let Some((at, _)) = due::next_due(request) {
        deeds.push((Caller::system(), Command::Settle, at));
    }
    deeds
}

/// A state, and the shortest history that leads to it.
struct Node {
    story: Story,
    history: Vec<Deed>,
}

/// All that a request is, but how many events and which revisions led to it.
fn same_for_the_future(story: &Story) -> String {
    let r = &story.request;
    let signoffs: Vec<_> = r
        .signoffs
        .iter()
        .map(|s| (&s.bound.signer.name, s.bound.revision_digest, s.bound.marks_digest, s.standing))
        .collect();
    format!(
        "{:?}",
        (
            (&r.state, r.revision.digest, &r.content, r.deadlines, &r.marks, signoffs),
            (&r.claim, r.comments.len(), r.execution, r.lapses_at, &r.edits, story.now),
        )
    )
}

/// Walks every state within `depth` deeds and shows every edge to `edge`, until it has seen enough.
fn walk(
    slots: Vec<Slot>,
    depth: usize,
    mut edge: impl FnMut(&Node, &Deed, &Story, &Result<Vec<Entry>, Refusal>) -> bool,
) -> usize {
    let root = Story::asked_under(slots, &planner(), plan());
    let mut seen = HashSet::from([same_for_the_future(&root)]);
    let mut layer = vec![Node { story: root, history: Vec::new() }];
    for _ in 0..depth {
        let mut next = Vec::new();
        for node in &layer {
            for deed in alphabet(&node.story) {
                let (caller, command, at) = &deed;
                let before = Story { now: *at, ..node.story.clone() };
                let told = before.decide(caller, command, &facts_for(caller));
                if !edge(node, &deed, &before, &told) {
                    return seen.len();
                }
                let Ok(entries) = told else { continue };
                let story = before.with(read_back(&entries));
                if seen.insert(same_for_the_future(&story)) {
                    let history = node.history.iter().cloned().chain([deed]).collect();
                    next.push(Node { story, history });
                }
            }
        }
        layer = next;
    }
    seen.len()
}

/// The entries as a log gives them back: facts are kept as JSON.
fn read_back(entries: &[Entry]) -> Vec<Entry> {
    let through_json = |entry: &Entry| {
        let (name, facts) = entry.fact.to_parts();
        Entry { fact: Fact::from_parts(&name, facts).unwrap(), ..entry.clone() }
    };
    entries.iter().map(through_json).collect()
}

/// The first `n` short histories of `plan()`, asked by `planner()` at `BEGIN` under the built-in policy: each is a way
/// to a state, and one deed more, which may be refused.
pub fn histories(n: usize) -> Vec<Vec<Deed>> {
    let mut out: Vec<Vec<Deed>> = Vec::new();
    walk(vec![Slot::one_human()], 6, |node, deed, _, _| {
        let history: Vec<Deed> = node.history.iter().chain([deed]).cloned().collect();
        // The phrase of an override names the request, which has other numbers elsewhere.
        if !history.iter().any(|(_, command, _)| matches!(command, Command::Override { .. })) {
            out.push(history);
        }
        out.len() < n
    });
    out
}

/// Checks every law on one edge.
fn lawful(node: &Node, deed: &Deed, before: &Story, told: &Result<Vec<Entry>, Refusal>) {
    let (caller, command, _) = deed;
    let way = || format!("after {:#?}\n{} does {command:?}", node.history, caller.name);
    let again = before.decide(caller, command, &facts_for(caller));
    assert!(again == *told, "decided twice, and not alike: {}", way());
    let Ok(entries) = told else { return };
    let after = entries.iter().fold(before.request.clone(), Request::evolve);
    let mut log = before.log.clone();
    log.extend(read_back(entries));
    assert!(replay(&log) == after, "the log does not amount to the state: {}", way());
    closed_stays_closed(&before.request, &after, entries, &way);
    only_distinct_others_approve(&before.request, &after, &way);
    exactly_what_changed_is_void(&before.request, &after, entries, &way);
    an_override_has_a_debt_and_covers_what_nobody_refused(&before.request, &after, entries, &way);
    if *command == Command::Settle {
        let was = before.request.state_name();
        assert!(after.state_name() != StateName::Approved || was == StateName::Approved, "{}", way());
        assert_eq!(after.signoffs, before.request.signoffs, "time signed or voided: {}", way());
        assert_eq!(after.marks, before.request.marks, "time marked: {}", way());
    }
}

fn closed_stays_closed(before: &Request, after: &Request, entries: &[Entry], way: &impl Fn() -> String) {
    if before.is_open() {
        return;
    }
    assert_eq!(before.state, after.state, "a verdict changed: {}", way());
    assert_eq!(before.revision, after.revision, "what was decided on changed: {}", way());
    assert_eq!(before.marks, after.marks, "what was decided on changed: {}", way());
    assert_eq!(before.signoffs, after.signoffs, "{}", way());
    let harmless = |e: &Entry| matches!(e.fact, Fact::Commented { .. } | Fact::Lapsed { .. });
    assert!(entries.iter().all(harmless), "{}", way());
}

fn an_override_has_a_debt_and_covers_what_nobody_refused(
    before: &Request,
    after: &Request,
    entries: &[Entry],
    way: &impl Fn() -> String,
) {
    let overrides = entries.iter().filter(|e| matches!(e.fact, Fact::Overridden { .. })).count();
    let goes_ahead = before.is_open() && after.state_name() == StateName::Overridden;
    assert_eq!(overrides, usize::from(goes_ahead), "{}", way());
    let owed = debt(after, &Policy::BUILT_IN, after.updated_at);
    assert_eq!(owed.is_some(), after.state_name() == StateName::Overridden, "a debt goes with it: {}", way());
    let Some((id, entry)) = owed else { return };
    let State::Closed(closed) = &after.state else { return };
    let Verdict::Overridden { bound, instead } = &closed.verdict else { return };
    let owed = evolve::begin(id, &entry).unwrap();
    assert_eq!((id, owed.owes.unwrap().request), (instead.debt, after.id), "{}", way());
    assert!(owed.deadlines.expires_at.is_none(), "{}", way());
    assert_ne!(bound.signer.name, after.requester.name, "{}", way());
    assert_eq!(
        (bound.revision_digest, bound.marks_digest),
        (after.revision.digest, after.marks_digest()),
        "{}",
        way()
    );
    if !goes_ahead {
        return;
    }
    for step in before.revision.steps.iter() {
        let (was, is) = (before.marks.on(&step.id), after.marks.on(&step.id));
        let refused = matches!(was, Mark::Rejected | Mark::Skipped);
        assert!(!refused || was == is, "{} was {was} and is {is}: {}", step.id, way());
        assert!(matches!(is, Mark::Approved | Mark::Skipped) || was == is, "{}", way());
    }
    assert!(after.content.as_ref().is_some_and(|c| conflicts(c, &after.marks).is_empty()), "{}", way());
}

fn only_distinct_others_approve(before: &Request, after: &Request, way: &impl Fn() -> String) {
    let State::Closed(closed) = &after.state else { return };
    let Verdict::Approved { revision_digest, marks_digest, .. } = &closed.verdict else { return };
    assert_eq!(*revision_digest, after.revision.digest, "{}", way());
    assert_eq!(*marks_digest, after.marks_digest(), "{}", way());
    assert!(after.open_slots().is_empty(), "a slot is open: {}", way());
    let mut persons = HashSet::new();
    for signoff in after.counting() {
        let bound = &signoff.bound;
        assert_eq!(
            (bound.revision_digest, bound.marks_digest),
            (*revision_digest, *marks_digest),
            "{}",
            way()
        );
        assert!(persons.insert(bound.signer.person.clone().unwrap()), "one person signed twice: {}", way());
        assert_ne!(bound.signer.name, after.requester.name, "{}", way());
        assert!(
            after.requester.person.is_none() || bound.signer.person != after.requester.person,
            "{}",
            way()
        );
    }
    assert_eq!(persons.len(), after.assessment().slots.len(), "{}", way());
    if before.is_open() {
        assert!(after.revision == before.revision, "it was approved while it changed: {}", way());
    }
}

/// A sign-off counts exactly as long as what it stands for is what is there, and its author leaves it.
fn exactly_what_changed_is_void(
    before: &Request,
    after: &Request,
    entries: &[Entry],
    way: &impl Fn() -> String,
) {
    for (old, new) in before.signoffs.iter().zip(&after.signoffs) {
        assert_eq!((old.number, &old.bound), (new.number, &new.bound), "a sign-off changed: {}", way());
        let withdrawn = entries
            .iter()
            .any(|e| matches!(e.fact, Fact::SignOffWithdrawn { number } if number == old.number));
        let stands = old.bound.revision_digest == after.revision.digest
            && old.bound.marks_digest == after.marks_digest();
        let expected = match old.standing {
            SignOffStanding::Counts if withdrawn => SignOffStanding::Withdrawn,
            SignOffStanding::Counts if !stands => SignOffStanding::Void,
            other => other,
        };
        assert_eq!(new.standing, expected, "{:?}: {}", old.bound.signer.name, way());
    }
    if after.revision.number != before.revision.number && after.revision.steps == before.revision.steps {
        assert_eq!(after.marks, before.marks, "prose took a mark: {}", way());
        assert_eq!(after.signoffs, before.signoffs, "prose took a sign-off: {}", way());
    }
}

/// What a walk must have come across, or it proves nothing.
#[derive(Default, Debug)]
struct Met {
    states: usize,
    edges: usize,
    refused: usize,
    approved: usize,
    lapsed: usize,
    expired: usize,
    voided: usize,
    kept_over_prose: usize,
    signed_again: usize,
    overridden: usize,
}

fn all_lawful(slots: Vec<Slot>, depth: usize) -> Met {
    let mut met = Met::default();
    let states = walk(slots, depth, |node, deed, before, told| {
        lawful(node, deed, before, told);
        met.edges += 1;
        let Ok(entries) = told else {
            met.refused += 1;
            return true;
        };
        for entry in entries {
            match &entry.fact {
                Fact::Approved { .. } => met.approved += 1,
                Fact::Overridden { .. } => met.overridden += 1,
                Fact::Lapsed { .. } => met.lapsed += 1,
                Fact::Expired { .. } => met.expired += 1,
                Fact::Marked { voids, .. } | Fact::Resubmitted { voids, .. } if !voids.is_empty() => {
                    met.voided += 1;
                }
                Fact::Revised { voids, .. } if !voids.is_empty() => met.voided += 1,
                Fact::Revised { .. } if before.request.counting().next().is_some() => {
                    met.kept_over_prose += 1
                }
                Fact::SignedOff { bound, .. } => {
                    let again = before.request.signoffs.iter().any(|s| s.bound.signer == bound.signer);
                    met.signed_again += usize::from(again);
                }
                _ => {}
            }
        }
        true
    });
    Met { states, ..met }
}

#[test]
fn every_short_history_under_a_quorum_of_two_is_lawful() {
    let met = all_lawful(two_humans(), 5);
    assert!(met.states > 5_000 && met.edges > 30_000, "the walk became short: {met:?}");
    let all = [
        met.refused,
        met.approved,
        met.lapsed,
        met.expired,
        met.voided,
        met.kept_over_prose,
        met.signed_again,
        met.overridden,
    ];
    assert!(all.iter().all(|n| *n > 0), "the walk met too little: {met:?}");
}

#[test]
fn every_short_history_under_a_quorum_of_one_is_lawful() {
    let met = all_lawful(vec![Slot::one_human()], 6);
    assert!(met.states > 1_000 && met.edges > 15_000, "the walk became short: {met:?}");
    assert!([met.refused, met.approved, met.lapsed, met.expired].iter().all(|n| *n > 0), "{met:?}");
}

#[test]
fn the_histories_are_as_many_as_asked_for_and_all_different() {
    let some = histories(500);
    assert_eq!(some.len(), 500);
    let different: HashSet<String> = some.iter().map(|h| format!("{h:?}")).collect();
    assert_eq!(different.len(), 500);
}
