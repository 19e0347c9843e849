//! Everything that can be refused, in words. The status codes and the documents around these belong to the web side.
//! What somebody sent is repeated to them only without secrets.

use crate::redact::{beginning, redact};

/// A kind of refusal. Its code is part of the API and never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The request itself cannot be read.
    BadRequest,
    /// A browser sent a form from another site.
    CrossSite,
    /// No such page.
    NotFound,
    /// No such service.
    NoService,
    /// No such report, incident, or follow link.
    NoSuchThing,
    /// Another method is meant.
    MethodNotAllowed,
    /// Waiting for the request took too long.
    Timeout,
    /// The idempotency key was used for something else.
    KeyReused,
    /// The request is too long.
    TooLarge,
    /// The request's head is too long.
    HeadTooLarge,
    /// Another content type or encoding is meant.
    UnsupportedMedia,
    /// A field does not say what it may say.
    Invalid,
    /// Too many from one source or network.
    TooMany,
    /// A fault of ours.
    Internal,
    /// It cannot be done now.
    Unavailable,
    /// An agent's token is unknown, revoked, or did not sign this.
    NotAuthorized,
    /// An agent's clock and the site's are too far apart.
    WrongTime,
    /// A batch of an agent came before.
    Replayed,
    /// An agent speaks another version of the protocol.
    OtherVersion,
}

impl ProblemKind {
    /// All kinds, in the order they are documented.
    pub const ALL: [ProblemKind; 19] = [
        ProblemKind::BadRequest,
        ProblemKind::CrossSite,
        ProblemKind::NotFound,
        ProblemKind::NoService,
        ProblemKind::NoSuchThing,
        ProblemKind::MethodNotAllowed,
        ProblemKind::Timeout,
        ProblemKind::KeyReused,
        ProblemKind::TooLarge,
        ProblemKind::UnsupportedMedia,
        ProblemKind::Invalid,
        ProblemKind::TooMany,
        ProblemKind::HeadTooLarge,
        ProblemKind::Internal,
        ProblemKind::Unavailable,
        ProblemKind::NotAuthorized,
        ProblemKind::WrongTime,
        ProblemKind::Replayed,
        ProblemKind::OtherVersion,
    ];

    /// The code in `type` and `code` of a problem document, and the anchor in its documentation.
    pub fn code(self) -> &'static str {
        match self {
            ProblemKind::BadRequest => "bad-request",
            ProblemKind::CrossSite => "cross-site",
            ProblemKind::NotFound => "not-found",
            ProblemKind::NoService => "no-such-service",
            ProblemKind::NoSuchThing => "no-such-item",
            ProblemKind::MethodNotAllowed => "method-not-allowed",
            ProblemKind::Timeout => "request-timeout",
            ProblemKind::KeyReused => "idempotency-key-reused",
            ProblemKind::TooLarge => "too-large",
            ProblemKind::HeadTooLarge => "head-too-large",
            ProblemKind::UnsupportedMedia => "unsupported-media-type",
            ProblemKind::Invalid => "invalid-field",
            ProblemKind::TooMany => "too-many",
            ProblemKind::Internal => "internal",
            ProblemKind::Unavailable => "unavailable",
            ProblemKind::NotAuthorized => "not-authorized",
            ProblemKind::WrongTime => "wrong-time",
            ProblemKind::Replayed => "replayed",
            ProblemKind::OtherVersion => "other-version",
        }
    }

    /// The title: the same for every problem of this kind.
    pub fn title(self) -> &'static str {
        match self {
            ProblemKind::BadRequest => "The request cannot be read",
            ProblemKind::CrossSite => "This form was sent from another site",
            ProblemKind::NotFound => "There is no such page",
            ProblemKind::NoService => "There is no such service here",
            ProblemKind::NoSuchThing => "There is no such item",
            ProblemKind::MethodNotAllowed => "This address does not take this method",
            ProblemKind::Timeout => "The request took too long to arrive",
            ProblemKind::KeyReused => "This Idempotency-Key was used for something else",
            ProblemKind::TooLarge => "The request is too long",
            ProblemKind::HeadTooLarge => "The address and headers of the request are too long",
            ProblemKind::UnsupportedMedia => "This content type is not understood here",
            ProblemKind::Invalid => "A field does not say what it may say",
            ProblemKind::TooMany => "Too many from here for now",
            ProblemKind::Internal => "Something went wrong on our side",
            ProblemKind::Unavailable => "This cannot be done right now",
            ProblemKind::NotAuthorized => "Only agents of this site may do this",
            ProblemKind::WrongTime => "The agent's clock and the site's are too far apart",
            ProblemKind::Replayed => "This batch came before",
            ProblemKind::OtherVersion => "The agent and the site speak different versions",
        }
    }
}

/// Why something cannot be done now, as far as it matters to whoever asked: what became of what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotNow {
    /// More reports wait than can be taken; this one was not.
    Busy,
    /// More of anything else waits than can be taken; this was not.
    Waiting,
    /// The site stops or has not started; nothing was kept.
    Stopping,
    /// No room to keep it; nothing was kept.
    Full,
    /// It was not even tried to keep it.
    NotKept,
    /// It was tried, and the answer was lost.
    Unknown,
    /// What is stored cannot be read; nothing was to be kept.
    Unread,
}

impl NotNow {
    /// The sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            NotNow::Busy => "Too many reports are arriving at once; nothing was kept.",
            NotNow::Waiting => "Too much is being asked for at once; nothing was changed.",
            NotNow::Stopping => "The site is restarting; nothing was kept.",
            NotNow::Full => "The site has no room to keep this now; nothing was kept.",
            NotNow::NotKept => "The site's storage takes nothing now; nothing was kept.",
            NotNow::Unknown => UNSURE,
            NotNow::Unread => "The site's storage does not answer now.",
        }
    }
}

/// A path nobody answers.
pub const NO_PAGE: &str = "Nothing is kept at this address.";
/// A report, incident or follow link that does not exist (any more).
pub const NO_ITEM: &str = "Nothing is kept under this id. It may have passed its time, or the link may be cut short.";
/// An incident from before bundles were kept.
pub const NO_BUNDLE: &str =
    "No replay bundle is kept for this problem: what it was judged by was not written down then.";
/// A POST that a browser sent from elsewhere.
pub const CROSS_SITE: &str = "Forms are taken from this site's own pages only. Open the page here and send it again.";
/// The body did not arrive in time.
pub const SLOW_BODY: &str = "The body did not arrive in time. Send it again.";
/// The body broke off.
pub const BROKEN_BODY: &str = "The body broke off before its end.";
/// A head that is no HTTP.
pub const BAD_HEAD: &str = "The first line or a header of the request is not HTTP/1.1.";
/// More connections than there are places for.
pub const FULL: &str = "All places for connections are taken. Try again in a few seconds.";
/// A body in an encoding of letters that we do not read.
pub const CHARSET: &str = "Bodies are read as UTF-8 only. Send the body in UTF-8, with charset=utf-8 or none.";
/// A body with two types.
pub const TWO_TYPES: &str = "The header Content-Type was sent more than once.";
/// A compressed body.
pub const COMPRESSED: &str = "Compressed bodies are not taken. Send the body without Content-Encoding.";
/// Text that is no UTF-8.
pub const NOT_UTF8: &str = "The body is not valid UTF-8.";
/// Percent signs that lead nowhere.
pub const BAD_ESCAPE: &str = "A percent sign is not followed by two hexadecimal digits.";
/// A symptom was left out.
pub const CHOOSE_SYMPTOM: &str = "Choose what does not work.";
/// Nobody can hold another stream open.
pub const STREAMS_FULL: &str = "All places for live streams are taken. Read the page again in a while instead.";
/// A panic or a bug: nothing else ends here.
pub const INTERNAL: &str = "The fault is ours and has been noted. Try again in a while.";
/// Answer of a request that needs the archive when that is too slow.
pub const SLOW_ARCHIVE: &str = "Older records cannot be read right now. What happens now is on the service's page.";
/// Something sent whose answer did not come in time. Whether it was kept is not known.
pub const UNSURE: &str = "The site's storage gave no clear answer in time, so it is not known whether this was kept. Send it again: with the same Idempotency-Key it is kept once, and without one it is counted once in 6 hours.";
/// A suggestion without a name.
pub const NAME_NEEDED: &str = "Say which service you mean: 1 to 80 characters.";
/// A suggestion whose name looks like a way to reach somebody.
pub const NAME_IS_PERSONAL: &str =
    "Name the service, not a person: e-mail addresses and telephone numbers are not kept here.";
/// Not a web address.
pub const HOMEPAGE_FORM: &str = "This is not a web address such as https://example.org.";
/// Nothing was chosen.
pub const CHOOSE_ONE: &str = "Choose one of the answers.";
/// What is usual for a service, in another form than a week of hours.
pub const BAD_PROFILE: &str = "This is not 168 rates per minute, each at least 0.";
/// More bins than are handed out at once.
pub const SPAN_TOO_LONG: &str = "At most 10,000 bins are given at once.";
/// A report without a text, or with one that is gone.
pub const NO_TEXT: &str = "This report has no text that could be shown or hidden.";
/// A report about whose text there is one decision only.
pub const NOTHING_TO_UNDO: &str =
    "There is no decision but the first one, and that is not taken back: show or hide the text.";
/// A suggestion that is decided, or open and to be opened.
pub const DECIDED_ALREADY: &str = "It is in this state already, or decided: open it again first.";
/// Not a link that a page can have.
pub const LINK_FORM: &str = "A link begins with https:// or http://, without a user and a password.";
/// An end that lies before the beginning.
pub const IS_OVER: &str = "This instant is over already.";
/// Not a host name.
pub const HOST_FORM: &str = "This is not a host name such as www.example.org.";
/// A word that is no level.
pub const NO_LEVEL: &str = "This is not one of the levels.";

/// What a body that is no JSON object is wrong about.
pub const NO_OBJECT: &str = "it does not begin with {";
/// What `limit` may be.
pub const LIMIT_IS: &str = "a number from 1 to 100";
/// What `before` may be.
pub const CURSOR_IS: &str = "a cursor from an earlier answer";
/// What `from` and `to` may be.
pub const INSTANT_IS: &str = "an instant such as 2026-02-17T10:35:00Z";
/// What `location` may be.
pub const LOCATION_IS: &str = "the name of a location, as in checks of the service";
/// What `window` may be.
pub const WINDOW_IS: &str = "24h or 48h";
/// What `service` of a live stream may be.
pub const SLUGS_ARE: &str = "at most 20 slugs, separated by commas";
/// What `Idempotency-Key` may be.
pub const KEY_IS: &str = "1 to 128 visible ASCII characters";

/// The service asked for is not in the catalogue.
pub fn no_service(slug: &str) -> String {
    format!("No service here has the address {:?}. You can suggest it.", shortened(slug))
}

/// The symptom is not one of the service's.
pub fn no_symptom(given: &str, allowed: &str) -> String {
    format!("{:?} is not a symptom of this service. Choose one of: {allowed}.", shortened(given))
}

/// The body is too long.
pub fn too_large(limit: usize) -> String {
    format!("The body may have at most {limit} bytes.")
}

/// The head is too long.
pub fn head_too_large(limit: usize) -> String {
    format!("The first line and the headers of a request may have at most {limit} bytes together.")
}

/// Another method is meant; `allowed` as in `Allow`.
pub fn methods(allowed: &str) -> String {
    format!("This address takes these methods: {allowed}.")
}

/// A text is too long.
pub fn too_long(limit: usize) -> String {
    format!("At most {limit} characters are taken here.")
}

/// The content type is another than this one.
pub fn wants_type(wanted: &str) -> String {
    format!("Send the body with Content-Type: {wanted}.")
}

/// A field was given more than once.
pub fn twice(name: &str) -> String {
    format!("The field {:?} was sent more than once.", shortened(name))
}

/// More fields than a form of ours has.
pub fn too_many_fields(limit: usize) -> String {
    format!("A form may have at most {limit} fields.")
}

/// The body is no JSON document of the right form; `why` says where.
pub fn bad_json(why: &str) -> String {
    format!("The body is not the JSON object that is meant here: {}.", redact(why))
}

/// A query parameter does not parse.
pub fn bad_parameter(name: &str, allowed: &str) -> String {
    format!("The parameter {name} must be {allowed}.")
}

/// A query parameter that may stand once was given more than once.
pub fn parameter_twice(name: &str) -> String {
    format!("The parameter {name} was given more than once.")
}

/// A header does not parse.
pub fn bad_header(name: &str, allowed: &str) -> String {
    format!("The header {name} must be {allowed}.")
}

/// A header that may stand once was sent more than once.
pub fn header_twice(name: &str) -> String {
    format!("The header {name} was sent more than once.")
}

/// Too many requests.
pub fn too_many(retry_after_s: u64) -> String {
    let n = retry_after_s.max(1);
    if n < 120 { format!("Try again in {n} seconds.") } else { format!("Try again in {} minutes.", n.div_ceil(60)) }
}

/// At most 60 characters of what somebody sent, for repeating it to them: what comes into an answer comes into logs, too.
fn shortened(text: &str) -> String {
    beginning(text, 60)
}
