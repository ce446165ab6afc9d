//! Tones that pivot makes itself.

use std::time::Duration;

use super::pcm::{PHONE_RATE, Pcm, frames};
use crate::call::ops::Tone;

/// No generated sound is longer; a document may ask for an endless tone.
pub(super) const LONGEST: Duration = Duration::from_secs(600);

/// How loud all frequencies together are, of full scale: −13 dBm0 as telephone
/// networks send their tones.
const LEVEL: f32 = 0.25;

/// The tone as samples, cut at `LONGEST`.
pub(super) fn samples(tone: &Tone) -> Pcm {
    let on = frames(tone.on, PHONE_RATE);
    let off = frames(tone.off, PHONE_RATE);
    let most = frames(LONGEST, PHONE_RATE);
    let cycle = on.saturating_add(off).max(1);
    let total = cycle.saturating_mul(tone.times as usize).min(most);
    let share = LEVEL / tone.frequencies.len().max(1) as f32;
    let value = |frame: usize| {
        let phase = frame % cycle;
        if phase >= on {
            return 0;
        }
        let time = phase as f32 / PHONE_RATE as f32;
        let sum: f32 = tone
            .frequencies
            .iter()
            .map(|f| (time * f * std::f32::consts::TAU).sin())
            .sum();
        (sum * share * 32_767.0) as i16
    };
    Pcm {
        samples: (0..total).map(value).collect(),
        rate: PHONE_RATE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_sounds_and_pauses_as_often_as_asked() {
        let pcm = samples(&Tone {
            frequencies: vec![440.0, 480.0],
            on: Duration::from_millis(500),
            off: Duration::from_millis(250),
            times: 2,
        });
        assert_eq!(pcm.duration(), Duration::from_millis(1500));
        assert!(pcm.samples[..4000].iter().any(|s| *s > 4000));
        assert!(pcm.samples[4000..6000].iter().all(|s| *s == 0));
        assert!(pcm.samples[6000..10_000].iter().any(|s| *s > 4000));
    }

    #[test]
    fn an_endless_tone_is_cut() {
        let pcm = samples(&Tone {
            frequencies: vec![440.0],
            on: Duration::from_secs(100),
            off: Duration::ZERO,
            times: u32::MAX,
        });
        assert_eq!(pcm.duration(), LONGEST);
    }
}
