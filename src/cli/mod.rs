//! The command line: words in, lines or JSON out, an exit code.

pub mod args;
pub mod keep_args;
pub mod look_args;
pub mod run_args;
pub mod rollout_args;
pub mod talk_args;
pub mod time_args;
pub mod sign_args;
pub mod output;
pub mod input;
pub mod commands;
pub mod session;
pub mod errand;

use crate::app::{App, Clock, Error, Failure, Place};
use crate::domain::refusal::exit;
use crate::domain::text::{Safe, safe_line};
use args::{Cli, Verb};
use clap::Parser;
use clap::error::ErrorKind;
use output::Out;
use std::ffi::OsString;

/// How a command ended without doing what was asked.
#[derive(Debug)]
pub enum Stop {
    /// A use case said no, or could not.
    Because(Error),
    /// The command line or its input is wrong; the code and the sentence.
    Said(u8, Safe),
}

impl Stop {
    /// A sentence that quotes what came from outside.
    fn quoting(code: u8, words: impl AsRef<str>) -> Self {
        Self::Said(code, safe_line(words.as_ref()))
    }

    /// A sentence of our own words and of values that are safe; their marks are not marked again.
    fn composed(code: u8, words: impl std::fmt::Display) -> Self {
        Self::Said(code, Safe::composed(words))
    }
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Stop::Because(e)
    }
}

impl From<Failure> for Stop {
    fn from(e: Failure) -> Self {
        Stop::Because(e.into())
    }
}

/// What every command returns: its exit code.
pub type Done = Result<u8, Stop>;

/// Runs one command line; the exit code.
pub fn run(arguments: Vec<OsString>) -> u8 {
    let mut out = Out::standard();
    let done = if session::is_meant(&arguments) {
        // Before the ordinary grammar has looked at the environment.
        session::run(&arguments, &mut out)
    } else if let Some(word) = errand::meant(&arguments) {
        errand::run(word, &mut out)
    } else {
        let cli = match Cli::try_parse_from(&arguments) {
            Ok(cli) => cli,
            Err(e) => return refuse_usage(&mut out, &e),
        };
        out.as_json = cli.json;
        out.ascii = cli.look.ascii;
        dispatch(cli, &mut out)
    };
    out.end();
    match done {
        Ok(code) => code,
        Err(Stop::Said(code, words)) => {
            out.complain(code, &words);
            code
        }
        Err(Stop::Because(e)) => {
            out.complain(e.exit_code(), &Safe::composed(&e));
            e.exit_code()
        }
    }
}

/// Help goes to stdout; a wrong command line is quoted back with everything a terminal would obey made visible.
fn refuse_usage(out: &mut Out, e: &clap::Error) -> u8 {
    match as_help(e) {
        Ok(text) => {
            text.lines().for_each(|line| out.line(line));
            out.end();
            exit::DONE
        }
        Err(sentence) => {
            out.aside(&Safe::composed(format_args!("countersign: {}", safe_line(&sentence))));
            exit::USAGE
        }
    }
}

/// What clap has to say: the help that was asked for, or what is wrong, then how it is used, as one sentence.
fn as_help(e: &clap::Error) -> Result<String, String> {
    let text = e.render().to_string();
    if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Ok(text);
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(lines.join("; ").replace(":; ", ": ").replace("error: ", ""))
}

fn dispatch(cli: Cli, out: &mut Out) -> Done {
    let place = Place { store: cli.store, config: cli.config, as_name: cli.as_name };
    let verb = match cli.verb {
        // These need no store.
        Some(Verb::Completions { shell }) => return commands::meta::completions(shell, out),
        Some(Verb::Man) => return commands::meta::man(out),
        Some(Verb::Demo(demo)) => return commands::demo::run(&demo, &cli.look, out),
        Some(Verb::Keys) => return commands::meta::keys(&place, out),
        Some(Verb::Session) => {
            let words =
                "session stands alone in a forced command: countersign --store FILE session --as NAME";
            return Err(Stop::composed(exit::USAGE, words));
        }
        Some(Verb::Policy { verb: args::Policy::Check { file } }) => {
            return commands::policy::check(&file, out);
        }
        Some(Verb::Policy { verb: args::Policy::ImportCapabilities { file } }) => {
            return commands::policy::import_capabilities(&file, out);
        }
        None => return commands::screen::run(&place, &cli.look, out),
        Some(verb) => verb,
    };
    let mut app = match (App::open(&place, Clock::system()), &verb) {
        (Ok(app), _) => app,
        (Err(failure), Verb::Doctor) => return commands::audit::doctor_outside(&place, &failure, out),
        (Err(failure), _) => return Err(failure.into()),
    };
    let done = commands::run(&mut app, verb, out);
    // What is done is said before the store is closed: the last one out tidies its file up, which takes its time.
    out.flush();
    done
}
