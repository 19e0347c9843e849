//! Handshakes: whom we trust, what was seen of a certificate, and why one is not good.

use super::failure::{Failure, Stage};
use allclear_model::Time;
use allclear_model::check::CertificateFacts;
use allclear_model::kept::DAY_MS;
use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::{CertificateError, ClientConfig, Error as TlsError, ProtocolVersion, RootCertStore};
use rustls_pki_types::CertificateDer;
use std::io;
use std::sync::Arc;
use x509_parser::prelude::{FromDer, X509Certificate};

/// What a handshake is made with: Mozilla's roots, and those an operator adds.
#[derive(Debug, Clone)]
pub struct Tls {
    web: Arc<ClientConfig>,
    bare: Arc<ClientConfig>,
}

impl Tls {
    /// With further roots, for the certificates of a company's own authority.
    ///
    /// # Errors
    /// A root that cannot be read.
    pub fn with_roots(further: Vec<CertificateDer<'static>>) -> Result<Tls, TlsError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for root in further {
            roots.add(root)?;
        }
        let mut web = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Every handshake is a whole one: what is measured is what a new visitor meets.
        web.resumption = Resumption::disabled();
        let bare = Arc::new(web.clone());
        web.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Tls { web: Arc::new(web), bare })
    }

    /// For HTTP: offers versions 2 and 1.1.
    pub(super) fn web(&self) -> Arc<ClientConfig> {
        self.web.clone()
    }

    /// For a handshake alone.
    pub(super) fn bare(&self) -> Arc<ClientConfig> {
        self.bare.clone()
    }
}

/// What was seen of the first certificate at `now`.
pub(super) fn facts(connection: &rustls::ClientConnection, now: Time) -> Option<CertificateFacts> {
    let first = connection.peer_certificates()?.first()?;
    let (_, certificate) = X509Certificate::from_der(first).ok()?;
    let not_after = Time(certificate.validity().not_after.timestamp().saturating_mul(1000));
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "1.2".to_owned(),
        Some(ProtocolVersion::TLSv1_3) => "1.3".to_owned(),
        other => format!("{other:?}"),
    };
    let name = |name: &x509_parser::x509::X509Name<'_>| {
        let common = name.iter_common_name().chain(name.iter_organization()).find_map(|n| n.as_str().ok());
        common.map_or_else(|| name.to_string(), str::to_owned).chars().filter(|c| !c.is_control()).take(100).collect()
    };
    let alternative = certificate.subject_alternative_name().ok().flatten().and_then(|names| {
        names.value.general_names.iter().find_map(|n| match n {
            x509_parser::extensions::GeneralName::DNSName(name) => Some((*name).chars().take(253).collect::<String>()),
            _ => None,
        })
    });
    let subject = match certificate.subject().iter_common_name().next() {
        Some(_) => name(certificate.subject()),
        // Newer certificates name nobody but their hosts.
        None => alternative.unwrap_or_else(|| name(certificate.subject())),
    };
    Some(CertificateFacts {
        version,
        subject,
        issuer: name(certificate.issuer()),
        not_after,
        days_left: days_left(not_after, now),
    })
}

/// Whole days at `now` until a certificate ends; below 0 when it is over.
pub(super) fn days_left(not_after: Time, now: Time) -> i64 {
    not_after.since_ms(now).div_euclid(DAY_MS)
}

/// Why a handshake failed.
pub(super) fn failure(e: &io::Error) -> Failure {
    let Some(tls) = e.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) else {
        return Failure::io(Stage::Tls, e);
    };
    let day = |seconds: u64| {
        let time = Time(i64::try_from(seconds).unwrap_or(0).saturating_mul(1000)).to_string();
        time.split('T').next().unwrap_or_default().to_owned()
    };
    let said = match tls {
        TlsError::InvalidCertificate(bad) => match bad {
            CertificateError::ExpiredContext { not_after, .. } => {
                format!("the certificate expired on {}", day(not_after.as_secs()))
            }
            CertificateError::Expired => "the certificate has expired".to_owned(),
            CertificateError::NotValidYetContext { not_before, .. } => {
                format!("the certificate is not valid before {}", day(not_before.as_secs()))
            }
            CertificateError::NotValidForNameContext { expected, presented } => {
                // Presented names come as `DnsName("example.org")`.
                let bare = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
                let for_whom: Vec<_> = presented.iter().take(3).map(bare).collect();
                format!("the certificate is not for {}, but for {}", expected.to_str(), for_whom.join(", "))
            }
            CertificateError::NotValidForName => "the certificate is for another name".to_owned(),
            CertificateError::UnknownIssuer => "nobody we trust has issued the certificate".to_owned(),
            CertificateError::Revoked => "the certificate was revoked".to_owned(),
            other => format!("the certificate is not good: {other}"),
        },
        TlsError::AlertReceived(alert) => format!("the other side ended the handshake: {alert:?}"),
        TlsError::InvalidMessage(_) => "the other side does not speak TLS".to_owned(),
        TlsError::PeerIncompatible(_) => "no version or cipher of TLS in common".to_owned(),
        other => other.to_string(),
    };
    Failure::theirs(Stage::Tls, said)
}
