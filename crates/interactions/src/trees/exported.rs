//! The documented JSON that `crates/interactions/scripts/export_sklearn.py` writes.
//!
//! ```json
//! {
//!   "format": "einthoven-trees", "version": 1, "source": "scikit-learn 1.9.1, RandomForestClassifier",
//!   "feature_names": ["age", "height"], "n_features": 2, "outputs": ["no", "yes"], "base": [0.0, 0.0],
//!   "float32": true, "probability": true,
//!   "trees": [{
//!     "output": null, "feature": [0, -1, -1], "threshold": [50.5, 0, 0], "left": [1, -1, -1], "right": [2, -1, -1],
//!     "missing_left": [true, false, false], "cover": [100, 60, 40], "value": [[0, 0], [0.9, 0.1], [0.2, 0.8]]
//!   }]
//! }
//! ```
//!
//! The prediction is `base` plus the leaf values of all trees. `x <= threshold` goes left; `feature` is -1 at a leaf;
//! `output` is the only output that a tree adds to, or null if each leaf has a value for each output; `feature_names`
//! is null if the model has none; `float32` says that features are rounded to 32 bits before they are compared.
//! `categories`, where there is one, holds for each node null or the categories that go left.

use serde::Deserialize;

use super::ensemble::{Ensemble, Missing, Node, NodeKind, Test, Tree};

#[derive(Deserialize)]
struct Model {
    version: u32,
    #[serde(default)]
    source: String,
    feature_names: Option<Vec<String>>,
    n_features: usize,
    outputs: Vec<String>,
    base: Vec<f64>,
    float32: bool,
    probability: bool,
    trees: Vec<RawTree>,
}

#[derive(Deserialize)]
struct RawTree {
    output: Option<usize>,
    feature: Vec<i64>,
    threshold: Vec<f64>,
    left: Vec<i64>,
    right: Vec<i64>,
    missing_left: Vec<bool>,
    cover: Vec<f64>,
    value: Vec<Vec<f64>>,
    #[serde(default)]
    categories: Option<Vec<Option<Vec<u32>>>>,
}

/// Most features that are believed without names.
const MAX_FEATURES: usize = 1 << 22;

/// Reads a model; the reason of a failure names the field.
pub(super) fn read(text: &str) -> Result<Ensemble, String> {
    let model: Model = serde_json::from_str(text).map_err(|error| format!("einthoven-trees JSON: {error}"))?;
    if model.version != 1 {
        return Err(format!("version: expected 1, found {}; export the model anew", model.version));
    }
    if model.n_features > MAX_FEATURES {
        return Err(format!("n_features: expected at most {MAX_FEATURES}, found {}", model.n_features));
    }
    let is_named = model.feature_names.is_some();
    let names = model.feature_names.unwrap_or_else(|| (0..model.n_features).map(|at| format!("f{at}")).collect());
    if names.len() != model.n_features {
        return Err(format!(
            "feature_names: expected {} names as of n_features, found {}",
            model.n_features,
            names.len()
        ));
    }
    let mut trees = Vec::with_capacity(model.trees.len());
    for (at, tree) in model.trees.into_iter().enumerate() {
        let output = tree.output.unwrap_or(0);
        let tree = nodes(tree).and_then(|nodes| Tree::new(nodes, output));
        trees.push(tree.map_err(|reason| format!("trees[{at}]: {reason}"))?);
    }
    let ensemble = Ensemble {
        source: model.source,
        feature_names: names,
        is_named,
        categories: Vec::new(),
        outputs: model.outputs,
        base: model.base,
        rounds_to_f32: model.float32,
        is_probability: model.probability,
        trees,
        warnings: Vec::new(),
    };
    ensemble.check()?;
    Ok(ensemble)
}

fn nodes(tree: RawTree) -> Result<Vec<Node>, String> {
    let n = tree.feature.len();
    let lengths = [
        ("threshold", tree.threshold.len()),
        ("left", tree.left.len()),
        ("right", tree.right.len()),
        ("missing_left", tree.missing_left.len()),
        ("cover", tree.cover.len()),
        ("value", tree.value.len()),
        ("categories", tree.categories.as_ref().map_or(n, Vec::len)),
    ];
    if let Some((field, found)) = lengths.into_iter().find(|&(_, length)| length != n) {
        return Err(format!("{field}: expected {n} entries as in feature, found {found}"));
    }
    let mut sets = tree.categories.unwrap_or_else(|| vec![None; n]);
    let mut nodes = Vec::with_capacity(n);
    for (at, value) in tree.value.into_iter().enumerate() {
        let kind = if tree.feature[at] < 0 {
            NodeKind::Leaf(value)
        } else {
            let position = |field: &str, position: i64| {
                u32::try_from(position).map_err(|_| format!("{field}[{at}]: expected a position, found {position}"))
            };
            let missing_left = tree.missing_left[at];
            let test = match sets[at].take() {
                Some(mut categories) => {
                    categories.sort_unstable();
                    Test::OneOf { categories, missing_left }
                }
                None => {
                    let missing = if missing_left { Missing::Left } else { Missing::Right };
                    Test::AtMost { threshold: tree.threshold[at], missing }
                }
            };
            let feature = position("feature", tree.feature[at])?;
            let (left, right) = (position("left", tree.left[at])?, position("right", tree.right[at])?);
            NodeKind::Split { feature, test, left, right }
        };
        nodes.push(Node { cover: tree.cover[at], kind });
    }
    Ok(nodes)
}
