//! `mail`: one short mail through a sendmail command. Nothing from outside is in its headers.

use super::{Channel, Message};

/// Somebody's address, and the command that takes mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// To whom; visible ASCII.
    pub to: String,
    /// From whom; visible ASCII.
    pub from: String,
    /// The program and its arguments; it reads the mail with its headers on stdin.
    pub command: Vec<String>,
}

impl Mail {
    /// The mail as it is handed over.
    fn written(&self, message: &Message) -> String {
        let mut out = format!(
            "From: {}\nTo: {}\nSubject: countersign: {}\nMessage-ID: <{}@countersign>\nAuto-Submitted: auto-generated\n\
             MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{}\n",
            self.from,
            self.to,
            message.sentence.split(';').next().unwrap_or_default(),
            message.id.replace('/', "."),
            message.sentence,
        );
        for line in &message.text {
            out.push_str(&format!("| {line}\n"));
        }
        out.push_str("\nDecide with countersign; an answer to this mail is not read.\n");
        out
    }
}

impl Channel for Mail {
    fn send(&self, message: &Message) -> Result<(), String> {
        super::command(&self.command, &message.id, self.written(message).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_has_its_id_and_no_header_that_came_from_outside() {
        let mail = Mail { to: "oncall@example.org".into(), from: "gate@example.org".into(), command: vec![] };
        let message = Message {
            id: "s/R-1/1/approval/0".into(),
            sentence: "R-1 waits; it expires".into(),
            text: vec!["Subject: evil".into()],
            body: String::new(),
            at: 0,
        };
        let written = mail.written(&message);
        let (head, rest) = written.split_once("\n\n").unwrap();
        assert!(head.contains("Message-ID: <s.R-1.1.approval.0@countersign>"), "{head}");
        assert!(head.contains("Subject: countersign: R-1 waits") && !head.contains("evil"), "{head}");
        assert!(rest.contains("| Subject: evil"), "{rest}");
    }
}
