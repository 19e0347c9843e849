//! Files that tell a country and a network from an address.

use super::reader::Reader;
use std::path::PathBuf;

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
            country_mmdb: r.path("place.country_mmdb", "the path of an MMDB file with countries"),
            asn_mmdb: r.path("place.asn_mmdb", "the path of an MMDB file with autonomous systems"),
        }
    }
}
