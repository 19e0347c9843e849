//! Templates hold no sentences: what people read or hear comes from the message table, so that it can be said in another language.

use std::collections::BTreeMap;
use std::path::Path;

/// Attributes that people neither read nor hear. Of any other, also of those that somebody adds one day, no letter may stand in a template.
const TECHNICAL: &str = "action aria-current aria-describedby aria-hidden aria-labelledby autocapitalize autocomplete autocorrect blocking charset class \
    data-for data-key data-live dir for href id inputmode lang method name preserveaspectratio property rel role scope src tabindex \
    spellcheck target type width";

/// What `<meta>` holds for programs.
const META: &str = "viewport robots twitter:card color-scheme og:type og:url og:image og:image:width og:image:height";

/// A command is not said in another language.
const COMMANDS: &str = "code";

fn has(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|one| one == name)
}

fn letters(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// The template without what askama puts in, and the texts that stand in quotes there.
fn markup_and_literals(template: &str) -> (String, Vec<String>) {
    let (mut markup, mut literals) = (String::new(), Vec::new());
    let mut rest = template;
    while let Some(at) = ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min() {
        let close = match &rest[at..at + 2] {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let end = at + rest[at..].find(close).unwrap();
        if close != "#}" {
            literals.extend(rest[at + 2..end].split('"').skip(1).step_by(2).map(ToOwned::to_owned));
        }
        markup.push_str(&rest[..at]);
        markup.push(' ');
        rest = &rest[end + 2..];
    }
    markup.push_str(rest);
    (markup, literals)
}

/// Name and value of the attributes of a tag, names in small letters.
fn attributes(tag: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut rest = tag;
    while let Some(at) = rest.find("=\"") {
        let name = rest[..at].split_whitespace().next_back().unwrap_or("").to_lowercase();
        let value = rest[at + 2..].split('"').next().unwrap();
        all.insert(name, value.to_owned());
        rest = &rest[(at + 3 + value.len()).min(rest.len())..];
    }
    all
}

/// What a template itself says to people.
fn said(template: &str) -> Vec<String> {
    let (markup, literals) = markup_and_literals(template);
    // Names of files, and paths.
    let path = |l: &str| l.contains(['/', '.']) && !l.contains(|c: char| c.is_whitespace() || c.is_uppercase());
    let mut found: Vec<String> = literals.into_iter().filter(|l| letters(l) && !path(l)).collect();
    let mut command = false;
    for piece in markup.split('<').enumerate() {
        let (tag, text) = match piece {
            (0, text) => ("", text),
            (_, piece) => piece.split_once('>').unwrap_or((piece, "")),
        };
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or("").to_lowercase();
        if has(COMMANDS, &name) {
            command = !tag.starts_with('/');
        }
        let entity = |word: &&str| !(word.starts_with('&') && word.ends_with(';'));
        let text: Vec<&str> = text.split_whitespace().filter(entity).collect();
        if !command && letters(&text.join(" ")) {
            found.push(text.join(" "));
        }
        let all = attributes(tag);
        let meta = all.get("name").or(all.get("property")).filter(|_| name == "meta");
        for (attribute, value) in &all {
            let technical = has(TECHNICAL, attribute) || attribute == "content" && meta.is_some_and(|m| has(META, m));
            if letters(value) && !technical {
                found.push(format!("{attribute}={value}"));
            }
        }
    }
    found
}

#[test]
fn no_template_holds_a_sentence_of_its_own() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let template = std::fs::read_to_string(&path).unwrap();
            assert_eq!(said(&template), Vec::<String>::new(), "{}: belongs to the message table", path.display());
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} templates were read");
}

#[test]
fn a_sentence_is_found_wherever_it_stands() {
    for (template, words) in [
        ("<p>Not down</p>", "Not down"),
        ("{{ w.x }} and <b>{{ y }}</b>", "and"),
        ("<p>{% if a > b %}up{% else %}{{ w.down }}{% endif %}</p>", "up"),
        ("<button class=\"btn\" title=\"Close\">", "title=Close"),
        ("<input value=\"Send\" aria-label=\"{{ w.send }}\">", "value=Send"),
        ("<svg aria-label=\"The last {{ n }} hours\">", "aria-label=The last   hours"),
        ("<meta name=\"description\" content=\"Status of {{ name }}\">", "content=Status of  "),
        ("<p data-new=\"Sending\">", "data-new=Sending"),
        ("<p>{{ name.unwrap_or(\"nobody\") }}</p>", "nobody"),
        ("<code>{{ file }}</code> is it", "is it"),
    ] {
        assert_eq!(said(template), [words], "{template}");
    }
    for template in [
        "<!doctype html>\n<html lang=\"en\" data-x=\"{{ a }}\"{% if b != \"\" %} hidden{% endif %}>",
        "{% extends \"base.html\" %}<a class=\"btn {{ tone }}\" href=\"{{ cx.href(\"/how\") }}?a=b\">{{ w.how }}</a> · &nbsp; ▲ 429",
        "{# Said to nobody #}<meta name=\"viewport\" content=\"width=device-width\"><code>allclear replay {{ file }}</code>",
    ] {
        assert_eq!(said(template), Vec::<String>::new(), "{template}");
    }
}
