//! LightGBM's text (`booster.save_model("model.txt")`), versions 3 and 4.
//!
//! Features are 64-bit floats and `x <= threshold` goes left. What is explained is the raw score; for random forests it
//! is the mean over trees, as in their own predictions.

use std::collections::HashMap;
use std::str::FromStr;

use super::ensemble::{Ensemble, Missing, Node, NodeKind, Test, Tree};

/// `key=value` lines of a part of the file.
struct Fields<'a> {
    of: String,
    lines: HashMap<&'a str, &'a str>,
}

impl<'a> Fields<'a> {
    fn new(of: String, lines: impl Iterator<Item = &'a str>) -> Self {
        let lines =
            lines.map(|line| line.trim_end_matches('\r').split_once('=').unwrap_or((line.trim(), ""))).collect();
        Self { of, lines }
    }

    fn text(&self, key: &str) -> Result<&'a str, String> {
        self.lines.get(key).copied().ok_or_else(|| format!("{}: expected a line `{key}=`, found none", self.of))
    }

    fn number<T: FromStr>(&self, key: &str) -> Result<T, String> {
        let text = self.text(key)?;
        text.trim().parse().map_err(|_| format!("{}, {key}: expected a number, found `{text}`", self.of))
    }

    /// So many numbers.
    fn numbers<T: FromStr>(&self, key: &str, expected: usize) -> Result<Vec<T>, String> {
        let text = self.text(key)?;
        let parse =
            |word: &str| word.parse().map_err(|_| format!("{}, {key}: expected numbers, found `{word}`", self.of));
        let numbers: Vec<T> = text.split_ascii_whitespace().map(parse).collect::<Result<_, _>>()?;
        if numbers.len() != expected {
            return Err(format!("{}, {key}: expected {expected} numbers, found {}", self.of, numbers.len()));
        }
        Ok(numbers)
    }
}

/// Reads a model; the reason of a failure names the field.
pub(super) fn read(text: &str) -> Result<Ensemble, String> {
    let mut parts = text.split("\nTree=");
    let header = Fields::new("LightGBM's header".to_owned(), parts.next().unwrap_or_default().lines());
    let per_iteration: usize = header.number("num_tree_per_iteration")?;
    let names: Vec<String> = header.text("feature_names")?.split_ascii_whitespace().map(str::to_owned).collect();
    let n_features = header.number::<usize>("max_feature_idx")?.saturating_add(1);
    if names.len() != n_features {
        return Err(format!("LightGBM's header, feature_names: expected {n_features} names, found {}", names.len()));
    }
    let n_trees = text.matches("\nTree=").count();
    if per_iteration == 0 || !n_trees.is_multiple_of(per_iteration) {
        return Err(format!(
            "LightGBM's header, num_tree_per_iteration: expected a divisor of {n_trees} trees, found {per_iteration}"
        ));
    }
    if per_iteration > n_trees.max(1) {
        return Err(format!("LightGBM's file: expected at least {per_iteration} trees, found {n_trees}"));
    }
    if !text.contains("end of trees") {
        return Err("LightGBM's file: expected `end of trees`, found none; the file is cut off".to_owned());
    }
    let scale = match header.lines.contains_key("average_output") {
        true => per_iteration as f64 / n_trees.max(1) as f64,
        false => 1.0,
    };
    let mut trees = Vec::with_capacity(n_trees);
    for (at, part) in parts.enumerate() {
        // The first line is the rest of `Tree=`; a blank line ends the tree.
        let lines = part.lines().skip(1).take_while(|line| !line.trim().is_empty());
        let fields = Fields::new(format!("tree {at}"), lines);
        let tree = Tree::new(nodes(&fields, scale)?, at % per_iteration);
        trees.push(tree.map_err(|reason| format!("tree {at}: {reason}"))?);
    }
    let objective = header.text("objective").unwrap_or("an objective of its own").split(' ').next().unwrap_or_default();
    let ensemble = Ensemble {
        source: format!("LightGBM {} text, {objective}", header.text("version").unwrap_or("")),
        is_named: names.iter().enumerate().any(|(at, name)| *name != format!("Column_{at}")),
        categories: categories(text, &header, n_features)?,
        feature_names: names,
        outputs: super::output_names(per_iteration),
        base: vec![0.0; per_iteration],
        rounds_to_f32: false,
        is_probability: false,
        trees,
        warnings: Vec::new(),
    };
    ensemble.check()?;
    Ok(ensemble)
}

/// The categories that a data frame had. The file lists them for categorical features in order, which `feature_infos`
/// knows as those that have no range.
fn categories(text: &str, header: &Fields, n_features: usize) -> Result<Vec<Vec<String>>, String> {
    let Some(line) = text.lines().rev().find_map(|line| line.strip_prefix("pandas_categorical:")) else {
        return Ok(Vec::new());
    };
    let lists: Option<Vec<Vec<serde_json::Value>>> =
        serde_json::from_str(line).map_err(|error| format!("LightGBM's file, pandas_categorical: {error}"))?;
    let mut lists = lists.unwrap_or_default().into_iter();
    if lists.len() == 0 {
        return Ok(Vec::new());
    }
    let infos: Vec<&str> = header.text("feature_infos")?.split_ascii_whitespace().collect();
    let is_categorical = |info: &&str| !info.starts_with('[') && *info != "none";
    if infos.len() != n_features || infos.iter().filter(|info| is_categorical(info)).count() != lists.len() {
        return Err(format!(
            "LightGBM's file, pandas_categorical: it lists {} features, and feature_infos has another number of categorical \
             ones; train on category codes and without columns of one value",
            lists.len()
        ));
    }
    let name = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let categories = |info: &&str| match is_categorical(info) {
        true => lists.next().unwrap_or_default().into_iter().map(name).collect(),
        false => Vec::new(),
    };
    Ok(infos.iter().map(categories).collect())
}

/// Splits first, then leaves.
fn nodes(fields: &Fields, scale: f64) -> Result<Vec<Node>, String> {
    let n_leaves: usize = fields.number("num_leaves")?;
    if fields.lines.get("is_linear").is_some_and(|flag| flag.trim() == "1") {
        return Err(format!(
            "{}: it has linear leaves, which are not supported; train with linear_tree=false",
            fields.of
        ));
    }
    let values: Vec<f64> = fields.numbers("leaf_value", n_leaves)?;
    let covers = |key: &str, n: usize| match fields.lines.contains_key(key) {
        true => fields.numbers::<f64>(key, n),
        false => Ok(vec![f64::NAN; n]),
    };
    let leaf = |cover: f64, value: f64| Node { cover, kind: NodeKind::Leaf(vec![scale * value]) };
    if n_leaves <= 1 {
        return Ok(values.into_iter().map(|value| leaf(f64::NAN, value)).collect());
    }
    let n = n_leaves - 1;
    let (features, thresholds) = (fields.numbers::<u32>("split_feature", n)?, fields.numbers::<f64>("threshold", n)?);
    let decisions = fields.numbers::<u32>("decision_type", n)?;
    let (left, right) = (fields.numbers::<i64>("left_child", n)?, fields.numbers::<i64>("right_child", n)?);
    let split_covers = covers("internal_count", n)?;
    let sets = category_sets(fields)?;
    let child = |at: i64| {
        let child = if at >= 0 { at } else { n as i64 - 1 - at };
        u32::try_from(child).map_err(|_| format!("{}: expected a child, found {at}", fields.of))
    };
    let mut nodes = Vec::with_capacity(n + n_leaves);
    for at in 0..n {
        let test = match decisions[at] & 1 {
            0 => Test::AtMost { threshold: thresholds[at], missing: missing(decisions[at]) },
            _ => {
                let set = sets.get(thresholds[at] as usize).filter(|_| thresholds[at] >= 0.0);
                let set = set.ok_or_else(|| {
                    format!(
                        "{}, threshold: expected one of {} sets of categories, found {}",
                        fields.of,
                        sets.len(),
                        thresholds[at]
                    )
                })?;
                Test::OneOf { categories: set.clone(), missing_left: false }
            }
        };
        let kind = NodeKind::Split { feature: features[at], test, left: child(left[at])?, right: child(right[at])? };
        nodes.push(Node { cover: split_covers[at], kind });
    }
    let covers = covers("leaf_count", n_leaves)?;
    nodes.extend(values.into_iter().zip(covers).map(|(value, cover)| leaf(cover, value)));
    Ok(nodes)
}

/// Bit 1: missing values go left; bits 2 and 3: which values are missing.
fn missing(decision: u32) -> Missing {
    match (decision >> 2 & 3, decision & 2 != 0) {
        (0, _) => Missing::Zero,
        (1, true) => Missing::ZerosLeft,
        (1, false) => Missing::ZerosRight,
        (_, true) => Missing::Left,
        (_, false) => Missing::Right,
    }
}

/// Sets of categories, ascending; in the file they are bits.
fn category_sets(fields: &Fields) -> Result<Vec<Vec<u32>>, String> {
    let n_sets = fields.lines.get("num_cat").map_or(Ok(0), |_| fields.number::<usize>("num_cat"))?;
    if n_sets == 0 {
        return Ok(Vec::new());
    }
    let boundaries: Vec<usize> = fields.numbers("cat_boundaries", n_sets.saturating_add(1))?;
    let words: Vec<u32> = fields.numbers("cat_threshold", *boundaries.last().unwrap_or(&0))?;
    if !boundaries.is_sorted() {
        return Err(format!("{}, cat_boundaries: expected ascending positions", fields.of));
    }
    let set = |ends: &[usize]| {
        let bits =
            words[ends[0]..ends[1]].iter().zip(0u32..).flat_map(|(&word, at)| (0..32).map(move |bit| (word, at, bit)));
        bits.filter(|(word, _, bit)| word >> bit & 1 == 1).map(|(_, at, bit)| 32 * at + bit).collect()
    };
    Ok(boundaries.windows(2).map(set).collect())
}
