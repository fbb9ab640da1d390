//! What no lint can check: where code stands, who imports whom, what is documented.

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of code that a file may have, tests left out.
const LONGEST: usize = 400;

/// A module imports only from lower ranks. Within a rank, nobody imports another.
///
/// Where this differs from a plain layering: `username` stands below `base_url`, whose patterns
/// take a name; `escape` and `error` stand below everything, since every module has errors that
/// quote what they refuse; `git` writes `.gitignore` by `replace_file`.
pub(super) const RANKS: &[&[&str]] = &[
    &[
        "access_list",
        "core_dump",
        "escape",
        "line_index",
        "near",
        "plugin_name",
        "secret",
        "standard_streams",
    ],
    &["variables"],
    &["error"],
    &["toml", "invocation", "replace_file", "read_file", "username"],
    &["base_url", "child_process"],
    &["output", "config", "foreign"],
    &["account"],
    &["credential", "project"],
    &["render", "bug"],
    &["path_search"],
    &["package"],
    &["resolve"],
    &["layer_file", "manifest"],
    &["dispatch"],
    &["explain"],
    &["commands"],
    &["cli"],
];

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One source file, with its tests cut off.
pub(super) struct Source {
    /// The path below the repository.
    pub(super) name: String,
    /// The lines before the tests.
    pub(super) code: Vec<String>,
}

impl Source {
    /// The first module of the path: `toml` for `src/toml/edit.rs`.
    fn module(&self) -> &str {
        let inner = self.name.strip_prefix("src/").unwrap_or(&self.name);
        inner.split(['/', '.']).next().unwrap_or_default()
    }
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Returns every file of `src` that is no test.
pub(super) fn sources() -> Vec<Source> {
    let files = rust_files(&root().join("src"));
    assert!(files.len() > 50, "the sources are looked for in the right place");
    files
        .iter()
        .filter(|path| !path.components().any(|part| part.as_os_str() == "tests"))
        .filter(|path| path.file_name().is_some_and(|name| name != "tests.rs"))
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            // By convention tests are the last module of a file.
            let end = text.lines().position(|line| {
                line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test")
            });
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let end = end.filter(|at| is_module_of_tests(&lines, *at)).unwrap_or(lines.len());
            Source { name, code: lines[..end].to_vec() }
        })
        .collect()
}

/// `mod tests {` stands at the end; `mod tests;` stands among the other modules and cuts nothing.
fn is_module_of_tests(lines: &[String], attribute: usize) -> bool {
    lines[attribute..].iter().take(3).any(|line| line.starts_with("mod tests {"))
}

#[track_caller]
pub(super) fn nothing(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

#[test]
fn every_file_of_these_tests_is_declared() {
    let tests = root().join("tests/cli");
    let missing: Vec<_> = rust_files(&tests)
        .iter()
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?;
            // A folder's own file is declared by the folder's name, in the folder above.
            let (folder, name) = match name {
                "main" => return None,
                "mod" => (path.parent()?.parent()?, path.parent()?.file_name()?.to_str()?),
                _ => (path.parent()?, name),
            };
            let main = if folder == tests { "main.rs" } else { "mod.rs" };
            let declares = fs::read_to_string(folder.join(main)).unwrap();
            let is_declared = declares.contains(&format!("\nmod {name};"));
            (!is_declared).then(|| path.display().to_string())
        })
        .collect();
    nothing(&missing, "a file that nothing declares is never run");
}

/// A patch that does not apply shows nothing; that is noticed where the guarded code changes.
#[test]
fn every_patch_that_removes_a_defence_applies() {
    let root = root();
    let mut count = 0;
    let mut stale = Vec::new();
    for dir in ["tests/security/patches", "tests/crash/patches"] {
        for entry in fs::read_dir(root.join(dir)).unwrap() {
            let patch = entry.unwrap().path();
            let mut git = std::process::Command::new("git");
            // As in a package, which lies in no repository, or below somebody else's.
            git.current_dir(root).env("GIT_CEILING_DIRECTORIES", root.parent().unwrap());
            let checked = git.args(["apply", "--check"]).arg(&patch).output().unwrap();
            count += 1;
            if !checked.status.success() {
                stale.push(format!("{}", patch.display()));
            }
        }
    }
    assert!(count > 20, "{count}");
    nothing(&stale, "make these patches anew: the code they change has changed");
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<_> = sources()
        .iter()
        .filter(|source| source.code.len() > LONGEST)
        .map(|source| format!("{}: {} lines", source.name, source.code.len()))
        .collect();
    nothing(&long, "split these files by what they are about");
}

/// What clap makes of a type are words that people see, so its doc would be one of them.
fn is_for_clap(above: &str) -> bool {
    ["Subcommand", "ValueEnum", "Args"].iter().any(|derived| above.contains(derived))
}

/// Returns every type of the sources: its place, its name, and the lines directly above it.
fn types() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for Source { name: file, code } in sources() {
        for (at, line) in code.iter().enumerate() {
            let words: Vec<&str> =
                line.split_whitespace().skip_while(|word| word.starts_with("pub")).collect();
            let [kind @ ("struct" | "enum" | "trait"), name, ..] = words.as_slice() else {
                continue;
            };
            let above = code[..at].iter().rev().map(|line| line.trim());
            let above = above.take_while(|line| !line.is_empty() && *line != "}");
            let above = above.collect::<Vec<_>>().join("\n");
            let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
            assert!(!name.is_empty(), "{kind} {line}");
            found.push((format!("{file}:{}", at + 1), name, above));
        }
    }
    assert!(found.len() > 300, "{}", found.len());
    found
}

#[test]
fn every_type_says_what_it_is() {
    let bare = types().into_iter().filter(|(_, _, above)| {
        !above.lines().any(|line| line.starts_with("///")) && !is_for_clap(above)
    });
    let bare: Vec<_> = bare.map(|(place, name, _)| format!("{place}: {name}")).collect();
    nothing(&bare, "types without a doc line");
}

/// One name means one thing; only the arguments of commands and their verbs repeat.
#[test]
fn the_name_of_a_type_is_its_own() {
    let mut places = std::collections::BTreeMap::<String, Vec<String>>::new();
    for (place, name, _) in types() {
        let file = place.split(':').next().unwrap_or_default().to_owned();
        let files = places.entry(name.clone()).or_default();
        // Twice in one file it is the same type, for another system.
        if !name.ends_with("Args") && name != "Verb" && !files.contains(&file) {
            files.push(file);
        }
    }
    let twice = places.iter().filter(|(_, places)| places.len() > 1);
    let twice: Vec<_> = twice.map(|(name, at)| format!("{name}: {}", at.join(", "))).collect();
    nothing(&twice, "types of one name");
}

#[test]
fn every_module_says_what_it_owns() {
    let bare: Vec<_> = sources()
        .iter()
        .filter(|source| !source.code.first().is_some_and(|line| line.starts_with("//! ")))
        .map(|source| source.name.clone())
        .collect();
    nothing(&bare, "modules without a doc");
}

/// Lints forbid unsafe code but where a file expects it: that one does, for the name of `main`.
#[test]
fn no_code_is_unsafe_but_the_name_of_main() {
    let word = ["unsafe", "_code"].concat();
    let expecting: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.code.iter().any(|line| line.contains(&word)))
        .map(|source| source.name)
        .collect();
    assert_eq!(expecting, ["src/main.rs"]);
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert_eq!(main.matches("unsafe").count(), 2, "its name, and what is expected of it");
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains(&format!("\n{word} = \"deny\"\n")));
}

#[test]
fn no_module_is_a_drawer_for_anything() {
    let drawers = ["util", "utils", "helper", "helpers", "common", "misc"];
    let found: Vec<_> = sources()
        .into_iter()
        .map(|source| source.name)
        .filter(|name| name.split(['/', '.']).any(|part| drawers.contains(&part)))
        .collect();
    nothing(&found, "name the module for what it is about");
}

/// What makes and reads a plugin's environment must not see these.
const SETTINGS_AND_KEYS: &[&str] = &["crate::config", "crate::credential", "crate::foreign"];
const CONTRACT: &str = "the contract is the whole interface: plugins get finished values";

/// What a module, or a file, must not see although it stands above it, and why.
const FORBIDDEN: &[(&str, &[&str], &str)] = &[
    ("config", &["clap::"], "the rules of layers are tested without a command line"),
    (
        "account",
        &[
            "crate::read_file",
            "crate::replace_file",
            "crate::invocation",
            "crate::foreign",
            "std::fs",
            "std::env",
        ],
        "the reason for a choice is always an origin",
    ),
    ("src/dispatch/alias.rs", SETTINGS_AND_KEYS, CONTRACT),
    ("src/dispatch/environment.rs", SETTINGS_AND_KEYS, CONTRACT),
    ("src/dispatch/execve.rs", SETTINGS_AND_KEYS, CONTRACT),
    ("src/path_search/search.rs", SETTINGS_AND_KEYS, CONTRACT),
    ("src/plugin_name.rs", SETTINGS_AND_KEYS, CONTRACT),
    ("src/resolve/granted.rs", SETTINGS_AND_KEYS, CONTRACT),
    ("src/resolve/preset.rs", SETTINGS_AND_KEYS, CONTRACT),
    ("src/variables.rs", SETTINGS_AND_KEYS, CONTRACT),
    ("render", &["crate::config", "crate::credential"], "it prints finished values"),
    ("credential", &["crate::foreign"], "a store is not a foreign format"),
    ("foreign", &["crate::credential", "crate::config", "crate::account"], "text in, fields out"),
];

#[test]
fn modules_do_not_see_what_they_must_not_know() {
    let mut found = Vec::new();
    for source in sources() {
        let rows = FORBIDDEN.iter();
        let own = rows.filter(|row| row.0 == source.module() || row.0 == source.name);
        for (module, words, why) in own {
            for (at, line) in source.code.iter().enumerate() {
                // git is no format of another program: whoever keeps keys out of it may see it.
                let code = line.split("//").next().unwrap_or_default();
                let code = code.replace("crate::foreign::git", "");
                for word in words.iter().filter(|word| code.contains(**word)) {
                    let place = format!("{}:{}", source.name, at + 1);
                    found.push(format!("{place}: `{module}` sees `{word}`: {why}"));
                }
            }
        }
    }
    nothing(&found, "modules that know too much");
    let names: Vec<_> = sources().into_iter().map(|source| source.name).collect();
    let gone: Vec<_> = FORBIDDEN
        .iter()
        .map(|row| row.0.to_owned())
        .filter(|row| row.starts_with("src/") && !names.contains(row))
        .collect();
    nothing(&gone, "a rule for a file that is not there holds nothing");
}
