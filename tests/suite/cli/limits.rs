//! What is too much: refused by name, under 65 or 75, and nothing of it is stored.

use super::{Desk, gate};
use countersign::domain::document::Limits;
use serde_json::{Map, Value, json};

const LIMITS: Limits = Limits::BUILT_IN;

/// Submits `document` to `desk`, which refuses it with all `words` and stores nothing.
#[track_caller]
fn refused(desk: &Desk, document: impl AsRef<[u8]>, words: &[&str]) {
    desk.feed(&["submit", "-"], document).refused(65, &[words, &["nothing was stored"]].concat());
}

fn steps(count: usize, step: impl Fn(usize) -> Value) -> Value {
    json!({"kind": "plan", "title": "t", "steps": (0..count).map(step).collect::<Vec<_>>()})
}

fn with(name: &str, value: Value) -> Value {
    let mut document = gate("planner", "g");
    document[name] = value;
    document
}

fn deep(levels: usize) -> String {
    format!("{}1{}", "[".repeat(levels), "]".repeat(levels))
}

#[test]
fn a_document_that_is_no_strict_json_is_refused_with_the_reason() {
    let desk = Desk::new();
    let before = desk.head();
    let big = format!(r#"{{"kind":"gate","title":"t","summary":"{}"}}"#, "x".repeat(LIMITS.document));
    refused(&desk, &big, &["document: more than 1048576 bytes"]);
    // Over many lines it is as big.
    refused(&desk, big.replacen(',', ",\n", 2), &["document", "1048576"]);
    let exactly = |bytes: usize| {
        let bare = r#"{"kind":"gate","title":"t","summary":""}"#;
        format!(r#"{{"kind":"gate","title":"t","summary":"{}"}}"#, "x".repeat(bytes - bare.len()))
    };
    refused(&desk, exactly((1 << 20) + 1), &["document", "1048576"]);
    refused(&desk, exactly(1 << 20), &["summary: ", "at most 16384"]);
    refused(&desk, "[".repeat(1 << 20), &["document", "nested deeper than 32"]);
    refused(&desk, "{\"a\":".repeat(200_000), &["document", "nested deeper than 32"]);
    let nested = r#"{"kind":"plan","title":"t","steps":[{"id":"a","action":"x","params":{"p":"#;
    refused(&desk, format!("{nested}{}}}}}]}}", deep(29)), &["nested deeper than 32"]);
    refused(&desk, r#"{"kind":"gate","title":"t","title":"u"}"#, &["the key \"title\" appears twice"]);
    let twice =
        r#"{"kind":"plan","title":"t","steps":[{"id":"a","action":"x","params":{"p":{"k":1,"k":2}}}]}"#;
    refused(&desk, twice, &["the key \"k\" appears twice"]);
    for number in ["9007199254740993", "-9007199254740993", "1e300", "18446744073709551616"] {
        refused(&desk, format!("{nested}{number}}}}}]}}"), &["beyond 2^53", "send it as a string"]);
    }
    refused(&desk, b"{\"kind\":\"gate\",\"title\":\"\xff\xfe\"}", &["not UTF-8 from byte 24 on"]);
    refused(&desk, br#"{"kind":"gate","title":"\ud800"}"#, &["document"]);
    refused(&desk, "{\"kind\":\"gate\"", &["document"]);
    refused(&desk, "[]", &["must be a JSON object"]);
    refused(&desk, "NaN", &["document"]);
    assert_eq!(desk.head(), before);
    // Right at the edge it is taken.
    desk.feed(&["submit", "-"], format!("{nested}{}}}}}]}}", deep(27))).ended(0);
    desk.feed(&["submit", "-"], format!("{nested}9007199254740992}}}}]}}")).ended(0);
}

#[test]
fn every_limit_of_a_document_names_its_field_and_its_number() {
    let desk = Desk::new();
    let before = desk.head();
    let text = |bytes: usize| "x".repeat(bytes);
    let step = |more: Value| {
        let mut step = json!({"id": "a", "action": "x"});
        step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        steps(1, |_| step.clone())
    };
    let labels = |count: usize| -> Value {
        (0..count).map(|n| (format!("l{n}"), json!("x"))).collect::<Map<_, _>>().into()
    };
    let question = |options: Value| json!({"kind": "question", "title": "t", "options": options});
    let locator =
        |label: String, locator: String| with("evidence", json!([{"label": label, "locator": locator}]));
    let chain = |length: usize| {
        steps(length, |n| match n {
            0 => json!({"id": "s0", "action": "x"}),
            _ => json!({"id": format!("s{n}"), "action": "x", "needs": [{"step": format!("s{}", n - 1)}]}),
        })
    };
    let cases: [(Value, [&str; 2]); 20] = [
        (with("title", json!(text(401))), ["title: ", "at most 400"]),
        (with("title", json!("é".repeat(201))), ["title: 402 bytes", "at most 400"]),
        (with("title", json!("  \u{200b}")), ["title: ", "empty"]),
        (with("summary", json!(text(16_385))), ["summary: ", "at most 16384"]),
        (with("labels", json!({"note": text(401)})), ["labels.note: ", "at most 400"]),
        (with("labels", labels(257)), ["labels: 257 entries", "at most 256"]),
        (with("ref", json!(text(129))), ["ref: ", "1 to 128"]),
        (with("by", json!(text(65))), ["by: ", "1 to 64"]),
        (locator(text(401), "x".to_owned()), ["evidence[0].label: ", "at most 400"]),
        (locator("x".to_owned(), text(16_385)), ["evidence[0].locator: ", "at most 16384"]),
        (with("evidence", json!(vec![json!({"label": "l", "locator": "x"}); 257])), ["evidence: 257", "256"]),
        (question(json!([text(401)])), ["options[0]: ", "at most 400"]),
        (question(json!(vec!["x"; 257])), ["options: 257 entries", "at most 256"]),
        (steps(501, |n| json!({"id": format!("s{n}"), "action": "x"})), ["steps: 501 steps", "at most 500"]),
        (chain(65), ["steps", "64"]),
        (step(json!({"title": text(401)})), ["steps[0].title: ", "at most 400"]),
        (step(json!({"expected": text(16_385)})), ["steps[0].expected: ", "at most 16384"]),
        (step(json!({"params": {"p": text(64 << 10)}})), ["steps[0].params: ", "at most 65536"]),
        (step(json!({"run": vec!["/x"; 257]})), ["steps[0].run: 257 entries", "at most 256"]),
        (step(json!({"undo": ["/x", text(16_385)]})), ["steps[0].undo[1]: ", "at most 16384"]),
    ];
    for (document, words) in cases {
        refused(&desk, document.to_string(), &words);
    }
    assert_eq!(desk.head(), before);
    // As much as the limits allow is taken.
    for document in [
        with("title", json!(text(400))),
        with("ref", json!(text(128))),
        steps(500, |n| json!({"id": format!("s{n}"), "action": "x"})),
        chain(64),
        step(json!({"params": {"p": text((64 << 10) - 8)}})),
    ] {
        desk.feed(&["submit", "-"], document.to_string()).ended(0);
    }
}

#[test]
fn a_word_that_is_not_known_is_named_with_those_that_are() {
    let desk = Desk::new();
    let before = desk.head();
    refused(&desk, with("kind", json!("letter")).to_string(), &["kind: unknown variant `letter`", "`plan`"]);
    refused(&desk, with("priority", json!("asap")).to_string(), &["priority: ", "`asap`", "`urgent`"]);
    refused(&desk, with("risk", json!("none")).to_string(), &["risk: ", "`none`", "`critical`"]);
    refused(&desk, with("state", json!("approved")).to_string(), &["unknown field `state`"]);
    refused(&desk, with("by", json!("system")).to_string(), &["by: the name system is taken"]);
    refused(&desk, with("kind", json!("debt")).to_string(), &["kind: ", "opened by an override"]);
    refused(&desk, with("kind", json!("policy")).to_string(), &["kind: "]);
    refused(
        &desk,
        with("steps", json!([{"id": "a", "action": "x"}])).to_string(),
        &["steps: a gate has no steps"],
    );
    let need = |need: Value| steps(1, |_| json!({"id": "a", "action": "x", "needs": [need]}));
    refused(&desk, need(json!({"step": "b"})).to_string(), &["steps[0].needs[0]", "b"]);
    refused(&desk, need(json!({"step": "a"})).to_string(), &["steps[0].needs[0]", "itself"]);
    refused(
        &desk,
        need(json!({"step": "a", "effect": "blok"})).to_string(),
        &["effect", "`blok`", "`blocks`"],
    );
    assert_eq!(desk.head(), before);
}

#[test]
fn an_identifier_of_another_script_is_refused_by_field() {
    let desk = Desk::new();
    let before = desk.head();
    // Every one of these has a Cyrillic letter that looks like a Latin one.
    let (ones, step) = ("\u{440}rod", |step: Value| steps(1, |_| step.clone()));
    let cases: [(Value, &str); 10] = [
        (with("by", json!(ones)), "by: "),
        (with("ref", json!(ones)), "ref: "),
        (with("target", json!({"environment": ones})), "target.environment: "),
        (with("target", json!({"service": ones})), "target.service: "),
        (with("target", json!({"tenant": ones})), "target.tenant: "),
        (with("labels", json!({ones: "x"})), "labels"),
        (step(json!({"id": ones, "action": "x"})), "steps[0].id: "),
        (step(json!({"id": "a", "action": ones})), "steps[0].action: "),
        (step(json!({"id": "a", "action": "x", "params": {ones: 1}})), "steps[0].params"),
        (step(json!({"id": "a", "action": "x", "needs": [{"step": ones}]})), "steps[0].needs[0]"),
    ];
    for (document, field) in cases {
        refused(&desk, document.to_string(), &[&format!("countersign: {field}"), "must be 1 to"]);
    }
    assert_eq!(desk.head(), before);
}

#[test]
fn words_typed_with_a_verb_have_limits_too() {
    let desk = Desk::new();
    desk.submit(&gate("planner", "g"));
    let before = desk.head();
    let long = "x".repeat(LIMITS.prose + 1);
    desk.run(&["comment", "R-1", &long]).refused(65, &["16384"]);
    desk.feed(&["comment", "R-1", "-"], &long).refused(65, &["16384"]);
    desk.feed(&["comment", "R-1", "-"], b"\xff").refused(65, &["not UTF-8"]);
    desk.run(&["approve", "R-1", "--reason", &long]).refused(65, &["16384"]);
    desk.run(&["reject", "R-1", "--reason", &long]).refused(65, &["16384"]);
    assert_eq!(desk.head(), before);
}

#[test]
fn an_import_is_as_limited_as_a_submit() {
    let desk = Desk::new();
    let before = desk.head();
    for format in ["draft", "calyx-pending"] {
        let big = desk.file("big.json", vec![b' '; LIMITS.document + 1]);
        desk.run(&["import", format, &big]).refused(65, &["document", "1048576", "nothing was stored"]);
        let bomb = desk.file("bomb.json", "[".repeat(1 << 20));
        desk.run(&["import", format, &bomb]).refused(65, &["document", "nested deeper than 32"]);
    }
    assert_eq!(desk.head(), before);
}

#[test]
fn the_1001st_open_request_of_one_producer_waits_and_another_producer_does_not() {
    let desk = Desk::new();
    let lines = |by: &str, range: std::ops::Range<u64>| -> String {
        range.map(|n| format!("{}\n", gate(by, &format!("n{n}")))).collect()
    };
    let ran = desk.feed(&["submit", "-"], lines("feeder", 0..LIMITS.open_requests)).ended(0);
    assert_eq!(ran.out.lines().count(), 1_000);
    let before = desk.head();
    let more = lines("feeder", 1_000..1_001);
    desk.feed(&["submit", "-"], &more).refused(75, &["feeder has 1000 open requests", "the limit"]);
    assert_eq!(desk.head(), before);
    // What is there already is not new, and others are not affected.
    assert_eq!(desk.feed(&["submit", "-"], lines("feeder", 0..1)).ended(0).out, "R-1\n");
    desk.feed(&["submit", "-"], lines("another", 0..1)).ended(0);
    // One that is decided makes room for one.
    desk.run(&["reject", "R-1", "--reason", "x"]).ended(0);
    desk.feed(&["submit", "-"], &more).ended(0);
    desk.feed(&["submit", "-"], lines("feeder", 1_001..1_002)).ended(75);
}

/// A plan that nests this deep.
fn nested(levels: usize, name: &str) -> Value {
    // The document, its steps, the step and its parameters are four.
    let value = (4..levels).fold(Value::from("x"), |value, _| serde_json::json!([value]));
    serde_json::json!({"kind": "plan", "title": "t", "by": "ci", "ref": name, "steps": [{"id": "a", "action": "x", "params": {"p": value}}]})
}

#[test]
fn what_is_taken_at_its_deepest_can_be_read_again() {
    let desk = Desk::new();
    let id = desk.submit(&nested(32, "a"));
    desk.feed(&["submit", "-"], nested(33, "b").to_string()).refused(65, &["nested deeper than 32"]);
    desk.run(&["approve", &id]).ended(0);
    desk.run(&["audit", "verify"]).ended(0);
    let deeper = desk.file("deeper.toml", "[limits]\njson_depth = 64\n");
    desk.run(&["policy", "adopt", &deeper]).ended(0);
    let id = desk.submit(&nested(64, "c"));
    desk.feed(&["submit", "-"], nested(65, "d").to_string()).refused(65, &["nested deeper than 64"]);
    desk.run(&["approve", &id]).ended(0);
    desk.run(&["rebuild"]).ended(0);
    desk.run(&["audit", "verify"]).ended(0);
    let export = desk.run(&["audit", "export"]).ended(0).out;
    let file = desk.file("export.jsonl", export);
    desk.run(&["audit", "verify", "--against", &file]).ended(0);
    let flat = desk.file("flat.toml", "[limits]\njson_depth = 8\n");
    desk.run(&["policy", "adopt", &flat]).ended(0);
    desk.feed(&["submit", "-"], nested(9, "e").to_string()).refused(65, &["nested deeper than 8"]);
    let wrong = desk.file("wrong.toml", "[limits]\njson_depth = 65\n");
    desk.run(&["policy", "check", &wrong]).refused(65, &["line 2: limits.json_depth: is 8 to 64"]);
}
