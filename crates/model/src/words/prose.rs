//! The longer texts: how verdicts are made, privacy, terms. Markdown; `{site}` stands for the site's name.

/// How verdicts are made.
pub const HOW: &str = "\
Every page of {site} answers one question: is it down, since when, for whom, and what should I do now? \
The answer is made by fixed rules from what witnesses say. Nobody types it.

## Three witnesses

- **People** who report a problem, or say that it works for them. They are heard on every page.
- **Checks of our own**, where this site runs them. Where it runs none, the lane on the page says *not watched yet*.
- **The service’s own official status page**, where this site reads it. Where it reads none, the lane on the page says *not watched yet*.

As long as only people speak, or only the official page does, no problem is called confirmed. The first line then says *Probably*, never *Yes*. \
A check that fails makes no problem while nobody else says so: the page says that it fails, and that nobody else says so.

## The first line

| It says | When |
|---|---|
| Yes | two kinds of witness agree that there is a problem |
| Partly | they agree, and it concerns only some, who are named; or its official page announces maintenance |
| Probably | only people say so, and many more than usual; or only its official page says so |
| No sign of a problem | enough witnesses are listening, and there are too few signs of one |
| We cannot tell | too few people report for silence to mean anything, and neither a check of ours nor its official page shows that all is well; or our own check fails and too few people say so too |

## From reports to a verdict

1. **What is usual.** For every service we learn how many reports are usual in each hour of the week. A new service begins with what is usual for its kind.
2. **What counts.** One source counts once in 6 hours for one service. Many reports from one network weigh less than the same number from many networks. A report of which nothing speaks for a person weighs less. Repeats are listed, and marked, but not counted. The page says what share of the last hour’s reports was taken off, and why.
3. **What stands out.** The chart shows the upper end of what is usual: about 1 in 100 quarter hours lies above it by chance. An alarm needs more than that: the excess is added up over time, so that a small and steady excess is seen as well as a sudden one.
4. **How bad.** What comes nearest to 4 times the usual number reads *degraded*, to 10 times *partial outage*, to 50 times *major outage*. These are signs that people give us, not measurements of the service.
5. **Since when.** The beginning is estimated from where the numbers changed, so it can lie before the moment of the alarm.
6. **When it is over.** Reports have to fall back and stay there. If they come back within 30 minutes, it is the same problem.

## Checks of our own

Where this site runs checks, the chart has a strip for each location they run from: a low bar where the check was up, a half one where it could not tell, a full one where it failed. \
With more than four locations, the last strip shows the worst that the rest of them found. \
A location is believed once a check has passed from there. It has a say for 10 minutes after it last passed or failed. \
Checks fail when more than half of the locations that have a say fail; then they confirm what many people report, or what the official page announces. \
A run that was blocked or unclear says nothing: neither that the service is up nor that it is down.

## The official page

Where this site reads a service’s official page, the chart has a strip of what it said: a low bar for no problem, higher ones for degraded performance, a partial outage and a major outage, \
one that floats for maintenance, a thin line where it said nothing clear; hatched where it was not read. Its newest words stand below as an excerpt, with a link. They are the vendor’s, not ours. \
A page has a say for half an hour after it was last read. One that cannot be read says nothing: neither that the service is up nor that it is down.

What it announces confirms what many people report, or what our own checks find. By itself it makes a probable problem. \
A mere degradation that neither people nor our checks notice makes none; the page then says that only the vendor speaks of it. \
Vendors are often late, so a page that announces nothing weighs little against what people report. Where hardly anybody reports, it is a good sign, \
unless it is a log of announcements: such a page never says that all is well.

## Silence

No reports can mean that all is well, or that nobody was looking. We take silence as a good sign only where at least 3 reports would have been usual, \
or where our own checks pass, or the official page says that all is well. Everywhere else the page says *We cannot tell*. Times in which we did not listen ourselves are hatched in the chart.

## Uptime

The page of past problems has a bar for each of the last 90 days and a row for each month. They count what this page said at the end of every minute. \
A percentage is the minutes with no sign of a problem in all minutes of which we knew: time in which we could not tell, or in which nobody watched, counts neither way, and neither does announced maintenance. \
It stands only where at least half of the time is known. A bar shows the worst that lasted for 5 minutes or more of its day.

## Why this verdict

Each page lists what was weighed, for and against, with its weight. The weights add up to the sum shown. They are not calibrated yet, so we name no probability. \
The same evidence gives the same verdict on every computer; the data of a problem can be downloaded and replayed.

## When we are wrong

Every verdict has a link that says so. Tell us: a wrong *Probably* and a missed problem both count.
";

/// What is kept about readers and reporters. In braces: what the configuration says.
pub const PRIVACY: &str = "\
{site} has no accounts, sets no cookies, loads nothing from other hosts and has no advertising and no trackers.

## When you read

Page views are counted per service and minute, together with whether a visit came from a search engine, from news or social media, from elsewhere or directly. \
No address, no browser and no identity is stored or logged with it.

## When you report

We keep: the service, what you tapped, the time, and a country if you chose one. {country} The country is shown only where at least 5 reports of a day came from it. \
The line is kept for {lines} days, the counts of its time for ever, without anything about you.

We do not keep your address. To count each source once, we keep two keyed hashes, one of the address and one of its network. The key changes every day at midnight UTC. \
Yesterday’s key is destroyed at 06:00 UTC, and the hashes made with it are blanked then. After that nobody, including us, can tell which reports came from one source.

If you write details, keys, passwords, e-mail addresses, network addresses and long numbers are taken out before the text is stored, logged or shown to anybody; what you typed is not kept. \
What is left is checked by rules and compared with labelled texts, and where that leaves a doubt looked at by a person, then shown. It is kept for {texts} days, apart from everything else, and can be erased at any time: by you with the link to your report, or by us. \
Of an error message that you paste we keep its facts (status, kind of error, model, address of the service, the first 8 signs of a request id) and nothing else.

A form tells us how long it was open, so that programs weigh less than people. While somebody floods the site, your browser is asked to compute for a second. Of that only how much the report weighs is kept.

If you say that it works for you, we keep the service, the time, the two hashes and a country as with a report; the country is shown nowhere and goes with the log. \
If you flag a text, the two hashes are kept with the flag. Hashes are blanked as those of a report are.

After sending you get a link to your report. Its random token is the only way to change or withdraw it. It is not tied to your address. \
Withdrawing takes its line away; the counts of its time are not rewritten.

## When you suggest a service or send feedback

We keep the name, the host name and the words that you send, or the choice that you made and which page or report it is about, and the time, for {forms} days. Nothing about you.

## Where it is kept

In files of one folder on the machine that runs {site}{place}, and in copies of it that its operators make. Nothing is sent anywhere else. \
The log of all that happened is kept for {journal} days, then only what is said above, and for {lines} days what our own checks found, which says nothing of anybody. The keys of the hashes are in no copy.

## What your browser keeps

Nothing, beyond its usual cache of pages, style sheet and scripts.
";

/// With a file that tells countries.
pub const PRIVACY_LOOKED_UP: &str = "If you chose none, it is looked up from your address, in a file on our own machine; the address itself is not kept.";

/// Without one.
pub const PRIVACY_CHOSEN: &str = "If you chose none, none is kept.";

/// Terms of use.
pub const TERMS: &str = "\
{site} shows what people report, by rules that are written down and what was learned from labelled texts. It is given as it is: it can be wrong, late or out of reach. \
Do not let it alone decide where safety, health or large sums of money are at stake.

- **Report what you see yourself.** Do not report what did not happen, and do not let programs report what no person saw.
- **Do not enter secrets or personal data.**
- **Reading by programs is welcome**, through the API, at a rate that leaves room for others. After the instant named `fresh_until`, an answer has to be taken as unknown.
- **Names of services** belong to their owners and are used to say what is meant. {site} is not affiliated with any of them.
- **You run such a service and something here is wrong?** Use the link “This is wrong” on its page, or write to the contact of this site.
";

/// The API in short: method and path, what it gives.
pub const API: [(&str, &str); 12] = [
    ("GET /api/v1/services", "All services: slug, name, category, level, since"),
    (
        "GET /api/v1/services/{slug}",
        "One service: level, phase, whether it is confirmed, since when, counts, symptoms, evidence, our checks, its official page, fresh_until",
    ),
    ("GET /api/v1/services/{slug}/chart?window=24h", "96 bins of 15 minutes: start, actual, expected, upper"),
    ("GET /api/v1/services/{slug}/incidents", "Past problems"),
    ("GET /api/v1/incidents/{id}", "One problem with its timeline"),
    (
        "POST /api/v1/services/{slug}/reports",
        "Report a problem: {\"symptom\":\"…\",\"text\":\"…\",\"error\":\"…\",\"country\":\"…\"}; the answer is 202 once the report is safe",
    ),
    ("POST /api/v1/services/{slug}/votes", "“It works for me”"),
    ("GET /api/v1/reports/{id}", "One report"),
    ("POST /api/v1/reports/{id}/flags", "Flag a report’s text"),
    (
        "GET /api/v1/challenge",
        "What a form sends back with a report: when it was made, and a proof of work while one is asked for",
    ),
    ("GET /api/v1/live?service={slug}", "Server-sent events: every change, as it happens"),
    ("GET /s/{slug}/api/v2/summary.json", "The same in the shape that status-page clients know"),
];

/// What a program has to know before it uses the API.
pub const API_RULES: &str = "\
Reading needs no key and is allowed from every origin. Answers carry an `ETag`; ask with `If-None-Match`. \
Every verdict carries `fresh_until`: **after that instant take the level as `unknown`**, whatever it said. \
`confirmed` is false as long as only one kind of witness says so: retry and wait on such a verdict, fail over only if you see the problem yourself. \
Errors are problem documents (RFC 9457). Send an `Idempotency-Key` with a report, so that sending it twice is one report.
";
