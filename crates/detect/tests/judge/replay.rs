//! Replay: the format, its errors, and that it is the live board.

use crate::common::{Desk, catalogue, minute, slug};
use allclear_detect::replay::{Options, ReplayError, bundle, run};
use std::io::Cursor;

pub(crate) fn replay(text: &str, options: &Options) -> (Result<(), ReplayError>, String, Vec<String>) {
    let mut out = Vec::new();
    let mut warned = Vec::new();
    let r = run([("file".to_owned(), Cursor::new(text.to_owned()))], options, &mut out, &mut |w| warned.push(w));
    (r, String::from_utf8(out).unwrap(), warned)
}

fn plain(text: &str) -> (Result<(), ReplayError>, String, Vec<String>) {
    replay(text, &Options { every_s: None, catalogue: catalogue(&["a", "b"]), ..Options::default() })
}

fn error(text: &str) -> (String, u64, String) {
    match plain(text).0 {
        Err(ReplayError::Line { file, line, reason }) => (file, line, reason),
        other => panic!("{other:?}"),
    }
}

fn at(m: i64) -> String {
    format!("2026-02-17T{:02}:{:02}:00Z", m / 60, m % 60)
}

fn profile(rate: f64) -> String {
    format!("[{}]", vec![rate.to_string(); 168].join(","))
}

fn outage() -> String {
    let mut t = format!(
        "{{\"kind\":\"baseline\",\"at\":\"{}\",\"service\":\"a\",\"profile\":{},\"weeks\":8}}\n",
        at(0),
        profile(1.0)
    );
    for m in 1..300 {
        let n = if (120..160).contains(&m) { 80 } else { 1 };
        t += &format!("{{\"kind\":\"reports\",\"at\":\"{}\",\"service\":\"a\",\"count\":{n},\"span_s\":60}}\n", at(m));
    }
    t + &format!("{{\"kind\":\"end\",\"at\":\"{}\"}}\n", at(300))
}

#[test]
fn an_outage_is_told_with_its_onset_its_phases_and_its_reasons() {
    let (r, out, warned) = plain(&outage());
    r.unwrap();
    assert!(warned.is_empty(), "{warned:?}");
    let lines: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let phases: Vec<&str> = lines.iter().map(|l| l["phase"].as_str().unwrap()).collect();
    let mut distinct = phases.clone();
    distinct.dedup();
    assert!(distinct.ends_with(&["open", "recovering", "closed", "none"]), "{distinct:?}");
    let open = &lines[phases.iter().position(|p| *p == "open").unwrap()];
    assert_eq!(open["level"], "major_outage");
    // The count of the minute that ends at 02:00 is the first of the outage.
    assert_eq!(open["since"], "2026-02-17T01:59:00Z");
    assert_eq!(open["at"], "2026-02-17T02:00:00Z");
    assert_eq!(open["rule"], allclear_detect::RULE.to_string());
    assert!(open["confidence"].is_null() && open["cause"].is_null() && open["confirmed"] == false);
    for l in &lines {
        let sum: f64 = ["evidence", "against"]
            .iter()
            .flat_map(|k| l[k].as_array().unwrap())
            .map(|e| e["weight"].as_f64().unwrap())
            .sum();
        assert!((sum - l["log_odds"].as_f64().unwrap()).abs() < 0.005, "{l}");
    }
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let options = Options { every_s: Some(60), catalogue: catalogue(&["a", "b"]), ..Options::default() };
    let one = replay(&outage(), &options).1;
    assert_eq!(one, replay(&outage(), &options).1);
    assert!(one.lines().count() >= 300);
}

#[test]
fn every_prints_each_named_service_at_each_multiple() {
    let text = format!(
        "{{\"kind\":\"service\",\"at\":\"{}\",\"service\":\"zed\"}}\n{{\"kind\":\"vote\",\"at\":\"{}\",\"service\":\"a\",\"source\":\"x\"}}\n{{\"kind\":\"end\",\"at\":\"{}\"}}\n",
        at(0),
        at(1),
        at(60)
    );
    let (r, out, _) =
        replay(&text, &Options { every_s: Some(900), catalogue: catalogue(&["a", "b"]), ..Options::default() });
    r.unwrap();
    let shown: Vec<(String, String)> = out
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
        .map(|l| (l["at"].as_str().unwrap().to_owned(), l["service"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(shown.len(), 8);
    assert_eq!(shown[0], (at(15), "a".to_owned()));
    assert_eq!(shown[7], (at(60), "zed".to_owned()));
}

#[test]
fn errors_name_file_line_and_reason() {
    let good = format!("{{\"kind\":\"visits\",\"at\":\"{}\",\"service\":\"a\",\"count\":1,\"span_s\":60}}\n", at(30));
    for (bad, says) in [
        ("{\"kind\":\"nope\",\"at\":\"2026-02-17T00:30:00Z\"}", "\"nope\""),
        ("{\"kind\":\"end\",\"at\":\"yesterday\"}", "yesterday"),
        ("{\"kind\":\"end\"}", "`at` is missing"),
        ("{\"at\":\"2026-02-17T00:30:00Z\"}", "`kind` is missing"),
        ("{\"kind\":\"end\",\"at\":\"2026-02-17T00:19:59Z\"}", "10 minutes"),
        ("{\"kind\":\"end\",", "not JSON"),
        ("[1,2]", "object"),
        ("hello", "not JSON"),
        (
            "{\"kind\":\"reports\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"a\",\"count\":-1,\"span_s\":60}",
            "count",
        ),
        (
            "{\"kind\":\"reports\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"a\",\"count\":1,\"span_s\":61}",
            "60 or 900",
        ),
        (
            "{\"kind\":\"reports\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"nobody\",\"count\":1,\"span_s\":60}",
            "nobody",
        ),
        ("{\"kind\":\"report\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"a\"}", "`source` is missing"),
        (
            "{\"kind\":\"report\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"a\",\"source\":\"x\",\"country\":\"XX\"}",
            "country",
        ),
        (
            "{\"kind\":\"check\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"a\",\"check\":\"x\",\"location\":\"y\",\"outcome\":\"odd\"}",
            "`outcome` is \"odd\", it must be one of up, down, blocked, inconclusive",
        ),
        (
            "{\"kind\":\"check\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"a\",\"check\":\"x\",\"location\":\"Frankfurt 1\",\"outcome\":\"up\"}",
            "`location`: \"Frankfurt 1\" is not 1 to 64 lower-case letters, digits and single hyphens",
        ),
        (
            "{\"kind\":\"check\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"a\",\"location\":\"y\",\"outcome\":\"up\"}",
            "`check` is missing",
        ),
        (
            "{\"kind\":\"check\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"a\",\"check\":\"x\",\"location\":\"y\",\"outcome\":\"up\",\"ms\":-1}",
            "`ms` is -1",
        ),
        (
            "{\"kind\":\"check\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"a\",\"check\":\"x\",\"location\":\"y\",\"outcome\":\"down\",\"known\":true,\"ups\":3}",
            "`ups`",
        ),
        ("{\"kind\":\"official\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"a\",\"level\":\"bad\"}", "level"),
        ("{\"kind\":\"baseline\",\"at\":\"2026-02-17T00:30:00Z\",\"service\":\"a\",\"profile\":[1,2]}", "168"),
    ] {
        let (file, line, reason) = error(&format!("{good}\n{bad}\n"));
        assert_eq!((file.as_str(), line), ("file", 3), "{bad}");
        assert!(reason.contains(says), "{bad}: {reason}");
    }
    let (_, line, reason) = error(&format!("{{\"kind\":\"end\",\"at\":\"{}\"}}\n{good}", at(30)));
    assert!(line == 2 && reason.contains("end"));
}

#[test]
fn unknown_keys_and_kinds_that_are_not_judged_are_warned_of_once() {
    let mut text = String::new();
    for m in 1..5 {
        text += &format!(
            "{{\"kind\":\"visits\",\"at\":\"{}\",\"service\":\"a\",\"count\":1,\"span_s\":60,\"mood\":[1,{{}}]}}\n",
            at(m)
        );
        text += &format!(
            "{{\"kind\":\"official\",\"at\":\"{}\",\"service\":\"a\",\"level\":\"operational\",\"in_scope\":false,\"count\":3}}\n",
            at(m)
        );
        text += &format!(
            "{{\"kind\":\"state\",\"at\":\"{}\",\"service\":\"a\",\"rule\":\"1\",\"seq\":5,\"s\":[1]}}\n",
            at(m)
        );
    }
    let (r, out, warned) = plain(&text);
    r.unwrap();
    assert_eq!(out, "");
    assert_eq!(warned.len(), 4, "{warned:?}");
    assert!(warned.iter().any(|w| w.contains("\"mood\"")) && warned.iter().any(|w| w.contains("\"count\"")));
}

#[test]
fn late_lines_and_counts_of_a_quarter_of_an_hour_land_in_their_own_minutes() {
    let count = |m: i64, n: u32| {
        format!("{{\"kind\":\"reports\",\"at\":\"{}\",\"service\":\"a\",\"count\":{n},\"span_s\":60}}\n", at(m))
    };
    let end = format!("{{\"kind\":\"end\",\"at\":\"{}\"}}\n", at(200));
    let mut in_order = String::new();
    let mut late = String::new();
    for m in 1..120 {
        let n = 1 + (m % 3) as u32;
        in_order += &count(m, n);
    }
    for chunk in (1..120).collect::<Vec<i64>>().chunks(10) {
        for m in chunk.iter().rev() {
            late += &count(*m, 1 + (*m % 3) as u32);
        }
    }
    let options = Options { every_s: Some(60), catalogue: catalogue(&["a"]), ..Options::default() };
    let (a, b) = (replay(&(in_order + &end), &options).1, replay(&(late + &end), &options).1);
    // The late file begins its clock with the earliest line, which it has not seen first.
    let tail = |s: &str| s.lines().skip(30).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(tail(&a), tail(&b));

    let mut quarter = String::new();
    let mut minutes = String::new();
    for q in 1..20i64 {
        quarter += &format!(
            "{{\"kind\":\"reports\",\"at\":\"{}\",\"service\":\"a\",\"count\":{},\"span_s\":900}}\n",
            at(q * 15),
            15 * (1 + q % 4)
        );
        for m in 0..15 {
            minutes += &count((q - 1) * 15 + m + 1, (1 + q % 4) as u32);
        }
    }
    let start = format!("{{\"kind\":\"service\",\"at\":\"{}\",\"service\":\"a\"}}\n", at(0));
    let end = format!("{{\"kind\":\"end\",\"at\":\"{}\"}}\n", at(400));
    assert_eq!(
        replay(&format!("{start}{quarter}{end}"), &options).1,
        replay(&format!("{start}{minutes}{end}"), &options).1
    );
}

#[test]
fn what_does_not_divide_among_the_minutes_of_a_quarter_is_booked_in_the_last() {
    for (count, networks) in [(7, None), (14, None), (20, None), (7, Some(3)), (20, Some(3)), (44, Some(30))] {
        let start = format!("{{\"kind\":\"service\",\"at\":\"{}\",\"service\":\"a\"}}\n", at(0));
        let networks = networks.map_or(String::new(), |n: u32| format!(",\"networks\":{n}"));
        let text = format!(
            "{start}{{\"kind\":\"reports\",\"at\":\"{}\",\"service\":\"a\",\"count\":{count},\"span_s\":900{networks}}}\n{{\"kind\":\"end\",\"at\":\"{}\"}}\n",
            at(45),
            at(60)
        );
        let options = Options { every_s: Some(60), catalogue: catalogue(&["a"]), ..Options::default() };
        let (r, out, _) = replay(&text, &options);
        r.unwrap();
        let mut seen = vec![0; 61];
        for line in out.lines() {
            let v: serde_json::Value = serde_json::from_str(line).unwrap();
            let of = |part: &str| part.parse::<usize>().unwrap();
            let at = v["at"].as_str().unwrap();
            seen[of(&at[11..13]) * 60 + of(&at[14..16])] = v["reports"]["actual"].as_u64().unwrap();
        }
        let each = count / 15;
        for minute in 30..45 {
            assert_eq!(seen[minute], each * (minute as u64 - 30), "{count}{networks} at minute {minute}: {seen:?}");
        }
        assert_eq!(seen[45], count, "{count}{networks}");
    }
}

#[test]
fn single_reports_count_once_per_source_and_few_networks_make_no_alarm() {
    let line = |s: u32, source: u32, network: u32| {
        format!(
            "{{\"kind\":\"report\",\"at\":\"2026-02-17T00:{:02}:{:02}Z\",\"service\":\"a\",\"source\":\"s{source}\",\"network\":\"AS{network}\"}}\n",
            s / 60,
            s % 60
        )
    };
    let one: String = (0..200).map(|k| line(k * 4, 1, k)).collect();
    let (r, out, _) = plain(&one);
    r.unwrap();
    assert_eq!(out, "", "one source is one report");
    let few: String = (0..200).map(|k| line(k * 4, k, k % 4)).collect();
    assert!(!plain(&few).1.contains("\"open\""));
    let many: String = (0..200).map(|k| line(k * 4, k, k)).collect();
    assert!(plain(&many).1.contains("\"open\""));
    for (networks, opens) in [(3, false), (60, true)] {
        let mut text = String::new();
        for m in 1..10 {
            let at = at(m);
            text += &format!(
                "{{\"kind\":\"reports\",\"at\":\"{at}\",\"service\":\"a\",\"count\":100,\"span_s\":60,\"networks\":{networks}}}\n"
            );
        }
        assert_eq!(plain(&text).1.contains("\"open\""), opens, "{networks}");
    }
}

#[test]
fn a_gap_of_years_is_no_matter() {
    let text = "{\"kind\":\"reports\",\"at\":\"1990-01-01T00:00:00Z\",\"service\":\"a\",\"count\":1,\"span_s\":60}\n{\"kind\":\"end\",\"at\":\"1992-01-01T00:00:00Z\"}\n";
    assert!(plain(text).0.is_ok());
}

/// A bundle as the judge tells it: a burst on a service that was quiet, seen live.
fn told() -> String {
    let mut d = Desk::new(&["a"]);
    let mut source = 0;
    for m in 1..120 {
        for k in 0..(if (30..50).contains(&m) { 9 } else { i64::from(m % 20 == 0) }) {
            source += 1;
            d.report(minute(m).plus_ms(k * 5000 + 7), "a", source, (source as u64) % 40);
        }
        d.tick(minute(m + 1));
    }
    let mut incident = None;
    let mut lines = Vec::new();
    for c in &d.changes {
        if let Some(i) = &c.incident {
            incident = Some(i.clone());
            lines.extend(c.bundle.iter().cloned());
        }
    }
    bundle(&incident.unwrap(), &slug("kind"), &lines).unwrap()
}

#[test]
fn a_bundle_needs_neither_catalogue_nor_history_and_damage_to_it_is_told_or_harmless() {
    let whole = told();
    let nothing = Options::default();
    let (r, out, warned) = replay(&whole, &nothing);
    r.unwrap();
    assert!(out.contains("\"open\"") && out.contains("\"closed\""), "{out}");
    assert_eq!(warned, Vec::<String>::new());
    let state = whole.lines().nth(1).unwrap();
    assert!(state.contains("\"kind\":\"state\""));
    let line: serde_json::Value = serde_json::from_str(state).unwrap();
    let hex = line["state"].as_str().unwrap();
    for (bad, says) in [
        (hex.replacen('0', "g", 1), "hexadecimal"),
        (hex[..hex.len() - 1].to_owned(), "cut off"),
        (hex[..6].to_owned(), "cut off"),
        (hex[..hex.len() - 2].to_owned(), "checksum"),
        (format!("09{}", &hex[2..]), "another version"),
    ] {
        let (r, ..) = replay(&whole.replace(hex, &bad), &nothing);
        let error = r.unwrap_err().to_string();
        assert!(error.starts_with("file:2: `state` ") && error.contains(says), "{error}");
    }
    for (from, to, says) in [
        ("\"effective\":", "\"ineffective\":", "`effective` is missing"),
        ("\"counts\":[]", "\"counts\":[7]", "`symptoms` has"),
        ("\"watching_since\":", "\"since\":", "`watching_since` is missing"),
        ("\"listed\":", "\"unlisted\":", "`listed` is missing"),
    ] {
        let error = replay(&whole.replacen(from, to, 1), &nothing).0.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    // Other rules keep other states: such a line is passed over, and the rest is judged from nothing.
    let ours = format!("\"rule\":\"{}\"", allclear_detect::RULE);
    let (r, _, warned) = replay(&whole.replacen(&ours, "\"rule\":\"77\"", 1), &nothing);
    r.unwrap();
    assert!(warned.iter().any(|w| w.contains("not written by these rules")), "{warned:?}");
    // Whatever bytes stand in a state whose checksum holds: no panic.
    let body: Vec<u8> = (10..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
    for at in 0..body.len() {
        for value in [0, 0x7f, 0xff] {
            let mut body = body.clone();
            body[at] = value;
            let mut bytes = vec![1];
            bytes.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
            bytes.extend_from_slice(&body);
            let other = bytes.iter().fold(String::new(), |s, b| s + &format!("{b:02x}"));
            drop(replay(&whole.replace(hex, &other), &nothing));
        }
    }
}

#[test]
fn quarters_of_an_hour_are_judged_minute_by_minute_however_many_minutes_are_judged_at_once() {
    let line = |kind, m, service, count, more: &str| {
        let at = at(m);
        format!(
            "{{\"kind\":\"{kind}\",\"at\":\"{at}\",\"service\":\"{service}\",\"count\":{count},\"span_s\":900{more}}}\n"
        )
    };
    let mut quarters = line("visits", 30, "b", 1, "");
    let mut held_up = String::new();
    for m in 30..=60 * 23 {
        // Something else in every minute.
        held_up += &line("visits", m, "b", 1, "");
        // Two phases and two services, one with two counts for the same minutes, some late.
        for (service, phase, symptom, usual) in [("a", 0, "slow", 7), ("b", 4, "slow", 1), ("a", 0, "login", 2)] {
            if m % 15 == phase && m % 7 != 3 {
                let n = if (300..420).contains(&m) { usual * 31 } else { usual };
                let late = if m % 4 == 0 { 6 } else { 0 };
                let text = line("reports", m - late, service, n, &format!(",\"symptom\":\"{symptom}\""));
                quarters += &text;
                held_up += &text;
            }
        }
    }
    let end = format!("{{\"kind\":\"end\",\"at\":\"{}\"}}\n", at(60 * 23 + 59));
    let (r, out, _) = plain(&(quarters + &end));
    r.unwrap();
    let (r, minute_by_minute, _) = plain(&(held_up + &end));
    r.unwrap();
    assert!(out.contains("\"phase\":\"open\"") && out.contains("\"service\":\"b\""), "{out}");
    assert_eq!(out, minute_by_minute);
}

#[test]
fn a_symptom_that_its_service_does_not_list_and_an_odd_network_are_warned_of_once_and_count() {
    let mut listed = (*catalogue(&["a", "b"])).clone();
    let mut b = (*listed.services["b"]).clone();
    b.symptoms = [allclear_model::Symptom {
        id: allclear_model::Slug::parse("login").unwrap(),
        label: "Cannot sign in".into(),
        topic: allclear_model::Slug::parse("login").unwrap(),
    }]
    .into();
    listed.services.insert(b.slug.clone(), std::sync::Arc::new(b));
    let options = Options { catalogue: std::sync::Arc::new(listed), ..Options::default() };
    let text = |symptom: &str| {
        let mut text = String::new();
        for k in 0..300 {
            for service in ["a", "b"] {
                text += &format!(
                    "{{\"kind\":\"report\",\"at\":\"2026-02-17T00:{:02}:{:02}Z\",\"service\":\"{service}\",\"source\":\"s{k}\",\"network\":\"n{k}\",\"symptom\":\"{symptom}\"}}\n",
                    k / 60,
                    k % 60
                );
            }
        }
        text
    };
    let (r, out, warned) = replay(&text("nonsense"), &options);
    r.unwrap();
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert!(warned[0].contains("\"n0\"") && warned[0].contains("AS64500"), "{warned:?}");
    assert!(warned[1].contains("\"nonsense\"") && warned[1].contains("\"b\""), "{warned:?}");
    assert!(out.contains("\"service\":\"b\",\"level\":\"major_outage\""), "{out}");
    for known in ["login", "other"] {
        assert_eq!(replay(&text(known).replace("\"n", "\"AS"), &options).2.len(), 1, "`etwork` is a key nobody knows");
        assert_eq!(replay(&text(known).replace("\"network\":\"n", "\"network\":\"AS"), &options).2, [""; 0]);
    }
    let (line, reason) = {
        let (_, l, r) = error(&text("Not A Slug"));
        (l, r)
    };
    assert!(line == 1 && reason.contains("`symptom`"), "{reason}");
    let kinds = "{\"kind\":\"k0\",\"at\":\"2026-02-17T00:30:00Z\"}\n".repeat(3);
    assert!(error(&kinds).2.contains("\"k0\""), "an unknown kind is an error, at its first line");
}

#[test]
fn a_byte_order_mark_is_skipped_and_utf_16_is_named() {
    let marked = format!("\u{feff}{}", outage());
    let (r, out, warned) = plain(&marked);
    r.unwrap();
    assert_eq!((out, warned.len()), (plain(&outage()).1, 0));
    let two = format!("\u{feff}\n{}", outage());
    assert_eq!(plain(&two).1, plain(&outage()).1, "a line with nothing else");
    let (_, line, reason) = error(&outage().replacen('\n', "\n\u{feff}", 1));
    assert!(line == 2 && reason.contains("not JSON"), "only at the beginning of a file: {reason}");
    let mut out = Vec::new();
    let wide: Vec<u8> = [0xfe, 0xff].into_iter().chain(outage().encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let r = run([("file".to_owned(), Cursor::new(wide))], &Options::default(), &mut out, &mut |_| ());
    assert_eq!(r.unwrap_err().to_string(), "file:1: the file is UTF-16; save it as UTF-8");
}

#[test]
fn no_instant_that_is_told_of_counted_reports_has_a_fraction_of_a_second() {
    for (span, networks) in [(900, 300), (900, 3), (900, 3000), (60, 3), (60, 300)] {
        let text = format!(
            "{{\"kind\":\"reports\",\"at\":\"{}\",\"service\":\"a\",\"count\":3000,\"span_s\":{span},\"networks\":{networks}}}\n{{\"kind\":\"end\",\"at\":\"{}\"}}\n",
            at(30),
            at(240)
        );
        let options = Options { every_s: Some(60), catalogue: catalogue(&["a"]), ..Options::default() };
        let out = replay(&text, &options).1;
        assert!(out.lines().count() > 100, "{out}");
        for line in out.lines() {
            let v: serde_json::Value = serde_json::from_str(line).unwrap();
            for key in ["at", "since"] {
                assert!(v[key].as_str().unwrap().ends_with(":00Z"), "{span} {networks}: {line}");
            }
        }
    }
}
