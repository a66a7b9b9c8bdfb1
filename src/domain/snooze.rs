//! Putting a request out of one's own sight until later. It decides nothing, moves no deadline, and holds for nobody else.
//!
//! It ends when the time is up, when its author says so, and when something happens to the request that calls for a
//! reviewer: another revision, a higher level, it waits again after changes, or a sign-off counts no longer.

use crate::domain::event::Fact;
use crate::domain::filter::span;
use crate::domain::invalid::Invalid;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::PrincipalName;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;

/// How far ahead a snooze reaches at most: what is put off for longer is better rejected or reassigned.
pub const LONGEST: Span = Span::from_hours(7 * 24);
/// When a day begins for whoever says `tomorrow`, in UTC as every time that is shown.
const MORNING: (u32, u32) = (8, 0);
/// What is asked for most often, as it is typed.
pub const QUICK: [&str; 3] = ["30m", "2h", "tomorrow"];

/// What is recorded when `name` asks for it at `now`.
///
/// # Errors
/// A time that is not ahead, or too far ahead; nothing to end.
pub fn fact(
    request: &Request,
    name: &PrincipalName,
    until: Option<Moment>,
    now: Moment,
) -> Result<Fact, Refusal> {
    let wrong = |why: String| Err(Refusal::Invalid(Invalid::new("until", why)));
    match until {
        None if request.snoozed_by(name, now).is_none() => {
            Err(Refusal::NotNow { id: request.id, why: format!("{name} has not put it off") })
        }
        None => Ok(Fact::SnoozeEnded {}),
        Some(until) if until <= now => {
            wrong(format!("{} is not ahead; it is {}", until.date_and_time(), now.date_and_time()))
        }
        Some(until) if until > now.plus(LONGEST) => {
            wrong(format!("{} is more than 7 days ahead", until.date_and_time()))
        }
        Some(until) => Ok(Fact::Snoozed { until }),
    }
}

/// Reads what somebody types: `30m`, `2h`, `1d`, `tomorrow`, `14:30` (the next one, UTC), or an RFC 3339 time.
///
/// # Errors
/// What can be typed.
pub fn until(text: &str, now: Moment) -> Result<Moment, String> {
    let text = text.trim();
    if text == "tomorrow" {
        // The first morning that is at least four hours off: after midnight that is still the same night's.
        let morning = now.plus(Span::from_hours(4)).next(MORNING.0, MORNING.1);
        return morning.ok_or_else(|| "there is no tomorrow on this clock".to_owned());
    }
    if let Some(span) = span(text).filter(|span| *span > Span::ZERO) {
        return Ok(now.plus(span));
    }
    let hour_and_minute = text.trim_end_matches('Z').split_once(':').and_then(|(hour, minute)| {
        let two = |digits: &str| digits.len() == 2 && digits.bytes().all(|c| c.is_ascii_digit());
        let (hour, minute) = (two(hour).then_some(hour)?, two(minute).then_some(minute)?);
        now.next(hour.parse().ok()?, minute.parse().ok()?)
    });
    hour_and_minute.or_else(|| Moment::parse(text)).ok_or_else(|| {
        "a span (30m, 2h, 1d), tomorrow, HH:MM in UTC, or a time like 2027-01-15T08:00:00Z".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_a_time_ahead() {
        let now = Moment::parse("2027-01-15T14:10:00Z").unwrap();
        let read = |text| until(text, now).map(Moment::date_and_time);
        let at = |text: &str| Ok(text.to_owned());
        assert_eq!(read("30m"), at("2027-01-15 14:40:00Z"));
        assert_eq!(read(" 2h "), at("2027-01-15 16:10:00Z"));
        assert_eq!(read("1d"), at("2027-01-16 14:10:00Z"));
        assert_eq!(read("14:30"), at("2027-01-15 14:30:00Z"));
        assert_eq!(read("14:10Z"), at("2027-01-16 14:10:00Z"));
        assert_eq!(read("09:00"), at("2027-01-16 09:00:00Z"));
        assert_eq!(read("tomorrow"), at("2027-01-16 08:00:00Z"));
        assert_eq!(read("2027-01-15T18:00:00+02:00"), at("2027-01-15 16:00:00Z"));
        for wrong in ["", "0m", "-3h", "soon", "25:00", "14:60", "1:2", "2027-01-15", "14:30:00", "９m"] {
            assert!(read(wrong).is_err(), "{wrong}: {:?}", read(wrong));
        }
        for quick in QUICK {
            assert!(until(quick, now).unwrap() > now, "{quick}");
        }
        let night = Moment::parse("2027-01-16T01:00:00Z").unwrap();
        assert_eq!(until("tomorrow", night).unwrap().date_and_time(), "2027-01-16 08:00:00Z");
    }
}
