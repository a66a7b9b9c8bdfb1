//! Keeping time: `watch`, and trying a channel.

use crate::app::notices::Sent;
use crate::app::watch::News;
use crate::app::{App, Keeping, Tried};
use crate::cli::output::Out;
use crate::cli::{Done, Stop};
use crate::domain::event::{Entry, Fact};
use crate::domain::names::RequestId;
use crate::domain::notice::{Notice, Origin};
use crate::domain::refusal::exit;
use crate::domain::text::{Safe, safe_line};
use crate::present::{history, json, time};

use serde_json::{Value, json};

/// `watch`, `watch --once`
pub fn watch(app: &mut App, once: bool, out: &mut Out) -> Done {
    let watch = match app.begin_watch(!once)? {
        Ok(watch) => watch,
        Err(other) => {
            let words = held_by(&other, app);
            if once {
                // Whoever holds it does what there is to do.
                out.line(words);
                return Ok(exit::DONE);
            }
            return Err(Stop::composed(exit::BUSY, words));
        }
    };
    if once {
        let mut all = Vec::new();
        app.round_once(&watch, &mut |news| all.push(news))?;
        return Ok(told(&all, out));
    }
    match out.as_json {
        true => out.json_line(&json!({"v": json::VERSION, "keeping_time": true}).to_string()),
        false => out.line("keeping time; Ctrl-C ends it"),
    }
    out.flush();
    let mut lines = |news: News| {
        match &news {
            News::Trouble(words) => out.aside(&Safe::composed(format_args!("note: {}", safe_line(words)))),
            news if out.as_json => out.json_line(&as_json(news).to_string()),
            news => words(news).into_iter().for_each(|line| out.line(line)),
        }
        out.flush();
    };
    app.keep_time(&watch, &|| false, &mut lines)?;
    Ok(exit::DONE)
}

fn held_by(other: &Keeping, app: &App) -> String {
    let what = if other.screen { "a screen" } else { "a watcher" };
    let since = time::ago(other.since, app.now());
    format!("{what} keeps time already: process {}, begun {since}; one is enough", other.process)
}

/// What one round did, in as few lines as it takes.
fn told(all: &[News], out: &mut Out) -> u8 {
    let sent = all.iter().filter(|news| matches!(news, News::Sent(Sent { tried: Tried::Done, .. }))).count();
    for news in all {
        match news {
            News::Trouble(words) => out.aside(&Safe::composed(format_args!("note: {}", safe_line(words)))),
            News::Sent(Sent { tried: Tried::Failed { .. }, .. }) => {
                words(news).into_iter().for_each(|line| out.aside(&Safe::composed(line)));
            }
            _ => {}
        }
    }
    if out.as_json {
        let of = |settled: bool| {
            let some =
                all.iter().filter(|news| matches!(news, News::Settled(..) | News::Rollout(..)) == settled);
            some.filter(|news| !matches!(news, News::Trouble(_))).map(as_json).collect::<Vec<_>>()
        };
        out.json(&json!({"v": json::VERSION, "settled": of(true), "notices": of(false)}));
        return exit::DONE;
    }
    let mut lines: Vec<String> = all
        .iter()
        .filter(|news| matches!(news, News::Settled(..) | News::Rollout(..)))
        .flat_map(words)
        .collect();
    let notices = match sent {
        0 => None,
        1 => Some("1 notice".to_owned()),
        n => Some(format!("{n} notices")),
    };
    match (lines.last_mut(), notices) {
        (Some(last), Some(notices)) => last.push_str(&format!("; {notices}")),
        (None, Some(notices)) => lines.push(notices),
        (None, None) => lines.push("nothing due".to_owned()),
        (Some(_), None) => {}
    }
    lines.into_iter().for_each(|line| out.line(line));
    exit::DONE
}

fn words(news: &News) -> Vec<String> {
    match news {
        News::Settled(id, entries) => entries.iter().map(|entry| settled(*id, &entry.fact)).collect(),
        News::Sent(Sent { notice, channel, tried }) => {
            let what = format!("{} {} through {channel}", about(notice), notice.kind.word());
            match tried {
                Tried::Done => vec![format!("{what}: told")],
                Tried::Stopped => vec![format!("{what}: no longer needed")],
                Tried::Failed { why, again_at } => {
                    let then = match again_at {
                        Some(at) => format!("again at {}", at.hour_and_minute()),
                        None => "given up".to_owned(),
                    };
                    vec![format!("{what}: FAILED, {then}: {}", safe_line(why))]
                }
            }
        }
        News::Rollout(id, entries) => {
            let words = entries.iter().map(|entry| history::words(&entry.fact).0);
            words.map(|words| format!("{id} {words}")).collect()
        }
        News::Trouble(_) => Vec::new(),
    }
}

/// What a notice is about, in a word or two.
fn about(notice: &Notice) -> String {
    match (&notice.request, &notice.origin) {
        (Some(id), _) => id.to_string(),
        (None, Origin::Place(subject)) => subject.clone(),
        (None, _) => "the store".to_owned(),
    }
}

fn settled(id: RequestId, fact: &Fact) -> String {
    match fact {
        Fact::Escalated { to, .. } => format!("{id} escalated to {to}"),
        Fact::Expired { .. } => format!("{id} expired"),
        Fact::Lapsed { .. } => format!("{id} lapsed"),
        other => format!("{id} {}", history::words(other).0.trim_start_matches("→ ")),
    }
}

fn as_events(id: RequestId, entries: &[Entry]) -> Value {
    let event = |entry: &Entry| {
        let (name, facts) = entry.fact.to_parts();
        json!({"event": name, "facts": facts})
    };
    let events: Vec<Value> = entries.iter().map(event).collect();
    json!({"v": json::VERSION, "request": id.to_string(), "events": events})
}

fn as_json(news: &News) -> Value {
    match news {
        News::Settled(id, entries) => as_events(*id, entries),
        News::Rollout(id, entries) => as_events(id.deployment(), entries),
        News::Sent(Sent { notice, channel, tried }) => {
            let (done, why) = match tried {
                Tried::Done => ("done", None),
                Tried::Stopped => ("stopped", None),
                Tried::Failed { why, .. } => ("failed", Some(why)),
            };
            json!({"v": json::VERSION, "request": notice.request.map(|id| id.to_string()), "notice": notice.kind.word(),
                "channel": channel, "outcome": done, "why": why})
        }
        News::Trouble(words) => json!({"v": json::VERSION, "trouble": words}),
    }
}

/// `notify test CHANNEL`
pub fn test(app: &App, channel: &str, out: &mut Out) -> Done {
    match app.test_channel(channel) {
        Ok(()) => {
            out.line(format_args!("{}: it arrived", safe_line(channel)));
            Ok(exit::DONE)
        }
        Err(why) => Err(Stop::quoting(exit::IO, format!("{channel}: {why}"))),
    }
}
