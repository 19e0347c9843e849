//! A certificate authority of the benchmark, and the certificate of the server it measures against: P-256, as most of the web.

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use tokio_rustls::rustls::pki_types::CertificateDer;

/// The authority, and the files that servers and other clients read.
pub(super) struct Authority {
    root: CertificateDer<'static>,
    /// Its own certificate, PEM.
    pub(super) root_file: PathBuf,
    /// The server's certificate, PEM.
    pub(super) chain_file: PathBuf,
    /// The server's key, PEM.
    pub(super) key_file: PathBuf,
}

impl Authority {
    /// Makes an authority and a certificate for `addresses`, with their files in `folder`.
    pub(super) fn new(folder: &Path, addresses: &[IpAddr]) -> anyhow::Result<Authority> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Authority of a benchmark");
        let root = params.self_signed(&key)?;
        let issuer = Issuer::new(params, key);

        let key = KeyPair::generate()?;
        let names: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Target of a benchmark");
        let leaf = params.signed_by(&key, &issuer)?;

        let write = |name: &str, text: String| -> anyhow::Result<PathBuf> {
            let file = folder.join(name);
            std::fs::write(&file, text)?;
            Ok(file)
        };
        Ok(Authority {
            root_file: write("root.pem", root.pem())?,
            chain_file: write("chain.pem", leaf.pem())?,
            key_file: write("key.pem", key.serialize_pem())?,
            root: root.der().clone(),
        })
    }

    /// Its own certificate: what a client is to trust.
    pub(super) fn root(&self) -> CertificateDer<'static> {
        self.root.clone()
    }
}
