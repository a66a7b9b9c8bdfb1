//! Keeping time and telling: the watcher as it is run, the files other programs look at, commands, mail and webhooks.

use super::{Desk, HOUR, Ran, gate, until};
use countersign::domain::digest::{hex, hmac};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const MINUTE: i64 = 60_000;
const KEY: &str = "a key that both sides know";

/// A desk with these channels in its settings.
fn desk_with(channels: &str) -> Desk {
    let desk = Desk::new();
    settings(&desk, channels);
    desk
}

fn settings(desk: &Desk, channels: &str) {
    let dir = desk.home().join(".config/countersign");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("config.toml"), channels).unwrap();
}

/// A directory that only its owner can write to.
fn outgoing(desk: &Desk) -> PathBuf {
    let dir = desk.path("outgoing");
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

fn flag(desk: &Desk) -> String {
    format!("[[channel]]\nname = \"calyx\"\nkind = \"flag\"\ndir = {:?}\n", outgoing(desk))
}

/// A command that appends what it reads to a file.
fn appending(name: &str, file: &std::path::Path) -> String {
    format!(
        "[[channel]]\nname = \"{name}\"\nkind = \"exec\"\ncommand = [\"/usr/bin/tee\", \"-a\", {file:?}]\n"
    )
}

fn high(reference: &str) -> Value {
    json!({"kind": "gate", "title": "Drop the index orders_idx", "by": "planner", "ref": reference, "risk": "high"})
}

/// What a channel has written, one JSON object a line.
fn told(file: &std::path::Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_kind<'a>(told: &'a [Value], kind: &str) -> Vec<&'a Value> {
    told.iter().filter(|notice| notice["notice"] == kind).collect()
}

#[test]
fn what_was_said_comes_true_is_told_and_stops_when_it_is_decided() {
    let desk = Desk::new();
    let page = desk.path("page.jsonl");
    settings(&desk, &format!("{}{}", flag(&desk), appending("pager", &page)));
    desk.submit(&high("drop"));
    desk.run_later(5 * MINUTE, &["show", "R-1"])
        .ended(0)
        .said(&["If nobody acts: in 1 h 54 min this escalates to lead; in 3 h 54 min it expires."]);
    desk.run_later(5 * MINUTE, &["watch", "--once"]).ended(0).said(&["1 notice"]);
    let then = 2 * HOUR + MINUTE;
    let said = desk.run_later(then, &["watch", "--once"]).ended(0);
    assert_eq!(said.out, "R-1 escalated to lead; 1 notice\n", "{said}");
    assert_eq!(desk.run_later(then, &["watch", "--once"]).ended(0).out, "nothing due\n");
    desk.run_later(then, &["check"]).ended(1).said(&["1 waits for you"]);
    let shown: Value =
        serde_json::from_str(&std::fs::read_to_string(outgoing(&desk).join("APPROVAL_NEEDED.flag")).unwrap())
            .unwrap();
    assert_eq!(
        (shown["details"]["request"].as_str(), shown["status"].as_str()),
        (Some("R-1"), Some("pending"))
    );
    // Ids and counts: nothing of what the producer wrote is anywhere.
    let all = std::fs::read_to_string(&page).unwrap();
    assert!(!all.contains("orders_idx") && !shown.to_string().contains("orders_idx"), "{all}");
    let notices = told(&page);
    assert_eq!(of_kind(&notices, "escalation")[0]["to"], "role:lead");
    assert_eq!(of_kind(&notices, "approval").len(), 1);
    desk.run_later(then, &["approve", "R-1", "--reason", "fine"]).ended(0);
    desk.run_later(then, &["watch", "--once"]).ended(0);
    desk.run_later(then, &["check"]).ended(0);
    assert!(!outgoing(&desk).join("APPROVAL_NEEDED.flag").exists(), "nothing waits any more");
    assert_eq!(told(&page).len(), 2, "who has decided is not called again");
    desk.run(&["audit", "verify"]).ended(0);
    desk.run(&["rebuild"]).ended(0);
    assert_eq!(
        desk.run_later(then, &["watch", "--once"]).ended(0).out,
        "nothing due\n",
        "rebuilding tells nothing anew"
    );
}

#[test]
fn somebody_raises_it_and_passes_it_on_by_name() {
    let desk = Desk::new();
    desk.submit(&high("drop"));
    desk.run(&["escalate", "R-1"]).refused(1, &["a reason is required to escalate"]);
    desk.run(&["reassign", "R-1", "--to", "planner"]).refused(1, &["cannot be given to planner"]);
    desk.run(&["reassign", "R-1", "--to", "Not A Name"]).refused(2, &["--to"]);
    desk.run(&["reassign", "R-1", "--to", "carol", "--reason", "she knows it"])
        .ended(0)
        .said(&["gave it to carol"]);
    desk.run(&["escalate", "R-1", "--reason", "tonight"]).ended(0).said(&["escalated it to lead (level 1)"]);
    desk.run(&["escalate", "R-1", "--reason", "again"]).refused(1, &["at the top of its chain", "lead"]);
    let shown = desk.shown("R-1");
    assert_eq!(
        (&shown["state"], &shown["level"], &shown["assigned"]),
        (&json!("escalated"), &json!(1), &json!("role:lead"))
    );
    assert_eq!(shown["assignments"][0]["to"], "name:carol");
    desk.run(&["show", "R-1"]).ended(0).said(&["assigned", "to lead, raised by", "before that carol"]);
    desk.run(&["list", "--json"]).ended(0).said(&["\"if_nobody_acts\"", "\"ahead\""]);
}

#[test]
fn the_files_are_what_calyx_reads_most_urgent_first_and_the_record_behind() {
    let desk = Desk::new();
    settings(&desk, &flag(&desk));
    let calyx = json!({"kind": "promotion", "title": "To 25 %", "by": "calyx", "tiers": [25], "risk": "medium",
        "labels": {"lease": "LEASE-20261120-073516", "intent": "INT-20251026-002"}});
    desk.submit(&gate("planner", "small"));
    desk.submit(&calyx);
    desk.submit(&high("drop"));
    desk.run(&["reject", "R-1", "--reason", "no"]).ended(0);
    desk.run(&["watch", "--once"]).ended(0);
    let pending = outgoing(&desk).join("pending_approvals.json");
    let list: Value = serde_json::from_str(&std::fs::read_to_string(&pending).unwrap()).unwrap();
    let row = |n: usize, key: &str| list[n][key].as_str().unwrap_or_default().to_owned();
    assert_eq!([row(0, "lease_id"), row(0, "status")], ["R-3", "pending"], "critical first: {list}");
    assert_eq!(
        [row(1, "lease_id"), row(1, "intent_id"), row(1, "request_type")],
        ["LEASE-20261120-073516", "INT-20251026-002", "promotion"]
    );
    assert_eq!(list[1]["details"]["to_tier"], 25);
    assert_eq!([row(2, "status"), row(2, "rejection_reason")], ["rejected", "rejected"]);
    assert!(list[2]["rejected_by"].is_string() && list.as_array().unwrap().len() == 3);
    // As the samples have them: the same keys, times with an offset, two blanks of indentation.
    let keys: BTreeSet<&str> = list[1].as_object().unwrap().keys().map(String::as_str).collect();
    let sample =
        ["action_required", "details", "intent_id", "lease_id", "request_type", "status", "timestamp"];
    assert_eq!(keys, sample.into_iter().collect());
    assert!(row(0, "timestamp").ends_with("+00:00"), "{list}");
    // And our own importer takes what Calyx could have written.
    let own = desk.file("own.json", json!([list[1]]).to_string());
    let other = Desk::new();
    other.run(&["import", "calyx-pending", &own]).ended(0);
    assert_eq!(other.shown("R-1")["kind"], "promotion");
    // A directory that everybody can write to is not used, and that is said.
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(outgoing(&desk), std::fs::Permissions::from_mode(0o777)).unwrap();
    desk.run(&["check"]).ended(1).complained(&["channel calyx", "chmod o-w"]);
}

#[test]
fn the_text_is_opened_by_the_policy_and_by_nothing_else() {
    let desk = Desk::new();
    let page = desk.path("page.jsonl");
    settings(&desk, &appending("pager", &page));
    let policy = desk.file("policy.toml", "[notices]\ntext = true\n");
    desk.run(&["policy", "adopt", &policy]).ended(0);
    desk.submit(&high("drop"));
    desk.run(&["watch", "--once"]).ended(0);
    assert_eq!(told(&page)[0]["title"], "Drop the index orders_idx");
}

#[test]
fn mail_goes_through_a_command_with_its_headers_and_the_id() {
    let desk = Desk::new();
    let box_ = desk.path("mail");
    settings(
        &desk,
        &format!(
            "[[channel]]\nname = \"mail\"\nkind = \"mail\"\nfrom = \"gate@example.org\"\nto = \"oncall@example.org\"\n\
             command = [\"/usr/bin/tee\", \"-a\", {box_:?}]\n"
        ),
    );
    desk.run(&["notify", "test", "mail"]).ended(0).said(&["it arrived"]);
    desk.submit(&high("drop"));
    desk.run(&["watch", "--once"]).ended(0).said(&["1 notice"]);
    let mail = std::fs::read_to_string(&box_).unwrap();
    for line in
        ["To: oncall@example.org", "Auto-Submitted: auto-generated", "R-1 (gate, high) waits for a decision"]
    {
        assert!(mail.contains(line), "{line}: {mail}");
    }
    assert!(!mail.contains("orders_idx"));
}

#[test]
fn who_caused_it_is_not_told_and_who_is_not_meant_neither() {
    let desk = Desk::new();
    let (all, leads) = (desk.path("all"), desk.path("leads"));
    settings(
        &desk,
        &format!(
            "{}{}readers = [\"lead\"]\nonly = [\"escalation\"]\n",
            appending("all", &all),
            appending("leads", &leads)
        ),
    );
    desk.submit(&json!({"kind": "gate", "title": "My own"}));
    desk.submit(&high("drop"));
    desk.run(&["watch", "--once"]).ended(0);
    let requests: Vec<Value> = told(&all).iter().map(|notice| notice["request"].clone()).collect();
    assert_eq!(requests, ["R-2"], "one's own request waits for somebody else");
    desk.run(&["escalate", "R-2", "--reason", "now"]).ended(0);
    desk.run(&["watch", "--once"]).ended(0);
    assert_eq!(told(&all).len(), 1, "whoever raised it knows");
    assert_eq!(told(&leads).len(), 1, "the leads do not");
}

#[test]
fn a_channel_that_fails_is_loud_waits_longer_each_time_and_catches_up() {
    let desk = desk_with("[[channel]]\nname = \"pager\"\nkind = \"exec\"\ncommand = [\"/bin/false\"]\n");
    desk.submit(&high("drop"));
    let ran =
        desk.run(&["watch", "--once"]).ended(0).complained(&["R-1 approval through pager: FAILED", "exit 1"]);
    assert_eq!(ran.out, "nothing due\n");
    desk.run(&["doctor"]).ended(5).said(&["ILL   channel", "pager: 1 wait", "notify test"]);
    desk.run(&["notify", "test", "pager"]).refused(74, &["pager: exit 1"]);
    desk.run(&["notify", "test", "nobody"]).refused(74, &["there is no channel nobody; known: pager"]);
    // Not at once again; then it works, and what waited goes out.
    let page = desk.path("page");
    settings(&desk, &appending("pager", &page));
    assert_eq!(desk.run(&["watch", "--once"]).ended(0).out, "nothing due\n");
    desk.run_later(10_000, &["watch", "--once"]).ended(0).said(&["1 notice"]);
    desk.run_later(10_000, &["doctor"]).ended(0);
}

#[test]
fn one_keeps_time_and_the_second_is_told_who() {
    let desk = desk_with("");
    desk.submit(&gate("planner", "g"));
    desk.run(&["doctor"]).ended(0).said(&["nobody keeps time"]);
    let mut first = desk.start_waiting(&mut desk.command(&["watch"]));
    assert_eq!(first.line(), "keeping time; Ctrl-C ends it");
    let process = first.child.id().to_string();
    desk.run(&["watch"]).refused(75, &["a watcher keeps time already", &process]);
    desk.run(&["watch", "--once"]).ended(0).said(&["keeps time already", &process]);
    desk.run(&["doctor"]).ended(0).said(&["a watcher, process", &process]);
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    // The lock of a dead one is free, and the log numbers them.
    let mut second = desk.start_waiting(&mut desk.command(&["watch"]));
    second.line();
    let log = desk.run(&["log"]).ended(0);
    assert!(log.out.contains("watcher 1, process") && log.out.contains("watcher 2, process"), "{log}");
    second.child.kill().unwrap();
    second.child.wait().unwrap();
    desk.run(&["audit", "verify"]).ended(0);
    desk.run(&["rebuild"]).ended(0);
}

#[test]
fn a_watcher_wakes_for_the_bell_and_acts() {
    let desk = Desk::new();
    let page = desk.path("page");
    settings(&desk, &format!("{}{}", flag(&desk), appending("pager", &page)));
    let mut watch = desk.start_waiting(&mut desk.command(&["watch"]));
    watch.line();
    desk.submit(&high("drop"));
    until("the flag is up", || outgoing(&desk).join("APPROVAL_NEEDED.flag").exists());
    until("the page went out", || told(&page).len() == 1);
    desk.run(&["reject", "R-1", "--reason", "no"]).ended(0);
    until("the flag is down", || !outgoing(&desk).join("APPROVAL_NEEDED.flag").exists());
    assert!(watch.is_still_there());
    watch.child.kill().unwrap();
    watch.child.wait().unwrap();
}

#[test]
fn a_clock_that_jumps_ahead_escalates_and_expires_and_starts_nothing() {
    let desk = Desk::new();
    desk.submit(&high("a"));
    desk.submit(&super::plan("planner", "p"));
    desk.run(&["approve", "R-2"]).ended(0);
    desk.run_later(12 * 365 * 24 * HOUR, &["watch", "--once"]).ended(0).said(&["R-1 expired", "R-2 lapsed"]);
    assert_eq!(desk.shown("R-2")["execution"], "lapsed");
    let log = desk.run(&["log", "--json", "--limit", "500"]).ended(0).out;
    assert!(!log.contains("execution.started") && log.contains("request.escalated"));
    // Set right again, nothing comes back.
    assert_eq!(desk.run(&["watch", "--once"]).ended(0).out, "nothing due\n");
    assert_eq!(desk.shown("R-1")["state"], "expired");
}

/// One POST as it came in.
#[derive(Clone, Debug)]
struct Post {
    id: String,
    signature: String,
    timestamp: String,
    body: String,
}

/// A real HTTP server of a few lines, which counts.
struct Server {
    port: u16,
    posts: Arc<Mutex<Vec<Post>>>,
    answer: Arc<AtomicU16>,
    slow_ms: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            posts: Arc::default(),
            answer: Arc::new(AtomicU16::new(204)),
            slow_ms: Arc::default(),
        };
        let (posts, answer, slow) = (server.posts.clone(), server.answer.clone(), server.slow_ms.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (posts, answer, slow) = (posts.clone(), answer.clone(), slow.clone());
                std::thread::spawn(move || drop(serve(stream.unwrap(), &posts, &answer, &slow)));
            }
        });
        server
    }

    fn channel(&self, desk: &Desk) -> String {
        use std::os::unix::fs::PermissionsExt;
        let key = desk.path("hook.key");
        std::fs::write(&key, format!("{KEY}\n")).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        format!(
            "[[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{}/in\"\nsecret_file = {key:?}\n",
            self.port
        )
    }

    fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    posts: &Mutex<Vec<Post>>,
    answer: &AtomicU16,
    slow: &AtomicUsize,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(()); // cut off before it was whole: nothing arrived
        }
        if line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap();
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
    // It counts before it answers, as a receiver does that acts and is cut off then.
    posts.lock().unwrap().push(Post {
        id: header("x-countersign-notice"),
        signature: header("x-countersign-signature"),
        timestamp: header("x-countersign-timestamp"),
        body: String::from_utf8(body).unwrap(),
    });
    std::thread::sleep(std::time::Duration::from_millis(slow.load(Ordering::SeqCst) as u64));
    let code = answer.load(Ordering::SeqCst);
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {code} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

#[test]
fn a_webhook_is_signed_tried_again_and_never_redirected() {
    let desk = Desk::new();
    let server = Server::start();
    settings(&desk, &server.channel(&desk));
    desk.run(&["notify", "test", "hook"]).ended(0);
    desk.submit(&high("drop"));
    server.answer.store(503, Ordering::SeqCst);
    desk.run(&["watch", "--once"]).ended(0).complained(&["it answered 503"]);
    server.answer.store(302, Ordering::SeqCst);
    desk.run_later(6_000, &["watch", "--once"]).ended(0).complained(&["it answered 302"]);
    server.answer.store(204, Ordering::SeqCst);
    desk.run_later(30_000, &["watch", "--once"]).ended(0).said(&["1 notice"]);
    let posts = server.posts();
    assert_eq!(posts.len(), 4, "{posts:?}");
    for post in &posts {
        let code = hex(&hmac(KEY.as_bytes(), format!("{}.{}", post.timestamp, post.body).as_bytes()));
        assert_eq!(post.signature, format!("v1={code}"));
        let body: Value = serde_json::from_str(&post.body).unwrap();
        assert_eq!(body["id"], post.id.as_str(), "the id stands in both");
    }
    let ids: BTreeSet<&String> = posts[1..].iter().map(|post| &post.id).collect();
    assert_eq!(ids.len(), 1, "every try is the same notice");
    // A key that others can read signs nothing.
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(desk.path("hook.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    desk.run(&["notify", "test", "hook"]).refused(74, &["others can read its key", "chmod go-rwx"]);
}

#[test]
fn however_often_the_watcher_is_killed_every_notice_arrives_and_twice_under_one_id() {
    let desk = Desk::new();
    let server = Server::start();
    settings(&desk, &server.channel(&desk));
    server.slow_ms.store(3, Ordering::SeqCst);
    let kills = 100 * crate::faults::scale().min(5);
    let each = 3;
    let mut asked = 0;
    for kill in 0..kills {
        let documents: String = (0..each).map(|n| format!("{}\n", high(&format!("k-{kill}-{n}")))).collect();
        desk.feed(&["submit", "-"], documents).ended(0);
        asked += each;
        let before = server.posts().len();
        let mut watch = desk.command(&["watch"]).stdout(std::process::Stdio::null()).spawn().unwrap();
        // Killed while it sends: after another number of posts each time.
        until("it sends", || server.posts().len() > before + kill % each);
        watch.kill().unwrap();
        watch.wait().unwrap();
    }
    let finish = |ran: Ran| ran.ended(0);
    finish(desk.run(&["watch", "--once"]));
    let mut by_request: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for post in server.posts() {
        let body: Value = serde_json::from_str(&post.body).unwrap();
        assert_eq!(body["notice"], "approval");
        by_request.entry(body["request"].as_str().unwrap().to_owned()).or_default().insert(post.id);
    }
    assert_eq!(by_request.len(), asked, "nothing was missed");
    assert!(by_request.values().all(|ids| ids.len() == 1), "a second time is told from another one");
    desk.run(&["audit", "verify"]).ended(0);
}
