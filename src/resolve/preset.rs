//! The names by which other programs know the account, beside those of the contract.
//!
//! # Why
//! A preset adds to the contract and takes nothing away. Were the contract's own names left out, a
//! `carto` that such a program starts would find half an account, or none, and go on with another
//! one. Every name that both have holds what a nested carto reads alike: it removes the end that
//! other programs want behind `CARTO_API_URL`. And it goes on writing the names that a carto above it
//! was asked for: left alone, they would say another account than the contract beside them.

use crate::account::Account;
use crate::resolve::granted::Granted;
use crate::variables::is_written;

/// A program, or a family of programs, with names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// GDAL and OGR: the driver `Carto:USER`.
    Gdal,
    /// CARTO's Python library, and `carto_cli` of `PyPI`.
    CartoPython,
    /// The tests of `CARTOframes` itself.
    CartoframesTests,
    /// CARTO's current command line program.
    CartoCli,
}

/// What a variable of a preset holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PresetPart {
    /// The user name.
    Name,
    /// The key.
    Key,
    /// The organization.
    Organization,
    /// The base URL with a final slash.
    UrlWithSlash,
    /// Where SQL is sent to.
    SqlUrl,
}

impl Preset {
    /// Every preset, in the order in which they are listed.
    pub const ALL: [Preset; 4] =
        [Preset::Gdal, Preset::CartoPython, Preset::CartoframesTests, Preset::CartoCli];

    /// Returns the name that is typed.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Says which programs it is for.
    pub fn doc(self) -> &'static str {
        self.row().1
    }

    /// Finds a preset by its name.
    pub fn named(name: &str) -> Option<Self> {
        Preset::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// Returns the names of its variables.
    pub fn variables(self) -> impl Iterator<Item = &'static str> {
        self.row().2.iter().map(|(name, _)| *name)
    }

    /// Returns the names of its variables that the contract does not have.
    pub fn only_its_own(self) -> impl Iterator<Item = &'static str> {
        self.variables().filter(|name| !is_written(name))
    }

    /// Returns the variables in which it expects a file of certificates.
    pub fn ca_variables(self) -> &'static [&'static str] {
        match self {
            // curl's own, in GDAL.
            Preset::Gdal => &["CURL_CA_BUNDLE"],
            Preset::CartoPython | Preset::CartoframesTests => &["REQUESTS_CA_BUNDLE"],
            // node.js.
            Preset::CartoCli => &["NODE_EXTRA_CA_CERTS"],
        }
    }

    /// Returns those of all presets.
    pub fn all_ca_variables() -> impl Iterator<Item = &'static str> {
        Preset::ALL.into_iter().flat_map(|preset| preset.ca_variables().iter().copied())
    }

    /// Returns its variables with their values; `None` unsets.
    pub fn values(
        self,
        granted: Option<&Granted>,
    ) -> impl Iterator<Item = (&'static str, Option<String>)> {
        self.row().2.iter().map(move |(name, part)| (*name, granted.and_then(|g| part.of(g))))
    }

    /// The one table: name, whom it is for, variables.
    fn row(self) -> (&'static str, &'static str, &'static [(&'static str, PresetPart)]) {
        match self {
            Preset::Gdal => (
                "gdal",
                "GDAL and OGR, the driver `Carto:USER`",
                &[("CARTO_API_KEY", PresetPart::Key), ("CARTO_API_URL", PresetPart::SqlUrl)],
            ),
            Preset::CartoPython => (
                "carto-python",
                "CARTO's Python library, and carto_cli of PyPI",
                &[
                    ("CARTO_USER", PresetPart::Name),
                    ("CARTO_API_KEY", PresetPart::Key),
                    ("CARTO_API_URL", PresetPart::UrlWithSlash),
                    ("CARTO_ORG", PresetPart::Organization),
                ],
            ),
            Preset::CartoframesTests => (
                "cartoframes-tests",
                "the tests of CARTOframes itself",
                &[
                    ("APIKEY", PresetPart::Key),
                    ("USERNAME", PresetPart::Name),
                    ("USERURL", PresetPart::UrlWithSlash),
                ],
            ),
            Preset::CartoCli => (
                "carto-cli",
                "CARTO's current command line program, of npm",
                &[("CARTO_API_TOKEN", PresetPart::Key)],
            ),
        }
    }
}

impl PresetPart {
    fn of(self, granted: &Granted) -> Option<String> {
        let base_url = granted.account.base_url();
        match self {
            PresetPart::Name => Account::username(&granted.account).map(ToString::to_string),
            PresetPart::Key => granted.key.as_ref().map(|key| key.expose().to_owned()),
            PresetPart::Organization => granted.organization.clone(),
            PresetPart::UrlWithSlash => Some(format!("{base_url}/")),
            PresetPart::SqlUrl => Some(format!("{base_url}/api/v2/sql")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_url::{BaseUrl, BaseUrlSetting, strip_api_suffix};
    use crate::config::SETTINGS;
    use crate::config::setting::ValueType;
    use crate::credential::source::SecretSource;
    use crate::dispatch::environment::Contract;
    use crate::secret::Secret;

    fn granted(url: &str) -> Granted {
        Granted {
            account: Account::new(BaseUrl::parse(url).unwrap(), None).unwrap(),
            key: Some(Secret::new("k").unwrap()),
            organization: Some("acme".to_owned()),
            ca_file: None,
            non_secure: false,
        }
    }

    /// The table of keys cannot see this one; a new preset must be in both.
    #[test]
    fn the_setting_knows_every_preset() {
        let key = SETTINGS.iter().find(|key| key.name == "plugins.NAME.as").unwrap();
        let names = Preset::ALL.map(Preset::name);
        assert!(matches!(key.value, ValueType::Choice(words) if words == names), "{names:?}");
        for preset in Preset::ALL {
            assert_eq!(Preset::named(preset.name()), Some(preset));
        }
        assert_eq!(Preset::named("GDAL"), None);
    }

    /// Plain `env` unsets what any preset has set, but for names that are anybody's.
    #[test]
    fn a_variable_of_cartos_own_is_removed_by_every_contract() {
        for preset in Preset::ALL {
            for name in preset.variables().filter(|name| name.starts_with("CARTO_")) {
                assert!(is_written(name), "{name}");
            }
        }
    }

    /// What one account's preset has left in a shell is not read as another account's key.
    #[test]
    fn no_key_comes_from_a_variable_that_a_preset_writes() {
        for name in Preset::ALL.into_iter().flat_map(Preset::variables) {
            assert!(SecretSource::env(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_nested_carto_reads_the_account_it_was_handed() {
        for url in [
            "https://ann.carto.com",
            "https://maps.example.com/user/ann",
            "https://maps.example.com/user/api",
            "https://maps.example.com/user/v2",
            "https://maps.example.com/user/sql",
            "https://maps.example.com/x/v2",
            "https://api",
            "http://localhost:8080/user/ann",
        ] {
            let granted = granted(url);
            for preset in Preset::ALL {
                let variables = Contract::account_variables(Some(&granted), Some(preset));
                let read = |wanted: &str| {
                    let (_, value) = variables.iter().find(|(name, _)| *name == wanted)?;
                    BaseUrlSetting::parse(strip_api_suffix(value.as_deref()?)).ok()
                };
                let base = read("CARTO_BASE_URL");
                assert!(base.is_some(), "{url}");
                if preset.variables().any(|name| name == "CARTO_API_URL") {
                    assert_eq!(read("CARTO_API_URL"), base, "{url} {preset:?}");
                }
                let mut names: Vec<_> = variables.iter().map(|(name, _)| name).collect();
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), variables.len(), "each name once: {preset:?}");
            }
        }
    }

    /// What both name, both fill alike: the one that is left out says nothing else.
    #[test]
    fn no_preset_contradicts_the_contract() {
        for granted in [None, Some(&granted("https://ann.carto.com"))] {
            let contract = Contract::account_variables(granted, None);
            for preset in Preset::ALL {
                for (name, value) in preset.values(granted) {
                    if let Some((_, own)) = contract.iter().find(|(own, _)| *own == name) {
                        assert_eq!(own, &value, "{name}");
                    }
                }
            }
        }
    }
}
