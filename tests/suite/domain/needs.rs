//! The graph of needs: circles are spelled out, unknown steps named, chains bounded.

use countersign::domain::document::{Limits, read};
use serde_json::Value;

fn submit(edges: &[(&str, &[&str])]) -> Result<(), String> {
    let steps: Vec<Value> = edges
        .iter()
        .map(|(id, needs)| {
            let needs: Vec<Value> = needs.iter().map(|n| serde_json::json!({"step": n})).collect();
            serde_json::json!({"id": id, "action": "x", "needs": needs})
        })
        .collect();
    let document = serde_json::json!({"kind": "plan", "title": "t", "steps": steps});
    read(document.to_string().as_bytes(), &Limits::BUILT_IN).map(|_| ()).map_err(|e| e.to_string())
}

#[test]
fn a_cycle_is_spelled_out() {
    let said = submit(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"])]).unwrap_err();
    assert_eq!(said, "steps: the needs go in a circle: a → b → c → a");
}

#[test]
fn a_cycle_behind_a_tail_is_spelled_without_the_tail() {
    let said = submit(&[("z", &["a"]), ("a", &["b"]), ("b", &["a"])]).unwrap_err();
    assert_eq!(said, "steps: the needs go in a circle: a → b → a");
}

#[test]
fn an_unknown_step_and_a_self_need_are_named() {
    assert_eq!(submit(&[("a", &["q"])]).unwrap_err(), "steps[0].needs[0].step: there is no step q");
    assert_eq!(submit(&[("a", &["a"])]).unwrap_err(), "steps[0].needs[0].step: a needs itself");
}

#[test]
fn a_chain_of_64_is_taken_and_of_65_refused() {
    let chain = |n: usize| {
        let ids: Vec<String> = (0..n).map(|i| format!("s{i}")).collect();
        let needs: Vec<Vec<&str>> =
            (0..n).map(|i| if i == 0 { vec![] } else { vec![ids[i - 1].as_str()] }).collect();
        let edges: Vec<(&str, &[&str])> = (0..n).map(|i| (ids[i].as_str(), needs[i].as_slice())).collect();
        submit(&edges)
    };
    assert!(chain(64).is_ok());
    assert!(chain(65).unwrap_err().contains("a chain of 65 steps; at most 64"));
}

#[test]
fn a_diamond_is_no_cycle() {
    assert!(submit(&[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c"])]).is_ok());
}
