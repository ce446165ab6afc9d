//! Whom `<Dial>` rings: its text, or the nouns inside.
//!
//! | noun | its text | attributes |
//! |---|---|---|
//! | `<Number>` | a telephone number | none yet |
//! | `<Sip>` | `sip:user@host`, the scheme may be missing; `?X-Name=value` adds headers; or a `<Uri>` inside | none yet |
//! | `<Client>` | the name of a registered client; or an `<Identity>` inside | none yet |
//! | `<User>`, `<Device>` | Kazoo's: the id of a user or device | none |

pub(super) mod conference;
pub(super) mod queue;

use percent_encoding::percent_decode_str;

use conference::Conference;
use queue::Queue;

use super::attr::{self, Attributes};
use super::element::{Element, Span};
use super::error;
use crate::call::ops::{Endpoint, Target};
use crate::report::Report;

const NAMES: &[&str] = &["Number", "Sip", "User", "Device", "Client"];

/// These take the whole call and cannot be rung beside others.
const ALONE: &[&str] = &["Conference", "Queue", "Application"];

/// Headers that a document may set besides those beginning with `X-`.
const SIP_HEADERS: &[&str] = &[
    "User-to-User",
    "Remote-Party-ID",
    "P-Preferred-Identity",
    "P-Called-Party-ID",
];

/// More are not rung at once.
const MOST: usize = 10;

/// With whom a `<Dial>` connects the caller.
#[derive(Debug, Clone, PartialEq)]
pub enum Party {
    /// The first of these who answers. Empty when nobody can be rung.
    Ring(Vec<Target>),
    Conference(Conference),
    Queue(Queue),
}

/// Reads with whom a `<Dial>` connects. Text with digits in it wins over nouns.
pub(super) fn read(dial: &Element, report: &mut Report) -> Party {
    let alone = dial
        .elements()
        .find(|noun| matches!(noun.name.as_str(), "Conference" | "Queue"));
    match alone {
        Some(noun) if dial.text().is_empty() && !has_bad_mix(dial, report) => {
            if noun.name == "Queue" {
                Party::Queue(Queue::read(noun, report))
            } else {
                Party::Conference(Conference::read(noun, report))
            }
        }
        _ => Party::Ring(read_targets(dial, report)),
    }
}

fn read_targets(dial: &Element, report: &mut Report) -> Vec<Target> {
    let text = dial.text();
    let span = dial
        .texts()
        .next()
        .map_or_else(|| dial.span.clone(), |text| text.span.clone());
    if let Some(target) = read_text(&text, span.clone(), report) {
        for child in dial.elements() {
            report
                .warn(
                    13215,
                    child.span.clone(),
                    format!("`<{}>` is skipped, since `<Dial>` has a text", child.name),
                )
                .help("remove the text, or put it into a `<Number>`");
        }
        return vec![target];
    }
    if !text.is_empty() {
        report
            .warn(
                13223,
                span,
                format!("`{text}` is not a number that can be dialled"),
            )
            .help("write a telephone number, or nouns such as `<Number>` and `<Sip>`");
    }
    if alone_among(dial).is_some_and(|(_, others)| others) {
        return Vec::new();
    }
    let mut targets = Vec::new();
    for child in dial.elements() {
        if !NAMES.contains(&child.name.as_str()) {
            attr::stranger(child, dial, NAMES, 13215, report);
        } else if targets.len() == MOST {
            report.warn(
                13250,
                child.span.clone(),
                format!("more than {MOST} parties; `<{}>` is not rung", child.name),
            );
        } else {
            targets.extend(read_noun(child, report));
        }
    }
    if text.is_empty() && dial.elements().next().is_none() {
        report
            .warn(13215, dial.span.clone(), "this `<Dial>` has nobody to ring")
            .help("write a number between its tags, as in `<Dial>+14155551212</Dial>`");
    }
    targets
}

/// The first noun that takes the whole call, and whether there are others.
fn alone_among(dial: &Element) -> Option<(&Element, bool)> {
    let is_noun = |noun: &&Element| {
        NAMES.contains(&noun.name.as_str()) || ALONE.contains(&noun.name.as_str())
    };
    let alone = dial
        .elements()
        .find(|noun| ALONE.contains(&noun.name.as_str()))?;
    Some((alone, dial.elements().filter(is_noun).count() > 1))
}

/// A conference or a queue beside another noun has no meaning.
fn has_bad_mix(dial: &Element, report: &mut Report) -> bool {
    let Some((noun, true)) = alone_among(dial) else {
        return false;
    };
    report
        .error(
            13000,
            noun.span.clone(),
            format!("`<{}>` cannot stand beside other nouns", noun.name),
        )
        .help("give it a `<Dial>` of its own");
    true
}

fn read_text(text: &str, span: Span, report: &mut Report) -> Option<Target> {
    if text.starts_with("sip:") || text.starts_with("sips:") {
        return sip(text, span, report);
    }
    if let Some(name) = text.strip_prefix("client:") {
        return Some(Target::new(Endpoint::Client(identity(name, span, report)?)));
    }
    clean_number(text).map(|number| Target::new(Endpoint::Number(number)))
}

fn read_noun(noun: &Element, report: &mut Report) -> Option<Target> {
    Attributes::of(noun, report).finish();
    let long_form = match noun.name.as_str() {
        "Sip" => "Uri",
        "Client" => "Identity",
        _ => "",
    };
    let mut text = noun.text();
    for child in noun.elements() {
        if child.name == long_form {
            Attributes::of(child, report).finish();
            text = child.text();
        } else {
            let allowed: &[&str] = if long_form.is_empty() {
                &[]
            } else {
                &[long_form]
            };
            attr::stranger(child, noun, allowed, error::SCHEMA, report);
        }
    }
    let span = noun
        .texts()
        .next()
        .map_or_else(|| noun.span.clone(), |text| text.span.clone());
    let endpoint = match noun.name.as_str() {
        "Sip" => return sip(&text, span, report),
        "User" => Endpoint::User(identity(&text, span, report)?),
        "Device" => Endpoint::Device(identity(&text, span, report)?),
        "Client" => Endpoint::Client(identity(&text, span, report)?),
        _ => {
            let number = clean_number(&text);
            if number.is_none() {
                report
                    .warn(
                        13223,
                        span,
                        format!("`{text}` is not a number that can be dialled"),
                    )
                    .help("write a telephone number, as in `+14155551212`");
            }
            Endpoint::Number(number?)
        }
    };
    Some(Target::new(endpoint))
}

/// The digits of a number, with a leading `+`, and `*` and `#` as in `*98`.
/// Everything else is taken for punctuation.
fn clean_number(text: &str) -> Option<String> {
    let number: String = text
        .chars()
        .filter(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#'))
        .enumerate()
        .filter(|(place, c)| *c != '+' || *place == 0)
        .map(|(_, c)| c)
        .collect();
    number
        .contains(|c: char| c.is_ascii_digit())
        .then_some(number)
}

/// A name that becomes part of an Asterisk endpoint.
fn identity(text: &str, span: Span, report: &mut Report) -> Option<String> {
    let plain = |c: char| c.is_alphanumeric() || "_-.+@:=~".contains(c);
    if !text.is_empty() && text.len() < 255 && text.chars().all(plain) {
        return Some(text.to_owned());
    }
    report
        .warn(
            13215,
            span,
            format!("`{text}` is not the name of anybody who can be rung"),
        )
        .help("names have letters, digits and `_-.+@:=~`");
    None
}

fn sip(text: &str, span: Span, report: &mut Report) -> Option<Target> {
    let (uri, query) = text.split_once('?').unwrap_or((text, ""));
    let with_scheme = if uri.starts_with("sip:") || uri.starts_with("sips:") {
        uri.to_owned()
    } else {
        format!("sip:{uri}")
    };
    if with_scheme.len() >= 255 {
        report.warn(13248, span, "the SIP address is longer than 254 characters");
        return None;
    }
    if !is_sip_uri(&with_scheme) {
        report
            .warn(13243, span, format!("`{uri}` is not a SIP address"))
            .help("write one as in `sip:bob@example.com`");
        return None;
    }
    let mut target = Target::new(Endpoint::Sip(with_scheme));
    target.headers = query
        .split('&')
        .filter(|header| !header.is_empty())
        .filter_map(|header| sip_header(header, &span, report))
        .collect();
    Some(target)
}

fn is_sip_uri(uri: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()+=$%@:;[]".contains(c);
    let rest = uri.split_once(':').map_or("", |(_, rest)| rest);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split(';').next().unwrap_or_default();
    !host.is_empty() && !host.starts_with(':') && rest.chars().all(plain)
}

fn sip_header(header: &str, span: &Span, report: &mut Report) -> Option<(String, String)> {
    let (name, value) = header.split_once('=').unwrap_or((header, ""));
    let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
    let token = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let allowed = SIP_HEADERS.iter().find(|h| h.eq_ignore_ascii_case(name));
    let extension = name.len() > 2 && name.get(..2).is_some_and(|x| x.eq_ignore_ascii_case("X-"));
    if !(allowed.is_some() || extension && name.chars().all(token)) {
        report
            .warn(
                13252,
                span.clone(),
                format!("`{name}` is not a header that a document may set"),
            )
            .help("headers begin with `X-`, as in `?X-Order=4711`");
        return None;
    }
    if value.len() > 1024 || value.contains(char::is_control) {
        report.warn(
            13253,
            span.clone(),
            format!("the value of `{name}` cannot be sent"),
        );
        return None;
    }
    let name = allowed.map_or_else(|| capitals(name), |name| (*name).to_owned());
    Some((name, value))
}

/// `x-order-id` as `X-Order-Id`.
fn capitals(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::Party;
    use super::{Endpoint, Target};
    use crate::twiml::verbs::dial::Dial;
    use crate::twiml::verbs::reading::{clean, read};

    fn targets(dial: Dial) -> Vec<Target> {
        match dial.party {
            Party::Ring(targets) => targets,
            other => panic!("{other:?}"),
        }
    }

    fn endpoints(xml: &str) -> Vec<Endpoint> {
        let dial = clean::<Dial>(&format!("<Dial>{xml}</Dial>"));
        targets(dial)
            .into_iter()
            .map(|target| target.endpoint)
            .collect()
    }

    #[test]
    fn numbers_lose_their_punctuation() {
        for (written, number) in [
            ("+14155551212", "+14155551212"),
            (" +1 (415) 555-1212\n", "+14155551212"),
            ("415.555.1212", "4155551212"),
            ("tel:+44-20-7946-0000", "+442079460000"),
            ("*98", "*98"),
            ("#31#0123", "#31#0123"),
            ("00+12", "0012"),
        ] {
            assert_eq!(
                endpoints(written),
                [Endpoint::Number(number.into())],
                "{written}"
            );
            let noun = format!("<Number>{written}</Number>");
            assert_eq!(
                endpoints(&noun),
                [Endpoint::Number(number.into())],
                "{written}"
            );
        }
    }

    #[test]
    fn nouns_ring_together() {
        let all = endpoints(
            "<Number>100</Number><Sip>sip:bob@example.com</Sip>\n<Client>carol</Client>\
             <User>u1</User><Device>d1</Device>",
        );
        let expected = [
            Endpoint::Number("100".into()),
            Endpoint::Sip("sip:bob@example.com".into()),
            Endpoint::Client("carol".into()),
            Endpoint::User("u1".into()),
            Endpoint::Device("d1".into()),
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn text_with_digits_wins_over_nouns_and_text_without_is_dropped() {
        let (dial, codes) = read::<Dial>("<Dial>100<Number>200</Number></Dial>");
        assert_eq!(targets(dial), [Target::new(Endpoint::Number("100".into()))]);
        assert_eq!(codes, [13215]);
        let (dial, codes) = read::<Dial>("<Dial>please <Number>200</Number></Dial>");
        assert_eq!(targets(dial), [Target::new(Endpoint::Number("200".into()))]);
        assert_eq!(codes, [13223]);
    }

    #[test]
    fn a_text_may_name_a_sip_address_or_a_client() {
        assert_eq!(
            endpoints("sip:bob@example.com"),
            [Endpoint::Sip("sip:bob@example.com".into())]
        );
        assert_eq!(
            endpoints("client:carol"),
            [Endpoint::Client("carol".into())]
        );
    }

    #[test]
    fn sip_addresses_in_all_their_forms() {
        for (written, uri) in [
            ("bob@example.com", "sip:bob@example.com"),
            ("bob@example.com:2600", "sip:bob@example.com:2600"),
            ("sips:bob@example.com", "sips:bob@example.com"),
            (
                "sip:bob@example.com;transport=tcp",
                "sip:bob@example.com;transport=tcp",
            ),
            ("sip:[2001:db8::1]:5060", "sip:[2001:db8::1]:5060"),
        ] {
            assert_eq!(
                endpoints(&format!("<Sip>{written}</Sip>")),
                [Endpoint::Sip(uri.into())],
                "{written}"
            );
        }
        let long = "<Sip><Uri>sip:bob@example.com</Uri></Sip>";
        assert_eq!(
            endpoints(long),
            [Endpoint::Sip("sip:bob@example.com".into())]
        );
        assert_eq!(
            endpoints("<Client><Identity>carol</Identity></Client>"),
            [Endpoint::Client("carol".into())]
        );
    }

    #[test]
    fn sip_headers_come_from_the_query() {
        let dial = clean::<Dial>(
            "<Dial><Sip>sip:bob@example.com?x-order-id=a%20b&amp;user-to-user=00&amp;X-Empty=</Sip></Dial>",
        );
        let target = &targets(dial)[0];
        assert_eq!(target.endpoint, Endpoint::Sip("sip:bob@example.com".into()));
        let expected = [
            ("X-Order-Id", "a b"),
            ("User-to-User", "00"),
            ("X-Empty", ""),
        ];
        assert_eq!(
            target.headers,
            expected.map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
    }

    #[test]
    fn what_cannot_be_rung_is_skipped() {
        let long = format!("<Sip>sip:{}@example.com</Sip>", "a".repeat(255));
        for (noun, code) in [
            ("<Number>home</Number>", 13223),
            ("<Number/>", 13223),
            ("<Sip/>", 13243),
            ("<Sip>sip:bob@</Sip>", 13243),
            ("<Sip>bob@example.com/../1</Sip>", 13243),
            ("<Sip>bob@example.com&amp;SIP/eve</Sip>", 13243),
            (long.as_str(), 13248),
            ("<Client>a b</Client>", 13215),
            ("<User/>", 13215),
            ("<Device>a/b</Device>", 13215),
            ("<Fax>100</Fax>", 13215),
            ("<number>100</number>", 13215),
        ] {
            let (dial, codes) = read::<Dial>(&format!("<Dial>{noun}<Number>1</Number></Dial>"));
            assert_eq!(
                targets(dial),
                [Target::new(Endpoint::Number("1".into()))],
                "{noun}"
            );
            assert_eq!(codes, [code], "{noun}");
        }
    }

    #[test]
    fn headers_that_belong_to_the_protocol_are_not_set() {
        for (query, code) in [
            ("Via=1", 13252),
            ("X-=1", 13252),
            ("X-a%0d=1", 13252),
            ("X-A=a%0d%0aVia:b", 13253),
        ] {
            let (dial, codes) =
                read::<Dial>(&format!("<Dial><Sip>a@b.example?{query}</Sip></Dial>"));
            assert!(targets(dial)[0].headers.is_empty(), "{query}");
            assert_eq!(codes, [code], "{query}");
        }
    }
}
