//! Operators' requests, carried out by a house.

use crate::house::House;
use crate::page_changes::changes;
use crate::socket::operate::{
    Accepted, Act, Agent, Agents, Answer, Decided, Done, Feedback, FullText, Operate, OperateRequest, OptOuts,
    PageChanges, PageNow, Pages, QueueName, Suggestion, Text, Texts, Unread,
};
use crate::socket::protocol::Refusal;
use allclear_engine::Looked;
use allclear_engine::agents::Listed;
use allclear_engine::rows::{Considered, Listing, Queue};
use allclear_model::act::{Note, Outcome};
use allclear_model::{Actor, FreeText, IncidentId, ReportId, Slug, Time};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

impl House {
    /// Does what an operator asks for.
    pub(crate) async fn operate(&self, request: OperateRequest) -> Result<Answer, Refusal> {
        let actor = Actor::parse(&request.actor)?;
        let admin = &self.handles.admin;
        let done = |seq| Answer::Done(Done { seq });
        Ok(match request.operate {
            Operate::Texts { queue, before, limit } => {
                let queue = match queue {
                    QueueName::Waiting => Queue::Waiting,
                    QueueName::Withheld => Queue::Withheld,
                    QueueName::Shown => Queue::Shown,
                };
                let (texts, next) = admin.texts(queue, before, limit).await?;
                Answer::Texts(Texts { texts: texts.into_iter().map(text).collect(), next })
            }
            Operate::Text { report } => {
                let (looked, decisions) = admin.text(id(&report)?).await?;
                let (counted, withdrawn) = (looked.report.counted, looked.report.withdrawn);
                let decisions = decisions.into_iter().map(|d| Decided {
                    seq: d.seq,
                    at: d.at,
                    decision: d.decision,
                    reasons: d.reasons,
                    decider: d.decider,
                    undone: d.undone,
                });
                let facts = looked.report.facts.clone();
                let decisions = decisions.collect();
                Answer::Text(Box::new(FullText { text: text(looked), counted, withdrawn, facts, decisions }))
            }
            Operate::Decide { report, decision, reasons } => {
                done(admin.decide(id(&report)?, decision, reasons, actor).await?)
            }
            Operate::Undo { report } => done(admin.undo(id(&report)?, actor).await?),
            Operate::Erase { report } => done(admin.erase(id(&report)?, actor).await?),
            Operate::NoteAdd { service, words, link, until } => {
                let until = until.as_deref().map(instant).transpose()?;
                let words = said(&words)?.ok_or_else(|| Refusal::bad_input("words: they are empty"))?;
                done(admin.add_note(Slug::parse(&service)?, Note { words, link, until }, actor).await?)
            }
            Operate::NoteRemove { service, note } => {
                done(admin.remove_note(Slug::parse(&service)?, note, actor).await?)
            }
            Operate::Annotate { incident, words } => {
                let words = words.as_deref().map(said).transpose()?.flatten();
                done(admin.annotate(IncidentId::parse(&incident)?, words, actor).await?)
            }
            Operate::Retract { incident, reason } => {
                let reason = match reason.as_deref().map(said).transpose()? {
                    Some(None) => return Err(Refusal::bad_input("reason: it is empty")),
                    given => given.flatten(),
                };
                done(admin.retract(IncidentId::parse(&incident)?, reason, actor).await?)
            }
            Operate::Suggestions { before, limit, all } => {
                let rows = admin.suggestions(Listing { open: !all, before, limit }).await?;
                Answer::Suggestions(rows.into_iter().map(suggestion).collect())
            }
            Operate::Accept { suggestion, category, slug, homepage } => {
                self.accept(suggestion, &category, slug, homepage, actor).await?
            }
            Operate::Reject { suggestion } => done(admin.consider(suggestion, Outcome::Rejected, actor).await?),
            Operate::Reopen { suggestion } => done(self.reopen(suggestion, actor).await?),
            Operate::Feedback { before, limit, all } => {
                let rows = admin.surveys(Listing { open: !all, before, limit }).await?;
                Answer::Feedback(rows.into_iter().map(feedback).collect())
            }
            Operate::CloseFeedback { feedback, closed } => done(admin.close_feedback(feedback, closed, actor).await?),
            Operate::OptOut { host, out } => done(admin.opt_out(&host, out, actor).await?),
            Operate::OptOuts => {
                // What was decided a moment ago is on the board, and not yet in the picture.
                admin.catch_up().await?;
                Answer::OptOuts(OptOuts { opted_out: self.handles.site.whole().opted_out.to_vec() })
            }
            Operate::AgentAdd { name, key } => {
                let seq = admin.add_agent(Slug::parse(&name)?, key, actor).await?;
                self.show_agents().await?;
                done(seq)
            }
            Operate::AgentRevoke { name, revoked } => {
                let seq = admin.revoke_agent(Slug::parse(&name)?, revoked, actor).await?;
                self.show_agents().await?;
                done(seq)
            }
            Operate::Agents => {
                self.show_agents().await?;
                Answer::Agents(Agents { agents: self.handles.agents.list().into_iter().map(agent).collect() })
            }
            Operate::Pages { wrong } => {
                admin.catch_up().await?;
                Answer::Pages(Pages { pages: self.pages(wrong) })
            }
            Operate::PageChanges { service, limit } => {
                let service = Slug::parse(&service)?;
                if self.handles.site.service(&service).is_none() {
                    return Err(allclear_engine::EngineError::NoService(service.to_string()).into());
                }
                admin.projected().await?;
                // One more than was asked for: the word before the first change.
                let rows = self.handles.archive.official(&service, None, limit.saturating_add(1)).await?;
                Answer::PageChanges(PageChanges { changes: changes(&rows, limit), service })
            }
            Operate::Audit { before, limit } => {
                let rows = admin.audit(before, limit).await?.into_iter().map(|a| Act {
                    seq: a.seq,
                    at: a.at,
                    actor: a.actor.to_string(),
                    act: a.act,
                    subject: a.subject,
                    detail: serde_json::from_str(&a.detail).unwrap_or_default(),
                });
                Answer::Audit(rows.collect())
            }
        })
    }

    /// What was decided or came a moment ago is on the board, and not yet in the picture by which the door knows an agent.
    async fn show_agents(&self) -> Result<(), Refusal> {
        self.handles.admin.catch_up().await?;
        Ok(())
    }

    /// Official pages and what they say; with `wrong`, only those with which something is.
    fn pages(&self, wrong: bool) -> Vec<PageNow> {
        let site = &self.handles.site;
        let slugs: Vec<Slug> = site.whole().catalogue.services.keys().cloned().collect();
        let now = |slug: Slug| {
            let page = site.service(&slug)?.official.clone()?;
            let word = page.word.as_ref();
            Some(PageNow {
                level: word.map(|w| w.level),
                trust: word.map(|w| w.trust),
                format: word.map(|w| w.format.clone()),
                url: word.map(|w| w.url.clone()),
                read: page.read,
                speaks: page.speaks,
                unread: page.unread.clone().map(|(since, reason)| Unread { since, reason }),
                warnings: word.map(|w| w.warnings.clone()).unwrap_or_default(),
                service: slug,
            })
        };
        let all = slugs.into_iter().filter_map(now);
        all.filter(|p| !wrong || p.unread.is_some() || !p.speaks || !p.warnings.is_empty()).collect()
    }

    /// Writes the file of a suggested service into the operator's folder and watches it from now on. A file that the
    /// catalogue cannot be with is taken away again.
    async fn accept(
        &self,
        number: u64,
        category: &str,
        slug: Option<String>,
        homepage: Option<String>,
        actor: Actor,
    ) -> Result<Answer, Refusal> {
        let admin = &self.handles.admin;
        let suggestion = admin.suggestion(number).await?;
        if suggestion.considered != Considered::Open {
            return Err(Refusal::bad_input("the suggestion is decided already; reopen it first"));
        }
        let Some(folder) = self.catalogue_folder() else {
            return Err(Refusal::bad_input(
                "there is no folder for services of your own: set catalogue.dir (or --catalogue DIR) and start the site with it",
            ));
        };
        let service = match slug {
            Some(slug) => Slug::parse(&slug)?,
            None => slug_of(&suggestion.name)?,
        };
        // A file of one's own takes the place of a built-in one.
        if self.handles.site.whole().catalogue.services.contains_key(&service) {
            return Err(Refusal::bad_input(format!(
                "{service} is watched already; say another slug with --slug, or reject the suggestion"
            )));
        }
        let category = Slug::parse(category)?;
        let homepage = homepage.or_else(|| suggestion.host.as_ref().map(|h| format!("https://{h}")));
        let homepage = homepage
            .ok_or_else(|| Refusal::bad_input("homepage: the suggestion names none; say it with --homepage URL"))?;
        let file = write_service(folder, &service, &suggestion.name, &category, &homepage)?;
        let seq = async {
            self.reload().await?;
            // The pictures follow a moment later.
            admin.catch_up().await?;
            let known = self.handles.site.whole().catalogue.services.contains_key(&service);
            if !known {
                return Err(Refusal::bad_input(format!(
                    "{service} is not among the services that catalogue.include names; add it there"
                )));
            }
            let outcome = Outcome::Accepted { service: service.clone() };
            Ok(admin.consider(number, outcome, actor).await?)
        };
        match seq.await {
            Ok(seq) => Ok(Answer::Accepted(Accepted { service, file, seq })),
            Err(refused) => {
                // Whatever of it was read is to be forgotten, too.
                drop(std::fs::remove_file(&file));
                drop(self.reload().await);
                Err(refused)
            }
        }
    }

    /// Lets a decided suggestion wait again. The file that an accepted one was given is put aside, with what was written into it since.
    async fn reopen(&self, number: u64, actor: Actor) -> Result<u64, Refusal> {
        let admin = &self.handles.admin;
        let mut aside = None;
        if let (Considered::Accepted(service), Some(folder)) =
            (admin.suggestion(number).await?.considered, self.catalogue_folder())
        {
            let file = file_of(folder, &service);
            // Nothing that was put aside before is written over.
            let mut withdrawn = file.with_extension("toml.withdrawn");
            let mut copies = 1u32;
            while withdrawn.exists() {
                copies += 1;
                withdrawn = file.with_extension(format!("toml.withdrawn-{copies}"));
            }
            // It may be gone already, or another folder be used by now.
            if file.exists() {
                let failed = |e| Refusal::failed(format!("cannot rename {}: {e}", file.display()));
                std::fs::rename(&file, &withdrawn).map_err(failed)?;
                aside = Some((file, withdrawn));
            }
        }
        let seq = async {
            if aside.is_some() {
                self.reload().await?;
            }
            Ok(admin.consider(number, Outcome::Open, actor).await?)
        };
        let seq = seq.await;
        if let (Err(_), Some((file, withdrawn))) = (&seq, aside) {
            drop(std::fs::rename(withdrawn, file));
            drop(self.reload().await);
        }
        seq
    }
}

/// Where the file of a service of one's own stands.
fn file_of(folder: &Path, slug: &Slug) -> PathBuf {
    folder.join("services").join(format!("{slug}.toml"))
}

fn id(text: &str) -> Result<ReportId, Refusal> {
    Ok(ReportId::parse(text)?)
}

fn instant(text: &str) -> Result<Time, Refusal> {
    Time::parse(text).map_err(|e| Refusal::bad_input(format!("until: {}; write it as 2026-11-28T18:00:00Z", e.problem)))
}

fn said(words: &str) -> Result<Option<FreeText>, Refusal> {
    Ok(FreeText::parse(words, FreeText::MAX)?)
}

fn text(looked: Looked) -> Text {
    let r = looked.report;
    Text {
        report: r.id.to_string(),
        at: r.at,
        service: r.service,
        symptom: r.symptom,
        state: r.text,
        reasons: r.reasons,
        text: looked.text.map(|t| t.as_str().to_owned()),
    }
}

fn agent(l: Listed) -> Agent {
    let a = l.agent;
    Agent {
        name: a.name,
        key: a.key,
        since: a.since,
        revoked: a.revoked,
        last_heard: l.seen.max(a.heard).map(|at| at.to_string()),
        last_seq: a.last_seq,
        dropped: a.dropped,
        ignored: l.ignored,
        skew_ms: a.skew_ms,
        version: l.version,
        late: a.late,
    }
}

fn suggestion(s: allclear_engine::rows::Suggestion) -> Suggestion {
    let (state, service) = match s.considered {
        Considered::Open => ("open", None),
        Considered::Accepted(service) => ("accepted", Some(service)),
        Considered::Rejected => ("rejected", None),
    };
    Suggestion {
        suggestion: s.id,
        at: s.at,
        name: s.name,
        host: s.host,
        why: s.why.map(|w| w.as_str().to_owned()),
        state: state.to_owned(),
        service,
    }
}

fn feedback(s: allclear_engine::rows::Survey) -> Feedback {
    Feedback {
        feedback: s.id,
        at: s.at,
        choice: s.choice.to_string(),
        service: s.service,
        level: s.level,
        words: s.words.map(|w| w.as_str().to_owned()),
        report: s.report.map(|id| id.to_string()),
        closed: s.closed,
    }
}

/// The slug a name suggests.
fn slug_of(name: &str) -> Result<Slug, Refusal> {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    Slug::parse(slug.trim_end_matches('-'))
        .map_err(|_| Refusal::bad_input("slug: none can be made of the name; say it with --slug"))
}

fn write_service(folder: &Path, slug: &Slug, name: &str, category: &Slug, homepage: &str) -> Result<PathBuf, Refusal> {
    let quoted = |s: &str| toml::Value::String(s.to_owned()).to_string();
    let content = format!(
        "name = {}\ncategory = {}\nhomepage = {}\n\n[verified]\nhomepage = false\n",
        quoted(name),
        quoted(category.as_str()),
        quoted(homepage)
    );
    let path = file_of(folder, slug);
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::AlreadyExists => Refusal::bad_input(format!("{} exists already", path.display())),
        _ => Refusal::failed(format!("cannot write {}: {e}", path.display())),
    };
    std::fs::create_dir_all(folder.join("services")).map_err(failed)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
    file.write_all(content.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(path)
}
