//! G.711 u-law, the one codec of the lab's phones.

const BIAS: i32 = 0x84;
const CLIP: i32 = 32_635;

/// One 16-bit sample as u-law.
pub(super) fn encode(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    // The segment is the position of the highest bit above the seventh.
    let segment = (24 - (magnitude as u32).leading_zeros()) as i32;
    let mantissa = (magnitude >> (segment + 3)) & 0x0f;
    !(sign | (segment << 4) as u8 | mantissa as u8)
}

/// One u-law byte as a 16-bit sample.
pub(super) fn decode(byte: u8) -> i16 {
    let byte = !byte;
    let segment = i32::from((byte >> 4) & 7);
    let mantissa = i32::from(byte & 0x0f);
    let magnitude = (((mantissa << 3) + BIAS) << segment) - BIAS;
    (if byte & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_a_round_trip() {
        for byte in 0..=255u8 {
            let sample = decode(byte);
            // There are two zeros, 0x7f and 0xff.
            if sample != 0 {
                assert_eq!(encode(sample), byte, "sample {sample}");
            }
        }
    }

    #[test]
    fn known_values_of_the_standard() {
        assert_eq!(encode(0), 0xff);
        assert_eq!(decode(0x00), -32_124);
        assert_eq!(decode(0x80), 32_124);
        assert_eq!(encode(i16::MAX), 0x80);
        assert_eq!(encode(i16::MIN), 0x00);
    }
}
