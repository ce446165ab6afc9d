//! mp3 by LAME, for recordings only.

use mp3lame_encoder::{Bitrate, Builder, DualPcm, Encoder, FlushGap, Mode, MonoPcm, Quality};

use super::wav::Sound;

/// Encodes a whole recording. Runs for as long as that takes, about a
/// thousandth of the recording's length; call it where blocking is allowed.
pub(super) fn encode(sound: &Sound) -> Result<Vec<u8>, String> {
    let mut encoder = encoder(sound)?;
    if sound.samples.is_empty() {
        // LAME cannot end what it has not begun.
        return Err("there is no sound in it".into());
    }
    let mut out = Vec::new();
    // A second at a time: LAME wants room for its worst case in advance.
    let step = (sound.rate as usize) * usize::from(sound.channels);
    for part in sound.samples.chunks(step) {
        out.reserve(mp3lame_encoder::max_required_buffer_size(part.len()));
        let encoded = if sound.channels == 1 {
            encoder.encode_to_vec(MonoPcm(part), &mut out)
        } else {
            let side = |first: usize| {
                part.iter()
                    .skip(first)
                    .step_by(2)
                    .copied()
                    .collect::<Vec<i16>>()
            };
            let (left, right) = (side(0), side(1));
            let both = DualPcm {
                left: &left,
                right: &right,
            };
            encoder.encode_to_vec(both, &mut out)
        };
        encoded.map_err(|error| format!("mp3: {error}"))?;
    }
    out.reserve(mp3lame_encoder::max_required_buffer_size(0));
    encoder
        .flush_to_vec::<FlushGap>(&mut out)
        .map_err(|error| format!("mp3: {error}"))?;
    // The first frame was left empty for the tag that tells players the exact length.
    let mut tag = Vec::with_capacity(encoder.lame_tag_size());
    if encoder.lame_tag_encode_to_vec(&mut tag).is_some() && tag.len() <= out.len() {
        out[..tag.len()].copy_from_slice(&tag);
    }
    Ok(out)
}

fn encoder(sound: &Sound) -> Result<Encoder, String> {
    let failed = |error: mp3lame_encoder::BuildError| format!("mp3: {error}");
    let (mode, bitrate) = match sound.channels {
        1 => (Mode::Mono, Bitrate::Kbps32),
        2 => (Mode::JointStereo, Bitrate::Kbps64),
        more => return Err(format!("mp3 has no {more} channels")),
    };
    let builder = Builder::new().ok_or("mp3: LAME cannot be started")?;
    builder
        .with_num_channels(u8::try_from(sound.channels).unwrap_or(1))
        .and_then(|b| b.with_sample_rate(sound.rate))
        .and_then(|b| b.with_mode(mode))
        .and_then(|b| b.with_brate(bitrate))
        .and_then(|b| b.with_quality(Quality::Good))
        .and_then(|b| b.with_to_write_vbr_tag(true))
        .and_then(Builder::build)
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::media::{Kind, decode};

    fn length(sound: &Sound) -> Duration {
        let frames = sound.samples.len() / usize::from(sound.channels);
        crate::media::pcm::length(frames as u64, sound.rate)
    }

    #[test]
    fn an_mp3_is_as_long_as_its_recording() {
        for channels in [1u16, 2] {
            let frames = 8000 * 3 + 123;
            let samples: Vec<i16> = (0..frames * usize::from(channels))
                .map(|i| {
                    if i / usize::from(channels) % 16 < 8 {
                        6000
                    } else {
                        -6000
                    }
                })
                .collect();
            let sound = Sound {
                rate: 8000,
                channels,
                samples,
            };
            let bytes = encode(&sound).unwrap();
            assert!(bytes.len() < 40_000, "{}", bytes.len());
            let pcm = decode(bytes, &Kind::default()).unwrap();
            let off = pcm.duration().abs_diff(length(&sound));
            assert!(off < Duration::from_millis(2), "{channels}: {off:?}");
            assert!(pcm.samples.iter().any(|s| s.abs() > 4000));
        }
    }

    #[test]
    fn nothing_recorded_is_said_so() {
        let sound = Sound {
            rate: 8000,
            channels: 1,
            samples: Vec::new(),
        };
        assert!(encode(&sound).unwrap_err().contains("no sound"));
    }
}
