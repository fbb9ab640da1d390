//! `Format`: the forms, and what none can express.

/// The forms that can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// POSIX shells, for `eval`.
    Sh,
    /// fish, for `source`.
    Fish,
    /// PowerShell, for `Invoke-Expression`.
    Powershell,
    /// `.env` files.
    Dotenv,
    /// Lines that are taken as they are: `docker run --env-file`, GitLab's dotenv reports.
    Docker,
    /// One JSON object; `null` unsets.
    Json,
    /// The file that GitHub Actions names in `GITHUB_ENV`.
    Github,
}

/// One variable: its value, or that it is to be unset.
pub type Variable = (String, Option<String>);

/// A value that a form cannot express.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value of `{name}` cannot be written in this form: {reason}")]
pub struct Inexpressible {
    /// The variable.
    pub name: String,
    /// Why.
    pub reason: &'static str,
}
