//! GitHub Actions: values between delimiters in the file `GITHUB_ENV`, secrets masked before.
//!
//! Source: GitHub's documentation of workflow commands, "Setting an environment variable" and
//! "Masking a value in a log".

/// Sets a variable by the delimited form, whose delimiter stands in no line of the value.
pub(super) fn set(name: &str, value: &str, random: &mut dyn FnMut() -> String) -> String {
    let mut delimiter = random();
    while value.lines().any(|line| line == delimiter) {
        delimiter = random();
    }
    format!("{name}<<{delimiter}\n{value}\n{delimiter}")
}

/// Returns the lines that hide a secret in the log; they have to be printed before it can appear.
pub fn masks(secrets: &[&str]) -> String {
    let escaped =
        |secret: &str| secret.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let lines = secrets.iter().map(|secret| format!("::add-mask::{}\n", escaped(secret)));
    lines.collect::<Vec<_>>().concat()
}
