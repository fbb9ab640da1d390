//! Links gcc's unwinder into the program, where the compiler has it.
//!
//! # Why
//! Rust programs load it as a shared library, which is a tenth of the time of a start. Without it
//! here, and on other systems, nothing changes.

use std::env::var;
use std::path::Path;
use std::process::Command;

#[expect(clippy::disallowed_methods, reason = "so cargo talks to build scripts")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    let linux = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    let native = var("HOST").is_ok_and(|host| is("TARGET", &host));
    let features = var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    let linked = features.split(',').any(|feature| feature == "crt-static");
    if linux && native && !linked && compiler_has_unwinder() {
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// Whether the compiler that links finds the archive: it then prints its path, else the bare name.
fn compiler_has_unwinder() -> bool {
    let asked = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    asked.is_ok_and(|answer| {
        let path = String::from_utf8_lossy(&answer.stdout);
        let path = Path::new(path.trim_end());
        path.is_absolute() && path.exists()
    })
}
