//! Style sheet, scripts and images, built into the binary and named by what they contain.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;

const CSS: &str = include_str!("../../assets/site.css");
const ICON: &str = include_str!("../../assets/favicon.svg");
/// What other sites show beside a link: 1200 by 630 pixels, neutral, since it is kept for longer than a verdict holds.
const SHARED: &[u8] = include_bytes!("../../assets/share.png");
const SCRIPTS: [(&str, &str); 7] = [
    ("main.js", include_str!("../../assets/main.js")),
    ("time.js", include_str!("../../assets/time.js")),
    ("find.js", include_str!("../../assets/find.js")),
    ("lanes.js", include_str!("../../assets/lanes.js")),
    ("form.js", include_str!("../../assets/form.js")),
    ("work.js", include_str!("../../assets/work.js")),
    ("live.js", include_str!("../../assets/live.js")),
];

/// One file below `/assets/`.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Path below the base path, with the hash: `/assets/1f0a3c…/site.css`. May be cached for ever.
    pub path: String,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: Bytes,
}

/// All assets of one build and one accent. They share one hash, so that scripts find each other by name. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Assets {
    folder: Arc<str>,
    files: Arc<[Asset]>,
}

impl Default for Assets {
    fn default() -> Assets {
        Assets::new(None)
    }
}

impl Assets {
    /// Assets with the site's accent: six hex digits after `#`, else the built-in one. An accent that would be hard to
    /// read on the paper of either scheme is darkened or lightened until it has a contrast of 4.5.
    pub fn new(accent: Option<&str>) -> Assets {
        let mut css = lean(CSS);
        if let Some(rgb) = accent.and_then(parse_colour) {
            let (light, dark) = (readable(rgb, [255, 255, 255]), readable(rgb, [18, 21, 26]));
            let _ = write!(
                css,
                ":root{{--accent:{}}}@media (prefers-color-scheme:dark){{:root{{--accent:{}}}}}",
                hex(light),
                hex(dark)
            );
        }
        let mut files = vec![
            ("site.css", "text/css; charset=utf-8", Bytes::from(css)),
            ("favicon.svg", "image/svg+xml", Bytes::from(ICON.trim())),
            ("share.png", "image/png", Bytes::from_static(SHARED)),
        ];
        files.extend(SCRIPTS.iter().map(|(name, text)| (*name, "text/javascript; charset=utf-8", lean(text).into())));
        let mut hash = Sha256::new();
        for (name, _, bytes) in &files {
            hash.update(name.as_bytes());
            hash.update(bytes);
        }
        let digest = hash.finalize();
        let mut folder = String::from("/assets/");
        for b in digest.iter().take(6) {
            let _ = write!(folder, "{b:02x}");
        }
        let files = files
            .into_iter()
            .map(|(name, content_type, bytes)| Asset { path: format!("{folder}/{name}"), content_type, bytes })
            .collect();
        Assets { folder: folder.into(), files }
    }

    /// All files, to serve them.
    pub fn files(&self) -> &[Asset] {
        &self.files
    }

    /// The file at `path` (below the base path, beginning with `/assets/`).
    pub fn get(&self, path: &str) -> Option<&Asset> {
        self.files.iter().find(|f| f.path == path)
    }

    /// The file with this name, whatever its hash: for `/favicon.svg` and `/favicon.ico`.
    pub fn named(&self, name: &str) -> Option<&Asset> {
        self.files.iter().find(|f| f.path.rsplit('/').next() == Some(name))
    }

    /// Path of the file called `name`.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }
}

/// A source without comments and indentation. In our assets `/*` stands in no string, and `//` comments on lines of their own.
fn lean(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("/*") {
        code.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, r)| r);
    }
    code.push_str(rest);
    let lines = code.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("//"));
    lines.flat_map(|l| [l, "\n"]).collect()
}

fn parse_colour(text: &str) -> Option<[u8; 3]> {
    let h = text.strip_prefix('#').filter(|h| h.len() == 6 && h.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let n = u32::from_str_radix(h, 16).ok()?;
    let [_, r, g, b] = n.to_be_bytes();
    Some([r, g, b])
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Relative luminance (WCAG 2.2).
#[expect(clippy::disallowed_methods, reason = "compared with thresholds of contrast, far from the last bit")]
fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (x, y) = (luminance(a), luminance(b));
    (x.max(y) + 0.05) / (x.min(y) + 0.05)
}

/// The colour, moved towards black or white until it can be read on `paper`.
fn readable(rgb: [u8; 3], paper: [u8; 3]) -> [u8; 3] {
    let goal: u8 = if luminance(paper) > 0.5 { 0 } else { 255 };
    (0u16..=32)
        .map(|i| rgb.map(|c| u8::try_from((u16::from(c) * (32 - i) + u16::from(goal) * i) / 32).unwrap_or(goal)))
        .find(|c| contrast(*c, paper) >= 4.5)
        .unwrap_or([goal; 3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accent_can_be_read_on_both_papers() {
        for accent in ["#ffff00", "#000000", "#ffffff", "#1f4fd1", "#777777"] {
            let rgb = parse_colour(accent).unwrap();
            for paper in [[255, 255, 255], [18, 21, 26]] {
                assert!(contrast(readable(rgb, paper), paper) >= 4.5, "{accent}");
            }
        }
    }

    /// The colour of a token: in the light scheme, and in the dark one.
    fn token(name: &str) -> [[u8; 3]; 2] {
        let key = format!("--{name}: ");
        let mut found = CSS.split(key.as_str()).skip(1).map(|rest| {
            let text = rest.split(';').next().unwrap();
            // A short form has each digit once.
            let long =
                if text.len() == 4 { text[1..].chars().flat_map(|c| [c, c]).collect() } else { text[1..].to_owned() };
            parse_colour(&format!("#{long}")).unwrap()
        });
        let both = [found.next().unwrap(), found.next().unwrap()];
        assert!(found.next().is_none(), "--{name} is set once in each scheme");
        both
    }

    #[test]
    fn every_graphic_stands_out_from_its_ground_in_both_schemes() {
        let mut pairs = Vec::new();
        // Bars, what is above the usual, the edge of the band with ticks and hatching, the bars of symptoms, and the levels.
        for mark in ["bar", "bad", "edge", "ink-2", "ok", "warn", "maint", "unk"] {
            pairs.extend(["paper", "wash"].map(|ground| (mark, ground)));
        }
        // What is drawn over the band of the usual and over the shade of a problem, and the shape of a level in its pill.
        pairs.extend([("bar", "band"), ("bad", "band"), ("edge", "band"), ("bad", "inc"), ("ink-2", "unk-bg")]);
        pairs.extend([
            ("ok", "ok-bg"),
            ("warn", "warn-bg"),
            ("bad", "bad-bg"),
            ("maint", "maint-bg"),
            ("unk", "unk-bg"),
        ]);
        let mut faint = Vec::new();
        for (mark, ground) in pairs {
            for (scheme, (m, g)) in ["light", "dark"].iter().zip(token(mark).into_iter().zip(token(ground))) {
                let c = contrast(m, g);
                if c < 3.0 {
                    faint.push(format!("--{mark} on --{ground}, {scheme}: {c:.2}"));
                }
            }
        }
        assert!(faint.is_empty(), "{faint:#?}");
    }

    #[test]
    fn what_is_not_a_colour_changes_nothing() {
        for bad in ["red", "#12", "#12345g", "}body{display:none"] {
            assert_eq!(Assets::new(Some(bad)).folder, Assets::new(None).folder, "{bad}");
        }
        assert_ne!(Assets::new(Some("#aa0000")).folder, Assets::new(None).folder);
    }

    #[test]
    fn scripts_keep_their_code_and_lose_their_comments() {
        assert_eq!(
            lean("// a\n/** b\n * c\n */\n  let x = 1;\n\n/** @type {A} */ (y)?.z();\n"),
            "let x = 1;\n(y)?.z();\n"
        );
        for f in Assets::default().files() {
            assert!(!f.bytes.is_empty(), "{}", f.path);
        }
    }
}
