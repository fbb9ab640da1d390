//! The recipes of the guide to programs work as they stand there.

use crate::sandbox::{Call, Ran, Sandbox};

const GUIDE: &str = include_str!("../../src/cli/guides/programs.md");
const KEY: &str = "marker-key-1a2b3c";

/// Returns the blocks of a language below the heading "Recipes", in order.
fn blocks(language: &str) -> Vec<&'static str> {
    let (_, recipes) = GUIDE.split_once("\n### Recipes\n").unwrap();
    let recipes = recipes.split("\n## ").next().unwrap();
    let fence = format!("```{language}\n");
    recipes.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn machine() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.plugin("whoami", include_str!("../../plugins/carto-whoami/carto-whoami"));
    sandbox
}

#[test]
fn there_are_three_recipes() {
    assert_eq!((blocks("yaml").len(), blocks("sh").len()), (1, 2));
}

/// The job runs in a clone whose project nobody approved.
#[test]
fn in_github_actions_there_is_nothing_to_trust() {
    let sandbox = machine();
    sandbox.project("username = \"johnsmith\"\n[alias]\nwhoami = \"version\"\n");
    let block = blocks("yaml")[0];
    let (variables, steps) = block.split_once("steps:\n").unwrap();
    let variables: Vec<_> = variables
        .lines()
        .skip(1)
        .map(|line| line.trim().split_once(": ").unwrap())
        .map(|(name, value)| (name, value.replace("${{ secrets.CARTO_API_KEY }}", KEY)))
        .collect();
    assert_eq!(variables.len(), 2);
    let given = |call: Call| -> Ran {
        let call = variables.iter().fold(call, |call, (name, value)| call.env(name, value));
        call.env("CI", "true").env("GITHUB_ENV", sandbox.path("work/github.env")).run().ok()
    };
    let steps: Vec<_> =
        steps.lines().map(|line| line.trim().strip_prefix("- run: ").unwrap()).collect();
    let [whoami, env] = steps.as_slice() else { panic!("two steps: {steps:?}") };
    let ran = given(sandbox.shell(whoami)).never_says(KEY);
    assert!(ran.stdout.contains("https://johnsmith.carto.com"), "{ran}");
    // The log is masked before the key is written.
    let ran = given(sandbox.shell(env));
    assert!(ran.stdout.starts_with(&format!("::add-mask::{KEY}\n")), "{ran}");
    assert_eq!(ran.stdout.matches(KEY).count(), 1, "{ran}");
    assert!(sandbox.read("work/github.env").contains(KEY));
}

#[test]
fn on_premises_users_give_a_name_alone() {
    let sandbox = machine();
    sandbox.file("work/key.txt", KEY);
    let mut last = String::new();
    for line in blocks("sh")[0].lines() {
        last = sandbox.shell(line).run().ok().never_says(KEY).stdout;
    }
    assert!(last.contains("https://maps.example.com/user/johnsmith"), "{last}");
    assert!(last.contains("********"), "{last}");
    // A project of the house gives a name alone, too, and it goes into the same pattern.
    sandbox.project("username = \"johnsmith\"\n");
    let ran = sandbox.carto("whoami").run().ok();
    assert_eq!(ran.stdout, last);
}

#[test]
fn a_container_gets_the_key_as_a_file() {
    let sandbox = machine();
    let secret = sandbox.file_with_mode("run/secrets/carto", format!("{KEY}\n"), 0o400);
    let script = "import os\nprint(os.environ['CARTO_BASE_URL'], os.environ['CARTO_API_KEY'])\n\
                  print('CARTO_API_KEY_FILE' in os.environ)\n";
    sandbox.file("work/notebook.py", script);
    let block = blocks("sh")[1];
    assert!(block.contains("/run/secrets/carto"));
    let ran = sandbox.shell(&block.replace("/run/secrets/carto", secret.to_str().unwrap())).run();
    let ran = ran.ok();
    assert_eq!(ran.stdout, format!("https://johnsmith.carto.com {KEY}\nFalse\n"), "{ran}");
}
