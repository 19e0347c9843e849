//! `allclear report`

use crate::config::{Config, ConfigArgs};
use crate::exit::{Failure, OK, Outcome};
use crate::house;
use crate::output;
use crate::socket::client::Client;
use crate::socket::protocol::{ReportAnswer, ReportRequest, path};
use serde_json::json;

/// Report a problem with a service
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The report goes to the site that runs in the data folder. When none is running, it is written into the folder's \
journal in the same way, and the site knows it from its next start. When this ends with 0, the report is on disk.

Of the reports of one source within 6 hours for one service, the first one counts; the others are listed. Reports from \
here come from one source, the operator, which is nobody's address. With --source NAME each NAME is a source of its \
own: a help desk names its callers so (NAME is hashed with the key of the day, as an address would be, and not kept). All \
of them are one network, so that a script by itself weighs little. The limits per source and network hold here too.

Examples:
  allclear report openrouter api-key --country DE
  allclear report github other --key ticket-4711        doing it again adds nothing
  allclear report github git --source caller-17 --json

Exit codes: 0 kept, counted or not; 1 not kept (the reason is told; try again); 2 usage, unknown service, symptom or \
country, or a key that was used for something else; 3 not kept, a limit is reached (it is told when to try again). \
With --json a failure is {\"error\",\"exit_code\"} on standard output as well.")]
pub(crate) struct Report {
    /// The service's slug, as in its page's address (allclear catalogue list)
    slug: String,
    /// The symptom's id, or `other`
    symptom: String,
    /// Where: two-letter country code such as DE
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Idempotency key: the same key within 24 hours is the same report. With --source one of less than 20 characters is
    /// that NAME's own, until 06:00 UTC of the next day
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// For whom: a name for one person, 1 to 255 bytes
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Details, at most 500 characters. Keys, addresses and numbers are taken out before anything is kept; it is moderated
    /// as every text is
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// An error message; only its facts are kept: status, kind of error, model, endpoint
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,
    /// Print JSON: {"id","token","counted","at","shown_by"}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Report {
    pub(crate) fn run(self) -> Outcome {
        let config = self.config.load(&[])?;
        let request = ReportRequest {
            service: self.slug,
            symptom: self.symptom,
            country: self.country,
            key: self.key,
            source: self.source,
            text: self.text,
            error: self.error,
        };
        super::block_on(async move {
            let answer = match send(&config, request).await {
                Ok(answer) => answer,
                Err(failure) => {
                    if self.json {
                        output::json(&json!({"error": failure.message, "exit_code": failure.code}))?;
                    }
                    return Err(failure);
                }
            };
            if self.json {
                output::json(&answer)?;
            } else {
                let counts = if answer.counted {
                    "It counts."
                } else {
                    "It is listed but not counted: one report per source, service and 6 hours counts."
                };
                output::print(&format!(
                    "Reported as {}. {counts}\nPublic by {}. Follow, change or withdraw it at /r/{}\n",
                    answer.id, answer.shown_by, answer.token
                ))?;
            }
            Ok(OK)
        })
    }
}

async fn send(config: &Config, request: ReportRequest) -> Result<ReportAnswer, Failure> {
    match Client::connect(&config.data.dir).await? {
        Some(site) => site.post(path::REPORT, &request).await,
        None => house::visit(config, async |house| Ok(house.report(request).await?)).await,
    }
}
