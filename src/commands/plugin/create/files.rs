//! The files of a new plugin, by language. They lie in `plugins/templates` as they are written, but for the
//! plugin's name.

use clap::ValueEnum;

use crate::manifest::schema;
use crate::plugin_name::PluginName;

/// The language of a new plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// POSIX shell
    Sh,
    /// Python, the standard library alone
    Python,
    /// Rust, with clap
    Rust,
}

/// One file of a new plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewFile {
    /// Its path in the plugin's directory.
    pub(super) path: String,
    /// Its text.
    pub(super) text: String,
    /// Whether it is a program.
    pub(super) is_program: bool,
}

/// Of a plugin in shell: paths and texts.
const SH: &[(&str, &str)] = &[
    ("carto-@NAME@", include_str!("../../../../plugins/templates/sh/plugin.sh")),
    ("carto-@NAME@.toml", include_str!("../../../../plugins/templates/sh/manifest.toml")),
    ("test.sh", include_str!("../../../../plugins/templates/sh/test.sh")),
    ("README.md", include_str!("../../../../plugins/templates/sh/README.md")),
];
/// Of a plugin in Python: paths and texts.
const PYTHON: &[(&str, &str)] = &[
    ("@MODULE@.py", include_str!("../../../../plugins/templates/python/plugin.py")),
    ("carto-@NAME@", include_str!("../../../../plugins/templates/python/launcher.py")),
    ("carto-@NAME@.toml", include_str!("../../../../plugins/templates/python/manifest.toml")),
    ("test_@MODULE@.py", include_str!("../../../../plugins/templates/python/test_plugin.py")),
    ("pyproject.toml", include_str!("../../../../plugins/templates/python/pyproject.toml")),
    ("README.md", include_str!("../../../../plugins/templates/python/README.md")),
];
/// Of a plugin in Rust: paths and texts.
const RUST: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../../../../plugins/templates/rust/Cargo.toml.template")),
    ("src/main.rs", include_str!("../../../../plugins/templates/rust/main.rs")),
    ("src/account.rs", include_str!("../../../../plugins/templates/rust/account.rs")),
    ("tests/plugin.rs", include_str!("../../../../plugins/templates/rust/tests.rs")),
    ("carto-@NAME@.toml", include_str!("../../../../plugins/templates/rust/manifest.toml")),
    ("README.md", include_str!("../../../../plugins/templates/rust/README.md")),
    (".gitignore", "/target\n"),
];

impl Language {
    /// Returns the files of a plugin.
    pub(super) fn files(self, name: &PluginName) -> Vec<NewFile> {
        let module = module(name);
        let schema = format!("{:#}\n", schema::manifest());
        let table = match self {
            Language::Sh => SH,
            Language::Python => PYTHON,
            Language::Rust => RUST,
        };
        let file = |(path, text): &(&str, &str)| NewFile {
            path: filled(path, name, &module),
            text: filled(text, name, &module),
            is_program: *path == "carto-@NAME@",
        };
        table.iter().chain([&("plugin.schema.json", schema.as_str())]).map(file).collect()
    }

    /// Returns the command that tests a plugin, in its directory.
    pub(super) fn test(self) -> &'static str {
        match self {
            Language::Sh => "sh test.sh",
            Language::Python => "pytest",
            Language::Rust => "cargo test",
        }
    }

    /// Returns the command that runs a plugin, in its directory.
    pub(super) fn run(self, name: &PluginName) -> String {
        match self {
            Language::Sh | Language::Python => format!("PATH=\"$PWD:$PATH\" carto {name}"),
            Language::Rust => {
                format!("cargo build && PATH=\"$PWD/target/debug:$PATH\" carto {name}")
            }
        }
    }
}

/// Returns the name of a plugin as a module of Python has it.
fn module(name: &PluginName) -> String {
    name.executable().replace('-', "_")
}

fn filled(text: &str, name: &PluginName, module: &str) -> String {
    text.replace("@NAME@", name.as_str()).replace("@MODULE@", module)
}
