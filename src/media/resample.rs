//! Any sample rate to the telephone's, piece by piece.

use audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler};

use super::pcm::PHONE_RATE;

/// Frames that are resampled at once.
const CHUNK: usize = 2048;

/// Takes mono sound at one rate and gives 16-bit sound at telephone rate. A
/// long file never stands in memory at its own rate.
pub(super) struct ToPhone {
    /// None when the rate is the telephone's already.
    fft: Option<Fft<f32>>,
    ratio: f64,
    waiting: Vec<f32>,
    /// Frames at the beginning that are the filter's delay, not sound.
    skip: usize,
    taken: u64,
    out: Vec<i16>,
}

impl ToPhone {
    /// Fails for rates that no audio file has.
    pub(super) fn new(rate: u32) -> Result<Self, String> {
        if !(1000..=384_000).contains(&rate) {
            return Err(format!("a sample rate of {rate} Hz is not supported"));
        }
        let fft = if rate == PHONE_RATE {
            None
        } else {
            let fft = Fft::new(
                rate as usize,
                PHONE_RATE as usize,
                CHUNK,
                1,
                FixedSync::Input,
            )
            .map_err(|e| format!("cannot convert from {rate} Hz: {e}"))?;
            Some(fft)
        };
        Ok(Self {
            skip: fft.as_ref().map_or(0, Resampler::output_delay),
            fft,
            ratio: f64::from(PHONE_RATE) / f64::from(rate),
            waiting: Vec::new(),
            taken: 0,
            out: Vec::new(),
        })
    }

    /// Frames given out so far.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    pub(super) fn push(&mut self, mono: &[f32]) -> Result<(), String> {
        self.taken += mono.len() as u64;
        if self.fft.is_none() {
            self.out.extend(mono.iter().copied().map(sample));
            return Ok(());
        }
        self.waiting.extend_from_slice(mono);
        self.drain(false)
    }

    /// The whole, as long as what was pushed.
    pub(super) fn finish(mut self) -> Result<Vec<i16>, String> {
        if self.fft.is_none() {
            return Ok(self.out);
        }
        let wanted = (self.taken as f64 * self.ratio).round() as usize;
        self.drain(true)?;
        while self.out.len() < wanted {
            // The rest of the sound is still inside the filter; silence pushes it out.
            let before = (self.out.len(), self.skip);
            self.waiting.resize(CHUNK, 0.0);
            self.drain(true)?;
            if before == (self.out.len(), self.skip) {
                break;
            }
        }
        self.out.truncate(wanted);
        Ok(self.out)
    }

    fn drain(&mut self, all: bool) -> Result<(), String> {
        let Some(fft) = &mut self.fft else {
            return Ok(());
        };
        let mut buffer = vec![0.0; fft.output_frames_max()];
        let mut at = 0;
        loop {
            let next = fft.input_frames_next();
            let left = self.waiting.len() - at;
            if left == 0 || (left < next && !all) {
                break;
            }
            let take = left.min(next);
            let input = InterleavedSlice::new(&self.waiting[at..at + take], 1, take)
                .map_err(|e| e.to_string())?;
            let room = buffer.len();
            let mut output =
                InterleavedSlice::new_mut(&mut buffer, 1, room).map_err(|e| e.to_string())?;
            let partial = Indexing {
                partial_len: (take < next).then_some(take),
                ..Indexing::default()
            };
            let (_, made) = fft
                .process_into_buffer(&input, &mut output, Some(&partial))
                .map_err(|e| e.to_string())?;
            let skipped = made.min(self.skip);
            self.skip -= skipped;
            self.out
                .extend(buffer[skipped..made].iter().copied().map(sample));
            at += take;
        }
        self.waiting.drain(..at);
        Ok(())
    }
}

fn sample(value: f32) -> i16 {
    (value * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, frames: usize) -> Vec<f32> {
        (0..frames)
            .map(|i| (i as f32 * 440.0 * std::f32::consts::TAU / rate as f32).sin() * 0.5)
            .collect()
    }

    #[test]
    fn every_usual_rate_keeps_the_length_and_the_loudness() {
        for rate in [
            8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000,
        ] {
            let input = tone(rate, rate as usize);
            let mut to = ToPhone::new(rate).unwrap();
            for piece in input.chunks(777) {
                to.push(piece).unwrap();
            }
            let out = to.finish().unwrap();
            assert_eq!(out.len(), 8000, "{rate}");
            let middle = &out[1000..7000];
            let energy: f64 = middle.iter().map(|s| f64::from(*s).powi(2)).sum();
            let level = (energy / middle.len() as f64).sqrt();
            assert!((level - 11_585.0).abs() < 200.0, "{rate}: {level}");
        }
    }

    #[test]
    fn a_clip_shorter_than_one_piece_comes_out_whole() {
        let mut to = ToPhone::new(44_100).unwrap();
        to.push(&tone(44_100, 441)).unwrap();
        let out = to.finish().unwrap();
        assert_eq!(out.len(), 80);
        assert!(out.iter().any(|s| s.abs() > 5000));
    }

    #[test]
    fn nothing_in_is_nothing_out() {
        assert_eq!(
            ToPhone::new(48_000).unwrap().finish().unwrap(),
            Vec::<i16>::new()
        );
    }

    #[test]
    fn rates_that_cannot_be_are_refused() {
        assert!(ToPhone::new(0).is_err());
        assert!(ToPhone::new(10_000_000).is_err());
    }
}
