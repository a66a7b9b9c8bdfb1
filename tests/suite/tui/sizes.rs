//! Every size, from one cell to a wall.

use super::stage::*;
use countersign::tui::Options;
use crossterm::event::Event;

#[test]
fn no_size_is_too_odd_to_draw() {
    let mut list = screen((120, 40));
    let mut detail = screen((80, 24));
    press(&mut detail, "enter");
    let mut asking = detail.clone();
    press(&mut asking, "A");
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
    let models = [&list, &detail, &asking, &help, &ascii, &filter, &palette, &batch];
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
