//! Inputs of a masked batch, and the batch by scalar loops in f64.

use std::sync::Arc;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use einthoven_kernels::{Columns, Fill, HostScene, Scene, expand, reference, upload};

/// Everything that goes into one batch.
#[derive(Clone, Debug)]
pub struct Case {
    pub n_players: usize,
    /// Records, leads, samples.
    pub shape: [usize; 3],
    pub owner: Vec<u32>,
    pub signal: Vec<f32>,
    pub fill: Fill,
    pub columns: Columns,
    /// `[coalitions, words + extra]`
    pub rows: Vec<u32>,
}

/// What a case is to be like.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub n_players: usize,
    pub coalitions: usize,
    pub shape: [usize; 3],
    /// Maps, and whether the records share them; none: interpolation.
    pub maps: Option<(usize, bool)>,
    pub columns: Columns,
    /// Cells of one owner that stand together, about.
    pub run: u32,
}

/// A cell of the batch in f64, and what the kernels may differ from it by.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub value: f64,
    pub bound: f64,
}

/// A congruential generator: tests want numbers that differ, not good ones.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }

    pub fn samples(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.next() as f32 / u32::MAX as f32 - 0.5).collect()
    }
}

impl Kind {
    /// Random coalitions over a random owner map in which about one run in eight is never masked.
    pub fn case(self, seed: u64) -> Case {
        let mut numbers = Numbers(seed);
        let [records, leads, samples] = self.shape;
        let cells = leads * samples;
        let owner = self.owners(&mut numbers);
        let signal = numbers.samples(records * cells);
        let fill = match self.maps {
            Some((maps, shared)) => {
                let values = numbers.samples(maps * cells * if shared { 1 } else { records });
                Fill::Maps { maps, values }
            }
            None => Fill::Interpolate,
        };
        let mut rows = Vec::new();
        for row in 0..self.coalitions {
            for word in 0..self.n_players.div_ceil(32) {
                let used = (self.n_players - 32 * word).min(32);
                // The first coalition is empty, the second full; the others are small, large and in between.
                let (one, two) = (numbers.next(), numbers.next());
                rows.push(u32::MAX >> (32 - used) & [0, u32::MAX, one & two, one | two, one][row.min(2 + row % 3)]);
            }
            match self.columns {
                Columns::Coalition => {}
                Columns::Record => rows.push(numbers.below(records) as u32),
                Columns::Crop(length) => {
                    let start = numbers.below(samples - length + 1);
                    rows.extend([numbers.below(records) as u32, start as u32]);
                }
            }
        }
        let Self { n_players, shape, columns, .. } = self;
        Case { n_players, shape, owner, signal, fill, columns, rows }
    }

    /// Runs of random length, in which the first players come first so that every one owns a cell if there are enough.
    fn owners(&self, numbers: &mut Numbers) -> Vec<u32> {
        let cells = self.shape.iter().product();
        let mut owner = Vec::with_capacity(cells);
        let mut player = 0;
        while owner.len() < cells {
            let length = if self.run == 1 { 1 } else { 1 + numbers.next() % (2 * self.run) };
            let next = match numbers.next() {
                number if number % 8 == 0 => u32::MAX,
                _ if player < self.n_players => player as u32,
                number => number % self.n_players as u32,
            };
            player += usize::from(next == player as u32);
            owner.extend((0..length).map(|_| next));
        }
        owner.truncate(cells);
        owner
    }
}

impl Case {
    pub fn width(&self) -> usize {
        self.n_players.div_ceil(32) + self.columns.extra()
    }

    /// `[coalitions * maps, leads, shown]`
    pub fn batch_shape(&self) -> [usize; 3] {
        let [_, leads, samples] = self.shape;
        [self.rows.len() / self.width() * self.fill.maps(), leads, self.columns.shown(samples)]
    }

    pub fn host(&self) -> Arc<HostScene> {
        Arc::new(HostScene::new(&self.owner, self.signal.clone(), self.fill.clone(), self.shape))
    }

    pub fn expand(&self, device: &Device) -> Tensor<3> {
        let rows = upload(&self.rows, [self.rows.len() / self.width(), self.width()], device);
        expand(&Scene::new(&self.host(), device), rows, self.columns)
    }

    fn reference(&self, device: &Device) -> Tensor<3> {
        let owner: Vec<i32> = self.owner.iter().map(|owner| owner.cast_signed()).collect();
        let owner = Tensor::<3, Int>::from_data(TensorData::new(owner, self.shape), (device, DType::I32));
        let signal = Tensor::from_data(TensorData::new(self.signal.clone(), self.shape), device);
        let maps = match &self.fill {
            Fill::Maps { maps, values } => {
                let [_, leads, samples] = self.shape;
                let shape = [values.len() / (maps * leads * samples), *maps, leads, samples];
                Some(Tensor::from_data(TensorData::new(values.clone(), shape), device))
            }
            Fill::Interpolate => None,
        };
        let rows = upload(&self.rows, [self.rows.len() / self.width(), self.width()], device);
        reference::expand(owner, signal, maps, rows, self.columns)
    }

    /// The batch as scalar loops make it.
    pub fn scalar(&self) -> Vec<Cell> {
        let ([_, leads, samples], maps) = (self.shape, self.fill.maps());
        let mut batch = Vec::new();
        for row in self.rows.chunks(self.width()) {
            let (words, extra) = row.split_at(self.n_players.div_ceil(32));
            let record = extra.first().map_or(0, |&record| record as usize);
            let start = extra.get(1).map_or(0, |&start| start as usize);
            for map in 0..maps {
                for lead in 0..leads {
                    let lead_start = (record * leads + lead) * samples;
                    for t in start..start + self.columns.shown(samples) {
                        batch.push(self.cell(words, record, map, lead_start, t));
                    }
                }
            }
        }
        batch
    }

    fn keeps(&self, words: &[u32], cell: usize) -> bool {
        let owner = self.owner[cell];
        owner == u32::MAX || (words[owner as usize / 32] >> (owner % 32)) % 2 == 1
    }

    fn cell(&self, words: &[u32], record: usize, map: usize, lead: usize, t: usize) -> Cell {
        let [_, leads, samples] = self.shape;
        if self.keeps(words, lead + t) {
            return Cell { value: f64::from(self.signal[lead + t]), bound: 0.0 };
        }
        match &self.fill {
            Fill::Maps { maps, values } => {
                let nth = if values.len() == self.signal.len() * maps { record * maps + map } else { map };
                let inside = lead - record * leads * samples + t;
                Cell { value: f64::from(values[nth * leads * samples + inside]), bound: 0.0 }
            }
            Fill::Interpolate => {
                let left = (0..t).rev().find(|&t| self.keeps(words, lead + t));
                let right = (t..samples).find(|&t| self.keeps(words, lead + t));
                self.line(lead, t, left, right)
            }
        }
    }

    /// The line in f64. With `u = 2^-24` the difference of the ends, the product and the sum are each wrong by at most
    /// `u` of themselves, and the quotient by 2.5 units in the last place where WGSL divides, which is at most `5 u` of
    /// itself (`u` on the CPU); a fused multiply-add only leaves an error out. So the term is wrong by at most
    /// `(1 + 5 + 1) u` of itself, but for squares of `u`, and the sum by `u` of what it is: 7.1 and 1.1 cover the
    /// squares.
    fn line(&self, lead: usize, t: usize, left: Option<usize>, right: Option<usize>) -> Cell {
        let at = |t: usize| f64::from(self.signal[lead + t]);
        match (left, right) {
            (None, None) => Cell { value: 0.0, bound: 0.0 },
            (Some(only), None) | (None, Some(only)) => Cell { value: at(only), bound: 0.0 },
            (Some(l), Some(r)) => {
                let term = (at(r) - at(l)) * ((t - l) as f64 / (r - l) as f64);
                let value = at(l) + term;
                let u = f64::from(f32::EPSILON) / 2.0;
                Cell { value, bound: u * (7.1 * term.abs() + 1.1 * value.abs()) }
            }
        }
    }

    /// Kernel, reference and scalar loops agree on `device`.
    pub fn check(&self, device: &Device) {
        let expected = self.scalar();
        self.check_against(&read(self.expand(device)), &expected, "kernel");
        let reference = self.reference(device);
        assert_eq!(reference.dims(), self.batch_shape());
        self.check_against(&read(reference), &expected, "reference");
    }

    /// Numbers that are moved agree bit for bit, others within their bounds.
    pub fn check_against(&self, found: &[f32], expected: &[Cell], what: &str) {
        assert_eq!(found.len(), self.batch_shape().iter().product::<usize>(), "{what}");
        assert_eq!(found.len(), expected.len(), "{what}");
        let agree = |found: f32, cell: &Cell| {
            if cell.bound == 0.0 {
                return found.to_bits() == (cell.value as f32).to_bits();
            }
            (f64::from(found) - cell.value).abs() <= cell.bound
        };
        if let Some(at) = found.iter().zip(expected).position(|(&found, cell)| !agree(found, cell)) {
            panic!("{what}: cell {at} of {:?} is {}, not {:?}", self.batch_shape(), found[at], expected[at]);
        }
    }
}

pub fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().unwrap()
}

/// Every way to fill and every set of columns: one map, several, shared and of each record, and interpolation; one
/// record and three; whole and in crops. Lengths are odd or multiples of what vectors hold.
pub fn all_kinds(n_players: usize, coalitions: usize) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for maps in [Some((1, true)), Some((4, true)), Some((3, false)), None] {
        for (records, samples, columns) in [
            (1, 40, Columns::Coalition),
            (1, 37, Columns::Coalition),
            (1, 42, Columns::Record),
            (3, 40, Columns::Record),
            (3, 37, Columns::Record),
            (3, 40, Columns::Crop(8)),
            (3, 37, Columns::Crop(12)),
            (2, 37, Columns::Crop(7)),
        ] {
            let shape = [records, 5, samples];
            for run in [1, 4] {
                kinds.push(Kind { n_players, coalitions, shape, maps, columns, run });
            }
        }
    }
    kinds
}
