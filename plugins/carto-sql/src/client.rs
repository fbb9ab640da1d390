//! Talks to the SQL API of one account.
//!
//! # Why
//! The key goes into the `Authorization` header of a request to the account's own base URL, and nowhere
//! else: no URL has it, and a redirect is an error, not a second request. A request is repeated only
//! where the server cannot have acted on it: the connection was refused, or a reading request was
//! answered with 429 or 503.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use ureq::http::{Response, StatusCode};
use ureq::typestate::WithoutBody;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::{Agent, Body, BodyReader, RequestBuilder, SendBody};

use crate::account::Account;
use crate::answer::small;
use crate::api::Api;
use crate::authorities::tls;
use crate::failure::{Class, Failure};
use crate::patient::Patient;
use crate::refusal::{Asked, is_refused, retry_after};
use crate::upload::{Exchange, Sent, connector};

/// The longest query that is sent in a URL, where a reading request can be repeated.
const SHORT: usize = 1500;
/// The longest wait that the server may ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// How patient the client is, and whom it believes.
#[derive(Clone, Debug)]
pub struct Patience {
    /// How long the connection, then the first byte of an answer, and then each silence within it may
    /// last.
    pub timeout: Duration,
    /// How often a request is repeated that may be.
    pub retries: u32,
    /// The file of the authorities whose certificates count.
    pub ca_file: Option<PathBuf>,
}

/// A client of one account.
pub struct Client {
    agent: Agent,
    /// Which API it speaks, with what stands for the account there.
    pub api: Api,
    asked: Asked,
    retries: u32,
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
    /// The file of authorities cannot be used.
    pub fn new(account: &Account, api: Api, patience: &Patience) -> Result<Self, Failure> {
        let tls = tls(patience.ca_file.as_deref())?;
        let timeout = Some(patience.timeout);
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(timeout)
            .timeout_recv_response(timeout)
            .timeout_per_read(timeout)
            .timeout_per_write(timeout)
            .user_agent(concat!("carto-sql/", env!("CARGO_PKG_VERSION")))
            .build();
        let asked = Asked {
            account: account.base_url.clone(),
            url: api.url().to_owned(),
            timeout: patience.timeout,
        };
        Ok(Client {
            agent: config.into(),
            api,
            asked,
            retries: patience.retries,
        })
    }

    /// Sends a query and returns the answer's body once the server has said that it is well; `shown` is
    /// the statement that the user knows.
    ///
    /// # Errors
    /// The server is not reached, or says that something is wrong.
    pub fn query(&self, sql: &str, shown: &str, effect: Effect) -> Result<Patient, Failure> {
        let sent = self.repeated(shown, effect, || self.send(sql, effect))?;
        Ok(Patient::new(self.body(sent)))
    }

    fn send(&self, sql: &str, effect: Effect) -> Result<Response<Body>, ureq::Error> {
        let url = self.api.query_url();
        let is_short = effect == Effect::Read && sql.len() <= SHORT;
        match &self.api {
            Api::V2 { .. } if is_short => {
                self.authorized(self.agent.get(&url).query("q", sql)).call()
            }
            Api::V2 { .. } => self
                .authorized(self.agent.post(&url))
                .send_form([("q", sql)]),
            Api::V3(v3) if is_short && v3.may_be_kept => {
                let request = json(self.agent.get(&url)).query_pairs(v3.pairs(sql));
                self.authorized(request).call()
            }
            Api::V3(v3) => {
                let body = Value::Object(v3.members(sql)).to_string();
                self.authorized(json(self.agent.post(&url))).send(body)
            }
        }
    }

    /// Sends a request, and again where nothing can have happened.
    fn repeated(
        &self,
        shown: &str,
        effect: Effect,
        send: impl Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, Failure> {
        let mut tried = 0;
        loop {
            let (failure, wait) = match send() {
                Ok(response) if response.status() == StatusCode::OK => return Ok(response),
                Ok(response) => {
                    let wait = retry_after(&response).filter(|wait| *wait <= LONGEST_WAIT);
                    let is_busy = matches!(
                        response.status(),
                        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
                    );
                    let failure = self.asked.refused(response, shown);
                    match wait {
                        Some(wait) if is_busy && effect == Effect::Read => (failure, wait),
                        _ => return Err(failure),
                    }
                }
                Err(error) if is_refused(&error) => {
                    let wait = Duration::from_secs(1 << tried.min(4));
                    (self.asked.unreachable(&error), wait)
                }
                Err(error) => return Err(self.asked.unreachable(&error)),
            };
            if tried == self.retries {
                return Err(failure);
            }
            tried += 1;
            let (seconds, retries) = (wait.as_secs(), self.retries);
            eprintln!("note: {failure}; trying again in {seconds} s ({tried} of {retries})");
            sleep(wait);
        }
    }

    /// Asks for a copy of rows as text.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub fn copy_to(&self, sql: &str) -> Result<Quiet<BodyReader<'static>>, Failure> {
        let url = self.api.copy_url("copyto")?;
        self.whole(sql, || self.agent.get(&url).query("q", sql))
    }

    /// Asks for the rows of a query in a form that the server makes.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub fn made(&self, sql: &str, format: &str) -> Result<Quiet<BodyReader<'static>>, Failure> {
        let url = self.api.made_url()?;
        self.whole(sql, || {
            let request = self.agent.get(&url).query("q", sql);
            request.query("format", format).query("filename", "carto")
        })
    }

    /// Sends a reading request whose answer is bytes.
    fn whole(
        &self,
        sql: &str,
        request: impl Fn() -> RequestBuilder<WithoutBody>,
    ) -> Result<Quiet<BodyReader<'static>>, Failure> {
        let response = self.repeated(sql, Effect::Read, || self.authorized(request()).call())?;
        let headers = response.headers();
        // Without an end no answer can be told from one that is cut.
        if !headers.contains_key("Transfer-Encoding")
            && !headers.contains_key("Content-Length")
            && !headers.contains_key("Content-Encoding")
        {
            let what = "the server, or a proxy, does not say where its answer ends";
            return Err(Failure::new(Class::Network, what)
                .note("an answer that is cut could not be told from a whole one")
                .help("carto sql 'SELECT ...' --format csv knows the last row by itself"));
        }
        Ok(self.body(response))
    }

    /// Sends rows into a table, compressed with gzip, and returns what the server says of them.
    ///
    /// # Errors
    /// As [`Client::query`]; or the rows cannot be read.
    pub fn copy_from(&self, sql: &str, rows: impl Read + 'static) -> Result<Value, Failure> {
        let url = self.api.copy_url("copyfrom")?;
        let exchange = Arc::new(Exchange::default());
        let config = self.agent.config().clone();
        let agent = Agent::with_parts(config, connector(&exchange), DefaultResolver::default());
        let body = Sent {
            body: rows,
            exchange: Arc::clone(&exchange),
        };
        let request = self
            .authorized(agent.post(&url).query("q", sql))
            .content_type("application/octet-stream")
            // A server that refuses the key or the table says so before the first row.
            .header("Expect", "100-continue")
            .header("Content-Encoding", "gzip");
        let sent = request.send(SendBody::from_owned_reader(body));
        if let Some(error) = exchange.unread() {
            return Err(
                Failure::usage(format!("cannot read the rows: {error}")).note("no row was stored")
            );
        }
        let response = match sent {
            Ok(response) => response,
            Err(_) if exchange.is_over() => {
                let what = "the server has closed the connection before it had all rows";
                return Err(Failure::new(Class::Network, what).note("it said nothing"));
            }
            Err(error) => return Err(self.asked.unreachable(&error)),
        };
        if response.status() != StatusCode::OK {
            return Err(self.asked.refused(response, sql));
        }
        if exchange.is_over() {
            let what = "the server has answered before it had all rows";
            return Err(Failure::new(Class::Network, what));
        }
        small(self.body(response))
    }

    /// Asks about a batch job, and returns what the server says of it.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub fn job(
        &self,
        method: &str,
        id: Option<&str>,
        body: Option<&Value>,
        shown: &str,
    ) -> Result<Value, Failure> {
        let mut url = self.api.job_url();
        if let Some(id) = id {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if id.is_empty() || !id.chars().all(is_plain) {
                return Err(Failure::usage("this is no number of a job")
                    .help("`carto sql job` prints it when it starts one"));
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
        let response = sent.map_err(|error| self.asked.unreachable(&error))?;
        if !response.status().is_success() {
            return Err(self.asked.refused(response, shown));
        }
        small(self.body(response))
    }

    fn authorized<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match self.api.authorization() {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        }
    }

    fn body(&self, response: Response<Body>) -> Quiet<BodyReader<'static>> {
        Quiet {
            body: response.into_body().into_reader(),
            silence: self.asked.timeout,
        }
    }
}

/// The headers that CARTO's own clients send to the current platform.
fn json<B>(request: RequestBuilder<B>) -> RequestBuilder<B> {
    request
        .header("Accept", "application/json")
        .header("Content-Type", "application/json")
}

/// A body that says how long it was silent when that was too long.
pub struct Quiet<R> {
    body: R,
    silence: Duration,
}

impl<R: Read> Read for Quiet<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer).map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
            if let Some(ureq::Error::Timeout(_)) = inner {
                let what = format!("nothing came for {} s", self.silence.as_secs());
                return io::Error::new(io::ErrorKind::TimedOut, what);
            }
            error
        })
    }
}
