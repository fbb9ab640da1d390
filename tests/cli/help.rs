//! Help, examples, manual pages and completions: all from one source, and all true.

use clap::Command;
use clap::error::ErrorKind;

use crate::sandbox::Sandbox;

/// Every command with its words, `carto` itself with none.
fn commands() -> Vec<(Vec<String>, Command)> {
    fn walk(command: &Command, words: &[String], all: &mut Vec<(Vec<String>, Command)>) {
        all.push((words.to_vec(), command.clone()));
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let words = [words, &[sub.get_name().to_owned()]].concat();
            walk(sub, &words, all);
        }
    }
    let mut root = carto::cli::command();
    root.build();
    let mut all = Vec::new();
    walk(&root, &[], &mut all);
    assert!(all.len() > 30, "the commands are found");
    all
}

/// The examples of a help text: `  command     what it does`.
fn examples(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    lines.take_while(|line| line.starts_with("  ")).map(str::trim).collect()
}

#[test]
fn every_command_answers_three_ways_with_examples() {
    let sandbox = Sandbox::new();
    for (words, command) in commands() {
        let line = words.join(" ");
        let about = command.get_about().expect(&line).to_string();
        let asked = [format!("help {line}"), format!("{line} --help"), format!("{line} -h")];
        for (way, words) in asked.iter().enumerate() {
            let ran = sandbox.carto(words).run().ok();
            assert_eq!(ran.stderr, "", "{words}");
            assert!(ran.stdout.starts_with(&about), "{words}: {}", ran.stdout);
            assert!(ran.stdout.contains(format!("Usage: carto {line}").trim_end()), "{words}");
            assert!(examples(&ran.stdout).len() >= 2, "{words}: too few examples:\n{}", ran.stdout);
            assert!(ran.stdout.ends_with('\n') && !ran.stdout.ends_with("\n\n"), "{words}");
            assert!(ran.stdout.lines().all(|line| line.chars().count() <= 100), "{words}: wide");
            // A terminal has 80 columns as often as not, and breaks words.
            for line in examples(&ran.stdout) {
                assert!(line.chars().count() <= 78, "{words}: a wide example: {line}");
            }
            if way == 0 {
                continue;
            }
            let shown = sandbox.carto(&asked[0]).run().ok().stdout;
            // `-h` may leave out the longer part.
            if way == 1 && !line.is_empty() {
                assert_eq!(ran.stdout, shown, "{words}");
            }
        }
    }
}

/// Splits a line of a shell into the calls of carto that stand in it.
fn calls(example: &str) -> Vec<Vec<String>> {
    let code = example.split("     ").next().unwrap();
    let code = match code.split_once("  ") {
        Some((code, comment)) if !comment.contains('\'') => code,
        _ => code,
    };
    let mut calls = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find("carto ") {
        let inner = rest[..at].ends_with('(');
        let mut call = &rest[at..];
        if inner {
            call = &call[..call.find(')').unwrap_or(call.len())];
        }
        let quoted = |at: usize| call[..at].matches('\'').count() % 2 == 1;
        for end in [" && ", " | ", " > ", " < ", " 2> ", "; "] {
            if let Some(at) = call.find(end).filter(|at| !quoted(*at)) {
                call = &call[..at];
            }
        }
        rest = &rest[at + call.len()..];
        calls.push(shlex::split(call).unwrap_or_else(|| panic!("no shell reads {call}")));
    }
    calls
}

#[test]
fn every_example_is_a_command_line_that_carto_takes() {
    let known: Vec<String> =
        commands().into_iter().filter_map(|(w, _)| (w.len() == 1).then(|| w[0].clone())).collect();
    let mut count = 0;
    for (words, mut command) in commands() {
        let help = command.render_long_help().to_string();
        for example in examples(&help) {
            let calls = calls(example);
            assert!(!calls.is_empty(), "{words:?}: no call of carto: {example}");
            for call in calls {
                count += 1;
                match carto::cli::command().try_get_matches_from(&call) {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::DisplayVersion => {}
                    // A plugin or an alias, which is nobody's to check.
                    Err(error) if error.kind() == ErrorKind::InvalidSubcommand => {
                        let builtin = call.iter().any(|word| known.contains(word));
                        assert!(!builtin, "{example}: {error}");
                    }
                    Err(error) => panic!("{words:?}: {example}\n{error}"),
                }
            }
        }
        let shown = examples(&help);
        let own = shown.iter().flat_map(|example| calls(example)).filter(|call| {
            let mut left = words.iter();
            let mut next = left.next();
            for word in call {
                if Some(word) == next {
                    next = left.next();
                }
            }
            next.is_none()
        });
        assert!(own.count() >= 1, "{words:?}: no example shows the command itself");
    }
    assert!(count > 60, "only {count} calls were found");
}

/// The lines that help and errors offer are typed as they stand.
#[test]
fn the_reader_of_examples_sees_what_a_shell_sees() {
    for (example, wanted) in [
        ("carto version       the name", "carto version"),
        ("eval \"$(carto env)\"                this shell", "carto env"),
        ("source <(carto completions bash)  x", "carto completions bash"),
        ("carto a > ~/b", "carto a"),
        (
            "carto alias set who 'config explain'     carto who",
            "carto alias set who config explain",
        ),
        ("carto exec -- sh -c 'a | b'", "carto exec -- sh -c a | b"),
        ("carto a && carto b -x", "carto a;carto b -x"),
    ] {
        let shown: Vec<_> = calls(example).iter().map(|call| call.join(" ")).collect();
        assert_eq!(shown.join(";"), wanted, "{example}");
    }
}

#[test]
fn help_shows_every_command_under_its_task_with_aliases_and_plugins() {
    let sandbox = Sandbox::new();
    sandbox.user("[alias]\nwho = 'config explain'\n");
    let shown = sandbox.carto("help").run().ok().stdout;
    for (words, command) in commands().iter().filter(|(words, _)| words.len() == 1) {
        let line = format!("\n  {:<12} {}\n", words[0], command.get_about().unwrap());
        assert_eq!(shown.matches(&line).count(), 1, "{line}{shown}");
    }
    for line in shown.lines().take_while(|line| !line.starts_with("Global flags")) {
        assert!(line.chars().count() <= 80, "a wide line: {line}");
    }
    assert!(shown.contains("\nAliases:\n  who          config explain\n"), "{shown}");
    assert!(shown.contains("\n  dump\n"), "{shown}");
}

#[test]
fn every_command_has_a_manual_page() {
    let sandbox = Sandbox::new();
    for (words, command) in commands() {
        let line = words.join(" ");
        let ran = sandbox.carto(&format!("help --man {line}")).run().ok();
        let page = &ran.stdout;
        let name = [&["carto".to_owned()], words.as_slice()].concat().join("-");
        for part in [
            format!(".TH {name} 1"),
            ".SH NAME\n".to_owned(),
            ".SH SYNOPSIS\n".to_owned(),
            ".SH DESCRIPTION\n".to_owned(),
            "Examples:".to_owned(),
        ] {
            assert!(page.contains(&part), "{line}: no {part:?}:\n{page}");
        }
        let about = command.get_about().unwrap().to_string();
        let plain = page.replace("\\*(Aq", "'").replace('\\', "");
        assert!(plain.contains(&about), "{line}: {page}");
        assert!(!page.contains('\u{1b}'), "{line}");
    }
    _ = sandbox.carto("help --man nothing").run().fails(127);
}

/// A package has a page of everything that help knows.
#[test]
fn all_manual_pages_are_written_into_a_directory() {
    let sandbox = Sandbox::new();
    let ran = sandbox.carto("help --man --all man").run().ok();
    let mut count = 0;
    for (words, _) in commands() {
        let name = [&["carto".to_owned()], words.as_slice()].concat().join("-");
        let page = sandbox.read(&format!("work/man/{name}.1"));
        assert_eq!(
            page,
            sandbox.carto(&format!("help --man {}", words.join(" "))).run().ok().stdout
        );
        count += 1;
    }
    for guide in ["accounts", "plugins", "reference"] {
        let page = sandbox.read(&format!("work/man/carto-{guide}.7"));
        assert!(page.starts_with(&format!(".TH carto-{guide} 7\n.SH NAME\n")), "{page}");
        assert_eq!(page, sandbox.carto(&format!("help --man {guide}")).run().ok().stdout);
    }
    let pages = std::fs::read_dir(sandbox.path("work/man")).unwrap();
    let total = pages.count();
    assert!(total >= count + 7, "{total}");
    assert_eq!(ran.stderr, format!("note: wrote {total} manual pages into [work]/man\n"));
    // Again, as a package is made twice.
    _ = sandbox.carto("help --man --all man").run().ok();
    sandbox.file("work/file", "");
    let ran = sandbox.carto("help --man --all file").run().fails(5);
    assert!(ran.stderr.contains("[work]/file"), "{ran}");
    _ = sandbox.carto("help --all man").run().fails(2);
    _ = sandbox.carto("help --man --all man config").run().fails(2);
}

/// Behind every command Tab offers its own, and each of its flags once a hyphen stands there.
#[test]
fn completion_knows_every_command_and_flag() {
    let sandbox = Sandbox::new();
    for (words, command) in commands() {
        let ask = |last: &str| {
            let call = sandbox.carto("completions fish --ask -- carto");
            words.iter().fold(call, crate::sandbox::Call::arg).arg(last).run().ok().stdout
        };
        let offered = ask("");
        for sub in command.get_subcommands() {
            let about = sub.get_about().unwrap().to_string();
            let line = format!("\n{}\t{about}\n", sub.get_name());
            assert!(offered.contains(&line), "{words:?}: {line}{offered}");
        }
        let offered = ask("--");
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let Some(flag) = arg.get_long() else { continue };
            assert!(offered.contains(&format!("\n--{flag}\t")), "{words:?}: {flag}: {offered}");
        }
    }
}

/// Help is there when nothing else is.
#[test]
fn help_works_whatever_is_broken() {
    let sandbox = Sandbox::new();
    sandbox.user("[broken\n");
    sandbox.project("[broken\n");
    for words in ["help", "--help", "-h", "help config set", "version", "-V", "completions bash"] {
        let ran = sandbox.carto(words).env("CARTO_USER", "a").env("CARTO_USERNAME", "b").run().ok();
        assert_eq!(ran.stderr, "", "{words}");
        let ran = sandbox.carto(words).env_remove("HOME").env_remove("PATH").run().ok();
        assert_eq!(ran.stderr, "", "{words}");
    }
}
