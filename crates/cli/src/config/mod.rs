//! The effective configuration: a TOML file, environment variables and flags, one struct per concern.

mod catalogue;
mod data;
mod http;
mod layer;
mod limits;
mod log;
mod network;
mod ops;
mod place;
mod reader;
mod retention;
mod site;
mod watch;

pub(crate) use catalogue::{Catalogue, Include};
pub(crate) use data::Data;
pub(crate) use http::Http;
pub(crate) use limits::Limits;
pub(crate) use log::Log;
pub(crate) use network::Network;
pub(crate) use ops::Ops;
pub(crate) use place::Place;
pub(crate) use reader::Effective;
pub(crate) use retention::Retention;
pub(crate) use site::Site;
pub(crate) use watch::Watch;

use crate::exit::Failure;
use layer::{Layer, Raw, Source};
use reader::Reader;
use std::path::{Path, PathBuf};

/// Read when `--config` is not given and the file is there.
const DEFAULT_FILE: &str = "allclear.toml";

/// Flags that many commands have.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConfigArgs {
    /// Configuration file [default: ./allclear.toml if it is there]
    #[arg(long, global = true, value_name = "FILE", env = "ALLCLEAR_CONFIG", help_heading = "Configuration")]
    pub(crate) config: Option<PathBuf>,
    /// Data folder of the site (setting data.dir) [default: ./data]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Configuration")]
    pub(crate) data: Option<PathBuf>,
}

/// Everything that can be configured.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) http: Http,
    pub(crate) site: Site,
    pub(crate) catalogue: Catalogue,
    pub(crate) limits: Limits,
    pub(crate) retention: Retention,
    pub(crate) data: Data,
    pub(crate) place: Place,
    pub(crate) log: Log,
    pub(crate) ops: Ops,
    pub(crate) network: Network,
    pub(crate) watch: Watch,
    /// Every setting with the one who set it.
    pub(crate) effective: Vec<Effective>,
    /// Unknown keys.
    pub(crate) warnings: Vec<String>,
}

/// A setting made by a flag: key, value, flag.
pub(crate) type FlagSetting = (&'static str, String, &'static str);

impl ConfigArgs {
    /// Reads file, environment and flags.
    ///
    /// # Errors
    /// Exit code 2 with every error in the configuration, one per line.
    pub(crate) fn load(&self, flags: &[FlagSetting]) -> Result<Config, Failure> {
        let mut layers = Vec::new();
        if let Some(layer) = self.file_layer()? {
            layers.push(layer);
        }
        layers.push(layer::from_env(
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
        ));
        let mut from_flags = Layer::new();
        if let Some(dir) = &self.data {
            from_flags.insert("data.dir".to_owned(), (Raw::Text(dir.display().to_string()), Source::Flag("--data")));
        }
        for (key, value, flag) in flags {
            from_flags.insert((*key).to_owned(), (Raw::Text(value.clone()), Source::Flag(flag)));
        }
        layers.push(from_flags);
        Config::read(layers)
    }

    fn file_layer(&self) -> Result<Option<Layer>, Failure> {
        let path = match &self.config {
            Some(path) if !path.as_os_str().is_empty() => path.as_path(),
            _ if Path::new(DEFAULT_FILE).exists() => Path::new(DEFAULT_FILE),
            _ => return Ok(None),
        };
        let text = std::fs::read_to_string(path)
            .map_err(|e| Failure::bad_input(format!("cannot read the configuration file {}: {e}", path.display())))?;
        layer::from_toml(path, &text).map(Some).map_err(Failure::bad_input)
    }
}

impl Config {
    fn read(layers: Vec<Layer>) -> Result<Config, Failure> {
        let mut r = Reader::new(layers);
        let (http, site) = (Http::read(&mut r), Site::read(&mut r));
        let (catalogue, limits) = (Catalogue::read(&mut r), Limits::read(&mut r));
        let (retention, data) = (Retention::read(&mut r), Data::read(&mut r));
        let (place, log, ops) = (Place::read(&mut r), Log::read(&mut r), Ops::read(&mut r));
        let (network, watch) = (Network::read(&mut r), Watch::read(&mut r));
        if site.contact.is_empty() && !http.listen.ip().is_loopback() {
            r.problem(format!(
                "site.contact: it is empty, but the site listens on {}, where others can reach it; \
                 say who runs it, for example site.contact = \"status@example.org\"",
                http.listen
            ));
        }
        let found = r.finish();
        if found.problems.is_empty() {
            return Ok(Config {
                http,
                site,
                catalogue,
                limits,
                retention,
                data,
                place,
                log,
                ops,
                network,
                watch,
                effective: found.effective,
                warnings: found.warnings,
            });
        }
        let mut lines = vec![match found.problems.len() {
            1 => "the configuration has an error:".to_owned(),
            n => format!("the configuration has {n} errors:"),
        }];
        lines.extend(found.problems.iter().chain(&found.warnings).map(|p| format!("  {p}")));
        Err(Failure::bad_input(lines.join("\n")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Layer {
        layer::from_toml(Path::new("test.toml"), text).unwrap()
    }

    fn env(vars: &[(&str, &str)]) -> Layer {
        layer::from_env(vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn environment_wins_over_the_file_and_every_value_knows_its_source() {
        let c = Config::read(vec![
            file("[site]\nname = \"A\"\nnotice = \"n\"\n[limits]\nreports_per_source_per_hour = 7\n"),
            env(&[("ALLCLEAR_SITE__NAME", "B"), ("ALLCLEAR_HTTP__TRUSTED_PROXIES", "127.0.0.1/32, 10.0.0.1")]),
        ])
        .unwrap();
        assert_eq!((c.site.name.as_str(), c.site.notice.as_str()), ("B", "n"));
        assert_eq!(c.limits.reports_per_source_per_hour, 7);
        assert_eq!(c.http.trusted_proxies.len(), 2);
        let source = |key| c.effective.iter().find(|e| e.key == key).map(|e| e.source.to_string()).unwrap();
        assert_eq!(source("site.name"), "environment ALLCLEAR_SITE__NAME");
        assert_eq!(source("site.notice"), "test.toml:3");
        assert_eq!(source("http.listen"), "default");
        assert!(c.warnings.is_empty());
    }

    #[test]
    fn all_errors_are_told_at_once_with_key_and_allowed_range() {
        let bad = file(
            "[http]\nlisten = \"nowhere\"\nmax_connections = 3\n[site]\naccent = \"blue\"\n[catalogue]\ninclude = [\"No Slug\"]\n",
        );
        let told = Config::read(vec![bad]).unwrap_err();
        assert_eq!(told.code, 2);
        for part in [
            "4 errors",
            "http.listen (test.toml:2)",
            "http.max_connections",
            "16 to 1000000",
            "site.accent",
            "#0b6bcb",
            "catalogue.include",
        ] {
            assert!(told.message.contains(part), "{part} in {}", told.message);
        }
    }

    #[test]
    fn unknown_keys_warn_with_line_or_variable_and_the_nearest_key() {
        let c = Config::read(vec![
            file("[http]\nlisten = \"127.0.0.1:0\"\nlissten = 1\n"),
            env(&[("ALLCLEAR_SITE__NAEM", "x"), ("ALLCLEAR_HTTP_LISTEN", "x")]),
        ])
        .unwrap();
        let all = c.warnings.join("\n");
        for part in [
            "test.toml:3",
            "did you mean http.listen",
            "ALLCLEAR_SITE__NAEM",
            "did you mean ALLCLEAR_SITE__NAME",
            "did you mean ALLCLEAR_HTTP__LISTEN",
        ] {
            assert!(all.contains(part), "{part} in {all}");
        }
    }

    #[test]
    fn a_site_that_others_can_reach_must_say_who_runs_it() {
        let told = Config::read(vec![file("[http]\nlisten = \"0.0.0.0:80\"\n")]).unwrap_err();
        assert!(told.message.contains("site.contact"), "{}", told.message);
        assert!(Config::read(vec![file("[http]\nlisten = \"0.0.0.0:80\"\n[site]\ncontact = \"me\"\n")]).is_ok());
    }
}
