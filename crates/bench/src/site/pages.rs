//! Serving pages: beside nginx with the same bytes, after a change, and while reports come in.

use super::load::{Load, reports};
use super::process::{Nginx, Site, Start, cores, wrk};
use super::{SiteArgs, http, show};
use crate::goals::Goals;
use std::time::Duration;

/// The service whose page is asked for.
const PAGE: &str = "/s/openrouter";
/// Reports a second that come in while pages are served.
const RATE: f64 = 5000.0;
/// Connections of those reports: enough that each may wait while all cores are busy with pages.
const MANY: usize = 256;

/// Requests a second and CPU a request, beside nginx `gzip_static` with the same bytes.
pub(super) fn pages(args: &SiteArgs) -> anyhow::Result<()> {
    let dir = args.temp()?;
    let (server, loader) = cores();
    let site = Site::start(&args.binary, &dir.path().join("data"), &Start { core: server, ..Start::default() })?;
    let plain = http::get(&site.address, PAGE, false)?;
    let packed = http::get(&site.address, PAGE, true)?;
    anyhow::ensure!(
        plain.status == 200 && packed.header("content-encoding") == Some("gzip"),
        "{PAGE} is not served with gzip"
    );
    let root = dir.path().join("www");
    std::fs::create_dir_all(&root)?;
    std::fs::write(root.join("page.html"), &plain.body)?;
    std::fs::write(root.join("page.html.gz"), &packed.body)?;
    let nginx = Nginx::start(&root, dir.path(), server)?;
    let same = http::get(&nginx.address, "/page.html", true)?;
    anyhow::ensure!(same.body == packed.body, "nginx does not serve the same bytes");
    let (mut rate, mut cpu, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..args.rounds() {
        let one = |process: &super::process::Process, url: &str| -> anyhow::Result<(f64, f64)> {
            wrk(url, 1, loader)?;
            let before = process.cpu_s()?;
            let rate = wrk(url, args.seconds(), loader)?;
            Ok((rate, (process.cpu_s()? - before) / (rate * args.seconds() as f64) * 1e6))
        };
        let a = one(&site.process, &format!("http://{}{PAGE}", site.address))?;
        let b = one(&nginx.process, &format!("http://{}/page.html", nginx.address))?;
        rate.push(a.0 / b.0);
        cpu.push(a.1 / b.1);
        ours.push(a);
        theirs.push(b);
    }
    let column = |v: &[(f64, f64)], i: usize| v.iter().map(|x| if i == 0 { x.0 } else { x.1 }).collect::<Vec<_>>();
    println!("{PAGE}: {} bytes of HTML, {} with gzip on the wire", plain.body.len(), packed.body.len());
    drop(site);
    // With reports, checks, an official page and past problems.
    let day = Start { demo: true, ..Start::default() };
    let day = Site::start(&args.binary, &dir.path().join("day"), &day)?;
    let first_view = first_view(&day.address)?;
    println!("| | requests/s | CPU us/request |\n|---|---|---|");
    println!("| Allclear | {} | {} |", show(&column(&ours, 0), 0), show(&column(&ours, 1), 1));
    println!("| nginx gzip_static | {} | {} |", show(&column(&theirs, 0), 0), show(&column(&theirs, 1), 1));
    println!("| ratio (goal: at least 0.75, at most 1.5) | {} | {} |", show(&rate, 2), show(&cpu, 2));
    // No matter of speed: in a quick run, too.
    anyhow::ensure!(first_view <= FIRST_VIEW, "the first view is larger than {FIRST_VIEW} bytes");
    let mut goals = Goals::new(args.quick);
    goals.at_least("requests/s beside nginx", &rate, 0.75);
    goals.at_most("CPU a request beside nginx", &cpu, 1.5);
    goals.met()
}

/// Bytes on the wire that the first view of a page of a service may have, heads of answers included.
const FIRST_VIEW: usize = 40_000;

/// What stands behind the last dot.
fn kind(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

/// Prints what a browser that has nothing yet loads for the heaviest page of a service: the page, style sheet, scripts with
/// all that they import, icon; heads of answers included. Gives how many bytes that are.
fn first_view(address: &str) -> anyhow::Result<usize> {
    let wire = |path: &str| -> anyhow::Result<(usize, String)> {
        let packed = http::get(address, path, true)?;
        anyhow::ensure!(packed.status == 200, "{path} is answered with {}", packed.status);
        let plain = http::get(address, path, false)?;
        Ok((packed.head.len() + packed.body.len(), String::from_utf8_lossy(&plain.body).into_owned()))
    };
    let mut heaviest = (0, String::new());
    for slug in http::slugs(address)? {
        let a = http::get(address, &format!("/s/{slug}"), true)?;
        heaviest = heaviest.max((a.head.len() + a.body.len(), slug));
    }
    let (html, text) = wire(&format!("/s/{}", heaviest.1))?;
    let mut parts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    let is_part = |path: &&str| ["css", "js", "svg"].contains(&kind(path)) && path.contains("/assets/");
    let mut wanted: Vec<String> =
        text.split('"').filter(|a| a.starts_with('/')).filter(is_part).map(str::to_owned).collect();
    while let Some(path) = wanted.pop() {
        if parts.contains_key(&path) {
            continue;
        }
        let (bytes, text) = wire(&path)?;
        if kind(&path) == "js" {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let imports = text.split(['\'', '"']).filter_map(|s| s.strip_prefix("./")).filter(|s| kind(s) == "js");
            wanted.extend(imports.map(|name| format!("{folder}/{name}")));
        }
        parts.insert(path, bytes);
    }
    let of = |what: &str| parts.iter().filter(|(p, _)| kind(p) == what).map(|(_, n)| n).sum::<usize>();
    let (css, js, svg) = (of("css"), of("js"), of("svg"));
    let all = html + css + js + svg;
    println!(
        "first view of the heaviest page, /s/{}: {} bytes on the wire ({html} page, {css} style, {js} scripts, {svg} icon; {} requests; goal: at most {FIRST_VIEW})",
        heaviest.1,
        all,
        parts.len() + 1
    );
    Ok(all)
}

/// CPU of one rendering with gzip: reports alone, then the same number of reports each followed by a view.
pub(super) fn render(args: &SiteArgs) -> anyhow::Result<()> {
    let dir = args.temp()?;
    let site = Site::start(&args.binary, &dir.path().join("data"), &Start::default())?;
    let n: u32 = if args.quick { 20 } else { 100 };
    // Pictures are published a while after the answer, many reports in one.
    let rest = Duration::from_millis(40);
    let mut first = 0;
    let (mut costs, mut hot, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    let mut c = http::connect(&site.address)?;
    let view = http::get_request(PAGE, true);
    let mut tags = std::collections::BTreeSet::new();
    let mut cycles = |report: bool, look: bool| -> anyhow::Result<(f64, usize)> {
        let before = site.process.cpu_s()?;
        let known = tags.len();
        for _ in 0..n {
            if report {
                http::ask(&mut c, &http::report_request("openrouter", first))?;
                first += 1;
            }
            std::thread::sleep(rest);
            if look {
                let a = http::ask(&mut c, &view)?;
                tags.extend(a.header("etag").map(str::to_owned));
            }
        }
        Ok((site.process.cpu_s()? - before, tags.len() - known))
    };
    for _ in 0..args.rounds() {
        let idle = cycles(false, false)?.0;
        let reports = cycles(true, false)?.0;
        let memory = (cycles(false, true)?.0 - idle) / f64::from(n);
        let (both, new) = cycles(true, true)?;
        // What is left when the reports, and the views as if from memory, are taken away is the rendering.
        costs.push((both - reports - memory * f64::from(n)) / new.max(1) as f64 * 1000.0 + memory * 1000.0);
        hot.push(memory * 1000.0);
        shares.push(new as f64 / f64::from(n));
    }
    println!("CPU of a view that renders anew, with gzip: {} ms (goal: at most 1)", show(&costs, 3));
    println!("CPU of the same view from memory, one at a time: {} ms", show(&hot, 3));
    println!("share of views that were new: {}", show(&shares, 2));
    let mut goals = Goals::new(args.quick);
    goals.at_most("ms of CPU to render anew", &costs, 1.0);
    goals.met()
}

/// Page requests a second alone, and while reports come in.
pub(super) fn mixed(args: &SiteArgs) -> anyhow::Result<()> {
    let dir = args.temp()?;
    let site = Site::start(&args.binary, &dir.path().join("data"), &Start::default())?;
    // Every second report is of the service whose page is read, so that it changes as often as it can.
    let read = PAGE.trim_start_matches("/s/");
    let slugs: Vec<String> = http::slugs(&site.address)?.into_iter().flat_map(|s| [s, read.to_owned()]).collect();
    let url = format!("http://{}{PAGE}", site.address);
    let (mut ratios, mut alone, mut with, mut taken) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..args.rounds() {
        let a = wrk(&url, args.seconds(), None)?;
        let make = reports(slugs.clone(), u32::try_from(round)? * 10_000_000, 1);
        let load = Load::of(&site.address, Duration::from_secs(args.seconds() + 1), make);
        let reports = Load { connections: MANY, rate: Some(RATE), ..load }.start();
        std::thread::sleep(Duration::from_millis(500));
        let b = wrk(&url, args.seconds(), None)?;
        let r = reports.join().map_err(|_| anyhow::anyhow!("the load ended early"))??.only(202)?;
        taken.push(r.per_second);
        ratios.push(b / a);
        alone.push(a);
        with.push(b);
    }
    println!(
        "page requests/s alone {}, with reports {}, ratio {} (goal: at least 0.5)",
        show(&alone, 0),
        show(&with, 0),
        show(&ratios, 2)
    );
    println!("reports/s taken in meanwhile: {} of {RATE:.0} asked for", show(&taken, 0));
    let mut goals = Goals::new(args.quick);
    goals.at_least("page requests/s while reports come in", &ratios, 0.5);
    // The loader, wrk and the site share the cores; with much less taken in, it is not the goal's case.
    goals.at_least("reports/s taken in meanwhile", &taken, 0.95 * RATE);
    goals.met()
}
