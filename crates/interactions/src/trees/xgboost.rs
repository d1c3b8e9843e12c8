//! XGBoost's JSON (`model.save_model("model.json")`), versions 1.6 to 3.
//!
//! Thresholds and features are 32-bit floats and `x < threshold` goes left; here that is `x <= ` the float below. What
//! is explained is the margin. `base_score` is stored as the objective's own unit (a probability for
//! `binary:logistic`) and is carried over to the margin.

use std::collections::HashMap;

use serde::Deserialize;

use super::ensemble::{Ensemble, Missing, Node, NodeKind, Test, Tree};

#[derive(Deserialize)]
struct Model {
    version: Vec<u32>,
    learner: Learner,
}

#[derive(Deserialize)]
struct Learner {
    #[serde(default)]
    attributes: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    feature_names: Vec<String>,
    gradient_booster: Booster,
    learner_model_param: Parameters,
    objective: Objective,
}

#[derive(Deserialize)]
struct Booster {
    name: String,
    model: Option<Trees>,
    gbtree: Option<Box<Booster>>,
    weight_drop: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct Trees {
    #[serde(default)]
    trees: Vec<RawTree>,
    #[serde(default)]
    tree_info: Vec<usize>,
    /// The weight of each tree of DART; older versions have it beside the trees.
    weight_drop: Option<Vec<f64>>,
    cats: Option<Categories>,
}

/// The categories that a data frame had, since version 3.1.
#[derive(Deserialize)]
struct Categories {
    #[serde(default)]
    enc: Vec<FeatureCategories>,
}

/// The categories of a feature: numbers, or texts one after the other as bytes.
#[derive(Deserialize)]
struct FeatureCategories {
    offsets: Option<Vec<usize>>,
    values: Vec<serde_json::Number>,
}

#[derive(Deserialize)]
struct Objective {
    name: String,
}

#[derive(Deserialize)]
struct Parameters {
    base_score: String,
    num_class: String,
    num_feature: String,
    #[serde(default)]
    num_target: Option<String>,
}

#[derive(Deserialize)]
struct RawTree {
    left_children: Vec<i64>,
    right_children: Vec<i64>,
    split_indices: Vec<u32>,
    split_conditions: Vec<f64>,
    default_left: Vec<Flag>,
    sum_hessian: Vec<f64>,
    #[serde(default)]
    split_type: Vec<u8>,
    #[serde(default)]
    categories: Vec<u32>,
    #[serde(default)]
    categories_nodes: Vec<usize>,
    #[serde(default)]
    categories_segments: Vec<usize>,
    #[serde(default)]
    categories_sizes: Vec<usize>,
    tree_param: TreeParameters,
}

#[derive(Deserialize)]
struct TreeParameters {
    #[serde(default)]
    size_leaf_vector: Option<String>,
}

/// Some versions write 0 and 1, some false and true.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Number(u8),
}

/// Most features that are believed: the memory for their names is taken before a tree is read.
const MAX_FEATURES: usize = 1 << 22;

/// Reads a model; the reason of a failure names the field.
pub(super) fn read(text: &str) -> Result<Ensemble, String> {
    let Model { version, learner } = serde_json::from_str(text).map_err(|error| format!("XGBoost's JSON: {error}"))?;
    let Parameters { base_score, num_class, num_feature, num_target } = &learner.learner_model_param;
    let n_features = number("num_feature", num_feature)?;
    let n_targets = num_target.as_ref().map_or(Ok(1), |text| number("num_target", text))?;
    let n_outputs = number("num_class", num_class)?.max(1).saturating_mul(n_targets.max(1));
    if n_features > MAX_FEATURES || n_outputs > MAX_FEATURES {
        return Err(format!("learner.learner_model_param: expected at most {MAX_FEATURES} features and outputs"));
    }
    let (mut trees, weights) = booster(learner.gradient_booster)?;
    if trees.tree_info.len() != trees.trees.len() {
        let (expected, found) = (trees.trees.len(), trees.tree_info.len());
        return Err(format!("learner.gradient_booster.model.tree_info: expected {expected} numbers, found {found}"));
    }
    let raw = std::mem::take(&mut trees.trees);
    let weight = |at: usize| {
        weights.as_ref().map_or(Ok(1.0), |all| {
            all.get(at).copied().ok_or_else(|| {
                format!("learner.gradient_booster.weight_drop: expected a weight for each tree, found {}", all.len())
            })
        })
    };
    let mut read = Vec::with_capacity(trees.trees.len());
    for (at, (tree, output)) in raw.into_iter().zip(std::mem::take(&mut trees.tree_info)).enumerate() {
        let nodes = nodes(&tree, weight(at)?).and_then(|nodes| Tree::new(nodes, output));
        read.push(nodes.map_err(|reason| format!("learner.gradient_booster.model.trees[{at}]: {reason}"))?);
    }
    let names = learner.feature_names;
    let is_named = !names.is_empty();
    if is_named && names.len() != n_features {
        return Err(format!("learner.feature_names: expected {n_features} names, found {}", names.len()));
    }
    let version: Vec<String> = version.iter().map(u32::to_string).collect();
    let ensemble = Ensemble {
        source: format!("XGBoost {} JSON, {}", version.join("."), learner.objective.name),
        feature_names: if is_named { names } else { (0..n_features).map(|at| format!("f{at}")).collect() },
        is_named,
        categories: trees.cats.map_or(Ok(Vec::new()), |cats| category_names(cats.enc))?,
        outputs: super::output_names(n_outputs),
        base: base(&learner.objective.name, base_score, n_outputs)?,
        rounds_to_f32: true,
        is_probability: false,
        warnings: early_stop(&learner.attributes).into_iter().collect(),
        trees: read,
    };
    ensemble.check()?;
    Ok(ensemble)
}

fn number(field: &str, text: &str) -> Result<usize, String> {
    let wrong = |_| format!("learner.learner_model_param.{field}: expected a whole number, found `{text}`");
    text.parse().map_err(wrong)
}

/// The trees, and for DART the weight of each.
fn booster(booster: Booster) -> Result<(Trees, Option<Vec<f64>>), String> {
    let inner = match (booster.name.as_str(), booster.gbtree) {
        ("gbtree", _) => booster.model,
        ("dart", Some(inner)) => inner.model,
        ("dart", None) => booster.model,
        (name, _) => {
            return Err(format!(
                "learner.gradient_booster.name: expected gbtree or dart, found `{name}`; a linear booster has no trees"
            ));
        }
    };
    let mut trees = inner.ok_or("learner.gradient_booster: expected `model`, found none")?;
    let weights = booster.weight_drop.or(trees.weight_drop.take());
    Ok((trees, weights))
}

/// The names of categories for each feature.
fn category_names(features: Vec<FeatureCategories>) -> Result<Vec<Vec<String>>, String> {
    let names = |feature: FeatureCategories| -> Option<Vec<String>> {
        let Some(offsets) = feature.offsets else {
            return Some(feature.values.iter().map(ToString::to_string).collect());
        };
        // Bytes above 127 may be written as negative numbers.
        let byte = |value: &serde_json::Number| value.as_i64().filter(|byte| (-128..256).contains(byte));
        let bytes: Vec<u8> =
            feature.values.iter().map(|value| byte(value).map(|byte| byte as u8)).collect::<Option<_>>()?;
        let text = |ends: &[usize]| String::from_utf8(bytes.get(ends[0]..ends[1])?.to_vec()).ok();
        offsets.windows(2).map(text).collect()
    };
    let all: Option<Vec<Vec<String>>> = features.into_iter().map(names).collect();
    all.ok_or_else(|| {
        "learner.gradient_booster.model.cats.enc: expected numbers, or texts as bytes with offsets".to_owned()
    })
}

/// Where each margin starts.
fn base(objective: &str, text: &str, n_outputs: usize) -> Result<Vec<f64>, String> {
    let field = "learner.learner_model_param.base_score";
    let scores: Result<Vec<f32>, _> = text
        .trim_start_matches('[')
        .trim_end_matches(']')
        .split(',')
        .map(|score| score.trim().parse::<f32>())
        .collect();
    let mut scores = scores.map_err(|_| format!("{field}: expected numbers, found `{text}`"))?;
    if let [score] = scores[..] {
        scores = vec![score; n_outputs];
    }
    if scores.len() != n_outputs {
        return Err(format!("{field}: expected 1 or {n_outputs} numbers, found {}", scores.len()));
    }
    let to_margin = |score: f64| match objective {
        "binary:logistic" | "reg:logistic" => -(1.0 / score - 1.0).ln(),
        "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => score.ln(),
        _ => score,
    };
    let known = matches!(
        objective,
        "binary:logistic"
            | "reg:logistic"
            | "count:poisson"
            | "reg:gamma"
            | "reg:tweedie"
            | "survival:cox"
            | "survival:aft"
            | "reg:squarederror"
            | "reg:linear"
            | "reg:squaredlogerror"
            | "reg:absoluteerror"
            | "reg:pseudohubererror"
            | "reg:quantileerror"
            | "reg:expectileerror"
            | "binary:hinge"
            | "binary:logitraw"
            | "multi:softmax"
            | "multi:softprob"
            | "rank:pairwise"
            | "rank:ndcg"
            | "rank:map"
    );
    if !known {
        return Err(format!(
            "learner.objective.name: it is not known how `{objective}` counts base_score; train with an \
             objective such as binary:logistic, multi:softprob or reg:squarederror"
        ));
    }
    Ok(scores.into_iter().map(|score| to_margin(f64::from(score))).collect())
}

/// All trees are explained, which early stopping may not mean.
fn early_stop(attributes: &serde_json::Map<String, serde_json::Value>) -> Option<String> {
    let best = attributes.get("best_iteration")?.as_str()?;
    Some(format!(
        "training stopped early and its best iteration was {best}; all trees in the file are explained. To explain the \
         best ones only, save `booster[: best_iteration + 1]`"
    ))
}

fn nodes(tree: &RawTree, weight: f64) -> Result<Vec<Node>, String> {
    if tree.tree_param.size_leaf_vector.as_deref().is_some_and(|size| !matches!(size, "0" | "1")) {
        return Err("leaves hold vectors (multi_strategy=multi_output_tree), which is not supported; train with \
                    multi_strategy=one_output_per_tree"
            .to_owned());
    }
    let n = tree.left_children.len();
    let lengths = [
        ("right_children", tree.right_children.len()),
        ("split_indices", tree.split_indices.len()),
        ("split_conditions", tree.split_conditions.len()),
        ("default_left", tree.default_left.len()),
        ("sum_hessian", tree.sum_hessian.len()),
    ];
    if let Some((field, found)) = lengths.into_iter().find(|&(_, length)| length != n) {
        return Err(format!("{field}: expected {n} numbers as in left_children, found {found}"));
    }
    let categories = categories(tree)?;
    let node = |at: usize| {
        let (left, right) = (tree.left_children[at], tree.right_children[at]);
        let kind = if left < 0 {
            NodeKind::Leaf(vec![weight * f64::from(tree.split_conditions[at] as f32)])
        } else {
            let child =
                |child: i64| u32::try_from(child).map_err(|_| format!("node {at}: expected a child, found {child}"));
            let (left, right) = (child(left)?, child(right)?);
            let default_left = matches!(tree.default_left[at], Flag::Bool(true) | Flag::Number(1..));
            let feature = tree.split_indices[at];
            match categories.get(&at) {
                // Those in the set go right there, left here.
                Some(set) => {
                    let test = Test::OneOf { categories: set.clone(), missing_left: !default_left };
                    NodeKind::Split { feature, test, left: right, right: left }
                }
                None => {
                    let threshold = f64::from((tree.split_conditions[at] as f32).next_down());
                    let missing = if default_left { Missing::Left } else { Missing::Right };
                    NodeKind::Split { feature, test: Test::AtMost { threshold, missing }, left, right }
                }
            }
        };
        Ok(Node { cover: tree.sum_hessian[at], kind })
    };
    (0..n).map(node).collect()
}

/// The categories of each node that has some, ascending.
fn categories(tree: &RawTree) -> Result<HashMap<usize, Vec<u32>>, String> {
    let n = tree.categories_nodes.len();
    if tree.categories_segments.len() != n || tree.categories_sizes.len() != n {
        return Err(format!("categories_segments, categories_sizes: expected {n} numbers as in categories_nodes"));
    }
    let mut sets = HashMap::with_capacity(n);
    let mut n_listed = 0;
    for at in 0..n {
        let (start, size) = (tree.categories_segments[at], tree.categories_sizes[at]);
        let set = start.checked_add(size).and_then(|end| tree.categories.get(start..end));
        let mut set =
            set.ok_or_else(|| format!("categories_segments[{at}]: expected a part of `categories`"))?.to_vec();
        n_listed += set.len();
        if n_listed > tree.categories.len() {
            return Err("categories_segments: expected parts of `categories` that do not overlap".to_owned());
        }
        set.sort_unstable();
        sets.insert(tree.categories_nodes[at], set);
    }
    let categorical = tree.split_type.iter().enumerate().filter(|&(_, &kind)| kind == 1);
    if let Some((at, _)) = categorical.into_iter().find(|(at, _)| !sets.contains_key(at)) {
        return Err(format!("split_type: node {at} is categorical, but categories_nodes does not name it"));
    }
    Ok(sets)
}
