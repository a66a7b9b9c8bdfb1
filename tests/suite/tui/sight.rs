//! What is put off, hidden, sorted or has a name, on the screen.

use super::stage::*;
use countersign::app::{Ahead, Counters, Found, Looking, Order, Queue};
use countersign::domain::command::Command;
use countersign::domain::moment::Span;
use countersign::domain::names::RequestId;
use countersign::tui::Options;
use countersign::tui::action::{Effect, Place};
use countersign::tui::filtering::Seek;
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use insta::assert_snapshot;

/// The command of the one decision among the effects.
fn decided(effects: &[Effect]) -> Option<(u64, Command)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Decide { id, command } => Some((id.number(), (**command).clone())),
        _ => None,
    })
}

#[test]
fn z_asks_for_how_long_and_puts_off_what_was_selected() {
    let mut model = screen((80, 24));
    press(&mut model, "j");
    press(&mut model, "z");
    assert_snapshot!("snooze_at_80_by_24", text(&model));
    assert!(press(&mut model, "enter").is_empty(), "nothing was typed");
    assert!(text(&model).contains("a span (30m, 2h, 1d)"), "{}", text(&model));
    let quick = |keys: &[&str]| {
        let mut model = screen((80, 24));
        press(&mut model, "j");
        press(&mut model, "z");
        keys.iter().for_each(|key| drop(press(&mut model, key)));
        decided(&press(&mut model, "enter"))
    };
    let until = |span| Some((1039, Command::Snooze { until: Some(NOW.plus(span)) }));
    assert_eq!(quick(&["tab"]), until(Span::from_minutes(30)));
    assert_eq!(quick(&["tab", "tab"]), until(Span::from_hours(2)));
    assert_eq!(quick(&["4", "5", "m"]), until(Span::from_minutes(45)));
    assert_eq!(quick(&["shift-tab"]), Some((1039, Command::Snooze { until: None })));
    assert_eq!(quick(&["x", "y"]), None);
    // The palette says the same in one line.
    let mut model = screen((80, 24));
    press(&mut model, ":");
    type_text(&mut model, "snooze 2h");
    let effects = press(&mut model, "enter");
    let until = Some(NOW.plus(Span::from_hours(2)));
    assert_eq!(decided(&effects), Some((1042, Command::Snooze { until })));
    press(&mut model, ":");
    type_text(&mut model, "snooze soon");
    assert!(press(&mut model, "enter").is_empty() && model.prompt.is_some());
}

#[test]
fn what_is_put_off_has_a_mark_and_the_time_where_it_is_still_shown() {
    for size in [(80, 24), (120, 40)] {
        let mut model = screen(size);
        let until = NOW.plus(Span::from_hours(2));
        let mut rows: Vec<_> = inbox().iter().map(Told::row).collect();
        rows[1].snoozed = Some(until);
        rows[3].snoozed = Some(NOW.plus(Span::from_hours(50)));
        press(&mut model, "7");
        hear(&mut model, Message::Page { queue: Queue::Open, place: Place::Start, rows });
        assert_snapshot!(format!("put_off_at_{}_by_{}", size.0, size.1), text(&model));
    }
    // After it is recorded, the row that leaves one's own queue says why, and the news says when it is back.
    let mut model = screen((120, 40));
    let after =
        deployment().then("bob", ago(0), &Command::Snooze { until: Some(NOW.plus(Span::from_hours(2))) });
    let verb = countersign::domain::transitions::Verb::Snooze;
    hear(&mut model, Message::Decided { verb, after: Box::new(after.request) });
    let below = inbox().iter().skip(1).map(Told::row).collect();
    hear(&mut model, Message::Around { queue: Queue::Waiting, above: Vec::new(), below });
    let shown = text(&model);
    assert!(shown.contains("R-1042 is put off until") && shown.contains("OVERDUE"), "{shown}");
    assert!(shown.contains("put off"), "{shown}");
}

#[test]
fn s_goes_through_the_orders_and_the_selection_follows_the_id() {
    let mut model = screen((80, 24));
    press(&mut model, "j");
    let id = model.list.selected_id();
    let effects = press(&mut model, "s");
    let newest = Looking { order: Order::Newest, seen_by: None };
    assert!(
        matches!(&effects[..], [Effect::Load { place: Place::At(row), looking, .. }] if Some(row.id) == id && *looking == newest),
        "{effects:?}"
    );
    found(&mut model, effects, &inbox());
    assert_eq!(model.list.selected_id(), id);
    let numbers: Vec<u64> = model.list.rows.iter().map(|shown| shown.row.id.number()).collect();
    assert_eq!(numbers, [1042, 1039, 1037, 1033, 1031, 1021]);
    assert!(lines(&model)[2].contains("Waiting for you, newest first"), "{}", text(&model));
    press(&mut model, "s");
    assert!(lines(&model)[2].contains("due first"), "{}", text(&model));
    press(&mut model, "s");
    assert!(!lines(&model)[2].contains("first"), "{}", text(&model));
    press(&mut model, "8");
    assert!(press(&mut model, "s").is_empty() && text(&model).contains("always newest first"));
}

#[test]
fn u_hides_what_was_opened_and_the_title_says_how_many() {
    let mut model = screen((80, 24));
    let opened = press(&mut model, "enter");
    let seen = Effect::NoteSeen(RequestId::new(1042), deployment().request.revision.number);
    assert_eq!(opened, [seen]);
    press(&mut model, "q");
    assert!(press(&mut model, "enter").is_empty(), "it is noted once");
    press(&mut model, "q");
    assert_eq!(press(&mut model, "u"), [Effect::HideSeen]);
    let effects = hear(&mut model, Message::HideSeen(NOW));
    let hides = Looking { order: Order::Reading, seen_by: Some(NOW) };
    assert!(matches!(&effects[..], [Effect::Load { looking, .. }] if *looking == hides), "{effects:?}");
    hear(&mut model, Message::Hidden { queue: Queue::Waiting, hidden: 2 });
    let rows = inbox().iter().take(4).map(Told::row).collect();
    hear(&mut model, Message::Page { queue: Queue::Waiting, place: Place::Start, rows });
    assert_snapshot!("seen_is_hidden_at_80_by_24", text(&model));
    // With a filter, it is of what matches.
    press(&mut model, "/");
    type_text(&mut model, "re");
    let rows = inbox().iter().take(1).map(Told::row).collect();
    let found = Found { rows, hidden: 1, of_the_first: None };
    hear(&mut model, Message::Found { queue: Queue::Waiting, why: Seek::Start, found });
    press(&mut model, "enter");
    assert!(text(&model).contains("Waiting: 1 of 6, 1 seen hidden"), "{}", text(&model));
    press(&mut model, "esc");
    press(&mut model, "u");
    assert_eq!(model.looking, Looking::default());
    assert!(!text(&model).contains("hidden"), "{}", text(&model));
}

fn with_views(size: (u16, u16)) -> Model {
    let mut model = screen_with(size, Options::default(), &inbox());
    let view = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    model.views = [("late", "due:overdue"), ("payments", "target:payments-api"), ("risky", "risk:high")]
        .map(view)
        .into();
    let ahead = |matches, more| Ahead { matches, more };
    hear(&mut model, Message::Aheads(vec![ahead(1, false), ahead(50, true), ahead(0, false)]));
    model
}

#[test]
fn views_are_queues_of_their_own() {
    let mut model = with_views((120, 40));
    assert_snapshot!("views_at_120_by_40", text(&model));
    press(&mut model, "9");
    assert_eq!((model.list.queue, model.filtering.text.as_str()), (Queue::Open, "due:overdue"));
    assert!(text(&model).contains("▸9 late"), "{}", text(&model));
    press(&mut model, "9");
    assert_eq!(model.filtering.text, "target:payments-api");
    press(&mut model, "tab");
    assert_eq!(model.filtering.text, "risk:high");
    press(&mut model, "tab");
    assert_eq!(
        (model.list.queue, model.filtering.is_on()),
        (Queue::Waiting, false),
        "its filter is left with it"
    );
    press(&mut model, "shift-tab");
    assert_eq!(model.filtering.text, "risk:high");
    press(&mut model, "7");
    assert_eq!((model.list.queue, model.filtering.is_on()), (Queue::Open, false));
    let mut model = with_views((80, 24));
    press(&mut model, "9");
    assert!(lines(&model)[1].contains("▸9 late 1"), "never hidden: {}", text(&model));
    let mut none = screen((80, 24));
    assert!(press(&mut none, "9").is_empty() && text(&none).contains("no view has a name"));
    // Where there are more than fit, the one that is shown is shown.
    let mut many = with_views((120, 30));
    many.views = (0..9).map(|n| (format!("view-{n}"), format!("risk:high by:agent-{n}"))).collect();
    for n in 0..9 {
        press(&mut many, "9");
        assert!(
            text(&many).lines().any(|l| l.starts_with('▸') && l.contains(&format!("view-{n}"))),
            "{}",
            text(&many)
        );
    }
    many.counters = Some(Counters::default());
    text(&many);
}

#[test]
fn one_field_is_picked_and_its_whole_value_is_sent() {
    let mut model = screen((80, 24));
    press(&mut model, "enter");
    press(&mut model, "i");
    assert_snapshot!("pick_a_field_at_80_by_24", text(&model));
    type_text(&mut model, "deploy:param:v");
    assert_eq!(press(&mut model, "enter"), [Effect::Copy("2.14.0".to_owned())]);
    assert!(text(&model).contains("sent to the terminal: deploy:param:version, 6 characters"));
    press(&mut model, "i");
    type_text(&mut model, "snapshot:r");
    press(&mut model, "tab");
    let argv = r#"["/usr/bin/pg_dump","--format=custom","payments"]"#;
    assert_eq!(press(&mut model, "enter"), [Effect::Copy(argv.to_owned())]);
    press(&mut model, "i");
    type_text(&mut model, "deploy");
    assert!(press(&mut model, "enter").is_empty() && text(&model).contains("which? tab completes"));
    press(&mut model, "esc");
    // What hides something, or would press Enter, is not sent.
    for (value, why) in [("a\u{202e}b", "hidden characters"), ("a\nb", "several lines")] {
        let told = Told::asked(
            7,
            "agent",
            ago(1),
            serde_json::json!({"kind": "plan", "title": "T", "steps": [{"id": "a", "action": "x", "params": {"sql": value}}]}),
        );
        let mut model = screen_with((80, 24), Options::default(), &[told]);
        press(&mut model, "enter");
        press(&mut model, "i");
        assert!(press(&mut model, "enter").is_empty() && text(&model).contains(why), "{}", text(&model));
    }
    // A gate has nothing of the sort, and says so.
    let gate = serde_json::json!({"kind": "gate", "title": "Go on?"});
    let mut model = screen_with((80, 24), Options::default(), &[Told::asked(8, "agent", ago(1), gate)]);
    press(&mut model, "enter");
    press(&mut model, "i");
    assert!(model.prompt.is_none() && text(&model).contains("no target, commands or parameters"));
}

#[test]
fn z_with_marks_puts_all_of_them_off() {
    let mut model = screen((80, 24));
    // The first row is sensitive: it is not in it.
    for key in ["v", "j", "j", "j", "j", "j", "v"] {
        press(&mut model, key);
    }
    let marked: Vec<RequestId> = model.marks.ids.iter().copied().collect();
    assert!(marked.len() > 2);
    press(&mut model, "z");
    assert!(text(&model).contains(&format!("put {} marked off for: 30m", marked.len())), "{}", text(&model));
    type_text(&mut model, "2h");
    let effects = press(&mut model, "enter");
    let until = Some(NOW.plus(Span::from_hours(2)));
    assert_eq!(effects, [Effect::PutOffAll { until, ids: marked.clone() }]);
    let outcomes = marked.iter().map(|id| {
        let refused = id.number() == 1031;
        (*id, if refused { Err(countersign::domain::text::safe_line("it is closed")) } else { Ok(()) })
    });
    hear(&mut model, Message::PutOffAll { until, outcomes: outcomes.collect() });
    let said = text(&model);
    let all = marked.len();
    assert!(said.contains(&format!("{} of {all} put off until 16:02Z", all - 1)), "{said}");
    assert!(said.contains("not R-1031: it is closed; 1 due before"), "{said}");
    assert_eq!(model.marks.ids.len(), 1, "what was not put off is still marked");
    // In an open range it waits for the other end, and inside a request it is about that one.
    let mut model = screen((80, 24));
    press(&mut model, "v");
    press(&mut model, "z");
    assert!(model.prompt.is_none() && text(&model).contains("the range is open"), "{}", text(&model));
}
