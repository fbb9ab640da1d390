//! Talks to the SQL API of one account.
//!
//! # Why
//! The key goes into the `Authorization` header of a request to the account's own base URL, and nowhere
//! else: no URL has it, and a redirect is an error, not a second request. A request is repeated only
//! where the server cannot have acted on it: the connection was refused, or a reading request was
//! answered with 429 or 503.

use std::io::Read;
use std::thread::sleep;
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;
use ureq::http::{Response, StatusCode};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::typestate::WithoutBody;
use ureq::{Agent, Body, RequestBuilder};

use crate::account::Account;
use crate::failure::{Class, Failure, plain};
use crate::patient::Patient;

/// The longest query that is sent in a URL, where a reading request can be repeated.
const SHORT: usize = 1500;
/// The longest answer of an error that is read.
const LONGEST_ERROR: u64 = 64 * 1024;
/// The longest wait that the server may ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// How patient the client is.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long the connection, and then the first byte of an answer, may take.
    pub timeout: Duration,
    /// How long the server may be silent within an answer.
    pub silence: Duration,
    /// How often a request is repeated that may be.
    pub retries: u32,
}

/// A client of one account.
pub struct Client {
    agent: Agent,
    url: String,
    authorization: Option<String>,
    patience: Patience,
    account: String,
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It reads.
    Read,
    /// It may change something.
    Change,
}

impl Client {
    /// Makes a client.
    ///
    /// # Errors
    /// The account has a key and no user name to send it with.
    pub fn new(account: &Account, patience: Patience) -> Result<Self, Failure> {
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
        let tls = TlsConfig::builder().root_certs(authorities()?).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(patience.timeout))
            .timeout_recv_response(Some(patience.timeout))
            .user_agent(concat!("carto-sql/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Client {
            agent: config.into(),
            url: format!("{}/api/v2/sql", account.base_url),
            authorization,
            patience,
            account: account.base_url.clone(),
        })
    }

    /// Sends a query and returns the answer's body once the server has said that it is well; `shown` is
    /// the statement that the user knows.
    pub fn query(&self, sql: &str, shown: &str, effect: Effect) -> Result<Patient, Failure> {
        let mut tried = 0;
        loop {
            let failure = match self.send(sql, effect) {
                Ok(response) if response.status() == StatusCode::OK => {
                    let body = response.into_body().into_reader();
                    return Ok(Patient::new(body, self.patience.silence));
                }
                Ok(response) => {
                    let wait = retry_after(&response);
                    let status = response.status();
                    let may_repeat = effect == Effect::Read
                        && matches!(
                            status,
                            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
                        );
                    let failure = self.refused(response, shown);
                    match wait.filter(|_| may_repeat) {
                        Some(wait) if wait <= LONGEST_WAIT => (failure, wait),
                        _ => return Err(failure),
                    }
                }
                Err(error) if is_refused(&error) => (
                    self.unreachable(&error),
                    Duration::from_secs(1 << tried.min(4)),
                ),
                Err(error) => return Err(self.unreachable(&error)),
            };
            let (failure, wait) = failure;
            if tried == self.patience.retries {
                return Err(failure);
            }
            tried += 1;
            let seconds = wait.as_secs();
            eprintln!(
                "note: {failure}; trying again in {seconds} s ({tried} of {})",
                self.patience.retries
            );
            sleep(wait);
        }
    }

    fn send(&self, sql: &str, effect: Effect) -> Result<Response<Body>, ureq::Error> {
        if effect == Effect::Read && sql.len() <= SHORT {
            return self
                .authorized(self.agent.get(&self.url).query("q", sql))
                .call();
        }
        self.authorized(self.agent.post(&self.url))
            .send_form([("q", sql)])
    }

    /// Asks for a copy of rows as text.
    pub fn copy_to(&self, sql: &str) -> Result<Patient, Failure> {
        let url = format!("{}/copyto", self.url);
        self.whole(self.agent.get(url).query("q", sql), sql)
    }

    /// Asks for the rows of a query in a form that the server makes.
    pub fn made(&self, sql: &str, format: &str) -> Result<Patient, Failure> {
        let request = self.agent.get(&self.url).query("q", sql);
        self.whole(
            request.query("format", format).query("filename", "carto"),
            sql,
        )
    }

    /// Sends a request once, whose answer is bytes.
    fn whole(&self, request: RequestBuilder<WithoutBody>, sql: &str) -> Result<Patient, Failure> {
        let sent = self.authorized(request).call();
        let response = sent.map_err(|error| self.unreachable(&error))?;
        if response.status() != StatusCode::OK {
            return Err(self.refused(response, sql));
        }
        let body = response.into_body().into_reader();
        Ok(Patient::new(body, self.patience.silence))
    }

    /// Asks about a batch job, and returns what the server says of it.
    pub fn job(
        &self,
        method: &str,
        id: Option<&str>,
        body: Option<&Value>,
        shown: &str,
    ) -> Result<Value, Failure> {
        let mut url = format!("{}/job", self.url);
        if let Some(id) = id {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
            if id.is_empty() || !id.chars().all(is_plain) {
                return Err(Failure::usage("this is no number of a job")
                    .help("`carto sql job run` prints it when it starts one"));
            }
            url = format!("{url}/{id}");
        }
        let sent = match (method, body) {
            ("POST", Some(body)) => self
                .authorized(self.agent.post(url))
                .content_type("application/json")
                .send(body.to_string()),
            ("DELETE", _) => self.authorized(self.agent.delete(url)).call(),
            _ => self.authorized(self.agent.get(url)).call(),
        };
        let response = sent.map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            return Err(self.refused(response, shown));
        }
        let body = Patient::new(response.into_body().into_reader(), self.patience.silence);
        serde_json::from_reader(body.take(LONGEST_ERROR)).map_err(|error| {
            Failure::new(Class::Network, "the answer about the job cannot be read")
                .note(plain(&error.to_string()))
        })
    }

    fn authorized<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.authorization {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        }
    }

    /// Says what an answer means that is not 200.
    fn refused(&self, response: Response<Body>, sql: &str) -> Failure {
        let status = response.status();
        if status.is_redirection() {
            return self.redirected(&response);
        }
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
                let what = format!("{} refuses the key", self.account);
                let failure = Failure::new(Class::Refused, what);
                let failure = match said {
                    Some(said) => failure.note(format!("it says: {said}")),
                    None => failure,
                };
                let failure = if status == StatusCode::FORBIDDEN {
                    failure.note("it is the key of another account, or may not do this")
                } else {
                    failure.help("with a new key: carto config set apikey")
                };
                failure.help("carto config explain      # says which key is used, and why")
            }
            StatusCode::NOT_FOUND => {
                let what = format!("there is no SQL API of CARTO at {}", self.url);
                Failure::new(Class::Refused, what)
                    .help("carto config explain      # says which account is used, and why")
            }
            _ => {
                let what = format!("the server answers with status {}", status.as_u16());
                let failure = Failure::new(Class::Network, what);
                match said {
                    Some(said) => failure.note(format!("it says: {said}")),
                    None => failure,
                }
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

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let told = error.to_string();
        let is_host =
            matches!(error, ureq::Error::HostNotFound) || told.contains("failed to lookup");
        // It comes as an error of the connection, with the verifier's own words.
        let certificate = told
            .split_once("invalid peer certificate: ")
            .map(|(_, why)| plain(why));
        let why = match (error, &certificate) {
            _ if is_host => "there is no such host".to_owned(),
            (_, Some(why)) => format!("its certificate is not accepted ({why})"),
            (ureq::Error::Timeout(_), _) => {
                format!("no answer within {} s", self.patience.timeout.as_secs())
            }
            _ => plain(told.strip_prefix("io: ").unwrap_or(&told)),
        };
        let what = format!("cannot reach {}: {why}", self.account);
        let failure = Failure::new(Class::Network, what);
        if certificate.is_some() {
            let help = "with an authority of your own: CARTO_CA_FILE=FILE.pem carto sql --check";
            return failure.help(help);
        }
        if is_host {
            return failure.help("carto config explain      # says where the base URL comes from");
        }
        failure
    }
}

/// Returns the authorities whose certificates count: those of the file that is named, else those that
/// browsers know.
fn authorities() -> Result<RootCerts, Failure> {
    let named = ["CARTO_CA_FILE", "SSL_CERT_FILE"]
        .into_iter()
        .find_map(|name| {
            std::env::var_os(name)
                .filter(|file| !file.is_empty())
                .map(|file| (name, file))
        });
    let Some((name, file)) = named else {
        return Ok(RootCerts::WebPki);
    };
    let shown = std::path::Path::new(&file).display();
    let bytes = std::fs::read(&file).map_err(|error| {
        Failure::usage(format!("cannot read the certificates in {shown}: {error}")).note(name)
    })?;
    let found = parse_pem(&bytes).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        return Err(Failure::usage(format!("there is no certificate in {shown}")).note(name));
    }
    Ok(RootCerts::from(found))
}

fn is_refused(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused)
        || matches!(error, ureq::Error::ConnectionFailed)
}

fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let seconds = response
        .headers()
        .get("Retry-After")?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

/// Returns the server's own words of an answer, if it has any.
pub fn message(answer: &Value) -> Option<String> {
    let words = match answer.get("error")? {
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
    let raw = answer
        .and_then(|answer| answer.get("error"))
        .and_then(|error| error.get(0));
    let raw = raw.and_then(Value::as_str).unwrap_or_default();
    let said = answer
        .and_then(message)
        .unwrap_or_else(|| "the query failed".to_owned());
    let mut failure = Failure::new(Class::Sql, said).excerpt(crate::failure::excerpt(raw, sql));
    for name in ["detail", "hint"] {
        let more = answer
            .and_then(|answer| answer.get(name))
            .and_then(Value::as_str);
        if let Some(more) = more.filter(|more| !more.is_empty()) {
            failure = failure.note(format!("{name}: {}", plain(more)));
        }
    }
    failure
}
