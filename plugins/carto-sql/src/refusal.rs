//! What the server means with an answer that is none, and why no answer came.

use std::io::Read as _;
use std::time::Duration;

use serde_json::Value;
use ureq::Body;
use ureq::http::{Response, StatusCode};

use crate::failure::{Class, Failure, plain};

/// The longest answer of an error that is read.
const LONGEST_ERROR: u64 = 64 * 1024;

/// Whom was asked, for what is said of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The base URL of the account.
    pub account: String,
    /// Where the query was sent to.
    pub url: String,
    /// How long an answer may take to come.
    pub timeout: Duration,
}

impl Asked {
    /// Says what an answer means that is not 200.
    pub fn refused(&self, response: Response<Body>, sql: &str) -> Failure {
        let status = response.status();
        if status.is_redirection() {
            return self.redirected(&response);
        }
        let wait = retry_after(&response);
        let mut text = String::new();
        // What is no text says nothing.
        _ = response
            .into_body()
            .into_reader()
            .take(LONGEST_ERROR)
            .read_to_string(&mut text);
        let answer: Option<Value> = serde_json::from_str(&text).ok();
        let said = answer.as_ref().and_then(message);
        match status {
            StatusCode::BAD_REQUEST if said.is_some() => server_error(answer.as_ref(), sql),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let what = format!(
                    "{} refuses the key (status {})",
                    self.account,
                    status.as_u16()
                );
                let failure = says(Failure::new(Class::Refused, what), said);
                let failure = if status == StatusCode::FORBIDDEN {
                    failure.note("it is the key of another account, or may not do this")
                } else {
                    failure.help("with a new key: carto config set apikey")
                };
                failure.help("carto config explain      # says which key is used, and why")
            }
            StatusCode::NOT_FOUND => {
                let what = format!("there is no SQL API of CARTO at {}", self.url);
                says(Failure::new(Class::Refused, what), said)
                    .help("carto config explain      # says which account is used, and why")
            }
            StatusCode::TOO_MANY_REQUESTS => limited(answer.as_ref(), said, wait),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Failure::new(Class::Network, "the proxy wants a name and a password")
                    .help("HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT carto sql --check")
            }
            _ => {
                let what = format!("the server answers with status {}", status.as_u16());
                says(Failure::new(Class::Network, what), said)
            }
        }
    }

    /// The key goes nowhere but to the account's own server.
    fn redirected(&self, response: &Response<Body>) -> Failure {
        let to = response.headers().get("Location");
        let to = plain(
            to.and_then(|to| to.to_str().ok())
                .unwrap_or("another place"),
        );
        let what = "the server sends the query to another place";
        Failure::new(Class::Network, what)
            .note(format!("{} -> {to}", self.url))
            .help("where the account has moved: carto login NEW_URL")
    }

    /// Says why no answer came.
    pub fn unreachable(&self, error: &ureq::Error) -> Failure {
        let told = error.to_string();
        let is_host = matches!(error, ureq::Error::HostNotFound)
            || told.contains("failed to lookup")
            || matches!(error, ureq::Error::Io(cause) if is_unknown_host(cause));
        // It comes as an error of the connection, with the verifier's own words.
        let certificate = told
            .split_once("invalid peer certificate: ")
            .map(|(_, why)| plain(why));
        let why = match (error, &certificate) {
            _ if is_host => "there is no such host".to_owned(),
            (_, Some(why)) => format!("its certificate is not accepted ({why})"),
            (ureq::Error::Timeout(_), _) => {
                format!("no answer within {} s", self.timeout.as_secs())
            }
            (ureq::Error::ConnectProxyFailed(why), _) => {
                format!("the proxy refuses the connection ({})", plain(why.trim()))
            }
            _ => plain(told.strip_prefix("io: ").unwrap_or(&told)),
        };
        let what = format!("cannot reach {}: {why}", self.account);
        let failure = Failure::new(Class::Network, what);
        if certificate.is_some() {
            return self.unknown_authority(failure);
        }
        if is_host {
            return failure.help("carto config explain      # says where the base URL comes from");
        }
        if let ureq::Error::ConnectProxyFailed(_) = error {
            return failure.help("the proxy is that of HTTPS_PROXY; NO_PROXY=HOST goes without it");
        }
        failure
    }

    fn unknown_authority(&self, failure: Failure) -> Failure {
        let failure = match crate::authorities::issuer(&self.url, self.timeout) {
            Some(issuer) => failure.note(format!("it was issued by {}", plain(&issuer))),
            None => failure,
        };
        failure.help("with an authority of your own: carto config set ca_file /PATH/FILE.pem")
    }
}

fn says(failure: Failure, said: Option<String>) -> Failure {
    match said {
        Some(said) => failure.note(format!("it says: {said}")),
        None => failure,
    }
}

/// Too much was asked for: too often, or for too long.
fn limited(answer: Option<&Value>, said: Option<String>, wait: Option<Duration>) -> Failure {
    if is_timeout(answer) {
        let what = "the query takes longer than the server allows";
        return says(Failure::new(Class::Network, what), said)
            .help("in the background it may take longer: carto sql job 'SQL' --wait");
    }
    let what = "the server answers no more requests for now (status 429)";
    let failure = says(Failure::new(Class::Network, what), said);
    match wait {
        Some(wait) => failure.help(format!("it will again in {} s", wait.as_secs())),
        None => failure,
    }
}

/// Whether the server has ended a query that took too long.
fn is_timeout(answer: Option<&Value>) -> bool {
    let text = |name: &str| answer.and_then(|answer| answer.get(name)?.as_str());
    text("context") == Some("limit") && text("detail") == Some("datasource")
}

/// Whether nobody listens there, so that nothing can have happened.
pub fn is_refused(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused)
        || matches!(error, ureq::Error::ConnectionFailed)
}

/// Returns how long the server wants to be left alone.
pub fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let value = response.headers().get("Retry-After")?;
    let seconds = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Returns the server's own words of an answer, if it has any.
pub fn message(answer: &Value) -> Option<String> {
    let words = match answer.get("error").or_else(|| answer.get("message"))? {
        Value::Array(items) => {
            let texts = items.iter().filter_map(Value::as_str);
            texts.collect::<Vec<_>>().join("; ")
        }
        Value::String(text) => text.clone(),
        _ => return None,
    };
    (!words.is_empty()).then(|| plain(&words))
}

/// Makes the failure of an answer in which the server says what is wrong with the SQL.
pub fn server_error(answer: Option<&Value>, sql: &str) -> Failure {
    if is_timeout(answer) {
        return limited(answer, answer.and_then(message), None);
    }
    let text = |name: &str| answer.and_then(|answer| answer.get(name)?.as_str());
    let first = answer.and_then(|answer| answer.get("error")?.get(0)?.as_str());
    let raw = first.or_else(|| text("error")).unwrap_or_default();
    let said = answer
        .and_then(message)
        .unwrap_or_else(|| "the query failed".to_owned());
    let mut failure = Failure::new(Class::Sql, said).excerpt(crate::failure::excerpt(raw, sql));
    for name in ["detail", "hint", "context"] {
        if let Some(more) = text(name).filter(|more| !more.is_empty()) {
            failure = failure.excerpt(vec![format!("{name}: {}", plain(more))]);
        }
    }
    failure
}

/// Makes the failure of an answer that no SQL API gives.
pub fn foreign() -> Failure {
    Failure::new(
        Class::Network,
        "the server's answer is none of CARTO's SQL API",
    )
}

/// Writes a number with its noun: `1 row`, `2 rows`.
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// Whether the name is unknown, as Windows says it.
/// Source: <https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2>
fn is_unknown_host(error: &std::io::Error) -> bool {
    const HOST_NOT_FOUND: i32 = 11001;
    const NO_DATA: i32 = 11004;
    cfg!(windows) && matches!(error.raw_os_error(), Some(HOST_NOT_FOUND | NO_DATA))
}
