//! RTP packets and RFC 4733 digits, sending and receiving.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::oneshot;

use super::g711;

/// Samples of one packet: 20 ms at 8 kHz.
pub(super) const FRAME: usize = 160;
/// Packets of a pressed key (120 ms) and of the pause after it (80 ms).
const KEY_FRAMES: u16 = 6;
const PAUSE_FRAMES: u16 = 4;
/// A sender repeats the end of an event, since one lost packet would leave the key down.
const END_REPEATS: u16 = 3;
const KEYS: &[u8; 16] = b"0123456789*#ABCD";

/// What a phone sends next.
pub(super) enum Sound {
    Samples(VecDeque<i16>),
    Key(char),
    /// Until something else is sent, or for ever.
    Tone(f64),
}

struct Queued {
    sound: Sound,
    done: Option<oneshot::Sender<()>>,
}

/// Makes one packet every 20 ms: queued sound, or silence.
pub(super) struct Sender {
    queue: VecDeque<Queued>,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    /// Packets already sent of the key that is down.
    key_frame: u16,
    key_timestamp: u32,
    phase: f64,
    first: bool,
    pub(super) events: u8,
}

impl Sender {
    pub(super) fn new(seed: u32) -> Self {
        Self {
            queue: VecDeque::new(),
            sequence: seed as u16,
            timestamp: seed.rotate_left(7),
            ssrc: seed,
            key_frame: 0,
            key_timestamp: 0,
            phase: 0.0,
            first: true,
            events: 101,
        }
    }

    pub(super) fn push(&mut self, sound: Sound, done: Option<oneshot::Sender<()>>) {
        // An endless tone gives way to what comes after it.
        if matches!(self.queue.back(), Some(q) if matches!(q.sound, Sound::Tone(_))) {
            self.queue.pop_back();
        }
        self.queue.push_back(Queued { sound, done });
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.key_frame = 0;
    }

    /// The packets of this tick; three at the end of a key.
    pub(super) fn tick(&mut self) -> Vec<Vec<u8>> {
        let packets = match self.queue.front_mut().map(|q| &mut q.sound) {
            Some(Sound::Key(key)) => {
                let key = *key;
                self.key(key)
            }
            Some(Sound::Samples(samples)) => {
                let frame: Vec<i16> = samples.drain(..FRAME.min(samples.len())).collect();
                if samples.is_empty() {
                    self.pop();
                }
                vec![self.audio(&frame)]
            }
            Some(Sound::Tone(hertz)) => {
                let hertz = *hertz;
                let frame = tone_from(hertz, &mut self.phase, FRAME);
                vec![self.audio(&frame)]
            }
            None => vec![self.audio(&[])],
        };
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        packets
    }

    fn pop(&mut self) {
        if let Some(done) = self.queue.pop_front().and_then(|q| q.done) {
            let _ = done.send(());
        }
    }

    fn audio(&mut self, samples: &[i16]) -> Vec<u8> {
        let marker = std::mem::take(&mut self.first);
        let mut packet = self.header(0, marker, self.timestamp);
        packet.extend((0..FRAME).map(|i| samples.get(i).map_or(0xff, |s| g711::encode(*s))));
        packet
    }

    fn key(&mut self, key: char) -> Vec<Vec<u8>> {
        let frame = self.key_frame;
        self.key_frame += 1;
        if frame == 0 {
            self.key_timestamp = self.timestamp;
        }
        if frame >= KEY_FRAMES {
            if frame + 1 == KEY_FRAMES + PAUSE_FRAMES {
                self.key_frame = 0;
                self.pop();
            }
            return vec![self.audio(&[])];
        }
        let last = frame + 1 == KEY_FRAMES;
        let code = KEYS
            .iter()
            .position(|k| char::from(*k) == key.to_ascii_uppercase())
            .unwrap_or(0) as u8;
        let duration = (frame + 1) * FRAME as u16;
        let repeats = if last { END_REPEATS } else { 1 };
        (0..repeats)
            .map(|_| {
                // All packets of one event carry the timestamp of its beginning.
                let mut packet = self.header(self.events, frame == 0, self.key_timestamp);
                packet.extend([code, if last { 0x8a } else { 0x0a }]);
                packet.extend(duration.to_be_bytes());
                packet
            })
            .collect()
    }

    fn header(&mut self, payload: u8, marker: bool, timestamp: u32) -> Vec<u8> {
        let mut packet = Vec::with_capacity(12 + FRAME);
        packet.extend([0x80, payload | if marker { 0x80 } else { 0 }]);
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        self.sequence = self.sequence.wrapping_add(1);
        packet
    }
}

/// What keys exist on a keypad.
pub(super) fn is_key(key: char) -> bool {
    KEYS.contains(&(key.to_ascii_uppercase() as u8)) && key.is_ascii()
}

/// A sine at about a third of full scale.
pub(crate) fn tone(hertz: f64, length: Duration) -> Vec<i16> {
    tone_from(hertz, &mut 0.0, (length.as_secs_f64() * 8000.0) as usize)
}

fn tone_from(hertz: f64, phase: &mut f64, count: usize) -> Vec<i16> {
    let step = std::f64::consts::TAU * hertz / 8000.0;
    (0..count)
        .map(|_| {
            *phase = (*phase + step) % std::f64::consts::TAU;
            (phase.sin() * 10_000.0) as i16
        })
        .collect()
}

/// Puts what arrives on one line of time: sample 0 is the start of the call.
#[derive(Debug, Default)]
pub(super) struct Receiver {
    pub(super) samples: Vec<i16>,
    pub(super) keys: Vec<(char, Duration)>,
    next: Option<(u32, u32)>,
    last_key: Option<u32>,
    pub(super) packets: usize,
}

impl Receiver {
    /// Takes in one packet that arrived `at` after the start of the call.
    pub(super) fn packet(&mut self, bytes: &[u8], at: Duration, events: u8) {
        let Some(header) = bytes.get(..12) else {
            return;
        };
        let word =
            |i: usize| u32::from_be_bytes([header[i], header[i + 1], header[i + 2], header[i + 3]]);
        let payload = header[1] & 0x7f;
        let (timestamp, ssrc) = (word(4), word(8));
        let body = &bytes[12..];
        if payload == events {
            if let [code, _, _, _] = *body
                && self.last_key != Some(timestamp)
                && let Some(key) = KEYS.get(usize::from(code))
            {
                self.last_key = Some(timestamp);
                self.keys.push((char::from(*key), at));
            }
            return;
        }
        if payload != 0 {
            return;
        }
        self.packets += 1;
        let arrived = (at.as_secs_f64() * 8000.0) as usize;
        // Packets that follow one another are joined without regard to jitter;
        // after a pause, or when another sender takes over, the clock decides.
        let joins =
            self.next == Some((ssrc, timestamp)) && self.samples.len().abs_diff(arrived) < 4000;
        if !joins && arrived > self.samples.len() {
            self.samples.resize(arrived, 0);
        }
        self.samples.extend(body.iter().map(|b| g711::decode(*b)));
        self.next = Some((ssrc, timestamp.wrapping_add(body.len() as u32)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_event_with_marker_growing_duration_and_three_ends() {
        let mut sender = Sender::new(1);
        sender.push(Sound::Key('#'), None);
        let packets: Vec<_> = (0..6).flat_map(|_| sender.tick()).collect();
        assert_eq!(packets.len(), 8);
        assert_eq!(packets[0][1], 0x80 | 101);
        assert!(packets[1..].iter().all(|p| p[1] == 101));
        assert!(
            packets
                .iter()
                .all(|p| p[12] == 11 && p[4..8] == packets[0][4..8])
        );
        assert_eq!(packets.iter().filter(|p| p[13] & 0x80 != 0).count(), 3);
        assert_eq!(packets[7][14..16], 960u16.to_be_bytes());
    }

    #[test]
    fn keys_and_sound_reach_the_receiver_as_they_were_sent() {
        let (mut sender, mut receiver) = (Sender::new(9), Receiver::default());
        for key in "12*".chars() {
            sender.push(Sound::Key(key), None);
        }
        sender.push(
            Sound::Samples(tone(440.0, Duration::from_millis(200)).into()),
            None,
        );
        for i in 0..45u64 {
            for packet in sender.tick() {
                receiver.packet(&packet, Duration::from_millis(20 * i), 101);
            }
        }
        let keys: String = receiver.keys.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, "12*");
        let loud = receiver.samples.iter().filter(|s| s.abs() > 1000).count();
        assert!((1400..=1600).contains(&loud), "{loud}");
    }

    #[test]
    fn a_pause_of_the_sender_stays_in_the_recording() {
        let (mut sender, mut receiver) = (Sender::new(9), Receiver::default());
        let packet = sender.tick().remove(0);
        receiver.packet(&packet, Duration::from_millis(0), 101);
        let packet = sender.tick().remove(0);
        receiver.packet(&packet, Duration::from_millis(1000), 101);
        assert_eq!(receiver.samples.len(), 8000 + FRAME);
    }
}
