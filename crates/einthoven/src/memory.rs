//! Sizes of memory, as people write them.

use std::str::FromStr;

/// A number of bytes, read from text such as `512MiB`, `2GiB` or `100000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Memory(pub u64);

const UNITS: [(&str, u64); 7] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("b", 1),
];

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_ascii_lowercase();
        let (digits, unit) =
            UNITS.iter().find_map(|(name, unit)| Some((lower.strip_suffix(name)?, *unit))).unwrap_or((&lower, 1));
        let number: f64 = digits.trim().parse().map_err(|_| format!("`{text}` is not a size; write 512MiB or 2GiB"))?;
        let bytes = number * unit as f64;
        if !(1.0..=1e18).contains(&bytes) {
            return Err(format!("`{text}` is not a usable size; write 512MiB or 2GiB"));
        }
        Ok(Self(bytes as u64))
    }
}

impl std::fmt::Display for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match UNITS[..3].iter().rev().find(|(_, unit)| self.0.is_multiple_of(*unit)) {
            Some((name, unit)) => write!(f, "{} {}iB", self.0 / unit, name[..1].to_uppercase()),
            None => write!(f, "{} B", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;

    #[test]
    fn sizes_are_read_and_written() {
        for (text, bytes, shown) in [
            ("512MiB", 512 << 20, "512 MiB"),
            ("2GiB", 2 << 30, "2 GiB"),
            ("1.5 gib", 3 << 29, "1536 MiB"),
            ("1000", 1000, "1000 B"),
            ("1kB", 1000, "1000 B"),
        ] {
            assert_eq!(text.parse(), Ok(Memory(bytes)), "{text}");
            assert_eq!(Memory(bytes).to_string(), shown);
        }
        for text in ["", "lots", "-1MiB", "0", "1e40GiB", "NaN"] {
            assert!(text.parse::<Memory>().is_err(), "{text}");
        }
    }
}
