//! Spans and moments in words. Whole minutes: a countdown in seconds is bytes and noise.

use crate::domain::moment::{Moment, Span};

/// A span as `45 s`, `12 min`, `1 h 55 min` or `3 d 4 h`.
pub fn span(span: Span) -> String {
    let minutes = span.minutes();
    match minutes {
        0 => format!("{} s", span.millis() / 1000),
        1..60 => format!("{minutes} min"),
        60..1440 if minutes % 60 == 0 => format!("{} h", minutes / 60),
        60..1440 => format!("{} h {} min", minutes / 60, minutes % 60),
        _ if minutes % 1440 < 60 => format!("{} d", minutes / 1440),
        _ => format!("{} d {} h", minutes / 1440, minutes % 1440 / 60),
    }
}

/// A span for a narrow column: `45s`, `12m`, `1h55`, `3d`.
pub fn short_span(span: Span) -> String {
    let minutes = span.minutes();
    match minutes {
        0 => "<1m".to_owned(),
        1..60 => format!("{minutes}m"),
        60..1440 => format!("{}h{:02}", minutes / 60, minutes % 60),
        _ => format!("{}d", minutes / 1440),
    }
}

/// How long until `at`, or how long it is overdue: `1h55` or `-12m`.
pub fn until(at: Moment, now: Moment) -> String {
    if at > now { short_span(at.since(now)) } else { format!("-{}", short_span(now.since(at))) }
}

/// `12 min ago`, or `just now`.
pub fn ago(at: Moment, now: Moment) -> String {
    match now.since(at) {
        s if s.millis() < 60_000 => "just now".to_owned(),
        s => format!("{} ago", span(s)),
    }
}

/// A moment ahead: `14:30Z` within a day, else with its date.
pub fn clock(at: Moment, now: Moment) -> String {
    if at.since(now) < Span::from_hours(24) { at.hour_and_minute() } else { at.date_and_time() }
}

/// A moment behind: `14:30Z` within a day, else with its date.
pub fn clock_back(at: Moment, now: Moment) -> String {
    if now.since(at) < Span::from_hours(24) { at.hour_and_minute() } else { at.date_and_time() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_in_words() {
        let words = |minutes| span(Span::from_minutes(minutes));
        assert_eq!(
            [words(12), words(60), words(115), words(1440), words(4560)],
            ["12 min", "1 h", "1 h 55 min", "1 d", "3 d 4 h"]
        );
        assert_eq!(span(Span::from_millis(45_000)), "45 s");
        let at = Moment::from_millis(0);
        assert_eq!(until(at, at.plus(Span::from_minutes(12))), "-12m");
        assert_eq!(until(at.plus(Span::from_minutes(115)), at), "1h55");
    }
}
