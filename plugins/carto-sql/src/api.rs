//! `Api`: which of CARTO's SQL APIs an account has, and how it is addressed.
//!
//! # Why
//! v2 is the API of `carto.com` accounts and of installations: PostgreSQL itself, asked with a user name
//! and a key. v3 is that of the current platform: a data warehouse behind a connection, asked with a
//! token. Its requests are those that CARTO's `@carto/api-client` sends. It keeps the answer of a GET
//! for up to a year, so a query is posted unless the user wants a kept answer.

use base64::Engine as _;
use clap::ValueEnum;
use serde_json::{Map, Value};

use crate::account::{Account, ApiKey};
use crate::failure::{Class, Failure};

/// A version of the SQL API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Version {
    /// Accounts of carto.com, and installations
    V2,
    /// The current platform: a data warehouse, through a connection
    V3,
}

impl Version {
    /// Returns the version that an account has: the current platform is known by its host,
    /// `REGION.api.carto.com`.
    pub fn of(base_url: &str) -> Self {
        let host = base_url
            .split_once("://")
            .map_or(base_url, |(_, rest)| rest);
        let host = host.split(['/', ':']).next().unwrap_or_default();
        if host.ends_with(".api.carto.com") {
            Version::V3
        } else {
            Version::V2
        }
    }
}

/// An API, with what stands for the account there.
#[derive(Clone, Debug)]
pub enum Api {
    /// v2.
    V2 {
        /// Where queries go.
        url: String,
        /// The header that says who asks.
        authorization: Option<String>,
    },
    /// v3.
    V3(V3),
}

/// The API of the current platform.
#[derive(Clone, Debug)]
pub struct V3 {
    /// Where queries and jobs of the connection go.
    url: String,
    authorization: Option<String>,
    /// The values of the parameters, by their names.
    pub parameters: Map<String, Value>,
    /// Whether an answer may be one that the server has kept.
    pub may_be_kept: bool,
}

impl Api {
    /// Makes the API v2 of an account.
    ///
    /// # Errors
    /// The account has a key and no user name to send it with.
    pub fn v2(account: &Account) -> Result<Self, Failure> {
        let authorization = match (&account.api_key, &account.username) {
            (None, _) => None,
            (Some(key), Some(name)) => {
                let pair = format!("{name}:{}", key.expose());
                let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
                Some(format!("Basic {encoded}"))
            }
            (Some(_), None) => {
                let what = format!("the account {} has no user name", account.base_url);
                return Err(
                    Failure::new(Class::Refused, what).help("carto config set username NAME")
                );
            }
        };
        let url = format!("{}/api/v2/sql", account.base_url);
        Ok(Api::V2 { url, authorization })
    }

    /// Makes the API v3 of an account.
    ///
    /// # Errors
    /// No connection is named, it is no name, or there is no token.
    pub fn v3(account: &Account, connection: Option<&str>) -> Result<V3, Failure> {
        let Some(connection) = connection else {
            return Err(Failure::usage(
                "a query of the current platform goes through a connection",
            )
            .help("carto config set plugins.sql.connection NAME")
            .help("or for this time: --connection NAME"));
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if connection.is_empty() || connection.starts_with('.') || !connection.chars().all(is_plain)
        {
            return Err(Failure::usage("this is no name of a connection")
                .help("its name stands in the Workspace, below Connections"));
        }
        let token = account.api_key.as_ref().filter(|key| !key.is_public());
        let authorization = token
            .map(ApiKey::expose)
            .map(|token| format!("Bearer {token}"));
        if authorization.is_none() && account.api_key.is_some() {
            let what = format!("there is no token for {}", account.base_url);
            return Err(Failure::new(Class::Refused, what).help(
                "make one in the Workspace, below Developers, and: carto config set apikey",
            ));
        }
        Ok(V3 {
            url: format!("{}/v3/sql/{connection}", account.base_url),
            authorization,
            parameters: Map::new(),
            may_be_kept: false,
        })
    }

    /// Returns where the API is.
    pub fn url(&self) -> &str {
        match self {
            Api::V2 { url, .. } | Api::V3(V3 { url, .. }) => url,
        }
    }

    /// Returns where a query goes.
    pub fn query_url(&self) -> String {
        match self {
            Api::V2 { url, .. } => url.clone(),
            Api::V3(v3) => format!("{}/query", v3.url),
        }
    }

    /// Returns where jobs are.
    pub fn job_url(&self) -> String {
        format!("{}/job", self.url())
    }

    /// Returns where PostgreSQL's COPY is.
    ///
    /// # Errors
    /// There is none on v3.
    pub fn copy_url(&self, word: &str) -> Result<String, Failure> {
        match self {
            Api::V2 { url, .. } => Ok(format!("{url}/{word}")),
            Api::V3(_) => Err(Failure::usage(format!(
                "`{word}` is PostgreSQL's COPY: accounts of the current platform have none"
            ))),
        }
    }

    /// Returns where files are made.
    ///
    /// # Errors
    /// None are on v3.
    pub fn made_url(&self) -> Result<String, Failure> {
        match self {
            Api::V2 { url, .. } => Ok(url.clone()),
            Api::V3(_) => {
                let what = "the current platform makes no such files";
                Err(Failure::usage(what)
                    .help("--format geojson, and GDAL: ogr2ogr FILE.gpkg FILE.geojson"))
            }
        }
    }

    /// Returns the header that says who asks.
    pub fn authorization(&self) -> Option<&str> {
        match self {
            Api::V2 { authorization, .. } | Api::V3(V3 { authorization, .. }) => {
                authorization.as_deref()
            }
        }
    }
}

impl V3 {
    /// The minor version of the API whose requests these are.
    const MINOR: &str = "3.4";

    /// Returns the members of a request, as a document.
    pub fn members(&self, sql: &str) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("v".to_owned(), Self::MINOR.into());
        members.insert("client".to_owned(), "carto-sql".into());
        members.insert("q".to_owned(), sql.into());
        if !self.parameters.is_empty() {
            let parameters = Value::Object(self.parameters.clone());
            members.insert("queryParameters".to_owned(), parameters);
        }
        members
    }

    /// Returns the members of a request, for its URL.
    pub fn pairs(&self, sql: &str) -> Vec<(String, String)> {
        let members = self.members(sql).into_iter();
        let pairs = members.map(|(name, value)| match value {
            Value::String(text) => (name, text),
            other => (name, other.to_string()),
        });
        pairs.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn the_current_platform_is_known_by_its_host() {
        for (url, expected) in [
            ("https://gcp-us-east1.api.carto.com", Version::V3),
            ("https://gcp-us-east1.api.carto.com:443/x", Version::V3),
            ("https://ann.carto.com", Version::V2),
            ("https://api.carto.com.evil.example", Version::V2),
            ("https://evilapi.carto.com", Version::V2),
            ("https://maps.example.com/user/x.api.carto.com", Version::V2),
        ] {
            assert_eq!(Version::of(url), expected, "{url}");
        }
    }
}
