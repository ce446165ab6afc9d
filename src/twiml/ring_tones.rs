//! What a ringing telephone sounds like, by country (`ringTone` of `<Dial>`): ITU-T
//! E.180 in Asterisk's notation, hertz and milliseconds. A shop's own
//! `indications.conf` need not have the country.

const TONES: &[(&str, &str)] = &[
    ("at", "420/1000,0/5000"),
    ("au", "413+438/400,0/200,413+438/400,0/2000"),
    ("bg", "425/1000,0/4000"),
    ("br", "425/1000,0/4000"),
    ("be", "425/1000,0/3000"),
    ("ch", "425/1000,0/4000"),
    ("cl", "400/1000,0/3000"),
    ("cn", "450/1000,0/4000"),
    ("cz", "425/1000,0/4000"),
    ("de", "425/1000,0/4000"),
    ("dk", "425/1000,0/4000"),
    ("ee", "425/1000,0/4000"),
    ("es", "425/1500,0/3000"),
    ("fi", "425/1000,0/4000"),
    ("fr", "440/1500,0/3500"),
    ("gr", "425/1000,0/4000"),
    ("hu", "425/1250,0/3750"),
    ("il", "400/1000,0/3000"),
    ("in", "400*25/400,0/200,400*25/400,0/2000"),
    ("it", "425/1000,0/4000"),
    ("lt", "425/1000,0/4000"),
    ("jp", "400+15/1000,0/2000"),
    ("mx", "425/1000,0/4000"),
    ("my", "425/400,0/200,425/400,0/2000"),
    ("nl", "425/1000,0/4000"),
    ("no", "425/1000,0/4000"),
    ("nz", "400+450/400,0/200,400+450/400,0/2000"),
    ("ph", "425+480/1000,0/4000"),
    ("pl", "425/1000,0/4000"),
    ("pt", "425/1000,0/5000"),
    ("ru", "425/1000,0/4000"),
    ("se", "425/1000,0/5000"),
    ("sg", "425*24/400,0/200,425*24/400,0/2000"),
    ("th", "425/1000,0/4000"),
    ("uk", "400+450/400,0/200,400+450/400,0/2000"),
    ("us", "440+480/2000,0/4000"),
    ("us-old", "420*40/2000,0/4000"),
    ("tw", "440+480/1000,0/2000"),
    ("ve", "425/1000,0/4000"),
    ("za", "400*33/400,0/200,400*33/400,0/2000"),
];

/// The tone of a country, in any case; `None` for one that Twilio does not name.
pub(super) fn of(country: &str) -> Option<&'static str> {
    TONES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(country))
        .map(|(_, tone)| *tone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_a_tone_that_repeats() {
        assert_eq!(TONES.len(), 40);
        for (country, tone) in TONES {
            for part in tone.split(',') {
                let (hertz, ms) = part.split_once('/').unwrap();
                assert!(ms.parse::<u32>().is_ok(), "{country}: {part}");
                for hertz in hertz.split(['+', '*']) {
                    assert!(
                        hertz.parse::<u32>().is_ok_and(|h| h < 1000),
                        "{country}: {part}"
                    );
                }
            }
        }
        assert_eq!(of("UK"), of("uk"));
        assert_eq!(of("xx"), None);
    }
}
