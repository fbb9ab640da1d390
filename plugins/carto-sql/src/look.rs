//! Looks at a certificate that is not accepted.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use x509_parser::prelude::FromDer as _;

/// Asks a server for its certificate and returns who issued it; sends nothing else. Behind a proxy, it
/// is not asked.
pub fn issuer(url: &str, timeout: Duration) -> Option<String> {
    let url: ureq::http::Uri = url.parse().ok()?;
    if ureq::Proxy::try_from_env().is_some_and(|proxy| !proxy.is_no_proxy(&url)) {
        return None;
    }
    let host = url.host()?.trim_start_matches('[').trim_end_matches(']');
    let address = (host, url.port_u16().unwrap_or(443))
        .to_socket_addrs()
        .ok()?
        .next()?;
    let mut stream = TcpStream::connect_timeout(&address, timeout).ok()?;
    stream.set_read_timeout(Some(timeout)).ok()?;
    let looks = Arc::new(Looks::default());
    let config = ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&looks) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).ok()?;
    let mut connection = ClientConnection::new(Arc::new(config), name).ok()?;
    // It always fails: the verifier accepts nothing.
    _ = connection.complete_io(&mut stream);
    looks.0.lock().ok()?.take()
}

fn only_looked_at() -> rustls::Error {
    rustls::Error::General("only looked at".to_owned())
}

/// A verifier that accepts no certificate, and remembers who issued it.
#[derive(Debug, Default)]
struct Looks(Mutex<Option<String>>);

impl ServerCertVerifier for Looks {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let read = x509_parser::certificate::X509Certificate::from_der(certificate);
        if let (Ok((_, read)), Ok(mut issuer)) = (read, self.0.lock()) {
            *issuer = Some(read.issuer().to_string());
        }
        Err(only_looked_at())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(only_looked_at())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(only_looked_at())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ECDSA_NISTP384_SHA384,
            SignatureScheme::ED25519,
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_SHA512,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
        ]
    }
}
