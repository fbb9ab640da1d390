//! What PyYAML makes of a plain scalar: YAML 1.1, in which more than numbers are no texts.
//!
//! # Why
//! `carto_cli` reads its file by PyYAML. A key that PyYAML takes for a number is sent as another
//! text (`0123` as `83`), so only what PyYAML takes for text may be imported. Where its releases
//! differ (`+.5`), a number is assumed: the user is asked for quotes, and no key is changed.

/// What a plain scalar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    Null,
    Bool(bool),
    Number,
    Date,
    /// `<<`, which takes over another map where it stands in the place of a name.
    Merge,
    /// `=`, which PyYAML refuses as a value.
    Default,
    Text,
}

/// Resolves the text of a plain scalar.
pub(super) fn resolve(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Plain::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Plain::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Plain::Bool(false)
        }
        "<<" => Plain::Merge,
        "=" => Plain::Default,
        _ if is_number(text) => Plain::Number,
        _ if is_date(text) => Plain::Date,
        _ => Plain::Text,
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(digits, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
        || is_integer(digits)
        || is_float(digits)
        || is_sexagesimal(digits)
}

fn is_integer(digits: &str) -> bool {
    let all = |text: &str, fits: fn(char) -> bool| {
        !text.is_empty() && text.chars().all(|c| c == '_' || fits(c))
    };
    match digits.strip_prefix('0') {
        Some("") => true,
        Some(rest) => {
            all(rest, |c| c.is_digit(8))
                || rest.strip_prefix('b').is_some_and(|rest| all(rest, |c| c.is_digit(2)))
                || rest.strip_prefix('x').is_some_and(|rest| all(rest, |c| c.is_ascii_hexdigit()))
        }
        None => is_grouped(digits),
    }
}

/// A digit, then digits and underscores.
fn is_grouped(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c == '_' || c.is_ascii_digit())
}

/// A dot is needed, and an exponent has a sign: `1e5` is text, `1.e+5` is none.
fn is_float(digits: &str) -> bool {
    let Some((whole, rest)) = digits.split_once('.') else { return false };
    let (part, exponent) = match rest.split_once(['e', 'E']) {
        None => (rest, None),
        Some((part, exponent)) => (part, Some(exponent)),
    };
    let signed = |text: &str| {
        let digits = text.strip_prefix(['+', '-']);
        digits.is_some_and(|d| !d.is_empty() && d.chars().all(|c| c.is_ascii_digit()))
    };
    let loose = |text: &str| text.chars().all(|c| c == '_' || c.is_ascii_digit());
    exponent.is_none_or(signed)
        && loose(part)
        && (is_grouped(whole) || whole.is_empty() && !part.is_empty())
}

/// `1:30` and `1:30.5`, to the base of 60.
fn is_sexagesimal(digits: &str) -> bool {
    let (digits, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut parts = digits.split(':');
    let first = parts.next().is_some_and(is_grouped);
    let mut later = parts.peekable();
    first
        && later.peek().is_some()
        && later.all(|part| match part.as_bytes() {
            [one] => one.is_ascii_digit(),
            [ten, one] => matches!(ten, b'0'..=b'5') && one.is_ascii_digit(),
            _ => false,
        })
        && fraction.chars().all(|c| c == '_' || c.is_ascii_digit())
}

/// `2001-02-03`, or a date with a time of the day.
fn is_date(text: &str) -> bool {
    let mut rest = PlainRest(text);
    if !(rest.digits(4, 4) && rest.one("-") && rest.digits(1, 2) && rest.one("-")) {
        return false;
    }
    if !rest.digits(1, 2) {
        return false;
    }
    if rest.0.is_empty() {
        return text.len() == "2001-02-03".len();
    }
    if !rest.one("Tt") && !rest.blanks() {
        return false;
    }
    let time = rest.digits(1, 2)
        && rest.one(":")
        && rest.digits(2, 2)
        && rest.one(":")
        && rest.digits(2, 2);
    if time && rest.one(".") {
        rest.0 = rest.0.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    _ = rest.blanks();
    let zone = rest.0.is_empty()
        || rest.one("Z")
        || rest.one("+-") && rest.digits(1, 2) && (!rest.one(":") || rest.digits(2, 2));
    time && zone && rest.0.is_empty()
}

/// What is left of a text that is read from its beginning.
struct PlainRest<'a>(&'a str);

impl PlainRest<'_> {
    /// Takes one of these characters.
    fn one(&mut self, of: &str) -> bool {
        let taken = self.0.strip_prefix(|c| of.contains(c));
        self.0 = taken.unwrap_or(self.0);
        taken.is_some()
    }

    /// Takes digits, as many as there are up to a number.
    fn digits(&mut self, least: usize, most: usize) -> bool {
        let count = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        self.0 = self.0.get(count..).unwrap_or_default();
        count >= least
    }

    /// Takes spaces and tabs, at least one.
    fn blanks(&mut self) -> bool {
        let rest = self.0.trim_start_matches([' ', '\t']);
        let taken = rest.len() < self.0.len();
        self.0 = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::{Plain, resolve};

    /// What is expected, and texts with `|` between them.
    const TEXTS: [(Plain, &str); 8] = [
        (Plain::Null, "|~|null|Null|NULL"),
        (Plain::Bool(true), "yes|Yes|YES|true|True|on|ON"),
        (Plain::Bool(false), "no|No|NO|false|FALSE|off|Off"),
        (Plain::Merge, "<<"),
        (Plain::Default, "="),
        (
            Plain::Number,
            "0|7|-7|+7|0123|1_000|0b101|0x1F|0xdead_beef|1:30|190:20:30|190:20:30.15|1.|1.5|-1.5|\
             +.5|.5|1.5e+10|6.8523015e+5|685_230.15|.inf|-.INF|.NaN|00|0_7",
        ),
        (
            Plain::Date,
            "2001-12-14|2001-12-14t21:59:43.10-05:00|2001-12-14 21:59:43.10 -5|\
             2001-12-15 2:59:43.10|2001-1-1T1:02:03Z|2002-1-1 1:02:03.",
        ),
        (
            Plain::Text,
            "y|n|yEs|nULL|1e5|1.5e10|12e03|0o17|08|0128|0xg|0x|0b|0b2|1:60|1:3x|:30|.|..|-|+|_1|1a|\
             e5|2001-1-1|2001-12|2001-12-14T|2001-12-14Tx|20011-12-14|<<<|==|1.2.3|1.5e|1.5e+|\
             deadbeef|-.nan5|é",
        ),
    ];

    #[test]
    fn texts_are_told_from_what_pyyaml_reads_otherwise() {
        for (expected, texts) in TEXTS {
            for text in texts.split('|') {
                assert_eq!(resolve(text), expected, "{text:?}");
            }
        }
    }
}
