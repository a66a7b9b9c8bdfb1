//! What the program says about itself: help, the man page, completions.

use super::Desk;
use clap::CommandFactory;
use countersign::cli::args::Cli;
use countersign::domain::refusal::exit;

/// Every command by its whole name: `list`, `audit export`.
fn commands() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, above: &[String], out: &mut Vec<Vec<String>>) {
        for sub in command.get_subcommands() {
            let name = [above, &[sub.get_name().to_owned()]].concat();
            walk(sub, &name, out);
            out.push(name);
        }
    }
    let mut out = vec![Vec::new()];
    walk(&Cli::command(), &[], &mut out);
    out.sort();
    out
}

#[test]
fn the_help_of_every_command_is_as_it_was() {
    let desk = Desk::new();
    let mut all = String::new();
    for name in commands() {
        let mut arguments: Vec<&str> = name.iter().map(String::as_str).collect();
        arguments.push("--help");
        // The variables that name the store and the settings are shown with their values; here they have none.
        let ran = desk.run_with(|command| command.env_remove("COUNTERSIGN_STORE"), &arguments).ended(0);
        assert_eq!(ran.err, "");
        assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{ran}");
        all.push_str(&format!("$ countersign {}\n{}\n", arguments.join(" "), ran.out));
    }
    insta::assert_snapshot!("help", all);
}

#[test]
fn the_short_help_fits_on_one_screen() {
    let desk = Desk::new();
    let ran = desk.run(&["-h"]).ended(0);
    assert!(ran.out.contains("Usage: countersign"), "{ran}");
    assert!(desk.run(&["--version"]).ended(0).out.starts_with("countersign "));
}

#[test]
fn the_man_page_names_every_command_and_every_exit_code() {
    let desk = Desk::new();
    let page = desk.run(&["man"]).ended(0).out;
    for name in commands().iter().filter(|name| !name.is_empty()) {
        let name = name.join(" ").replace('-', "\\-");
        assert!(page.contains(&format!("\\fB{name}\\fR")), "{name}");
    }
    for (code, meaning) in exit::TABLE {
        assert!(page.contains(&format!(".TP\n\\fB{code}\\fR\n{}\n", meaning.replace('`', ""))), "{code}");
    }
    assert!(!desk.path("store.db").exists(), "a manual needs no store");
}

#[test]
fn completions_know_every_command() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = desk.run(&["completions", shell]).ended(0).out;
        for name in commands().iter().filter(|name| !name.is_empty()) {
            assert!(script.contains(name.last().unwrap()), "{shell}: {name:?}");
        }
    }
}
