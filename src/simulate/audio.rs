//! Audio files that the fake writes.

use std::time::Duration;

const RATE: u64 = 8000;

/// A mono 16-bit WAV of 8 kHz: a tone of 440 Hz while there was sound, silence
/// otherwise. `sound` counts from the beginning.
pub(super) fn wav(length: Duration, sound: &[(Duration, Duration)]) -> Vec<u8> {
    let samples = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(0) * RATE / 1_000_000;
    let count = samples(length);
    let bytes = u32::try_from(count * 2).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(44 + bytes as usize);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + bytes).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&8000u32.to_le_bytes());
    file.extend_from_slice(&16000u32.to_le_bytes());
    file.extend_from_slice(&2u16.to_le_bytes());
    file.extend_from_slice(&16u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&bytes.to_le_bytes());
    let spans: Vec<_> = sound
        .iter()
        .map(|(from, to)| samples(*from)..samples(*to))
        .collect();
    for place in 0..count {
        let sample = if spans.iter().any(|span| span.contains(&place)) {
            tone(place)
        } else {
            0
        };
        file.extend_from_slice(&sample.to_le_bytes());
    }
    file
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a sample of at most 8000 fits"
)]
fn tone(place: u64) -> i16 {
    let phase = (place % RATE) as f32 / RATE as f32 * 440.0 * std::f32::consts::TAU;
    (phase.sin() * 8000.0) as i16
}
