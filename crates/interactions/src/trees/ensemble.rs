//! Tree ensembles as plain values.

/// Deepest tree that is read.
pub(crate) const MAX_DEPTH: usize = 1024;

/// A sum of trees for each output: `f(x)[o] = base[o] + sum over trees of the value of the leaf that x falls into`.
///
/// What is explained is this sum, which for boosted classifiers is the raw margin (log-odds), before any link.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble {
    /// Which program and format the model comes from.
    pub source: String,
    /// The name of each feature.
    pub feature_names: Vec<String>,
    /// Whether the names are the model's own; if not they were made up, and data go by position.
    pub is_named: bool,
    /// For each feature the categories whose position is the number that trees compare; none for numbers. Empty if no
    /// feature has such names.
    pub categories: Vec<Vec<String>>,
    /// The name of each output.
    pub outputs: Vec<String>,
    /// What each output starts from, `[outputs]`.
    pub base: Vec<f64>,
    /// Whether features are rounded to 32-bit floats before they are compared, as the model's own program does.
    pub rounds_to_f32: bool,
    /// Whether outputs are probabilities; else they are margins or predictions.
    pub is_probability: bool,
    /// The trees.
    pub trees: Vec<Tree>,
    /// What a reader must know before trusting an explanation.
    pub warnings: Vec<String>,
}

/// A decision tree; its root is the first node.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    pub(crate) nodes: Vec<Node>,
    pub(crate) first_output: usize,
    pub(crate) n_outputs: usize,
}

/// A node of a tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// How many training rows came here, or their weight: what the path-dependent game goes by. NaN if not known.
    pub cover: f64,
    /// What happens here.
    pub kind: NodeKind,
}

/// A leaf, or where to go.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// The value of each output of the tree.
    Leaf(Vec<f64>),
    /// Two children.
    Split {
        /// The feature that is looked at.
        feature: u32,
        /// What sends a row to the left child.
        test: Test,
        /// Position of the child of those that pass the test.
        left: u32,
        /// Position of the other child.
        right: u32,
    },
}

/// What sends a row to the left child.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// A number up to a threshold.
    AtMost {
        /// The largest number that goes left.
        threshold: f64,
        /// What happens to missing values.
        missing: Missing,
    },
    /// A category of a set; the fraction of a number is cut off.
    OneOf {
        /// The categories, ascending.
        categories: Vec<u32>,
        /// Whether missing values go left.
        missing_left: bool,
    },
}

/// What happens to missing values (NaN) at a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// They go left.
    Left,
    /// They go right.
    Right,
    /// They count as zero.
    Zero,
    /// They go left, and so do zeros.
    ZerosLeft,
    /// They go right, and so do zeros.
    ZerosRight,
}

/// Below this a number counts as zero, where zeros are missing values; LightGBM's constant.
const ZERO: f64 = 1e-35;

impl Test {
    /// Whether a row with this number goes left.
    pub fn goes_left(&self, x: f64) -> bool {
        match self {
            Self::AtMost { threshold, missing } => match missing {
                Missing::Left => x <= *threshold || x.is_nan(),
                Missing::Right => x <= *threshold,
                Missing::Zero => (if x.is_nan() { 0.0 } else { x }) <= *threshold,
                _ if x.is_nan() || x.abs() <= ZERO => *missing == Missing::ZerosLeft,
                _ => x <= *threshold,
            },
            Self::OneOf { missing_left, .. } if x.is_nan() => *missing_left,
            Self::OneOf { categories, .. } => has_category(categories, x),
        }
    }
}

fn has_category(categories: &[u32], x: f64) -> bool {
    x > -1.0 && x < 4e9 && categories.binary_search(&(x as u32)).is_ok()
}

impl Tree {
    /// A tree of these nodes for the outputs from `first_output` on; its leaves tell how many. Fails if the nodes are
    /// not one tree, or a number is unusable; the reason names the node.
    pub fn new(nodes: Vec<Node>, first_output: usize) -> Result<Self, String> {
        let mut n_outputs = None;
        let mut seen = vec![false; nodes.len()];
        let mut open = vec![(0usize, 1usize)];
        while let Some((at, depth)) = open.pop() {
            let Some(node) = nodes.get(at) else {
                return Err(format!("expected nodes below {}, found a child {at}", nodes.len()));
            };
            if std::mem::replace(&mut seen[at], true) {
                return Err(format!("expected a tree, but node {at} is reached twice"));
            }
            if depth > MAX_DEPTH {
                return Err(format!("expected at most {MAX_DEPTH} levels, found more at node {at}"));
            }
            if node.cover.is_infinite() || node.cover < 0.0 {
                return Err(format!("node {at}: expected a cover of 0 or more, found {}", node.cover));
            }
            match &node.kind {
                NodeKind::Leaf(values) => {
                    let expected = *n_outputs.get_or_insert(values.len());
                    if values.len() != expected || values.is_empty() {
                        return Err(format!("leaf {at}: expected {expected} values, found {}", values.len()));
                    }
                    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                        return Err(format!("leaf {at}: expected finite values, found {value}"));
                    }
                }
                NodeKind::Split { test, left, right, .. } => {
                    if matches!(test, Test::AtMost { threshold, .. } if threshold.is_nan()) {
                        return Err(format!("node {at}: expected a number as threshold, found NaN"));
                    }
                    open.extend([(*left as usize, depth + 1), (*right as usize, depth + 1)]);
                }
            }
        }
        let n_outputs = n_outputs.ok_or("expected at least one leaf")?;
        Ok(Self { nodes, first_output, n_outputs })
    }

    /// The nodes; those that cannot be reached from the first one mean nothing.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The outputs that this tree adds to.
    pub fn outputs(&self) -> std::ops::Range<usize> {
        self.first_output..self.first_output + self.n_outputs
    }

    /// The values of the leaf that a row falls into, `[outputs of the tree]`.
    pub fn leaf(&self, row: &[f64]) -> &[f64] {
        let mut at = 0;
        loop {
            match &self.nodes[at].kind {
                NodeKind::Leaf(values) => return values,
                NodeKind::Split { feature, test, left, right } => {
                    at = if test.goes_left(row[*feature as usize]) { *left } else { *right } as usize;
                }
            }
        }
    }
}

impl Ensemble {
    /// Checks that trees, features and outputs fit together; the reason names what does not.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.feature_names.is_empty() {
            return Err("expected at least one feature, found none".to_owned());
        }
        if self.outputs.is_empty() || self.base.len() != self.outputs.len() {
            return Err(format!(
                "expected a base value for each of {} outputs, found {}",
                self.outputs.len(),
                self.base.len()
            ));
        }
        if let Some(base) = self.base.iter().find(|base| !base.is_finite()) {
            return Err(format!("expected finite base values, found {base}"));
        }
        let n_features = self.feature_names.len();
        if !self.categories.is_empty() && self.categories.len() != n_features {
            return Err(format!("expected categories of {n_features} features, found {}", self.categories.len()));
        }
        for (at, tree) in self.trees.iter().enumerate() {
            if tree.outputs().end > self.outputs.len() {
                let (expected, found) = (self.outputs.len(), tree.outputs().end - 1);
                return Err(format!("tree {at}: expected outputs below {expected}, found {found}"));
            }
            for node in &tree.nodes {
                if let NodeKind::Split { feature, .. } = node.kind
                    && feature as usize >= n_features
                {
                    return Err(format!("tree {at}: expected features below {n_features}, found {feature}"));
                }
            }
        }
        Ok(())
    }

    /// Number of features.
    pub fn n_features(&self) -> usize {
        self.feature_names.len()
    }

    /// A feature as the model's own program compares it.
    pub(crate) fn rounded(&self, x: f64) -> f64 {
        if self.rounds_to_f32 { f64::from(x as f32) } else { x }
    }

    /// What the ensemble says about a row `[features]`, `[outputs]`; NaN is a missing value.
    pub fn predict(&self, row: &[f64]) -> Vec<f64> {
        self.predict_rows(&[row])
    }

    /// The same for rows, `[rows, outputs]`: tree after tree, each of which stays in the cache meanwhile.
    pub(crate) fn predict_rows(&self, rows: &[&[f64]]) -> Vec<f64> {
        let rounded: Vec<f64> = rows.iter().flat_map(|row| row.iter().map(|&x| self.rounded(x))).collect();
        let mut outputs = self.base.repeat(rows.len());
        for tree in &self.trees {
            let rows = rounded.chunks_exact(self.n_features());
            for (row, sums) in rows.zip(outputs.chunks_exact_mut(self.base.len())) {
                let sums = &mut sums[tree.outputs()];
                sums.iter_mut().zip(tree.leaf(row)).for_each(|(sum, value)| *sum += value);
            }
        }
        outputs
    }
}
