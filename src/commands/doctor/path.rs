//! PATH and the plugins on it.

use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::error::shell_word;
use crate::invocation::Invocation;
use crate::manifest::{KnownPlugin, Manifests, Obstacle};
use crate::path_search::{Found, Unfit};
use crate::plugin_name::PluginName;
use crate::resolve::context::Context;

/// Looks at PATH's entries and at every plugin.
pub(super) fn examine(context: &Context) -> Vec<Finding> {
    let path = context.invocation.env.get("PATH").unwrap_or_default();
    let mut findings = Vec::new();
    for dir in std::env::split_paths(path) {
        findings.extend(of_entry(&dir));
        findings.extend(other_carto(&dir));
    }
    if let Err(error) = context.check_installed() {
        findings.push(Finding::of_error("installed-plugins", &error));
    }
    let manifests = Manifests::for_many(context);
    for (name, plugin) in context.search_path().list() {
        if let Ok(manifests) = &manifests {
            let known = manifests.look(&name, &plugin);
            findings.extend(of_plugin(&name, &plugin, &known));
        }
        for shadowed in &plugin.shadowed {
            findings.push(Finding::hint(
                "shadowed-plugin",
                shadowed.display(),
                format!("never runs: {} comes first", plugin.path.display()),
                "remove one of the two",
            ));
        }
    }
    findings
}

/// Says what keeps a plugin from running, and what in its manifest has no effect.
fn of_plugin(name: &PluginName, plugin: &Found, known: &KnownPlugin) -> Vec<Finding> {
    let mut findings = Vec::new();
    let shown = plugin.path.display();
    if let Some(obstacle) = &known.obstacle {
        findings.push(Finding::problem(
            id_of(obstacle),
            shown,
            format!("the plugin {name} cannot run: it {}", obstacle.reason()),
            obstacle.help(plugin),
        ));
    }
    if known.is_of_another_build {
        findings.push(Finding::hint(
            "stale-registration",
            plugin.path.display(),
            format!("the plugin {name} was registered for another build of its program"),
            format!("carto plugin register {name}"),
        ));
    }
    let manifest = known.manifest.iter();
    for (manifest, (key, line)) in manifest.flat_map(|m| m.unknown.iter().map(move |key| (m, key)))
    {
        findings.push(Finding::hint(
            "unknown-manifest-key",
            format!("{}:{line}", manifest.path.display()),
            format!("a manifest has no `{key}`; carto ignores it"),
            "correct the name, or remove the line: carto help plugins",
        ));
    }
    findings
}

fn of_entry(dir: &Path) -> Option<Finding> {
    if !dir.is_absolute() {
        let shown = dir.display().to_string();
        let shown = if shown.is_empty() { "(empty)".to_owned() } else { shown };
        return Some(Finding::hint(
            "relative-path-entry",
            format!("PATH: {shown}"),
            "an entry that depends on the current directory; carto skips it, other programs do not",
            "remove it from PATH",
        ));
    }
    writable_by_all(dir).then(|| {
        Finding::problem(
            "writable-path-entry",
            format!("PATH: {}", dir.display()),
            "everyone can put programs there",
            format!("chmod o-w {}", shell_word(dir)),
        )
    })
}

#[cfg(unix)]
fn writable_by_all(dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    dir.metadata().is_ok_and(|facts| facts.mode() & 0o002 != 0)
}

#[cfg(not(unix))]
fn writable_by_all(_dir: &Path) -> bool {
    false
}

/// Returns the identifier of a finding: who owns a plugin is another matter than what is in it.
fn id_of(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::File(
            Unfit::ForeignFile(_) | Unfit::ForeignDirectory(_) | Unfit::LeadsIntoForeign(..),
        ) => "foreign-plugin",
        Obstacle::File(_) => "broken-plugin",
        Obstacle::Manifest(_) => "broken-manifest",
        Obstacle::Contract(_) => "plugin-contract",
    }
}

/// Another program called `carto` would run in place of this one, or the other way round.
fn other_carto(dir: &Path) -> Option<Finding> {
    let name = if cfg!(windows) { "carto.exe" } else { "carto" };
    let path: PathBuf = dir.join(name);
    if !dir.is_absolute() || !path.is_file() {
        return None;
    }
    let me = Invocation::program()?.canonicalize().ok()?;
    (path.canonicalize().ok()? != me).then(|| {
        Finding::hint(
            "other-carto",
            path.display(),
            "another program is called `carto`; this one is not it",
            "see which one your shell runs: command -v carto",
        )
    })
}
