//! Files that tell a country and a network from an address.

use super::reader::{Effective, Reader};
use crate::exit::Failure;
use allclear_engine::{Places, Tells};
use std::path::PathBuf;

const COUNTRY: &str = "place.country_mmdb";
const NETWORK: &str = "place.asn_mmdb";

/// `[place]`
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// MMDB file with countries.
    pub(crate) country_mmdb: Option<PathBuf>,
    /// MMDB file with autonomous systems.
    pub(crate) asn_mmdb: Option<PathBuf>,
}

impl Place {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Place {
        Place {
            country_mmdb: r.path(COUNTRY, "the path of an MMDB file with countries"),
            asn_mmdb: r.path(NETWORK, "the path of an MMDB file with autonomous systems"),
        }
    }

    /// Reads the files. Blocks for about a second for each 5 million networks in them.
    ///
    /// # Errors
    /// Exit code 2, naming each file that cannot be used, the setting and who set it.
    pub(crate) fn open(&self, effective: &[Effective]) -> Result<Places, Failure> {
        let mut places = Places::default();
        let mut problems = Vec::new();
        for (key, path, tells) in
            [(COUNTRY, &self.country_mmdb, Tells::Country), (NETWORK, &self.asn_mmdb, Tells::Network)]
        {
            let Some(path) = path else { continue };
            if let Err(problem) = places.add(tells, path) {
                let source = effective.iter().find(|e| e.key == key).map(|e| e.source.to_string()).unwrap_or_default();
                problems.push(format!("{key} ({source}): {} {problem}", path.display()));
            }
        }
        if problems.is_empty() { Ok(places) } else { Err(Failure::bad_input(problems.join("\n"))) }
    }
}
