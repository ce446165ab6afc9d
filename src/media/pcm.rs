//! Sound as samples.

use std::time::Duration;

/// The rate that telephones hear, in hertz; everything that pivot gives to
/// Asterisk has it.
pub const PHONE_RATE: u32 = 8000;

/// Mono 16-bit sound.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pcm {
    pub samples: Vec<i16>,
    /// Hertz.
    pub rate: u32,
}

impl Pcm {
    pub fn duration(&self) -> Duration {
        length(self.samples.len() as u64, self.rate)
    }

    /// The whole as a WAV file.
    pub fn wav(&self) -> Vec<u8> {
        wav(self.rate, 1, &self.samples)
    }

    /// Silence at telephone rate.
    pub fn silence(duration: Duration) -> Self {
        Self {
            samples: vec![0; frames(duration, PHONE_RATE)],
            rate: PHONE_RATE,
        }
    }
}

/// How long that many frames sound.
pub fn length(frames: u64, rate: u32) -> Duration {
    Duration::from_nanos(frames.saturating_mul(1_000_000_000) / u64::from(rate.max(1)))
}

/// How many frames sound that long.
pub fn frames(duration: Duration, rate: u32) -> usize {
    usize::try_from(duration.as_millis() * u128::from(rate) / 1000).unwrap_or(usize::MAX)
}

/// Bytes before the samples in the files that `wav` writes.
pub const WAV_HEADER: usize = 44;

/// A 16-bit WAV file of interleaved samples.
pub fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let mut out = wav_header(rate, channels, samples.len() as u64 * 2).to_vec();
    out.reserve(samples.len() * 2);
    for sample in samples {
        out.extend_from_slice(&sample.to_le_bytes());
    }
    out
}

/// The header of a 16-bit WAV file with that many bytes of samples.
pub fn wav_header(rate: u32, channels: u16, bytes: u64) -> [u8; WAV_HEADER] {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX - 36);
    let frame = channels * 2;
    let mut header = [0; WAV_HEADER];
    let mut at = 0;
    let mut put = |part: &[u8]| {
        header[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    };
    put(b"RIFF");
    put(&(bytes + 36).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16u32.to_le_bytes());
    put(&1u16.to_le_bytes());
    put(&channels.to_le_bytes());
    put(&rate.to_le_bytes());
    put(&(rate * u32::from(frame)).to_le_bytes());
    put(&frame.to_le_bytes());
    put(&16u16.to_le_bytes());
    put(b"data");
    put(&bytes.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wav_file_reads_back_with_another_reader() {
        let pcm = Pcm {
            samples: vec![0, 1, -1, i16::MAX, i16::MIN],
            rate: 8000,
        };
        let mut reader = hound::WavReader::new(std::io::Cursor::new(pcm.wav())).unwrap();
        assert_eq!(reader.spec().sample_rate, 8000);
        assert_eq!(reader.spec().channels, 1);
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, pcm.samples);
    }

    #[test]
    fn frames_and_durations_agree() {
        assert_eq!(frames(Duration::from_millis(1500), 8000), 12_000);
        assert_eq!(length(12_000, 8000), Duration::from_millis(1500));
        assert_eq!(
            Pcm::silence(Duration::from_secs(2)).duration(),
            Duration::from_secs(2)
        );
    }
}
