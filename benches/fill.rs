//! Stores with very many requests, made through the store's own write path in large transactions, and kept.

use countersign::app::{App, Clock, Place};
use countersign::domain::command::{Command, Seen};
use countersign::domain::decide::OnSameReference;
use countersign::domain::document::{Document, Limits, from_value};
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::{PrincipalName, RequestId};
use countersign::domain::principal::{Caller, Face};
use countersign::domain::text::Text;
use countersign::store::Store;
use countersign::store::failure::Failure;
use countersign::store::open::Birth;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Where stores are kept between runs.
pub fn kept() -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&dir).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700)).unwrap();
    dir
}

/// How many requests the large store holds.
pub fn large() -> u64 {
    std::env::var("COUNTERSIGN_BENCH_LARGE").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000)
}

/// How many are written in one transaction.
const AT_ONCE: u64 = 2_000;
/// Kept stores age: requests in them become due. An older one is made anew.
const FRESH: Duration = Duration::from_secs(5 * 24 * 3600);
/// So that nothing becomes due meanwhile, and no screen that is measured writes reminders.
const POLICY: &str = "[[rule]]\nname = \"of the bench\"\nkind = [\"plan\", \"gate\"]\nslots = [{ kind = \"human\" }]\n\
    remind = \"20d\"\nescalate = \"25d\"\nexpire = \"30d\"\n";

/// A store of `count` requests of which every tenth, the newest, is open.
pub fn store(count: u64) -> PathBuf {
    let path = kept().join(format!("{count}.db"));
    let age = std::fs::metadata(&path).and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
    let done = kept().join(format!("{count}.done"));
    if done.exists() && age.is_some_and(|age| age < FRESH) {
        if !is_of_this_form(&path) {
            // Opened once, its tables are made anew from the log: a fraction of asking for all of it again.
            let started = Instant::now();
            drop(app(&path));
            checkpoint(&path);
            eprintln!("brought a store of {count} requests up in {:.0} s", started.elapsed().as_secs_f64());
        }
        return path;
    }
    for ending in ["", "-wal", "-shm", ".bell", ".lock"] {
        let _ = std::fs::remove_file(kept().join(format!("{count}.db{ending}")));
    }
    let _ = std::fs::remove_file(&done);
    let started = Instant::now();
    fill(&path, count);
    std::fs::write(&done, "").unwrap();
    eprintln!("made a store of {count} requests in {:.0} s", started.elapsed().as_secs_f64());
    path
}

/// Whether it was made with the tables this program has: opening it must not be what is measured.
fn is_of_this_form(path: &Path) -> bool {
    let form = rusqlite::Connection::open(path)
        .and_then(|conn| conn.query_row("PRAGMA user_version", [], |row| row.get::<_, i32>(0)));
    form.is_ok_and(|form| form == countersign::store::hygiene::FORM)
}

/// A copy of a store, to be written to.
pub fn copy(of: &Path, name: &str) -> PathBuf {
    let to = kept().join(name);
    for ending in ["-wal", "-shm", ".bell", ".lock"] {
        let _ = std::fs::remove_file(format!("{}{ending}", to.display()));
    }
    checkpoint(of);
    std::fs::copy(of, &to).unwrap();
    // Gigabytes that are still on their way to the disk are not what the first commits should wait for.
    std::fs::File::open(&to).and_then(|file| file.sync_all()).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600)).unwrap();
    to
}

/// Brings everything into the one file.
pub fn checkpoint(path: &Path) {
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

/// The program on a store, in the host's time.
pub fn app(path: &Path) -> App {
    app_at(path, Clock::system())
}

/// The program on a store, under a clock of one's own.
pub fn app_at(path: &Path, clock: Clock) -> App {
    let config = kept().join("config.toml");
    std::fs::write(&config, "").unwrap();
    let place = Place { store: Some(path.to_path_buf()), config: Some(config), as_name: None };
    App::open(&place, clock).unwrap_or_else(|e| panic!("{e}"))
}

/// The `n`-th document: what producers ask for all day.
pub fn document(n: u64) -> Document {
    const WHAT: [&str; 8] =
        ["Deploy", "Restart", "Mail", "Rotate keys of", "Drop index on", "Scale", "Purge cache of", "Patch"];
    const WHOM: [&str; 7] = ["payments-api", "orders", "search", "mailer", "billing", "gateway", "reports"];
    let (what, whom) = (WHAT[(n % 8) as usize], WHOM[(n % 7) as usize]);
    let kind = if n.is_multiple_of(5) { "gate" } else { "plan" };
    let priority = ["low", "normal", "normal", "high", "urgent"][(n / 3 % 5) as usize];
    let mut document = serde_json::json!({
        "kind": kind, "by": format!("bot-{}", n % 400), "ref": format!("job-{n}"), "priority": priority,
        "title": format!("{what} {whom} {n}"), "summary": "Asked for by the nightly run, as every night.",
        "target": {"environment": "staging", "service": whom}, "labels": {"run": format!("{}", n / 100)},
        "risk": if n.is_multiple_of(4) { "medium" } else { "low" },
    });
    if kind == "plan" {
        document["steps"] = serde_json::json!([
            {"id": "look", "action": "service.read", "params": {"name": whom, "n": n}, "run": ["/bin/true"], "undo": ["/bin/true"]},
            {"id": "do", "action": "service.note", "params": {"name": whom}, "run": ["/bin/true"], "undo": ["/bin/true"],
             "needs": [{"step": "look", "effect": "blocks", "resolution": "skip"}]}]);
    }
    from_value(document, &Limits::BUILT_IN).unwrap_or_else(|e| panic!("{e}"))
}

/// Somebody who decides.
pub fn reviewer(app: &App) -> Caller {
    Caller { name: PrincipalName::new("alice").unwrap(), ..app.caller(Face::Cli) }
}

/// A reason to give.
pub fn no(n: u64) -> Command {
    Command::Reject { reason: Some(Text::new(format!("not tonight ({n})"))), seen: Seen::Nothing }
}

fn fill(path: &Path, count: u64) {
    let end = Clock::system().now();
    // The open tenth is asked within the last two hours, so that none of it is due soon.
    let open_from = count - count / 10;
    let when = |n: u64| {
        if n >= open_from {
            let part = (n - open_from) as i64 * 7_200_000 / (count / 10).max(1) as i64;
            end.minus(Span::from_hours(2)).plus(Span::from_millis(part))
        } else {
            end.minus(Span::from_hours(240))
                .plus(Span::from_millis((n as i64 * 237 * 3_600_000) / open_from as i64))
        }
    };
    let clock = Arc::new(AtomicI64::new(when(0).millis()));
    let tell = Arc::clone(&clock);
    let mut app = app_at(path, Clock::from_fn(move || Moment::from_millis(tell.load(Ordering::SeqCst))));
    let caller = app.caller(Face::Cli);
    let alice = reviewer(&app);
    let policy = countersign::app::policy::check(POLICY).unwrap_or_else(|e| panic!("{e:?}"));
    app.adopt(POLICY, &policy, &caller).unwrap_or_else(|e| panic!("{e}"));
    let birth = Birth { at: when(0), account: "bench".to_owned() };
    let mut store = Store::open(path, &birth, Box::new(countersign::app::clock::chance)).unwrap();
    let mut at = 0;
    while at < count {
        let until = (at + AT_ONCE).min(count).min(if at < open_from { open_from } else { count });
        clock.store(when(until - 1).millis(), Ordering::SeqCst);
        let documents: Vec<Document> = (at..until).map(document).collect();
        let asked =
            app.submit(&documents, OnSameReference::Refuse, &caller).unwrap_or_else(|(_, e)| panic!("{e}"));
        if until <= open_from {
            let ids: Vec<RequestId> = asked.iter().map(|s| s.id).collect();
            let facts = app.facts(&alice, &asked[0].request).unwrap();
            let now = app.now();
            store
                .write(|tx| -> Result<(), Failure> {
                    for (n, id) in ids.iter().enumerate() {
                        let request = tx.load(*id, &countersign::store::sight::Sight::Everything)?.unwrap();
                        let entries = request.decide(&no(n as u64), &alice, &facts, now).unwrap();
                        tx.commit(&request, &entries)?;
                    }
                    Ok(())
                })
                .unwrap();
        }
        at = until;
        if at % 100_000 == 0 {
            eprintln!("  {at} of {count}");
        }
    }
    drop((app, store));
    checkpoint(path);
}
