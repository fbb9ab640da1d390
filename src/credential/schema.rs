//! The JSON schema of `credentials.toml`, made from the one table of an entry's fields.

use serde_json::{Map, Value, json};

use crate::config::schema;
use crate::config::setting::ValueType;

/// The name of the array of tables in `credentials.toml`.
pub const TABLE: &str = "credential";

/// One field of an entry.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What its value may be.
    pub value: ValueType,
    /// One sentence for people.
    pub doc: &'static str,
}

/// Every field that an entry may have, in the order in which they are written.
pub static FIELDS: [Field; 5] = [
    Field {
        name: "base_url",
        value: ValueType::BaseUrl,
        doc: "The base URL of the account; without it the key belongs to nobody yet.",
    },
    Field {
        name: "username",
        value: ValueType::Username,
        doc: "The account's user name; left out where the base URL gives it.",
    },
    Field {
        name: "apikey",
        value: ValueType::Secret,
        doc: "The account's key, or where to fetch it.",
    },
    Field {
        name: "allow_non_secure",
        value: ValueType::Bool,
        doc: "Permits `http://` for this account.",
    },
    Field {
        name: "profile",
        value: ValueType::ProfileName,
        doc: "The profile that this second key of the same account is for.",
    },
];

/// Where a key may be fetched instead: name, value and meaning.
fn sources() -> [(&'static str, Value, &'static str); 4] {
    let text = json!({ "type": "string", "minLength": 1 });
    let words = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 });
    [
        ("command", words, "The program that prints the key, and its arguments; no shell."),
        ("file", text.clone(), "The file that holds the key alone."),
        ("env", text, "The variable that holds the key."),
        ("git-credential", json!({ "const": true }), "Git's credential helpers keep the key."),
    ]
}

/// Makes the schema. Editors use it to complete and check the file.
///
/// # Why
/// A schema cannot say that the user name must be the one in its base URL, and knows no spelling
/// that is like another; `carto` judges these.
pub fn credentials() -> Value {
    let fields: Map<String, Value> =
        FIELDS.iter().map(|field| (field.name.to_owned(), of(field))).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "carto credentials.toml",
        "description": "Accounts with their keys; readable by you alone, never committed.",
        "type": "object",
        "properties": {
            TABLE: {
                "description": "One account with its key, each as [[credential]].",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": fields,
                    "required": ["apikey"],
                    "additionalProperties": false,
                    "dependencies": { "username": ["base_url"] },
                    "if": {
                        "properties": { "base_url": { "pattern": NEEDS_PERMISSION } },
                        "required": ["base_url"],
                    },
                    "then": {
                        "properties": { "allow_non_secure": { "const": true } },
                        "required": ["allow_non_secure"],
                    },
                },
            },
        },
        "additionalProperties": false,
    })
}

/// A URL by which a key would cross a network in clear: `http`, but for this machine.
const NEEDS_PERMISSION: &str = r"^[Hh][Tt][Tt][Pp]://(?!([Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]|127(\.[0-9]{1,3}){3}|\[::1\])([:/]|$))";

fn of(field: &Field) -> Value {
    let mut value = match field.value {
        ValueType::Secret => key(),
        // A pattern names no account.
        ValueType::BaseUrl => {
            json!({ "type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^{}]+$" })
        }
        other => schema::of(other),
    };
    if let Some(object) = value.as_object_mut() {
        object.insert("description".into(), json!(field.doc));
    }
    value
}

/// Describes a key: printable ASCII with at most one line end behind it, or one place to fetch it.
fn key() -> Value {
    let mut forms = vec![json!({ "type": "string", "pattern": "^[!-~]+(\\r?\\n)?$" })];
    for (name, mut value, doc) in sources() {
        if let Some(object) = value.as_object_mut() {
            object.insert("description".into(), json!(doc));
        }
        forms.push(json!({
            "type": "object",
            "properties": { name: value },
            "required": [name],
            "additionalProperties": false,
        }));
    }
    json!({ "oneOf": forms })
}
