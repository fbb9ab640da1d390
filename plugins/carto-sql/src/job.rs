//! Batch jobs: statements that run in the background, for as long as they need.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::Api;
use crate::client::Client;
use crate::failure::{Class, Failure, plain};

/// The longest pause between two questions after a job.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Starts a job and returns what is printed: its number, or with `wait` its end.
///
/// # Errors
/// As a query; or the job fails.
pub fn start(client: &Client, statements: &[&str], wait: bool) -> Result<String, Failure> {
    let query = match (&client.api, statements) {
        (_, [one]) => json!(one),
        // The server runs a list in order and stops at the first error.
        (Api::V2 { .. }, several) => json!(several),
        (Api::V3(_), several) => json!(several.join(";\n")),
    };
    let mut body = json!({ "query": query });
    if let (Api::V3(v3), Some(members)) = (&client.api, body.as_object_mut())
        && !v3.parameters.is_empty()
    {
        members.insert("queryParameters".to_owned(), v3.parameters.clone().into());
    }
    let shown = statements.first().copied().unwrap_or_default();
    let started = client.job("POST", None, Some(&body), shown)?;
    let id =
        number(&started).ok_or_else(|| Failure::new(Class::Network, "the job has no number"))?;
    if wait { ended(client, &id) } else { Ok(id) }
}

/// Returns what has become of a job; with `wait` at its end.
///
/// # Errors
/// As a query; with `wait` the job failed.
pub fn status(client: &Client, id: &str, wait: bool) -> Result<String, Failure> {
    if wait {
        return ended(client, id);
    }
    Ok(described(id, &client.job("GET", Some(id), None, "")?))
}

/// Cancels a job and returns what has become of it.
///
/// # Errors
/// As a query; or the job has ended.
pub fn cancel(client: &Client, id: &str) -> Result<String, Failure> {
    Ok(described(id, &client.job("DELETE", Some(id), None, "")?))
}

/// Waits for the end of a job.
fn ended(client: &Client, id: &str) -> Result<String, Failure> {
    let mut pause = Duration::from_millis(250);
    loop {
        let job = client.job("GET", Some(id), None, "")?;
        let status = text(&job, "status").unwrap_or_default();
        match status.to_ascii_lowercase().as_str() {
            "done" | "success" | "succeeded" | "completed" => return Ok(described(id, &job)),
            "failed" | "failure" | "error" | "canceled" | "cancelled" | "unknown" => {
                let what = format!("the job {} is {status}", plain(id));
                let failure = Failure::new(Class::Sql, what);
                let why = text(&job, "failed_reason").or_else(|| crate::refusal::message(&job));
                return Err(match why {
                    Some(why) => failure.note(why),
                    None => failure,
                });
            }
            _ => sleep(pause),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Returns the number by which a job is asked for.
fn number(job: &Value) -> Option<String> {
    ["job_id", "jobId", "externalId"]
        .iter()
        .find_map(|name| text(job, name))
}

fn text(job: &Value, name: &str) -> Option<String> {
    let found = job.get(name).and_then(Value::as_str).map(plain);
    found.filter(|text| !text.is_empty())
}

fn described(id: &str, job: &Value) -> String {
    let mut line = number(job).unwrap_or_else(|| plain(id));
    for name in ["status", "failed_reason", "updated_at"] {
        if let Some(more) = text(job, name) {
            line += &format!("  {more}");
        }
    }
    line
}
