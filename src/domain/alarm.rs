//! Alarms: what can be wrong with this place as a whole, when that is said, and when it is said again. Each has a subject;
//! its last notice says whether it still holds.

use crate::domain::moment::{Moment, Span};
use crate::domain::notice::{Notice, NoticeKind, Origin};

/// Many requests are late by long.
pub const STUCK: &str = "stuck";
/// Much of what is decided is refused.
pub const REFUSALS: &str = "refusals";
/// More is open than anybody can look at.
pub const OVERLOAD: &str = "overload";
/// The clock jumped.
pub const CLOCK: &str = "clock";

/// What still holds is said again after so long.
pub const SAID_AGAIN: Span = Span::from_hours(24);
/// One subject is not raised again sooner than this after it was raised, however often it comes and goes.
pub const APART: Span = Span::from_hours(1);
/// A channel has failed when one notice did not get through so many times.
pub const FAILED_TRIES: u32 = 3;
/// A share of refusals says nothing of fewer decisions than this.
pub const ENOUGH_DECIDED: u64 = 10;

/// The subject of a channel.
pub fn of_channel(name: &str) -> String {
    format!("channel {name}")
}

/// The channel that a subject is about.
pub fn channel(subject: &str) -> Option<&str> {
    subject.strip_prefix("channel ")
}

/// One alarm that holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// What it is about.
    pub subject: String,
    /// When it was last raised.
    pub since: Moment,
}

/// The alarms that hold, by the notices about this place, oldest first.
pub fn holding(notices: &[Notice], now: Moment) -> Vec<Alarm> {
    let mut out: Vec<Alarm> = Vec::new();
    for notice in notices {
        let Origin::Place(subject) = &notice.origin else { continue };
        out.retain(|alarm| alarm.subject != *subject);
        // A jump is over as soon as it was: it is told for a day.
        let over = subject == CLOCK && now.since(notice.at) >= SAID_AGAIN;
        if notice.kind == NoticeKind::Alarm && !over {
            out.push(Alarm { subject: subject.clone(), since: notice.at });
        }
    }
    out
}

/// What is to be noted of a subject that is wrong, or is not: nothing while it was said already.
pub fn next(notices: &[Notice], subject: &str, wrong: bool, now: Moment) -> Option<Notice> {
    let of = |notice: &&Notice| matches!(&notice.origin, Origin::Place(own) if own == subject);
    let last = notices.iter().rev().find(of);
    let raised = notices.iter().rev().filter(of).find(|notice| notice.kind == NoticeKind::Alarm);
    let ago = |notice: &Notice| now.since(notice.at);
    let kind = match (last.map(|notice| notice.kind), wrong) {
        (Some(NoticeKind::Alarm), true) if last.is_some_and(|last| ago(last) < SAID_AGAIN) => return None,
        (_, true) if raised.is_some_and(|raised| ago(raised) < APART) => return None,
        (_, true) => NoticeKind::Alarm,
        (Some(NoticeKind::Alarm), false) => NoticeKind::Recovery,
        (_, false) => return None,
    };
    Some(Notice::of_place(kind, subject, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Moment {
        Moment::from_millis(1_800_000_000_000).plus(Span::from_minutes(minutes))
    }

    #[test]
    fn an_alarm_is_said_once_a_day_its_end_once_and_no_flapping_is_told() {
        let mut notices = Vec::new();
        let mut told = Vec::new();
        let story = [
            (0, true, true),    // raised
            (5, true, false),   // it holds: said already
            (10, false, true),  // over
            (15, false, false), // still over
            (20, true, false),  // again, too soon
            (61, true, true),   // and it stays
            (61 + 1_439, true, false),
            (61 + 1_440, true, true), // a day later it still holds
            (61 + 1_441, false, true),
        ];
        for (minute, wrong, said) in story {
            let next = next(&notices, STUCK, wrong, at(minute));
            assert_eq!(next.is_some(), said, "minute {minute}");
            told.extend(next.iter().map(|notice| notice.kind.word()));
            notices.extend(next);
        }
        assert_eq!(told, ["alarm", "recovery", "alarm", "alarm", "recovery"]);
        assert_eq!(holding(&notices[..1], at(1)), [Alarm { subject: STUCK.to_owned(), since: at(0) }]);
        assert_eq!(holding(&notices, at(2_000)), []);
    }

    #[test]
    fn a_jump_of_the_clock_is_told_for_a_day() {
        let jump = [Notice::of_place(NoticeKind::Alarm, CLOCK, at(0))];
        assert_eq!(holding(&jump, at(60)).len(), 1);
        assert_eq!(holding(&jump, at(1_440)), []);
    }
}
