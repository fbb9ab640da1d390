//! `carto sql --check`: whether the key works for the account.
//!
//! # Why
//! The server answers a key that it cannot read as if there were none: the query runs, as the public
//! user. So a query that runs says nothing; who it ran as does.

use serde_json::Value;

use crate::account::Account;
use crate::answer::{Maps, RawRow, read};
use crate::api::Api;
use crate::client::{Client, Effect};
use crate::failure::{Class, Failure, plain};

/// Runs the check and returns what there is to say.
pub fn run(client: &Client, account: &Account) -> Result<String, Failure> {
    if let Api::V3(_) = client.api {
        return current_platform(client, account);
    }
    let sql = "SELECT current_user AS carto_user";
    let mut user = None;
    let body = client.query(sql, sql, Effect::Read)?;
    let mut take = Maps(|row: RawRow| {
        user = row.get("carto_user").and_then(Value::as_str).map(plain);
        Ok(())
    });
    read(body, sql, &mut take).map_err(|failure| not_carto(failure, account))?;
    let Some(user) = user else {
        return Err(not_carto(
            Failure::new(Class::Network, "no row came"),
            account,
        ));
    };
    let name = account.username.as_deref().unwrap_or("the account");
    let is_public = user.contains("publicuser") || user == "public";
    match &account.api_key {
        None => Ok(format!(
            "{name} at {}: no key is sent, as you withhold it",
            account.base_url
        )),
        Some(key) if key.is_public() => Ok(format!(
            "{name} at {}: public data can be read; no key of this account is stored",
            account.base_url
        )),
        Some(_) if is_public => {
            let what = format!(
                "{} takes you for the public user, although a key was sent",
                account.base_url
            );
            Err(Failure::new(Class::Refused, what)
                .help("store the key again: carto config set apikey"))
        }
        Some(_) => Ok(format!(
            "{name} at {}: the key works, as the user {user}",
            account.base_url
        )),
    }
}

/// On the current platform a token that is not known is refused; so a row is enough.
fn current_platform(client: &Client, account: &Account) -> Result<String, Failure> {
    let sql = "SELECT 1 AS one";
    let mut rows = 0;
    let mut take = Maps(|_: RawRow| {
        rows += 1;
        Ok(())
    });
    let body = client.query(sql, sql, Effect::Read)?;
    read(body, sql, &mut take).map_err(|failure| not_carto(failure, account))?;
    if rows != 1 {
        let failure = Failure::new(Class::Network, "no row came");
        return Err(not_carto(failure, account));
    }
    let url = client.api.url();
    Ok(match client.api.authorization() {
        Some(_) => format!("{url}: the token works"),
        None => format!("{url}: no token is sent, as you withhold it"),
    })
}

/// An answer that is none of the SQL API.
fn not_carto(failure: Failure, account: &Account) -> Failure {
    if failure.exit_code() != Class::Network as u8 {
        return failure;
    }
    let what = format!(
        "what answers at {} is no SQL API of CARTO",
        account.base_url
    );
    Failure::new(Class::Network, what)
        .note(failure)
        .help("carto config explain      # says where the base URL comes from")
}
