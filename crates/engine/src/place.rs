//! Country and autonomous system of an address, from files in MaxMind's format that an operator may configure.

use allclear_model::Country;
use allclear_ports::PortError;
use maxminddb::{PathElement, Reader};
use std::net::IpAddr;
use std::path::PathBuf;

/// The configured files; none of them is needed.
#[derive(Default)]
pub(crate) struct Places {
    readers: Vec<Reader<Vec<u8>>>,
}

/// What the files know of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) country: Option<Country>,
    pub(crate) asn: Option<u32>,
}

impl Places {
    /// Reads the files into memory.
    ///
    /// # Errors
    /// [`PortError::Unusable`] naming the file that is missing or not in the format.
    pub(crate) fn open(files: &[PathBuf]) -> Result<Places, PortError> {
        let open = |path: &PathBuf| {
            Reader::open_readfile(path).map_err(|e| PortError::Unusable {
                path: path.display().to_string(),
                problem: format!("is not a MaxMind DB file that can be read: {e}"),
            })
        };
        let readers = files.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Places { readers })
    }

    /// Looks an address up; the first file that knows a thing wins.
    pub(crate) fn look_up(&self, addr: IpAddr) -> Place {
        let mut place = Place::default();
        for reader in &self.readers {
            let Ok(found) = reader.lookup(addr.to_canonical()) else { continue };
            if place.country.is_none() {
                let code = found.decode_path::<String>(&[PathElement::Key("country"), PathElement::Key("iso_code")]);
                place.country = code.ok().flatten().and_then(|c| Country::parse(&c).ok());
            }
            if place.asn.is_none() {
                place.asn = found.decode_path::<u32>(&[PathElement::Key("autonomous_system_number")]).ok().flatten();
            }
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_files_nothing_is_known_and_a_missing_file_is_named() {
        assert_eq!(Places::default().look_up("192.0.2.1".parse().unwrap()), Place::default());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("none.mmdb");
        let Err(e) = Places::open(&[path]) else { panic!("opened a missing file") };
        assert!(e.to_string().contains("none.mmdb"), "{e}");
    }
}
