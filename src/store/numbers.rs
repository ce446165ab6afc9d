//! Writing numbers in one way, so that what is dialled and what is stored agree.

use crate::config;
use crate::patterns::{Pattern, PatternError};

/// The converters of `[numbers]`; none unless the shop has some, since what a
/// number means depends on the country.
#[derive(Debug, Clone, Default)]
pub struct Numbers(Vec<Converter>);

#[derive(Debug, Clone)]
struct Converter {
    pattern: Pattern,
    prefix: String,
    suffix: String,
}

impl Numbers {
    pub fn new(config: &config::Numbers) -> Result<Self, PatternError> {
        config
            .converters
            .iter()
            .map(|converter| {
                Ok(Converter {
                    pattern: Pattern::new(&converter.regex)?,
                    prefix: converter.prefix.clone(),
                    suffix: converter.suffix.clone(),
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The first converter that matches decides; the last group that it captured
    /// stays. What begins with `+` or `*` is left alone.
    pub fn normalize(&self, number: &str) -> String {
        if number.starts_with(['+', '*']) {
            return number.to_owned();
        }
        for converter in &self.0 {
            if let Some(captures) = converter.pattern.captures(number) {
                let kept = captures.last.as_deref().unwrap_or(&captures.whole);
                return format!("{}{kept}{}", converter.prefix, converter.suffix);
            }
        }
        number.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kazoo's own converters, which a shop in North America writes.
    fn kazoo() -> Numbers {
        let converter = |regex: &str, prefix: &str| config::Converter {
            regex: regex.into(),
            prefix: prefix.into(),
            suffix: String::new(),
        };
        Numbers::new(&config::Numbers {
            converters: vec![
                converter(r"^(\+?1)?([2-9]\d{2}[2-9]\d{6})$", "+1"),
                converter(r"^011(\d{5,})$|^00(\d{5,})$", "+"),
                converter(r"^[2-9]\d{7,}$", "+"),
            ],
        })
        .unwrap()
    }

    #[test]
    fn without_converters_a_number_stays_as_it_is() {
        assert_eq!(Numbers::default().normalize("4158867900"), "4158867900");
    }

    #[test]
    fn the_first_converter_that_matches_decides() {
        for (dialled, number) in [
            ("2030", "2030"),
            ("911", "911"),
            ("12345678", "12345678"),
            ("4158867900", "+14158867900"),
            ("14158867900", "+14158867900"),
            ("0044207123456", "+44207123456"),
            ("88001234567", "+88001234567"),
            ("+4158867900", "+4158867900"),
            ("*97", "*97"),
        ] {
            assert_eq!(kazoo().normalize(dialled), number, "{dialled}");
        }
    }
}
