//! The drawing cannot drift: which room may use which, and where each package is at home. `src/ARCHITECTURE.md` shows
//! the same two tables.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may use, lowest first.
const ROOMS: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("store", &["domain"]),
    ("present", &["domain"]),
    ("exchange", &["domain"]),
    ("drive", &["domain"]),
    ("http", &[]),
    ("notify", &["domain", "drive", "http"]),
    ("app", &["domain", "store", "present", "exchange", "drive", "http", "notify"]),
    ("cli", &["domain", "present", "app", "tui"]),
    ("tui", &["domain", "present", "app"]),
    ("main", &["cli"]),
];

/// Each package and the rooms in which it is at home.
const HOMES: [(&str, &[&str]); 25] = [
    ("serde", &["domain", "exchange", "app"]),
    ("serde_json", &["domain", "store", "present", "exchange", "app", "cli"]),
    ("serde_path_to_error", &["domain", "exchange"]),
    ("serde_json_canonicalizer", &["domain"]),
    ("sha2", &["domain"]),
    ("chrono", &["domain", "app"]),
    ("thiserror", &["domain", "store", "app"]),
    ("unicode_properties", &["domain"]),
    ("unicode_security", &["domain"]),
    ("unicode_segmentation", &["domain", "tui"]),
    ("unicode_width", &["domain", "tui"]),
    ("similar", &["present"]),
    ("ssh_key", &["exchange"]),
    ("rusqlite", &["store"]),
    ("rustix", &["store", "drive", "app", "cli", "tui"]),
    ("directories", &["app"]),
    ("toml", &["exchange", "app"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("tui_textarea", &["tui"]),
    ("signal_hook", &["app", "tui"]),
    ("ureq", &["http"]),
];

/// Words that say nothing about what is inside: rooms of that name become the most entangled of all.
const NO_NAMES: [&str; 6] = ["utils", "helpers", "common", "manager", "handler", "types"];

/// How many lines fit in a head.
const LONGEST: usize = 450;

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, out: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut out = Vec::new();
    walk(&root, &mut out);
    assert!(out.len() > 40, "the sources were found");
    out.into_iter().map(|(path, text)| (path.strip_prefix(&root).unwrap().to_path_buf(), text)).collect()
}

/// The room a file is in: its first folder, or `main`; nothing for `lib.rs`, which only lists the rooms.
fn room(file: &Path) -> Option<String> {
    let first = file.components().next().unwrap().as_os_str().to_str().unwrap();
    match first {
        "lib.rs" => None,
        "main.rs" => Some("main".to_owned()),
        folder => Some(folder.to_owned()),
    }
}

/// The code of a file without its comments, in which words are not paths.
fn code(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |all, line| all + line + "\n")
}

/// Every word that follows `before` as a path segment.
fn after<'a>(code: &'a str, before: &str) -> BTreeSet<&'a str> {
    let word = |rest: &'a str| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    };
    code.match_indices(before).map(|(at, _)| word(&code[at + before.len()..])).collect()
}

#[test]
fn a_room_uses_only_what_is_below_it() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let Some(room) = room(&file) else { continue };
        let (_, may) = ROOMS
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("{room} is a new room: give it a row"));
        let code = code(&text);
        let inside = after(&code, if room == "main" { "countersign::" } else { "crate::" });
        for used in inside.into_iter().filter(|u| *u != room && ROOMS.iter().any(|(name, _)| name == u)) {
            if !may.contains(&used) {
                wrong.push(format!("{} uses {used}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_package_is_used_only_at_home() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let Some(room) = room(&file) else { continue };
        let code = code(&text);
        for (package, homes) in HOMES {
            let named = code.contains(&format!("{package}::"));
            let own =
                code.contains(&format!("crate::{package}::")) || code.contains(&format!("mod {package};"));
            if named && !own && !homes.contains(&room.as_str()) {
                wrong.push(format!("{} uses {package}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whoever_starts_a_process_asks_whether_this_one_may() {
    let mut asking = 0;
    for (file, text) in sources() {
        let code = code(&text);
        let starts = code.contains("process::{Command") || code.contains("process::Command");
        let asks = code.contains("permitted()");
        asking += usize::from(starts);
        assert!(
            !starts || asks,
            "{} starts a process, and a session starts none: ask drive::permitted()",
            file.display()
        );
    }
    assert!(asking >= 3, "they were found");
}

/// Where a use case may read as if everything were there: what time does to all requests, what a channel is told, where
/// sight is made, and where it is asked whether it is everything.
const UNASKED: [(&str, usize); 7] = [
    ("app/decide.rs", 1),
    ("app/lists.rs", 1),
    ("app/notices.rs", 1),
    ("app/team.rs", 3),
    ("app/rollouts/mod.rs", 2),
    ("app/rollouts/keeping.rs", 4),
    ("app/rollouts/measuring.rs", 1),
];

#[test]
fn a_request_is_read_through_the_gate_that_asks_who_reads() {
    for (file, text) in sources() {
        if room(&file).as_deref() != Some("app") {
            continue;
        }
        let code = code(&text);
        let reads = code.matches("Sight::Everything").count();
        let name = file.to_string_lossy();
        let may = UNASKED.iter().find(|(of, _)| name.ends_with(of)).map_or(0, |(_, reads)| *reads);
        assert_eq!(
            reads, may,
            "{name} reads requests whoever asks: hand the sight of who does on, by Place::request or App::request"
        );
    }
}

#[test]
fn every_package_has_a_home() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let from = manifest.find("[dependencies]").unwrap();
    let to = from + manifest[from..].find("[dev-dependencies]").unwrap();
    let named: BTreeSet<String> = manifest[from..to]
        .lines()
        .skip(1)
        .filter(|line| !line.starts_with('#') && line.contains('='))
        .map(|line| line.split('=').next().unwrap().trim().replace('-', "_"))
        .collect();
    let homes: BTreeSet<String> = HOMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(named, homes);
}

#[test]
fn no_room_is_crowded_and_none_has_a_name_that_says_nothing() {
    for (file, text) in sources() {
        let own = text.split("#[cfg(test)]\nmod tests").next().unwrap().lines().count();
        assert!(own <= LONGEST, "{} has {own} lines: build a wall", file.display());
        let name = file.file_stem().unwrap().to_str().unwrap();
        assert!(!NO_NAMES.contains(&name), "{}: name it for what it holds", file.display());
        assert!(text.starts_with("//!"), "{} does not say what it is in its first line", file.display());
    }
}

#[test]
fn the_drawing_shows_these_tables() {
    let drawing =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ARCHITECTURE.md")).unwrap();
    for (room, may) in ROOMS {
        let may = if may.is_empty() { "–".to_owned() } else { may.join(", ") };
        let homes: Vec<&str> = HOMES.iter().filter(|(_, h)| h.contains(&room)).map(|(p, _)| *p).collect();
        let homes = if homes.is_empty() { "–".to_owned() } else { homes.join(", ") };
        let row = format!("| `{room}` | {may} | {homes} |");
        assert!(drawing.contains(&row), "src/ARCHITECTURE.md lacks the row\n{row}");
    }
}
