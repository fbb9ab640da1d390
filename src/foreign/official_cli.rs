//! `.carto_credentials.json` of CARTO's official command line: profiles with a token each, or, in
//! older files, one such profile at the root.

use super::imported::{ForeignFormat, Imported, ImportedAccount};
use super::read_error::ReadError;
use crate::foreign::fields::Fields;
use crate::foreign::json::{JsonNode, Object};

const CURRENT: &str = "current_profile";
const PROFILES: &str = "profiles";
const TOKEN: &str = "token";
const TENANT: &str = "tenant_id";
const TENANT_DOMAIN: &str = "tenant_domain";
const ORGANIZATION: &str = "organization_name";

/// The fields of a profile. The domain is the web application's, the organization's number and
/// the mail address say nothing about the API: they are known and not imported.
const KNOWN: [&str; 6] =
    [TOKEN, TENANT, TENANT_DOMAIN, "organization_id", ORGANIZATION, "user_email"];

/// Whether this is the official command line's file. `profiles` and `token` alone are the words
/// of many programs, so a tenant, a token inside a profile, or `current_profile` must be there.
pub(super) fn recognises(object: &Object) -> bool {
    let has_profile = object.values(PROFILES).any(|node| match node {
        JsonNode::Object(profiles) => profiles.0.iter().any(|(_, node)| is_profile(node)),
        JsonNode::Null | JsonNode::Bool(_) | JsonNode::Text(_) | JsonNode::Other => false,
    });
    has_profile
        || object.has(PROFILES) && object.has(CURRENT)
        || object.has(TENANT)
        || object.has(TOKEN) && object.has(TENANT_DOMAIN)
}

fn is_profile(node: &JsonNode) -> bool {
    matches!(node, JsonNode::Object(profile) if profile.has(TOKEN) || profile.has(TENANT))
}

/// Reads every profile. Fields of the older form beside `profiles` count as unknown, so that they
/// are reported and not dropped in silence.
pub(super) fn read(object: &Object) -> Result<Imported, ReadError> {
    let root = Fields::root(object);
    let mut imported = Imported::of(ForeignFormat::OfficialCli);
    if !object.has(PROFILES) {
        imported.accounts.push(account(&root, None)?);
        imported.unknown = root.unknown(&KNOWN);
        return Ok(imported);
    }
    imported.current = root.text(&[CURRENT], |text| text)?;
    imported.unknown = root.unknown(&[CURRENT, PROFILES]);
    let Some(profiles) = root.object(PROFILES)? else {
        return Ok(imported);
    };
    for (name, profile) in Fields::inside(profiles, &[PROFILES]).objects()? {
        let fields = Fields::inside(profile, &[PROFILES, name]);
        imported.accounts.push(account(&fields, Some(name))?);
        imported.unknown.extend(fields.unknown(&KNOWN));
    }
    Ok(imported)
}

fn account(fields: &Fields<'_>, name: Option<&str>) -> Result<ImportedAccount, ReadError> {
    let tenant = fields.text(&[TENANT], |text| text)?;
    // Otherwise `evil.example/x` would take the host for itself and the token with it.
    if tenant.as_deref().is_some_and(|t| !t.bytes().all(is_label_byte)) {
        return Err(ReadError::Tenant { name: fields.shown(TENANT) });
    }
    Ok(ImportedAccount {
        name: name.map(str::to_owned),
        username: None,
        username_field: fields.named(&[TENANT]),
        base_url_field: fields.named(&[TENANT]),
        base_url: tenant.map(|tenant| format!("https://{tenant}.api.carto.com")),
        apikey: fields.key(&[TOKEN], |text| text)?,
        organization: fields.text(&[ORGANIZATION], |text| text)?,
        allow_non_secure: None,
    })
}

fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use crate::foreign::{ForeignFormat, ImportedAccount, ReadError, read};

    /// name, base URL, key, organization
    type Row<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>);

    fn row(account: &ImportedAccount) -> Row<'_> {
        assert!(account.username.is_none());
        assert!(account.allow_non_secure.is_none());
        (
            account.name.as_deref(),
            account.base_url.as_deref(),
            account.apikey.as_ref().map(crate::secret::Secret::expose),
            account.organization.as_deref(),
        )
    }

    fn case(text: &str, current: Option<&str>, rows: &[Row<'_>], unknown: &[&str]) {
        let imported = read(text).expect(text);
        assert_eq!(imported.format, ForeignFormat::OfficialCli, "{text}");
        assert_eq!(imported.current.as_deref(), current, "{text}");
        assert_eq!(imported.accounts.iter().map(row).collect::<Vec<_>>(), rows, "{text}");
        assert_eq!(imported.unknown, unknown, "{text}");
    }

    #[test]
    fn every_profile_becomes_an_account() {
        case(
            r#"{"current_profile": "work", "profiles": {
                "default": {"token": "t1", "tenant_id": "ac_one", "tenant_domain": "a.app.carto.com",
                            "organization_id": "ac_1", "organization_name": "One",
                            "user_email": "a@example.com"},
                "work": {"token": "t2", "tenant_id": "two", "expires": 7}}, "version": 2}"#,
            Some("work"),
            &[
                (Some("default"), Some("https://ac_one.api.carto.com"), Some("t1"), Some("One")),
                (Some("work"), Some("https://two.api.carto.com"), Some("t2"), None),
            ],
            &["version", "profiles.work.expires"],
        );
        case(
            r#"{"profiles": {"a": {"token": "t"}, "gone": null}, "current_profile": "gone"}"#,
            Some("gone"),
            &[(Some("a"), None, Some("t"), None)],
            &[],
        );
        case(r#"{"current_profile": "a", "profiles": {}}"#, Some("a"), &[], &[]);
        case(r#"{"current_profile": "a", "profiles": null}"#, Some("a"), &[], &[]);
    }

    #[test]
    fn the_older_form_is_one_account_without_a_name() {
        case(
            r#"{"token": "t", "tenant_id": "one", "organization_name": "", "x": 1}"#,
            None,
            &[(None, Some("https://one.api.carto.com"), Some("t"), None)],
            &["x"],
        );
        case(
            r#"{"token": "old", "tenant_id": "one", "profiles": {"a": {"tenant_id": "two"}}}"#,
            None,
            &[(Some("a"), Some("https://two.api.carto.com"), None, None)],
            &["token", "tenant_id"],
        );
    }

    #[test]
    fn the_selected_profile_is_known_and_a_profile_without_tenant_names_no_account() {
        let text = r#"{"current_profile": "b", "profiles":
            {"a": {"token": "t", "tenant_id": "one"}, "b": {"token": "t"}}}"#;
        let imported = read(text).expect("read");
        let facts: Vec<_> =
            imported.accounts.iter().map(|a| (imported.is_current(a), a.names_account())).collect();
        assert_eq!(facts, [(false, true), (true, false)]);
        let imported = read(r#"{"token": "t", "tenant_id": "one"}"#).expect("read");
        assert!(!imported.is_current(&imported.accounts[0]));
    }

    #[test]
    fn a_bad_profile_is_refused_by_its_path() {
        for (text, error) in [
            (r#"{"token": "t", "tenant_id": 7}"#, "`tenant_id` must be a string"),
            (
                r#"{"token": "ma rk", "tenant_id": "a"}"#,
                "`token` cannot be used: the key has a character that is a space, or not printable ASCII (position 3)",
            ),
            (r#"{"current_profile": 1, "profiles": {}}"#, "`current_profile` must be a string"),
            (r#"{"current_profile": "a", "profiles": []}"#, "`profiles` must be an object"),
            (
                r#"{"profiles": {"a": {"token": "t"}, "b": "mark"}}"#,
                "`profiles.b` must be an object",
            ),
            (
                r#"{"profiles": {"a": {"token": "t1"}, "a": {"token": "t2"}}}"#,
                "`profiles.a` is given twice, with different values",
            ),
            (
                r#"{"profiles": {"a": {"token": "t1", "token": "t2"}}}"#,
                "`profiles.a.token` is given twice, with different values",
            ),
        ] {
            assert_eq!(read(text).err().expect(text).to_string(), error, "{text}");
        }
        case(
            r#"{"profiles": {"a": {"token": "t1"}, "a": {"token": "t1"}}}"#,
            None,
            &[(Some("a"), None, Some("t1"), None)],
            &[],
        );
    }

    #[test]
    fn a_tenant_cannot_change_the_host() {
        for tenant in [
            "evil.example/x",
            "evil.example#",
            "u@evil.example",
            "a.b",
            "a b",
            "é",
            "a\\\\b",
            "{username}",
        ] {
            let text = format!(r#"{{"token": "t", "tenant_id": "{tenant}"}}"#);
            let error = ReadError::Tenant { name: "tenant_id".to_owned() };
            assert_eq!(read(&text).err(), Some(error), "{tenant}");
        }
    }
}
