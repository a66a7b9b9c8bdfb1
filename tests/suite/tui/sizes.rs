//! Every size, from one cell to a wall.

use super::stage::*;
use countersign::tui::Options;
use crossterm::event::Event;

#[test]
fn no_size_is_too_odd_to_draw() {
    let mut list = screen((120, 40));
    let mut detail = screen((80, 24));
    press(&mut detail, "enter");
    read_to_the_end(&mut detail);
    let mut asking = detail.clone();
    press(&mut asking, "A");
    assert!(asking.dialog.is_some());
    type_text(&mut asking, &"many words ".repeat(40));
    let mut help = list.clone();
    press(&mut help, "?");
    let ascii = screen_with((80, 24), Options { ascii: true, no_color: true }, &inbox());
    press(&mut list, "j");
    let mut filter = list.clone();
    press(&mut filter, "/");
    type_text(&mut filter, &"日本語 long words ".repeat(20));
    let mut palette = list.clone();
    press(&mut palette, ":");
    type_text(&mut palette, "re");
    let batch = super::batch::asked((80, 24), "R");
    let mut searching = detail.clone();
    press(&mut searching, "/");
    type_text(&mut searching, &"payments ".repeat(30));
    let mut found = detail.clone();
    press(&mut found, "/");
    type_text(&mut found, "payments");
    press(&mut found, "enter");
    let mut raw = detail.clone();
    press(&mut raw, "x");
    press(&mut raw, "G");
    let mut tab = detail.clone();
    press(&mut tab, "]");
    // A dialog that says what changed, scrolled.
    let mut changed = asking.clone();
    let step = countersign::domain::names::StepId::new("deploy").unwrap();
    let mark = countersign::domain::marks::Mark::Skipped;
    let seen = countersign::domain::command::Seen::Nothing;
    let mark = countersign::domain::command::Command::Mark { steps: vec![step], mark, reason: None, seen };
    countersign::tui::hear::hear(&mut changed, deployment().then("alice", ago(1), &mark).message());
    press(&mut changed, "pgdn");
    let looked_at = super::alike::looked_at((80, 24), Options::default(), &super::alike::forty());
    let mut graph = detail.clone();
    press(&mut graph, "e");
    assert_eq!(graph.subject().unwrap().tab, countersign::present::tabs::Tab::Graph);
    let mut folded = super::graph::looked_at(&super::graph::forty(), (80, 24), Options::default());
    press(&mut folded, "G");
    let mut params = detail.clone();
    press(&mut params, "p");
    let models = [
        &looked_at, &graph, &folded, &params, &list, &detail, &asking, &help, &ascii, &filter, &palette,
        &batch, &searching, &found, &raw, &tab, &changed,
    ];
    let try_at = |model: &countersign::tui::model::Model, width: u16, height: u16| {
        let mut model = model.clone();
        countersign::tui::act::input(&mut model, Event::Resize(width, height));
        let (_, (x, y)) = draw(&model);
        assert!(x < width && y < height, "cursor {x},{y} outside {width}×{height}");
    };
    // All small sizes and a grid over the large ones, each with one of the screens; the edges between layouts with all.
    for width in (1..=300).filter(|w| *w <= 64 || w % 7 == 0) {
        for height in (1..=100).filter(|h| *h <= 20 || h % 9 == 0) {
            try_at(models[usize::from(width * 3 + height) % models.len()], width, height);
        }
    }
    for width in [1, 2, 59, 60, 61, 71, 72, 75, 76, 99, 100, 101, 109, 110, 300] {
        for height in [1, 2, 15, 16, 17, 29, 30, 31, 100] {
            models.iter().for_each(|model| try_at(model, width, height));
        }
    }
}

#[test]
fn a_frame_of_another_size_than_the_model_knows_is_drawn_too() {
    let model = screen((200, 60));
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(33, 7)).unwrap();
    terminal.draw(|frame| countersign::tui::view::view(&model, frame)).unwrap();
}

#[test]
fn at_every_size_the_panes_are_on_the_screen_and_none_covers_another() {
    use countersign::tui::layout::layout;
    for (width, height) in (1..=300u16).flat_map(|width| (1..=100u16).map(move |height| (width, height))) {
        for (in_detail, live) in [false, true].into_iter().flat_map(|d| [0, 1, 3, 99].map(|live| (d, live))) {
            let Some(layout) = layout((width, height), in_detail, live) else {
                assert!(width < 60 || height < 16);
                continue;
            };
            let mut areas = vec![layout.header, layout.status, layout.footer];
            areas.extend(layout.queues.into_iter().chain(layout.side).chain(layout.band));
            assert_eq!(layout.band.is_some(), live > 0, "without a rollout it takes no room");
            assert!(layout.band.is_none_or(|band| !band.intersects(layout.body)));
            let panes = [layout.list, layout.detail];
            areas.extend(panes.into_iter().flatten().flat_map(|pane| [pane.rule, pane.inner]));
            let screen = ratatui::layout::Rect { x: 0, y: 0, width, height };
            for (n, area) in areas.iter().enumerate() {
                assert_eq!(area.intersection(screen), *area, "{width}×{height}");
                assert!(!area.is_empty(), "{width}×{height}: {area:?}");
                for other in &areas[..n] {
                    assert!(area.intersection(*other).is_empty(), "{width}×{height}: {area:?} {other:?}");
                }
            }
            // Nothing is left over either.
            assert_eq!(areas.iter().map(|area| area.area()).sum::<u32>(), screen.area(), "{width}×{height}");
            assert!(layout.list.is_some() || layout.detail.is_some());
            let side_holds_all = layout.side.is_none_or(|side| side.height > 8);
            assert!(side_holds_all, "{width}×{height}");
        }
    }
}
