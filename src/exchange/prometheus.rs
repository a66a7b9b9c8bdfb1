//! The answer of a Prometheus to an instant query: one number, or a named reason why there is none.

use crate::domain::moment::Moment;
use crate::domain::rollout::{Amount, Found};
use crate::domain::text::Text;
use serde::Deserialize;
use serde_json::Value;

/// The path of the instant query, behind the address of the server.
pub const PATH: &str = "/api/v1/query";
/// The longest answer that is read, in bytes: one number takes some hundred.
pub const LONGEST: u64 = 256 << 10;

#[derive(Deserialize)]
struct Answer {
    status: String,
    data: Option<Data>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    result_type: String,
    result: Value,
}

#[derive(Deserialize)]
struct Series {
    value: Option<(f64, String)>,
    histogram: Option<Value>,
}

fn nothing(why: impl Into<String>) -> (Found, Option<Moment>) {
    (Found::Nothing(Text::new(why)), None)
}

/// What an answer says, and when that was so by the server's clock.
pub fn read(status: u16, body: &[u8]) -> (Found, Option<Moment>) {
    let answer: Option<Answer> = serde_json::from_slice(body).ok();
    match (status, answer) {
        (300..=399, _) => nothing(format!("it answered {status}: redirects are not followed")),
        (_, Some(Answer { status: said, error_type, error, .. })) if said == "error" => {
            let sort = error_type.unwrap_or_else(|| "an error".to_owned());
            nothing(format!("it answered {sort}: {}", error.unwrap_or_default()))
        }
        (200..=299, Some(Answer { status: said, data: Some(data), .. })) if said == "success" => number(data),
        (200..=299, _) => nothing("it answered something else than a Prometheus does"),
        _ => nothing(format!("it answered {status}")),
    }
}

fn number(data: Data) -> (Found, Option<Moment>) {
    let one = match data.result_type.as_str() {
        "scalar" => serde_json::from_value::<(f64, String)>(data.result).ok(),
        "vector" => {
            let Ok(series) = serde_json::from_value::<Vec<Series>>(data.result) else {
                return nothing("it answered something else than a Prometheus does");
            };
            match series.len() {
                0 => return nothing("the query found nothing"),
                1 => match series.into_iter().next() {
                    Some(Series { histogram: Some(_), value: None }) => {
                        return nothing("the query gave a histogram, and not one number");
                    }
                    series => series.and_then(|series| series.value),
                },
                many => {
                    return nothing(format!(
                        "the query found {many} series, and not one: sum() them or choose"
                    ));
                }
            }
        }
        other => return nothing(format!("the query gave a {other}, and not one number")),
    };
    let Some((at, text)) = one else { return nothing("it answered something else than a Prometheus does") };
    // A clock that shows no time of this world is none.
    let when = (at.is_finite() && (0.0..1e11).contains(&at)).then(|| Moment::from_millis((at * 1e3) as i64));
    match text.parse().ok().and_then(Amount::of) {
        Some(amount) => (Found::Value(amount), when),
        None => (Found::NotANumber, when),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str) -> String {
        match read(status, body.as_bytes()).0 {
            Found::Value(amount) => amount.to_string(),
            Found::NotANumber => "no number".to_owned(),
            Found::Nothing(why) => why.raw().to_owned(),
        }
    }

    fn vector(series: &str) -> String {
        format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{series}]}}}}"#)
    }

    #[test]
    fn one_number_or_a_named_reason() {
        let one = r#"{"metric":{"job":"x"},"value":[1435781451.781,"0.4"]}"#;
        let (found, at) = read(200, vector(one).as_bytes());
        assert_eq!((found.value(), at), (Amount::parse("0.4"), Some(Moment::from_millis(1_435_781_451_781))));
        let scalar = r#"{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"12"]}}"#;
        assert_eq!(said(200, scalar), "12");
        assert_eq!(said(200, &vector(&one.replace("0.4", "1e-05"))), "0");
        for odd in ["NaN", "+Inf", "-Inf", "", "many", "1e300"] {
            assert_eq!(said(200, &vector(&one.replace("0.4", odd))), "no number", "{odd}");
        }
        for (status, body, why) in [
            (200, vector(""), "the query found nothing"),
            (
                200,
                vector(&format!("{one},{one}")),
                "the query found 2 series, and not one: sum() them or choose",
            ),
            (
                200,
                vector(r#"{"metric":{},"histogram":[1,{}]}"#),
                "the query gave a histogram, and not one number",
            ),
            (200, scalar.replace("scalar", "matrix"), "the query gave a matrix, and not one number"),
            (
                400,
                r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#.to_owned(),
                "it answered bad_data: parse error",
            ),
            (200, r#"{"status":"error"}"#.to_owned(), "it answered an error: "),
            (502, "<html>".to_owned(), "it answered 502"),
            (503, vector(one), "it answered 503"),
            (302, String::new(), "it answered 302: redirects are not followed"),
            (200, "<html>".to_owned(), "it answered something else than a Prometheus does"),
            (200, r#"{"status":"success"}"#.to_owned(), "it answered something else than a Prometheus does"),
            (200, vector("5"), "it answered something else than a Prometheus does"),
        ] {
            assert_eq!(said(status, &body), why);
        }
        let far = vector(&one.replace("1435781451.781", "1e300"));
        assert_eq!(read(200, far.as_bytes()).1, None);
    }
}
