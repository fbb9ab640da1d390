//! The flags that stand before the command's name.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::config::SettingPath;
use crate::config::given::Assignment;
use crate::config::places::Files;
use crate::config::{Layer, Origin, Scope, Value};
use crate::error::{Error, Kind};
use crate::invocation::Env;
use crate::output::Color;
use crate::resolve::preset::Preset;
use crate::variables::NESTED;

/// The flags that stand before the command's name.
#[derive(Args, Clone, Debug, Default)]
pub struct Globals {
    /// Run as if started in DIR; several add up
    #[arg(short = 'C', value_name = "DIR")]
    pub directory: Vec<PathBuf>,

    /// Set a setting for this run only; the last one of a setting wins
    #[arg(short = 'c', value_name = "SETTING=VALUE")]
    pub set: Vec<OsString>,

    /// Use this profile's account
    #[arg(short = 'p', long, value_name = "NAME")]
    pub profile: Option<OsString>,

    /// Use the account and key in this file (CARTOframes' format) for this run
    #[arg(long, value_name = "FILE")]
    pub credentials_file: Option<PathBuf>,

    /// Leave out the project's files
    #[arg(long)]
    pub no_project: bool,

    /// Read no files of carto at all
    #[arg(long)]
    pub isolated: bool,

    /// When to colour what people read
    #[arg(long, value_name = "WHEN", value_enum)]
    pub color: Option<When>,

    /// Say more on standard error
    #[arg(short, long)]
    pub verbose: bool,

    /// Say less on standard error: errors only
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<When> for Color {
    fn from(when: When) -> Self {
        match when {
            When::Auto => Color::Auto,
            When::Always => Color::Always,
            When::Never => Color::Never,
        }
    }
}

/// What a carto that started this program tells it, besides the account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Nested {
    /// `SETTING=VALUE` of settings that are no part of the account.
    pub set: Vec<String>,
    /// Which files may be read.
    pub files: NestedFiles,
    /// The aliases that led here, outermost first.
    pub aliases: Vec<String>,
    /// The entries whose keys are being fetched by the carto above, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fetching: Vec<String>,
    /// The preset whose names the carto above has written, too.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
}

/// [`Files`] as it is written for a nested carto.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NestedFiles {
    /// Every place.
    #[default]
    All,
    /// Every place but projects.
    NoProject,
    /// None.
    Isolated,
}

impl Nested {
    /// Returns the preset of the carto above.
    pub fn preset(&self) -> Option<Preset> {
        Preset::named(self.preset.as_deref()?)
    }

    /// Reads what the carto above has written, and leaves the names of its preset out of the
    /// environment: they say its account, and another one's key must not come from them.
    ///
    /// # Errors
    /// The variable is damaged; only another program can have done that.
    pub fn take(env: &mut Env) -> Result<Self, Error> {
        let Some(text) = env.text(NESTED)? else { return Ok(Nested::default()) };
        let nested: Nested = serde_json::from_str(text).map_err(|_| {
            Error::new(Kind::Usage, format!("`{NESTED}` is damaged"))
                .at(NESTED)
                .help(format!("unset {NESTED}: only carto itself sets it"))
        })?;
        for name in nested.preset().into_iter().flat_map(Preset::only_its_own) {
            env.forget(name);
        }
        Ok(nested)
    }
}

/// The command line's part of the settings, read and checked.
#[derive(Debug)]
pub struct CommandLine {
    /// The layer.
    pub layer: Layer,
    /// Whether CARTO's public key was asked for.
    pub public: Option<Origin>,
    /// `SETTING=VALUE` of settings that are no part of the account, for a nested carto.
    pub inherited: Vec<String>,
}

impl Globals {
    /// Puts the flags that an alias begins with below those that were typed: the typed ones win.
    #[must_use]
    pub fn over(mut self, alias: Globals) -> Self {
        let Globals {
            directory,
            mut set,
            profile,
            credentials_file,
            no_project,
            isolated,
            color,
            verbose,
            quiet,
        } = alias;
        // The directories that were typed are entered already.
        self.directory = directory;
        set.append(&mut self.set);
        self.set = set;
        self.profile = self.profile.or(profile);
        self.credentials_file = self.credentials_file.or(credentials_file);
        self.no_project |= no_project;
        self.isolated |= isolated;
        self.color = self.color.or(color);
        self.verbose |= verbose;
        self.quiet |= quiet;
        self
    }

    /// Which files may be read, the stricter of what was typed here and above.
    pub fn files(&self, nested: &Nested) -> Files {
        if self.isolated || nested.files == NestedFiles::Isolated {
            Files::None
        } else if self.no_project || nested.files == NestedFiles::NoProject {
            Files::NoProject
        } else {
            Files::All
        }
    }

    /// Reads `-c` and `--profile` into a layer.
    ///
    /// # Errors
    /// A value that cannot be used, a secret, `--profile` beside another profile, account fields
    /// beside `--credentials-file`.
    pub fn command_line(&self, nested: &Nested) -> Result<CommandLine, Error> {
        let mut line = CommandLine {
            layer: Layer::given(Scope::Command),
            public: None,
            inherited: Vec::new(),
        };
        for text in &nested.set {
            line.take(text)?;
        }
        for text in &self.set {
            let text = text.to_str().ok_or_else(|| {
                Error::new(Kind::Usage, "the value of `-c` is not UTF-8").at("-c")
            })?;
            line.take(text)?;
        }
        if let Some(profile) = &self.profile {
            line.profile(profile)?;
        }
        if self.credentials_file.is_some() {
            line.no_account_beside_file()?;
        }
        Ok(line)
    }
}

impl CommandLine {
    fn take(&mut self, text: &str) -> Result<(), Error> {
        let assignment = Assignment::parse(text)?;
        if assignment.explicit_public() {
            self.public = Some(Origin::Flag("-c apikey".to_owned()));
        }
        assignment.give_to(&mut self.layer);
        let account = [
            "username",
            "base_url",
            "apikey",
            "organization",
            "allow_non_secure",
            "ca_file",
            "profile",
        ];
        if !account.iter().any(|key| assignment.path.is(key)) {
            self.inherited.push(text.to_owned());
        }
        Ok(())
    }

    fn profile(&mut self, name: &OsString) -> Result<(), Error> {
        let usage = |what: String| Error::new(Kind::Usage, what).at("--profile");
        let name = name.to_str().ok_or_else(|| usage("the profile's name is not UTF-8".into()))?;
        crate::config::setting::check_profile_name(name).map_err(usage)?;
        if let Some(other) = self.layer.top("profile")
            && other.value.as_str() != Some(name)
        {
            return Err(usage("two profiles are named on the command line".into())
                .at(other.origin)
                .help("remove one of the two"));
        }
        let path = SettingPath(vec!["profile".to_owned()]);
        let origin = Origin::Flag(format!("--profile {name}"));
        self.layer.give(path, Value::String(name.to_owned()), origin);
        Ok(())
    }

    fn no_account_beside_file(&self) -> Result<(), Error> {
        for field in
            ["username", "base_url", "profile", "organization", "allow_non_secure", "ca_file"]
        {
            if let Some(other) = self.layer.top(field) {
                return Err(Error::new(
                    Kind::Usage,
                    format!("`{field}` cannot stand beside `--credentials-file`, which names the whole account"),
                )
                .at("--credentials-file")
                .at(other.origin)
                .help("remove one of the two"));
            }
        }
        Ok(())
    }
}
