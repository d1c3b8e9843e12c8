//! What is computed once for all rows that agree: the plan of the local engine.
//!
//! An activation depends only on the samples in its receptive field, and so only on the players that own a cell there (and,
//! where masked cells are interpolated, on the kept cells next to it).
//! The network is cut into stages. The samples that a stage makes are cut into tiles; for each tile the rows are sorted
//! into patterns ([`Patterns`]) of the players that the tile can see, and the tile is computed once per pattern. The
//! next stage gathers what it reads from the tiles before it: what it sees includes what they see, so that its pattern
//! fixes theirs. The last stage runs from the last cut to the logits, once per distinct row.
//!
//! Where to cut, and into how long tiles, is chosen by a cost model: multiply-adds of all patterns, plus a price for
//! each number that is gathered. Few windows and chains of nested coalitions leave a few patterns per tile, and nearly
//! all of the early layers is saved; where patterns are as many as rows, the plan is one stage, the plain path.

use std::ops::Range;

use einthoven_model::{Network, network::Node};
use rayon::prelude::*;

use crate::patterns::Patterns;
use crate::rows::{Reach, Rows, Sight, everyone};

/// Lengths of tiles that are tried, in samples of the signal.
const TILE_SAMPLES: [usize; 5] = [16, 32, 64, 128, 256];

/// Rows that patterns are counted in to choose a plan, in blocks of neighbours: chains stand in a row.
const SAMPLE: usize = 1024;
const BLOCK: usize = 32;

/// A part of the network, from one cut to another, in tiles.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub from: Node,
    pub to: Node,
    pub tiles: Vec<Tile>,
}

/// Some samples of what a stage makes.
#[derive(Clone, Debug)]
pub(crate) struct Tile {
    /// The samples it makes.
    pub span: Range<usize>,
    /// The samples it reads.
    pub reads: Range<usize>,
    pub patterns: Patterns,
    /// Multiply-adds of one pattern.
    pub multiply_adds: u64,
}

/// What work costs on a device, in multiply-adds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prices {
    /// Reading or writing one number of what a stage makes, where all of it fits the cache.
    pub cached: f64,
    /// The same where it does not.
    pub fetched: f64,
    /// Numbers that fit the cache.
    pub cache: f64,
    /// Starting one tile of one pattern.
    pub item: f64,
    /// Starting one stage.
    pub stage: f64,
}

/// All that a plan depends on.
pub(crate) struct Planner<'a> {
    pub network: &'a Network,
    pub rows: &'a Rows,
    pub reach: &'a Reach,
    pub n_players: &'a [usize],
    pub prices: Prices,
    /// Numbers that what a stage makes may take.
    pub store: usize,
    /// Whether the plain path is left out.
    pub forced: bool,
}

/// A node as a place to cut, with its tiles and about how many patterns each has.
struct Cut {
    node: Node,
    tiles: Vec<(Range<usize>, f64)>,
    /// Numbers in all patterns of all tiles.
    numbers: f64,
}

/// The cheapest way to a cut.
#[derive(Clone, Copy)]
struct Way {
    cost: f64,
    /// The cut before, or `None` for the signal.
    before: Option<usize>,
}

impl Stage {
    /// From the signal to the logits, every row for itself.
    pub(crate) fn plain(network: &Network, n_rows: usize) -> Self {
        last(network, 0, Patterns::all(n_rows))
    }

    /// Multiply-adds of all patterns.
    pub(crate) fn multiply_adds(&self) -> u64 {
        self.tiles.iter().map(|tile| tile.patterns.len() as u64 * tile.multiply_adds).sum()
    }

    /// Numbers in all patterns of all tiles.
    fn numbers(&self, network: &Network) -> usize {
        let [channels, _] = network.shape(self.to);
        self.tiles.iter().map(|tile| channels * tile.span.len() * tile.patterns.len()).sum()
    }

    /// Tiles times patterns.
    pub(crate) fn n_items(&self) -> usize {
        self.tiles.iter().map(|tile| tile.patterns.len()).sum()
    }
}

impl Planner<'_> {
    /// The cheapest stages.
    pub(crate) fn stages(&self) -> Vec<Stage> {
        let distinct = Patterns::new(self.rows, &everyone(self.n_players));
        let cuts = self.cuts(distinct.len());
        let mut ways: Vec<Way> = Vec::with_capacity(cuts.len());
        for (index, cut) in cuts.iter().enumerate() {
            let before = (0..index).filter(|&j| cuts[j].node < cut.node).map(Some).chain([None]);
            let way = before.map(|before| {
                let paid = before.map_or(0.0, |j| ways[j].cost);
                Way { cost: paid + self.stage_cost(before.map(|j| &cuts[j]), cut), before }
            });
            let cheapest = way.min_by(|a, b| a.cost.total_cmp(&b.cost));
            ways.push(cheapest.unwrap_or(Way { cost: f64::INFINITY, before: None }));
        }
        let ends = (0..cuts.len()).filter(|&j| ways[j].cost.is_finite()).map(Some);
        let plain = (!self.forced || cuts.is_empty()).then_some(None);
        let total = |end: &Option<usize>| {
            end.map_or(0.0, |j| ways[j].cost) + self.last_cost(end.map(|j| &cuts[j]), distinct.len())
        };
        let end = ends.chain(plain).min_by(|a, b| total(a).total_cmp(&total(b)));
        let stages = self.along(end.flatten(), &cuts, &ways, distinct.clone());
        // Patterns were counted in some rows; if there are more than thought, nothing is kept between stages.
        let fits = |stage: &Stage| stage.numbers(self.network) <= self.store;
        if stages[..stages.len() - 1].iter().all(fits) { stages } else { vec![last(self.network, 0, distinct)] }
    }

    /// The stages of the way to a cut, and the last one.
    fn along(&self, end: Option<usize>, cuts: &[Cut], ways: &[Way], distinct: Patterns) -> Vec<Stage> {
        let mut stages = vec![last(self.network, end.map_or(0, |j| cuts[j].node), distinct)];
        let mut at = end;
        while let Some(index) = at {
            let before = ways[index].before;
            let (from, to) = (before.map_or(0, |j| cuts[j].node), cuts[index].node);
            let tile = |(span, _): &(Range<usize>, f64)| {
                let needs = self.network.needs(from, to, span.clone());
                let multiply_adds = self.network.multiply_adds(from, to, &needs);
                let patterns = Patterns::new(self.rows, &self.sights(to, span));
                Tile { span: span.clone(), reads: needs[0].clone(), patterns, multiply_adds }
            };
            stages.push(Stage { from, to, tiles: cuts[index].tiles.par_iter().map(tile).collect() });
            at = before;
        }
        stages.reverse();
        stages
    }

    /// The places to cut, from the signal on, for as long as tiles have fewer patterns than there are rows.
    fn cuts(&self, distinct: usize) -> Vec<Cut> {
        let mut cuts = Vec::new();
        let [_, total] = self.network.shape(0);
        for node in self.network.cuts().into_iter().filter(|&node| node > 0) {
            let [_, samples] = self.network.shape(node);
            let mut lengths: Vec<usize> = TILE_SAMPLES.iter().map(|&n| (n * samples / total).max(1)).collect();
            lengths.dedup();
            let tiled: Vec<Cut> = lengths.into_iter().map_while(|length| self.tiles(node, length, distinct)).collect();
            if tiled.is_empty() {
                break;
            }
            cuts.extend(tiled);
        }
        cuts
    }

    /// A node in tiles of a length. `None` if that is hardly less work than all rows.
    fn tiles(&self, node: Node, length: usize, distinct: usize) -> Option<Cut> {
        let [channels, samples] = self.network.shape(node);
        let spans: Vec<Range<usize>> =
            (0..samples.div_ceil(length)).map(|i| i * length..((i + 1) * length).min(samples)).collect();
        let count = |span: &Range<usize>| self.about(node, span).min(distinct as f64);
        // One tile in the middle says whether the rest is worth a look.
        if count(&spans[spans.len() / 2]) > 0.95 * distinct as f64 {
            return None;
        }
        let tiles: Vec<_> = spans.into_par_iter().map(|span| (span.clone(), count(&span))).collect();
        let numbers = tiles.iter().map(|(span, patterns)| (span.len() * channels) as f64 * patterns).sum();
        Some(Cut { node, tiles, numbers })
    }

    /// About how many patterns there are of some samples of a node. They are counted in some rows and in half of those; how
    /// they grew from one to the other is taken to go on.
    fn about(&self, node: Node, span: &Range<usize>) -> f64 {
        let sights = self.sights(node, span);
        let n_rows = self.rows.len();
        if n_rows <= SAMPLE {
            return Patterns::count(self.rows, &sights, 0..n_rows) as f64;
        }
        let n_blocks = SAMPLE / BLOCK;
        let block = |i: usize| {
            let start = i * (n_rows - BLOCK) / (n_blocks - 1);
            start..start + BLOCK
        };
        let some = Patterns::count(self.rows, &sights, (0..n_blocks).flat_map(block)) as f64;
        let half = Patterns::count(self.rows, &sights, (0..n_blocks).step_by(2).flat_map(block)) as f64;
        some * (n_rows as f64 / SAMPLE as f64).powf((some / half).log2().clamp(0.0, 1.0))
    }

    /// What some samples of a node can see of the coalitions of each record.
    fn sights(&self, node: Node, span: &Range<usize>) -> Vec<Sight<'_>> {
        let seen = self.network.needs(0, node, span.clone()).swap_remove(0);
        (0..self.n_players.len()).map(|record| self.reach.sight(record, &seen)).collect()
    }

    fn stage_cost(&self, before: Option<&Cut>, cut: &Cut) -> f64 {
        // The estimate of the patterns may be too low.
        if 1.5 * cut.numbers > self.store as f64 {
            return f64::INFINITY;
        }
        let from = before.map_or(0, |before| before.node);
        let [channels, _] = self.network.shape(from);
        let read = self.read(before) * channels as f64;
        let tile = |(span, patterns): &(Range<usize>, f64)| {
            let needs = self.network.needs(from, cut.node, span.clone());
            let work = self.network.multiply_adds(from, cut.node, &needs) as f64;
            patterns * (work + self.prices.item + read * needs[0].len() as f64)
        };
        let written = self.read(Some(cut)) * cut.numbers;
        self.prices.stage + written + cut.tiles.iter().map(tile).sum::<f64>()
    }

    fn last_cost(&self, before: Option<&Cut>, distinct: usize) -> f64 {
        let from = before.map_or(0, |before| before.node);
        let [channels, samples] = self.network.shape(from);
        let needs = self.network.needs(from, self.network.output(), 0..1);
        let work = self.network.multiply_adds(from, self.network.output(), &needs) as f64;
        distinct as f64 * (work + self.prices.item + self.read(before) * (samples * channels) as f64)
    }

    /// The price of a number of a cut, or of the signal.
    fn read(&self, cut: Option<&Cut>) -> f64 {
        let fits = cut.is_none_or(|cut| cut.numbers <= self.prices.cache);
        if fits { self.prices.cached } else { self.prices.fetched }
    }
}

/// The stage that ends with the logits: one tile.
fn last(network: &Network, from: Node, patterns: Patterns) -> Stage {
    let needs = network.needs(from, network.output(), 0..1);
    let multiply_adds = network.multiply_adds(from, network.output(), &needs);
    let tile = Tile { span: 0..1, reads: needs[0].clone(), patterns, multiply_adds };
    Stage { from, to: network.output(), tiles: vec![tile] }
}
