//! A Prometheus that is asked over HTTP: a real server, as well and as badly behaved as servers are.

use countersign::exchange::prometheus;
use countersign::http;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a server does with one request, whose first line it is given.
pub type Answers = dyn Fn(&str, &mut TcpStream) + Send + Sync;

/// A server on this machine; its address, and the first lines of what it was asked.
pub fn serve(
    answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (heard, answer): (_, Arc<Answers>) = (Arc::clone(&asked), Arc::new(answer));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), heard, answer) = (stream, Arc::clone(&heard), Arc::clone(&answer)) else {
                return;
            };
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().and_then(Result::ok).unwrap_or_default();
                for line in lines.map_while(Result::ok) {
                    if line.is_empty() {
                        break;
                    }
                }
                heard.lock().unwrap().push(first.clone());
                answer(&first, &mut stream);
            });
        }
    });
    (url, asked)
}

pub fn plain(stream: &mut TcpStream, status: &str, body: &str) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}

/// What is found at a server, in words.
fn asks(url: &str, limit: Duration) -> String {
    let query = [("query", "sum(rate(errors{code=~\"5..\"}[1m])) / 2 & more")];
    match http::get(&format!("{url}{}", prometheus::PATH), &query, limit, prometheus::LONGEST) {
        Err(why) => why,
        Ok(answer) => match prometheus::read(answer.status, &answer.body).0 {
            countersign::domain::rollout::Found::Value(amount) => amount.to_string(),
            countersign::domain::rollout::Found::NotANumber => "no number".to_owned(),
            countersign::domain::rollout::Found::Nothing(why) => why.raw().to_owned(),
        },
    }
}

const LONG: Duration = Duration::from_secs(20);

fn vector(values: &[&str]) -> String {
    let series: Vec<String> = values
        .iter()
        .map(|value| format!(r#"{{"metric":{{}},"value":[1435781451.781,"{value}"]}}"#))
        .collect();
    format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}}}"#, series.join(","))
}

#[test]
fn a_server_that_speaks_the_api_is_asked_by_one_get_and_its_number_is_taken() {
    let (url, asked) = serve(|_, stream| plain(stream, "200 OK", &vector(&["0.4"])));
    assert_eq!(asks(&url, LONG), "0.4");
    let asked = asked.lock().unwrap().clone();
    let first = &asked[0];
    assert!(
        first.starts_with("GET /api/v1/query?query=sum(rate(errors%7Bcode") && first.ends_with(" HTTP/1.1"),
        "{first}"
    );
    assert!(
        first.contains("%20%26%20more") || first.contains("+%26+more"),
        "an ampersand is part of the query: {first}"
    );
    assert_eq!(asked.len(), 1);
}

#[test]
fn whatever_else_a_server_does_has_a_name() {
    let answers = |status: &'static str, body: String| serve(move |_, stream| plain(stream, status, &body)).0;
    for (status, body, why) in [
        ("200 OK", vector(&["NaN"]), "no number"),
        ("200 OK", vector(&[]), "the query found nothing"),
        ("200 OK", vector(&["1", "2", "3"]), "the query found 3 series, and not one"),
        (
            "400 Bad Request",
            r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error"}"#.to_owned(),
            "it answered bad_data: 1:5: parse error",
        ),
        (
            "422 Unprocessable",
            r#"{"status":"error","errorType":"execution","error":"too many samples"}"#.to_owned(),
            "it answered execution: too many samples",
        ),
        ("401 Unauthorized", "no".to_owned(), "it answered 401"),
        ("500 Oh", String::new(), "it answered 500"),
        ("200 OK", "<html>hello</html>".to_owned(), "it answered something else than a Prometheus does"),
        (
            "200 OK",
            format!("{{\"x\": \"{}\"}}", "y".repeat(300_000)),
            "its answer is longer than 262144 bytes",
        ),
    ] {
        let said = asks(&answers(status, body), LONG);
        assert!(said.starts_with(why), "{why}: {said}");
    }
    // A redirect is not followed, wherever it leads.
    let (other, asked) = serve(|_, stream| plain(stream, "200 OK", &vector(&["0"])));
    let to = other.clone();
    let (url, _) = serve(move |_, stream| {
        let _ =
            write!(stream, "HTTP/1.1 302 Found\r\nLocation: {to}/api/v1/query\r\nContent-Length: 0\r\n\r\n");
    });
    assert_eq!(asks(&url, LONG), "it answered 302: redirects are not followed");
    assert!(asked.lock().unwrap().is_empty());
    // Without end, without a word, with half a word, with none of HTTP, and not there at all.
    let (url, _) = serve(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b' '; 4096]).is_ok() {}
    });
    assert!(asks(&url, LONG).starts_with("its answer is longer than"));
    let short = Duration::from_millis(300);
    let (url, _) = serve(|_, stream| {
        let mut wait = [0u8; 1];
        let _ = std::io::Read::read(stream, &mut wait);
    });
    assert_eq!(asks(&url, short), "it took longer than 0.3 s");
    let (url, _) = serve(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"status\"");
        let mut wait = [0u8; 1];
        let _ = std::io::Read::read(stream, &mut wait);
    });
    assert_eq!(asks(&url, short), "it took longer than 0.3 s");
    let (url, _) = serve(|_, stream| drop(stream.write_all(b"SSH-2.0-x\r\n")));
    let said = asks(&url, LONG);
    assert!(!said.is_empty() && said.parse::<f64>().is_err(), "{said}");
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = asks(&format!("http://{gone}"), LONG);
    assert!(said.contains("refused"), "{said}");
}
