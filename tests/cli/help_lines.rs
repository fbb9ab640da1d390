//! What an error says to type can be typed: every help line that the tests of errors show is run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::Sandbox;

/// What stands for the words in capitals that a person fills in.
const FILLED: &[(&str, &str)] = &[
    ("https://NAME.carto.com", "https://ann.carto.com"),
    ("https://REGION.api.carto.com", "https://gcp-us-east1.api.carto.com"),
    ("https://HOST/", "https://maps.example.com/"),
    ("'!COMMAND'", "'!true'"),
    ("SETTING=VALUE", "ui.color=never"),
    ("SETTING VALUE", "ui.color never"),
    ("SETTING", "ui.color"),
    ("NAME", "ann"),
    ("URL", "https://ann.carto.com"),
    ("FILE", "key.txt"),
    ("NEW", "other"),
    ("OLD", "ann"),
    ("VALUE", "true"),
    ("SHELL", "bash"),
    ("CMD", "true"),
    ("WORD", "true"),
    ("QUERY", "true"),
    ("HEX", "0000000000000000000000000000000000000000000000000000000000000000"),
    ("PATTERN", "ann"),
];

fn sources(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "txt")
        {
            files.push(path);
        }
    }
}

/// The commands in the help lines of every error that a test expects.
fn commands() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli"), &mut files);
    let mut found = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        for line in text.lines() {
            let Some((_, help)) = line.split_once("! help: ") else { continue };
            // Words may lead to it: `or permit it: carto ...`.
            let Some(at) = help.find("carto ").filter(|at| {
                let before = &help[..*at];
                before.is_empty() || before.ends_with(": ") || before == "or "
            }) else {
                continue;
            };
            let command = help[at..].split("  #").next().unwrap();
            let command = command.split(" # ").next().unwrap().trim_end();
            found.insert(command.to_owned());
        }
    }
    found
}

fn filled(command: &str) -> String {
    let filled =
        FILLED.iter().fold(command.to_owned(), |text, (word, value)| text.replace(word, value));
    // What is left open is any command.
    filled
        .replace("--from-...", "--from-git")
        .replace(" ...", " version")
        .replace("[root]", "/nowhere")
        .replace("[work]", "/nowhere")
}

#[test]
fn every_command_in_a_help_line_is_accepted() {
    let commands = commands();
    assert!(commands.len() > 80, "{} commands", commands.len());
    let mut refused = Vec::new();
    for command in &commands {
        let sandbox = Sandbox::new();
        sandbox.user("username = \"ann\"\n[profiles.ann]\nusername = \"ann\"\n");
        sandbox.keys(&["k1 https://ann.carto.com ann"]);
        for plugin in ["sql", "fine", "account", "x"] {
            sandbox.plugin(plugin, "#!/bin/sh\necho manifest = 1\n");
        }
        sandbox.file_with_mode("work/key.txt", "k1\n", 0o600);
        _ = sandbox.carto("init").run().ok();
        let line = filled(command);
        let ran = sandbox.shell(&line).env("CARTO_EDITOR", "true").stdin("k1\n").run();
        // It may have nothing to do, or nobody to ask; it is never misunderstood.
        if matches!(ran.code(), 2 | 70 | 126 | 127) {
            refused.push(format!("$ {line}\n{ran}"));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
