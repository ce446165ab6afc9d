//! GSM 06.10 full rate, as the `.gsm` files of telephone systems hold it: frames of
//! 33 bytes, each 160 samples. The names of what is computed are the standard's.

/// Bytes of a frame, and samples in it.
pub(super) const FRAME: usize = 33;
const SAMPLES: usize = 160;
const SUBFRAME: usize = 40;
/// How far the long-term filter looks back.
const HISTORY: usize = 120;

/// The first half byte of each frame.
const MAGIC: u32 = 0xd;

/// The bits, offset, scale and shift of each log area ratio.
const RATIOS: [(u32, i32, i32, i32); 8] = [
    (6, -32, 13_107, 0),
    (6, -32, 13_107, 0),
    (5, -16, 13_107, 2048),
    (5, -16, 13_107, -2560),
    (4, -8, 19_223, 94),
    (4, -8, 17_476, -1792),
    (3, -4, 31_454, -341),
    (3, -4, 29_708, -1144),
];

/// Of the pulses, by their mantissa; and of the long-term filter.
const FACTORS: [i32; 8] = [
    18_431, 20_479, 22_527, 24_575, 26_623, 28_671, 30_719, 32_767,
];
const GAINS: [i32; 4] = [3277, 11_469, 21_299, 32_767];

/// Where in a frame each set of the short-term filter begins to be used, and how
/// much of the frame before is still in it, in quarters.
const BLENDS: [(usize, i32); 4] = [(0, 3), (13, 2), (27, 1), (40, 0)];

/// Decodes whole frames; what follows the last of them is left out. `None` when it
/// is not GSM.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<i16>> {
    let mut decoder = Decoder::new();
    let mut samples = Vec::with_capacity(bytes.len() / FRAME * SAMPLES);
    for frame in bytes.chunks_exact(FRAME) {
        samples.extend(decoder.frame(frame)?);
    }
    Some(samples)
}

/// Does it begin as GSM does?
pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.len() >= FRAME
        && bytes
            .chunks_exact(FRAME)
            .take(4)
            .all(|frame| frame[0] >> 4 == 0xd)
}

struct Decoder {
    /// What the long-term filter remembers, and the subframe at its end.
    residual: [i32; HISTORY + SUBFRAME],
    lag: usize,
    ratios: [i32; 8],
    lattice: [i32; 9],
    emphasis: i32,
}

impl Decoder {
    fn new() -> Self {
        Self {
            residual: [0; HISTORY + SUBFRAME],
            lag: SUBFRAME,
            ratios: [0; 8],
            lattice: [0; 9],
            emphasis: 0,
        }
    }

    fn frame(&mut self, frame: &[u8]) -> Option<[i16; SAMPLES]> {
        let mut bits = Bits {
            bytes: frame,
            at: 0,
        };
        if bits.take(4) != MAGIC {
            return None;
        }
        let mut ratios = [0; 8];
        for (ratio, (width, offset, scale, shift)) in ratios.iter_mut().zip(RATIOS) {
            let coded = (bits.number(width) + offset) << 10;
            let scaled = multiply(scale, narrow(coded - (shift << 1)));
            *ratio = narrow(scaled + scaled);
        }
        let mut excitation = [0; SAMPLES];
        for part in excitation.chunks_exact_mut(SUBFRAME) {
            self.subframe(&mut bits, part);
        }
        let samples = self.speak(&excitation, ratios);
        self.ratios = ratios;
        Some(samples)
    }

    /// The residual of a quarter of a frame: its pulses, and what the long-term
    /// filter repeats.
    fn subframe(&mut self, bits: &mut Bits<'_>, out: &mut [i32]) {
        let lag = bits.number(7);
        let gain = GAINS[bits.take(2) as usize & 3];
        let grid = bits.take(2) as usize;
        let pulses = pulses(bits);
        if let Ok(lag) = usize::try_from(lag)
            && (SUBFRAME..=HISTORY).contains(&lag)
        {
            self.lag = lag;
        }
        for k in 0..SUBFRAME {
            let pulse = match k.checked_sub(grid) {
                Some(from) if from % 3 == 0 => pulses.get(from / 3).copied().unwrap_or(0),
                _ => 0,
            };
            let repeated = multiply(gain, self.residual[HISTORY + k - self.lag]);
            self.residual[HISTORY + k] = narrow(pulse + repeated);
        }
        out.copy_from_slice(&self.residual[HISTORY..]);
        self.residual.copy_within(SUBFRAME.., 0);
    }

    /// The short-term filter, and the end of the pre-emphasis.
    fn speak(&mut self, excitation: &[i32; SAMPLES], ratios: [i32; 8]) -> [i16; SAMPLES] {
        let mut samples = [0; SAMPLES];
        let mut coefficients = [0; 8];
        for (k, (sample, input)) in samples.iter_mut().zip(excitation).enumerate() {
            if let Some((_, before)) = BLENDS.iter().find(|(from, _)| *from == k) {
                for (i, coefficient) in coefficients.iter_mut().enumerate() {
                    *coefficient = reflection(blend(self.ratios[i], ratios[i], *before));
                }
            }
            let mut signal = *input;
            for (i, coefficient) in coefficients.iter().enumerate().rev() {
                signal = narrow(signal - multiply(*coefficient, self.lattice[i]));
                self.lattice[i + 1] = narrow(self.lattice[i] + multiply(*coefficient, signal));
            }
            self.lattice[0] = signal;
            self.emphasis = narrow(signal + multiply(self.emphasis, 28_180));
            let loud = narrow(self.emphasis + self.emphasis) & !7;
            *sample = i16::try_from(loud).unwrap_or_default();
        }
        samples
    }
}

/// The thirteen pulses of a subframe.
fn pulses(bits: &mut Bits<'_>) -> [i32; 13] {
    let largest = bits.number(6);
    let mut exponent = if largest > 15 { (largest >> 3) - 1 } else { 0 };
    let mut mantissa = largest - (exponent << 3);
    if mantissa == 0 {
        exponent = -4;
        mantissa = 7;
    } else {
        while mantissa <= 7 {
            mantissa = mantissa << 1 | 1;
            exponent -= 1;
        }
        mantissa -= 8;
    }
    let factor = FACTORS[usize::try_from(mantissa).unwrap_or(0) & 7];
    let shift = 6 - exponent;
    let rounding = if shift > 0 { 1 << (shift - 1) } else { 0 };
    let mut pulses = [0; 13];
    for pulse in &mut pulses {
        let coded = ((bits.number(3) << 1) - 7) << 12;
        let value = narrow(multiply(factor, coded) + rounding);
        *pulse = if shift >= 0 {
            value >> shift
        } else {
            value << -shift
        };
    }
    pulses
}

/// Log area ratios change smoothly from frame to frame.
fn blend(before: i32, now: i32, quarters_before: i32) -> i32 {
    match quarters_before {
        3 => narrow(narrow((before >> 2) + (now >> 2)) + (before >> 1)),
        2 => narrow((before >> 1) + (now >> 1)),
        1 => narrow(narrow((before >> 2) + (now >> 2)) + (now >> 1)),
        _ => now,
    }
}

/// A log area ratio as a coefficient of the lattice.
fn reflection(ratio: i32) -> i32 {
    let size = ratio.abs().min(32_767);
    let size = match size {
        ..11_059 => size << 1,
        11_059..20_070 => size + 11_059,
        _ => narrow((size >> 2) + 26_112),
    };
    if ratio < 0 { -size } else { size }
}

/// The standard's arithmetic is of 16 bits, and saturates.
fn narrow(value: i32) -> i32 {
    value.clamp(-32_768, 32_767)
}

fn multiply(a: i32, b: i32) -> i32 {
    narrow((a * b + 16_384) >> 15)
}

/// The most significant bit comes first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, width: u32) -> u32 {
        (0..width).fold(0, |value, _| {
            let byte = self.bytes.get(self.at / 8).copied().unwrap_or(0);
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            value << 1 | u32::from(bit)
        })
    }

    fn number(&mut self, width: u32) -> i32 {
        i32::try_from(self.take(width)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a second of 440 Hz, and what another decoder makes of it.
    #[test]
    fn it_gives_the_samples_that_other_decoders_give() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/audio");
        let bytes = std::fs::read(format!("{folder}/tone.gsm")).unwrap();
        let expected: Vec<i16> = std::fs::read(format!("{folder}/tone.gsm.raw"))
            .unwrap()
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        assert!(is(&bytes));
        assert_eq!(decode(&bytes).unwrap(), expected);
    }

    #[test]
    fn what_is_not_gsm_is_told() {
        assert!(!is(b"RIFF"));
        assert!(!is(&[0; 66]));
        assert_eq!(decode(&[0; 33]), None);
        assert!(decode(&[0xd0; 32]).unwrap().is_empty());
    }

    #[test]
    fn any_bits_are_sound() {
        let mut noise = vec![0xff_u8; FRAME * 20];
        for (number, frame) in noise.chunks_exact_mut(FRAME).enumerate() {
            for (place, byte) in frame.iter_mut().enumerate() {
                *byte = (place * 37 + number * 101) as u8;
            }
            frame[0] = 0xd0 | frame[0] & 0x0f;
        }
        assert_eq!(decode(&noise).unwrap().len(), 20 * SAMPLES);
    }
}
