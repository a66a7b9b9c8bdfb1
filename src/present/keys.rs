//! The keys: which sign-offs a request waits for, who filled them with which key, and over what.

use crate::domain::bound::Bound;
use crate::domain::event::SignOffNumber;
use crate::domain::programs::unknown;
use crate::domain::quorum::{Signer, Slot, fill};
use crate::domain::request::{Request, SignOff};
use crate::domain::text::safe_line;
use crate::present::line::{Line, Tone};

/// Each slot with the sign-off that fills it.
fn slots(request: &Request) -> Vec<(&Slot, Option<&SignOff>)> {
    let counting: Vec<&SignOff> = request.counting().collect();
    let signers: Vec<Signer> = counting.iter().map(|s| s.bound.signer.clone()).collect();
    let slots = &request.assessment().slots;
    let filled = fill(slots, &signers).into_iter().map(|by| by.and_then(|n| counting.get(n).copied()));
    slots.iter().zip(filled).collect()
}

/// How many slots are filled, and how many there are.
pub fn tally(request: &Request) -> (usize, usize) {
    let slots = slots(request);
    (slots.iter().filter(|(_, by)| by.is_some()).count(), slots.len())
}

/// Whether there is more to say than that one human is waited for.
pub fn is_there(request: &Request) -> bool {
    !request.signoffs.is_empty() || request.assessment().slots != [Slot::one_human()]
}

/// The counting sign-offs that fill no slot: they are shown, and not counted.
pub fn extra(request: &Request) -> Vec<SignOffNumber> {
    let filling: Vec<SignOffNumber> =
        slots(request).into_iter().filter_map(|(_, by)| by).map(|s| s.number).collect();
    request.counting().map(|s| s.number).filter(|number| !filling.contains(number)).collect()
}

/// What is waited for, one line a slot.
pub fn waited_for(request: &Request) -> Vec<Line> {
    let (filled, all) = tally(request);
    let mut out = vec![Line::heading(format_args!("Keys: {filled} of {all}"))];
    for (slot, by) in slots(request) {
        let line = Line::plain(format_args!("{slot}: "));
        let line = match by {
            Some(signoff) => {
                let signer = &signoff.bound.signer;
                line.and(
                    Tone::Good,
                    format_args!("{} ({}), sign-off {}", signer.name, signer.assurance, signoff.number.0),
                )
            }
            None => line.and(Tone::Warn, "open"),
        };
        out.push(line.indented(2));
    }
    out
}

/// Which of the programs that it lets start nobody could look at when it was given; nothing when all are known.
pub fn unknown_programs(bound: &Bound) -> Option<Line> {
    let steps: Vec<String> = unknown(&bound.programs).into_iter().map(ToString::to_string).collect();
    let words = match steps.as_slice() {
        [] => return None,
        [one] => format!("the program of {one}"),
        some => format!("the programs of {}", some.join(", ")),
    };
    let line = Line::default().and(
        Tone::Warn,
        format_args!("{words} could not be looked at: what stands there when it runs is what is started"),
    );
    Some(line.indented(4))
}

/// With which key a sign-off was signed, and over what; nothing for one that was not.
pub fn key(signoff: &SignOff) -> Option<Line> {
    let signature = signoff.signature.as_ref()?;
    let bound = &signoff.bound;
    let words = format!("key {}", safe_line(&signature.fingerprint).clipped(80));
    let over =
        format!(", over revision {}, marks {}", bound.revision_digest.short(), bound.marks_digest.short());
    Some(Line::default().and(Tone::Dim, words + &over).indented(4))
}
