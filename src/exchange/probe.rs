//! What a probe prints: one JSON object, metric → number, and when that was so.

use crate::domain::moment::Moment;
use crate::domain::names::Identifier;
use crate::domain::rollout::{Amount, Found, Metric, Reading};
use crate::domain::text::Text;
use serde_json::Value;

/// The readings in what a probe printed, one of each of `metrics`. `now` is when it was taken if the probe does not say
/// (`"at"`); nothing is taken later than now.
///
/// # Errors
/// It is no such object; why, as a clause.
pub fn read(
    printed: &str,
    metrics: &[Metric],
    source: &Identifier,
    now: Moment,
) -> Result<Vec<Reading>, String> {
    if printed.trim().is_empty() {
        return Err("it printed nothing".to_owned());
    }
    let object = match serde_json::from_str(printed) {
        Ok(Value::Object(object)) => object,
        _ => return Err("it printed something else than one JSON object".to_owned()),
    };
    let at = match object.get("at") {
        None => now,
        Some(Value::String(text)) => match Moment::parse(text) {
            Some(at) => at.min(now),
            None => return Err("its `at` is no time such as 2026-11-20T14:02:00Z".to_owned()),
        },
        Some(_) => return Err("its `at` is no time such as 2026-11-20T14:02:00Z".to_owned()),
    };
    let found = |metric: Metric| match object.get(metric.word()) {
        None => Found::Nothing(Text::new(format!("it printed no {metric}"))),
        Some(Value::Number(number)) => {
            number.as_f64().and_then(Amount::of).map_or(Found::NotANumber, Found::Value)
        }
        Some(_) => Found::NotANumber,
    };
    let reading =
        |metric: &Metric| Reading { metric: *metric, found: found(*metric), at, source: source.clone() };
    Ok(metrics.iter().map(reading).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_prints_one_object_and_what_it_lacks_is_named() {
        let name = Identifier::new("web").unwrap();
        let now = Moment::parse("2026-11-20T14:02:00Z").unwrap();
        let metrics = [Metric::Tes, Metric::ErrorRate, Metric::Cpu];
        let read = |text: &str| read(text, &metrics, &name, now);
        let readings =
            read(r#"{"tes": 97, "error_rate": "NaN", "other": 5, "at": "2026-11-20T14:01:00Z"}"#).unwrap();
        let found: Vec<_> = readings.iter().map(|reading| reading.found.clone()).collect();
        assert_eq!(found[..2], [Found::Value(Amount::whole(97)), Found::NotANumber]);
        assert_eq!(found[2], Found::Nothing(Text::new("it printed no cpu")));
        assert_eq!(readings[0].at, now.minus(crate::domain::moment::Span::from_minutes(1)));
        let ahead = read(r#"{"at": "2030-01-01T00:00:00Z"}"#).unwrap();
        assert_eq!(ahead[0].at, now, "nothing is measured later than now");
        for (text, why) in [
            (" \n", "nothing"),
            ("5", "one JSON object"),
            ("{\"tes\": NaN}", "one JSON object"),
            ("{} {}", "one JSON object"),
            ("{\"at\": 5}", "`at`"),
            ("{\"at\": \"soon\"}", "`at`"),
        ] {
            assert!(read(text).is_err_and(|said| said.contains(why)), "{text}");
        }
        assert_eq!(read(r#"{"tes": 1e300, "cpu": null}"#).unwrap()[0].found, Found::NotANumber);
    }
}
