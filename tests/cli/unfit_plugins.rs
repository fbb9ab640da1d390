//! What keeps a plugin from running is seen before it is run, and told alike by the listing, help,
//! `doctor`, `plugin which` and the start itself.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

use crate::sandbox::Sandbox;

/// A kind of file that cannot run, how it is made, and what is said of it.
type Kind = (&'static str, fn(&Sandbox), &'static str);

fn plant(sandbox: &Sandbox, name: &str, content: &[u8], mode: u32) {
    sandbox.file_with_mode(&format!("bin/carto-{name}"), content, mode);
}

/// The head of a program for another processor.
fn elf(machine: u8) -> Vec<u8> {
    let mut head = fs::read("/proc/self/exe").unwrap()[..4096].to_vec();
    head[18] = machine;
    head[19] = 0;
    head
}

const KINDS: &[Kind] = &[
    ("empty", |s| plant(s, "empty", b"", 0o755), "is an empty file"),
    (
        "text",
        |s| plant(s, "text", b"echo hello\n", 0o755),
        "is text without a first line `#!INTERPRETER`",
    ),
    (
        "lost",
        |s| plant(s, "lost", b"#!/nowhere/python3\n", 0o755),
        "wants the interpreter /nowhere/python3, which is not there",
    ),
    (
        "viaenv",
        |s| plant(s, "viaenv", b"#!/usr/bin/env nosuch\n", 0o755),
        "wants the interpreter `nosuch`, which is not on PATH",
    ),
    (
        "split",
        |s| plant(s, "split", b"#!/usr/bin/env -S nosuch -x\n", 0o755),
        "wants the interpreter `nosuch`, which is not on PATH",
    ),
    (
        "data",
        |s| plant(s, "data", b"#!/etc/passwd\n", 0o755),
        "wants the interpreter /etc/passwd, which is no program",
    ),
    (
        "windows",
        |s| plant(s, "windows", b"#!/bin/sh\r\necho\r\n", 0o755),
        "has a first line that ends with a carriage return, as on Windows",
    ),
    ("mode", |s| plant(s, "mode", b"#!/bin/sh\n", 0o644), "is not executable"),
    ("open", |s| plant(s, "open", b"#!/bin/sh\n", 0o777), "can be written by everyone"),
    (
        "bytes",
        |s| plant(s, "bytes", b"\x00\x01\x02\x03", 0o755),
        "is no program that this system knows",
    ),
    ("riscv", |s| plant(s, "riscv", &elf(243), 0o755), "is a program for RISC-V"),
    ("exe", |s| plant(s, "exe", b"MZ\x90\x00\x03", 0o755), "is a program for Windows"),
    (
        "dangling",
        |s| symlink("/nowhere/x", s.path("bin/carto-dangling")).unwrap(),
        "is a link to a file that is not there",
    ),
    ("folder", |s| fs::create_dir(s.path("bin/carto-folder")).unwrap(), "is a directory"),
];

fn told_alike(sandbox: &Sandbox, name: &str, reason: &str) {
    let listed = sandbox.carto("plugin list").run().ok().stdout;
    let line =
        listed.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_default();
    assert!(line.ends_with(&format!("({reason})")), "{name}: {listed}");
    let json = sandbox.carto("plugin list --json").run().ok().stdout;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let row = rows.iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(row["problem"], reason, "{name}");
    let help = sandbox.carto("help").run().ok().stdout;
    assert!(help.contains(&format!("(cannot run: it {reason})\n")), "{name}: {help}");
    let doctor = sandbox.carto("doctor").run().fails(1).stdout;
    assert!(
        doctor.contains(&format!("the plugin {name} cannot run: it {reason}\n")),
        "{name}: {doctor}"
    );
    let info = sandbox.carto(&format!("plugin info {name}")).run().ok().stdout;
    assert!(info.contains(&format!("\ncannot run    it {reason}\n")), "{name}: {info}");
    let json = sandbox.carto(&format!("plugin info {name} --json")).run().ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["problem"], reason, "{name}");
    let call = sandbox.carto("completions fish --ask -- carto plugin info").arg(name);
    let offered = call.run().ok().stdout;
    assert!(offered.contains(&format!("\n{name}\tcannot run: it {reason}\n")), "{offered}");
    for words in [
        name.to_owned(),
        format!("help {name}"),
        format!("plugin run {name}"),
        format!("{name} --help"),
    ] {
        let ran = sandbox.carto(&words).run().fails(126);
        assert!(
            ran.stderr.starts_with(&format!("error: the plugin {reason}\n  --> ")),
            "{words}: {ran}"
        );
        assert!(ran.stderr.contains("\nhelp: "), "{words}: {ran}");
        assert_eq!(ran.stdout, "", "{words}");
    }
}

#[test]
fn each_kind_is_told_alike_by_all_who_ask() {
    for (name, make, reason) in KINDS {
        let sandbox = Sandbox::new();
        sandbox.user("username = \"ann\"\n");
        make(&sandbox);
        told_alike(&sandbox, name, reason);
    }
}

#[test]
fn a_file_or_directory_of_somebody_else_is_not_run() {
    if !nix::unistd::geteuid().is_root() {
        return; // Only root can give a file away.
    }
    let sandbox = Sandbox::new();
    plant(&sandbox, "theirs", b"#!/bin/sh\n", 0o755);
    chown(sandbox.path("bin/carto-theirs"), Some(1), Some(1)).unwrap();
    told_alike(&sandbox, "theirs", "belongs to uid 1, neither you nor root");
    let sandbox = Sandbox::new();
    plant(&sandbox, "theirs", b"#!/bin/sh\n", 0o755);
    chown(sandbox.path("bin"), Some(1), Some(1)).unwrap();
    told_alike(&sandbox, "theirs", "lies in a directory of uid 1, neither you nor root");
}

/// Whoever can write the directory that a link leads to can put another program there.
#[test]
fn a_link_is_judged_by_where_it_leads() {
    let sandbox = Sandbox::new();
    sandbox.file_with_mode("open/tool", b"#!/bin/sh\n", 0o755);
    symlink("../open/tool", sandbox.path("bin/carto-linked")).unwrap();
    let call = || sandbox.carto("linked").run();
    _ = call().ok();
    fs::set_permissions(sandbox.path("open"), Permissions::from_mode(0o777)).unwrap();
    let reason = format!("is a link into {}, which everyone can write", "[root]/open");
    told_alike(&sandbox, "linked", &reason);
    let ran = call().fails(126);
    assert!(ran.stderr.contains("help: chmod o-w [root]/open\n"), "{ran}");
    // A link to a link is judged by its end.
    symlink("carto-linked", sandbox.path("bin/carto-again")).unwrap();
    _ = sandbox.carto("again").run().fails(126);
    fs::set_permissions(sandbox.path("open"), Permissions::from_mode(0o755)).unwrap();
    if nix::unistd::geteuid().is_root() {
        chown(sandbox.path("open"), Some(1), Some(1)).unwrap();
        told_alike(&sandbox, "linked", "is a link into [root]/open of uid 1, neither you nor root");
    }
}

#[test]
fn what_runs_is_said_to_run() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    for (name, content) in [
        ("plain", &b"#!/bin/sh\necho ran\n"[..]),
        ("spaced", b"#! /bin/sh -e\necho ran\n"),
        ("found", b"#!/usr/bin/env sh\necho ran\n"),
        ("split", b"#!/usr/bin/env -S sh -e\necho ran\n"),
        ("short", b"#!/bin/echo ran"),
    ] {
        plant(&sandbox, name, content, 0o755);
        let ran = sandbox.carto(name).run().ok();
        assert!(ran.stdout.starts_with("ran"), "{name}: {ran}");
    }
    fs::copy("/bin/true", sandbox.path("bin/carto-binary")).unwrap();
    _ = sandbox.carto("binary").run().ok();
    // One that may be run and not be read.
    fs::set_permissions(sandbox.path("bin/carto-binary"), Permissions::from_mode(0o111)).unwrap();
    _ = sandbox.carto("binary").run().ok();
    let listed = sandbox.carto("plugin list").run().ok().stdout;
    assert!(!listed.contains('('), "{listed}");
    // An interpreter that is only on the PATH of the user counts, as `env` will see it.
    sandbox.file_with_mode("bin/myshell", "#!/bin/sh\nexec /bin/sh \"$@\"\n", 0o755);
    plant(&sandbox, "own", b"#!/usr/bin/env myshell\necho ran\n", 0o755);
    assert_eq!(sandbox.carto("own").run().ok().stdout, "ran\n");
}

#[test]
fn a_copy_behind_what_is_no_program_by_its_kind_runs() {
    let sandbox = Sandbox::new();
    sandbox.user("username = \"ann\"\n");
    for make in [
        |s: &Sandbox| fs::create_dir(s.path("bin/carto-x")).unwrap(),
        |s: &Sandbox| symlink("/nowhere", s.path("bin/carto-x")).unwrap(),
        |s: &Sandbox| plant(s, "x", b"", 0o644),
    ] {
        let sandbox2 = Sandbox::new();
        sandbox2.user("username = \"ann\"\n");
        make(&sandbox2);
        sandbox2.file_with_mode("second/carto-x", "#!/bin/sh\necho second\n", 0o755);
        let path = format!(
            "{}:{}:/usr/bin:/bin",
            sandbox2.path("bin").display(),
            sandbox2.path("second").display()
        );
        assert_eq!(sandbox2.carto("x").env("PATH", &path).run().ok().stdout, "second\n");
        let listed = sandbox2.carto("plugin list").env("PATH", &path).run().ok().stdout;
        assert!(listed.contains("second/carto-x"), "{listed}");
    }
    // Not behind one that is broken: another program would take its place in silence.
    plant(&sandbox, "x", b"", 0o755);
    sandbox.file_with_mode("second/carto-x", "#!/bin/sh\necho second\n", 0o755);
    let path = format!("{}:{}", sandbox.path("bin").display(), sandbox.path("second").display());
    _ = sandbox.carto("x").env("PATH", &path).run().fails(126);
}
