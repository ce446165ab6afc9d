//! An audio file of any usual kind to telephone sound.

use std::io::Cursor;
use std::time::Duration;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::pcm::{PHONE_RATE, Pcm, frames};
use super::resample::ToPhone;
use super::{g711, gsm};

/// A small file can declare, or hold, hours of sound; longer ones are refused.
pub(super) const LONGEST: Duration = Duration::from_secs(3600);

/// What is known of a file beside its bytes.
#[derive(Debug, Clone, Default)]
pub struct Kind {
    /// The media type without parameters, as in `audio/mpeg`.
    pub content_type: Option<String>,
    /// The extension of its name, without the dot, in lower case.
    pub extension: Option<String>,
}

impl Kind {
    pub fn wav() -> Self {
        Self {
            content_type: None,
            extension: Some("wav".into()),
        }
    }
}

/// Decodes a whole file to mono sound at telephone rate. Runs for as long as
/// that takes; call it where blocking is allowed. The error says what is wrong
/// with the file.
pub fn decode(bytes: Vec<u8>, kind: &Kind) -> Result<Pcm, String> {
    if bytes.is_empty() {
        return Err("the file is empty".into());
    }
    if bytes.starts_with(b".snd") {
        return sun(&bytes);
    }
    if let Some(law) = raw(kind, &bytes) {
        return phone(&bytes, law);
    }
    if is_gsm(kind, &bytes) {
        return phone_gsm(&bytes);
    }
    if looks_like_text(&bytes) {
        return Err("it is text, not audio; does the server answer with an error page?".into());
    }
    contained(bytes, kind)
}

type Law = fn(u8) -> i16;

/// G.711 without a header can only be told by its name.
fn raw(kind: &Kind, bytes: &[u8]) -> Option<Law> {
    // A server may call every sound of a phone system `audio/basic`.
    if bytes.starts_with(b"RIFF") || bytes.starts_with(b"FORM") {
        return None;
    }
    match kind.content_type.as_deref().unwrap_or_default() {
        "audio/basic" | "audio/ulaw" | "audio/mulaw" | "audio/x-ulaw" | "audio/x-mulaw"
        | "audio/pcmu" => return Some(g711::ulaw),
        "audio/alaw" | "audio/x-alaw" | "audio/pcma" => return Some(g711::alaw),
        _ => {}
    }
    match kind.extension.as_deref().unwrap_or_default() {
        "ulaw" | "ul" | "mulaw" | "pcmu" => Some(g711::ulaw),
        "alaw" | "al" | "pcma" => Some(g711::alaw),
        _ => None,
    }
}

/// GSM has no header either, but each of its frames begins alike.
fn is_gsm(kind: &Kind, bytes: &[u8]) -> bool {
    let named = matches!(
        kind.content_type.as_deref(),
        Some("audio/gsm" | "audio/x-gsm" | "audio/vnd.gsm")
    ) || kind.extension.as_deref() == Some("gsm");
    named && gsm::is(bytes)
}

fn phone_gsm(bytes: &[u8]) -> Result<Pcm, String> {
    if bytes.len() / gsm::FRAME > frames(LONGEST, PHONE_RATE) / 160 {
        return Err(too_long());
    }
    let samples = gsm::decode(bytes).ok_or("a frame of the GSM file is broken")?;
    Ok(Pcm {
        samples,
        rate: PHONE_RATE,
    })
}

fn phone(bytes: &[u8], law: Law) -> Result<Pcm, String> {
    if bytes.len() > frames(LONGEST, PHONE_RATE) {
        return Err(too_long());
    }
    Ok(Pcm {
        samples: bytes.iter().copied().map(law).collect(),
        rate: PHONE_RATE,
    })
}

/// Sun's `.au`, which `audio/basic` often turns out to be.
fn sun(bytes: &[u8]) -> Result<Pcm, String> {
    let word = |index: usize| {
        let part = bytes.get(index * 4..index * 4 + 4)?;
        Some(u32::from_be_bytes(part.try_into().ok()?))
    };
    let fields = (word(1), word(3), word(4), word(5));
    let (Some(start), Some(encoding), Some(rate), Some(channels @ 1..=8)) = fields else {
        return Err("the header of the .au file is broken".into());
    };
    let data = bytes.get(start as usize..).unwrap_or_default();
    let mut sink = Sink::new(rate, channels as usize)?;
    let mut block: Vec<f32> = Vec::new();
    let wide = |law: Law| move |byte: &u8| f32::from(law(*byte)) / 32_768.0;
    for part in data.chunks(4096 * channels as usize) {
        block.clear();
        match encoding {
            1 => block.extend(part.iter().map(wide(g711::ulaw))),
            27 => block.extend(part.iter().map(wide(g711::alaw))),
            3 => block.extend(
                part.chunks_exact(2)
                    .map(|b| f32::from(i16::from_be_bytes([b[0], b[1]])) / 32_768.0),
            ),
            other => return Err(format!("encoding {other} of .au files is not supported")),
        }
        sink.push(&block)?;
    }
    sink.finish()
}

fn looks_like_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(256)];
    start
        .iter()
        .all(|b| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e))
}

/// Formats with a header, by symphonia.
fn contained(bytes: Vec<u8>, kind: &Kind) -> Result<Pcm, String> {
    let mut hint = Hint::new();
    if let Some(extension) = &kind.extension {
        hint.with_extension(extension);
    }
    if let Some(content_type) = &kind.content_type {
        hint.mime_type(content_type);
    }
    let unknown = || {
        "it is no audio that pivot can read: mp3, ogg (Vorbis), flac, wav, aiff, au, ulaw and alaw are"
            .to_owned()
    };
    let source = MediaSourceStream::new(
        Box::new(Cursor::new(bytes)),
        MediaSourceStreamOptions::default(),
    );
    let mut format = symphonia::default::get_probe()
        .probe(
            &hint,
            source,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .map_err(|_| unknown())?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or_else(|| "it has no audio track".to_owned())?;
    let id = track.id;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|p| p.audio())
        .ok_or_else(unknown)?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|e| format!("its codec is not supported: {e}"))?;
    read(format.as_mut(), decoder.as_mut(), id)
}

fn read(
    format: &mut dyn FormatReader,
    decoder: &mut dyn AudioDecoder,
    track: u32,
) -> Result<Pcm, String> {
    let mut sink: Option<Sink> = None;
    let mut interleaved: Vec<f32> = Vec::new();
    let (mut good, mut bad) = (0u32, 0u32);
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            // A file that breaks off is played as far as it goes.
            Ok(None) | Err(Symphonia::IoError(_) | Symphonia::ResetRequired) => break,
            Err(Symphonia::DecodeError(_)) if bad < 1000 => {
                bad += 1;
                continue;
            }
            Err(e) => return Err(format!("it cannot be read: {e}")),
        };
        if packet.track_id != track {
            continue;
        }
        let buffer = match decoder.decode(&packet) {
            Ok(buffer) => buffer,
            Err(Symphonia::DecodeError(_)) => {
                bad += 1;
                continue;
            }
            Err(Symphonia::IoError(_) | Symphonia::ResetRequired) => break,
            Err(e) => return Err(format!("it cannot be decoded: {e}")),
        };
        good += 1;
        let (rate, channels) = (buffer.spec().rate(), buffer.spec().channels().count());
        let sink = match &mut sink {
            Some(sink) if sink.rate == rate && sink.channels == channels => sink,
            Some(_) => return Err("its sample rate or channels change in the middle".into()),
            None => sink.insert(Sink::new(rate, channels)?),
        };
        buffer.copy_to_vec_interleaved(&mut interleaved);
        sink.push(&interleaved)?;
    }
    match sink {
        // Random bytes can look like an mp3 frame now and then.
        Some(sink) if good > bad => sink.finish(),
        _ if bad > 0 => Err("it is damaged: hardly anything in it can be decoded".into()),
        _ => Err("there is no sound in it".into()),
    }
}

/// Collects interleaved sound as mono at telephone rate.
struct Sink {
    rate: u32,
    channels: usize,
    phone: ToPhone,
    mono: Vec<f32>,
}

impl Sink {
    fn new(rate: u32, channels: usize) -> Result<Self, String> {
        if channels == 0 {
            return Err("it has no channels".into());
        }
        Ok(Self {
            rate,
            channels,
            phone: ToPhone::new(rate)?,
            mono: Vec::new(),
        })
    }

    fn push(&mut self, interleaved: &[f32]) -> Result<(), String> {
        let share = 1.0 / self.channels as f32;
        self.mono.clear();
        self.mono.extend(
            interleaved
                .chunks_exact(self.channels)
                .map(|frame| frame.iter().sum::<f32>() * share),
        );
        self.phone.push(&self.mono)?;
        if self.phone.len() > frames(LONGEST, PHONE_RATE) {
            return Err(too_long());
        }
        Ok(())
    }

    fn finish(self) -> Result<Pcm, String> {
        let samples = self.phone.finish()?;
        if samples.is_empty() {
            return Err("there is no sound in it".into());
        }
        Ok(Pcm {
            samples,
            rate: PHONE_RATE,
        })
    }
}

fn too_long() -> String {
    format!("it is longer than {} minutes", LONGEST.as_secs() / 60)
}

/// Takes samples at any rate to the telephone's.
pub(super) fn to_phone(pcm: &Pcm) -> Result<Pcm, String> {
    let mut phone = ToPhone::new(pcm.rate)?;
    let floats: Vec<f32> = pcm
        .samples
        .iter()
        .map(|s| f32::from(*s) / 32_768.0)
        .collect();
    phone.push(&floats)?;
    Ok(Pcm {
        samples: phone.finish()?,
        rate: PHONE_RATE,
    })
}
