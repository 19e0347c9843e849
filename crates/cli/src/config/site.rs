//! What the site says about itself.

use super::layer::Raw;
use super::reader::Reader;
use serde_json::Value as Json;

/// `[site]`
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Name in titles and headers.
    pub(crate) name: String,
    /// Who runs it: an e-mail address, a URL or a sentence. Mandatory for a site that others can reach.
    pub(crate) contact: String,
    /// Colour of links and buttons, `#rrggbb`; `None`: the built-in one.
    pub(crate) accent: Option<String>,
    /// Where the machine stands with the data, for the page on privacy; empty: it does not say.
    pub(crate) place: String,
    /// One sentence on top of every page; empty for none.
    pub(crate) notice: String,
}

impl Site {
    /// Reads the section.
    pub(crate) fn read(r: &mut Reader) -> Site {
        Site {
            name: {
                let name = r.text("site.name", 60, "Allclear");
                if name.is_empty() {
                    r.problem("site.name: it is empty; it must be text of 1 to 60 characters".to_owned());
                }
                name
            },
            contact: r.text("site.contact", 200, ""),
            accent: r.value(
                "site.accent",
                "a colour as # and 6 hexadecimal digits, such as #0b6bcb",
                None,
                |raw| match raw {
                    Raw::Text(t) if t.is_empty() => Some(None),
                    Raw::Text(t) => {
                        let ok = t.len() == 7 && t.starts_with('#') && t[1..].bytes().all(|b| b.is_ascii_hexdigit());
                        ok.then(|| Some(t.to_ascii_lowercase()))
                    }
                    _ => None,
                },
                |c| c.as_deref().map_or(Json::Null, Json::from),
            ),
            place: r.text("site.place", 100, ""),
            notice: r.text("site.notice", 300, ""),
        }
    }
}
