//! In how many ways a service can fail, and a status page; and what page, API and command say of each.

mod agent;
mod authority;
mod checks;
mod command;
mod names;
mod pages;
mod proxy;
mod suggested;
mod upstream;

use crate::support::Site;
use serde_json::Value;
use std::path::Path;

/// Writes a service whose file has these tables.
fn service(own: &Path, slug: &str, tables: &str) {
    let text = format!(
        "name = \"{slug}\"\ncategory = \"cloud\"\nhomepage = \"https://{slug}.example.org\"\n{tables}\n[verified]\nhomepage = false\n{}{}",
        if tables.contains("[check]") { "check = true\n" } else { "" },
        if tables.contains("[official]") { "official = true\n" } else { "" },
    );
    std::fs::create_dir_all(own.join("services")).unwrap();
    std::fs::write(own.join(format!("services/{slug}.toml")), text).unwrap();
}

/// What everybody is told of a service.
#[derive(Debug)]
struct Told {
    /// The text of its page.
    page: String,
    /// The API's document.
    api: Value,
    /// `allclear status SLUG --json`, of that service, and with which code it ended.
    status: Value,
    code: i32,
}

impl Told {
    fn of(site: &Site, slug: &str) -> Told {
        let status = site.run(&["status", slug, "--json"]);
        Told {
            page: text(&site.get(&format!("/s/{slug}")).body),
            api: site.get(&format!("/api/v1/services/{slug}")).json(),
            status: status.json()["services"][0].clone(),
            code: status.code,
        }
    }
}

/// What a page says, without its markup.
fn text(html: &str) -> String {
    let bare: String = html.split('<').map(|t| t.split_once('>').map_or(t, |(_, t)| t)).collect();
    let plain = bare.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#39;", "'").replace("&amp;", "&");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
