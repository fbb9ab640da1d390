//! PowerShell: in single quotes only a quote is special, and is doubled. Four typographic marks
//! count as single quotes, too.
//!
//! Source: the language specification, section 2.3.5.2.

const QUOTES: [char; 5] = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];

/// Sets a variable of the environment.
pub(super) fn set(name: &str, value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    for c in value.chars() {
        quoted.push(c);
        if QUOTES.contains(&c) {
            quoted.push(c);
        }
    }
    format!("$Env:{name} = '{quoted}'")
}

/// Removes a variable of the environment, if it is there.
pub(super) fn unset(name: &str) -> String {
    format!("Remove-Item -ErrorAction Ignore Env:{name}")
}
