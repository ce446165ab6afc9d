//! Whom `<Dial>` rings: its text, or the nouns inside. Each noun has a file, which
//! has the table of its attributes.
//!
//! `<User>` and `<Device>` are Kazoo's: their text is the id of a user or device,
//! and they have no attributes.

mod application;
mod client;
pub(super) mod conference;
pub(super) mod conversation_relay;
mod elsewhere;
mod leg;
pub(super) mod live;
mod number;
pub mod queue;
pub(super) mod recording;
mod sip;
pub(super) mod stream;
pub(super) mod virtual_agent;

use url::Url;

use application::Application;
use conference::Conference;
use queue::Queue;

use super::attr::{self, Attributes};
use super::element::{Element, Span};
use crate::call::ops::{Endpoint, Target};
use crate::report::Report;

const NAMES: &[&str] = &["Number", "Sip", "User", "Device", "Client"];

/// These take the whole call and cannot be rung beside others.
const ALONE: &[&str] = &["Conference", "Queue", "Application"];

/// More are not rung at once.
const MOST: usize = 10;

/// With whom a `<Dial>` connects the caller.
#[derive(Debug, Clone, PartialEq)]
pub enum Party {
    /// The first of these who answers. Empty when nobody can be rung.
    Ring(Vec<Target>),
    Application(Application),
    Conference(Box<Conference>),
    Queue(Queue),
}

impl Party {
    /// Makes the URLs absolute that are requested while somebody is rung.
    pub(super) fn resolve(&mut self, document: &Url) {
        match self {
            Self::Ring(targets) => {
                for target in targets {
                    leg::resolve(target, document);
                }
            }
            Self::Application(application) => application.resolve(document),
            Self::Queue(queue) => queue.resolve(document),
            Self::Conference(room) => room.resolve(document),
        }
    }
}

/// Reads with whom a `<Dial>` connects. Text with digits in it wins over nouns.
pub(super) fn read(dial: &Element, report: &mut Report) -> Party {
    let alone = dial
        .elements()
        .find(|noun| ALONE.contains(&noun.name.as_str()));
    match alone {
        Some(noun) if dial.text().is_empty() && !has_bad_mix(dial, report) => {
            for other in dial.elements().filter(|other| !is_noun(other)) {
                attr::stranger(other, dial, NAMES, 13215, report);
            }
            match noun.name.as_str() {
                "Queue" => Party::Queue(Queue::read(noun, report)),
                "Application" => Party::Application(Application::read(noun, report)),
                _ => Party::Conference(Box::new(Conference::read(noun, report))),
            }
        }
        _ => Party::Ring(read_targets(dial, report)),
    }
}

fn is_noun(element: &Element) -> bool {
    let name = element.name.as_str();
    [NAMES, ALONE, elsewhere::NAMES]
        .iter()
        .any(|names| names.contains(&name))
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
        if elsewhere::NAMES.contains(&child.name.as_str()) {
            elsewhere::read(child, report);
        } else if !NAMES.contains(&child.name.as_str()) {
            attr::stranger(child, dial, &[NAMES, ALONE].concat(), 13215, report);
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
    let alone = dial
        .elements()
        .find(|noun| ALONE.contains(&noun.name.as_str()))?;
    Some((alone, dial.elements().filter(|e| is_noun(e)).count() > 1))
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
        return sip::target(text, span, report);
    }
    if let Some(name) = text.strip_prefix("client:") {
        let name = identity(name, span, report)?;
        return Some(Target::new(Endpoint::Client(name)));
    }
    number::clean(text).map(|number| Target::new(Endpoint::Number(number)))
}

fn read_noun(noun: &Element, report: &mut Report) -> Option<Target> {
    match noun.name.as_str() {
        "Number" => number::read(noun, report),
        "Sip" => sip::read(noun, report),
        "Client" => client::read(noun, report),
        kazoos => {
            Attributes::of(noun, report).finish();
            attr::no_elements(noun, report);
            let id = identity(&noun.text(), text_span(noun), report)?;
            Some(Target::new(match kazoos {
                "User" => Endpoint::User(id),
                _ => Endpoint::Device(id),
            }))
        }
    }
}

/// Where a noun's text is; where the noun is, when it has none.
fn text_span(noun: &Element) -> Span {
    noun.texts()
        .next()
        .map_or_else(|| noun.span.clone(), |text| text.span.clone())
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

#[cfg(test)]
mod tests {
    use super::Party;
    use super::{Endpoint, Target};
    use crate::call::ops::Screen;
    use crate::config::Method;
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
    fn what_is_told_asked_and_sent_stands_in_the_leg() {
        let dial = clean::<Dial>(
            "<Dial><Number url='/s' method='GET' sendDigits='wW1#' byoc='BY1' \
             statusCallback='/c' statusCallbackMethod='GET' statusCallbackEvent='ringing answered'>1</Number></Dial>",
        );
        let target = &targets(dial)[0];
        let screen = Screen::Document {
            url: "/s".into(),
            method: Some(Method::Get),
        };
        assert_eq!(target.screen, Some(screen));
        assert_eq!(target.send_digits.as_deref(), Some("wW1#"));
        let notify = target.notify.as_ref().unwrap();
        assert_eq!(notify.events, ["ringing", "answered"]);
        assert_eq!(
            (notify.target.url.as_str(), notify.target.method),
            ("/c", Method::Get)
        );
    }

    #[test]
    fn bad_values_of_a_noun_leave_the_noun() {
        for (noun, code) in [
            ("<Number sendDigits='12x'>1</Number>", 13222),
            ("<Number sendDigits=''>1</Number>", 13222),
            ("<Number url='/s' method='PUT'>1</Number>", 13221),
            ("<Sip url='/s' method='PUT'>a@b.example</Sip>", 13241),
            ("<Client url='/s' method='PUT'>c</Client>", 12200),
            (
                "<Number statusCallback='/c' statusCallbackEvent='rung'>1</Number>",
                12200,
            ),
            ("<Number url='ftp://x.example/'>1</Number>", 11100),
            ("<Client>c<Parameter name='a b' value='1'/></Client>", 12200),
            (
                "<Sip>a@b.example<Headers><Header name='Via' value='1'/></Headers></Sip>",
                13252,
            ),
            ("<Sip><Uri priority='x'>a@b.example</Uri></Sip>", 12200),
        ] {
            let (dial, codes) = read::<Dial>(&format!("<Dial>{noun}</Dial>"));
            assert_eq!(targets(dial).len(), 1, "{noun}");
            assert_eq!(codes, [code], "{noun}");
        }
    }

    #[test]
    fn headers_and_parameters_may_be_elements() {
        let dial = clean::<Dial>(
            "<Dial><Sip username='shop' password='secret'>sip:a@b.example?X-One=1\
             <Headers><Header name='x-two' value='2 2'/></Headers></Sip>\
             <Client><Identity>carol</Identity><Parameter name='order_id' value='7'/>\
             <Parameter name='order_id' value='8'/></Client></Dial>",
        );
        let targets = targets(dial);
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect()
        };
        assert_eq!(
            targets[0].headers,
            pairs(&[("X-One", "1"), ("X-Two", "2 2")])
        );
        assert_eq!(targets[0].username.as_deref(), Some("shop"));
        assert_eq!(targets[1].headers, pairs(&[("X-order-id", "8")]));
    }

    #[test]
    fn of_several_addresses_the_best_by_priority_and_weight_is_rung() {
        let (dial, codes) = read::<Dial>(
            "<Dial><Sip><Uri priority='2'>a@b.example</Uri><Uri priority='1' weight='1'>b@b.example</Uri>\
             <Uri priority='1' weight='9' username='u' password='p'>c@b.example</Uri></Sip></Dial>",
        );
        let target = &targets(dial)[0];
        assert_eq!(target.endpoint, Endpoint::Sip("sip:c@b.example".into()));
        assert_eq!(target.username.as_deref(), Some("u"));
        assert_eq!(codes, [12200, 12200]);
    }

    #[test]
    fn what_no_pbx_can_ring_is_left_out() {
        for (noun, code) in [
            ("<Sim>DE1</Sim>", 13258),
            ("<WhatsApp url='/s'>+1</WhatsApp>", 13224),
        ] {
            let (dial, codes) = read::<Dial>(&format!("<Dial>{noun}<Number>1</Number></Dial>"));
            assert_eq!((targets(dial).len(), codes), (1, vec![code]));
            let (dial, _) = read::<Dial>(&format!("<Dial>{noun}</Dial>"));
            assert!(!dial.empty && targets(dial).is_empty());
        }
    }

    // Check 138.
    #[test]
    fn strangers_beside_a_noun_that_stands_alone_are_told() {
        let (_, codes) = read::<Dial>("<Dial><Conference>r</Conference><Nummer>1</Nummer></Dial>");
        assert!(codes.contains(&13215), "{codes:?}");
        let (_, codes) = read::<Dial>("<Dial><Conference>r</Conference><Sim>1</Sim></Dial>");
        assert!(codes.contains(&13000), "{codes:?}");
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
