//! Hosts that a text names, also where their dots are hidden.

use unicode_normalization::UnicodeNormalization;

/// A host that a text leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Lower case, no port.
    pub(crate) host: String,
    /// Whether its dots were hidden.
    pub(crate) hidden: bool,
}

/// Ends of host names that count without `http` before them. Those that are also words or ends of file names are missing.
const ENDS: &str = " com net org info biz io ai app dev co xyz online site shop store top club live icu vip win bet casino \
    fun space website tech pro link click page cc tv gg ly gd example test invalid onion ru su ua by cn jp kr hk tw vn ph \
    id th my sg au nz ca uk ie de at ch fr nl eu es pt br ar mx cl pe uy ve ec tr gr cz hu ro bg hr se fi dk ws pw \
    ga cf gq ml tk cyou monster rest lol one bond sbs cfd buzz name mobi porn xxx sex adult cam chat news blog wiki cloud \
    finance loan money bid trade download stream support help services agency digital media network world today life me \
    us ";

/// Ends that count when the dot is spoken: here a common word would be mistaken for one.
const SPOKEN_ENDS: &str = " com net org info biz io xyz online site shop store top club live icu vip example test ru su \
    app dev fr br tr mx ar cl ly gg tv cc uk onion co ";

/// Ends that are also words after a full stop without a blank: only with something before or after it.
const WEAK_ENDS: &str = " me us my id pro one name at ch es de fr pt at top fun live win help today life space page link \
    click chat news blog by support services network media world cloud download stream trade test store app dev \
    tech site online rest se bet money club ";

/// How a dot is spoken.
const DOTS: [&str; 7] = ["dot", "punkt", "punto", "point", "ponto", "nokta", "d0t"];

/// Places that whole outages are told by, and names that belong to nobody.
const PLACES: &str = " example.com example.org example.net localhost downdetector.com xn--allestrungen-9ib.de \
    allestoerungen.de isitdownrightnow.com speedtest.net fast.com dnschecker.org whatsmydns.net ping.pe \
    archive.org wikipedia.org google.com google.de google.es google.fr google.com.br google.com.tr youtube.com \
    ubuntu.com python.org nodejs.org letsencrypt.org ssllabs.com mxtoolbox.com crt.sh web.de gmx.de gmx.net t-online.de \
    freenet.de uol.com.br terra.com.br laposte.net free.fr orange.fr asp.net socket.io vb.net ml.net java.net \
    spring.io office365.com office.com outlook.com microsoftonline.com windowsupdate.com apple.com icloud.com \
    gstatic.com googleapis.com discord.gg ";

/// Ends that only authorities, schools and hospitals have.
const PUBLIC_ENDS: [&str; 22] = [
    ".gov",
    ".gov.br",
    ".gov.uk",
    ".gov.tr",
    ".gov.au",
    ".gov.in",
    ".gov.pt",
    ".gov.co",
    ".gob.mx",
    ".gob.es",
    ".gob.ar",
    ".gob.cl",
    ".gob.pe",
    ".gouv.fr",
    ".edu",
    ".edu.tr",
    ".ac.uk",
    ".nhs.uk",
    ".jus.br",
    ".gc.ca",
    ".europa.eu",
    ".mil",
];

fn lists(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split_ascii_whitespace().any(|w| w == word)
}

/// Whether a host is no reason to look at a text, whatever the catalogue says.
pub(crate) fn is_harmless(host: &str) -> bool {
    let place = |h: &str| lists(PLACES, h);
    let mut rest = host;
    loop {
        if place(rest) {
            return true;
        }
        match rest.split_once('.') {
            Some((_, shorter)) if shorter.contains('.') => rest = shorter,
            _ => break,
        }
    }
    PUBLIC_ENDS.iter().any(|e| host.ends_with(e) || host == &e[1..])
        || [".local", ".internal", ".lan", ".localhost", ".svc"].iter().any(|e| host.ends_with(e))
}

/// All hosts of a text.
pub(crate) fn links(text: &str) -> Vec<Link> {
    let text: String = text.nfkc().collect::<String>().to_lowercase();
    let (text, bracketed) = undo_brackets(&text);
    let chunks: Vec<&str> = text.split_whitespace().collect();
    let mut out: Vec<Link> = Vec::new();
    let mut put = |host: String, hidden: bool| {
        if !out.iter().any(|l| l.host == host) {
            out.push(Link { host, hidden });
        }
    };
    for (i, chunk) in chunks.iter().enumerate() {
        hosts_in(chunk, |host| put(host, bracketed));
        if i == 0 || i + 1 >= chunks.len() {
            continue;
        }
        let before = chunks[i - 1].rsplit(|c: char| !of_host(c)).next().unwrap_or_default();
        let after = chunks[i + 1].split(|c: char| !of_host(c)).next().unwrap_or_default();
        let end = after.rsplit('.').next().unwrap_or_default();
        let spoken = DOTS.contains(chunk) && lists(SPOKEN_ENDS, end);
        let apart = *chunk == "."
            && (matches!((before, end), ("t" | "wa", "me") | ("bit", "ly"))
                || lists(SPOKEN_ENDS, end) && chunks[i - 1].chars().all(of_host));
        if !before.is_empty() && (spoken || apart) {
            put(format!("{before}.{after}"), true);
        }
    }
    out
}

fn of_host(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '.')
}

/// `[.]`, `(dot)` and the like as a dot, and whether there were any.
fn undo_brackets(text: &str) -> (String, bool) {
    let c: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut found = false;
    let mut i = 0;
    while i < c.len() {
        if matches!(c[i], '[' | '(' | '{' | '<')
            && let Some(end) = (i + 1..c.len().min(i + 8)).find(|k| matches!(c[*k], ']' | ')' | '}' | '>'))
        {
            let inside: String = c[i + 1..end].iter().collect();
            let inside = inside.trim();
            if inside == "." || DOTS.contains(&inside) {
                out.truncate(out.trim_end_matches(' ').len());
                out.push('.');
                found = true;
                i = end + 1;
                while c.get(i) == Some(&' ') {
                    i += 1;
                }
                continue;
            }
        }
        out.push(c[i]);
        i += 1;
    }
    (out, found)
}

/// Hosts within what stands between two blanks.
fn hosts_in(chunk: &str, mut put: impl FnMut(String)) {
    let splits = |c: char| {
        matches!(
            c,
            '(' | ')' | ',' | ';' | '"' | '\'' | '<' | '>' | '=' | '|' | '‹' | '›' | '[' | ']' | '»' | '«' | '→'
        )
    };
    for piece in chunk.split(splits) {
        let (scheme, rest) = match piece.split_once("://") {
            Some((_, rest)) => (true, rest),
            None => (false, piece),
        };
        let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '@');
        let host: &str = rest.split(|c: char| !of_host(c)).next().unwrap_or_default().trim_end_matches(['.', '-']);
        let after = &rest[host.len()..];
        if host.is_empty() || rest.starts_with('@') || after.starts_with('@') {
            continue;
        }
        let path = after.starts_with('/') && after.len() > 1;
        if is_host(host, scheme || host.starts_with("www."), path) {
            put(host.strip_prefix("www.").filter(|h| h.contains('.')).unwrap_or(host).to_owned());
        }
    }
}

fn is_host(host: &str, said: bool, path: bool) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let end = labels.last().copied().unwrap_or_default();
    if labels.len() < 2 || labels.iter().any(|l| l.is_empty()) || !end.chars().all(char::is_alphabetic) {
        return said && !host.is_empty() && host.chars().any(char::is_alphabetic) && host != "localhost";
    }
    if said {
        return true;
    }
    // Names of packages are written the other way round.
    if matches!(labels[0], "com" | "org" | "net" | "io" | "java" | "javax" | "system" | "microsoft") {
        return false;
    }
    // A word, a full stop, and the next sentence.
    let weak = lists(WEAK_ENDS, end);
    lists(ENDS, end) && (!weak || path || labels.len() > 2 && labels[0].len() > 1 || labels[0].contains('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Vec<String> {
        links(text).into_iter().map(|l| l.host).collect()
    }

    #[test]
    fn hosts_are_found_however_their_dots_are_written() {
        for text in [
            "see https://Foo.Shop/x?y",
            "foo.shop/x",
            "go to foo [.] shop",
            "foo(dot)shop now",
            "foo dot shop",
            "foo punto shop",
            "foo nokta shop'a",
            "hxxp://foo[.]shop",
            ">>foo.shop",
            "www.foo.shop",
            "(foo.shop)",
        ] {
            assert!(hosts(text).iter().any(|h| h == "foo.shop"), "{text}: {:?}", hosts(text));
        }
        assert_eq!(hosts("write me t . me / abc"), ["t.me"]);
        assert_eq!(hosts("https://10.example:8443/a"), ["10.example"]);
    }

    #[test]
    fn names_in_programs_and_sentences_are_no_hosts() {
        for text in [
            "java.net.SocketTimeoutException at java.base/sun.nio.ch",
            "main.py main.8c1f.js node.js",
            "no va.es asi",
            "the point me and you",
            "el punto de acceso",
            "3.5 is down",
            "client.chat.completions.create(...)",
            "down.me too",
            "e.g. this",
            "version 2.14.0",
            "...",
            "a.b",
            "ok.no",
        ] {
            assert_eq!(hosts(text), Vec::<String>::new(), "{text}");
        }
        assert!(is_harmless("www.gov.br") && is_harmless("api.example.com") && !is_harmless("example.shop"));
    }
}
