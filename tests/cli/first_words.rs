//! What people type first: words of other programs, and every answer is a command to copy.

use crate::sandbox::Sandbox;

/// What is typed, the exit status, and the first help line.
const TYPED: &[(&str, i32, &str)] = &[
    ("import", 127, "carto credentials import"),
    ("import creds.json", 127, "carto credentials import creds.json"),
    ("export", 127, "carto credentials export"),
    ("export out.json", 127, "carto credentials export out.json"),
    ("use NAME", 127, "carto profile use NAME"),
    ("use staging", 127, "carto profile use staging"),
    ("set K V", 127, "carto config set K V"),
    ("set username ann", 127, "carto config set username ann"),
    ("set apikey marker", 127, "carto config set apikey"),
    ("get K", 127, "carto config get K"),
    ("get username", 127, "carto config get username"),
    ("list", 127, "carto config list"),
    ("ls", 127, "carto config list"),
    ("status", 127, "carto config explain"),
    ("auth login https://ann.carto.com", 127, "carto login https://ann.carto.com"),
    ("auth status", 127, "carto config explain"),
    ("auth token", 127, "carto config get apikey"),
    ("configure", 127, "carto login URL"),
    ("configure set username ann", 127, "carto config set username ann"),
    ("profiles", 127, "carto profile list"),
    ("plugins", 127, "carto plugin list"),
    ("use-context staging", 127, "carto profile use staging"),
    ("completion bash", 127, "carto completions bash"),
    ("run -- python x.py", 127, "carto exec -- CMD"),
    ("run python x.py", 127, "carto exec -- python x.py"),
    ("set_default_credentials", 127, "carto login URL"),
    ("query 'SELECT 1'", 127, "carto sql 'SELECT 1'"),
    ("config gte", 2, "carto config get"),
    ("config gte username", 2, "carto config get username"),
    ("config ste username ann", 2, "carto config set username ann"),
    ("config ste apikey marker", 2, "carto config set apikey"),
    ("config use-context staging", 2, "carto profile use staging"),
    ("config current-context", 2, "carto config explain"),
    ("config view", 2, "carto config list"),
    ("config rm ui.color", 2, "carto config unset ui.color"),
    ("profile lst", 2, "carto profile list"),
    ("profile delete staging", 2, "carto profile remove staging"),
    ("profile switch staging", 2, "carto profile use staging"),
    ("credentials ls", 2, "carto credentials list"),
    ("credentials improt f.json", 2, "carto credentials import f.json"),
    ("plugin lst", 2, "carto plugin list"),
    ("alias lists", 2, "carto alias list"),
    ("config set base_url ann.carto.com", 2, "carto config set base_url https://ann.carto.com"),
    ("config set base_url ann.carto.com/me", 2, "carto config set base_url https://ann.carto.com"),
    (
        "config set profiles.p.base_url maps.example.com/user/ann",
        2,
        "carto config set profiles.p.base_url https://maps.example.com/user/ann",
    ),
    (
        "profile add p --base-url ann.carto.com",
        2,
        "carto profile add p --base-url https://ann.carto.com",
    ),
    ("env --format bash", 2, "carto env --format sh"),
    ("env --format zsh", 2, "carto env --format sh"),
    ("env --format env-file", 2, "carto env --format docker"),
    ("env --format pwsh", 2, "carto env --format powershell"),
];

#[test]
fn each_is_answered_with_the_command_that_does_it() {
    let sandbox = Sandbox::new();
    for (typed, code, command) in TYPED {
        let ran = sandbox.shell(&format!("carto {typed}")).run().fails(*code).never_says("marker");
        let help = ran.stderr.lines().find_map(|line| line.strip_prefix("help: "));
        assert_eq!(help, Some(*command), "{typed}: {ran}");
        assert_eq!(ran.stdout, "", "{typed}");
    }
    assert!(!sandbox.path("home/.config").exists(), "nothing is written");
}

#[test]
fn a_plugin_or_an_alias_of_that_name_is_what_is_meant() {
    let sandbox = Sandbox::new();
    sandbox.user("alias.status = \"config path\"\n");
    _ = sandbox.carto("status").run().ok();
    sandbox.plugin("import", "#!/bin/sh\necho the plugin\n");
    assert_eq!(sandbox.carto("import x").run().ok().stdout, "the plugin\n");
    assert_eq!(sandbox.carto("help import").run().ok().stdout, "the plugin\n");
}

#[test]
fn help_of_such_a_word_names_the_command() {
    let sandbox = Sandbox::new();
    for (words, command) in [
        ("import", "carto credentials import"),
        ("use", "carto profile use NAME"),
        ("auth login", "carto login URL"),
        ("config view", "carto config list"),
        ("status", "carto config explain"),
        ("get-contexts", "carto profile list"),
    ] {
        let ran = sandbox.carto("help").words(words).run().ok();
        assert_eq!(
            ran.stdout,
            format!("there is no `carto {words}` here; this does it:\n  {command}\n")
        );
    }
    _ = sandbox.carto("help frobnicate").run().fails(127);
    _ = sandbox.carto("help config frobnicate").run().fails(127);
}

#[test]
fn an_alias_of_what_is_missing_is_not_suggested() {
    let sandbox = Sandbox::new();
    sandbox.user("[alias]\nb = \"bb\"\ncopy = \"version\"\nup = \"b\"\n");
    for words in ["b", "up"] {
        let ran = sandbox.carto(words).run().fails(127);
        assert!(ran.stderr.contains("the alias `b` stands for it"), "{ran}");
        assert!(!ran.stderr.contains("did you mean"), "{ran}");
    }
    for far in ["nope", "q", "xy", "carto"] {
        let ran = sandbox.carto(far).run().fails(127);
        assert!(!ran.stderr.contains("did you mean"), "{ran}");
    }
    for (near, meant) in
        [("coppy", "copy"), ("lgoin", "login"), ("confg", "config"), ("evn", "env")]
    {
        let ran = sandbox.carto(near).run().fails(127);
        assert!(ran.stderr.contains(&format!("did you mean `{meant}`?")), "{ran}");
    }
}
