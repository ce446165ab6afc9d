//! Recorded sound: reading, measuring, trimming, merging.

use std::time::Duration;

use crate::media::pcm;

/// Interleaved 16-bit sound.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sound {
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) samples: Vec<i16>,
}

/// Mean magnitude below which a stretch of sound is silence: about −48 dB of
/// full scale, over the noise of telephone lines and under any voice.
const SILENCE: u64 = 128;

/// The stretch that is judged at once.
const STRETCH: Duration = Duration::from_millis(20);

/// What is left of the silence at both ends, so that no word is clipped.
const MARGIN: Duration = Duration::from_millis(100);

impl Sound {
    /// Reads a 16-bit WAV file as Asterisk writes it. The lengths in its header
    /// are zero until it is closed properly, and are not relied on.
    pub(super) fn read(file: &[u8]) -> Result<Self, String> {
        if !(file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WAVE")) {
            return Err("it is not a WAV file".into());
        }
        let mut format = None;
        let mut rest = file.get(12..).unwrap_or_default();
        while let Some((head, body)) = rest.split_at_checked(8) {
            let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
            match &head[..4] {
                b"fmt " => format = Some(read_format(body)?),
                b"data" => {
                    let (rate, channels) =
                        format.ok_or_else(|| "its sound comes before its format".to_owned())?;
                    let unfinished = size == 0 || size > body.len();
                    let data = if unfinished { body } else { &body[..size] };
                    let frame = usize::from(channels) * 2;
                    let whole = data.len() / frame * frame;
                    let samples = data[..whole]
                        .chunks_exact(2)
                        .map(|b| i16::from_le_bytes([b[0], b[1]]))
                        .collect();
                    return Ok(Self {
                        rate,
                        channels,
                        samples,
                    });
                }
                _ => {}
            }
            rest = body.get(size + (size & 1)..).unwrap_or_default();
        }
        Err("there is no sound in it".into())
    }

    /// One sound as it is; two mono ones as left and right of one, the shorter
    /// filled up with silence.
    pub(super) fn merge(mut sounds: Vec<Self>) -> Result<Self, String> {
        let second = (sounds.len() == 2).then(|| sounds.pop()).flatten();
        let (Some(first), true) = (sounds.pop(), sounds.is_empty()) else {
            return Err("a recording has one or two files".into());
        };
        let Some(second) = second else {
            return Ok(first);
        };
        if (first.channels, second.channels) != (1, 1) || first.rate != second.rate {
            return Err("the two sides of the recording differ in their format".into());
        }
        let frames = first.samples.len().max(second.samples.len());
        let side = |sound: &Self, frame| sound.samples.get(frame).copied().unwrap_or(0);
        Ok(Self {
            rate: first.rate,
            channels: 2,
            samples: (0..frames)
                .flat_map(|frame| [side(&first, frame), side(&second, frame)])
                .collect(),
        })
    }

    pub(super) fn frames(&self) -> usize {
        self.samples.len() / usize::from(self.channels)
    }

    pub(super) fn duration(&self) -> Duration {
        pcm::length(self.frames() as u64, self.rate)
    }

    pub(super) fn is_silent(&self) -> bool {
        !self.stretches().any(is_loud)
    }

    /// Cuts the silence at both ends. What is nothing but silence stays as it is.
    pub(super) fn trim(&mut self) {
        let stretch = self.stretch();
        let Some(first) = self.stretches().position(is_loud) else {
            return;
        };
        let last = self
            .stretches()
            .enumerate()
            .filter_map(|(index, part)| is_loud(part).then_some(index))
            .last()
            .unwrap_or(first);
        let margin = pcm::frames(MARGIN, self.rate) * usize::from(self.channels);
        let start = (first * stretch).saturating_sub(margin);
        let end = ((last + 1) * stretch + margin).min(self.samples.len());
        self.samples.truncate(end);
        self.samples.drain(..start);
    }

    pub(super) fn wav(&self) -> Vec<u8> {
        pcm::wav(self.rate, self.channels, &self.samples)
    }

    fn stretch(&self) -> usize {
        (pcm::frames(STRETCH, self.rate) * usize::from(self.channels)).max(1)
    }

    fn stretches(&self) -> impl Iterator<Item = &[i16]> {
        self.samples.chunks(self.stretch())
    }
}

fn read_format(body: &[u8]) -> Result<(u32, u16), String> {
    let Some(fields) = body.get(..16) else {
        return Err("its header breaks off".into());
    };
    let short = |at: usize| u16::from_le_bytes([fields[at], fields[at + 1]]);
    let rate = u32::from_le_bytes([fields[4], fields[5], fields[6], fields[7]]);
    let (kind, channels, bits) = (short(0), short(2), short(14));
    if kind != 1 || bits != 16 || !(1..=8).contains(&channels) || !(1000..=384_000).contains(&rate)
    {
        return Err(format!(
            "it is not 16-bit PCM (format {kind}, {bits} bits, {channels} channels, {rate} Hz)"
        ));
    }
    Ok((rate, channels))
}

fn is_loud(samples: &[i16]) -> bool {
    let sum: u64 = samples.iter().map(|s| u64::from(s.unsigned_abs())).sum();
    sum > SILENCE * samples.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mono(samples: Vec<i16>) -> Sound {
        Sound {
            rate: 8000,
            channels: 1,
            samples,
        }
    }

    fn silence(ms: usize) -> Vec<i16> {
        // Line noise, not digital zero.
        (0..ms * 8)
            .map(|i| if i % 2 == 0 { 20 } else { -20 })
            .collect()
    }

    fn voice(ms: usize) -> Vec<i16> {
        (0..ms * 8)
            .map(|i| if i % 10 < 5 { 3000 } else { -3000 })
            .collect()
    }

    #[test]
    fn a_file_reads_back() {
        let sound = mono(voice(10));
        assert_eq!(Sound::read(&sound.wav()).unwrap(), sound);
    }

    #[test]
    fn an_unfinished_header_and_foreign_chunks_do_not_matter() {
        let sound = mono(voice(10));
        let mut wav = sound.wav();
        wav[40..44].copy_from_slice(&0u32.to_le_bytes());
        assert_eq!(Sound::read(&wav).unwrap(), sound);
        wav[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Sound::read(&wav).unwrap(), sound);
        let wav = sound.wav();
        let mut with_list = wav[..36].to_vec();
        with_list.extend_from_slice(b"LIST\x03\0\0\0abc\0");
        with_list.extend_from_slice(&wav[36..]);
        assert_eq!(Sound::read(&with_list).unwrap(), sound);
    }

    #[test]
    fn what_is_no_recording_is_refused() {
        for bad in [
            &b""[..],
            b"RIFF",
            b"<html>",
            b"RIFF\0\0\0\0WAVE",
            b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01",
        ] {
            assert!(Sound::read(bad).is_err(), "{bad:?}");
        }
        let mut ulaw = mono(voice(1)).wav();
        ulaw[20] = 7;
        assert!(Sound::read(&ulaw).unwrap_err().contains("format 7"));
    }

    #[test]
    fn silence_is_cut_at_both_ends_only() {
        let parts = [
            silence(1000),
            voice(500),
            silence(400),
            voice(300),
            silence(2000),
        ];
        let mut sound = mono(parts.concat());
        assert!(!sound.is_silent());
        sound.trim();
        assert_eq!(
            sound.duration(),
            Duration::from_millis(100 + 500 + 400 + 300 + 100)
        );
    }

    #[test]
    fn nothing_but_silence_stays() {
        let mut sound = mono(silence(1000));
        assert!(sound.is_silent());
        sound.trim();
        assert_eq!(sound.duration(), Duration::from_secs(1));
        assert!(mono(Vec::new()).is_silent());
    }

    #[test]
    fn two_sides_become_left_and_right() {
        let merged = Sound::merge(vec![mono(vec![1, 2, 3]), mono(vec![9])]).unwrap();
        assert_eq!(
            (merged.channels, merged.samples),
            (2, vec![1, 9, 2, 0, 3, 0])
        );
        assert!(Sound::merge(Vec::new()).is_err());
        assert!(Sound::merge(vec![mono(vec![]), mono(vec![]), mono(vec![])]).is_err());
        let other = Sound {
            rate: 16_000,
            ..mono(vec![1])
        };
        assert!(Sound::merge(vec![mono(vec![1]), other]).is_err());
    }
}
