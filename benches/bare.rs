//! The bare baselines: what a program does that has only the parts, none of the promises. Each is this very bench,
//! started in another role, so that process start and build are the same.

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{Event, KeyCode, read};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Paragraph};
use rusqlite::{Connection, OpenFlags, params};
use std::io::{BufWriter, Write, stdout};
use std::path::Path;

/// Plays a role: `--minimal STORE`, `--nothing`, `--commit STORE`, `--wait STORE FROM COUNT`.
pub fn play(role: &str, arguments: &[String]) {
    match role {
        "--minimal" => minimal(Path::new(&arguments[0])),
        "--nothing" => {}
        "--commit" => {
            let conn = open(Path::new(&arguments[0]));
            commit_rows(&conn, arguments[1].parse().unwrap());
        }
        "--wait" => crate::process::wait_for(
            &arguments[0],
            arguments[1].parse().unwrap(),
            arguments[2].parse().unwrap(),
        ),
        other => panic!("no such role: {other}"),
    }
}

/// A connection as durable as ours.
pub fn open(path: &Path) -> Connection {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = ON;",
    )
    .unwrap();
    conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    conn
}

/// The rows of one rejection, in the tables a rejection touches, in one durable transaction; nothing is looked at,
/// decided or hashed.
pub fn commit_rows(conn: &Connection, request: u64) {
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    rows_of_one(conn, request);
    conn.execute_batch("COMMIT").unwrap();
}

fn rows_of_one(conn: &Connection, request: u64) {
    let facts = r#"{"bound":{"marks_digest":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","revision":1,"revision_digest":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","seen":"no","signer":{"assurance":"asserted","kind":"human","name":"alice","person":"bench"}},"actor":{"face":"cli","kind":"human","person":"bench"}}"#;
    let sql = "INSERT INTO log (seq, aggregate, version, at, by, assurance, name, facts, payload, hash)
        VALUES ((SELECT max(seq) + 1 FROM log), ?1, (SELECT max(version) + 1 FROM log WHERE aggregate = ?1), 1, 'alice', 'asserted', 'request.rejected', ?2, ?3, ?3)";
    conn.prepare_cached(sql).unwrap().execute(params![format!("R-{request}"), facts, [7u8; 32]]).unwrap();
    conn.prepare_cached("INSERT INTO payloads (seq, salt, body) VALUES ((SELECT max(seq) FROM log), ?1, ?2)")
        .unwrap()
        .execute(params![[7u8; 32], r#"{"reason":"not tonight (17)"}"#])
        .unwrap();
    conn.prepare_cached("UPDATE requests SET state = 'rejected', closed_by = 'alice', closed_at = 1, next_due_at = NULL, updated_at = 1, version = version + 1 WHERE id = ?1")
        .unwrap()
        .execute([request])
        .unwrap();
    conn.prepare_cached("DELETE FROM words WHERE request = ?1").unwrap().execute([request]).unwrap();
    for (name, by) in [("open", -1), ("decided", 1), ("unclaimed", -1)] {
        conn.prepare_cached("UPDATE counters SET value = max(0, value + ?2) WHERE name = ?1")
            .unwrap()
            .execute(params![name, by])
            .unwrap();
    }
}

/// The least program with ratatui and rusqlite that shows the same first page, and moves in it.
fn minimal(store: &Path) {
    let conn = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let mut page = Page { conn, rows: Vec::new() };
    page.read(None);
    enable_raw_mode().unwrap();
    execute!(stdout(), EnterAlternateScreen).unwrap();
    let mut terminal =
        Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(65_536, stdout()))).unwrap();
    let (mut top, mut at) = (0usize, 0usize);
    loop {
        terminal
            .draw(|frame| {
                let area = frame.area();
                let height = usize::from(area.height.saturating_sub(3));
                if at >= top + height {
                    top = at + 1 - height;
                }
                if at < top {
                    top = at;
                }
                let lines: Vec<Line> = page
                    .rows
                    .iter()
                    .enumerate()
                    .skip(top)
                    .take(height)
                    .map(|(n, row)| {
                        let style = if n == at {
                            Style::new().add_modifier(Modifier::REVERSED)
                        } else {
                            Style::new()
                        };
                        Line::styled(row.words.as_str(), style)
                    })
                    .collect();
                frame.render_widget(
                    Paragraph::new(lines).block(Block::new().borders(Borders::ALL).title("Open")),
                    area,
                );
                frame.buffer_mut().set_string(0, area.height - 1, "q quit  j down  ready", Style::new());
            })
            .unwrap();
        let Event::Key(key) = read().unwrap() else { continue };
        match key.code {
            KeyCode::Char('j') => {
                at += 1;
                if at + 1 >= page.rows.len() {
                    let last = page.rows.last().map(|row| (row.rank, row.due, row.id));
                    page.read(last);
                }
                at = at.min(page.rows.len().saturating_sub(1));
            }
            KeyCode::Char('k') => at = at.saturating_sub(1),
            KeyCode::Char('q') => break,
            _ => {}
        }
    }
    execute!(stdout(), LeaveAlternateScreen).unwrap();
    disable_raw_mode().unwrap();
    stdout().flush().unwrap();
}

struct Page {
    conn: Connection,
    rows: Vec<Shown>,
}

struct Shown {
    rank: i64,
    due: i64,
    id: i64,
    words: String,
}

impl Page {
    fn read(&mut self, after: Option<(i64, i64, i64)>) {
        let (rank, due, id) = after.unwrap_or((i64::MIN, 0, 0));
        let sql = "SELECT i.rank, i.due_at, i.request, r.title, r.risk, r.environment, r.requester FROM inbox i JOIN requests r ON r.id = i.request
            WHERE i.slot = '*' AND (i.rank, i.due_at, i.request) > (?1, ?2, ?3) ORDER BY i.rank, i.due_at, i.request LIMIT 60";
        let mut query = self.conn.prepare_cached(sql).unwrap();
        let rows = query
            .query_map(params![rank, due, id], |row| {
                let id: i64 = row.get(2)?;
                let (title, risk): (String, String) = (row.get(3)?, row.get(4)?);
                let environment: Option<String> = row.get(5)?;
                let by: String = row.get(6)?;
                let words =
                    format!("  R-{id:<8} {title:<42} {risk:<9} {:<10} {by}", environment.unwrap_or_default());
                Ok(Shown { rank: row.get(0)?, due: row.get(1)?, id, words })
            })
            .unwrap()
            .map(Result::unwrap);
        self.rows.extend(rows);
    }
}
