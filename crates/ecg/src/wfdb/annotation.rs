//! Annotation files in the MIT format: marks of beats, waves and rhythms.
//!
//! A file is a row of 16-bit words, a code in the high six bits and a time difference in the low ten. Codes 59 to 63
//! carry what does not fit: long time differences, numbers, subtypes, channels and text, the last four for the
//! annotation before them.

use std::fs;
use std::path::Path;

use crate::{Error, Result};

/// One mark.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// Number of the sample that is marked; at [`Annotations::time_resolution`] if that is given, else a frame.
    pub sample: i64,
    /// Numeric code of the kind.
    pub code: u8,
    /// Symbol of the kind: `N` a normal beat, `p` and `t` P and T waves, `(` and `)` where a wave starts and ends.
    /// Empty for a code that has none.
    pub symbol: String,
    /// Subtype.
    pub subtype: i8,
    /// The channel that the mark belongs to.
    pub channel: u8,
    /// A number, whose meaning the annotator sets.
    pub number: i8,
    /// Text, such as the new rhythm of a rhythm change.
    pub text: String,
}

/// The contents of an annotation file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// The marks in the order of the file.
    pub marks: Vec<Annotation>,
    /// Ticks per second in which samples are counted, if it differs from the record's frame rate.
    pub time_resolution: Option<f64>,
    /// Whether the file has its end mark; without it the file was cut short.
    pub complete: bool,
}

/// Symbols of codes 0 to 41; a blank stands for none.
const SYMBOLS: &[u8] = b" NLRaVFJASEj/Q~ | sT*D\"=pB^t+u?![]en@xf()r";

const NOTE: u8 = 22;
const SKIP: u8 = 59;
const NUMBER: u8 = 60;
const SUBTYPE: u8 = 61;
const CHANNEL: u8 = 62;
const TEXT: u8 = 63;

/// Reads an annotation file.
///
/// # Errors
/// A file that is missing or is not one of annotations.
pub fn read_annotations(path: &Path) -> Result<Annotations> {
    let bytes = fs::read(path).map_err(|e| Error::read(path, e))?;
    parse_annotations(&bytes).map_err(|reason| Error::read(path, reason))
}

/// Decodes the contents of an annotation file.
///
/// # Errors
/// What is wrong and at which byte.
pub fn parse_annotations(bytes: &[u8]) -> std::result::Result<Annotations, String> {
    let mut words = Words { bytes, at: 0 };
    let (mut marks, mut time) = (Vec::<Annotation>::new(), 0i64);
    let mut complete = false;
    while words.at < bytes.len() {
        let start = words.at;
        let word = words.next()?;
        let (code, low) = ((word >> 10) as u8, word & 0x3ff);
        match code {
            _ if word == 0 => {
                complete = true;
                break;
            }
            0 => time = time.saturating_add(i64::from(low)),
            SKIP => {
                let long = u32::from(words.next()?) << 16 | u32::from(words.next()?);
                time = time.saturating_add(i64::from(long as i32));
            }
            NUMBER..=TEXT => {
                let text = if code == TEXT { words.text(usize::from(low))? } else { String::new() };
                let last =
                    marks.last_mut().ok_or_else(|| format!("byte {start}: code {code} has no mark before it"))?;
                match code {
                    NUMBER => last.number = low as u8 as i8,
                    SUBTYPE => last.subtype = low as u8 as i8,
                    CHANNEL => last.channel = low as u8,
                    _ => last.text = text,
                }
            }
            _ => {
                time = time.saturating_add(i64::from(low));
                // Channel and number hold until they change; subtype and text do not.
                let (channel, number) = marks.last().map_or((0, 0), |last| (last.channel, last.number));
                let (symbol, text) = (symbol(code), String::new());
                marks.push(Annotation { sample: time, code, symbol, subtype: 0, channel, number, text });
            }
        }
    }
    let time_resolution = take_definitions(&mut marks);
    Ok(Annotations { marks, time_resolution, complete })
}

/// A row of little-endian 16-bit words.
struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Words<'_> {
    fn next(&mut self) -> std::result::Result<u16, String> {
        let pair = self.bytes.get(self.at..self.at + 2);
        let pair = pair.ok_or_else(|| format!("byte {}: an annotation is cut short", self.at))?;
        self.at += 2;
        Ok(u16::from_le_bytes([pair[0], pair[1]]))
    }

    /// A text of `length` bytes, padded to whole words.
    fn text(&mut self, length: usize) -> std::result::Result<String, String> {
        let text = self.bytes.get(self.at..self.at + length);
        let text = text.ok_or_else(|| format!("byte {}: a text of {length} bytes is cut short", self.at))?;
        self.at += length.next_multiple_of(2);
        let text = text.strip_suffix(b"\0").unwrap_or(text);
        Ok(String::from_utf8(text.to_vec()).unwrap_or_else(|_| text.iter().map(|&byte| char::from(byte)).collect()))
    }
}

fn symbol(code: u8) -> String {
    SYMBOLS.get(usize::from(code)).filter(|&&symbol| symbol != b' ').map(|&s| char::from(s).into()).unwrap_or_default()
}

/// Takes out the notes at sample 0 that define the time resolution and the file's own symbols, and applies them.
fn take_definitions(marks: &mut Vec<Annotation>) -> Option<f64> {
    let is_definition = |mark: &Annotation| mark.sample == 0 && mark.code == NOTE;
    let mut time_resolution = None;
    let mut symbols: Vec<(u8, String)> = Vec::new();
    let mut in_symbols = false;
    for mark in marks.iter().filter(|mark| is_definition(mark)) {
        let text = mark.text.trim();
        if let Some(rate) = text.strip_prefix("## time resolution:") {
            time_resolution = rate.trim().parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
        } else if text.starts_with("##") {
            in_symbols = text == "## annotation type definitions";
        } else if in_symbols {
            let mut fields = text.split_whitespace();
            let code = fields.next().and_then(|code| code.parse().ok());
            symbols.extend(code.zip(fields.next().map(String::from)));
        }
    }
    marks.retain(|mark| !(is_definition(mark) && (mark.text.starts_with("##") || !symbols.is_empty())));
    for mark in marks {
        if let Some((_, symbol)) = symbols.iter().rfind(|(code, _)| *code == mark.code) {
            mark.symbol.clone_from(symbol);
        }
    }
    time_resolution
}
