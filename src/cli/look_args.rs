//! The grammar of the verbs that look at requests and their plans.

use clap::{Args, ValueEnum};

/// Which lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Lists {
    /// What waits for you
    Waiting,
    /// Everything open
    Open,
    /// What waits for anybody and nobody is on
    Unclaimed,
    /// What is escalated
    Escalated,
    /// Open promotions
    Promotions,
    /// Reviews that are owed
    Debts,
    /// Open questions
    Questions,
    /// What is decided, newest first
    Decided,
    /// Open, then decided
    All,
}

/// In which order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Sort {
    /// Overdue, escalated, by risk, then by due time
    Reading,
    /// What was asked last first
    Newest,
    /// What is due first
    Due,
}

/// `list`
#[derive(Args, Debug)]
pub struct List {
    /// Which
    #[arg(long, value_enum, default_value = "open")]
    pub state: Lists,
    /// In which order
    #[arg(long, value_enum, default_value = "reading")]
    pub sort: Sort,
    /// Only this kind
    #[arg(long)]
    pub kind: Option<String>,
    /// Only this risk
    #[arg(long)]
    pub risk: Option<String>,
    /// Only this requester
    #[arg(long)]
    pub by: Option<String>,
    /// Only this environment
    #[arg(long)]
    pub env: Option<String>,
    /// Only what matches, as in "deploy pay risk:high due:<30m": fields exactly, words by how they begin
    #[arg(long, value_name = "TERMS")]
    pub filter: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub limit: usize,
}

/// `show`
#[derive(Args, Debug)]
pub struct Show {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// Only what changed in its plan since the revision before
    #[arg(long, value_name = "HOW", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "words")]
    pub diff: Option<Diff>,
    /// Only what needs what, drawn
    #[arg(long, conflicts_with = "diff")]
    pub graph: bool,
    /// Only its parameters, as a table by step or by key
    #[arg(long, value_name = "ORDER", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "step", conflicts_with_all = ["diff", "graph"])]
    pub params: Option<Params>,
    /// Only what changed since you signed it off last, each change with its class
    #[arg(long, conflicts_with_all = ["diff", "delta", "graph", "params"])]
    pub since_mine: bool,
    /// Only what changed since revision N, each change with its class (without N: since the one before)
    #[arg(long, value_name = "N", num_args = 0..=1, conflicts_with_all = ["diff", "graph", "params"])]
    pub delta: Option<Option<u32>>,
}

/// How `show --diff` says what changed.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Diff {
    /// Whole lines, with those around them
    Unified,
    /// The words that differ
    Words,
    /// As it was beside as it is, where there are 118 columns
    Side,
}

/// What `show --params` sorts by.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Params {
    /// Step by step
    Step,
    /// So that the same parameter of many steps stands together
    Key,
}

/// `preview`
#[derive(Args, Debug)]
pub struct Preview {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// As if these steps were approved (a,b or again for more)
    #[arg(long, value_name = "STEPS", value_delimiter = ',')]
    pub approve: Vec<String>,
    /// As if these steps were rejected
    #[arg(long, value_name = "STEPS", value_delimiter = ',')]
    pub reject: Vec<String>,
    /// As if these steps were left out
    #[arg(long, value_name = "STEPS", value_delimiter = ',')]
    pub skip: Vec<String>,
}

/// `modify`
#[derive(Args, Debug)]
pub struct Modify {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// The step to change
    #[arg(long, value_name = "STEP")]
    pub step: String,
    /// Give a parameter this value, typed as JSON: count=2, 'to="ada"' (again for more)
    #[arg(long, value_name = "K=JSON")]
    pub set: Vec<String>,
    /// Take a parameter away (again for more)
    #[arg(long, value_name = "K")]
    pub unset: Vec<String>,
    /// Say by hand what the step would take from another: lookup.email='"ada@example.org"' (again for more)
    #[arg(long, value_name = "STEP.FIELD=JSON")]
    pub give: Vec<String>,
    /// Put the parameter back as its producer had it; without K the whole step
    #[arg(long, value_name = "K", num_args = 0..=1, conflicts_with_all = ["set", "unset", "give"])]
    pub restore: Option<Option<String>>,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
    /// The decision digest that `show` printed
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
}
