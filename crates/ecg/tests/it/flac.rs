//! A FLAC encoder that compresses nothing, for streams to read.

/// A stream of the channels, in verbatim subframes of up to 32 samples.
pub fn stream(channels: &[Vec<i64>], bits: u32) -> Vec<u8> {
    const BLOCK: usize = 32;
    let total = channels[0].len();
    let mut stream = start(channels.len(), bits, total as u64, BLOCK as u16);
    for (number, first) in (0..total).step_by(BLOCK).enumerate() {
        let size = BLOCK.min(total - first);
        let mut frame = frame_header(number as u8, channels.len(), bits, size);
        let mut writer = Bits::default();
        for channel in channels {
            writer.push(0b0000_0010, 8);
            channel[first..first + size].iter().for_each(|&value| writer.push(value, bits));
        }
        frame.extend(writer.finish());
        finish_frame(&mut stream, frame);
    }
    stream
}

/// One channel of `frames` frames of 65535 zeros each, in a few bytes per frame.
pub fn zeros(frames: u8) -> Vec<u8> {
    let mut stream = start(1, 16, 0, u16::MAX);
    for number in 0..frames {
        let mut frame = frame_header(number, 1, 16, 65535);
        frame.extend([0, 0, 0]);
        finish_frame(&mut stream, frame);
    }
    stream
}

/// Magic and STREAMINFO.
fn start(channels: usize, bits: u32, total: u64, block: u16) -> Vec<u8> {
    let mut stream = b"fLaC\x80\0\0\x22".to_vec();
    stream.extend([block.to_be_bytes(), block.to_be_bytes()].concat());
    stream.extend([0; 6]);
    let mut writer = Bits::default();
    writer.push(1000, 20);
    writer.push(channels as i64 - 1, 3);
    writer.push(i64::from(bits) - 1, 5);
    writer.push(total as i64, 36);
    stream.extend(writer.finish());
    stream.extend([0; 16]);
    stream
}

/// A frame's header: sync, 16-bit block size, rate as in STREAMINFO, frame number below 128, CRC-8.
fn frame_header(number: u8, channels: usize, bits: u32, size: usize) -> Vec<u8> {
    assert!(number < 128, "longer numbers are coded otherwise");
    let width = if bits == 24 { 6 } else { 4 };
    let mut header = vec![0xff, 0xf8, 0x70, (channels as u8 - 1) << 4 | width << 1, number];
    header.extend((size as u16 - 1).to_be_bytes());
    header.push(crc(&header, 0x07, 8) as u8);
    header
}

fn finish_frame(stream: &mut Vec<u8>, frame: Vec<u8>) {
    let sum = crc(&frame, 0x8005, 16) as u16;
    stream.extend(frame);
    stream.extend(sum.to_be_bytes());
}

fn crc(bytes: &[u8], polynomial: u32, width: u32) -> u32 {
    let mask = (1 << width) - 1;
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << (width - 8), |crc, _| {
            let carry = crc >> (width - 1) & 1;
            (crc << 1 & mask) ^ if carry == 1 { polynomial } else { 0 }
        })
    })
}

/// Writes bits from the most significant on.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn push(&mut self, value: i64, bits: u32) {
        self.0.extend((0..bits).rev().map(|bit| value >> bit & 1 == 1));
    }

    fn finish(self) -> Vec<u8> {
        let byte =
            |bits: &[bool]| (0..8).fold(0, |byte, i| byte << 1 | u8::from(bits.get(i).copied().unwrap_or(false)));
        self.0.chunks(8).map(byte).collect()
    }
}
