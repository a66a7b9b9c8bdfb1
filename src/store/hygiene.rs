//! Whose files these are: owner, modes, links and the kind of disk, checked before SQLite touches anything.

use crate::store::failure::Failure;
use rustix::fs::{FileType, Mode, OFlags};
use std::fs::File;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// "ccsn": marks a SQLite file as a countersign store (`PRAGMA application_id`).
pub const APPLICATION_ID: i32 = 0x6363_736e;
/// The form of the tables (`PRAGMA user_version`).
pub const FORM: i32 = 7;
/// The oldest form whose log is this one: from there on primary tables were only added, and derived ones can be made anew.
const SAME_LOG_SINCE: i32 = 1;

/// Kinds of disk on which locks or fsync cannot be trusted, by `statfs` magic (linux/magic.h).
const NETWORK: [(u64, &str); 10] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "AFS"),
    (0x0102_1997, "9p"),
    (0x6573_5546, "FUSE"),
    (0x0BD0_0BD0, "Lustre"),
    (0x00C3_6400, "Ceph"),
];

/// What is at the place where a store should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// Nothing, or an empty file: a new store can be made.
    Nothing,
    /// A store of this form, or of an older one that can be brought to it.
    Ours,
}

/// Checks the directory that holds (or will hold) the store, making it (mode 0700) when only it is missing.
///
/// # Errors
/// A network disk, somebody else's directory, or one that others can write to.
pub fn check_directory(store: &Path) -> Result<PathBuf, Failure> {
    let given = match store.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.to_path_buf(),
        _ => PathBuf::from("."),
    };
    if !given.exists() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&given).map_err(|e| {
            Failure::io(
                format!("making the directory {}", given.display()),
                e,
                "make it, or name another with --store",
            )
        })?;
    }
    let dir = given.canonicalize().map_err(|e| looking_at(&given, e))?;
    let me = rustix::process::geteuid().as_raw();
    let own = std::fs::metadata(&dir).map_err(|e| looking_at(&dir, e))?;
    if own.uid() != me {
        return Err(Failure::unusable(
            format!("the directory {} belongs to uid {}, not to you (uid {me})", dir.display(), own.uid()),
            "use a store in a directory of your own",
        ));
    }
    if own.mode() & 0o022 != 0 {
        return Err(Failure::unusable(
            format!("others can write to the directory {} (mode {:o})", dir.display(), own.mode() & 0o7777),
            "take that right away (chmod go-w), or use a directory of your own",
        ));
    }
    for above in dir.ancestors().skip(1) {
        let meta = std::fs::metadata(above).map_err(|e| looking_at(above, e))?;
        let trusted = meta.uid() == me || meta.uid() == 0;
        if !trusted || (meta.mode() & 0o022 != 0 && meta.mode() & 0o1000 == 0) {
            return Err(Failure::unusable(
                format!(
                    "others can replace what is under {} (mode {:o})",
                    above.display(),
                    meta.mode() & 0o7777
                ),
                "use a directory whose parents only you or root can write to",
            ));
        }
    }
    let disk = rustix::fs::statfs(&dir).map_err(|e| looking_at(&dir, e))?;
    if let Some(name) = network_name(disk.f_type as u64) {
        return Err(Failure::unusable(
            format!("{} is on {name}, where locks and fsync cannot be trusted", dir.display()),
            "put the store on a local disk",
        ));
    }
    Ok(dir)
}

/// What sort of network disk a `statfs` magic number means; `None` for a disk that can be trusted.
pub fn network_name(magic: u64) -> Option<&'static str> {
    // The kernel's magic numbers are 32 bits wide; the field's width differs between platforms.
    NETWORK.iter().find(|(number, _)| *number == magic & 0xFFFF_FFFF).map(|(_, name)| *name)
}

/// Looks at the file itself without changing a byte of it.
///
/// # Errors
/// A symlink, somebody else's file, one that others can write to, a foreign file, or a newer form.
pub fn check_file(store: &Path) -> Result<Found, Failure> {
    use std::io::Read;
    let open = rustix::fs::open(
        store,
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK,
        Mode::empty(),
    );
    let file = match open {
        Ok(file) => file,
        Err(rustix::io::Errno::NOENT) => return Ok(Found::Nothing),
        Err(rustix::io::Errno::LOOP) => {
            return Err(Failure::unusable(
                format!("{} is a symbolic link", store.display()),
                "name the file itself",
            ));
        }
        Err(e) => return Err(looking_at(store, e)),
    };
    let meta = rustix::fs::fstat(&file).map_err(|e| looking_at(store, e))?;
    if FileType::from_raw_mode(meta.st_mode) != FileType::RegularFile {
        return Err(Failure::unusable(
            format!("{} is not a regular file", store.display()),
            "name another file",
        ));
    }
    let me = rustix::process::geteuid().as_raw();
    if meta.st_uid != me {
        return Err(Failure::unusable(
            format!("{} belongs to uid {}, not to you (uid {me})", store.display(), meta.st_uid),
            "use a store of your own",
        ));
    }
    if meta.st_mode & 0o022 != 0 {
        return Err(Failure::unusable(
            format!("others can write to {} (mode {:o})", store.display(), meta.st_mode & 0o7777),
            "take that right away (chmod go-w)",
        ));
    }
    if meta.st_size == 0 {
        return Ok(Found::Nothing);
    }
    let mut header = [0u8; 100];
    if File::from(file).read_exact(&mut header).is_err() || &header[..16] != b"SQLite format 3\0" {
        return Err(foreign(store));
    }
    // The header of a SQLite file: user_version at byte 60, application_id at byte 68, both big-endian.
    let word = |at: usize| i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    check_numbers(store, word(68), word(60))
}

/// Whether the file's two numbers are ours; asked of the bytes before opening, and of SQLite inside the write.
///
/// # Errors
/// A foreign file or a newer form.
pub fn check_numbers(store: &Path, application_id: i32, user_version: i32) -> Result<Found, Failure> {
    match (application_id, user_version) {
        (APPLICATION_ID, SAME_LOG_SINCE..=FORM) => Ok(Found::Ours),
        (APPLICATION_ID, newer) if newer > FORM => Err(Failure::unusable(
            format!(
                "{} was made by a newer countersign (form {newer}, this one knows {FORM})",
                store.display()
            ),
            "use the newer program; nothing was touched",
        )),
        _ => Err(foreign(store)),
    }
}

fn foreign(store: &Path) -> Failure {
    Failure::unusable(
        format!("{} is not a countersign store", store.display()),
        "name another file with --store; nothing was touched",
    )
}

fn looking_at(path: &Path, e: impl std::fmt::Display) -> Failure {
    Failure::io(format!("looking at {}", path.display()), e, "check that it exists and that you may read it")
}

/// Makes a file of our own, mode 0600, never through a link; opens it when it is already there.
///
/// # Errors
/// When it cannot be made, or is not a regular file of ours.
pub fn own_file(path: &Path, only_new: bool) -> Result<File, Failure> {
    let mut flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    if only_new {
        flags |= OFlags::EXCL;
    }
    let making = |e: rustix::io::Errno| {
        Failure::io(
            format!("making {}", path.display()),
            e,
            "check the directory's rights and the space on the disk",
        )
    };
    let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR).map_err(making)?;
    let meta = rustix::fs::fstat(&file).map_err(making)?;
    let regular = FileType::from_raw_mode(meta.st_mode) == FileType::RegularFile;
    if !regular || meta.st_uid != rustix::process::geteuid().as_raw() {
        return Err(Failure::unusable(format!("{} is not a file of yours", path.display()), "remove it"));
    }
    Ok(File::from(file))
}

/// The path of a companion file: the store's name with `suffix` behind it.
pub fn beside(store: &Path, suffix: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
