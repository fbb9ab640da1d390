//! `Fields`: the known fields of one object, with rules that hold for every format.

use std::collections::{HashMap, HashSet};

use super::read_error::ReadError;
use crate::foreign::imported::NamedField;
use crate::foreign::json::{JsonNode, Object};
use crate::secret::Secret;

/// What a format takes off a text before it is used.
pub(super) type Clean = fn(&str) -> &str;

/// The fields of one object. `null`, a missing name and blank text all mean "not given"; values
/// of one meaning must agree, under whatever names and however often they are given, and a name
/// that has one is nowhere blank.
pub(super) struct Fields<'a> {
    object: &'a Object,
    /// What stands before a name in errors and reports: empty, or a path with a final dot.
    path: String,
}

/// An object with its name.
pub(super) type Named<'a> = (&'a str, &'a Object);

/// A field that is no object, where objects are looked for.
pub(super) struct Rest<'a> {
    pub(super) name: &'a str,
    pub(super) node: &'a JsonNode,
}

impl<'a> Fields<'a> {
    /// Takes the object at the root of a text.
    pub(super) fn root(object: &'a Object) -> Self {
        Fields { object, path: String::new() }
    }

    /// Takes an object inside another, with the names that lead to it.
    pub(super) fn inside(object: &'a Object, path: &[&str]) -> Self {
        Fields { object, path: path.join(".") + "." }
    }

    /// Returns the text of a meaning, whichever of its names has it, after `clean`.
    pub(super) fn text(&self, names: &[&str], clean: Clean) -> Result<Option<String>, ReadError> {
        Ok(self.cleaned(names, clean)?.map(|(_, text)| text.to_owned()))
    }

    /// Returns the key, whichever of its names has it, after `clean`.
    pub(super) fn key(&self, names: &[&str], clean: Clean) -> Result<Option<Secret>, ReadError> {
        let Some((name, text)) = self.cleaned(names, clean)? else {
            return Ok(None);
        };
        match Secret::new(text) {
            Ok(key) => Ok(Some(key)),
            Err(reason) => Err(ReadError::Key { name: self.shown(name), reason }),
        }
    }

    /// Returns a yes or no.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ReadError> {
        let flag = self.given(&[name], "true or false", |node| match node {
            JsonNode::Bool(value) => Some(*value),
            JsonNode::Null | JsonNode::Text(_) | JsonNode::Object(_) | JsonNode::Other => None,
        })?;
        Ok(flag.map(|(_, value)| value))
    }

    /// Returns an object inside this one.
    pub(super) fn object(&self, name: &str) -> Result<Option<&'a Object>, ReadError> {
        let object = self.given(&[name], "an object", |node| match node {
            JsonNode::Object(object) => Some(object),
            JsonNode::Null | JsonNode::Bool(_) | JsonNode::Text(_) | JsonNode::Other => None,
        })?;
        Ok(object.map(|(_, value)| value))
    }

    /// Returns every object inside this one by its name; all fields must be objects.
    pub(super) fn objects(&self) -> Result<Vec<Named<'a>>, ReadError> {
        let (objects, rest) = self.maps()?;
        match rest.iter().find(|rest| !is_blank(rest.node)) {
            None => Ok(objects),
            Some(rest) => {
                let (name, expected) = (self.shown(rest.name), "an object");
                Err(ReadError::WrongType { name, expected })
            }
        }
    }

    /// Returns every object inside this one by its name, and the fields that are none.
    pub(super) fn maps(&self) -> Result<(Vec<Named<'a>>, Vec<Rest<'a>>), ReadError> {
        let mut known = HashMap::new();
        let (mut objects, mut rest) = (Vec::new(), Vec::new());
        for (name, node) in &self.object.0 {
            let JsonNode::Object(object) = node else {
                rest.push(Rest { name, node });
                continue;
            };
            match known.insert(name.as_str(), object) {
                None => objects.push((name.as_str(), object)),
                Some(other) if *other == *object => {}
                Some(_) => {
                    return Err(ReadError::Conflict { names: vec![self.shown(name)] });
                }
            }
        }
        // An object that is taken back, or not: readers differ in which of the two they take.
        match rest.iter().find(|rest| known.contains_key(rest.name)) {
            None => Ok((objects, rest)),
            Some(both) => Err(ReadError::Conflict { names: vec![self.shown(both.name)] }),
        }
    }

    /// Returns a field as errors name it: the first of these names that has a value.
    pub(super) fn named(&self, names: &[&str]) -> NamedField {
        let given = |name: &&&str| self.object.values(name).any(|node| !is_blank(node));
        let name = names.iter().find(given).or(names.first()).copied().unwrap_or_default();
        NamedField { name: self.shown(name), place: None }
    }

    /// Returns the names that are not known, once each in the order of the text, with the path to them.
    pub(super) fn unknown(&self, known: &[&str]) -> Vec<String> {
        let mut seen = HashSet::new();
        let names = self.object.0.iter().map(|(name, _)| name.as_str());
        let unknown = names.filter(|name| !known.contains(name) && seen.insert(*name));
        unknown.map(|name| format!("{}{name}", self.path)).collect()
    }

    /// Returns a name as errors show it.
    pub(super) fn shown(&self, name: &str) -> String {
        format!("{}{name}", self.path).escape_debug().to_string()
    }

    fn cleaned(
        &self,
        names: &[&str],
        clean: Clean,
    ) -> Result<Option<(&'a str, &'a str)>, ReadError> {
        self.given(names, "a string", |node| match node {
            JsonNode::Text(text) => Some(clean(text)),
            JsonNode::Null | JsonNode::Bool(_) | JsonNode::Object(_) | JsonNode::Other => None,
        })
    }

    /// Returns the one value of a meaning and the first name that has it.
    fn given<T: PartialEq>(
        &self,
        names: &[&str],
        expected: &'static str,
        take: impl Fn(&'a JsonNode) -> Option<T>,
    ) -> Result<Option<(&'a str, T)>, ReadError> {
        let mut first: Option<(&str, T)> = None;
        let mut holders: Vec<&str> = Vec::new();
        let mut blank: Vec<&str> = Vec::new();
        let mut agree = true;
        for (name, node) in &self.object.0 {
            if !names.contains(&name.as_str()) {
                continue;
            }
            if is_blank(node) {
                blank.push(name);
                continue;
            }
            let Some(value) = take(node) else {
                return Err(ReadError::WrongType { name: self.shown(name), expected });
            };
            if !holders.contains(&name.as_str()) {
                holders.push(name);
            }
            match &first {
                None => first = Some((name, value)),
                Some((_, known)) => agree &= *known == value,
            }
        }
        // Under another name of the meaning it is not given; under the same it is taken back, or not.
        agree &= !holders.iter().any(|name| blank.contains(name));
        if agree {
            return Ok(first);
        }
        Err(ReadError::Conflict { names: holders.into_iter().map(|n| self.shown(n)).collect() })
    }
}

fn is_blank(node: &JsonNode) -> bool {
    match node {
        JsonNode::Null => true,
        JsonNode::Text(text) => text.trim().is_empty(),
        JsonNode::Bool(_) | JsonNode::Object(_) | JsonNode::Other => false,
    }
}
