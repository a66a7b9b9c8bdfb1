//! What a session obeys, and what it leaves out for a reason.

use super::*;
use crate::cli::args::Cli;

/// What the command line has and a session has not, each for its reason.
const NOT_HERE: [(&str, &str); 15] = [
    ("notify", "tries channels of the server"),
    ("watch", "keeps time, and is the server's"),
    ("admin", "is the server's"),
    ("backup", "names a file of the server"),
    ("completions", "are for a shell at the server"),
    ("demo", "makes a store"),
    ("doctor", "looks at the server"),
    ("keys", "read the settings; ? on the screen shows them"),
    ("man", "is for a shell at the server"),
    ("prune", "is upkeep"),
    ("rebuild", "is upkeep"),
    ("roll-back", "starts processes"),
    ("run", "starts processes"),
    ("session", "is where we are"),
    ("team", "is founded at the server"),
];

#[test]
fn every_verb_is_a_sessions_or_is_left_out_for_a_reason() {
    let names = |command: &clap::Command| -> Vec<String> {
        let mut names: Vec<_> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
        names.sort();
        names
    };
    let here = names(&command());
    let left_out: Vec<&str> = NOT_HERE.iter().map(|(name, _)| *name).collect();
    for name in names(&Cli::command()) {
        let is_left_out = left_out.contains(&name.as_str());
        assert!(here.contains(&name) != is_left_out, "{name}: say here whether a session has it");
    }
}

#[test]
fn no_word_names_a_file_a_store_or_a_person() {
    fn walk(command: &clap::Command) {
        for arg in command.get_arguments() {
            let name = arg.get_id().as_str();
            for forbidden in
                ["store", "config", "as", "as_name", "file", "against", "fill", "signatures", "write"]
            {
                assert_ne!(name, forbidden, "{}", command.get_name());
                assert_ne!(arg.get_long(), Some(forbidden), "{}", command.get_name());
            }
            let is_path =
                arg.get_value_parser().type_id() == clap::builder::ValueParser::path_buf().type_id();
            assert!(!is_path, "{} {name} is a path", command.get_name());
            assert!(arg.get_env().is_none(), "{} {name} comes from the environment", command.get_name());
            assert!(
                !arg.is_allow_hyphen_values_set(),
                "{} {name} takes what looks like an option",
                command.get_name()
            );
        }
        command.get_subcommands().for_each(walk);
    }
    let mut whole = command();
    whole.build();
    walk(&whole);
}

#[test]
fn what_begins_with_a_hyphen_is_a_value_only_behind_an_equals_sign_or_two_hyphens() {
    let read = |line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        read(&words).map(|client| client.verb.unwrap().into_verb())
    };
    for line in [
        "show -oX",
        "show --store",
        "show R-1 --as bob",
        "--as bob list",
        "list --store /x",
        "list --config=/x",
        "approve R-1 --reason -x",
        "submit /etc/passwd",
        "submit ../x",
        "resubmit R-1 /etc/passwd",
        "policy adopt x.toml",
        "audit export --signatures out",
        "audit verify --against x",
        "run R-1",
        "roll-back R-1",
        "session --as bob",
        "doctor",
        "lis",
        "--version",
        "cosign R-1 --key /x",
        "cosign R-1 /x.sig",
        "",
    ] {
        let told = read(line).unwrap_err();
        assert!(told.use_stderr(), "{line}: {told}");
    }
    let Verb::Approve(args) = read("approve R-1 --reason=-x").unwrap() else { panic!() };
    assert_eq!(args.reason.as_deref(), Some("-x"));
    let Verb::Comment(args) = read("comment R-1 -- -x --as bob").unwrap() else { panic!() };
    assert_eq!(args.text.as_deref(), Some("-x --as bob"));
    let Verb::Submit(args) = read("submit -").unwrap() else { panic!() };
    assert_eq!(args.file, PathBuf::from("-"));
    let Verb::Submit(args) = read("submit").unwrap() else { panic!() };
    assert_eq!(args.file, PathBuf::from("-"));
}
