//! A linear axis.

use crate::frame::{SMALL, line, text};
use crate::number::{tick_text, ticks};
use crate::xml::{Xml, number};

/// A stretch of numbers along a stretch of paper.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    /// Where `low` and `high` are, in millimetres; either may be the smaller.
    ends: [f64; 2],
}

impl Axis {
    /// The axis that covers all finite ones of `values`.
    pub fn new(values: impl IntoIterator<Item = f64>, ends: [f64; 2]) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        // An eighth of the largest number keeps the differences below finite.
        let most = f64::MAX / 8.0;
        let (low, high) = (low.max(-most), high.min(most));
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        // A single number stands at the lower end of a stretch of its own size.
        let high = if high - low > 1e-290 { high } else { low + if low == 0.0 { 1.0 } else { low.abs() } };
        Self { low, high, ends }
    }

    /// Where a value is, in millimetres; at an end, if it lies beyond.
    pub fn at(&self, value: f64) -> f64 {
        let part = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        self.ends[0] + (self.ends[1] - self.ends[0]) * part
    }

    /// Draws vertical lines at round numbers from `top` to `bottom`, the numbers below, and the unit below them: ten
    /// millimetres in all.
    pub fn draw_across(&self, svg: &mut Xml, [top, bottom]: [f64; 2], unit: &str) {
        for (tick, words) in self.ticks() {
            let x = self.at(tick);
            line(svg, "tick", &format!("M{} {}V{}", number(x), number(top), number(bottom + 1.2)), "#ccc", 0.2);
            text(svg, [x, bottom + 4.6], SMALL, "middle", &words);
        }
        text(svg, [(self.ends[0] + self.ends[1]) / 2.0, bottom + 8.8], SMALL, "middle", unit);
    }

    /// Draws horizontal lines at round numbers from `left` to `right`, the numbers to their left, and the unit above.
    pub fn draw_up(&self, svg: &mut Xml, [left, right]: [f64; 2], unit: &str) {
        for (tick, words) in self.ticks() {
            let y = self.at(tick);
            line(svg, "tick", &format!("M{} {}H{}", number(left - 1.2), number(y), number(right)), "#ccc", 0.2);
            text(svg, [left - 2.0, y + 1.0], SMALL, "end", &words);
        }
        text(svg, [left - 2.0, self.ends[0].min(self.ends[1]) - 2.6], SMALL, "end", unit);
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        let ticks = ticks(self.low, self.high, 6);
        let step = if ticks.len() > 1 { ticks[1] - ticks[0] } else { 1.0 };
        let inside = ticks.into_iter().filter(|&tick| (self.low..=self.high).contains(&tick));
        inside.map(|tick| (tick, tick_text(tick, step))).collect()
    }
}
