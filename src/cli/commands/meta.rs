//! About the program itself: completions, the man page, the keys.

use crate::app::{Config, Place};
use crate::cli::Done;
use crate::cli::args::Cli;
use crate::cli::output::Out;
use crate::domain::refusal::exit;
use crate::tui::Habits;
use crate::tui::keymap::as_markdown;
use clap::CommandFactory;

/// `completions SHELL`
pub fn completions(shell: clap_complete::Shell, out: &mut Out) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "countersign", &mut script);
    out.verbatim(&script);
    Ok(exit::DONE)
}

/// `man`: the whole manual in one page, every command with its options, and the exit codes.
pub fn man(out: &mut Out) -> Done {
    out.verbatim(&man_page());
    Ok(exit::DONE)
}

/// The manual as roff, made from the grammar and the table of exit codes.
pub fn man_page() -> Vec<u8> {
    let mut page = Vec::new();
    let command = Cli::command();
    let man = clap_mangen::Man::new(command.clone());
    // Writing to memory does not fail.
    let _ = man.render_title(&mut page);
    let _ = man.render_name_section(&mut page);
    let _ = man.render_synopsis_section(&mut page);
    let _ = man.render_description_section(&mut page);
    let _ = man.render_options_section(&mut page);
    let mut text = String::from(".SH COMMANDS\n");
    commands(&command, "", &mut text);
    text.push_str(".SH \"EXIT STATUS\"\n");
    for (code, meaning) in exit::TABLE {
        text.push_str(&format!(".TP\n\\fB{code}\\fR\n{}\n", meaning.replace('`', "")));
    }
    page.extend(text.into_bytes());
    page
}

/// Every command with its arguments, one `.TP` each; commands of commands with their whole name.
fn commands(command: &clap::Command, above: &str, text: &mut String) {
    for sub in command.get_subcommands() {
        let name = format!("{above}{}", sub.get_name());
        let arguments: Vec<String> = sub
            .get_arguments()
            .filter(|a| !a.is_global_set() && a.get_id() != "help")
            .map(|a| match (a.get_long(), a.get_value_names()) {
                (Some(long), Some([value])) if a.get_action().takes_values() => format!("[--{long} {value}]"),
                (Some(long), _) => format!("[--{long}]"),
                (None, _) => a.get_id().as_str().to_uppercase(),
            })
            .collect();
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        let line = format!(".TP\n\\fB{name}\\fR {}\n{about}\n", arguments.join(" "));
        text.push_str(&line.replace('-', "\\-"));
        commands(sub, &format!("{name} "), text);
    }
}

/// `keys`: as the settings make them.
pub fn keys(place: &Place, out: &mut Out) -> Done {
    let config = Config::read(place.config.as_deref())?;
    let habits = Habits::of(&config, false)?;
    out.verbatim(as_markdown(habits.keys).as_bytes());
    Ok(exit::DONE)
}
