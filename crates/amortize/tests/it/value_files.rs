//! Points from files, and features of a network.

use std::fs;
use std::path::{Path, PathBuf};

use einthoven_amortize::value::{NamedPoints, penultimate};
use einthoven_game::npy::{Array, Data};
use einthoven_game::npz;
use einthoven_model::network::Op;
use einthoven_model::{BatchModel, CpuNetwork, builtin};
use tempfile::tempdir;

fn floats(shape: [usize; 2], values: &[f64]) -> Array {
    Array { shape: shape.to_vec(), data: Data::F64(values.to_vec()) }
}

fn integers(values: &[i64]) -> Array {
    Array::flat(Data::I64(values.to_vec()))
}

fn texts(texts: &[&str]) -> Array {
    Array::flat(Data::Text(texts.iter().map(ToString::to_string).collect()))
}

fn save(folder: &Path, arrays: &[(&str, Array)]) -> PathBuf {
    let path = folder.join("points.npz");
    npz::save(&path, arrays).unwrap();
    path
}

#[test]
fn arrays_are_read_with_all_that_goes_with_them() {
    let folder = tempdir().unwrap();
    let mut arrays = vec![("embeddings", floats([3, 2], &[1., 2., 3., 4., 5., 6.])), ("labels", integers(&[0, 2, 1]))];
    let bare = NamedPoints::load(&save(folder.path(), &arrays)).unwrap();
    assert_eq!((bare.points.embedding(1), bare.points.labels()), (&[3.0, 4.0][..], &[0, 2, 1][..]));
    assert_eq!(
        (bare.names, bare.classes, bare.validation),
        (vec!["0".into(), "1".into(), "2".into()], vec!["0".into(), "1".into(), "2".into()], None)
    );
    arrays.push(("names", texts(&["a", "b", "c"])));
    arrays.push(("classes", texts(&["NORM", "MI", "CD", "HYP"])));
    arrays.push(("validation_embeddings", floats([1, 2], &[7., 8.])));
    arrays.push(("validation_labels", integers(&[3])));
    let whole = NamedPoints::load(&save(folder.path(), &arrays)).unwrap();
    assert_eq!((&whole.names[2][..], &whole.classes[3][..]), ("c", "HYP"));
    let validation = whole.validation.as_ref().unwrap();
    assert_eq!((validation.embedding(0), validation.labels()), (&[7.0, 8.0][..], &[3][..]));
    assert_eq!(whole.clone().hold_out(0.5, 1).unwrap(), whole, "there are validation points");
}

#[test]
fn arrays_that_do_not_fit_are_refused_by_name() {
    let folder = tempdir().unwrap();
    let refuse = |arrays: &[(&str, Array)], words: [&str; 2]| {
        let error = NamedPoints::load(&save(folder.path(), arrays)).unwrap_err().to_string();
        assert!(error.contains("points.npz") && words.iter().all(|word| error.contains(word)), "{error}");
    };
    let embeddings = || ("embeddings", floats([2, 1], &[1.0, 2.0]));
    refuse(&[embeddings()], ["`labels`", "no such array"]);
    refuse(&[("labels", integers(&[0]))], ["`embeddings`", "no such array"]);
    refuse(
        &[embeddings(), ("labels", integers(&[0, 1, 1]))],
        ["`labels`", "expected 2 as of the rows of `embeddings`, found 3"],
    );
    refuse(&[embeddings(), ("labels", integers(&[0, -1]))], ["`labels`", "negative"]);
    refuse(&[embeddings(), ("labels", floats([2, 1], &[0.0, 1.0]))], ["`labels`", "integers from 0"]);
    refuse(&[("embeddings", integers(&[1, 2])), ("labels", integers(&[0, 1]))], ["`embeddings`", "[points, features]"]);
    refuse(&[("embeddings", floats([2, 1], &[1.0, f64::NAN])), ("labels", integers(&[0, 1]))], ["`embeddings`", "NaN"]);
    let labels = || ("labels", integers(&[0, 1]));
    refuse(&[embeddings(), labels(), ("names", texts(&["a"]))], ["`names`", "expected 2"]);
    refuse(&[embeddings(), labels(), ("classes", texts(&["a"]))], ["`classes`", "expected 2"]);
    refuse(
        &[embeddings(), labels(), ("validation_embeddings", floats([1, 1], &[1.0]))],
        ["`validation_labels`", "no such array"],
    );
}

#[test]
fn tables_are_read_by_their_header() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("points.csv");
    fs::write(&path, "name,x,label,y\np1, 1.5,sick,2\np2,-3,\"well\",4e1\n").unwrap();
    let found = NamedPoints::load(&path).unwrap();
    assert_eq!(
        (found.names, found.classes),
        (vec!["p1".to_owned(), "p2".into()], vec!["sick".to_owned(), "well".into()])
    );
    assert_eq!((found.points.embedding(0), found.points.embedding(1)), (&[1.5, 2.0][..], &[-3.0, 40.0][..]));
    assert_eq!(found.points.labels(), [0, 1]);
    let refuse = |text: &str, words: &str| {
        fs::write(&path, text).unwrap();
        let error = NamedPoints::load(&path).unwrap_err().to_string();
        assert!(error.contains("points.csv") && error.contains(words), "{error}");
    };
    refuse("x,y\n1,2\n", "no column `label`");
    refuse("x,label\n1,a\nfar,b\n", "row 2, column `x`: expected a number, found `far`");
    refuse("x,label\n1,a,3\n", "3 fields");
    refuse("x,label\n", "expected some with features");
    let other = NamedPoints::load(&folder.path().join("points.txt")).unwrap_err().to_string();
    assert!(other.contains(".npz or .csv"), "{other}");
}

#[test]
fn points_are_held_out_at_random_and_once() {
    let numbers: Vec<f64> = (0..50).map(f64::from).collect();
    let labels: Vec<String> = (0..50).map(|at| (at % 2).to_string()).collect();
    let names = (0..50).map(|at| at.to_string()).collect();
    let all = NamedPoints::new(1, numbers.clone(), names, &labels).unwrap();
    let held = |seed| all.clone().hold_out(0.2, seed).unwrap();
    let one = held(1);
    let validation = one.validation.as_ref().unwrap();
    assert_eq!((one.points.len(), validation.len()), (40, 10));
    let of = |points: &einthoven_amortize::value::Points| {
        (0..points.len()).map(|at| points.embedding(at)[0]).collect::<Vec<_>>()
    };
    let mut both = [of(&one.points), of(validation)].concat();
    both.sort_by(f64::total_cmp);
    assert_eq!(both, numbers);
    for (name, (x, label)) in one.names.iter().zip(of(&one.points).iter().zip(one.points.labels())) {
        assert_eq!((name.parse::<f64>().unwrap(), *label), (*x, *x as usize % 2));
    }
    assert_eq!(one, held(1));
    assert_ne!(one, held(2));
    assert!(all.clone().hold_out(0.0, 1).unwrap_err().to_string().contains("either side"));
    assert!(all.hold_out(1.0, 1).is_err());
}

#[test]
fn the_last_layer_makes_logits_of_the_features() {
    let classifier = builtin().unwrap();
    let network = classifier.layers().unwrap();
    let [leads, samples] = network.shape(0);
    let signals: Vec<f32> = (0..2 * leads * samples).map(|at| (at as f32 * 0.013).sin()).collect();
    let logits = CpuNetwork::new(network).logits(&signals);
    let before = CpuNetwork::new(&penultimate(network).unwrap());
    let features = before.logits(&signals);
    let Op::Linear(linear) = &network.layers().last().unwrap().op else { panic!("a linear layer") };
    let [width, outputs] = linear.features;
    assert_eq!(features.len(), 2 * width);
    assert!(features.iter().all(|x| *x >= 0.0), "behind a ReLU");
    for (row, x) in features.chunks_exact(width).enumerate() {
        for output in 0..outputs {
            let weights = &linear.weight[output * width..][..width];
            let sum = linear.bias[output] + weights.iter().zip(x).map(|(w, x)| w * x).sum::<f32>();
            assert!((sum - logits[row * outputs + output]).abs() < 1e-4 * (1.0 + sum.abs()));
        }
    }
}
