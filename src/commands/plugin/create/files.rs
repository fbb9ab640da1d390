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

impl Language {
    /// Returns the files of a plugin.
    pub(super) fn files(self, name: &PluginName) -> Vec<NewFile> {
        let module = module(name);
        let file = |path: &str, text: &str| NewFile {
            path: filled(path, name, &module),
            text: filled(text, name, &module),
            is_program: path == "carto-@NAME@",
        };
        let mut files = match self {
            Language::Sh => vec![
                file("carto-@NAME@", include_str!("../../../../plugins/templates/sh/plugin.sh")),
                file(
                    "carto-@NAME@.toml",
                    include_str!("../../../../plugins/templates/sh/manifest.toml"),
                ),
                file("test.sh", include_str!("../../../../plugins/templates/sh/test.sh")),
                file("README.md", include_str!("../../../../plugins/templates/sh/README.md")),
            ],
            Language::Python => vec![
                file("@MODULE@.py", include_str!("../../../../plugins/templates/python/plugin.py")),
                file(
                    "carto-@NAME@",
                    include_str!("../../../../plugins/templates/python/launcher.py"),
                ),
                file(
                    "carto-@NAME@.toml",
                    include_str!("../../../../plugins/templates/python/manifest.toml"),
                ),
                file(
                    "test_@MODULE@.py",
                    include_str!("../../../../plugins/templates/python/test_plugin.py"),
                ),
                file(
                    "pyproject.toml",
                    include_str!("../../../../plugins/templates/python/pyproject.toml"),
                ),
                file("README.md", include_str!("../../../../plugins/templates/python/README.md")),
            ],
            Language::Rust => vec![
                file(
                    "Cargo.toml",
                    include_str!("../../../../plugins/templates/rust/Cargo.toml.template"),
                ),
                file("src/main.rs", include_str!("../../../../plugins/templates/rust/main.rs")),
                file(
                    "src/account.rs",
                    include_str!("../../../../plugins/templates/rust/account.rs"),
                ),
                file(
                    "tests/plugin.rs",
                    include_str!("../../../../plugins/templates/rust/tests.rs"),
                ),
                file(
                    "carto-@NAME@.toml",
                    include_str!("../../../../plugins/templates/rust/manifest.toml"),
                ),
                file("README.md", include_str!("../../../../plugins/templates/rust/README.md")),
                file(".gitignore", "/target\n"),
            ],
        };
        files.push(file("plugin.schema.json", &format!("{:#}\n", schema::manifest())));
        files
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
