//! FreeSWITCH's notation for tones (TGML), as far as flows use it:
//! `%(ON,OFF,HERTZ,…)`, several of them, `l=LOOPS;` in front and `;loops=LOOPS`
//! behind. Other settings, as the volume `v=`, are read over.

use std::time::Duration;

use crate::call::ops::Tone;

/// What an endless tone lasts, so that a call with nobody listening ends.
const LONGEST: Duration = Duration::from_mins(10);
/// Tones after each other in one notation.
const MOST_TONES: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoTone {
    #[error("it has no %(ON,OFF,HERTZ)")]
    Empty,
    #[error("`{0}` is not understood; write %(ON,OFF,HERTZ) with milliseconds and hertz")]
    Syntax(String),
    #[error("it is longer than {} tones", MOST_TONES)]
    TooLong,
}

/// Reads a notation.
pub(super) fn parse(notation: &str) -> Result<Vec<Tone>, NoTone> {
    let mut tones = Vec::new();
    let mut each = Some(1);
    let mut all = Some(1);
    for part in notation.split(';').map(str::trim) {
        match part.split_once('=') {
            Some(("l", loops)) => each = loop_count(loops)?,
            Some(("loops", loops)) => all = loop_count(loops)?,
            Some((_, _)) => {}
            None => {
                for tone in groups(part)? {
                    tones.push(repeated(tone, each));
                }
            }
        }
    }
    if tones.len() > MOST_TONES {
        return Err(NoTone::TooLong);
    }
    match &tones[..] {
        [] => Err(NoTone::Empty),
        [tone] => {
            let single = Tone {
                times: 1,
                ..tone.clone()
            };
            let times = all.map(|all| all.saturating_mul(tone.times));
            Ok(vec![repeated(single, times)])
        }
        _ => {
            let most = MOST_TONES / tones.len();
            let times = all
                .map_or(most, |n| usize::try_from(n).unwrap_or(most))
                .min(most);
            Ok(std::iter::repeat_n(tones, times).flatten().collect())
        }
    }
}

/// Plays the tone so often; `None` is as often as is allowed.
fn repeated(tone: Tone, times: Option<u32>) -> Tone {
    let once = (tone.on + tone.off).as_millis().max(1);
    let most = u32::try_from(LONGEST.as_millis() / once)
        .unwrap_or(u32::MAX)
        .max(1);
    Tone {
        times: times.unwrap_or(most).clamp(1, most),
        ..tone
    }
}

/// -1 is endless.
fn loop_count(text: &str) -> Result<Option<u32>, NoTone> {
    let count: i64 = text
        .trim()
        .parse()
        .map_err(|_| NoTone::Syntax(text.to_owned()))?;
    Ok(u32::try_from(count).ok())
}

/// The `%(…)` in a row.
fn groups(text: &str) -> Result<Vec<Tone>, NoTone> {
    let mut tones = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let syntax = || NoTone::Syntax(rest.to_owned());
        let inner = rest.strip_prefix("%(").ok_or_else(syntax)?;
        let (numbers, after) = inner.split_once(')').ok_or_else(syntax)?;
        tones.push(tone(numbers).ok_or_else(syntax)?);
        rest = after.trim_start();
    }
    Ok(tones)
}

fn tone(numbers: &str) -> Option<Tone> {
    let mut numbers = numbers.split(',').map(str::trim);
    let mut milliseconds = || {
        let number: u64 = numbers.next()?.parse().ok()?;
        Some(Duration::from_millis(number).min(LONGEST))
    };
    let on = milliseconds()?;
    let off = milliseconds()?;
    let frequencies: Vec<f32> = numbers.map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let audible = |f: &f32| (1.0..=20_000.0).contains(f);
    if on.is_zero() || frequencies.is_empty() || !frequencies.iter().all(audible) {
        return None;
    }
    Some(Tone {
        frequencies,
        on,
        off,
        times: 1,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tone_of(on: u64, off: u64, frequencies: &[f32], times: u32) -> Tone {
        Tone {
            frequencies: frequencies.to_vec(),
            on: Duration::from_millis(on),
            off: Duration::from_millis(off),
            times,
        }
    }

    #[test]
    fn the_tones_of_a_telephone_network_are_read() {
        for (notation, expected) in [
            ("%(500,500,480,620)", tone_of(500, 500, &[480.0, 620.0], 1)),
            (
                "%(250,250,480,620);loops=25",
                tone_of(250, 250, &[480.0, 620.0], 25),
            ),
            ("v=-7;%(500,100,440)", tone_of(500, 100, &[440.0], 1)),
            ("l=3;%(500,100,440)", tone_of(500, 100, &[440.0], 3)),
            ("l=3;%(500,100,440);loops=2", tone_of(500, 100, &[440.0], 6)),
            (
                "%( 10000 , 0 , 350 , 440.5 )",
                tone_of(10_000, 0, &[350.0, 440.5], 1),
            ),
            (
                "%(2000,4000,440,480);loops=-1",
                tone_of(2000, 4000, &[440.0, 480.0], 100),
            ),
        ] {
            assert_eq!(parse(notation), Ok(vec![expected]), "{notation}");
        }
    }

    #[test]
    fn several_tones_follow_each_other() {
        let low = tone_of(100, 0, &[400.0], 1);
        let high = tone_of(200, 50, &[800.0], 1);
        let both = vec![low.clone(), high.clone()];
        assert_eq!(parse("%(100,0,400)%(200,50,800)"), Ok(both.clone()));
        assert_eq!(parse("%(100,0,400);%(200,50,800)"), Ok(both));
        let twice = vec![low.clone(), high.clone(), low, high];
        assert_eq!(parse("%(100,0,400);%(200,50,800);loops=2"), Ok(twice));
    }

    #[test]
    fn what_is_no_tone_is_told() {
        assert_eq!(parse(""), Err(NoTone::Empty));
        for notation in [
            "%(500",
            "%(500,500)",
            "%(a,b,c)",
            "beep",
            "%(0,5,440)",
            "%(5,5,-3)",
        ] {
            assert!(
                matches!(parse(notation), Err(NoTone::Syntax(_))),
                "{notation}"
            );
        }
        assert_eq!(parse("v=-7"), Err(NoTone::Empty));
        assert_eq!(parse(&"%(1,1,440)".repeat(101)), Err(NoTone::TooLong));
    }

    proptest! {
        #[test]
        fn reading_tones_never_panics_and_never_lasts_long(notation in r"[%(),;=0-9lops.\- ]{0,40}") {
            for tone in parse(&notation).unwrap_or_default() {
                let length = (tone.on + tone.off) * tone.times;
                prop_assert!(length <= LONGEST * 2, "{tone:?}");
            }
        }
    }
}
