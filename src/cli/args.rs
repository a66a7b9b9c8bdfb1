//! The command line's grammar. One source for parsing, `--help`, the completions and the man page.

pub use crate::cli::keep_args::{About, Admin, Audit, Policy, Prune, Redact, Team};
pub use crate::cli::look_args::{Diff, List, Lists, Modify, Params, Preview, Show, Sort};
pub use crate::cli::rollout_args::Rollout;
pub use crate::cli::run_args::{Confirm, Next, OneStep, Report, Status};
pub use crate::cli::sign_args::{Challenge, Cosign, Going};
pub use crate::cli::talk_args::{Attach, Comment, Evidence, Stats, Thread};
pub use crate::cli::time_args::{Notify, Reassign, Snooze, Wait};

use crate::domain::names::PrincipalName;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Automation asks for permission; people give or refuse it. Without a command this opens the inbox.
#[derive(Parser, Debug)]
#[command(name = "countersign", version, about, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// The store's file
    #[arg(long, global = true, env = "COUNTERSIGN_STORE", hide_env_values = true, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// The settings file
    #[arg(long, global = true, env = "COUNTERSIGN_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The name to act under; a solo store takes your word for it, and says so
    #[arg(long = "as", global = true, value_name = "NAME", value_parser = principal)]
    pub as_name: Option<String>,
    /// Print JSON: one object or array
    #[arg(long, global = true)]
    pub json: bool,
    /// How the screen looks
    #[command(flatten)]
    pub look: Look,
    /// What to do
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// A name one can act under: a wrong one is a wrong command line, before anything is opened.
pub fn principal(name: &str) -> Result<String, String> {
    match PrincipalName::new(name) {
        Ok(taken) if taken == PrincipalName::system() => Err("the name is taken".to_owned()),
        Ok(_) => Ok(name.to_owned()),
        Err(why) => Err(why.to_string()),
    }
}

/// How the screen looks.
#[derive(Args, Debug, Clone, Copy)]
pub struct Look {
    /// Draw with ASCII only
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Line by line instead of a screen: for screen readers and terminals that cannot draw
    #[arg(long, global = true)]
    pub plain: bool,
}

/// Every command.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Fill a throw-away store and open it
    Demo(Demo),
    /// Ask for a decision: one JSON document, or one a line (NDJSON)
    Submit(Submit),
    /// Take requests from another system's file: draft, calyx-pending, calyx-lease, sshsig-approval
    Import(Import),
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
    /// Sign a request off with a key: bring the signature of what `challenge` printed, or name the key's file
    Cosign(Cosign),
    /// Check the signatures on a request again, from the log
    Verify(Which),
    /// Answer a question: an option's number, or words
    Answer(Answer),
    /// Answer requested changes with a changed document, or go on with a closed request as a new one
    Resubmit(Resubmit),
    /// Say something on a request, a step or a parameter; answer, edit or resolve what was said
    Comment(Comment),
    /// Show what was said, answers below what they answer
    Thread(Thread),
    /// Attach evidence: a file, stdin, or a locator
    Attach(Attach),
    /// List the evidence of a request, or print one piece of it
    Evidence(Evidence),
    /// Say that you are looking at it
    Claim(Which),
    /// Say that you no longer are
    Release(Which),
    /// Put a request out of your own sight for a while; its deadlines run on
    Snooze(Snooze),
    /// Raise a request to the next level of its escalation chain
    Escalate(Reasoned),
    /// Give a request to somebody else; its deadlines run on
    Reassign(Reassign),
    /// Take your own request back
    Cancel(Reasoned),
    /// Go ahead without the sign-offs a request needs; you owe a review for it. Without --phrase, say what would happen
    Override(Override),
    /// Wait until a request is decided; the exit code says how
    Wait(Wait),
    /// Run the approved steps of a request by their commands, one after another
    Run(Which),
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
    /// Take back what was done: the undo commands of completed steps, last first
    RollBack(Reasoned),
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
    /// Verify or export the log
    Audit {
        /// What to do with it
        #[command(subcommand)]
        verb: Audit,
    },
    /// Forget everything but the log and write it again
    Rebuild,
    /// Forget notices and evidence that are older than the settings say; it stands in the log
    Prune(Prune),
    /// Take the text of one event out of the log; its digest stays, and who did it and why
    Redact(Redact),
    /// Copy the store into a new file
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Keep time: record what is due, escalate, and tell whoever must know
    Watch {
        /// One round, and then end
        #[arg(long)]
        once: bool,
    },
    /// Try the channels by which somebody is told
    Notify {
        /// What to do
        #[command(subcommand)]
        verb: Notify,
    },
    /// Look at the store's health and say what to do
    Doctor,
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
    /// Print the screen's keys
    Keys,
    /// Let one person or program work through SSH: for a forced command in authorized_keys, with --as NAME
    Session,
    /// Keep the place where a team's requests wait
    Admin {
        /// What to do
        #[command(subcommand)]
        verb: Admin,
    },
    /// Make this store a team's, for ever
    Team {
        /// What to do
        #[command(subcommand)]
        verb: Team,
    },
    /// List who is enrolled, with roles and keys
    Roster,
    /// Show, check, compare or adopt the policy: how risky, who must sign, by when
    Policy {
        /// What to do with it
        #[command(subcommand)]
        verb: Policy,
    },
}

/// `demo`
#[derive(Args, Debug)]
pub struct Demo {
    /// Only fill a store in this new directory and say where it is
    #[arg(long, value_name = "DIR")]
    pub fill: Option<PathBuf>,
}

/// `submit`
#[derive(Args, Debug)]
pub struct Submit {
    /// The document; `-` reads stdin
    pub file: PathBuf,
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
pub struct Import {
    /// Which format
    pub format: String,
    /// The file; `-` reads stdin
    pub file: PathBuf,
    /// Of an sshsig-approval: its signature; FILE.sig when left out
    #[arg(long, value_name = "FILE")]
    pub sig: Option<PathBuf>,
    /// Of an sshsig-approval: the list that says whose key is whose (allowed_signers)
    #[arg(long, value_name = "FILE")]
    pub signers: Option<PathBuf>,
    /// Under a reference that is known: make it the next revision
    #[arg(long, conflicts_with = "again")]
    pub revise: bool,
    /// Under a reference that is known: make it a new request
    #[arg(long)]
    pub again: bool,
}

/// One request.
#[derive(Args, Debug)]
pub struct Which {
    /// R-17, or a name that only one request carries
    pub request: String,
}

/// `approve`, `reject`
#[derive(Args, Debug)]
pub struct Decide {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
    /// The decision digest that `show` printed, at least 12 digits: refused when it is no longer that
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
    /// Mark this step only (again for more)
    #[arg(long, value_name = "STEP")]
    pub step: Vec<String>,
}

/// `skip`
#[derive(Args, Debug)]
pub struct Skip {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// The step to leave out (again for more)
    #[arg(long, required = true, value_name = "STEP")]
    pub step: Vec<String>,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
    /// The decision digest that `show` printed
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
}

/// A verb with a reason.
#[derive(Args, Debug)]
pub struct Reasoned {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
    /// The decision digest that `show` printed
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
}

/// `override`
#[derive(Args, Debug)]
pub struct Override {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// What it is: incident, security, data-loss or other
    #[arg(long)]
    pub class: Option<String>,
    /// Where it can be looked up: a ticket or an address
    #[arg(long)]
    pub reference: Option<String>,
    /// Why: at least 20 visible characters, and not a reason you gave before
    #[arg(long)]
    pub reason: Option<String>,
    /// The phrase `OVERRIDE R-17`, exactly
    #[arg(long)]
    pub phrase: Option<String>,
    /// The decision digest that `show` printed
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
}

/// `answer`
#[derive(Args, Debug)]
pub struct Answer {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// The option's number, counted from 1
    #[arg(long, value_name = "N", conflicts_with = "text")]
    pub option: Option<u32>,
    /// The answer in words
    #[arg(long)]
    pub text: Option<String>,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
    /// The decision digest that `show` printed
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
}

/// `resubmit`
#[derive(Args, Debug)]
pub struct Resubmit {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// The changed document; `-` reads stdin. With --as-new it may be left out: then what was asked, less what has run
    #[arg(required_unless_present = "as_new")]
    pub file: Option<PathBuf>,
    /// The request is closed: ask for it anew, as a request that says which one it goes on with
    #[arg(long)]
    pub as_new: bool,
}

/// `log`
#[derive(Args, Debug)]
pub struct Log {
    /// Only this request; `keeping`: what was forgotten or taken out, and what the clock did
    pub request: Option<String>,
    /// Only events behind this number
    #[arg(long, value_name = "SEQ")]
    pub after: Option<u64>,
    /// At most so many (of the whole log: the last ones)
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub limit: u64,
}
