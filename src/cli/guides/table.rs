//! The table of guides: adding one is its file and a row.

/// One guide.
#[derive(Debug)]
pub struct Guide {
    /// Its name, and that of its file.
    pub name: &'static str,
    /// Other names that print it.
    pub aliases: &'static [&'static str],
    /// What it is about, in a few words.
    pub about: &'static str,
    /// The whole text, in Markdown.
    pub text: &'static str,
}

/// Every guide, in the order in which a newcomer would read them.
pub static GUIDES: &[Guide] = &[
    Guide {
        name: "accounts",
        aliases: &["keys"],
        about: "Accounts, profiles, and where keys are kept",
        text: include_str!("accounts.md"),
    },
    Guide {
        name: "settings",
        aliases: &["projects"],
        about: "Layers, every setting, projects and trust",
        text: include_str!("settings.md"),
    },
    Guide {
        name: "security",
        aliases: &[],
        about: "What carto promises about your keys",
        text: include_str!("security.md"),
    },
    Guide {
        name: "programs",
        aliases: &["notebooks"],
        about: "GDAL, Python, notebooks, CARTOframes files, CI",
        text: include_str!("programs.md"),
    },
    Guide {
        name: "plugins",
        aliases: &[],
        about: "Finding, running and configuring plugins",
        text: include_str!("plugins.md"),
    },
    Guide {
        name: "teams",
        aliases: &[],
        about: "Installing, locking and verifying plugins, in CI too",
        text: include_str!("teams.md"),
    },
    Guide {
        name: "sql",
        aliases: &[],
        about: "Running SQL: ten things people do, and errors",
        text: include_str!("sql.md"),
    },
    Guide {
        name: "environment",
        aliases: &[],
        about: "Every variable that carto reads or sets",
        text: include_str!("environment.md"),
    },
    Guide {
        name: "reference",
        aliases: &[],
        about: "Files, exit status, speed, reliability",
        text: include_str!("reference.md"),
    },
];

/// Finds a guide by its name or another name of it.
pub fn find(name: &str) -> Option<&'static Guide> {
    GUIDES.iter().find(|guide| guide.name == name || guide.aliases.contains(&name))
}
