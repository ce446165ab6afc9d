//! Writing numbers in one way, so that what is dialled and what is stored agree, and
//! telling their kinds.

use crate::config;
use crate::patterns::{Pattern, PatternError};

/// The converters of `[numbers]`; none unless the shop has some, since what a
/// number means depends on the country.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    converters: Vec<Converter>,
    classes: Vec<(Pattern, String)>,
}

#[derive(Debug, Clone)]
struct Converter {
    pattern: Pattern,
    prefix: String,
    suffix: String,
}

impl Numbers {
    pub fn new(config: &config::Numbers) -> Result<Self, PatternError> {
        let converter = |converter: &config::Converter| {
            Ok(Converter {
                pattern: Pattern::new(&converter.regex)?,
                prefix: converter.prefix.clone(),
                suffix: converter.suffix.clone(),
            })
        };
        let class =
            |class: &config::Classifier| Ok((Pattern::new(&class.regex)?, class.name.clone()));
        Ok(Self {
            converters: config
                .converters
                .iter()
                .map(converter)
                .collect::<Result<_, _>>()?,
            classes: config
                .classifiers
                .iter()
                .map(class)
                .collect::<Result<_, _>>()?,
        })
    }

    /// The kind of a number, by which calls are restricted: `international`.
    pub fn class(&self, number: &str) -> &str {
        let mut classes = self.classes.iter();
        let found = classes.find(|(pattern, _)| pattern.is_match(number));
        found.map_or("unknown", |(_, name)| name)
    }

    /// The first converter that matches decides; the last group that it captured
    /// stays. What begins with `+` or `*` is left alone.
    pub fn normalize(&self, number: &str) -> String {
        if number.starts_with(['+', '*']) {
            return number.to_owned();
        }
        for converter in &self.converters {
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
            ..config::Numbers::default()
        })
        .unwrap()
    }

    #[test]
    fn without_converters_a_number_stays_as_it_is() {
        assert_eq!(Numbers::default().normalize("4158867900"), "4158867900");
    }

    #[test]
    fn the_first_class_whose_expression_matches_is_that_of_the_number() {
        for (number, class) in [
            ("112", "emergency"),
            ("+44207123456", "international"),
            ("0044207123456", "international"),
            ("2030", "unknown"),
        ] {
            assert_eq!(kazoo().class(number), class, "{number}");
        }
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
