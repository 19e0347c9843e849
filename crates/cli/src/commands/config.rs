//! `allclear config`

use crate::config::ConfigArgs;
use crate::exit::{OK, Outcome};
use crate::output;
use serde_json::{Value as Json, json};

/// Show every setting, its value and where it comes from
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Settings are read from a TOML file, then from environment variables, then from flags; the last one wins. \
http.listen stands in the file as [http] listen = \"...\" and in the environment as ALLCLEAR_HTTP__LISTEN. \
Lists are written with commas in the environment.

Examples:
  allclear config
  allclear config --config /etc/allclear.toml --json

What the settings name outside of themselves (the services of catalogue.include, files of addresses and certificates) is looked at \
when a command uses it.

Exit codes: 0 the settings are valid; 2 they are not (every error is named).")]
pub(crate) struct ShowConfig {
    #[command(flatten)]
    config: ConfigArgs,
    /// Print JSON: {"settings":[{"key","value","source"}],"warnings":[],"errors":[]}
    #[arg(long)]
    json: bool,
}

impl ShowConfig {
    pub(crate) fn run(self) -> Outcome {
        let config = match self.config.load(&[]) {
            Err(wrong) if self.json => {
                let errors: Vec<&str> = wrong.message.lines().collect();
                output::json(&json!({"settings": [], "warnings": [], "errors": errors}))?;
                return Err(wrong);
            }
            loaded => loaded?,
        };
        if self.json {
            let settings: Vec<Json> = config
                .effective
                .iter()
                .map(|e| json!({"key": e.key, "value": e.value, "source": e.source.to_string()}))
                .collect();
            output::json(&json!({"settings": settings, "warnings": config.warnings, "errors": []}))?;
            return Ok(OK);
        }
        let rows: Vec<Vec<String>> =
            config.effective.iter().map(|e| vec![e.key.to_owned(), shown(&e.value), e.source.to_string()]).collect();
        output::print(&output::table(&["SETTING", "VALUE", "SOURCE"], &rows))?;
        for warning in &config.warnings {
            output::note(&format!("warning: {warning}"));
        }
        Ok(OK)
    }
}

fn shown(value: &Json) -> String {
    match value {
        Json::Null => "(not set)".to_owned(),
        Json::String(s) if s.is_empty() => "(empty)".to_owned(),
        Json::String(s) => s.clone(),
        Json::Array(items) if items.is_empty() => "(none)".to_owned(),
        Json::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
