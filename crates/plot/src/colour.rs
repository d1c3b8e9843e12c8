//! The diverging colour map.
//!
//! Blue stands for negative, white for zero, orange for positive: a pair that the common colour deficiencies keep
//! apart. Both ends are equally light, so that neither sign looks stronger, and light enough for a black trace.

/// Colours at -1, -1/2, 0, 1/2 and 1; in between they are interpolated linearly in sRGB.
const ANCHORS: [[f64; 3]; 5] =
    [[70.0, 138.0, 205.0], [160.0, 200.0, 233.0], [255.0, 255.0, 255.0], [246.0, 181.0, 128.0], [221.0, 96.0, 30.0]];

/// One colour scale for all leads: symmetric around zero, saturated from `limit` on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    limit: f64,
    largest: f64,
    percentile: f64,
    signed: bool,
}

impl Scale {
    /// The scale for these values: saturated at the 99th percentile (nearest rank) of their magnitudes, so that one
    /// outlier among hundreds does not bleach the rest. Values that are not finite are left out; should the
    /// percentile be zero, the largest magnitude is the limit.
    pub fn new(values: impl IntoIterator<Item = f64>) -> Self {
        Self::saturated(values.into_iter().filter(|v| v.is_finite()).collect(), 990, true)
    }

    /// The scale for the cells of a map: as [`Scale::new`], but saturated at the 99.5th percentile, as they are
    /// thousands, and with the colours of positive values only where none is negative.
    pub fn of_cells(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        let signed = values.iter().any(|&v| v < 0.0);
        Self::saturated(values, 995, signed)
    }

    fn saturated(finite: Vec<f64>, per_mille: usize, signed: bool) -> Self {
        let mut magnitudes: Vec<f64> = finite.into_iter().map(f64::abs).collect();
        magnitudes.sort_by(f64::total_cmp);
        let largest = magnitudes.last().copied().unwrap_or(0.0);
        let rank = (magnitudes.len() * per_mille).div_ceil(1000);
        let at_rank = rank.checked_sub(1).map_or(0.0, |index| magnitudes[index]);
        let limit = if at_rank > 0.0 { at_rank } else { largest };
        Self { limit, largest, percentile: per_mille as f64 / 10.0, signed }
    }

    /// The percentile of the magnitudes at which colours saturate.
    pub fn percentile(&self) -> f64 {
        self.percentile
    }

    /// Whether the scale has both signs.
    pub fn is_signed(&self) -> bool {
        self.signed
    }

    /// The magnitude from which on the colour no longer changes; zero if all values are zero.
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// The largest magnitude of all values.
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// Whether a value lies beyond the limit.
    pub fn is_clipped(&self) -> bool {
        self.largest > self.limit
    }

    /// The colour of a value as `#rrggbb`; `None` for what is not finite.
    pub fn colour(&self, value: f64) -> Option<String> {
        self.position(value).map(diverging)
    }

    /// Where on the scale a value is, from -1 to 1; `None` for what is not finite.
    pub fn position(&self, value: f64) -> Option<f64> {
        let position = if self.limit > 0.0 { (value / self.limit).clamp(-1.0, 1.0) } else { 0.0 };
        value.is_finite().then_some(position)
    }
}

/// The colour at `position` in -1..=1 as `#rrggbb`.
pub fn diverging(position: f64) -> String {
    let place = (position.clamp(-1.0, 1.0) + 1.0) * 2.0;
    let below = (place.floor() as usize).min(ANCHORS.len() - 2);
    between(ANCHORS[below], ANCHORS[below + 1], place - below as f64)
}

/// The colour of lines and letters of a value's sign: the ends of the diverging map, dark enough for thin lines.
pub fn ink(value: f64) -> &'static str {
    if value < 0.0 { "#2065ab" } else { "#a3440c" }
}

/// Colours at 0, 1/3, 2/3 and 1 of the map from low to high.
const LOW_TO_HIGH: [[f64; 3]; 4] =
    [[53.0, 28.0, 93.0], [49.0, 104.0, 142.0], [74.0, 178.0, 126.0], [249.0, 231.0, 90.0]];

/// The colour at `position` in 0..=1 of what has an order but no sign, as `#rrggbb`: from dark violet to light yellow,
/// lighter all the way, so that it can be told apart in grey as well.
pub fn sequential(position: f64) -> String {
    let place = position.clamp(0.0, 1.0) * 3.0;
    let below = (place.floor() as usize).min(LOW_TO_HIGH.len() - 2);
    between(LOW_TO_HIGH[below], LOW_TO_HIGH[below + 1], place - below as f64)
}

fn between(from: [f64; 3], to: [f64; 3], part: f64) -> String {
    let [r, g, b] = [0, 1, 2].map(|channel| (from[channel] + part * (to[channel] - from[channel])).round() as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}
