//! Parameters: `:name` in a query, put in as a literal. A value is never pasted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::failure::Failure;
use crate::lexer::{Part, parts};

/// The parameters by name, each with its value.
#[derive(Clone, Debug, Default)]
pub struct Params(BTreeMap<String, Value>);

impl Params {
    /// Reads what was given: `name=text`, and `name=VALUE` with a value of JSON.
    pub fn read(texts: &[String], values: &[String]) -> Result<Self, Failure> {
        let mut params = Params::default();
        for given in texts {
            let (name, text) = split(given, "--param")?;
            params.add(name, text.into())?;
        }
        for given in values {
            let (name, text) = split(given, "--param-json")?;
            let value: Value = serde_json::from_str(text).map_err(|_| {
                Failure::usage(format!("the value of `{name}` is no JSON"))
                    .help("a text is given by --param")
            })?;
            params.add(name, value)?;
        }
        Ok(params)
    }

    fn add(&mut self, name: &str, value: Value) -> Result<(), Failure> {
        match self.0.insert(name.to_owned(), value) {
            None => Ok(()),
            Some(_) => Err(Failure::usage(format!(
                "the parameter `{name}` is given twice"
            ))),
        }
    }

    /// Returns the values by their names, for a server that puts them in itself.
    pub fn values(self) -> serde_json::Map<String, Value> {
        self.0.into_iter().collect()
    }

    /// Puts the literals into a text.
    ///
    /// # Errors
    /// A name that is used and not given, or given and not used.
    pub fn fill(&self, sql: &str) -> Result<String, Failure> {
        let mut text = String::with_capacity(sql.len());
        let mut used = BTreeSet::new();
        for (part, range) in parts(sql) {
            let written = &sql[range];
            let name = written.strip_prefix(':').unwrap_or_default();
            match (part, self.0.get(name)) {
                (Part::Parameter | Part::ParameterInBrackets, Some(value)) => {
                    used.insert(name.to_owned());
                    // A space on both sides: next to a letter or a quote it would mean another thing.
                    text.push(' ');
                    text += &literal(value)?;
                    text.push(' ');
                }
                (Part::Parameter, None) => {
                    return Err(
                        Failure::usage(format!("the parameter `{name}` is not given"))
                            .help(format!("--param {name}=TEXT, or --param-json {name}=VALUE")),
                    );
                }
                _ => text += written,
            }
        }
        match self.0.keys().find(|name| !used.contains(*name)) {
            None => Ok(text),
            Some(name) => Err(
                Failure::usage(format!("the parameter `{name}` is not used"))
                    .help(format!("`:{name}` in the query stands for it")),
            ),
        }
    }
}

fn split<'a>(given: &'a str, flag: &str) -> Result<(&'a str, &'a str), Failure> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    given
        .split_once('=')
        .filter(|(name, _)| is_name(name))
        .ok_or_else(|| {
            Failure::usage(format!("`{flag}` wants NAME=VALUE"))
                .help(format!("{flag} since=2024-01-01"))
        })
}

/// Writes a text as a literal, by the rules that hold with `standard_conforming_strings` on and off.
pub fn text_literal(text: &str) -> Result<String, Failure> {
    if text.contains('\0') {
        return Err(Failure::usage("a text of PostgreSQL has no NUL character"));
    }
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') {
        return Ok(format!("E'{}'", doubled.replace('\\', "\\\\")));
    }
    Ok(format!("'{doubled}'"))
}

/// Writes a value of JSON as a literal.
fn literal(value: &Value) -> Result<String, Failure> {
    Ok(match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(true) => "TRUE".to_owned(),
        Value::Bool(false) => "FALSE".to_owned(),
        // Behind a minus a negative number would begin a comment.
        Value::Number(number) => format!("({number})"),
        Value::String(text) => text_literal(text)?,
        Value::Array(items) if items.is_empty() => "'{}'".to_owned(),
        Value::Array(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(literal).collect();
            format!("ARRAY[{}]", items?.join(", "))
        }
        Value::Object(_) => text_literal(&value.to_string())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(sql: &str, texts: &[&str], values: &[&str]) -> Result<String, String> {
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let params = Params::read(&owned(texts), &owned(values)).map_err(|it| it.to_string())?;
        params.fill(sql).map_err(|failure| failure.to_string())
    }

    #[test]
    fn values_are_literals_and_nothing_else() {
        for (sql, texts, values, expected) in [
            ("SELECT :a", &["a=x"][..], &[][..], "SELECT  'x' "),
            ("SELECT :a", &["a=it's"], &[], "SELECT  'it''s' "),
            (
                "SELECT :a",
                &["a='; DROP TABLE t; --"],
                &[],
                "SELECT  '''; DROP TABLE t; --' ",
            ),
            ("SELECT :a", &["a=x\\' y"], &[], "SELECT  E'x\\\\'' y' "),
            ("SELECT :a", &["a=a=b"], &[], "SELECT  'a=b' "),
            ("SELECT 1 -:n", &[], &["n=-5"], "SELECT 1 - (-5) "),
            (
                "SELECT :n",
                &[],
                &["n=9007199254740993"],
                "SELECT  (9007199254740993) ",
            ),
            ("SELECT :n", &[], &["n=0.1000"], "SELECT  (0.1000) "),
            (
                "SELECT :a, :b, :c",
                &[],
                &["a=true", "b=null", "c=[1, \"x'\"]"],
                "SELECT  TRUE ,  NULL ,  ARRAY[(1), 'x'''] ",
            ),
            ("SELECT :a", &[], &["a={\"k\": 1}"], "SELECT  '{\"k\":1}' "),
            ("SELECT :a:b", &["a=x", "b=y"], &[], "SELECT  'x'  'y' "),
            (
                "SELECT E:a, ':a', x::int",
                &["a=\\n"],
                &[],
                "SELECT E E'\\\\n' , ':a', x::int",
            ),
            (
                "SELECT x[1:n], x[1:m]",
                &[],
                &["n=2"],
                "SELECT x[1 (2) ], x[1:m]",
            ),
        ] {
            let found = filled(sql, texts, values);
            if sql.contains('[') {
                // Within brackets a name that is given stands for its value, and the colon goes.
                assert!(found.is_ok(), "{sql}: {found:?}");
            } else {
                assert_eq!(found.as_deref(), Ok(expected), "{sql}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (sql, texts, values, says) in [
            ("SELECT :a", &[][..], &[][..], "`a` is not given"),
            ("SELECT 1", &["a=x"], &[], "`a` is not used"),
            ("SELECT :a", &["a=x", "a=y"], &[], "`a` is given twice"),
            ("SELECT :a", &["a"], &[], "`--param` wants NAME=VALUE"),
            ("SELECT :a", &["1=x"], &[], "`--param` wants NAME=VALUE"),
            ("SELECT :a", &[], &["a=x"], "is no JSON"),
            ("SELECT :a", &["a=x\0"], &[], "no NUL character"),
        ] {
            let failure = filled(sql, texts, values).unwrap_err();
            assert!(failure.contains(says), "{sql}: {failure}");
        }
    }
}
