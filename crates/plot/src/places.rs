//! Where players stand in a graph: on a circle, or where they are told to; their discs and their names.

use einthoven_game::Attribution;

use crate::frame::{SMALL, letters, text, turned_text, width_of};
use crate::links::disc;
use crate::number::{cut, value_text, value_with_error};
use crate::players::{self, Player};
use crate::xml::{Xml, number};

/// Width of a graph in millimetres, and height of one on a circle.
pub(crate) const SIDE: f64 = 150.0;
/// Most room for names around the circle.
const NAMES: f64 = 33.0;
/// Room around given places.
const MARGIN: f64 = 14.0;
/// Names so short and so few stand upright.
const UPRIGHT: (usize, usize) = (16, 6);
/// Size of names, and of those along their ray.
const SIZE: f64 = 3.2;
const TURNED: f64 = 2.6;
/// Radius of the largest disc.
const LARGEST: f64 = 5.0;

/// Players and their places.
pub(crate) struct Places {
    /// The players shown, ascending.
    pub shown: Vec<u32>,
    /// Where they stand, one for each of `shown`, in millimetres.
    pub at: Vec<[f64; 2]>,
    players: Vec<Player>,
    /// The largest magnitude of the players shown, and its disc.
    largest: f64,
    most: f64,
    /// The middle of the circle, if they stand on one.
    centre: Option<[f64; 2]>,
    /// Height of the graph in millimetres.
    pub height: f64,
}

impl Places {
    /// `shown` players on a circle, clockwise from the top, in a square whose upper left corner is (0, `top`).
    pub fn circle(attribution: &Attribution, shown: Vec<u32>, top: f64) -> Self {
        let mut places = Self::empty(attribution, shown);
        let centre = [SIDE / 2.0, top + SIDE / 2.0];
        let radius = SIDE / 2.0 - places.room();
        let count = places.shown.len().max(1);
        let angle = |index: usize| std::f64::consts::TAU * index as f64 / count as f64;
        let place = |index| [centre[0] + radius * f64::sin(angle(index)), centre[1] - radius * f64::cos(angle(index))];
        places.at = (0..places.shown.len()).map(place).collect();
        places.centre = Some(centre);
        // Neighbours' discs touch at most.
        places.most = LARGEST.min(std::f64::consts::PI * radius / count as f64);
        places
    }

    /// `shown` players where `positions`, one for each player of the game, have them (x to the right, y down, in any
    /// unit), scaled to fit the width. A position that is not finite is the middle.
    pub fn given(attribution: &Attribution, shown: Vec<u32>, positions: &[[f64; 2]], top: f64) -> Self {
        let mut places = Self::empty(attribution, shown);
        let finite = |axis: usize| positions.iter().map(move |place| place[axis]).filter(|v| v.is_finite());
        let range = |axis: usize| {
            let ends = (finite(axis).fold(f64::INFINITY, f64::min), finite(axis).fold(f64::NEG_INFINITY, f64::max));
            if ends.0 > ends.1 { (0.0, 0.0) } else { ends }
        };
        let ranges = [range(0), range(1)];
        // Halves, so that the difference of two huge numbers stays finite.
        let half = |(low, high): (f64, f64)| high / 2.0 - low / 2.0;
        let most = half(ranges[0]).max(half(ranges[1])).max(f64::MIN_POSITIVE);
        places.height = 2.0 * MARGIN + (SIDE - 2.0 * MARGIN) * (half(ranges[1]) / most);
        let middles = [SIDE / 2.0, top + places.height / 2.0];
        let place = |&player: &u32| {
            [0, 1].map(|axis| {
                let (low, high) = ranges[axis];
                let value = positions.get(player as usize).map_or(f64::NAN, |place| place[axis]);
                let off = (value / 2.0 - (low / 4.0 + high / 4.0)) / most;
                middles[axis] + (SIDE / 2.0 - MARGIN) * if off.is_finite() { 2.0 * off } else { 0.0 }
            })
        };
        places.at = places.shown.iter().map(place).collect();
        places
    }

    fn empty(attribution: &Attribution, shown: Vec<u32>) -> Self {
        let players: Vec<Player> = players::players(attribution);
        let values = shown.iter().map(|&player| players[player as usize].value.abs());
        let largest = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
        Self { shown, at: Vec::new(), players, largest, most: LARGEST, centre: None, height: SIDE }
    }

    /// Where a player stands, if it is shown.
    fn of(&self, player: u32) -> Option<[f64; 2]> {
        self.shown.binary_search(&player).ok().map(|index| self.at[index])
    }

    /// Where these players stand, if all of them are shown.
    pub fn of_all(&self, players: &[u32]) -> Option<Vec<[f64; 2]>> {
        players.iter().map(|&player| self.of(player)).collect()
    }

    /// The path of a line between two places: bent towards the middle of the circle, so that lines between neighbours
    /// part.
    pub fn path(&self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> String {
        let from = format!("M{} {}", number(x1), number(y1));
        let Some(centre) = self.centre else { return format!("{from}L{} {}", number(x2), number(y2)) };
        let bent = |a: f64, b: f64, centre: f64| number(0.7 * (a + b) / 2.0 + 0.3 * centre);
        let (x, y) = (bent(x1, x2, centre[0]), bent(y1, y2, centre[1]));
        format!("{from}Q{x} {y} {} {}", number(x2), number(y2))
    }

    /// Draws discs and names.
    pub fn draw(&self, svg: &mut Xml) {
        for (&index, &at) in self.shown.iter().zip(&self.at) {
            let player = &self.players[index as usize];
            let radius = self.radius(player.value);
            let words = format!("{}: {}", player.name, value_with_error(player.value, player.std_err));
            disc(svg, at, player.value, radius, &words);
            self.name(svg, at, radius, &player.name);
        }
    }

    /// The radius of a value's disc, whose area is in proportion to the magnitude.
    fn radius(&self, value: f64) -> f64 {
        if value.is_finite() && self.largest > 0.0 { self.most * (value.abs() / self.largest).sqrt() } else { 0.0 }
    }

    fn is_upright(&self) -> bool {
        let short = |&player: &u32| self.players[player as usize].name.chars().count() <= UPRIGHT.1;
        self.shown.len() <= UPRIGHT.0 && self.shown.iter().all(short)
    }

    /// Room for names around the circle.
    fn room(&self) -> f64 {
        if self.is_upright() {
            return 14.0;
        }
        let names = self.shown.iter().map(|&player| &self.players[player as usize].name);
        NAMES.min(names.map(|name| width_of(name, TURNED)).fold(0.0, f64::max) + LARGEST + 3.0)
    }

    /// A name beside its player: outside of the circle, upright or along its ray; below, where there is no circle.
    fn name(&self, svg: &mut Xml, [x, y]: [f64; 2], radius: f64, name: &str) {
        let Some([centre_x, centre_y]) = self.centre else {
            svg.open("g").attr("paint-order", "stroke").attr("stroke", "#fff").num("stroke-width", 0.8);
            text(svg, [x, y + radius + 3.6], SIZE, "middle", &cut(name, 16));
            svg.close();
            return;
        };
        let (dx, dy) = (x - centre_x, y - centre_y);
        let length = dx.hypot(dy).max(1e-9);
        let (ray_x, ray_y) = (dx / length, dy / length);
        if self.is_upright() {
            let far = self.most + 2.0;
            let at = [x + far * ray_x, y + far * ray_y + 1.1 + 1.2 * ray_y];
            let anchor = if ray_x.abs() < 0.3 {
                "middle"
            } else if ray_x > 0.0 {
                "start"
            } else {
                "end"
            };
            return text(svg, at, SIZE, anchor, name);
        }
        let far = self.most + 1.0;
        let degrees = ray_y.atan2(ray_x).to_degrees();
        let (degrees, anchor) = if ray_x < -1e-9 { (degrees + 180.0, "end") } else { (degrees, "start") };
        let at = [
            x + far * ray_x - 0.9 * ray_y * if ray_x < -1e-9 { -1.0 } else { 1.0 },
            y + far * ray_y + 0.9 * ray_x.abs(),
        ];
        turned_text(svg, at, degrees, TURNED, anchor, &cut(name, letters(NAMES - far - 1.0, TURNED)));
    }

    /// Draws what the discs mean, its upper left corner at (`x`, `y`).
    pub fn legend(&self, svg: &mut Xml, [x, y]: [f64; 2]) {
        if self.largest == 0.0 {
            return text(svg, [x, y + 3.0], SMALL, "start", "no player with a value of its own");
        }
        let mut left = x;
        for sign in [1.0, -1.0] {
            disc(svg, [left + self.most, y + 5.0], sign, self.most, "");
            let words = value_text(sign * self.largest);
            text(svg, [left + 2.0 * self.most + 1.0, y + 6.0], SMALL, "start", &words);
            left += 2.0 * self.most + 2.0 + width_of(&words, SMALL);
        }
        text(svg, [x, y + 12.6], SMALL, "start", "disc area: a player's own value");
    }
}
