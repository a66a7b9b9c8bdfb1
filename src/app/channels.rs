//! The channels of the settings: what each is called, what goes through it, and where it leads.

use crate::domain::names::Identifier;
use crate::domain::notice::NoticeKind;
use crate::domain::text::is_marked;
use crate::notify::exec::Exec;
use crate::notify::flag::Flag;
use crate::notify::mail::Mail;
use crate::notify::webhook::Webhook;
use serde::Deserialize;
use std::path::PathBuf;

/// One channel.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "Form")]
pub struct Channel {
    /// What it is called.
    pub name: Identifier,
    /// Only notices of these kinds; none named: all.
    pub kinds: Vec<NoticeKind>,
    /// Only what is meant for these principals or roles, or for everybody who reviews; none named: all.
    pub readers: Vec<String>,
    /// Where it leads.
    pub way: Way,
}

/// Where a channel leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// Two files that other programs look at: they say what is, and are no messages.
    Flag(Flag),
    /// A command.
    Exec(Exec),
    /// An address.
    Webhook(Webhook),
    /// A mail.
    Mail(Mail),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    name: Identifier,
    kind: WayKind,
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    readers: Vec<String>,
    dir: Option<PathBuf>,
    command: Option<Vec<String>>,
    url: Option<String>,
    secret_file: Option<PathBuf>,
    to: Option<String>,
    from: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum WayKind {
    Flag,
    Exec,
    Webhook,
    Mail,
}

/// What hands a mail over where the settings name nothing else.
const SENDMAIL: [&str; 3] = ["/usr/sbin/sendmail", "-i", "-t"];

impl TryFrom<Form> for Channel {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        let Form { name, kind, only, readers, dir, command, url, secret_file, to, from } = form;
        let kinds = only
            .iter()
            .map(|word| {
                let known = || NoticeKind::ALL.map(NoticeKind::word).join(", ");
                NoticeKind::parse(word).ok_or_else(|| format!("only: `{word}` is none of {}", known()))
            })
            .collect::<Result<Vec<_>, String>>()?;
        // What belongs to another kind of channel is a mistake, not to be passed over.
        let given = [
            ("dir", dir.is_some(), kind == WayKind::Flag),
            ("command", command.is_some(), matches!(kind, WayKind::Exec | WayKind::Mail)),
            ("url", url.is_some(), kind == WayKind::Webhook),
            ("secret_file", secret_file.is_some(), kind == WayKind::Webhook),
            ("to", to.is_some(), kind == WayKind::Mail),
            ("from", from.is_some(), kind == WayKind::Mail),
        ];
        if let Some((key, ..)) = given.iter().find(|(_, given, fits)| *given && !fits) {
            return Err(format!("channel `{name}`: {key} is not for a channel of this kind"));
        }
        let lacks = |key: &str| format!("channel `{name}`: {key} is missing");
        let address = |key: &str, given: Option<String>| {
            let given = given.ok_or_else(|| lacks(key))?;
            let visible = given.bytes().all(|c| c.is_ascii_graphic());
            if visible && given.contains('@') { Ok(given) } else { Err(format!("{key}: is no address")) }
        };
        let program = |command: Vec<String>| match command.first() {
            Some(program) if program.starts_with('/') => Ok(command),
            _ => Err(format!("channel `{name}`: command begins with the absolute path of a program")),
        };
        let way = match kind {
            WayKind::Flag => Way::Flag(Flag { dir: dir.ok_or_else(|| lacks("dir"))? }),
            WayKind::Exec => Way::Exec(Exec { command: program(command.ok_or_else(|| lacks("command"))?)? }),
            WayKind::Webhook => {
                let url = url.ok_or_else(|| lacks("url"))?;
                let known = url.starts_with("https://") || url.starts_with("http://");
                if !known || url.chars().any(|c| c.is_whitespace() || is_marked(c)) {
                    return Err(format!("channel `{name}`: url begins with https:// or http://"));
                }
                Way::Webhook(Webhook { url, secret_file: secret_file.ok_or_else(|| lacks("secret_file"))? })
            }
            WayKind::Mail => {
                let command = command.unwrap_or_else(|| SENDMAIL.map(str::to_owned).to_vec());
                Way::Mail(Mail {
                    to: address("to", to)?,
                    from: address("from", from)?,
                    command: program(command)?,
                })
            }
        };
        Ok(Self { name, kinds, readers, way })
    }
}
