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
    let widths = (1..=300).filter(|w| *w < 130 || w % 17 == 0);
    for width in widths {
        for height in (1..=100).filter(|h| *h < 45 || h % 11 == 0) {
            for model in [&list, &detail, &asking, &help, &ascii] {
                // Few of the very wide ones: wrapping is the same there.
                if width > 90 && height % 3 != 0 {
                    continue;
                }
                let mut model = model.clone();
                countersign::tui::act::input(&mut model, Event::Resize(width, height));
                let (_, (x, y)) = draw(&model);
                assert!(x < width && y < height, "cursor {x},{y} outside {width}×{height}");
            }
        }
    }
}

#[test]
fn a_frame_of_another_size_than_the_model_knows_is_drawn_too() {
    let model = screen((200, 60));
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(33, 7)).unwrap();
    terminal.draw(|frame| countersign::tui::view::view(&model, frame)).unwrap();
}
