//! `allclear report`

use crate::config::{Config, ConfigArgs};
use crate::exit::{Failure, OK, Outcome};
use crate::house;
use crate::output;
use crate::socket::client::Client;
use crate::socket::protocol::{ReportAnswer, ReportRequest, VoteAnswer, VoteRequest, path};
use allclear_model::{Facts, FreeText};
use serde_json::json;

/// Report a problem with a service, or that it works
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The report goes to the site that runs in the data folder. When none is running, it is written into the folder's \
journal in the same way, and the site knows it from its next start. When this ends with 0, the report is on disk.

Of the reports of one source within 6 hours for one service, the first one counts; the others are listed. Reports from \
here come from one source, the operator, which is nobody's address. With --source NAME each NAME is a source of its \
own: a help desk names its callers so (NAME is hashed with the key of the day, as an address would be, and not kept). All \
of them are one network, so that a script by itself weighs little. The limits per source and network hold here too.

With --works it is a vote, as by the button \"It works for me\": counted, once per source, service and 6 hours, and not listed.

Examples:
  allclear report openrouter api-key --country DE
  allclear report openrouter --works --source caller-18
  allclear report github other --key ticket-4711        doing it again adds nothing
  allclear report github git --source caller-17 --json

Exit codes: 0 kept, counted or not; 1 not kept (the reason is told; try again); 2 usage, unknown service, symptom or \
country, or a key that was used for something else; 3 not kept, a limit is reached (it is told when to try again). \
With --json a failure is {\"error\",\"exit_code\"} on standard output as well.")]
pub(crate) struct Report {
    /// The service's slug, as in its page's address (allclear catalogue list)
    slug: String,
    /// The symptom's id, or `other`
    #[arg(required_unless_present = "works")]
    symptom: Option<String>,
    /// Instead of a symptom: it works. A vote has no key, text or error, and cannot be withdrawn
    #[arg(long, conflicts_with_all = ["symptom", "key", "text", "error"])]
    works: bool,
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
    /// An error message, at most 2,000 characters; only its facts are kept: status, kind of error, model, endpoint
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,
    /// Print JSON: {"id","token","counted","at","shown_by"}; with --works {"counted"}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

impl Report {
    pub(crate) fn run(self) -> Outcome {
        let config = self.config.load(&[])?;
        let as_json = self.json;
        super::block_on(async move {
            let done = self.send(&config).await;
            if let Err(failure) = &done
                && as_json
            {
                output::json(&json!({"error": failure.message, "exit_code": failure.code}))?;
            }
            match done? {
                Taken::Report(answer) if as_json => output::json(&answer)?,
                Taken::Vote(answer) if as_json => output::json(&answer)?,
                Taken::Report(answer) => output::print(&of_report(&answer))?,
                Taken::Vote(answer) => output::print(of_vote(&answer))?,
            }
            Ok(OK)
        })
    }

    /// Through the socket of a running site, or else into the folder of a stopped one.
    async fn send(self, config: &Config) -> Result<Taken, Failure> {
        let Some(symptom) = self.symptom else {
            let request = VoteRequest { service: self.slug, country: self.country, source: self.source };
            let answer: VoteAnswer = match Client::connect(&config.data.dir).await? {
                Some(site) => site.post(path::VOTE, &request).await?,
                None => house::visit(config, async |house| Ok(house.vote(request).await?)).await?,
            };
            return Ok(Taken::Vote(answer));
        };
        // Here as well as behind the socket, which takes no request of any length.
        let long = Facts::check_length(self.error.as_deref().unwrap_or_default());
        long.and(FreeText::check_length(self.text.as_deref().unwrap_or_default(), FreeText::MAX))
            .map_err(Failure::bad_input)?;
        let request = ReportRequest {
            service: self.slug,
            symptom,
            country: self.country,
            key: self.key,
            source: self.source,
            text: self.text,
            error: self.error,
        };
        let answer = match Client::connect(&config.data.dir).await? {
            Some(site) => site.post(path::REPORT, &request).await?,
            None => house::visit(config, async |house| Ok(house.report(request).await?)).await?,
        };
        Ok(Taken::Report(answer))
    }
}

/// What was kept.
enum Taken {
    Report(ReportAnswer),
    Vote(VoteAnswer),
}

fn of_report(answer: &ReportAnswer) -> String {
    let counts = if answer.counted {
        "It counts."
    } else {
        "It is listed but not counted: one report per source, service and 6 hours counts."
    };
    format!(
        "Reported as {}. {counts}\nPublic by {}. Follow, change or withdraw it at /r/{}\n",
        answer.id, answer.shown_by, answer.token
    )
}

fn of_vote(answer: &VoteAnswer) -> &'static str {
    if answer.counted {
        "Kept as \"it works for me\". It counts.\n"
    } else {
        "Kept as \"it works for me\", but not counted: one vote per source, service and 6 hours counts.\n"
    }
}
