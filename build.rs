//! Links the program without shared libraries, where the C library has an archive for that.
//!
//! # Why
//! The loader of shared libraries is a third of the time of a start, and a start stands before
//! everything that people do. rustc can be told so by a flag alone (`-C target-feature=+crt-static`),
//! which `cargo install` does not take from a package, and which breaks a build where the archives
//! are missing: Fedora has them in a package of their own. So the linker is asked here once whether
//! it can, and then finds, before the shared libraries that rustc names, scripts that name their
//! archives. Elsewhere nothing changes. The result is position independent as before.
//!
//! Without it a start of a plugin takes 1.32 times as long, `config get` 1.41 (two programs run
//! alternately, medians of 600; `CARTO_BENCH_PROGRAM` names another one to `tests/bench/run`).
//!
//! What a static C library cannot do, ask the name service, carto does nowhere.
#![expect(
    clippy::disallowed_methods,
    reason = "cargo talks by variables, and the files are its own"
)]

use std::env::var;
use std::fs::write;
use std::path::Path;
use std::process::Command;

/// What rustc links a program with on this platform, as shared libraries.
const SHARED: [&str; 7] = ["c", "m", "gcc_s", "dl", "pthread", "rt", "util"];

/// The archives that hold all of it; the newer C libraries have left the others empty.
const ARCHIVES: &str = "GROUP ( -l:libc.a -l:libm.a -l:libgcc_eh.a -l:libgcc.a )\n";

const STATIC: &str = "-static-pie";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    let linux = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    let native = var("HOST").is_ok_and(|host| is("TARGET", &host));
    let features = var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    let asked_for = features.split(',').any(|feature| feature == "crt-static");
    let Ok(out) = var("OUT_DIR") else { return };
    let out = Path::new(&out);
    if linux && native && !asked_for && shadow(out).is_ok() && can_link(out) {
        // Both or neither: a `rustc-link-search` would also count where `rustc-link-arg` does not.
        println!("cargo::rustc-link-arg={}", search(out));
        println!("cargo::rustc-link-arg={STATIC}");
    }
}

fn search(out: &Path) -> String {
    format!("-L{}", out.display())
}

/// Whether a program comes of it that starts, linked as rustc links.
fn can_link(out: &Path) -> bool {
    let (source, program) = (out.join("probe.c"), out.join("probe"));
    let text = "#include <math.h>\nint main(int n, char **v) { return cos(n) > 2 && v; }\n";
    let mut link = Command::new("cc");
    link.args([STATIC, "-nodefaultlibs", "-o"]).args([&program, &source]);
    link.args([&search(out), "-Wl,-Bdynamic", "-lgcc_s", "-lm", "-lc"]);
    let runs = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    write(&source, text).is_ok() && runs(&mut link) && runs(&mut Command::new(&program))
}

/// Writes the scripts that stand for the shared libraries.
fn shadow(out: &Path) -> std::io::Result<()> {
    SHARED.iter().try_for_each(|name| write(out.join(format!("lib{name}.so")), ARCHIVES))
}
