//! What programs read: every `--json` has a schema in `schema/`, and the real output is what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// Each command that prints JSON: its words, its schema, and the calls that are looked at.
const PRINTED: &[(&str, &str, &[&str])] = &[
    ("alias list", "alias-list", &["alias list --json"]),
    (
        "config explain",
        "config-explain",
        &[
            "config explain --json",
            "--profile staging config explain --json",
            "--no-project config explain username --json",
            "config explain plugins.sql.limit --json",
            "config explain plugins.sql.on --json",
            "config explain plugins.sql.list --json",
            "config explain plugins.sql.table --json",
            "config explain plugins.sql.nothing --json",
            "config explain profile --json",
            "-c ui.color=never config explain ui.color --json",
        ],
    ),
    (
        "config get",
        "config-get",
        &[
            "config get username --json",
            "config get base_url --json",
            "config get organization --json",
            "config get allow_non_secure --json",
            "config get plugins.sql.limit --json",
            "config get plugins.sql.on --json",
            "config get plugins.sql.list --json",
            "config get plugins.sql.table --json",
            "config get plugins.sql.nothing --json",
            "-c ui.color=never config get ui.color --all --json",
        ],
    ),
    (
        "config list",
        "config-list",
        &[
            "config list --json",
            "config list --json --name-only",
            "-c ui.color=never config list --json --show-secrets",
            "config list --project --json",
        ],
    ),
    ("config path", "config-path", &["config path --json", "--isolated config path --json"]),
    // What really stores is held against the schema where it is tested: here it would change the rest.
    ("credentials list", "credentials-list", &["credentials list --json"]),
    ("credentials import", "credentials-import", &["credentials import --all --dry-run --json"]),
    (
        "credentials show",
        "credentials-show",
        &[
            "credentials show --json",
            "credentials show --json --show-secrets",
            "--profile staging credentials show --json",
            "--no-project credentials show --json",
        ],
    ),
    ("doctor", "doctor", &["doctor --json"]),
    (
        "env",
        "env",
        &[
            "env --format json",
            "env --format json --as gdal",
            "env --format json --as carto-python",
            "env --format json --as cartoframes-tests",
            "env --format json --as carto-cli",
            "--profile staging env --format json",
        ],
    ),
    (
        "plugin info",
        "plugin-info",
        &[
            "plugin info dump --json",
            "plugin info sql --json",
            "plugin info login --json",
            "plugin info q --json",
            "plugin info r --json",
            "plugin info broken --json",
            "plugin info other --json",
            "-c plugins.dump.as=gdal plugin info dump --json",
        ],
    ),
    ("plugin list", "plugin-list", &["plugin list --json"]),
    ("plugin outdated", "plugin-outdated", &["plugin outdated --json"]),
    ("plugin verify", "plugin-verify", &["plugin verify --json"]),
    ("plugin which", "plugin-which", &["plugin which dump --json", "plugin which nothing --json"]),
    ("profile list", "profile-list", &["profile list --json", "-p staging profile list --json"]),
    (
        "profile show",
        "profile-show",
        &[
            "profile show staging --json",
            "profile show bad --json",
            "profile show maps --json",
            "--profile staging profile show --json",
        ],
    ),
    (
        "profile show",
        "profile-show",
        &[
            "profile show --json",
            "profile show staging --json",
            "profile show bad --json",
            "--profile staging profile show --json",
        ],
    ),
    ("trust", "trust-list", &["trust --list --json"]),
    ("trust", "trust-show", &["trust --show --json"]),
];

/// Schemas of files, which say nothing of what is printed.
const OF_FILES: &[&str] = &["config", "credentials", "plugin"];

/// Where every call is made; elsewhere the first of each command tells enough.
const THOROUGH: [&str; 8] = [
    "everything",
    "certificates",
    "installed plugins",
    "no name",
    "http",
    "a trusted project",
    "broken settings",
    "names that are not UTF-8",
];

/// A machine in a state, and the variables of the calls there.
struct Situation {
    name: &'static str,
    sandbox: Sandbox,
    variables: Vec<(&'static str, OsString)>,
    dir: OsString,
}

impl Situation {
    fn new(name: &'static str, settings: &str, keys: &[&str]) -> Self {
        let sandbox = Sandbox::new();
        if !settings.is_empty() {
            sandbox.user(settings);
        }
        if !keys.is_empty() {
            sandbox.keys(keys);
        }
        Situation { name, sandbox, variables: Vec::new(), dir: "work".into() }
    }

    fn env(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name, value.as_ref().to_owned()));
        self
    }

    fn with(self, prepare: impl FnOnce(&Sandbox)) -> Self {
        prepare(&self.sandbox);
        self
    }
}

const ANN: &str = "username = 'ann'\n";
const ANNS_KEY: &str = "ann-key https://ann.carto.com";

/// Settings of every kind.
const RICH: &str = "username = 'ann'\norganization = 'acme'\n\
    [profiles.staging]\nusername = 'sue'\nprotected = true\n\
    [profiles.\"b\\u0007\\u202e\\u00e9\"]\nbase_url = 'https://maps.example.com/user/bob'\n\
    [profiles.bad]\nbase_url = 'http://maps.example.com/user/bad'\n\
    [profiles.nobody]\nbase_url = 'https://maps.example.com'\n\
    [alias]\nq = 'sql \"a b\"'\nr = ['sql', '', \"\\u202e\"]\n\
    [plugins.sql]\nlimit = 3\non = true\nlist = [1, 'x', 1979-05-27]\nnothing = nan\n\
    table = {}\ndeep.er = [{ a = 1.5 }]\n[ui]\ncolor = 'auto'\n";

/// A profile whose account is reached by `http`, by permission.
const HTTP_PROFILE: &str = "[profiles.maps]\nbase_url = 'http://maps.example.com/user/ann'\n\
    allow_non_secure = true\norganization = 'acme'\n";

fn situations() -> Vec<Situation> {
    let mut all = accounts();
    all.extend(projects());
    all.extend(broken());
    all
}

/// Machines without a project.
fn accounts() -> Vec<Situation> {
    vec![
        Situation::new("nothing", "", &[]),
        Situation::new("a name", ANN, &[]),
        Situation::new("everything", RICH, &[ANNS_KEY, "sue-key https://sue.carto.com"])
            .with(plugins)
            .with(|sandbox| {
                sandbox.system("base_url = 'https://{username}.carto.com'\n");
                sandbox.file("home/.config/cartoframes/cartocreds.json", "{}");
            }),
        Situation::new("no name", "base_url = 'https://maps.example.com'\n", &[])
            .with(|sandbox| _ = sandbox.keys(&["maps-key https://maps.example.com"])),
        Situation::new(
            "http",
            &format!(
                "base_url = 'http://maps.example.com/user/ann'\nallow_non_secure = true\n\
                 {HTTP_PROFILE}"
            ),
            &["k http://maps.example.com/user/ann"],
        ),
        Situation::new("http refused", "base_url = 'http://maps.example.com/user/ann'\n", &[]),
        Situation::new("an unbound key", "", &["waiting-key"]),
        Situation::new("an unbound key and a name", ANN, &["waiting-key"]),
        Situation::new(
            "several keys",
            ANN,
            &["k1 https://ann.carto.com profile=a", "k2 https://ann.carto.com profile=b"],
        ),
        Situation::new("a marked key", &RICH.replace("organization", "#"), &[ANNS_KEY])
            .with(|s| _ = s.keys(&["k https://sue.carto.com profile=staging", ANNS_KEY])),
        Situation::new("a key that is fetched", ANN, &[])
            .with(|sandbox| {
                let place = "home/.config/carto/credentials.toml";
                let text = "[[credential]]\nbase_url = 'https://ann.carto.com'\n\
                            apikey = { env = 'MY_KEY' }\n";
                sandbox.file_with_mode(place, text, 0o600);
            })
            .env("MY_KEY", "k"),
        Situation::new("an unknown profile", "profile = 'nope'\n", &[]),
        Situation::new("a selected profile", &format!("profile = 'staging'\n{RICH}"), &[]),
        Situation::new("a key of another account", ANN, &[ANNS_KEY])
            .env("CARTO_USERNAME", "bob")
            .env("CARTO_API_KEY", "bobs-key")
            .env("CARTO_ORG", "\"é\\ 編\""),
        Situation::new("a nested carto", ANN, &[ANNS_KEY])
            .env("CARTO_NESTED", "{\"set\":[],\"files\":\"all\",\"aliases\":[]}")
            .env("CARTO_USERNAME", "ann"),
        Situation::new("variables that disagree", ANN, &[])
            .env("CARTO_USERNAME", "a")
            .env("CARTO_USER", "b"),
        Situation::new("a variable that is not UTF-8", ANN, &[])
            .env("CARTO_ORG", OsStr::from_bytes(b"\xff")),
        Situation::new("a mistyped variable", ANN, &[ANNS_KEY]).env("CARTO_APIKEY", "x"),
        Situation::new("a file of credentials", ANN, &[ANNS_KEY])
            .with(|s| {
                let text = "{\"username\": \"zoe\", \"api_key\": \"zoes-key\", \"base_url\": null}";
                s.file_with_mode("work/creds.json", text, 0o600);
            })
            .env("CARTO_CREDENTIALS_FILE", "creds.json"),
        Situation::new("files of other programs", ANN, &[ANNS_KEY]).with(other_programs),
        Situation::new("a token", "base_url = 'https://gcp-us-east1.api.carto.com'\n", &[]).with(
            |sandbox| {
                let token = crate::tokens::token(4_102_444_800);
                sandbox.keys(&[&format!("{token} https://gcp-us-east1.api.carto.com")]);
            },
        ),
        Situation::new("certificates", "username = 'ann'\nca_file = '~/acme.pem'\n", &[ANNS_KEY])
            .with(|sandbox| _ = sandbox.file("home/acme.pem", "")),
        Situation::new("installed plugins", ANN, &[ANNS_KEY]).with(installed_plugins),
    ]
}

/// A plugin that was changed where it is installed, and whose source has another version.
fn installed_plugins(sandbox: &Sandbox) {
    sandbox.file_with_mode("work/made/carto-made", "#!/bin/sh\necho made\n", 0o755);
    sandbox.file_with_mode("work/other/carto-other", "#!/bin/sh\necho other\n", 0o755);
    for dir in ["made", "other"] {
        _ = sandbox.carto(&format!("plugin install {dir} --yes")).run().ok();
    }
    sandbox.project("");
    sandbox.trust("work");
    _ = sandbox.carto("plugin lock").run().ok();
    let path = sandbox.installed("made").join("tree/carto-made");
    fs::write(path, "#!/bin/sh\necho planted\n").unwrap();
    sandbox.file_with_mode("work/other/carto-other", "#!/bin/sh\necho newer\n", 0o755);
}

/// Files of which one is there already, one has another key, one is new, one broken, one of no use.
fn other_programs(sandbox: &Sandbox) {
    for (file, text) in [
        (".config/cartoframes/creds.json", "{\"username\": \"ann\", \"api_key\": \"ann-key\"}"),
        (".config/cartoframes/cartocreds.json", "{\"username\": \"ann\", \"key\": \"other\"}"),
        (
            ".carto_credentials.json",
            "{\"profiles\": {\"a\": {\"token\": \"t\", \"tenant_id\": \"x\"}, \"b\": {\"tenant_id\": \"y\"}}}",
        ),
        (".cartorc.yaml", "ann: {api_key: 0123}\n"),
        (".cartodbrc", "host: h\nusername: u\npassword: p\n"),
    ] {
        sandbox.file_with_mode(&format!("home/{file}"), text, 0o600);
    }
}

/// Plugins that run, that do not, and copies; a manifest in each place, and of each kind.
fn plugins(sandbox: &Sandbox) {
    let manifest = |place: &str, more: &str| {
        let text = "manifest = 1\ndescription = 'Does it'\nversion = '1'\nlicense = 'MIT'\n";
        _ = sandbox.file(place, format!("{text}{more}"));
    };
    manifest("bin/carto-sql.toml", "credentials = 'required'\n[completion]\nprotocol = 'clap'\n");
    let words =
        "as = 'gdal'\ncredentials = 'none'\n[completion]\nwords = ['--all']\nfiles = true\n";
    manifest("share/carto/plugins/carto-login.toml", words);
    manifest("home/.config/carto/plugins/q.toml", "[completion]\nprotocol = 'click'\n");
    manifest("home/.config/carto/plugins/broken.toml", "[completion]\nprotocol = 'cobra'\n");
    sandbox.file_with_mode("tool/carto-q", "#!/bin/sh\n", 0o755);
    std::os::unix::fs::symlink("../tool/carto-q", sandbox.path("bin/carto-q")).unwrap();
    let printed = "manifest = 1\n[completion]\nprotocol = \"argcomplete\"\n";
    sandbox.plugin("r", &format!("#!/bin/sh\nprintf '{printed}'\n"));
    _ = sandbox.carto("plugin register r").run().ok();
    sandbox.plugin("sql", "#!/bin/sh\n");
    sandbox.plugin("login", "#!/bin/sh\n");
    sandbox.file_with_mode("bin/carto-open", "#!/bin/sh\n", 0o777);
    sandbox.file_with_mode("bin/carto-broken", "#!/nowhere/at/all\n", 0o755);
    fs::set_permissions(sandbox.path("bin/carto-open"), Permissions::from_mode(0o777)).unwrap();
}

/// Machines where the directory is a project.
fn projects() -> Vec<Situation> {
    let settings = "username = 'bob'\norganization = 'x'\n[profiles.p]\nusername = 'eve'\n";
    let keys = &[ANNS_KEY, "bob-key https://bob.carto.com"];
    let new = |name| Situation::new(name, ANN, keys).with(|sandbox| _ = sandbox.project(settings));
    let mut all = vec![
        new("an untrusted project"),
        new("a trusted project").with(|sandbox| sandbox.trust("work")),
        new("a changed project").with(|sandbox| {
            sandbox.trust("work");
            sandbox.project("username = 'ann'\n");
        }),
        new("a denied project").with(|s| _ = s.carto("trust --deny").run().ok()),
        new("a foreign project").with(|sandbox| {
            let dir = sandbox.path("work/.carto");
            fs::set_permissions(dir, Permissions::from_mode(0o777)).unwrap();
        }),
        new("a project below another").with(|sandbox| {
            sandbox.file("work/inner/.carto/config.toml", "profile = 'p'\n");
        }),
        new("an account nobody has").with(|sandbox| _ = sandbox.project("username = 'eve'\n")),
        Situation::new("a project that selects a profile", RICH, keys)
            .with(|sandbox| _ = sandbox.project("profile = 'staging'\n")),
        Situation::new("another project selects a profile", RICH, keys).with(|sandbox| {
            sandbox.file("work/other/.carto/config.toml", "profile = 'staging'\n");
            sandbox.trust("work/other");
        }),
        new("a broken project").with(|sandbox| _ = sandbox.project("username = \n")),
        new("a project of its own").with(|sandbox| {
            sandbox.trust("work");
            _ = sandbox.carto("config set --project apikey").stdin("p-key\n").run().ok();
        }),
        Situation::new("keys of a project that is not trusted", ANN, keys).with(|sandbox| {
            fs::create_dir(sandbox.path("work/.carto")).unwrap();
            let text = "[[credential]]\nbase_url = 'https://ann.carto.com'\napikey = 'x'\n";
            sandbox.file_with_mode("work/.carto/credentials.toml", text, 0o600);
        }),
        Situation::new("keys alone were approved", ANN, keys).with(|sandbox| {
            fs::create_dir(sandbox.path("work/.carto")).unwrap();
            _ = sandbox.carto("config set --project apikey").stdin("p-key\n").run().ok();
        }),
    ];
    if let Some(inner) = all.iter_mut().find(|s| s.name == "a project below another") {
        inner.dir = "work/inner".into();
    }
    if cfg!(target_os = "linux") {
        all.push(not_utf8(settings));
    }
    all
}

/// A project, a PATH entry and a home of names that are no text.
fn not_utf8(settings: &str) -> Situation {
    let name = OsStr::from_bytes(b"w\xff\x1b\xe2\x80\xae");
    let mut situation = Situation::new("names that are not UTF-8", "", &[]);
    let root = situation.sandbox.root().to_owned();
    for (place, text) in [(".carto", settings), ("home/.config/carto", ANN)] {
        let dir = root.join(name).join(place);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("config.toml"), text).unwrap();
    }
    let bin = root.join(name).join("bin");
    fs::create_dir(&bin).unwrap();
    for plugin in ["carto-dump", "carto-odd"] {
        fs::write(bin.join(plugin), "#!/bin/sh\n").unwrap();
        fs::set_permissions(bin.join(plugin), Permissions::from_mode(0o755)).unwrap();
    }
    let path = std::env::join_paths([bin, situation.sandbox.path("bin")]).unwrap();
    name.clone_into(&mut situation.dir);
    let home = root.join(name).join("home");
    situation.env("PATH", path).env("HOME", home)
}

/// Machines with a file that cannot be used.
fn broken() -> Vec<Situation> {
    vec![
        Situation::new("broken settings", "username = 'ann'\nbroken\n", &[ANNS_KEY]),
        Situation::new("settings with a wrong value", "username = 3\nui.color = 'x'\n", &[]),
        Situation::new("settings of a wrong value below", ANN, &[ANNS_KEY])
            .with(|sandbox| _ = sandbox.system("plugins.sql.credentials = 'no'\n")),
        Situation::new("settings with an unknown key", "usrname = 'ann'\n", &[]),
        Situation::new("broken keys", ANN, &[]).with(|sandbox| {
            let place = "home/.config/carto/credentials.toml";
            sandbox.file_with_mode(place, "[[credential]]\nx = 1\n", 0o600);
        }),
        Situation::new("keys that others can read", ANN, &[ANNS_KEY]).with(|sandbox| {
            let file = sandbox.path("home/.config/carto/credentials.toml");
            fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
        }),
        Situation::new("settings that are not UTF-8", ANN, &[])
            .with(|sandbox| _ = sandbox.file("home/.config/carto/config.toml", b"a = '\xff'\n")),
    ]
}

/// One document that was printed.
struct Printed {
    schema: &'static str,
    /// Situation and call, for messages.
    what: String,
    json: Value,
}

/// Everything that is printed in every situation. A call that prints nothing has failed and said so.
static ALL: LazyLock<Vec<Printed>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for situation in situations() {
        for (_, schema, calls) in PRINTED {
            let few = if THOROUGH.contains(&situation.name) { calls.len() } else { 1 };
            for words in &calls[..few] {
                let what = format!("{}: carto {words}", situation.name);
                let mut call = situation.sandbox.carto(words);
                call = call.dir(&situation.dir);
                for (name, value) in &situation.variables {
                    call = call.env(name, value);
                }
                let ran = call.run();
                if ran.raw.is_empty() {
                    assert!(ran.code() != 0 && !ran.stderr.is_empty(), "{what}: {ran}");
                    continue;
                }
                let json = serde_json::from_slice(&ran.raw);
                let json = json.unwrap_or_else(|error| panic!("{what}: {error}\n{ran}"));
                all.push(Printed { schema, what, json });
            }
        }
    }
    all
});

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.schema.json"));
    serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap()
}

fn names() -> BTreeSet<&'static str> {
    PRINTED.iter().map(|(_, schema, _)| *schema).collect()
}

/// A part of a schema that says what one member of an object may be.
struct Member {
    types: BTreeSet<String>,
    words: Vec<Value>,
}

/// Gathers the members that a schema names, by their path; elements of arrays have their array's.
fn members(root: &Value, part: &Value, path: &str, found: &mut BTreeMap<String, Member>) {
    if let Some(name) = part["$ref"].as_str() {
        let name = name.strip_prefix('#').unwrap();
        members(root, root.pointer(name).unwrap(), path, found);
    }
    for one in part["oneOf"].as_array().into_iter().flatten() {
        members(root, one, path, found);
    }
    if part["items"].is_object() {
        members(root, &part["items"], path, found);
    }
    for (name, member) in part["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        let types = match &member["type"] {
            Value::Array(types) => types.iter().map(|t| t.as_str().unwrap().to_owned()).collect(),
            Value::String(one) => BTreeSet::from([one.clone()]),
            _ => BTreeSet::new(),
        };
        let words = member["enum"].as_array().cloned().unwrap_or_default();
        let of = found
            .entry(path.clone())
            .or_insert(Member { types: BTreeSet::new(), words: Vec::new() });
        of.types.extend(types);
        of.words.extend(words);
        members(root, member, &path, found);
    }
}

fn members_of(name: &str) -> BTreeMap<String, Member> {
    let schema = schema(name);
    let mut found = BTreeMap::new();
    members(&schema, &schema, "", &mut found);
    found
}

/// A value of a setting may be anything: what is below it is nobody's business.
fn is_free(member: &Member) -> bool {
    member.types.contains("number")
}

/// Gathers what stands at each path of a document.
fn gather<'a>(json: &'a Value, path: &str, known: &BTreeMap<String, Member>, seen: &mut Seen<'a>) {
    match json {
        Value::Array(items) => items.iter().for_each(|item| gather(item, path, known, seen)),
        Value::Object(object) => {
            for (name, value) in object {
                let path = format!("{path}/{name}");
                seen.entry(path.clone()).or_default().push(value);
                if known.get(&path).is_some_and(|member| !is_free(member)) {
                    gather(value, &path, known, seen);
                }
            }
        }
        _ => {}
    }
}

type Seen<'a> = BTreeMap<String, Vec<&'a Value>>;

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[test]
fn what_is_printed_is_what_the_schema_says() {
    for name in names() {
        let judge = jsonschema::draft202012::new(&schema(name)).unwrap();
        for printed in ALL.iter().filter(|printed| printed.schema == name) {
            let wrong: Vec<_> = judge
                .iter_errors(&printed.json)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert_eq!(wrong, [""; 0], "{}\n{:#}", printed.what, printed.json);
        }
    }
}

/// No schema names what is never printed: each member is seen, with every type and word it may have.
#[test]
fn everything_a_schema_names_is_printed_somewhere() {
    let mut missing = Vec::new();
    for name in names() {
        let known = members_of(name);
        let mut seen = Seen::new();
        for printed in ALL.iter().filter(|printed| printed.schema == name) {
            gather(&printed.json, "", &known, &mut seen);
        }
        for (path, member) in &known {
            let values = seen.get(path).cloned().unwrap_or_default();
            if values.is_empty() {
                missing.push(format!("{name} {path}"));
                continue;
            }
            let types: BTreeSet<_> = values.iter().map(|value| type_of(value)).collect();
            // No test can take the name of the running program from the system.
            let never = |one: &str| path == "/CARTO_BIN" && one == "null";
            // What is printed is a number of either kind.
            let kind = |one: &str| if one == "integer" { "number" } else { one }.to_owned();
            let unseen = |one: &&String| !types.contains(&*kind(one)) && !never(one);
            for one in member.types.iter().filter(unseen) {
                missing.push(format!("{name} {path}: {one}"));
            }
            // Scopes are the same words everywhere.
            let words = member.words.iter().filter(|_| !path.ends_with("scope"));
            for word in words.filter(|word| !values.contains(word)) {
                missing.push(format!("{name} {path}: {word}"));
            }
        }
    }
    assert_eq!(missing, [""; 0]);
}

/// Every way in which a member of a document can be wrong.
fn mutations(json: &Value, known: &BTreeMap<String, Member>) -> Vec<(String, Value)> {
    fn walk(
        whole: &Value,
        at: &str,
        path: &str,
        known: &BTreeMap<String, Member>,
        all: &mut Vec<(String, Value)>,
    ) {
        match whole.pointer(at).unwrap() {
            Value::Array(items) => {
                for index in 0..items.len() {
                    let at = format!("{at}/{index}");
                    let mut other = whole.clone();
                    *other.pointer_mut(&at).unwrap() = json!(0.5);
                    all.push((format!("{at} is a number"), other));
                    walk(whole, &at, path, known, all);
                }
            }
            Value::Object(object) => {
                for (name, value) in object {
                    let mut edit = |what: &str, edit: &dyn Fn(&mut serde_json::Map<_, _>)| {
                        let mut other = whole.clone();
                        edit(other.pointer_mut(at).unwrap().as_object_mut().unwrap());
                        all.push((format!("{at}/{name} {what}"), other));
                    };
                    let path = format!("{path}/{name}");
                    let member = &known[&path];
                    // A variable of one preset alone may be missing.
                    if !is_optional(name) {
                        edit("is missing", &|object| _ = object.remove(name));
                    }
                    edit("is called otherwise", &|object| {
                        let value = object.remove(name).unwrap();
                        object.insert(format!("{name}x"), value);
                    });
                    edit("has a neighbour", &|object| _ = object.insert("xx".into(), json!(1)));
                    if is_free(member) {
                        continue;
                    }
                    let mut wrong = vec![json!(0.5), json!([0.5]), json!({ "x": 0.5 })];
                    wrong.push(if value.is_boolean() { json!("true") } else { json!(true) });
                    let nullable =
                        member.types.contains("null") || member.words.contains(&Value::Null);
                    if !nullable {
                        wrong.push(Value::Null);
                    }
                    for wrong in wrong {
                        edit(&format!("is {wrong}"), &|object| {
                            object.insert(name.clone(), wrong.clone());
                        });
                    }
                    walk(whole, &format!("{at}/{name}"), &path, known, all);
                }
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk(json, "", "", known, &mut all);
    all
}

/// The schemas have teeth: whatever would break a reader is refused.
#[test]
fn no_schema_takes_a_document_that_was_changed() {
    for name in names() {
        let judge = jsonschema::draft202012::new(&schema(name)).unwrap();
        let known = members_of(name);
        let mut changed = 0;
        for printed in ALL.iter().filter(|printed| printed.schema == name) {
            for (how, other) in mutations(&printed.json, &known) {
                assert!(!judge.is_valid(&other), "{}: {how}\n{other:#}", printed.what);
                changed += 1;
            }
        }
        assert!(changed > 20, "{name}: too little was changed");
    }
}

/// Whoever adds `--json` to a command adds a schema, and its calls to the table above.
#[test]
fn every_command_that_prints_json_has_a_schema() {
    fn walk(command: &clap::Command, words: &str, all: &mut Vec<String>) {
        if command.get_arguments().any(|arg| arg.get_id() == "json") {
            all.push(words.to_owned());
        }
        for sub in command.get_subcommands() {
            walk(sub, format!("{words} {}", sub.get_name()).trim(), all);
        }
    }
    let mut all = vec!["env".to_owned()];
    walk(&carto::cli::command(), "", &mut all);
    all.sort_unstable();
    let mut known: Vec<_> = PRINTED.iter().map(|(words, ..)| (*words).to_owned()).collect();
    known.sort_unstable();
    known.dedup();
    assert_eq!(all, known);

    let dir = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema")).unwrap();
    let mut files: Vec<_> =
        dir.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort_unstable();
    let mut expected: Vec<_> =
        names().iter().chain(OF_FILES).map(|name| format!("{name}.schema.json")).collect();
    expected.sort_unstable();
    assert_eq!(files, expected);
}

/// What holds for every schema: its draft, its title, no open object, no member without a word.
/// Whether `carto env` prints a variable with some presets alone.
fn is_optional(name: &str) -> bool {
    const CERTIFICATES: [&str; 3] = ["CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
    matches!(name, "APIKEY" | "USERNAME" | "USERURL") || CERTIFICATES.contains(&name)
}

#[test]
fn every_schema_is_whole() {
    fn walk(name: &str, part: &Value) {
        match part {
            Value::Array(items) => items.iter().for_each(|item| walk(name, item)),
            Value::Object(object) => {
                if let Some(members) = object.get("properties").and_then(Value::as_object) {
                    assert_eq!(object["additionalProperties"], json!(false), "{name}: {part:#}");
                    let required: Vec<_> = object["required"].as_array().unwrap().iter().collect();
                    for (member, of) in members {
                        let optional = name == "env" && is_optional(member);
                        assert_eq!(
                            required.contains(&&json!(member)),
                            !optional,
                            "{name} {member}"
                        );
                        let doc = of["description"].as_str().unwrap_or_default();
                        assert!(doc.ends_with('.'), "{name} {member}: {doc:?}");
                    }
                    assert!(required.len() <= members.len(), "{name}");
                }
                object.values().for_each(|value| walk(name, value));
            }
            _ => {}
        }
    }
    for (words, name, _) in PRINTED {
        let schema = schema(name);
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert!(schema.get("$id").is_none(), "{name}: it has no home");
        let title = schema["title"].as_str().unwrap();
        assert!(title.starts_with(&format!("carto {words} --")), "{name}: {title}");
        assert!(schema["description"].as_str().is_some_and(|doc| doc.ends_with('.')), "{name}");
        walk(name, &schema);
    }
}
