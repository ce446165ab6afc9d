//! The files of one recording, read as one sound, a stretch at a time: an hour of
//! it is never in memory.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use super::wav;
use crate::media::pcm;

/// Mean magnitude below which a stretch of sound is silence: about −48 dB of
/// full scale, over the noise of telephone lines and under any voice.
const SILENCE: u64 = 128;

/// The stretch that is judged at once.
const STRETCH: Duration = Duration::from_millis(20);

/// What is left of the silence at both ends, so that no word is clipped.
const MARGIN: Duration = Duration::from_millis(100);

/// A header is never longer.
const HEAD: u64 = 64 * 1024;

/// One file as it is; two mono ones as left and right of one, the shorter filled
/// up with silence.
pub(super) struct Joined {
    sides: Vec<Side>,
    rate: u32,
    pub(super) channels: u16,
    pub(super) frames: u64,
}

struct Side {
    file: BufReader<File>,
    /// Where its samples begin.
    start: u64,
    channels: u16,
    frames: u64,
    /// The frame that comes next.
    at: u64,
}

impl Joined {
    pub(super) fn open(paths: &[&Path]) -> Result<Self, String> {
        let opened: Result<Vec<_>, String> = paths.iter().map(|path| Side::open(path)).collect();
        let (mut sides, mut rates) = (Vec::new(), Vec::new());
        for (side, rate) in opened? {
            sides.push(side);
            rates.push(rate);
        }
        let channels = match sides.as_slice() {
            [one] => one.channels,
            [left, right] if (left.channels, right.channels) == (1, 1) && rates[0] == rates[1] => 2,
            [_, _] => return Err("the two sides of the recording differ in their format".into()),
            _ => return Err("a recording has one or two files".into()),
        };
        Ok(Self {
            frames: sides.iter().map(|side| side.frames).max().unwrap_or(0),
            rate: rates[0],
            channels,
            sides,
        })
    }

    pub(super) fn length(&self, frames: u64) -> Duration {
        pcm::length(frames, self.rate)
    }

    /// From the first to the last stretch that is no silence; none when all is.
    pub(super) fn sounding(&mut self) -> io::Result<Option<Range<u64>>> {
        let mut found: Option<Range<u64>> = None;
        let mut samples = Vec::new();
        self.seek(0)?;
        let mut at = 0;
        while at < self.frames {
            let next = self.frames.min(at + self.stretch());
            self.read(next - at, &mut samples)?;
            if is_loud(&samples) {
                found = Some(found.map_or(at, |range| range.start)..next);
            }
            at = next;
        }
        Ok(found)
    }

    /// A part with some of the silence around it.
    pub(super) fn with_margin(&self, part: Range<u64>) -> Range<u64> {
        let margin = pcm::frames(MARGIN, self.rate) as u64;
        part.start.saturating_sub(margin)..self.frames.min(part.end + margin)
    }

    /// Writes a part as a WAV file.
    pub(super) fn write(&mut self, part: Range<u64>, out: &mut impl Write) -> io::Result<()> {
        let bytes = (part.end - part.start) * u64::from(self.channels) * 2;
        out.write_all(&pcm::wav_header(self.rate, self.channels, bytes))?;
        let mut samples = Vec::new();
        let mut at = part.start;
        self.seek(at)?;
        while at < part.end {
            let next = part.end.min(at + self.stretch());
            self.read(next - at, &mut samples)?;
            for sample in &samples {
                out.write_all(&sample.to_le_bytes())?;
            }
            at = next;
        }
        out.flush()
    }

    fn stretch(&self) -> u64 {
        (pcm::frames(STRETCH, self.rate) as u64).max(1)
    }

    fn seek(&mut self, frame: u64) -> io::Result<()> {
        for side in &mut self.sides {
            side.at = frame.min(side.frames);
            let bytes = side.at * u64::from(side.channels) * 2;
            side.file.seek(SeekFrom::Start(side.start + bytes))?;
        }
        Ok(())
    }

    /// The next frames, interleaved.
    fn read(&mut self, frames: u64, samples: &mut Vec<i16>) -> io::Result<()> {
        let channels = usize::from(self.channels);
        let frames = usize::try_from(frames).unwrap_or(0);
        samples.clear();
        samples.resize(frames * channels, 0);
        let step = self.sides.len();
        for (index, side) in self.sides.iter_mut().enumerate() {
            let left = usize::try_from(side.frames - side.at).unwrap_or(usize::MAX);
            let there = frames.min(left);
            let mut bytes = vec![0; there * usize::from(side.channels) * 2];
            side.file.read_exact(&mut bytes)?;
            side.at += there as u64;
            let values = bytes
                .chunks_exact(2)
                .map(|b| i16::from_le_bytes([b[0], b[1]]));
            for (place, value) in samples.iter_mut().skip(index).step_by(step).zip(values) {
                *place = value;
            }
        }
        Ok(())
    }
}

impl Side {
    fn open(path: &Path) -> Result<(Self, u32), String> {
        let failed = |error: io::Error| error.to_string();
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut head = Vec::new();
        Read::by_ref(&mut file)
            .take(HEAD)
            .read_to_end(&mut head)
            .map_err(failed)?;
        let head = wav::head(&head, length)?;
        let frame = u64::from(head.channels) * 2;
        let side = Self {
            file: BufReader::new(file),
            start: head.start,
            channels: head.channels,
            frames: head.bytes / frame,
            at: 0,
        };
        Ok((side, head.rate))
    }
}

fn is_loud(samples: &[i16]) -> bool {
    let sum: u64 = samples.iter().map(|s| u64::from(s.unsigned_abs())).sum();
    sum > SILENCE * samples.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::Scratch;

    /// Files of these samples, joined; gives the samples of a part of it.
    struct Files(Scratch, usize);

    impl Files {
        fn join(&mut self, files: &[(u32, u16, Vec<i16>)]) -> Result<Joined, String> {
            let mut paths = Vec::new();
            for (rate, channels, samples) in files {
                self.1 += 1;
                let path = self.0.0.join(format!("{}.wav", self.1));
                std::fs::write(&path, pcm::wav(*rate, *channels, samples)).unwrap();
                paths.push(path);
            }
            let paths: Vec<&Path> = paths.iter().map(std::path::PathBuf::as_path).collect();
            Joined::open(&paths)
        }
    }

    fn files() -> Files {
        Files(Scratch::new(), 0)
    }

    fn written(joined: &mut Joined, part: Range<u64>) -> Vec<i16> {
        let mut out = Vec::new();
        joined.write(part, &mut out).unwrap();
        wav::Sound::read(&out).unwrap().samples
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
    fn what_sounds_is_found_between_the_silence_at_both_ends() {
        let parts = [
            silence(1000),
            voice(500),
            silence(400),
            voice(300),
            silence(2000),
        ];
        let all = parts.concat();
        let mut joined = files().join(&[(8000, 1, all.clone())]).unwrap();
        let sounding = joined.sounding().unwrap().unwrap();
        assert_eq!(sounding, 8000..17_600);
        let kept = joined.with_margin(sounding);
        assert_eq!(joined.length(kept.end - kept.start).as_millis(), 1400);
        assert_eq!(written(&mut joined, kept), all[7200..18_400]);
        assert_eq!(written(&mut joined, 0..30_000), all[..30_000]);
    }

    #[test]
    fn nothing_but_silence_does_not_sound() {
        for samples in [silence(1000), Vec::new()] {
            let mut joined = files().join(&[(8000, 1, samples)]).unwrap();
            assert_eq!(joined.sounding().unwrap(), None);
        }
        let mut joined = files().join(&[(8000, 1, voice(10))]).unwrap();
        let all = joined.sounding().unwrap().unwrap();
        assert_eq!(joined.with_margin(all), 0..80, "never past its ends");
    }

    #[test]
    fn two_sides_become_left_and_right() {
        let mut files = files();
        let sides = [(8000, 1, vec![1, 2, 3]), (8000, 1, vec![9])];
        let mut joined = files.join(&sides).unwrap();
        assert_eq!((joined.channels, joined.frames), (2, 3));
        assert_eq!(written(&mut joined, 0..3), [1, 9, 2, 0, 3, 0]);
        assert_eq!(written(&mut joined, 1..2), [2, 0]);
        let side = || (8000, 1, vec![1]);
        assert!(files.join(&[]).is_err());
        assert!(files.join(&[side(), side(), side()]).is_err());
        assert!(files.join(&[side(), (16_000, 1, vec![1])]).is_err());
        assert!(files.join(&[side(), (8000, 2, vec![1, 2])]).is_err());
    }
}
