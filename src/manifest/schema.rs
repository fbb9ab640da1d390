//! The JSON schema of a manifest, for editors.

use serde_json::{Value, json};

use super::entry::{NeedOfKey, Protocol, VERSION};
use super::read::WIDEST;
use crate::resolve::preset::Preset;

/// Makes the schema of a manifest as it lies beside a program.
pub fn manifest() -> Value {
    let one_line = |doc: &str| {
        json!({
            "description": doc, "type": "string", "maxLength": WIDEST,
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\u0000-\\u0020\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$",
        })
    };
    let presets: Vec<_> = Preset::ALL.iter().map(|preset| preset.name()).collect();
    let needs: Vec<_> = NeedOfKey::ALL.iter().map(|need| need.name()).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "carto-NAME.toml",
        "description": "What a plugin says of itself. It is read, never run.",
        "type": "object",
        "required": ["manifest"],
        "additionalProperties": false,
        "properties": {
            "manifest": { "description": "The version of this form.", "const": VERSION },
            "description": one_line("What the plugin does, in one line."),
            "version": one_line("The plugin's own version."),
            "contract": {
                "description": "The version of the environment contract that the plugin needs; 1 when left out.",
                "type": "integer", "minimum": 1, "maximum": u32::MAX,
            },
            "credentials": {
                "description": "Whether the plugin needs a key of one's own (required), takes what there is (optional, the default), or gets no account at all (none).",
                "enum": needs,
            },
            "as": {
                "description": "A preset: the names of another program that are set, too; the user's plugins.NAME.as comes first.",
                "enum": presets,
            },
            "completion": completion(),
        },
    })
}

fn completion() -> Value {
    let protocols: Vec<_> = Protocol::ALL.iter().map(|protocol| protocol.name()).collect();
    json!({
        "description": "How the plugin's arguments are completed: its program is asked by a protocol, or words and files are offered without running it.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "protocol": {
                "description": "The library that reads the program's arguments.",
                "enum": protocols,
            },
            "words": {
                "description": "What is offered.",
                "type": "array",
                "items": { "type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$" },
            },
            "files": { "description": "Whether files are offered.", "type": "boolean" },
        },
        "not": {
            "required": ["protocol"],
            "anyOf": [{ "required": ["words"] }, { "required": ["files"] }],
        },
    })
}
