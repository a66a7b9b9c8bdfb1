//! What comes through SSH: one line of words, or the inbox on a terminal, from a client that chose only those words.
//!
//! sshd checked a key and started the forced command that stands beside it in `authorized_keys`:
//! `countersign --store FILE session --as NAME`. That line is the server's; what the client wanted to run stands in
//! `SSH_ORIGINAL_COMMAND`, and is read by [`words`] and [`grammar`], and by no shell. No process is ever started.

pub mod words;
pub mod grammar;

use crate::app::session::{Arrival, NoEntry};
use crate::app::{App, Clock, Place};
use crate::cli::args::{Look, Policy, Submit, Verb, principal};
use crate::cli::output::Out;
use crate::cli::{Done, Stop, as_help, commands};
use crate::domain::event::NotObeyed;
use crate::domain::names::PrincipalName;
use crate::domain::principal::Face;
use crate::domain::refusal::exit;
use crate::domain::text::{Safe, safe_line};
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

/// The forced command. Nothing of it comes from the environment.
#[derive(Parser, Debug)]
#[command(name = "countersign", disable_help_subcommand = true)]
struct Forced {
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Session,
}

#[derive(Subcommand, Debug)]
enum Session {
    /// Let one person or program work through SSH: for a forced command in authorized_keys
    Session {
        /// As whom: the principal whose key stands beside the forced command
        #[arg(long = "as", value_name = "NAME", value_parser = principal)]
        name: String,
    },
}

/// Whether a command line is a forced command: its first word that is no option, and no option's value, is `session`.
pub fn is_meant(arguments: &[OsString]) -> bool {
    let mut words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        match &*word {
            "session" => return true,
            "--store" | "--config" => drop(words.next()),
            word if word.starts_with("--store=") || word.starts_with("--config=") => {}
            _ => return false,
        }
    }
    false
}

/// Runs a forced command.
///
/// # Errors
/// Whatever stopped it; nothing was done then unless it says so.
pub fn run(arguments: &[OsString], out: &mut Out) -> Done {
    // Before anything else, help included: the environment is nobody's from here on.
    let arrival = Arrival::take();
    let forced = match Forced::try_parse_from(arguments) {
        Ok(forced) => forced,
        Err(e) => return Ok(crate::cli::refuse_usage(out, &e)),
    };
    let arrival = arrival.map_err(no_entry)?;
    let Session::Session { name } = forced.verb;
    let name = PrincipalName::new(name.as_str())
        .map_err(|e| Stop::quoting(exit::USAGE, format!("--as {name}: {e}")))?;
    let place = Place { store: forced.store, config: forced.config, as_name: None };
    let mut app = App::open_session(&place, Clock::system(), &name, &arrival).map_err(no_entry)?;
    let done = match &arrival.line {
        None => inbox(app, Look { ascii: arrival.ascii, plain: false }, out),
        Some(line) => match read(line) {
            Ok(client) => {
                out.as_json = client.json;
                out.ascii = client.look.ascii || arrival.ascii;
                match client.verb {
                    None => inbox(app, Look { ascii: out.ascii, plain: client.look.plain }, out),
                    Some(verb) => obey(&mut app, verb.into_verb(), out),
                }
            }
            Err(NotRead::Help(text)) => {
                text.lines().for_each(|line| out.line(line));
                Ok(exit::DONE)
            }
            Err(NotRead::Refused(why, words)) => {
                let caller = app.caller(Face::Session);
                // A log that takes no more refusals (a full disk) is no reason to obey.
                let _ = app.note_refusal(line, why, &caller);
                Err(Stop::composed(exit::USAGE, format_args!("refused: {words}")))
            }
        },
    };
    out.flush();
    done
}

fn no_entry(e: NoEntry) -> Stop {
    Stop::composed(e.exit_code(), &e)
}

/// Why a line is not obeyed.
enum NotRead {
    /// It asks for help, which is this text.
    Help(String),
    /// It is refused.
    Refused(NotObeyed, Safe),
}

fn read(line: &[u8]) -> Result<grammar::Client, NotRead> {
    let unreadable = |why| Safe::composed(format_args!("no such verb, and nothing ran: {why}"));
    let words = words::split(line).map_err(|why| NotRead::Refused(NotObeyed::Unreadable, unreadable(why)))?;
    let words = words::gather(words, &grammar::PROSE);
    grammar::read(&words).map_err(|e| match as_help(&e) {
        Ok(text) => NotRead::Help(text),
        Err(sentence) => {
            let what = match e.kind() {
                ErrorKind::InvalidSubcommand => "no such verb",
                _ => "not with these words",
            };
            // `ssh host --help` is taken by the client itself.
            let sentence = safe_line(&sentence.replace("try '--help'", "say `help`"));
            NotRead::Refused(
                NotObeyed::Unknown,
                Safe::composed(format_args!("{what}, and nothing ran: {sentence}")),
            )
        }
    })
}

fn obey(app: &mut App, verb: Verb, out: &mut Out) -> Done {
    if matches!(&verb, Verb::Wait(_) | Verb::Submit(Submit { wait: true, .. })) {
        leave_with_the_client();
    }
    match verb {
        Verb::Policy { verb: Policy::Check { file } } => commands::policy::check(&file, out),
        verb => commands::run(app, verb, out),
    }
}

/// Without a terminal nobody tells a program that its client has gone: one that waits for a decision would wait for
/// ever. It holds nothing while it waits, so it may end anywhere.
fn leave_with_the_client() {
    let Ok(output) = rustix::io::fcntl_dupfd_cloexec(std::io::stdout(), 3) else { return };
    std::thread::spawn(move || {
        loop {
            // An empty set of events still reports that nobody is at the other end, and nothing else.
            let mut watched = [PollFd::new(&output, PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(_) if watched.iter().any(|fd| !fd.revents().is_empty()) => std::process::exit(HUNG_UP),
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
    });
}

/// The exit code after a hang-up, as a shell counts signals.
const HUNG_UP: i32 = 129;

/// The inbox, on the terminal that sshd made.
fn inbox(app: App, look: Look, out: &mut Out) -> Done {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Stop::composed(
            exit::USAGE,
            "the inbox needs a terminal: `ssh -t`, or name a command such as `list`, `show R-1` or `help`",
        ));
    }
    commands::screen::on(app, &look, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_servers_own_line_is_a_forced_command() {
        let meant = |line: &str| is_meant(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        for line in [
            "countersign session",
            "countersign session --as alice",
            "countersign --store x session --as alice",
            "countersign --config=c --store=x session --as alice",
            "countersign --store session session",
        ] {
            assert!(meant(line), "{line}");
        }
        for line in
            ["countersign", "countersign list", "countersign --store session", "countersign show session"]
        {
            assert!(!meant(line), "{line}");
        }
    }
}
