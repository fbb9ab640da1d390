//! The JSON schema of `config.toml`, made from the table of keys.

use serde_json::{Map, Value, json};

use super::Scope;
use super::setting::{Setting, ValueType};
use super::settings::SETTINGS;

/// Makes the schema. Editors use it to complete and check the file.
pub fn config() -> Value {
    let mut root = object("Settings of carto, layered: system, user, project.");
    for key in SETTINGS.iter().filter(|key| key.value != ValueType::Secret) {
        // A file can hold it only when a scope of files may set it.
        if key.scopes.iter().any(|scope| matches!(scope, Scope::System | Scope::User)) {
            let path: Vec<&str> = key.name.split('.').collect();
            put(&mut root, &path, key);
        }
    }
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".into(), json!("carto config.toml"));
    schema.append(&mut root);
    Value::Object(schema)
}

/// Returns the schema as the text of a file.
pub fn config_text() -> String {
    format!("{:#}\n", config())
}

fn object(doc: &str) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("description".into(), json!(doc));
    object.insert("type".into(), json!("object"));
    object.insert("properties".into(), json!({}));
    object.insert("additionalProperties".into(), json!(false));
    object
}

/// Puts a key below the tables it stands in; `NAME` is any name, `*` anything at all.
fn put(table: &mut Map<String, Value>, path: &[&str], key: &Setting) {
    let Some((first, rest)) = path.split_first() else { return };
    match *first {
        "*" => _ = table.insert("additionalProperties".into(), json!(true)),
        "NAME" if rest.is_empty() => {
            _ = table.insert("additionalProperties".into(), described(key));
        }
        "NAME" => {
            let slot = table.entry("additionalProperties").or_insert(Value::Null);
            if !slot.is_object() {
                *slot = Value::Object(object("What belongs to one name."));
            }
            if let Some(inner) = slot.as_object_mut() {
                put(inner, rest, key);
            }
        }
        word => {
            let Some(properties) = table.get_mut("properties").and_then(Value::as_object_mut)
            else {
                return;
            };
            if rest.is_empty() {
                properties.insert(word.to_owned(), described(key));
                for alias in key.aliases {
                    let mut other = described(key);
                    if let Some(object) = other.as_object_mut() {
                        object.insert(
                            "description".into(),
                            json!(format!("Another name of `{word}`.")),
                        );
                    }
                    properties.insert((*alias).to_owned(), other);
                }
                return;
            }
            let inner =
                properties.entry(word).or_insert_with(|| Value::Object(object(table_doc(word))));
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, key);
            }
        }
    }
}

fn table_doc(name: &str) -> &'static str {
    match name {
        "profiles" => "Named accounts.",
        "alias" => "Words of your own for commands.",
        "plugins" => "Settings of plugins, by the plugin's name.",
        "ui" => "How carto shows things.",
        _ => "A table.",
    }
}

/// Describes the value of one key.
fn described(key: &Setting) -> Value {
    let mut value = of(key.value);
    if let Some(object) = value.as_object_mut() {
        object.insert("description".into(), json!(key.doc));
    }
    value
}

/// Any character but control characters. Of the marks that `carto` refuses, too, not every reader of
/// schemas could take the range.
const VISIBLE: &str = r"[^\x00-\x1f\x7f-\x9f]";

/// Describes the values of a type.
pub fn of(value: ValueType) -> Value {
    match value {
        ValueType::Bool => json!({ "type": "boolean" }),
        ValueType::Choice(words) => json!({ "enum": words }),
        ValueType::Alias => json!({
            "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
            ],
        }),
        ValueType::Any => json!({}),
        ValueType::Username => json!({
            "type": "string",
            "pattern": "^[A-Za-z0-9_](?:[A-Za-z0-9_-]|\\.(?!\\.))*$",
            "maxLength": 253,
        }),
        ValueType::BaseUrl => json!({ "type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://" }),
        ValueType::Text | ValueType::Secret => {
            json!({ "type": "string", "pattern": format!("^{VISIBLE}+$") })
        }
        // Absolute as this system or as Windows has it, or from the home directory.
        ValueType::File => {
            json!({ "type": "string", "pattern": format!("^(?:/|~/|[A-Za-z]:[/\\\\]|\\\\\\\\){VISIBLE}*$") })
        }
        ValueType::ProfileName => {
            json!({ "type": "string", "pattern": format!("^(?!-){VISIBLE}+$") })
        }
    }
}
