//! A real OpenSSH server for one test: a port of its own on the loopback, host key, keys and store in one directory.
//!
//! It runs as whoever runs the tests: as root in a container, or as an ordinary account, which can log in as itself only.

use super::program;
use crate::cli::{Desk, Ran};
use crate::journeys::person::Person;
use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the server may take to listen, and one line of words to be answered.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server, the store behind it, and the keys of its people.
pub struct Server {
    /// The store and the directory everything is in.
    pub desk: Desk,
    port: u16,
    sshd: Child,
}

/// How it is started, where that is not as usual.
#[derive(Clone, Copy, Default)]
pub struct Setting<'a> {
    /// Words in front of sshd: a tracer.
    pub before: &'a [&'a str],
    /// sshd does not say which key it checked.
    pub hides_keys: bool,
}

/// Makes a key pair; the public line.
pub fn key(desk: &Desk, name: &str) -> String {
    let file = desk.path(name);
    let mut make = Command::new(program("ssh-keygen").unwrap());
    make.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&file);
    assert!(make.status().unwrap().success());
    fs::read_to_string(file.with_extension("pub")).unwrap().trim().to_owned()
}

/// One principal as the policy has it.
pub fn principal(name: &str, kind: &str, roles: &str, key: &str) -> String {
    let whose = match kind {
        // Not of the person whose program asks: one pair of eyes.
        "agent" if name == "cp14" => "owner = \"bob\"\n".to_owned(),
        "agent" => "owner = \"dave\"\n".to_owned(),
        _ => String::new(),
    };
    format!(
        "[[principal]]\nname = \"{name}\"\nkind = \"{kind}\"\n{whose}roles = [{roles}]\n[[principal.key]]\nkey = \"{key}\"\n"
    )
}

impl Server {
    /// The team of [`super::team`], and the server in front of its store.
    pub fn of_a_team() -> Self {
        Self::started(Setting::default())
    }

    /// The same, started as `setting` says.
    pub fn started(setting: Setting<'_>) -> Self {
        let desk = Desk::new();
        super::team(&desk);
        Self::before(desk, setting)
    }

    /// A server before the store of `desk`, which has a team already.
    pub fn before(desk: Desk, setting: Setting<'_>) -> Self {
        let keys = desk.path("authorized_keys");
        desk.run(&["admin", "authorized-keys", "--write", keys.to_str().unwrap()]).ended(0);
        Self::with_keys(desk, setting)
    }

    /// The same, with `authorized_keys` as it is.
    pub fn with_keys(desk: Desk, setting: Setting<'_>) -> Self {
        key(&desk, "host");
        if rustix::process::geteuid().is_root() {
            // Where sshd puts itself when it gives up its rights.
            fs::create_dir_all("/run/sshd").unwrap();
            fs::set_permissions("/run/sshd", fs::Permissions::from_mode(0o755)).unwrap();
        }
        let begun = Instant::now();
        loop {
            let (port, mut sshd) = start(&desk, setting);
            while Instant::now() - begun < PATIENCE {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    let host = fs::read_to_string(desk.path("host.pub")).unwrap();
                    desk.file("known_hosts", format!("[127.0.0.1]:{port} {host}"));
                    return Self { desk, port, sshd };
                }
                if sshd.try_wait().unwrap().is_some() {
                    break; // Somebody else took the port: another one.
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let said = fs::read_to_string(desk.path("sshd.log")).unwrap_or_default();
            assert!(begun.elapsed() < PATIENCE, "sshd never listened: {said}");
        }
    }

    /// What the client is called with, as somebody with a key of that name.
    fn arguments(&self, who: &str) -> Vec<String> {
        let path = |name: &str| self.desk.path(name).to_str().unwrap().to_owned();
        let known = format!("UserKnownHostsFile={}", path("known_hosts"));
        let mut out: Vec<String> = ["-F", "none", "-i"].map(str::to_owned).to_vec();
        out.extend([path(who), "-p".to_owned(), self.port.to_string()]);
        let options = [
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "StrictHostKeyChecking=yes",
            "BatchMode=yes",
            "LogLevel=ERROR",
            "GlobalKnownHostsFile=/dev/null",
            &known,
        ];
        out.extend(options.iter().flat_map(|option| ["-o".to_owned(), (*option).to_owned()]));
        out
    }

    /// The client with options of its own, then the account, then the words for the server.
    pub fn ssh(&self, who: &str, options: &[&str], words: &[&str]) -> Command {
        let mut ssh = Command::new(program("ssh").unwrap());
        ssh.env_clear().env("HOME", self.desk.home()).env("TERM", "xterm-256color").args(self.arguments(who));
        // Behind `--` nothing is an option of the client any more.
        ssh.args(options).arg("--").arg(format!("{}@127.0.0.1", account())).args(words).stdin(Stdio::null());
        ssh
    }

    /// `ssh cs@host WORDS` as somebody with that key.
    pub fn says(&self, who: &str, words: &[&str]) -> Ran {
        Ran::of(words, self.ssh(who, &[], words).output().unwrap())
    }

    /// The same with something on stdin.
    pub fn feeds(&self, who: &str, words: &[&str], input: impl AsRef<[u8]>) -> Ran {
        let mut ssh = self.ssh(who, &[], words);
        ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = ssh.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.as_ref().to_vec();
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        Ran::of(words, output)
    }

    /// `ssh -t cs@host WORDS` in a terminal of that size.
    pub fn sits_down(&self, who: &str, words: &[&str], size: (u16, u16)) -> Person {
        let mut arguments = self.arguments(who);
        arguments.extend(["-tt".to_owned(), "--".to_owned(), format!("{}@127.0.0.1", account())]);
        arguments.extend(words.iter().map(|word| (*word).to_owned()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let home = self.desk.home().to_str().unwrap().to_owned();
        let environment = [("HOME".to_owned(), home), ("TERM".to_owned(), "xterm-256color".to_owned())];
        Person::runs(program("ssh").unwrap().to_str().unwrap(), &arguments, &environment, size)
    }

    /// Whether sshd can make terminals here: as an ordinary account only where the system gives them to the right group
    /// by itself. Says loudly when not.
    pub fn makes_terminals(&self) -> bool {
        let can = rustix::process::geteuid().is_root()
            || self.ssh("alice", &["-tt"], &["pulse"]).output().unwrap().status.success();
        if !can {
            eprintln!("SKIPPED: sshd as this account makes no terminals here, so none was tried through it");
        }
        can
    }
}

fn start(desk: &Desk, setting: Setting<'_>) -> (u16, Child) {
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let path = |name: &str| desk.path(name).to_str().unwrap().to_owned();
    let expose = if setting.hides_keys { "no" } else { "yes" };
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nPidFile {}\nAuthorizedKeysFile {}\nStrictModes no\n\
         PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\n\
         AcceptEnv LANG LC_* COUNTERSIGN_* XDG_* RUST_* EDITOR PAGER TZ\nExposeAuthInfo {expose}\nMaxStartups 100\nLogLevel VERBOSE\n\
         Subsystem sftp internal-sftp\n",
        path("host"),
        path("sshd.pid"),
        path("authorized_keys"),
    );
    let config = desk.file("sshd_config", config);
    let log = fs::File::create(desk.path("sshd.log")).unwrap();
    let sshd = program("sshd").unwrap().to_str().unwrap().to_owned();
    let words: Vec<&str> =
        setting.before.iter().copied().chain([sshd.as_str(), "-D", "-e", "-f", &config]).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    (port, command.spawn().unwrap())
}

/// The account that runs the tests: sshd as an ordinary account lets in nobody else.
pub fn account() -> String {
    let uid = rustix::process::geteuid().as_raw();
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let found = passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.get(2)?.parse() == Ok(uid)).then(|| fields[0].to_owned())
    });
    found.expect("this account has a name")
}

impl Drop for Server {
    fn drop(&mut self) {
        // sshd itself: killing a tracer before it would leave it behind.
        let id = fs::read_to_string(self.desk.path("sshd.pid")).ok().and_then(|id| id.trim().parse().ok());
        match id.and_then(rustix::process::Pid::from_raw) {
            Some(id) => drop(rustix::process::kill_process(id, rustix::process::Signal::TERM)),
            None => drop(self.sshd.kill()),
        }
        let _ = self.sshd.wait();
    }
}
