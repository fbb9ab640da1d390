//! Who imports whom, file by file: from lower ranks alone, and never in a circle.
//!
//! A path is followed to the file that defines what it names: through `super::`, through modules that
//! a file names without `crate::`, and through `pub use`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::structure::{RANKS, Source, nothing, root, sources};

/// The path of a module below the crate: `["toml", "edit"]`.
type Module = Vec<String>;

/// The files of the crate, as modules that name others.
struct Crate {
    /// The code of each module, without comments.
    code: BTreeMap<Module, String>,
    /// Whether the module is a `mod.rs`, or the root.
    folders: BTreeSet<Module>,
    /// What each module passes on under a name of its own.
    passed_on: BTreeMap<(Module, String), Vec<String>>,
}

fn module_of(name: &str) -> Module {
    let inner = name.strip_prefix("src/").unwrap_or(name).strip_suffix(".rs").unwrap_or(name);
    let mut parts: Module = inner.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}

fn without_comments(code: &[String]) -> String {
    code.iter()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Takes `use a::{b, c::d}` apart into single paths; `self` is the path before it.
fn single_paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.trim().to_owned()];
    };
    let inside = rest.rsplit_once('}').map_or(rest, |(inside, _)| inside);
    let (mut paths, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                for path in single_paths(&inside[from..at]) {
                    match path.as_str() {
                        "" => {}
                        "self" => paths.push(before.trim_end_matches("::").to_owned()),
                        _ => paths.push(format!("{before}{path}")),
                    }
                }
                from = at + 1;
            }
            _ => {}
        }
    }
    paths
}

/// Returns every `use` of a text with whether it is passed on, and the text without them.
fn uses(code: &str) -> (Vec<(bool, String)>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    for statement in code.split_inclusive(';') {
        let start = statement.rfind("use ").filter(|at| {
            let before = statement[..*at].rsplit('\n').next().unwrap_or_default().trim();
            before.is_empty() || before.starts_with("pub")
        });
        let Some(start) = start else {
            rest.push_str(statement);
            continue;
        };
        let line = statement[..start].rfind('\n').map_or(0, |at| at + 1);
        let is_public = statement[line..start].trim().starts_with("pub");
        let tree = statement[start + "use ".len()..].trim_end_matches(';').replace('\n', " ");
        found.extend(single_paths(&tree).into_iter().map(|path| (is_public, path)));
        rest.push_str(&statement[..line]);
    }
    (found, rest)
}

impl Crate {
    fn read() -> Self {
        let mut all =
            Crate { code: BTreeMap::new(), folders: BTreeSet::new(), passed_on: BTreeMap::new() };
        for Source { name, code } in sources() {
            let module = module_of(&name);
            if name.ends_with("mod.rs") || name == "src/lib.rs" {
                all.folders.insert(module.clone());
            }
            all.code.insert(module, without_comments(&code));
        }
        for (module, code) in &all.code {
            for (is_public, path) in uses(code).0 {
                if let Some(target) = all.absolute(module, &path).filter(|_| is_public) {
                    let name = path.rsplit("::").next().unwrap_or_default().to_owned();
                    all.passed_on.insert((module.clone(), name), target);
                }
            }
        }
        all
    }

    /// Returns a path of this crate from its root; nothing for one of another crate.
    fn absolute(&self, module: &Module, path: &str) -> Option<Vec<String>> {
        let mut parts = path.split("::").map(str::trim).peekable();
        let mut base = module.clone();
        match *parts.peek()? {
            "crate" => {
                base.clear();
                parts.next();
            }
            "self" => _ = parts.next(),
            "super" => {
                while parts.next_if_eq(&"super").is_some() {
                    base.pop();
                }
            }
            // A module below this one, by its bare name.
            name => {
                let below = [module.as_slice(), &[name.to_owned()]].concat();
                if !self.folders.contains(module) || !self.code.contains_key(&below) {
                    return None;
                }
            }
        }
        base.extend(parts.map(str::to_owned));
        Some(base)
    }

    /// Returns the module that defines what a path names.
    fn defining(&self, path: &[String]) -> Module {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let longest = (0..=path.len()).rev().find(|n| self.code.contains_key(&path[..*n]));
            let (module, rest) = path.split_at(longest.unwrap_or(0));
            let name = rest.first().map(|name| (module.to_vec(), name.clone()));
            match name.and_then(|name| self.passed_on.get(&name)) {
                Some(target) => path = [target.as_slice(), &rest[1..]].concat(),
                None => return module.to_vec(),
            }
        }
        panic!("{path:?} is passed on in a circle")
    }

    /// Returns the files that each file imports; what a folder passes on of its own is no import.
    fn imports(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let mut all = BTreeMap::new();
        for (module, code) in &self.code {
            let (uses, body) = uses(code);
            let mut found = BTreeSet::new();
            let written = body.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
            let inline =
                written.filter(|word| word.contains("::")).map(|word| (false, word.to_owned()));
            for (is_public, path) in uses.into_iter().chain(inline) {
                let Some(path) = self.absolute(module, path.trim_matches(':')) else { continue };
                let target = self.defining(&path);
                let is_own =
                    is_public && self.folders.contains(module) && target.starts_with(module);
                if target != *module && !target.is_empty() && !is_own {
                    found.insert(target);
                }
            }
            all.insert(module, found);
        }
        all
    }
}

fn shown(module: &Module) -> String {
    module.join("/")
}

/// A test of the test: what it follows is really followed.
#[test]
fn paths_lead_to_the_file_that_defines() {
    let all = Crate::read();
    let module = |path: &str| path.split('/').map(str::to_owned).collect::<Module>();
    for (from, path, file) in [
        ("config/layer", "super::kept::Kept", "config/kept"),
        ("config/layer", "super::Scope", "config/scope"),
        ("account/naming", "crate::config::Scope", "config/scope"),
        ("account/naming", "crate::base_url::BaseUrl", "base_url/url"),
        ("toml/edit/insert", "super::change::EditError", "toml/edit/change"),
        ("commands/alias", "crate::toml::edit::EditError", "toml/edit/change"),
        ("toml/edit", "change::EditError", "toml/edit/change"),
        ("credential/fetch/key", "crate::credential::Picked", "credential/choose"),
    ] {
        let path = all.absolute(&module(from), path).unwrap();
        assert_eq!(shown(&all.defining(&path)), file, "{path:?} in {from}");
    }
    assert_eq!(all.absolute(&module("toml"), "std::fs"), None);
    let imports = all.imports();
    assert!(imports[&module("config/layer")].contains(&module("config/kept")));
    assert!(imports[&module("commands/config/command")].contains(&module("commands/config/get")));
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 700);
}

#[test]
fn files_import_only_from_lower_ranks() {
    let rank = |module: &Module| RANKS.iter().position(|rank| rank.contains(&module[0].as_str()));
    let mut found = Vec::new();
    for (module, targets) in Crate::read().imports() {
        if module.is_empty() || module[0] == "main" {
            continue;
        }
        for target in targets {
            let is_lower = rank(&target).zip(rank(module)).is_some_and(|(one, own)| one < own);
            if target[0] != module[0] && !is_lower {
                found.push(format!("{} imports {}", shown(module), shown(&target)));
            }
        }
    }
    nothing(&found, "imports against the ranks");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let all = Crate::read();
    let imports = all.imports();
    let mut found = Vec::new();
    for start in imports.keys() {
        let (mut open, mut seen) = (vec![(*start).clone()], BTreeSet::new());
        while let Some(module) = open.pop() {
            for target in imports.get(&module).into_iter().flatten() {
                if target == *start {
                    found.push(format!(
                        "{} imports {}, and so on to itself",
                        shown(start),
                        shown(&module)
                    ));
                } else if seen.insert(target.clone()) {
                    open.push(target.clone());
                }
            }
        }
    }
    nothing(&found, "files in a circle: one of them holds what belongs elsewhere");
}

#[test]
fn no_command_imports_another() {
    let mut found = Vec::new();
    for (module, targets) in Crate::read().imports() {
        let others = targets.iter().filter(|target| {
            let is_command =
                |module: &Module| module.first().is_some_and(|first| first == "commands");
            is_command(target) && is_command(module) && target.get(1) != module.get(1)
        });
        found.extend(others.map(|target| format!("{} imports {}", shown(module), shown(target))));
    }
    nothing(&found, "commands that import another command");
}

/// The most lines of a `mod.rs`: its doc, the modules, and what it passes on.
const LONGEST_FOLDER: usize = 40;

#[test]
fn a_folder_file_holds_no_code() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.name.ends_with("/mod.rs")) {
        let text = fs::read_to_string(root().join(&source.name)).unwrap();
        let code = without_comments(&text.lines().map(str::to_owned).collect::<Vec<_>>());
        let words = ["fn ", "struct ", "enum ", "impl ", "const ", "static ", "macro_rules"];
        let has_code = code.lines().any(|line| {
            let line = line.trim_start_matches("pub ").trim_start_matches("pub(super) ");
            words.iter().any(|word| line.starts_with(word))
        });
        if has_code || text.lines().count() > LONGEST_FOLDER {
            found.push(source.name.clone());
        }
    }
    nothing(&found, "a mod.rs has a doc, its modules and what it passes on");
}
