//! What the screen costs, at a pseudo-terminal of 120×40: time, bytes, wake-ups, memory; beside the least program that
//! shows the same page, and beside the fewest bytes that make the same picture.

use crate::fill;
use crate::ideal::ideal;
use crate::pty::{END, Pty, cpu_ms, resident, wakes};
use crate::table::{Table, percentile};
use std::path::{Path, PathBuf};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

fn ours(store: &Path) -> Pty {
    let config = fill::kept().join("config.toml");
    std::fs::write(&config, "").unwrap();
    let arguments =
        ["--store", store.to_str().unwrap(), "--config", config.to_str().unwrap(), "--as", "alice"];
    Pty::start(Path::new(PROGRAM), &arguments, &fill::kept())
}

fn minimal(store: &Path) -> Pty {
    let me: PathBuf = std::env::current_exe().unwrap();
    Pty::start(&me, &["--minimal", store.to_str().unwrap()], &fill::kept())
}

fn complete(screen: &vt100::Screen) -> bool {
    let text = screen.contents();
    text.contains("R-") && text.contains("? ")
}

fn first_frame(start: impl Fn() -> Pty) -> f64 {
    let mut times: Vec<f64> = (0..15)
        .map(|_| {
            let mut pty = start();
            let at = pty.until(|screen| complete(screen) || screen.contents().contains("ready"));
            (at - pty.started).as_secs_f64() * 1e3
        })
        .collect();
    percentile(&mut times, 50)
}

type Part = fn(&mut Table, &Path);

/// Everything whose name is `wanted`.
pub fn measure(table: &mut Table, wanted: &dyn Fn(&str) -> bool) {
    let large = || fill::store(fill::large());
    let parts: [(&str, Part); 7] = [
        ("screen.start", start),
        ("screen.places", places),
        ("screen.moving", moving),
        ("screen.keys", keys),
        ("screen.filter", filter),
        ("screen.idle", idle),
        ("screen.memory", memory),
    ];
    for (name, part) in parts {
        if wanted(name) {
            part(table, &large());
        }
    }
    if wanted("screen.load") {
        under_load(table, &fill::store(10_000));
    }
}

fn start(table: &mut Table, large: &Path) {
    let small = fill::store(10_000);
    let start = first_frame(|| ours(large));
    let bare = first_frame(|| minimal(large));
    table.at_most(
        "start to first complete frame, beside the minimal program",
        (start, "ms"),
        (bare, "ms"),
        2.5,
    );
    let start_small = first_frame(|| ours(&small));
    table.at_most("the same, large store beside 10,000", (start, "ms"), (start_small, "ms"), 1.2);
}

fn settled(store: &Path) -> Pty {
    let mut pty = ours(store);
    pty.until(complete);
    pty.rest(Duration::from_millis(300));
    // The list of everything open, where there is something to scroll.
    pty.press(b"7", Some(END));
    pty.rest(Duration::from_millis(300));
    pty
}

fn key(pty: &mut Pty, keys: &[u8], times: usize) -> Vec<f64> {
    (0..times)
        .map(|_| {
            let took = pty.press(keys, Some(END)).took.as_secs_f64() * 1e6;
            pty.rest(Duration::from_millis(120));
            took
        })
        .collect()
}

/// Jump to the end and back, a page, another queue: large beside small.
fn places(table: &mut Table, large: &Path) {
    let small = fill::store(10_000);
    let time = |store: &Path| {
        let mut pty = settled(store);
        let mut all = Vec::new();
        for keys in [&b"G"[..], b"g", b"\x04", b"\x15", b"2", b"7"] {
            all.push(percentile(&mut key(&mut pty, keys, 9), 50));
        }
        all
    };
    let (here, there) = (time(large), time(&small));
    for (n, name) in
        ["to the end", "to the top", "a page down", "a page up", "queue 2", "queue 7"].iter().enumerate()
    {
        table.at_most(&format!("{name}, large store beside 10,000"), (here[n], "µs"), (there[n], "µs"), 1.2);
    }
}

/// Bytes of a step, inside the page and with scrolling, keys never resting.
fn moving(table: &mut Table, large: &Path) {
    let mut pty = settled(large);
    // The ideal is worked out afterwards: the keys must not rest meanwhile.
    let mut steps = Vec::new();
    for _ in 0..200 {
        let before = pty.parser.screen().clone();
        let answer = pty.press(b"j", Some(END));
        steps.push((answer.bytes, before, pty.parser.screen().clone()));
    }
    let (mut inside, mut least) = (Vec::new(), Vec::new());
    let mut all = (0.0, 0.0);
    for (n, (bytes, before, after)) in steps.iter().enumerate() {
        let fewest = ideal(before, after) as f64;
        if std::env::var_os("COUNTERSIGN_BENCH_TELL").is_some() {
            eprintln!("{n}: {} / {fewest}: {}", bytes.len(), bytes.escape_ascii());
        }
        // The first eight stay inside the page.
        if n < 8 {
            inside.push(bytes.len() as f64);
            least.push(fewest);
        }
        all.0 += bytes.len() as f64;
        all.1 += fewest;
    }
    let (inside, least) = (percentile(&mut inside, 50), percentile(&mut least, 50));
    table.at_most(
        "bytes of `j` inside the page, beyond the ideal",
        (inside - least, "bytes"),
        (1.0, "byte"),
        40.0,
    );
    table.at_most(
        "bytes of `j`, mean of 200 with scrolling, beside the ideal",
        (all.0 / 200.0, "bytes"),
        (all.1 / 200.0, "bytes"),
        1.5,
    );
    pty.rest(Duration::from_millis(300));
    let mut pty = settled(large);
    let one = pty.press(b"j", Some(END)).bytes.len() as f64;
    pty.rest(Duration::from_millis(300));
    let thirty = pty.press(&[b'j'; 30], Some(END));
    let frames = thirty.bytes.windows(END.len()).filter(|w| *w == END).count() as f64;
    // A pty hands keys over as they are read: how many frames came before the keys rested.
    let (more, _) = pty.rest(Duration::from_millis(20));
    let frames = frames + more.windows(END.len()).filter(|w| *w == END).count() as f64;
    table.at_most("thirty `j` in one write: frames", (frames, "frames"), (1.0, "frame"), 1.0);
    let _ = one;
}

/// Key to last byte, and CPU.
fn keys(table: &mut Table, large: &Path) {
    let mut pty = settled(large);
    let before = cpu_ms(pty.process());
    let times = 300;
    let mut took: Vec<f64> = Vec::new();
    for _ in 0..times {
        took.push(pty.press(b"j", Some(END)).took.as_secs_f64() * 1e6);
        pty.rest(Duration::from_millis(1));
    }
    let cpu = (cpu_ms(pty.process()) - before) / f64::from(times);
    let (p50, p99) = (percentile(&mut took, 50), percentile(&mut took, 99));
    let mut bare = minimal(large);
    bare.until(|screen| screen.contents().contains("ready"));
    bare.rest(Duration::from_millis(200));
    let mut theirs: Vec<f64> = (0..times).map(|_| bare.press(b"j", None).took.as_secs_f64() * 1e6).collect();
    table.at_most(
        "key to last byte, p50, beside the minimal program",
        (p50, "µs"),
        (percentile(&mut theirs, 50), "µs"),
        2.0,
    );
    table.at_most("key to last byte, p99 beside own p50", (p99, "µs"), (p50, "µs"), 5.0);
    table.at_most("CPU a key", (cpu, "ms"), (1.0, "ms"), 1.0);
}

/// Each letter of a filter until its final frame.
fn filter(table: &mut Table, large: &Path) {
    let mut pty = settled(large);
    let mut step = key(&mut pty, b"j", 30);
    let step = percentile(&mut step, 50);
    pty.press(b"/", Some(END));
    pty.rest(Duration::from_millis(300));
    let mut took = Vec::new();
    for letter in "restart search 99".bytes().chain([0x7f; 8]) {
        let answer = pty.press(&[letter], Some(END));
        took.push(answer.took.as_secs_f64() * 1e3);
        if std::env::var_os("COUNTERSIGN_BENCH_TELL").is_some() {
            eprintln!("{:?}: {:.2} ms", char::from(letter), answer.took.as_secs_f64() * 1e3);
        }
        pty.rest(Duration::from_millis(120));
    }
    let p95 = percentile(&mut took, 95);
    table.at_most("filter keystroke to final frame, p95", (p95, "ms"), (1.0, "ms"), 10.0);
    table.at_most("the same, beside a `j` (to be proud of: 3)", (p95, "ms"), (step / 1e3, "ms"), 30.0);
}

/// Twenty seconds of nothing between two minute ticks.
fn idle(table: &mut Table, large: &Path) {
    let mut pty = settled(large);
    pty.rest(Duration::from_millis(700));
    let minute = || countersign::app::Clock::system().now().millis() / 1_000 % 60;
    while !(2..38).contains(&minute()) {
        pty.rest(Duration::from_millis(500));
    }
    pty.rest(Duration::from_millis(300));
    let (cpu, woken) = (cpu_ms(pty.process()), wakes(pty.process()));
    let (bytes, _) = {
        let started = std::time::Instant::now();
        let mut all = Vec::new();
        while started.elapsed() < Duration::from_secs(20) {
            all.extend(pty.rest(Duration::from_secs(20)).0);
        }
        (all, ())
    };
    table.at_most("idle 20 s: bytes", (bytes.len() as f64, "bytes"), (0.0, ""), 0.0);
    table.at_most("idle 20 s: CPU", (cpu_ms(pty.process()) - cpu, "ms"), (0.0, ""), 0.0);
    table.at_most(
        "idle: wake-ups a second",
        ((wakes(pty.process()) - woken) as f64 / 20.0, ""),
        (0.0, ""),
        0.1,
    );
}

fn memory(table: &mut Table, large: &Path) {
    let mut pty = settled(large);
    let start = resident(pty.process());
    let mut bare = minimal(large);
    bare.until(|screen| screen.contents().contains("ready"));
    let theirs = resident(bare.process());
    table.at_most(
        "resident memory at start, beside the minimal program",
        (start, "MiB"),
        (theirs, "MiB"),
        3.0,
    );
    pty.press(b"G", Some(END));
    pty.rest(Duration::from_millis(200));
    pty.press(b"/restart\r", Some(END));
    pty.rest(Duration::from_millis(300));
    for _ in 0..1_000 {
        pty.press(b"j", Some(END));
    }
    pty.rest(Duration::from_millis(300));
    table.at_most(
        "resident memory after `G`, a search, 1,000 keys, beside own start",
        (resident(pty.process()), "MiB"),
        (start, "MiB"),
        2.0,
    );
}

/// Keys while another process submits as fast as 1,000 a second.
fn under_load(table: &mut Table, small: &Path) {
    let store = fill::copy(small, "load.db");
    let mut pty = settled(&store);
    let mut quiet = key(&mut pty, b"j", 100);
    let quiet = percentile(&mut quiet, 99);
    let path = store.clone();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let told = std::sync::Arc::clone(&stop);
    let load = std::thread::spawn(move || {
        let mut app = fill::app(&path);
        let caller = app.caller(countersign::domain::principal::Face::Cli);
        let started = std::time::Instant::now();
        let mut n = 0u64;
        while !told.load(std::sync::atomic::Ordering::Relaxed) {
            let document = fill::document(2_000_000 + n);
            app.submit(&[document], countersign::domain::decide::OnSameReference::Refuse, &caller).unwrap();
            n += 1;
            let due = Duration::from_micros(n * 1_000);
            if let Some(rest) = due.checked_sub(started.elapsed()) {
                std::thread::sleep(rest);
            }
        }
        n as f64 / started.elapsed().as_secs_f64()
    });
    let before = std::time::Instant::now();
    let (all, _) = {
        let mut all = Vec::new();
        while before.elapsed() < Duration::from_secs(5) {
            all.extend(pty.rest(Duration::from_millis(5)).0);
            if all.len() > 50_000_000 {
                break;
            }
        }
        (all, ())
    };
    let frames = all.windows(END.len()).filter(|w| *w == END).count() as f64 / before.elapsed().as_secs_f64();
    let mut took = Vec::new();
    for _ in 0..200 {
        took.push(pty.press(b"j", Some(END)).took.as_secs_f64() * 1e6);
        std::thread::sleep(Duration::from_millis(10));
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let rate = load.join().unwrap();
    eprintln!("  (the load was {rate:.0} submissions a second)");
    table.at_most(
        "unsolicited frames a second under 1,000 submissions a second",
        (frames, "frames"),
        (1.0, ""),
        4.0,
    );
    table.at_most(
        "key p99 under that, beside idle p99",
        (percentile(&mut took, 99), "µs"),
        (quiet, "µs"),
        2.0,
    );
}
