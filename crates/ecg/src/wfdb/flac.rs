//! FLAC streams (formats 508, 516, 524).

use std::io::Cursor;

use claxon::{FlacReader, FlacReaderOptions};

/// Most samples per byte that a stream may unfold to. Real ones stay far below; a forged one could fill the memory.
const MAX_EXPANSION: usize = 1024;

/// The channels of a stream, from sample `skip` on, up to `wanted` samples each.
///
/// # Errors
/// A stream that is broken, of more than `bits` bits, or of another number of channels.
pub(super) fn decode(
    bytes: &[u8],
    bits: u32,
    channels: usize,
    skip: u64,
    wanted: Option<u64>,
) -> Result<Vec<Vec<i32>>, String> {
    let options = FlacReaderOptions { metadata_only: false, read_vorbis_comment: false };
    let mut reader = FlacReader::new_ext(Cursor::new(bytes), options).map_err(|e| format!("not a FLAC stream: {e}"))?;
    let info = reader.streaminfo();
    if info.bits_per_sample > bits {
        return Err(format!("the stream has {} bits per sample; its format allows {bits}", info.bits_per_sample));
    }
    if info.channels as usize != channels {
        return Err(format!("the stream has {} channels; the header gives it {channels} signals", info.channels));
    }
    let limit = bytes.len().saturating_mul(MAX_EXPANSION);
    let end = wanted.map_or(u64::MAX, |wanted| skip.saturating_add(wanted));
    let mut decoded = vec![Vec::new(); channels];
    let mut blocks = reader.blocks();
    let (mut buffer, mut position) = (Vec::new(), 0);
    while position < end {
        let block = blocks.read_next_or_eof(buffer).map_err(|e| format!("broken FLAC stream: {e}"))?;
        let Some(block) = block else { break };
        let duration = u64::from(block.duration());
        if block.channels() as usize != channels {
            return Err("broken FLAC stream: its number of channels changes".into());
        }
        let from = skip.saturating_sub(position).min(duration) as usize;
        let to = (end - position).min(duration) as usize;
        for (channel, samples) in decoded.iter_mut().enumerate() {
            samples.extend_from_slice(&block.channel(channel as u32)[from.min(to)..to]);
        }
        if decoded[0].len().saturating_mul(channels) > limit {
            return Err(format!("the stream unfolds to more than {MAX_EXPANSION} samples per byte; that is no signal"));
        }
        position += duration;
        buffer = block.into_buffer();
    }
    Ok(decoded)
}
