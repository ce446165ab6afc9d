//! What a caller heard: length, silence, tones, words.

mod words;

use std::path::Path;
use std::time::Duration;

pub use words::{Recogniser, likeness, plain};

use crate::error::{LabError, Result};

const RATE: usize = 8000;
/// Sound is measured in windows of this many samples (20 ms).
const WINDOW: usize = 160;
/// A window whose mean square root is below this is silence. u-law noise of a
/// silent line stays under 10, speech of espeak-ng is over 1000.
const SILENCE: f64 = 120.0;
/// Pauses shorter than this are part of speech.
const PAUSE: Duration = Duration::from_millis(400);

/// A stretch of sound without a longer pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub start: Duration,
    pub end: Duration,
}

impl Segment {
    pub fn duration(&self) -> Duration {
        self.end - self.start
    }
}

/// Sound at 8 kHz, 16 bits, one channel.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    pub samples: Vec<i16>,
}

impl Heard {
    pub fn new(samples: Vec<i16>) -> Self {
        Self { samples }
    }

    /// An 8 kHz WAV file; of several channels the first.
    pub fn read_wav(path: &Path) -> Result<Self> {
        Self::read_wav_channel(path, 0)
    }

    /// One channel of an 8 kHz WAV file.
    pub fn read_wav_channel(path: &Path, channel: u16) -> Result<Self> {
        let failed = |e: hound::Error| LabError::failed(format!("{}: {e}", path.display()));
        let mut reader = hound::WavReader::open(path).map_err(failed)?;
        let spec = reader.spec();
        if spec.sample_rate as usize != RATE || channel >= spec.channels {
            return Err(LabError::failed(format!(
                "{}: {} Hz and {} channels, not 8000 Hz with channel {channel}",
                path.display(),
                spec.sample_rate,
                spec.channels
            )));
        }
        let samples: Result<Vec<i16>, _> = reader
            .samples::<i16>()
            .skip(channel.into())
            .step_by(spec.channels.into())
            .collect();
        Ok(Self::new(samples.map_err(failed)?))
    }

    pub fn write_wav(&self, path: &Path) -> Result<()> {
        let failed = |e: hound::Error| LabError::failed(format!("{}: {e}", path.display()));
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE as u32,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).map_err(failed)?;
        for sample in &self.samples {
            writer.write_sample(*sample).map_err(failed)?;
        }
        writer.finalize().map_err(failed)
    }

    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.samples.len() as u64 * 125)
    }

    /// The part from this moment on.
    #[must_use]
    pub fn after(&self, from: Duration) -> Self {
        Self::new(self.samples[self.index(from)..].to_vec())
    }

    #[must_use]
    pub fn between(&self, from: Duration, to: Duration) -> Self {
        let from = self.index(from);
        Self::new(self.samples[from..self.index(to).max(from)].to_vec())
    }

    /// The sound of one segment.
    #[must_use]
    pub fn part(&self, segment: Segment) -> Self {
        self.between(segment.start, segment.end)
    }

    fn index(&self, at: Duration) -> usize {
        ((at.as_secs_f64() * RATE as f64) as usize).min(self.samples.len())
    }

    /// Root of the mean square of all samples; a full-scale sine has 23170.
    pub fn level(&self) -> f64 {
        level(&self.samples)
    }

    pub fn is_silent(&self) -> bool {
        self.segments().is_empty()
    }

    /// Where there was sound, with pauses under 0.4 s bridged.
    pub fn segments(&self) -> Vec<Segment> {
        self.segments_with(PAUSE)
    }

    /// Where there was sound, with pauses shorter than `pause` bridged. Clicks
    /// of a single window do not count.
    pub fn segments_with(&self, pause: Duration) -> Vec<Segment> {
        let at = |window: usize| Duration::from_millis(window as u64 * 20);
        let mut segments: Vec<Segment> = Vec::new();
        for (i, window) in self.samples.chunks(WINDOW).enumerate() {
            if level(window) < SILENCE {
                continue;
            }
            match segments.last_mut() {
                Some(last) if at(i) - last.end < pause => last.end = at(i + 1),
                _ => segments.push(Segment {
                    start: at(i),
                    end: at(i + 1),
                }),
            }
        }
        segments.retain(|s| s.duration() > at(1));
        segments
    }

    /// When the first sound began.
    pub fn first_sound(&self) -> Option<Duration> {
        self.segments().first().map(|s| s.start)
    }

    /// The share of the power that lies at one frequency, 0 to 1 (Goertzel).
    pub fn share_at(&self, hertz: f64) -> f64 {
        share(&self.samples, hertz)
    }

    /// For how long a tone was heard: windows of 20 ms in which at least half
    /// of the power lies at `hertz`.
    pub fn tone_duration(&self, hertz: f64) -> Duration {
        self.tone_with_share(hertz, 0.5)
    }

    /// As [`Heard::tone_duration`] for a tone that is mixed with another: a
    /// quarter of the power is enough.
    pub fn mixed_tone_duration(&self, hertz: f64) -> Duration {
        self.tone_with_share(hertz, 0.25)
    }

    fn tone_with_share(&self, hertz: f64, least: f64) -> Duration {
        let windows = self
            .samples
            .chunks_exact(WINDOW)
            .filter(|w| level(w) >= SILENCE && share(w, hertz) > least)
            .count();
        Duration::from_millis(windows as u64 * 20)
    }
}

fn level(samples: &[i16]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    let sum: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    (sum / samples.len() as f64).sqrt()
}

fn share(samples: &[i16], hertz: f64) -> f64 {
    let count = samples.len() as f64;
    let energy: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    if energy == 0.0 {
        return 0.0;
    }
    let step = std::f64::consts::TAU * hertz / RATE as f64;
    let coefficient = 2.0 * step.cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for sample in samples {
        let s0 = f64::from(*sample) + coefficient * s1 - s2;
        (s1, s2) = (s0, s1);
    }
    let power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    // A sine of amplitude a has energy a²n/2 and Goertzel power (an/2)².
    (power * 2.0 / (count * energy)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hertz: f64, millis: usize) -> Vec<i16> {
        (0..millis * 8)
            .map(|i| ((i as f64 * hertz * std::f64::consts::TAU / 8000.0).sin() * 8000.0) as i16)
            .collect()
    }

    fn silence(millis: usize) -> Vec<i16> {
        vec![0; millis * 8]
    }

    #[test]
    fn segments_are_where_the_sound_is() {
        let samples = [
            silence(500),
            sine(440.0, 1000),
            silence(800),
            sine(600.0, 200),
            silence(100),
        ]
        .concat();
        let heard = Heard::new(samples);
        let ms = |s: &Segment| (s.start.as_millis(), s.end.as_millis());
        let found: Vec<_> = heard.segments().iter().map(ms).collect();
        assert_eq!(found, [(500, 1500), (2300, 2500)]);
        assert_eq!(heard.first_sound(), Some(Duration::from_millis(500)));
        assert!(!heard.is_silent());
        assert!(Heard::new(silence(1000)).is_silent());
    }

    #[test]
    fn short_pauses_and_clicks_make_no_segments_of_their_own() {
        let click = [silence(100), sine(1000.0, 20), silence(900)].concat();
        assert!(Heard::new(click).is_silent());
        let two = [sine(440.0, 200), silence(300), sine(440.0, 200)].concat();
        assert_eq!(Heard::new(two).segments().len(), 1);
    }

    #[test]
    fn power_is_at_the_frequency_of_the_tone_and_nowhere_else() {
        let heard = Heard::new([sine(440.0, 1000), silence(1000)].concat());
        assert!(
            heard
                .after(Duration::ZERO)
                .between(Duration::ZERO, Duration::from_secs(1))
                .share_at(440.0)
                > 0.99
        );
        assert!(heard.share_at(697.0) < 0.01);
        assert_eq!(heard.tone_duration(440.0), Duration::from_secs(1));
        assert_eq!(heard.tone_duration(900.0), Duration::ZERO);
    }
}
