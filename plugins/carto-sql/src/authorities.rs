//! Whose certificates count, and whose a server has.

use std::path::Path;

use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use crate::failure::Failure;

#[cfg(not(target_vendor = "apple"))]
pub use crate::look::issuer;

/// Returns how the connection is secured, where the platform has a word in that.
pub fn tls(named: Option<&Path>) -> Result<TlsConfig, Failure> {
    let made = TlsConfig::builder().root_certs(authorities(named)?);
    let made = if cfg!(target_vendor = "apple") {
        made.provider(TlsProvider::NativeTls)
    } else {
        made.provider(TlsProvider::Rustls)
    };
    Ok(made.build())
}

/// Returns the authorities whose certificates count: those of the file that is named by a flag or a
/// setting, else by a variable, else those that browsers know; on macOS those of the system.
///
/// # Errors
/// The file cannot be read, or holds no certificate.
fn authorities(named: Option<&Path>) -> Result<RootCerts, Failure> {
    let by_variable = || {
        ["CARTO_CA_FILE", "SSL_CERT_FILE"]
            .into_iter()
            .find_map(|name| {
                let file = std::env::var_os(name).filter(|file| !file.is_empty())?;
                Some((name, file.into()))
            })
    };
    let named = named.map(|file| ("ca_file", file.to_owned()));
    let Some((name, file)) = named.or_else(by_variable) else {
        return Ok(if cfg!(target_vendor = "apple") {
            RootCerts::PlatformVerifier
        } else {
            RootCerts::WebPki
        });
    };
    let shown = file.display();
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

/// The system's own TLS does not show a certificate that it refuses.
#[cfg(target_vendor = "apple")]
pub fn issuer(_: &str, _: std::time::Duration) -> Option<String> {
    None
}
