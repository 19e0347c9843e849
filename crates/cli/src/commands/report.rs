//! `allclear report`

use crate::config::ConfigArgs;
use crate::exit::{OK, Outcome};
use crate::house;
use crate::output;
use crate::socket::client::Client;
use crate::socket::protocol::{ReportAnswer, ReportRequest, path};

/// Report a problem with a service
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The report goes to the site that runs in the data folder. When none is running, it is written into the folder's \
journal in the same way, and the site knows it from its next start. \
When this ends with 0, the report is on disk. Reports from here all come from one source: of those within 6 hours \
for one service, the first one counts.

Examples:
  allclear report openrouter api-key --country DE
  allclear report github other --key ticket-4711        doing it again adds nothing

Exit codes: 0 kept; 1 not kept (the reason is told; try again); 2 usage, unknown service, symptom or country.")]
pub(crate) struct Report {
    /// The service's slug, as in its page's address (allclear catalogue list)
    slug: String,
    /// The symptom's id, or `other`
    symptom: String,
    /// Where: two-letter country code such as DE
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Idempotency key: the same key within 24 hours is the same report
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Print JSON: {"id","token","counted","at","shown_by"}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Report {
    pub(crate) fn run(self) -> Outcome {
        let config = self.config.load(&[])?;
        let request = ReportRequest { service: self.slug, symptom: self.symptom, country: self.country, key: self.key };
        super::block_on(async move {
            let answer: ReportAnswer = match Client::connect(&config.data.dir).await? {
                Some(site) => site.post(path::REPORT, &request).await?,
                None => house::visit(&config, async |house| Ok(house.report(request).await?)).await?,
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
