//! What can be said through SSH: a grammar of its own, with an allow-list of verbs. It is not the command line's with
//! something taken away: what is not written here does not exist. No option names a store, settings or a person, and no
//! word names a file; what is sent comes by stdin, what is asked for goes to stdout.

use crate::cli::args::{
    Answer, Attach, Audit, Challenge, Comment, Confirm, Cosign, Decide, Evidence, Going, Import, List, Log,
    Look, Modify, Next, OneStep, Override, Policy, Preview, Reasoned, Reassign, Redact, Report, Resubmit,
    Rollout, Show, Skip, Snooze, Stats, Submit, Thread, Verb, Wait, Which,
};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::path::PathBuf;

/// The inbox, and what people and programs say to it through SSH. Without a command this opens the inbox.
#[derive(Parser, Debug)]
#[command(name = "countersign", no_binary_name = true, disable_version_flag = true, max_term_width = 100)]
pub struct Client {
    /// Print JSON: one object or array
    #[arg(long, global = true)]
    pub json: bool,
    /// How the screen looks
    #[command(flatten)]
    pub look: Look,
    /// What to do
    #[command(subcommand)]
    pub verb: Option<Words>,
}

/// Every command of a session.
#[derive(Subcommand, Debug)]
pub enum Words {
    /// Ask for a decision: one JSON document on stdin, or one a line (NDJSON)
    Submit(Ask),
    /// Take requests from another system's file on stdin, as yours: draft, calyx-pending, calyx-lease
    Import(TakeOver),
    /// List requests, most urgent first
    List(List),
    /// Show one request: what would run, who stands for it, what was said
    Show(Show),
    /// Say which rule holds, which sign-offs are open, and what you may do
    Explain(Which),
    /// Say what would run if steps were approved, rejected or skipped; changes nothing
    Preview(Preview),
    /// Sign off a request, or mark steps approved with --step
    Approve(Decide),
    /// Refuse a request, or mark steps rejected with --step
    Reject(Decide),
    /// Mark steps as left out; on a plan that runs, leave them out
    Skip(Skip),
    /// Change a step's parameters, or put them back as they were
    Modify(Modify),
    /// Give the request back to its producer, saying what to change
    RequestChanges(Reasoned),
    /// Take back your own sign-off or request for changes
    Withdraw(Which),
    /// Print the exact text that stands for signing a request off, to be signed with your key
    Challenge(Challenge),
    /// Sign a request off with a key: the signature of what `challenge` printed, on stdin
    Cosign(Bring),
    /// Check the signatures on a request again, from the log
    Verify(Which),
    /// Answer a question: an option's number, or words
    Answer(Answer),
    /// Answer requested changes with a changed document on stdin, or go on with a closed request as a new one
    Resubmit(Again),
    /// Say something on a request or a step
    Comment(Say),
    /// Show what was said, answers below what they answer
    Thread(Thread),
    /// Attach evidence: stdin, or a locator
    Attach(Enclose),
    /// List the evidence of a request, or print one piece of it
    Evidence(Evidence),
    /// Say that you are looking at it
    Claim(Which),
    /// Say that you no longer are
    Release(Which),
    /// Put a request out of your own sight for a while; its deadlines run on
    Snooze(Snooze),
    /// Take your own request back
    Cancel(Reasoned),
    /// Go ahead without the required sign-offs; a review is then owed
    Override(Override),
    /// Raise a request to the next level of its escalation chain
    Escalate(Reasoned),
    /// Give a request to somebody else; its deadlines run on
    Reassign(Reassign),
    /// Wait until a request is decided; the exit code says how
    Wait(Wait),
    /// Ask which steps you may do now; the first call claims the execution and prints its token
    Next(Next),
    /// Say what has become of a step that you do
    Report(Report),
    /// End an execution before its last step
    Stop(Reasoned),
    /// Let a step go on that waits for a person; without --digest, show what it would run with
    Confirm(Confirm),
    /// Let a step that ended badly run once more
    Retry(OneStep),
    /// Go on past what ended badly and without what cannot run
    Continue(Reasoned),
    /// Begin, look at, promote, halt or take back the rollout of a deployment
    Rollout {
        /// What to do with it
        #[command(subcommand)]
        verb: Rollout,
    },
    /// Exit 1 when something waits for you
    Check,
    /// A few lines: what waits, what is overdue, what came last
    Pulse,
    /// One screen of what you leave open: claims, what you put off, reviews owed, drafts
    Handoff,
    /// How deciding goes: how long it takes, how it ends, why it is refused
    Stats(Stats),
    /// Show the log, or one request's part of it
    Log(Log),
    /// Print the log, one event a line
    Audit {
        /// What to do with it
        #[command(subcommand)]
        verb: Take,
    },
    /// Take the text of one event out of the log; another admin must say so too
    Redact(Redact),
    /// List who is enrolled, with roles and keys
    Roster,
    /// Show, check, compare or propose the policy
    Policy {
        /// What to do with it
        #[command(subcommand)]
        verb: Proposal,
    },
}

/// Where a file would be named: there is none, and `-` may be written for stdin.
#[derive(Args, Debug)]
pub struct Stdin {
    /// Stdin, and nothing else
    #[arg(value_name = "-", default_value = "-", value_parser = ["-"], hide_default_value = true, hide_possible_values = true)]
    pub stdin: String,
}

impl Stdin {
    /// Stdin, as the command line names it. Whatever was typed, it is nothing else.
    fn path() -> PathBuf {
        PathBuf::from("-")
    }
}

/// `submit`
#[derive(Args, Debug)]
pub struct Ask {
    /// The document
    #[command(flatten)]
    pub from: Stdin,
    /// Wait for the decision
    #[arg(long)]
    pub wait: bool,
    /// Wait at most so many seconds
    #[arg(long, requires = "wait", value_name = "S")]
    pub timeout: Option<u64>,
    /// Under a reference that is known: make it the next revision
    #[arg(long, conflicts_with = "again")]
    pub revise: bool,
    /// Under a reference that is known: make it a new request
    #[arg(long)]
    pub again: bool,
}

/// `import`
#[derive(Args, Debug)]
pub struct TakeOver {
    /// Which format
    pub format: String,
    /// The file
    #[command(flatten)]
    pub from: Stdin,
    /// Under a reference that is known: make it the next revision
    #[arg(long, conflicts_with = "again")]
    pub revise: bool,
    /// Under a reference that is known: make it a new request
    #[arg(long)]
    pub again: bool,
}

/// `resubmit`
#[derive(Args, Debug)]
pub struct Again {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// Read the changed document from stdin. With --as-new it may be left out: then what was asked, less what has run
    #[arg(value_name = "-", value_parser = ["-"], hide_possible_values = true, required_unless_present = "as_new")]
    pub stdin: Option<String>,
    /// The request is closed: ask for it anew, as a request that says which one it goes on with
    #[arg(long)]
    pub as_new: bool,
}

/// `cosign`
#[derive(Args, Debug)]
pub struct Bring {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// The signature
    #[command(flatten)]
    pub from: Stdin,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
    /// An override
    #[command(flatten)]
    pub going: Going,
}

/// `comment`
#[derive(Args, Debug)]
pub struct Say {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// What to say; `-` reads stdin. `@name` calls somebody
    #[arg(required_unless_present_any = ["resolve", "reopen"])]
    pub text: Vec<String>,
    /// About this step
    #[arg(long, value_name = "STEP", conflicts_with_all = ["edit", "resolve", "reopen"])]
    pub step: Option<String>,
    /// About this parameter of the step
    #[arg(long, value_name = "K", requires = "step")]
    pub param: Option<String>,
    /// In reply to comment N
    #[arg(long, value_name = "N", conflicts_with_all = ["edit", "resolve", "reopen"])]
    pub reply: Option<u32>,
    /// Put your own comment N in these words; what it said stays in the log
    #[arg(long, value_name = "N", requires = "text")]
    pub edit: Option<u32>,
    /// Take the thread of comment N for settled
    #[arg(long, value_name = "N", conflicts_with_all = ["text", "reopen"])]
    pub resolve: Option<u32>,
    /// Take the thread of comment N up again
    #[arg(long, value_name = "N", conflicts_with = "text")]
    pub reopen: Option<u32>,
}

/// `attach`
#[derive(Args, Debug)]
pub struct Enclose {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// Read the file from stdin, at most 1 MiB
    #[arg(value_name = "-", value_parser = ["-"], hide_possible_values = true, required_unless_present = "locator")]
    pub stdin: Option<String>,
    /// Where the proof is; never opened by this program
    #[arg(long, value_name = "URL", conflicts_with = "stdin")]
    pub locator: Option<String>,
    /// What it is called, in one line
    #[arg(long, value_name = "LABEL")]
    pub label: String,
    /// About this step
    #[arg(long, value_name = "STEP")]
    pub step: Option<String>,
    /// Make it part of what is decided on: the requester's next revision
    #[arg(long, requires = "stdin", conflicts_with = "step")]
    pub pin: bool,
}

/// `audit`
#[derive(Subcommand, Debug)]
pub enum Take {
    /// Print the log, one event a line
    Export,
}

/// `policy`
#[derive(Subcommand, Debug)]
pub enum Proposal {
    /// Print the policy in force, as it was adopted
    Show,
    /// Check a policy as a whole; nothing is changed
    Check(Stdin),
    /// Show what a policy would change: its text, and the open requests
    Diff(Stdin),
    /// Put a policy in force, or propose it where another admin must agree
    Adopt(Stdin),
}

/// The options whose value is prose: see [`super::words::gather`].
pub const PROSE: [&str; 4] = ["--reason", "--text", "--message", "--phrase"];

/// The grammar. Where an option of the command line can come from the environment, it cannot here, and nothing of the
/// environment is shown.
pub fn command() -> clap::Command {
    fn bare(command: clap::Command) -> clap::Command {
        command.mut_args(|arg| arg.env(clap::builder::Resettable::Reset)).mut_subcommands(bare)
    }
    bare(Client::command())
}

/// Reads the words of a line.
///
/// # Errors
/// What clap makes of them; help is one of its errors.
pub fn read(words: &[String]) -> Result<Client, clap::Error> {
    // The subcommand `help` and `--help` print; they never start a pager.
    command().try_get_matches_from(words).and_then(|matches| Client::from_arg_matches(&matches))
}

impl Words {
    /// The same as the command line says it.
    pub fn into_verb(self) -> Verb {
        match self {
            Words::Submit(Ask { from: _, wait, timeout, revise, again }) => {
                Verb::Submit(Submit { file: Stdin::path(), wait, timeout, revise, again })
            }
            Words::Import(TakeOver { format, from: _, revise, again }) => {
                Verb::Import(Import { format, file: Stdin::path(), sig: None, signers: None, revise, again })
            }
            Words::List(args) => Verb::List(args),
            Words::Show(args) => Verb::Show(args),
            Words::Explain(args) => Verb::Explain(args),
            Words::Preview(args) => Verb::Preview(args),
            Words::Approve(args) => Verb::Approve(args),
            Words::Reject(args) => Verb::Reject(args),
            Words::Skip(args) => Verb::Skip(args),
            Words::Modify(args) => Verb::Modify(args),
            Words::RequestChanges(args) => Verb::RequestChanges(args),
            Words::Override(args) => Verb::Override(args),
            Words::Withdraw(args) => Verb::Withdraw(args),
            Words::Challenge(args) => Verb::Challenge(args),
            Words::Cosign(Bring { request, from: _, reason, going }) => {
                Verb::Cosign(Cosign { request, signature: Some(Stdin::path()), key: None, reason, going })
            }
            Words::Verify(args) => Verb::Verify(args),
            Words::Answer(args) => Verb::Answer(args),
            Words::Resubmit(Again { request, stdin, as_new }) => {
                Verb::Resubmit(Resubmit { request, file: stdin.map(|_| Stdin::path()), as_new })
            }
            Words::Comment(Say { request, text, step, param, reply, edit, resolve, reopen }) => {
                let text = (!text.is_empty()).then(|| text.join(" "));
                Verb::Comment(Comment { request, text, step, param, reply, edit, resolve, reopen })
            }
            Words::Thread(args) => Verb::Thread(args),
            Words::Attach(Enclose { request, stdin, locator, label, step, pin }) => {
                let file = stdin.map(|_| Stdin::path());
                Verb::Attach(Attach { request, file, locator, label, step, pin })
            }
            Words::Evidence(args) => Verb::Evidence(args),
            Words::Claim(args) => Verb::Claim(args),
            Words::Release(args) => Verb::Release(args),
            Words::Snooze(args) => Verb::Snooze(args),
            Words::Cancel(args) => Verb::Cancel(args),
            Words::Escalate(args) => Verb::Escalate(args),
            Words::Reassign(args) => Verb::Reassign(args),
            Words::Wait(args) => Verb::Wait(args),
            Words::Next(args) => Verb::Next(args),
            Words::Report(args) => Verb::Report(args),
            Words::Stop(args) => Verb::Stop(args),
            Words::Confirm(args) => Verb::Confirm(args),
            Words::Retry(args) => Verb::Retry(args),
            Words::Continue(args) => Verb::Continue(args),
            Words::Rollout { verb } => Verb::Rollout { verb },
            Words::Check => Verb::Check,
            Words::Pulse => Verb::Pulse,
            Words::Handoff => Verb::Handoff,
            Words::Stats(args) => Verb::Stats(args),
            Words::Log(args) => Verb::Log(args),
            Words::Audit { verb: Take::Export } => Verb::Audit {
                verb: Audit::Export { format: "jsonl".to_owned(), signatures: None, only: None },
            },
            Words::Redact(args) => Verb::Redact(args),
            Words::Roster => Verb::Roster,
            Words::Policy { verb } => Verb::Policy {
                verb: match verb {
                    Proposal::Show => Policy::Show,
                    Proposal::Check(_) => Policy::Check { file: Stdin::path() },
                    Proposal::Diff(_) => Policy::Diff { file: Stdin::path() },
                    Proposal::Adopt(_) => Policy::Adopt { file: Stdin::path() },
                },
            },
        }
    }
}

#[cfg(test)]
mod tests;
