//! Files of models and rows: what is read, and what is said about broken ones.

use std::ops::ControlFlow;

use einthoven_game::Index;
use einthoven_interactions::trees::{Ensemble, Rows, TreeExplainer};
use proptest::prelude::*;

use super::real_models::fixture;

const MODELS: [&str; 5] = [
    "xgboost_binary.model.json",
    "xgboost2_dart.model.json",
    "lightgbm_binary.model.txt",
    "lightgbm_classes.model.txt",
    "sklearn_forest.model.json",
];

fn text(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).unwrap()
}

fn load(text: &str) -> Result<Ensemble, String> {
    Ensemble::from_bytes(text.as_bytes())
}

/// What is said about a model in which the first `from` is replaced by `to`.
fn complaint(name: &str, from: &str, to: &str) -> String {
    let text = text(name);
    assert!(text.contains(from), "{name} has no {from}");
    load(&text.replacen(from, to, 1)).err().unwrap_or_else(|| panic!("{name} is read with {to}"))
}

#[test]
fn broken_models_name_the_field_and_the_remedy() {
    let xgboost = "xgboost_binary.model.json";
    let lightgbm = "lightgbm_binary.model.txt";
    let sklearn = "sklearn_forest.model.json";
    for (name, from, to, words) in [
        (xgboost, "\"base_score\":\"[", "\"base_score\":\"[x", "base_score"),
        (xgboost, "binary:logistic", "my:own", "`my:own`"),
        (xgboost, "\"name\":\"gbtree\"", "\"name\":\"gblinear\"", "linear booster"),
        (
            xgboost,
            "\"num_feature\":\"6\",\"num_target",
            "\"num_feature\":\"2\",\"num_target",
            "feature_names: expected 2",
        ),
        (xgboost, "\"left_children\":[", "\"left_children\":[7,", "right_children"),
        (xgboost, "\"left_children\":[1", "\"left_children\":[0", "trees[0]: expected a tree, but node 0"),
        (xgboost, "\"left_children\":[1", "\"left_children\":[99999", "trees[0]: expected nodes below"),
        (xgboost, "\"tree_info\":[0", "\"tree_info\":[1", "tree 0: expected outputs below 1"),
        (xgboost, "\"tree_info\":[0,", "\"tree_info\":[", "tree_info"),
        (xgboost, "\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"3\"", "one_output_per_tree"),
        (xgboost, "\"sum_hessian\":[", "\"sum_hess\":[", "sum_hessian"),
        (xgboost, "\"categories_sizes\":[", "\"categories_sizes\":[9999,", "categories_sizes"),
        (lightgbm, "num_tree_per_iteration=1", "num_tree_per_iteration=0", "num_tree_per_iteration"),
        (lightgbm, "threshold=", "thresh=", "tree 0: expected a line `threshold=`"),
        (lightgbm, "leaf_value=", "leaf_value=x ", "tree 0, leaf_value: expected numbers, found `x`"),
        (lightgbm, "leaf_value=", "leaf_value=1.5 ", "tree 0, leaf_value: expected"),
        (lightgbm, "leaf_value=", "leaf_value=nan ", "leaf_value"),
        (lightgbm, "split_feature=", "split_feature=77 ", "split_feature"),
        (lightgbm, "is_linear=0", "is_linear=1", "linear_tree=false"),
        (lightgbm, "cat_boundaries=0", "cat_boundaries=9", "cat_"),
        (lightgbm, "end of trees", "end", "cut off"),
        (lightgbm, "max_feature_idx=5", "max_feature_idx=8", "feature_names: expected 9"),
        (sklearn, "\"version\":1", "\"version\":2", "version"),
        (sklearn, "\"n_features\":6", "\"n_features\":5", "below 5"),
        (sklearn, "\"base\":[0.0,", "\"base\":[", "base"),
        (sklearn, "\"cover\":[", "\"cover\":[1.0,", "trees[0]: cover"),
        (sklearn, "\"cover\":[", "\"cover\":[-1.0,", "cover"),
        (sklearn, "\"float32\":true,", "", "float32"),
    ] {
        let found = complaint(name, from, to);
        assert!(found.contains(words), "{name}, {from} for {to}: {found}");
    }
    for (content, words) in [
        (&b"{L\x00\x00\x07learner"[..], "model.json"),
        (b"binf\x00", "model.json"),
        (b"\x80\x04\x95", "export_sklearn.py"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"", "save_model"),
        (b"{}", "`learner`"),
        (b"{\"learner\": {", "JSON"),
    ] {
        let found = Ensemble::from_bytes(content).unwrap_err();
        assert!(found.contains(words), "{content:?}: {found}");
    }
}

#[test]
fn early_stopping_is_mentioned() {
    let stopped =
        text("xgboost_binary.model.json").replace("\"attributes\":{}", "\"attributes\":{\"best_iteration\":\"2\"}");
    let warnings = load(&stopped).unwrap().warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("best iteration was 2"), "{warnings:?}");
}

#[test]
fn a_tree_of_one_leaf_is_a_constant() {
    let model = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\nobjective=regression\n\
                 feature_names=a b\n\nTree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=2.5\n\n\nend of trees\n";
    let model = load(model).unwrap();
    let rows = Rows::from_csv(b"b,a\n1,2\n", &model).unwrap();
    for explainer in [
        TreeExplainer::path_dependent(&model, Index::Sii, 2),
        TreeExplainer::interventional(&model, Index::Sii, 2, &rows),
    ] {
        let found = explainer.unwrap().explain(&rows, &mut |_| ControlFlow::Continue(())).unwrap().unwrap();
        let found = found.attribution(0, 0);
        assert_eq!((found.baseline, found.full, found.value(&[])), (2.5, 2.5, 2.5));
        assert_eq!(found.terms.len(), 1);
    }
}

#[test]
fn columns_go_by_name() {
    let model = load(&text("xgboost_regression.model.json")).unwrap();
    let csv = "lab,ward,dose, weight ,height,age,note\n6,5,4,3,,1,9\nNA,nan,NaN,null,None,n/a,9\n1,2,3,4,5e-1,-6,\n";
    let rows = Rows::from_csv(csv.as_bytes(), &model).unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.row(0)[1].is_nan());
    assert_eq!([rows.row(0)[0], rows.row(0)[2], rows.row(0)[5]], [1.0, 3.0, 6.0]);
    assert!(rows.row(1).iter().all(|x| x.is_nan()));
    assert_eq!(rows.row(2), [-6.0, 0.5, 4.0, 3.0, 2.0, 1.0]);
    assert!(rows.warnings.len() == 1 && rows.warnings[0].ends_with("ignored: note"), "{:?}", rows.warnings);
    let marked = [b"\xef\xbb\xbf", csv.as_bytes()].concat();
    assert_eq!(Rows::from_csv(&marked, &model).unwrap().row(2), rows.row(2));
}

#[test]
fn models_without_names_take_columns_in_order() {
    let model = load(&text("xgboost_poisson_dart.model.json")).unwrap();
    let rows = Rows::from_csv(b"u,v,w,x,y,z\n1,2,3,4,5,6\n", &model).unwrap();
    assert_eq!(rows.row(0), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert!(rows.warnings[0].contains("in their order"), "{:?}", rows.warnings);
    let rows = Rows::from_csv(b"f5,f4,f3,f2,f1,f0\n1,2,3,4,5,6\n", &model).unwrap();
    assert_eq!(rows.row(0), [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
    let found = Rows::from_csv(b"u,v,w,x,y\n1,2,3,4,5\n", &model).unwrap_err();
    assert!(found.contains("missing: f0, f1, f2, f3, f4 and 1 more"), "{found}");
}

#[test]
fn broken_rows_name_the_line_and_the_column() {
    let model = load(&text("xgboost_regression.model.json")).unwrap();
    for (csv, words) in [
        ("age,height,weight,dose,ward\n1,2,3,4,5\n", "missing: lab"),
        ("age,height,weight,dose,ward,lab,age\n1,2,3,4,5,6,7\n", "one column `age`, found 2"),
        (
            "age,height,weight,dose,ward,lab\n1,2,3,4,5,6\n1,2,red,4,5,6\n",
            "line 3, column `weight`: expected a finite number",
        ),
        ("age,height,weight,dose,ward,lab\n1,2,inf,4,5,6\n", "found `inf`"),
        ("age,height,weight,dose,ward,lab\n1,2\n", "line: 2"),
        ("age,height,weight,dose,ward,lab\n", "expected rows"),
        ("age;height;weight;dose;ward;lab\n1;2;3;4;5;6\n", "separated by commas"),
        ("", "missing: age"),
    ] {
        let found = Rows::from_csv(csv.as_bytes(), &model).unwrap_err();
        assert!(found.contains(words), "{csv}: {found}");
    }
}

#[test]
fn what_cannot_be_computed_is_refused() {
    let model = load(&text("xgboost_regression.model.json")).unwrap();
    let refused = |index, order| TreeExplainer::path_dependent(&model, index, order).err().unwrap().to_string();
    for (index, order, words) in [
        (Index::Sv, 2, "from 1 to 1"),
        (Index::KSii, 0, "from 1 to 6"),
        (Index::KSii, 7, "from 1 to 6"),
        (Index::Owen, 1, "Owen"),
    ] {
        assert!(refused(index, order).contains(words), "{}", refused(index, order));
    }
    let rows = Rows::new(5, vec![0.0; 10]).unwrap();
    assert!(TreeExplainer::interventional(&model, Index::Sv, 1, &rows).is_err());
    let none = Rows::new(6, Vec::new()).unwrap();
    assert!(TreeExplainer::interventional(&model, Index::Sv, 1, &none).is_err());
    assert!(
        TreeExplainer::path_dependent(&model, Index::Sv, 1)
            .unwrap()
            .explain(&rows, &mut |_| ControlFlow::Continue(()))
            .is_err()
    );
    assert!(Rows::new(6, vec![f64::INFINITY; 6]).is_err() && Rows::new(6, vec![0.0; 7]).is_err());
    let mut broken = model.clone();
    broken.feature_names.pop();
    let found = TreeExplainer::path_dependent(&broken, Index::Sv, 1).err().unwrap().to_string();
    assert!(found.contains("features below 5"), "{found}");
    let uncounted = load(&text("lightgbm_regression.model.txt").replace("leaf_count=", "unknown=")).unwrap();
    let found = TreeExplainer::path_dependent(&uncounted, Index::Sv, 1).err().unwrap().to_string();
    assert!(found.contains("tree 0") && found.contains("interventional"), "{found}");
    let rows = Rows::new(6, vec![0.0; 12]).unwrap();
    assert!(TreeExplainer::interventional(&uncounted, Index::Sv, 1, &rows).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A model with some bytes changed, taken out or repeated is read and explained, or refused; nothing panics.
    #[test]
    fn mutated_models_never_panic(
        name in 0..MODELS.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, any::<u8>(), 1..40usize), 1..6),
    ) {
        let mut bytes = std::fs::read(fixture(MODELS[name])).unwrap();
        for (at, kind, byte, length) in edits {
            let at = at.index(bytes.len());
            let end = (at + length).min(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes[at] = b"0123456789-.e,[]"[byte as usize % 16],
                2 => drop(bytes.drain(at..end)),
                _ => {
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
            }
        }
        if let Ok(model) = Ensemble::from_bytes(&bytes) {
            let n = model.n_features();
            if n == 0 || n > 10_000 {
                return Ok(());
            }
            let rows = Rows::new(n, (0..3 * n).map(|at| if at % 5 == 0 { f64::NAN } else { (at % 7) as f64 }).collect()).unwrap();
            let explainers = [
                TreeExplainer::path_dependent(&model, Index::KSii, 2.min(n)),
                TreeExplainer::interventional(&model, Index::KSii, 2.min(n), &rows),
            ];
            for explainer in explainers.into_iter().flatten() {
                // Covers and leaves may be anything now, but what comes out is a number or an error.
                if let Ok(found) = explainer.explain(&rows, &mut |_| ControlFlow::Continue(())) {
                    prop_assert!(found.unwrap().values.iter().all(|value| value.is_finite()));
                }
            }
        }
    }

    /// Whatever bytes are called a CSV file, there are rows or a reason.
    #[test]
    fn mutated_rows_never_panic(cells in prop::collection::vec("[0-9a-zA-Z,;\"\n\r. -]{0,12}", 0..20), raw in prop::collection::vec(any::<u8>(), 0..40)) {
        let model = load(&text("xgboost_regression.model.json")).unwrap();
        let csv = [b"age,height,weight,dose,ward,lab\n", cells.join(",").as_bytes(), &raw].concat();
        if let Ok(rows) = Rows::from_csv(&csv, &model) {
            prop_assert!(!rows.is_empty() && rows.n_features() == 6);
        }
    }
}
