//! What the first bytes of a file say of whether it can run: an interpreter's line, or the header of a
//! program.
//!
//! Source: `execve(2)` and `binfmt_script`; the System V ABI's chapter on object files (ELF).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::unfit::Unfit;

/// How many first bytes are looked at: what the kernel reads of a script is 256, and the name of a
/// program's loader stands within the first page.
pub(super) const HEAD: usize = 4096;

/// What interpreters there are, asked once for each.
pub(super) struct Interpreters<'a> {
    /// PATH, as `env` will see it.
    path: Option<&'a OsStr>,
    known: RefCell<BTreeMap<OsString, Option<Unfit>>>,
}

impl<'a> Interpreters<'a> {
    pub(super) fn new(path: Option<&'a OsStr>) -> Self {
        Interpreters { path, known: RefCell::default() }
    }

    /// Says what the head of an executable file keeps from running.
    pub(super) fn judge(&self, head: &[u8]) -> Option<Unfit> {
        if head.is_empty() {
            return Some(Unfit::Empty);
        }
        if let Some(line) = head.strip_prefix(b"#!") {
            return self.script(line.split(|byte| *byte == b'\n').next().unwrap_or_default());
        }
        let fault = binary(head)?;
        // The system may have been told how to run what it does not know itself (`binfmt_misc`).
        if fault.is_of_format() && runs_more() { None } else { Some(fault) }
    }

    /// Judges what follows `#!` in the first line: an interpreter, and one argument.
    fn script(&self, line: &[u8]) -> Option<Unfit> {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let line = line.trim_ascii_start();
        let end = line.iter().position(blank).unwrap_or(line.len());
        let (interpreter, argument) = line.split_at(end);
        if interpreter.is_empty() {
            return Some(Unfit::NoInterpreter);
        }
        if line.ends_with(b"\r") {
            return Some(Unfit::CarriageReturn);
        }
        let interpreter = Path::new(OsStr::from_bytes(interpreter));
        // A relative one depends on the directory of the run.
        if !interpreter.is_absolute() {
            return None;
        }
        let fault = self.once(interpreter.as_os_str(), || program_at(interpreter));
        if fault.is_some() || interpreter.file_name() != Some(OsStr::new("env")) {
            return fault;
        }
        let program = wanted_of_env(argument)?;
        self.once(program, || {
            let found = which::which_in(program, self.path, "/").is_ok();
            (!found).then(|| Unfit::NotOnPath(program.to_string_lossy().into_owned()))
        })
    }

    fn once(&self, what: &OsStr, ask: impl FnOnce() -> Option<Unfit>) -> Option<Unfit> {
        if let Some(known) = self.known.borrow().get(what) {
            return known.clone();
        }
        let answer = ask();
        self.known.borrow_mut().insert(what.to_owned(), answer.clone());
        answer
    }
}

impl Unfit {
    /// Whether the file is of a kind that only a system that was taught it can run.
    fn is_of_format(&self) -> bool {
        matches!(self, Unfit::UnknownFormat | Unfit::Elsewhere(_))
    }
}

/// Says what keeps an interpreter from being one.
fn program_at(path: &Path) -> Option<Unfit> {
    use rustix::fs::{Access, access};
    match path.metadata() {
        Err(_) => Some(Unfit::MissingInterpreter(path.to_owned())),
        Ok(facts) if facts.is_file() && access(path, Access::EXEC_OK).is_ok() => None,
        Ok(_) => Some(Unfit::BadInterpreter(path.to_owned())),
    }
}

/// Returns the program that `env` is asked to run: behind its options and assignments. What is split by
/// `-S` begins with one, too.
fn wanted_of_env(argument: &[u8]) -> Option<&OsStr> {
    let mut words = argument.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let word = words.find(|word| !word.starts_with(b"-") && !word.contains(&b'='))?;
    // Quotes and escapes are `env`'s own to read.
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-+".contains(byte);
    word.iter().all(is_plain).then(|| OsStr::from_bytes(word))
}

/// Judges a file that is no script by its first bytes.
fn binary(head: &[u8]) -> Option<Unfit> {
    match head {
        [0x7f, b'E', b'L', b'F', ..] if cfg!(target_os = "linux") => elf(head),
        [0x7f, b'E', b'L', b'F', ..] => Some(elsewhere("Linux or another system with ELF")),
        [b'M', b'Z', ..] => Some(elsewhere("Windows")),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..]
        | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]
        | [0xca, 0xfe, 0xba, 0xbe, ..] => {
            if cfg!(target_os = "macos") {
                None
            } else {
                Some(elsewhere("macOS"))
            }
        }
        _ if is_text(head) => Some(Unfit::NoInterpreter),
        _ => Some(Unfit::UnknownFormat),
    }
}

fn elsewhere(what: &str) -> Unfit {
    Unfit::Elsewhere(what.to_owned())
}

fn is_text(head: &[u8]) -> bool {
    head.iter().all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
}

/// The machine of programs for this processor, as ELF numbers them; none where that is not known here.
const MACHINE: Option<u16> = if cfg!(target_arch = "x86_64") {
    Some(62)
} else if cfg!(target_arch = "aarch64") {
    Some(183)
} else {
    None
};
/// The machines that people meet, by ELF's number.
const MACHINES: [(u16, &str); 8] = [
    (3, "32-bit x86"),
    (8, "MIPS"),
    (20, "32-bit PowerPC"),
    (21, "PowerPC"),
    (22, "IBM Z"),
    (40, "32-bit ARM"),
    (183, "ARM (aarch64)"),
    (243, "RISC-V"),
];

/// Judges the header of an ELF file: its machine, and the loader that it asks for.
fn elf(head: &[u8]) -> Option<Unfit> {
    if head.get(5) != Some(&1) {
        return Some(elsewhere("a processor of the other byte order"));
    }
    let (Some(kind), Some(machine)) = (half(head, 16), half(head, 18)) else {
        return Some(Unfit::UnknownFormat);
    };
    // 2 is a program at a fixed place, 3 one at any.
    if !matches!(kind, 2 | 3) {
        return Some(Unfit::UnknownFormat);
    }
    // 32-bit programs run beside 64-bit ones where the system has their libraries.
    let is_close =
        |mine: u16| machine == mine || (mine, machine) == (62, 3) || (mine, machine) == (183, 40);
    if MACHINE.is_some_and(|mine| !is_close(mine)) {
        let name = MACHINES.iter().find(|(number, _)| *number == machine);
        let name = name.map_or_else(
            || format!("another processor (ELF machine {machine})"),
            |(_, name)| (*name).to_owned(),
        );
        return Some(Unfit::Elsewhere(name));
    }
    let loader = loader(head)?;
    (!loader.exists()).then_some(Unfit::MissingLoader(loader))
}

/// Returns the loader that a program asks for; none where it needs none, or says it too far behind.
fn loader(head: &[u8]) -> Option<PathBuf> {
    /// The kind of a part that names the loader (`PT_INTERP`).
    const INTERPRETER: usize = 3;
    let is_wide = head.get(4) == Some(&2);
    let (table, size, count) = if is_wide {
        (word(head, 32)?, half(head, 54)?, half(head, 56)?)
    } else {
        (word(head, 28)?, half(head, 42)?, half(head, 44)?)
    };
    let part = (0..usize::from(count)).find_map(|at| {
        let part = head.get(table.checked_add(at * usize::from(size))?..)?;
        (word(part, 0)? == INTERPRETER).then_some(part)
    })?;
    let (offset, length) =
        if is_wide { (word(part, 8)?, word(part, 32)?) } else { (word(part, 4)?, word(part, 16)?) };
    let name = head.get(offset..offset.checked_add(length)?)?;
    let name = name.split(|byte| *byte == 0).next().filter(|name| name.starts_with(b"/"))?;
    Some(PathBuf::from(OsStr::from_bytes(name)))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// Reads the low 32 bits, which hold every offset within the first page.
fn word(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
}

/// Whether the system was told how to run further formats: an emulator, Wine, the launcher of WSL.
#[cfg(target_os = "linux")]
fn runs_more() -> bool {
    let formats = std::fs::read_dir("/proc/sys/fs/binfmt_misc");
    let mut names = formats.into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.any(|name| name != "register" && name != "status")
}

#[cfg(not(target_os = "linux"))]
fn runs_more() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(head: &[u8]) -> String {
        let path = OsString::from("/usr/bin:/bin");
        Interpreters::new(Some(&path)).judge(head).map_or("runs".to_owned(), |it| it.reason())
    }

    #[test]
    fn scripts_are_judged_by_their_first_line() {
        for (head, expected) in [
            ("#!/bin/sh\necho\n", "runs"),
            ("#! /bin/sh -e\n", "runs"),
            ("#!/bin/sh", "runs"),
            ("#!/usr/bin/env sh\n", "runs"),
            ("#!/usr/bin/env -S sh -e\n", "runs"),
            ("#!/usr/bin/env -S A=1 sh\n", "runs"),
            ("#!/usr/bin/env\n", "runs"),
            ("#!relative/sh\n", "runs"),
            ("#!/usr/bin/env nosuch\n", "wants the interpreter `nosuch`, which is not on PATH"),
            (
                "#!/usr/bin/env -S nosuch -x\n",
                "wants the interpreter `nosuch`, which is not on PATH",
            ),
            ("#!/nowhere/sh\n", "wants the interpreter /nowhere/sh, which is not there"),
            ("#!/etc/passwd\n", "wants the interpreter /etc/passwd, which is no program"),
            ("#!/bin\n", "wants the interpreter /bin, which is no program"),
            ("#!/bin/sh\r\n", "has a first line that ends with a carriage return, as on Windows"),
            (
                "#!/usr/bin/env sh\r\n",
                "has a first line that ends with a carriage return, as on Windows",
            ),
            ("#!\n", "is text without a first line `#!INTERPRETER`"),
            ("echo hello\n", "is text without a first line `#!INTERPRETER`"),
            ("", "is an empty file"),
        ] {
            assert_eq!(reason(head.as_bytes()), expected, "{head:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn programs_are_judged_by_their_header() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let own = &own[..HEAD];
        assert_eq!(binary(own), None);
        let with = |at: usize, byte: u8| {
            let mut head = own.to_vec();
            head[at] = byte;
            binary(&head).map_or("runs".to_owned(), |it| it.reason())
        };
        assert_eq!(with(18, 243), "is a program for RISC-V");
        assert_eq!(with(5, 2), "is a program for a processor of the other byte order");
        assert_eq!(with(16, 1), "is no program that this system knows");
        if let Some(loader) = loader(own) {
            let at = own.windows(4).position(|part| part == b"/lib").unwrap();
            assert!(with(at + 1, b'x').starts_with("was linked for the loader /x"), "{loader:?}");
        }
        assert_eq!(binary(b"MZ\x90\0").unwrap().reason(), "is a program for Windows");
        assert_eq!(binary(b"\xcf\xfa\xed\xfe").unwrap().reason(), "is a program for macOS");
        assert_eq!(binary(b"\0\x01\x02").unwrap().reason(), "is no program that this system knows");
        // Cut off anywhere it is judged without a panic.
        for end in 0..own.len().min(1024) {
            _ = binary(&own[..end]);
        }
    }
}
