//! Pages of their own: looking back, what one leaves open, the numbers. They cover the list and decide nothing.

use super::stage::*;
use countersign::present::line::Line;
use countersign::tui::action::{Effect, Page};
use countersign::tui::hear::{Message, hear};

#[test]
fn a_page_is_asked_for_by_its_key_read_and_closed() {
    let mut model = screen((80, 24));
    for (key, page) in [("w", Page::Since), ("o", Page::Handoff), ("%", Page::Stats)] {
        assert_eq!(press(&mut model, key), [Effect::Look(page)]);
        let lines: Vec<Line> = (0..60).map(|n| Line::plain(format!("line {n}"))).collect();
        hear(&mut model, Message::Look(page, lines));
        model.frame_shown();
        let shown = text(&model);
        assert!(
            shown.contains(page.title()) && shown.contains("line 0") && !shown.contains("R-1042"),
            "{shown}"
        );
        press(&mut model, "pgdn");
        assert!(text(&model).contains("line 25"), "{}", text(&model));
        press(&mut model, "G");
        assert!(text(&model).contains("line 59"), "{}", text(&model));
        assert!(
            press(&mut model, "A").is_empty() && model.dialog.is_none(),
            "nothing is decided through a page"
        );
        press(&mut model, "esc");
        assert!(text(&model).contains("R-1042") && model.page.is_none(), "{}", text(&model));
    }
}

#[test]
fn who_comes_back_is_told_in_one_line() {
    let mut model = screen((80, 24));
    hear(&mut model, Message::CameBack(Line::plain("Since you were here, 12 h ago: 4 arrived")));
    assert!(text(&model).contains("Since you were here, 12 h ago: 4 arrived"), "{}", text(&model));
}
