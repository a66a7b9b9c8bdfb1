//! Every cell of (state × verb × who), against the design's own table, written out here a second time: the table in
//! the code is what is tested, so it is not asked.

use super::build::*;
use countersign::domain::chain::{Rung, Whom};
use countersign::domain::command::{Command, Seen};
use countersign::domain::due;
use countersign::domain::event::Fact;
use countersign::domain::marks::Mark;
use countersign::domain::principal::{Caller, Permission, Role};
use countersign::domain::refusal::{Refusal, exit};
use countersign::domain::request::{Level, State, StateName, Verdict, Waiting};
use countersign::domain::rules;
use countersign::domain::transitions::{TABLE, Verb};
use serde_json::json;
use std::collections::BTreeSet;

/// Who may do what in which state. In a cell: the letters of those who may; `now` when it is open but not the moment
/// for that; `closed` when it is too late; `clock` when only time does it. Last column: why the others may not.
///
/// b bob, who reviews, and gave what is taken back · c carol, who reviews · g an agent of dave's that may review ·
/// v erin, who only sees · and those who stand behind the request that alice asked for:
/// o alice herself · l her other principal · a the agent she owns.
const OWN_REQUEST_OF_A_PERSON: &str = "
verb            | requested | changes_requested | escalated | approved | rejected | overridden | cancelled | expired | the others
mark            | bcg       | now               | bcg       | closed   | closed   | closed     | closed    | closed  | ola own, v permission
approve         | bc        | now               | bc        | closed   | closed   | closed     | closed    | closed  | ola own, v permission, g slot
withdraw        | b         | b                 | b         | closed   | closed   | closed     | closed    | closed  | cgolav author
reject          | bcg       | bcg               | bcg       | closed   | closed   | closed     | closed    | closed  | ola own, v permission
request-changes | bcg       | now               | bcg       | closed   | closed   | closed     | closed    | closed  | ola own, v permission
resubmit        | now       | ol                | now       | closed   | closed   | closed     | closed    | closed  | abcgv requester
revise          | ol        | now               | ol        | closed   | closed   | closed     | closed    | closed  | abcgv requester
claim           | bcgola    | bcgola            | bcgola    | closed   | closed   | closed     | closed    | closed  | v permission
release         | b         | b                 | b         | closed   | closed   | closed     | closed    | closed  | cgola claimed, v permission
comment         | bcgolav   | bcgolav           | bcgolav   | bcgolav  | bcgolav  | bcgolav    | bcgolav   | bcgolav |
answer          | bc        | now               | bc        | closed   | closed   | closed     | closed    | closed  | ola own, v permission, g slot
cancel          | ol        | ol                | ol        | closed   | closed   | closed     | closed    | closed  | abcgv requester
override        | bc        | bc                | bc        | closed   | closed   | closed     | closed    | closed  | ola own, gv permission
expire          | clock     | clock             | clock     | closed   | closed   | closed     | closed    | closed  |
lapse           | now       | now               | now       | clock    | closed   | clock      | closed    | closed  |
snooze          | bcgolav   | bcgolav           | bcgolav   | closed   | closed   | closed     | closed    | closed  |
modify          | bcgola    | now               | bcgola    | closed   | closed   | closed     | closed    | closed  | v permission
attach          | bcgolav   | bcgolav           | bcgolav   | bcgolav  | bcgolav  | bcgolav    | bcgolav   | bcgolav |
run             | now       | now               | now       | bcgola   | closed   | bcgola     | closed    | closed  | v permission
next            | now       | now               | now       | ol       | closed   | ol         | closed    | closed  | abcgv requester
report          | now       | now               | now       | ol       | closed   | ol         | closed    | closed  | abcgv requester
stop            | now       | now               | now       | bcgola   | closed   | bcgola     | closed    | closed  | v permission
confirm         | now       | now               | now       | bcg      | closed   | bcg        | closed    | closed  | ola own, v permission
retry           | now       | now               | now       | bcgola   | closed   | bcgola     | closed    | closed  | v permission
skip            | now       | now               | now       | bcgola   | closed   | bcgola     | closed    | closed  | v permission
continue        | now       | now               | now       | bcgola   | closed   | bcgola     | closed    | closed  | v permission
roll-back       | now       | now               | now       | bcgola   | closed   | bcgola     | closed    | closed  | v permission
escalate        | bcgola    | now               | bcgola    | closed   | closed   | closed     | closed    | closed  | v permission
reassign        | bcgola    | bcgola            | bcgola    | closed   | closed   | closed     | closed    | closed  | v permission
";

/// The same when the agent asked that alice owns (`o` is then its owner, `a` the agent itself): nothing differs but
/// that she may answer it, and that what is the requester's to do is the agent's too; with what she asked for herself
/// her agent does nothing.
const OF_ONES_AGENT: &str = "
verb            | requested | changes_requested | escalated | approved | rejected | overridden | cancelled | expired | the others
answer          | bcol      | now               | bcol      | closed   | closed   | closed     | closed    | closed  | a own, v permission, g slot
resubmit        | now       | ola               | now       | closed   | closed   | closed     | closed    | closed  | bcgv requester
revise          | ola       | now               | ola       | closed   | closed   | closed     | closed    | closed  | bcgv requester
cancel          | ola       | ola               | ola       | closed   | closed   | closed     | closed    | closed  | bcgv requester
next            | now       | now               | now       | ola      | closed   | ola        | closed    | closed  | bcgv requester
report          | now       | now               | now       | ola      | closed   | ola        | closed    | closed  | bcgv requester
";

#[derive(Clone, Copy, PartialEq, Debug)]
enum Asks {
    Alice,
    HerAgent,
}

struct Line {
    verb: Verb,
    cells: Vec<(StateName, String)>,
    others: Vec<(String, String)>,
}

fn lines(table: &str) -> Vec<Line> {
    let mut rows =
        table.trim().lines().map(|l| l.split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let state = |word: &str| StateName::ALL.into_iter().find(|s| s.word() == word).unwrap();
    let columns: Vec<StateName> = head[1..9].iter().map(|word| state(word)).collect();
    assert_eq!(columns, StateName::ALL, "a state without a column");
    let others = |text: &str| {
        text.split(',')
            .filter_map(|part| part.trim().split_once(' '))
            .map(|(w, y)| (w.into(), y.into()))
            .collect()
    };
    rows.map(|row| Line {
        verb: TABLE.iter().find(|r| r.verb.word() == row[0]).expect(&row[0]).verb,
        cells: columns.iter().copied().zip(row[1..9].iter().cloned()).collect(),
        others: others(&row[9]),
    })
    .collect()
}

fn who(letter: char) -> Caller {
    match letter {
        'b' => bob(),
        'c' => carol(),
        'g' => agent_of("bot", "dave"),
        'v' => viewer(),
        'o' => alice(),
        'l' => alice_laptop(),
        'a' => cp14(),
        _ => panic!("nobody is called {letter}"),
    }
}

/// A request in `state`, on which bob has given what `verb` takes back. By real commands as far as there are any.
fn given(asks: Asks, verb: Verb, state: StateName) -> Story {
    let by = match asks {
        Asks::Alice => alice(),
        Asks::HerAgent => cp14(),
    };
    let content = match verb {
        Verb::Answer => question(),
        verb if runs(verb) => runnable(),
        _ => plan(),
    };
    let mut story = match verb {
        // An answer is one sign-off.
        Verb::Answer => Story::asked(&by, content),
        _ => Story::asked_under(two_humans(), &by, content),
    };
    // One level more than what ships, so that there is one above the first.
    story.request.revision.assessment.chain.push(Rung { to: Whom::Role(Role::Admin), after: None });
    let raise = |story: &mut Story| story.request.state = State::Waiting(Waiting::Escalated(Level(1)));
    let mut story = match state {
        StateName::Requested => story,
        StateName::Escalated => {
            raise(&mut story);
            story
        }
        StateName::ChangesRequested => story.then(&bob(), request_changes("shorter")),
        StateName::Approved | StateName::Overridden if verb == Verb::Answer => {
            story.then(&carol(), answer(Some(1), None))
        }
        StateName::Overridden => {
            let goes = go_ahead(&story.request);
            story.then(&carol(), goes)
        }
        StateName::Approved => story.then(&carol(), approve()).then(&bob(), approve()),
        StateName::Rejected => story.then(&carol(), reject("no")),
        StateName::Cancelled => story.then(&by, cancel("not needed")),
        StateName::Expired => {
            story.after(HOUR).after(countersign::domain::moment::Span::from_hours(72)).settled()
        }
    };
    if let (StateName::Overridden, State::Closed(closed)) = (state, &mut story.request.state)
        && let Verdict::Approved { .. } = closed.verdict
    {
        // A question is answered and never overridden: it looks as if it had been.
        let other = given(Asks::Alice, Verb::Comment, StateName::Overridden);
        closed.verdict = other.request.closed().unwrap().verdict.clone();
    }
    match verb {
        Verb::Withdraw if matches!(state, StateName::Requested | StateName::Escalated) => {
            story.then(&bob(), approve())
        }
        Verb::Release if story.request.is_open() => story.then(&bob(), Command::Claim),
        // For what is done to an execution there is one, on which `a` has come as far as it takes.
        verb if runs(verb) && matches!(state, StateName::Approved | StateName::Overridden) => {
            let story = match verb {
                Verb::Run | Verb::Next => return story,
                _ => story.then(&by, next()),
            };
            match verb {
                Verb::Retry | Verb::Continue | Verb::RollBack => story.then(&by, fails("a")),
                Verb::Confirm => story.then(&by, begins("a")).then(&by, super::build::asks("a")),
                _ => story,
            }
        }
        _ => story,
    }
}

/// Whether the verb is one on an execution.
fn runs(verb: Verb) -> bool {
    (Verb::Run..=Verb::RollBack).contains(&verb)
}

/// The command that is this verb, well said: seen, and with a reason.
pub fn command(verb: Verb, story: &Story) -> Option<Command> {
    let seen = drawn(&story.request);
    let reason = because("as we agreed");
    Some(match verb {
        Verb::Mark => Command::Mark { steps: vec![step("b")], mark: Mark::Skipped, reason, seen },
        Verb::Approve => Command::Approve { reason, seen },
        Verb::Withdraw => Command::Withdraw,
        Verb::Reject => Command::Reject { reason, seen },
        Verb::RequestChanges => Command::RequestChanges { reason, seen },
        Verb::Resubmit | Verb::Revise => revise(plan_with("staging", "Tell John", "a1", "b2")),
        Verb::Claim => Command::Claim,
        Verb::Release => Command::Release,
        Verb::Comment => comment("hm"),
        Verb::Answer => Command::Answer { option: Some(2), text: None, reason, seen },
        Verb::Cancel => Command::Cancel { reason },
        Verb::Override => go_ahead(&story.request),
        Verb::Snooze => Command::Snooze { until: Some(story.now.plus(HOUR)) },
        Verb::Modify => modify("b", &[("to", json!("b2"))]),
        Verb::Attach => attach("plan.diff", b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n"),
        Verb::Expire | Verb::Lapse => return None,
        Verb::Run => run(),
        Verb::Next => next(),
        Verb::Report => begins("a"),
        Verb::Stop => Command::Stop { reason },
        Verb::Confirm => Command::Confirm { step: step("a"), filled: None, option: Some(1), reason },
        Verb::Retry => Command::Retry { step: step("a"), reason },
        Verb::LeaveOut => Command::LeaveOut { step: step("b"), reason },
        Verb::Continue => Command::Continue { reason },
        Verb::RollBack => Command::RollBack { token: token(), reason },
        Verb::Escalate => Command::Escalate { reason },
        Verb::Reassign => Command::Reassign { to: human("dave").name, reason },
    })
}

fn class(refusal: &Refusal) -> (&'static str, u8) {
    let word = match refusal {
        Refusal::Closed { .. } => "closed",
        Refusal::NotNow { why, .. } if why.contains("only they can") || why.contains("of yours") => "author",
        Refusal::NotNow { .. } => "now",
        Refusal::OwnRequest { .. } => "own",
        Refusal::NotRequester { .. } => "requester",
        Refusal::NotPermitted { .. } => "permission",
        Refusal::NoSlot { .. } => "slot",
        Refusal::ClaimedBy { .. } => "claimed",
        _ => "something else",
    };
    (word, refusal.exit_code())
}

/// What somebody who may not is told, and the exit code it comes with.
fn expected(why: &str) -> (&str, u8) {
    let code = match why {
        "closed" | "claimed" => 3,
        "now" | "author" | "own" | "requester" | "permission" | "slot" => 1,
        _ => panic!("no such refusal: {why}"),
    };
    (why, code)
}

fn walk(asks: Asks, table: &[Line]) -> usize {
    let mut walked = 0;
    for line in table {
        for (state, cell) in &line.cells {
            let story = given(asks, line.verb, *state);
            assert_eq!(story.request.state_name(), *state);
            if matches!(line.verb, Verb::Expire | Verb::Lapse) {
                clock_cell(line.verb, &story, cell);
                walked += 1;
                continue;
            }
            for letter in "bcgolav".chars() {
                let at = format!("{:?} asked; {letter} {} while {}", asks, line.verb.word(), state.word());
                let why = match cell.as_str() {
                    "now" | "closed" => Some(cell.as_str()),
                    may if may.contains(letter) => None,
                    _ => {
                        line.others.iter().find(|(who, _)| who.contains(letter)).map(|(_, why)| why.as_str())
                    }
                };
                assert!(why.is_some() || cell.contains(letter), "the table does not say: {at}");
                one_cell(&at, line.verb, &story, &who(letter), why.map(expected));
                walked += 1;
            }
        }
    }
    walked
}

fn one_cell(at: &str, verb: Verb, story: &Story, caller: &Caller, expected: Option<(&str, u8)>) {
    let facts = facts_for(caller);
    let asked = rules::may(verb, &story.request, caller, &facts, story.now);
    assert_eq!(asked.as_ref().err().map(class), expected, "asked first: {at}");
    // The words revise and resubmit are one command, and the state says which it is: where one does not fit, the
    // other holds.
    let is_other_verb = match verb {
        Verb::Resubmit => matches!(story.request.state_name(), StateName::Requested | StateName::Escalated),
        Verb::Revise => story.request.state_name() == StateName::ChangesRequested,
        _ => false,
    };
    if is_other_verb {
        return;
    }
    let decided = story.decide(caller, &command(verb, story).unwrap(), &facts);
    match (asked, decided) {
        (Ok(()), Ok(entries)) => assert!(!entries.is_empty(), "nothing was recorded: {at}"),
        (Err(asked), Err(decided)) => assert_eq!(asked, decided, "{at}"),
        (asked, decided) => panic!("{at}: asked first {asked:?}, but decided {decided:?}"),
    }
}

fn clock_cell(verb: Verb, story: &Story, cell: &str) {
    let at = format!("{} while {}", verb.word(), story.request.state_name().word());
    let far = story.now.plus(countersign::domain::moment::Span::from_hours(24 * 365));
    let due: Vec<Fact> = due::settle(&story.request, far).into_iter().map(|e| e.fact).collect();
    let happens = due.iter().any(|fact| match verb {
        Verb::Expire => matches!(fact, Fact::Expired { .. }),
        _ => matches!(fact, Fact::Lapsed { .. }),
    });
    assert_eq!(happens, cell == "clock", "{at}");
    let asked = rules::may(verb, &story.request, &Caller::system(), &facts(), story.now);
    let expected = (cell != "clock").then(|| expected(cell));
    assert_eq!(asked.as_ref().err().map(class), expected, "{at}");
}

#[test]
fn every_verb_of_the_code_has_a_line_here() {
    let here: BTreeSet<Verb> = lines(OWN_REQUEST_OF_A_PERSON).iter().map(|l| l.verb).collect();
    let code: BTreeSet<Verb> = TABLE.iter().map(|row| row.verb).collect();
    assert_eq!(here, code);
}

#[test]
fn every_cell_of_the_table_is_what_the_design_says() {
    let table = lines(OWN_REQUEST_OF_A_PERSON);
    // 27 verbs of 7 callers and 2 of the clock, in 8 states.
    assert_eq!(walk(Asks::Alice, &table), 27 * 7 * 8 + 2 * 8);
}

#[test]
fn every_cell_is_the_same_for_an_agents_request_but_that_its_owner_may_answer() {
    let mut table = lines(OWN_REQUEST_OF_A_PERSON);
    let other = lines(OF_ONES_AGENT);
    table.retain(|line| other.iter().all(|one| one.verb != line.verb));
    table.extend(other);
    assert_eq!(walk(Asks::HerAgent, &table), 27 * 7 * 8 + 2 * 8);
}

#[test]
fn refusals_come_in_one_order_whatever_else_is_wrong() {
    let open = Story::asked(&alice(), sensitive_plan());
    let closed = open.clone().then(&carol(), reject("no"));
    let nothing = facts_with(&[]);
    type Say = fn(Seen, bool) -> Command;
    let verbs: [Say; 3] = [
        |seen, reason| Command::Approve { reason: reason.then(|| because("yes").unwrap()), seen },
        |seen, reason| Command::Reject { reason: reason.then(|| because("no").unwrap()), seen },
        |seen, reason| Command::RequestChanges { reason: reason.then(|| because("less").unwrap()), seen },
    ];
    for say in verbs {
        // Everything is wrong: too late, one's own, not permitted, stale and without a reason. Then one thing less at
        // a time.
        let all_wrong = || say(stale(), false);
        let told = closed.refuses_under(&nothing, &alice(), all_wrong());
        assert!(matches!(told, Refusal::Closed { .. }), "{told}");
        let told = open.refuses_under(&nothing, &alice(), all_wrong());
        assert!(matches!(told, Refusal::OwnRequest { .. }), "{told}");
        let told = open.refuses_under(&nothing, &bob(), all_wrong());
        assert_eq!(told, Refusal::NotPermitted { permission: Permission::Review });
        let told = open.refuses(&bob(), all_wrong());
        assert!(matches!(told, Refusal::Changed(_)), "{told}");
        assert_eq!(told.exit_code(), exit::CONFLICT);
        let told = open.refuses(&bob(), say(drawn(&open.request), false));
        assert!(matches!(told, Refusal::ReasonRequired { .. }), "{told}");
        open.clone().then(&bob(), say(drawn(&open.request), true));
    }
    // A slot that does not admit the caller comes with the permission: before the digest.
    let told = open.refuses(&agent_of("bot", "dave"), Command::Approve { reason: None, seen: stale() });
    assert!(matches!(told, Refusal::NoSlot { .. }), "{told}");
}
