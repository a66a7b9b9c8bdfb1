//! Documents that are printed from tables are current. `UPDATE=1 cargo test docs` writes them again.

use countersign::domain::{refusal::exit, transitions};
use std::path::Path;

pub fn current(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{file} is not current: UPDATE=1 cargo test");
}

#[test]
fn the_state_machine_document_is_the_table() {
    let head = "\
# The life of a request

Printed from the table in `src/domain/transitions.rs` that the program obeys. Open states: `requested`,
`changes_requested`, `escalated`. Closed states: `approved`, `rejected`, `overridden`, `cancelled`, `expired`; nothing
leads out of them. `in review` is how a requested request with a live claim is shown.

Refusals are checked in this order: no such request (exit 4), closed (3), own request (1), permission and slot (1),
changed since it was seen (3), a missing reason (1). Time is settled before every command: what has expired by the
clock is closed first. Silence never approves.

";
    let rollouts = "\n## Rollouts\n\nA rollout is an aggregate of its own, called by its deployment's number. What stands in no row is refused, and \
                    changes nothing. A person halts at once: what the driver is doing is ended, and taken back from whatever is there.\n\n";
    let rollouts = format!("{rollouts}{}", countersign::domain::rollout::table::as_markdown());
    current("docs/states.md", &format!("{head}{}{rollouts}", transitions::as_markdown()));
}

#[test]
fn the_runbook_is_the_table_whose_sentences_the_doctor_says() {
    current("docs/runbook.md", &countersign::app::troubles::as_markdown());
}

#[test]
fn the_guides_name_no_command_that_does_not_exist() {
    use clap::CommandFactory;
    let cli = countersign::cli::args::Cli::command();
    let known: Vec<String> = cli.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for file in [
        "README.md",
        "docs/reviewer.md",
        "docs/producer.md",
        "docs/log-format.md",
        "docs/runbook.md",
        "docs/policy.md",
        "docs/team.md",
        "docs/signatures.md",
        "docs/security.md",
        "docs/override.md",
        "docs/notifications.md",
        "docs/drivers.md",
    ] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        for (at, _) in text.match_indices("countersign ") {
            let word: String =
                text[at + 12..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            // Only what stands in code: behind a prompt, a back-tick, a pipe or at the start of an indented line.
            let before = text[..at].chars().next_back().unwrap_or(' ');
            let in_code = before == '`' || text[..at].ends_with("$ ") || text[..at].ends_with("| ");
            if in_code && !word.is_empty() && !word.starts_with('-') {
                assert!(known.contains(&word), "{file} names `countersign {word}`");
            }
        }
    }
}

#[test]
fn the_readme_tells_every_exit_code_or_where_they_stand() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/producer.md")).unwrap();
    for (code, _) in exit::TABLE {
        assert!(text.contains(&format!("| {code} |")), "docs/producer.md lacks exit code {code}");
    }
}
