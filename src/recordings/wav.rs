//! WAV files as Asterisk writes them.

/// Interleaved 16-bit sound.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sound {
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) samples: Vec<i16>,
}

/// What the beginning of a file says about the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) rate: u32,
    pub(super) channels: u16,
    /// Where the samples begin.
    pub(super) start: u64,
    /// How many bytes they take.
    pub(super) bytes: u64,
}

impl Sound {
    /// Reads a whole file.
    pub(super) fn read(file: &[u8]) -> Result<Self, String> {
        let head = head(file, file.len() as u64)?;
        let start = usize::try_from(head.start).unwrap_or(usize::MAX);
        let data = file.get(start..).unwrap_or_default();
        let whole = usize::try_from(head.bytes).unwrap_or(0).min(data.len());
        let samples = data[..whole]
            .chunks_exact(2)
            .map(|b| i16::from_le_bytes([b[0], b[1]]))
            .collect();
        Ok(Self {
            rate: head.rate,
            channels: head.channels,
            samples,
        })
    }

    #[cfg(test)]
    pub(super) fn wav(&self) -> Vec<u8> {
        crate::media::pcm::wav(self.rate, self.channels, &self.samples)
    }
}

/// Reads the beginning of a 16-bit WAV file of that length. The lengths in its
/// header are zero until it is closed properly, and are not relied on.
pub(super) fn head(file: &[u8], length: u64) -> Result<Head, String> {
    if !(file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WAVE")) {
        return Err("it is not a WAV file".into());
    }
    let mut format = None;
    let mut at = 12;
    while let Some((head, body)) = file.get(at..).and_then(|rest| rest.split_at_checked(8)) {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        match &head[..4] {
            b"fmt " => format = Some(read_format(body)?),
            b"data" => {
                let (rate, channels) =
                    format.ok_or_else(|| "its sound comes before its format".to_owned())?;
                let start = at as u64 + 8;
                let there = length.saturating_sub(start);
                let unfinished = size == 0 || size as u64 > there;
                let bytes = if unfinished { there } else { size as u64 };
                let frame = u64::from(channels) * 2;
                return Ok(Head {
                    rate,
                    channels,
                    start,
                    bytes: bytes / frame * frame,
                });
            }
            _ => {}
        }
        at = at.saturating_add(8 + size + (size & 1));
    }
    Err("there is no sound in it".into())
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
}
