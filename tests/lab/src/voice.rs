//! Sentences for phones to say.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::ears::Heard;
use crate::error::{LabError, Result};
use crate::paths;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A sentence as a phone sends it: a file of 8 kHz, by espeak-ng.
pub fn spoken(sentence: &str) -> Result<PathBuf> {
    let dir = paths::build().join("heard");
    std::fs::create_dir_all(&dir)?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let wav = dir.join(format!("said-{}-{number}.wav", std::process::id()));
    let made = Command::new("espeak-ng")
        .args(["-v", "en-us", "-s", "140", "-w"])
        .arg(&wav)
        .arg(sentence)
        .status()?;
    if !made.success() {
        return Err(LabError::failed("espeak-ng says nothing"));
    }
    let bad = |error: hound::Error| LabError::failed(format!("{}: {error}", wav.display()));
    let mut reader = hound::WavReader::open(&wav).map_err(bad)?;
    let rate = reader.spec().sample_rate as usize;
    let samples: Vec<i32> = reader
        .samples::<i16>()
        .map(|sample| sample.map(i32::from))
        .collect::<std::result::Result<_, _>>()
        .map_err(bad)?;
    let down = (0..samples.len() * 8000 / rate).map(|at| {
        let window = &samples[at * rate / 8000..((at + 1) * rate / 8000).min(samples.len())];
        (window.iter().sum::<i32>() / i32::try_from(window.len().max(1)).unwrap_or(1)) as i16
    });
    Heard::new(down.collect()).write_wav(&wav)?;
    Ok(wav)
}
