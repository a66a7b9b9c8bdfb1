//! The troubles a store can be in: by what somebody notices, and what to do. `doctor` says these sentences, and
//! `docs/runbook.md` is printed from this table.

/// One trouble.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// What `doctor` calls it.
    pub what: &'static str,
    /// What somebody notices.
    pub symptom: &'static str,
    /// What it means.
    pub means: &'static str,
    /// What to do now.
    pub remedy: &'static str,
}

/// Every trouble, in the order of the runbook.
pub const TROUBLES: [Trouble; 19] = [
    FULL,
    NEARLY_FULL,
    NO_RESERVE,
    BUSY,
    NOT_WRITABLE,
    GONE,
    CLOCK_BEHIND,
    DAMAGED,
    NEWER,
    NOT_OPENED,
    READABLE,
    OVERDUE,
    NO_ANCHOR,
    UNWATCHED,
    CHANNEL,
    STUCK,
    MISSED,
    KEYS,
    DRIVERS,
];

/// Less is free than a decision may need.
pub const FULL: Trouble = Trouble {
    what: "disk-full",
    symptom: "`the disk is full (N bytes free at …)`, exit 74",
    means: "new requests and comments are refused; while the reserve lasts, everything can be read and decided",
    remedy: "free some space on that disk; the reserve is taken again by itself",
};
/// Below the watermark.
pub const NEARLY_FULL: Trouble = Trouble {
    what: "disk",
    symptom: "`the disk is nearly full`, exit 75 for submit, import, resubmit and comment",
    means: "new requests and comments are refused; decisions are still taken",
    remedy: "free some space on that disk, and submit again",
};
/// The reserve is not whole.
pub const NO_RESERVE: Trouble = Trouble {
    what: "reserve",
    symptom: "`doctor` notes that the reserve is not whole",
    means: "on a full disk, decisions may find no room",
    remedy: "free some space, then run any command: it is taken when there is plenty",
};
/// Somebody holds the writers' lock.
pub const BUSY: Trouble = Trouble {
    what: "busy",
    symptom: "`store busy for 10 s by process N`, exit 75",
    means: "that process is deciding, and is stopped or very slow; nothing was changed, and reading goes on",
    remedy: "look at it (ps -o stat,cmd -p N): let it go on (kill -CONT N) or end it (kill N), and try again",
};
/// The directory or file system refuses writing.
pub const NOT_WRITABLE: Trouble = Trouble {
    what: "read-only",
    symptom: "`Read-only file system` or `Permission denied`, exit 74",
    means: "nothing can be recorded, and nothing was",
    remedy: "make the directory of the store writable to you (mount -o remount,rw, chmod u+w), and try again",
};
/// The file that was open is no longer at its place.
pub const GONE: Trouble = Trouble {
    what: "gone",
    symptom: "`the store … is gone`, exit 74, also under an open screen or `wait`",
    means: "the file or its directory was removed, moved or replaced; nothing is recorded in what nobody finds again",
    remedy: "put the store (or its newest backup) back at that place, run `countersign audit verify`, and start again",
};
/// The host's clock shows less than the last event.
pub const CLOCK_BEHIND: Trouble = Trouble {
    what: "clock",
    symptom: "the header or a note says `clock … behind`",
    means: "the clock was set back since the last event; events keep their order, and what was seen to expire stays expired",
    remedy: "set the clock right (timedatectl); cancel and ask again for what was approved while it was wrong",
};
/// The log or the file does not fit together.
pub const DAMAGED: Trouble = Trouble {
    what: "log",
    symptom: "exit 5, or `run countersign audit verify`",
    means: "bytes of the store are not what was written",
    remedy: "run `countersign audit verify`: derived tables alone are mended by `countersign rebuild`; for the log, put the newest backup back and keep the damaged file",
};
/// An event or form that only a newer program knows.
pub const NEWER: Trouble = Trouble {
    what: "writing",
    symptom: "`the log holds an event this program does not know`, or `made by a newer countersign`",
    means: "the store is only read, or not touched at all",
    remedy: "use the program that wrote it",
};
/// It could not be opened at all.
pub const NOT_OPENED: Trouble = Trouble {
    what: "opening",
    symptom: "every command ends with the same sentence, exit 74 or 65",
    means: "the store or the settings may not or cannot be used as they are; nothing was touched",
    remedy: "do what that sentence says",
};
/// Others can read the store.
pub const READABLE: Trouble = Trouble {
    what: "mode",
    symptom: "`doctor` notes that others can read the directory or file",
    means: "what producers wrote may be secret",
    remedy: "chmod go-rwx it",
};
/// What time has done is not recorded yet.
pub const OVERDUE: Trouble = Trouble {
    what: "time",
    symptom: "`doctor` notes requests that are due and not recorded",
    means: "nobody looked since; they count as expired or lapsed from the moment they were due",
    remedy: "run `countersign list`, which records it",
};
/// Nobody keeps time.
pub const UNWATCHED: Trouble = Trouble {
    what: "watch",
    symptom: "`nobody keeps time` in the header, or `doctor` notes it",
    means: "deadlines hold all the same, but nothing is escalated or told until somebody looks",
    remedy: "run `countersign watch` (assets/systemd has units), or `countersign watch --once` from cron",
};
/// A channel does not take what it is given.
pub const CHANNEL: Trouble = Trouble {
    what: "channel",
    symptom: "`notices fail` in the header, or `doctor` names a channel",
    means: "what is to be told through it waits and is tried again, ever more rarely, and is given up after 40 tries",
    remedy: "mend what the channel said, and run `countersign notify test CHANNEL`: what waits goes out at the next try",
};
/// Requests wait longer than they should.
pub const STUCK: Trouble = Trouble {
    what: "stuck",
    symptom: "requests are overdue, or stand at the top of their chain",
    means: "whoever has them does not decide, and the clock has nobody left to raise them to; in the end they expire",
    remedy: "run `countersign list`, overdue first: decide, `countersign reassign R --to NAME`, or `countersign escalate R`",
};
/// A deadline was missed.
pub const MISSED: Trouble = Trouble {
    what: "missed",
    symptom: "a request is expired and nobody had decided",
    means: "it counts as denied from the moment it was due, and nothing of it runs; the log says who had it, and when they were told",
    remedy: "run `countersign log R` to see who was told when; its producer asks again with `submit --again`",
};
/// Nothing outside tells how long the log was.
pub const NO_ANCHOR: Trouble = Trouble {
    what: "anchor",
    symptom: "`doctor` notes that there is no anchor",
    means: "a log that was cut off, restored from an old copy or made anew as a whole cannot be told from this one",
    remedy: "keep `countersign audit export` elsewhere, and compare with `countersign audit verify --against FILE`",
};

/// Others come in through SSH than the roster says, or otherwise.
pub const KEYS: Trouble = Trouble {
    what: "keys",
    symptom: "`doctor` finds fault with authorized_keys, line by line",
    means: "somebody comes in through SSH whom the roster does not have, as somebody else, or with more than a session; or somebody cannot come in",
    remedy: "move the file away if it is not ours, then `countersign admin authorized-keys --write ~/.ssh/authorized_keys`",
};

/// A driver cannot work, or works as the account that owns the store.
pub const DRIVERS: Trouble = Trouble {
    what: "driver",
    symptom: "`doctor` finds fault with a driver",
    means: "a rollout cannot be started with it; or, in a team, it runs as the account that owns the store and could change it",
    remedy: "mend what is said of its program; in a team give it a `runner` in the policy, which starts it as another account (docs/drivers.md)",
};

impl Trouble {
    /// What it means and what to do, in one sentence.
    pub fn words(&self) -> String {
        format!("{}. What to do: {}", self.means, self.remedy)
    }
}

/// The runbook, as a document.
pub fn as_markdown() -> String {
    let mut out = String::from(
        "# When something is wrong\n\nPrinted from the table in `src/app/troubles.rs` whose sentences `countersign doctor` says. \
         Start with\n`countersign doctor`: it names what it finds and ends with exit 5 when something is ill. Whatever was \
         printed as done is\nin the log; nothing below needs a repair by hand.\n\n| what you see | `doctor` | what it means | what to do |\n| --- | --- | --- | --- |\n",
    );
    for trouble in TROUBLES {
        let row = [trouble.symptom, trouble.what, trouble.means, trouble.remedy].join(" | ");
        out.push_str(&format!("| {row} |\n"));
    }
    out
}
