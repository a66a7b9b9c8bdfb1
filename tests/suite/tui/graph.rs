//! The graph of a plan: five that never change, and the laws of every other.

use super::stage::*;
use countersign::domain::command::{Command, Seen};
use countersign::domain::marks::Mark;
use countersign::domain::names::StepId;
use countersign::domain::risk::Risk;
use countersign::present::graph::fold::{MOST, fold};
use countersign::present::graph::layout::{HEIGHT, Layout, layout};
use countersign::present::graph::picture::picture;
use countersign::present::graph::{Edge, Graph, Node, State, Stroke};
use countersign::tui::Options;
use countersign::tui::model::Model;
use insta::assert_snapshot;
use serde_json::{Value, json};

fn plan(steps: &Value) -> Told {
    Told::asked(3, "planner", ago(5), json!({"kind": "plan", "title": "A plan", "steps": steps}))
}

fn marked(told: Told, step: &str, mark: Mark) -> Told {
    let steps = vec![StepId::new(step).unwrap()];
    let reason = Some(countersign::domain::text::Text::from("so"));
    told.then("alice", ago(1), &Command::Mark { steps, mark, reason, seen: Seen::Nothing })
}

fn graph(told: &Told) -> Graph {
    Graph::of(&told.request, told.request.content.as_ref().unwrap())
}

/// Steps by name, each with the names it needs; `~` before one is "better with", `?` is optional.
fn steps(list: &[(&str, &[&str])]) -> Value {
    list.iter()
        .map(|(id, needs)| {
            let need = |name: &&str| match name.split_at(1) {
                ("~", rest) => json!({"step": rest, "effect": "enhances"}),
                ("?", rest) => json!({"step": rest, "effect": "optional"}),
                _ => json!({"step": name, "effect": "blocks", "resolution": "skip"}),
            };
            json!({"id": id, "action": "x.y", "needs": needs.iter().map(need).collect::<Vec<_>>()})
        })
        .collect()
}

fn chain() -> Told {
    let mut steps =
        steps(&[("snapshot", &[]), ("mint", &["snapshot"]), ("roll", &["mint"]), ("retire", &["roll"])]);
    steps[2]["risk"] = json!("medium");
    marked(marked(plan(&steps), "snapshot", Mark::Approved), "roll", Mark::Rejected)
}

fn diamond() -> Told {
    let steps = steps(&[
        ("fetch", &[]),
        ("left", &["fetch"]),
        ("right", &["~fetch"]),
        ("join", &["left", "?right", "?fetch"]),
    ]);
    marked(plan(&steps), "right", Mark::Skipped)
}

fn fan() -> Told {
    let mut list: Vec<(String, Vec<String>)> = vec![("plan".to_owned(), Vec::new())];
    list.extend((1..=5).map(|n| (format!("shard-{n}"), vec!["plan".to_owned()])));
    list.push(("merge".to_owned(), (1..=5).map(|n| format!("shard-{n}")).collect()));
    list.push(("publish".to_owned(), vec!["merge".to_owned(), "?plan".to_owned()]));
    plan(&owned(&list))
}

fn owned(list: &[(String, Vec<String>)]) -> Value {
    let needs: Vec<Vec<&str>> =
        list.iter().map(|(_, needs)| needs.iter().map(String::as_str).collect()).collect();
    let list: Vec<(&str, &[&str])> =
        list.iter().zip(&needs).map(|((id, _), needs)| (id.as_str(), needs.as_slice())).collect();
    steps(&list)
}

fn two() -> Told {
    plan(&steps(&[("a1", &[]), ("a2", &["a1"]), ("b1", &[]), ("b2", &["~b1"]), ("b3", &["b1", "b2"])]))
}

/// A chain of twelve, a fan of ten behind it, a chain of seventeen behind that, and one that needs the first.
pub fn forty() -> Told {
    let mut list: Vec<(String, Vec<String>)> = Vec::new();
    for n in 1..=12 {
        list.push((
            format!("prepare-{n:02}"),
            (n > 1).then(|| format!("prepare-{:02}", n - 1)).into_iter().collect(),
        ));
    }
    list.extend((1..=10).map(|n| (format!("copy-{n:02}"), vec!["prepare-12".to_owned()])));
    list.push(("check".to_owned(), (1..=10).map(|n| format!("copy-{n:02}")).collect()));
    for n in 1..=16 {
        let before = if n == 1 { "check".to_owned() } else { format!("tidy-{:02}", n - 1) };
        list.push((format!("tidy-{n:02}"), vec![before]));
    }
    list.push(("tell".to_owned(), vec!["~prepare-01".to_owned(), "tidy-16".to_owned()]));
    plan(&owned(&list))
}

fn five() -> [(&'static str, Told); 5] {
    [
        ("a_chain", chain()),
        ("a_diamond", diamond()),
        ("a_fan", fan()),
        ("two_components", two()),
        ("forty_folded", forty()),
    ]
}

fn drawn(graph: &Graph, ascii: bool) -> String {
    let lines = picture(graph, &layout(graph), None, ascii).lines();
    lines.iter().map(|line| line.to_string()).collect::<Vec<_>>().join("\n")
}

#[test]
fn five_graphs_are_drawn_as_they_were() {
    for (name, told) in five() {
        let graph = fold(&graph(&told), None);
        assert_snapshot!(format!("graph_{name}"), drawn(&graph, false));
        let ascii = drawn(&graph, true);
        assert!(ascii.is_ascii(), "{ascii}");
        assert_snapshot!(format!("graph_{name}_in_ascii"), ascii);
    }
}

/// Every place of a route, in order.
fn places(route: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut out = vec![route[0]];
    for pair in route.windows(2) {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        assert!(x == to_x || y == to_y, "{pair:?} is askew");
        let (mut x, mut y) = (x, y);
        while (x, y) != (to_x, to_y) {
            x = if x < to_x {
                x + 1
            } else if x > to_x {
                x - 1
            } else {
                x
            };
            y = if y < to_y {
                y + 1
            } else if y > to_y {
                y - 1
            } else {
                y
            };
            out.push((x, y));
        }
    }
    out
}

fn holds(graph: &Graph, layout: &Layout) {
    assert_eq!(layout.nodes.len(), graph.nodes.len());
    for (n, node) in layout.nodes.iter().enumerate() {
        assert!(node.x + node.width <= layout.width && node.y + HEIGHT <= layout.height);
        for other in &layout.nodes[..n] {
            let apart = node.x + node.width < other.x || other.x + other.width < node.x;
            assert!(apart || node.y.abs_diff(other.y) >= HEIGHT, "{node:?} {other:?}");
        }
    }
    let mut upright: std::collections::BTreeMap<(usize, usize), (usize, Stroke)> = Default::default();
    let mut level = upright.clone();
    for (edge, route) in graph.edges.iter().zip(&layout.routes) {
        let places = places(route);
        let (from, to) = (layout.nodes[edge.from], layout.nodes[edge.to]);
        let (first, last) = (places[0], places[places.len() - 1]);
        assert!(from.covers(first) && first.1 == from.y + HEIGHT - 1, "{edge:?} leaves its node below");
        assert!(to.covers((last.0, last.1 + 1)) && last.1 + 1 == to.y, "{edge:?} arrives above its node");
        for place in &places[1..] {
            assert!(
                !layout.nodes.iter().any(|node| node.covers(*place)),
                "{edge:?} goes through a node at {place:?}"
            );
            assert!(place.0 < layout.width && place.1 < layout.height);
        }
        // Two lines may cross; they never run along each other unless they come from one node.
        for pair in places.windows(2) {
            let which = if pair[0].0 == pair[1].0 { &mut upright } else { &mut level };
            for place in pair {
                let of = *which.entry(*place).or_insert((edge.from, edge.stroke));
                assert_eq!(of, (edge.from, edge.stroke), "two lines on {place:?}");
            }
        }
    }
}

#[test]
fn no_line_goes_through_a_node_or_along_another_in_the_five() {
    for (_, told) in five() {
        let whole = graph(&told);
        for graph in [fold(&whole, None), whole] {
            holds(&graph, &layout(&graph));
        }
    }
}

/// Plans without a circle, by a seed.
fn random(seed: &mut u64, many: usize) -> Graph {
    let mut next = |below: usize| {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        usize::try_from(*seed % below as u64).unwrap()
    };
    let node = |n: usize| Node {
        steps: vec![StepId::new(format!("s{n}")).unwrap()],
        state: State::Runs,
        risk: Risk::Low,
        mark: Some(Mark::Undecided),
    };
    let mut edges = Vec::new();
    for to in 1..many {
        let mut from: Vec<usize> =
            (0..next(4)).map(|_| if next(3) == 0 { next(to) } else { to - 1 - next(to.min(4)) }).collect();
        from.sort_unstable();
        from.dedup();
        let stroke = [Stroke::Solid, Stroke::Dashed, Stroke::Dotted][next(3)];
        edges.extend(from.into_iter().map(|from| Edge { from, to, stroke }));
    }
    Graph { nodes: (0..many).map(node).collect(), edges }
}

#[test]
fn no_line_goes_through_a_node_or_along_another_in_any() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..300 {
        let graph = random(&mut seed, 1 + round % 60);
        holds(&graph, &layout(&graph));
        let selected = graph.nodes[round % graph.nodes.len()].steps[0].clone();
        let small = fold(&graph, Some(&selected));
        // Nothing is lost, the selected step stands by itself, and no circle has come of it.
        let mut steps: Vec<StepId> = small.nodes.iter().flat_map(|node| node.steps.clone()).collect();
        steps.sort();
        let mut all: Vec<StepId> = graph.nodes.iter().flat_map(|node| node.steps.clone()).collect();
        all.sort();
        assert_eq!(steps, all);
        assert_eq!(small.nodes[small.find(&selected).unwrap()].steps.len(), 1);
        assert!(graph.nodes.len() <= MOST || small.nodes.len() <= MOST + 16, "{} nodes", small.nodes.len());
        let depths = small.depths();
        assert!(small.edges.iter().all(|edge| depths[edge.from] < depths[edge.to]), "a circle");
        holds(&small, &layout(&small));
    }
}

#[test]
fn what_is_needed_stands_above_what_needs_it() {
    let graph = graph(&fan());
    let layout = layout(&graph);
    for edge in &graph.edges {
        assert!(layout.nodes[edge.from].y < layout.nodes[edge.to].y);
    }
}

// On the screen.

pub fn looked_at(told: &Told, size: (u16, u16), options: Options) -> Model {
    let mut model = screen_with(size, options, std::slice::from_ref(told));
    press(&mut model, "enter");
    press(&mut model, "e");
    model
}

fn selected(model: &Model) -> String {
    model.subject().unwrap().graph.selected.as_ref().unwrap().to_string()
}

#[test]
fn the_graph_at_both_sizes_and_in_ascii() {
    for (width, height) in [(120, 40), (80, 24)] {
        let model = looked_at(&fan(), (width, height), Options::default());
        assert_snapshot!(format!("graph_tab_at_{width}_by_{height}"), text(&model));
    }
    let mut model = looked_at(&forty(), (80, 24), Options { ascii: true, no_color: true });
    press(&mut model, "j");
    let frame = text(&model);
    assert!(frame.is_ascii(), "{frame}");
    assert_snapshot!("graph_tab_folded_in_ascii", frame);
}

#[test]
fn the_selection_moves_along_lines_and_enter_goes_to_the_step() {
    for size in [(120, 40), (80, 24)] {
        let mut model = looked_at(&fan(), size, Options::default());
        assert_eq!(selected(&model), "plan");
        press(&mut model, "j");
        assert_eq!(selected(&model), "shard-3", "the one straight below");
        press(&mut model, "h");
        assert_eq!(selected(&model), "shard-2");
        press(&mut model, "l");
        press(&mut model, "l");
        assert_eq!(selected(&model), "shard-4");
        press(&mut model, "j");
        assert_eq!(selected(&model), "merge");
        press(&mut model, "j");
        press(&mut model, "j");
        assert_eq!(selected(&model), "publish", "nothing needs it: it stays there");
        press(&mut model, "k");
        press(&mut model, "k");
        press(&mut model, "k");
        assert_eq!(selected(&model), "plan");
        press(&mut model, "j");
        press(&mut model, "j");
        // The selected node is always in view, with the cursor on it.
        let (buffer, (x, y)) = draw(&model);
        assert_eq!(buffer[(x, y)].symbol(), "▸");
        press(&mut model, "enter");
        let reading = model.subject().unwrap();
        assert_eq!(reading.tab, countersign::present::tabs::Tab::Plan);
        assert!(text(&model).contains(" 7 merge "), "{}", text(&model));
    }
}

#[test]
fn keys_of_the_graph_do_not_leave_the_request_and_those_that_decide_still_ask() {
    let mut model = looked_at(&diamond(), (80, 24), Options::default());
    press(&mut model, "h");
    press(&mut model, "left");
    assert!(model.in_detail);
    press(&mut model, ">");
    press(&mut model, "<");
    press(&mut model, "R");
    assert!(model.dialog.is_some());
    press(&mut model, "esc");
    press(&mut model, "e");
    assert_eq!(model.subject().unwrap().tab, countersign::present::tabs::Tab::Plan);
    press(&mut model, "e");
    press(&mut model, "q");
    assert!(!model.in_detail);
}

#[test]
fn every_node_of_a_folded_graph_can_be_reached() {
    let mut model = looked_at(&forty(), (80, 24), Options::default());
    let mut seen = std::collections::BTreeSet::from([selected(&model)]);
    for _ in 0..60 {
        press(&mut model, "j");
        seen.insert(selected(&model));
        let (buffer, (x, y)) = draw(&model);
        assert_eq!(buffer[(x, y)].symbol(), "▸", "{}", text(&model));
    }
    // The chains opened step by step on the way; the way down is twelve, one copy, the check, sixteen and the end.
    assert_eq!(seen.len(), 12 + 1 + 1 + 16 + 1, "{seen:?}");
}

#[test]
fn there_is_no_graph_of_one_step() {
    let mut model = looked_at(&plan(&steps(&[("one", &[])])), (80, 24), Options::default());
    assert_eq!(model.subject().unwrap().tab, countersign::present::tabs::Tab::Plan);
    assert!(text(&model).contains("there are not two steps, so nothing to draw between them"));
    press(&mut model, "p");
    assert!(text(&model).contains("no step has parameters"));
    press(&mut model, "b");
    assert!(text(&model).contains("it has one revision: nothing changed"));
}

#[test]
fn parameters_stand_in_a_table_by_step_and_by_key() {
    for (width, height) in [(120, 40), (80, 24)] {
        let mut list = steps(&[("a", &[]), ("b", &[]), ("c", &[]), ("d", &[])]);
        for (n, owner) in ["mail", "mail", "ma\u{202e}il", "mail"].iter().enumerate() {
            list[n]["params"] = json!({"owner": owner, "count": n * 10});
        }
        list[1]["params"]["body"] = json!("long ".repeat(60));
        let mut model = screen_with((width, height), Options::default(), &[plan(&list)]);
        press(&mut model, "enter");
        press(&mut model, "p");
        assert_snapshot!(format!("params_by_step_at_{width}_by_{height}"), text(&model));
        press(&mut model, "p");
        assert_snapshot!(format!("params_by_key_at_{width}_by_{height}"), text(&model));
        let frame = text(&model);
        assert_eq!(frame.matches('≠').count(), 2, "the heading and the one that departs: {frame}");
        press(&mut model, "f");
        assert!(!text(&model).contains("folded"), "{}", text(&model));
    }
}

#[test]
fn what_changed_is_said_in_three_ways() {
    let of = |many: u64, run: &str| {
        let mut list = steps(&[("roll", &[]), ("tell", &["roll"])]);
        list[0]["params"] = json!({"max_unavailable": many});
        list[0]["run"] = json!(["/usr/bin/roll", run]);
        json!({"kind": "plan", "title": "A plan", "steps": list})
    };
    let asked = Told::asked(3, "planner", ago(5), of(1, "--slow"));
    let content = countersign::domain::document::read(
        of(2, "--all").to_string().as_bytes(),
        &countersign::domain::document::Limits::BUILT_IN,
    );
    let told =
        asked.then("planner", ago(2), &Command::Revise { content: Box::new(content.unwrap().content) });
    for (width, height) in [(120, 40), (80, 24)] {
        let mut model = screen_with((width, height), Options::default(), std::slice::from_ref(&told));
        press(&mut model, "enter");
        for way in ["words", "unified", "beside"] {
            press(&mut model, "b");
            assert_snapshot!(format!("changes_{way}_at_{width}_by_{height}"), text(&model));
        }
    }
}
