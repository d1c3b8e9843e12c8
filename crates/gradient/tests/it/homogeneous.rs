//! The homogeneous built-in model and its ordinary twin under the audit.

use einthoven_game::Link;
use einthoven_gradient::{GradientMethod, Gradients, audit};
use einthoven_model::{builtin, builtin_homogeneous};

use crate::setup::{MEMORY, map_of, on_cpu, record, usual};

#[test]
fn in_a_homogeneous_network_one_pass_is_the_integral() {
    let model = on_cpu(&builtin_homogeneous().unwrap());
    for index in 0..4 {
        let record = record(index);
        let found = audit(&model, record.signal(), MEMORY, &|| false).unwrap();
        assert!(found.homogeneous && found.broken_by.is_none(), "{found:?}");
        assert!(found.difference <= 1e-5 && found.completeness_gap <= 1e-4, "{found:?}");
        assert!(found.scaling.iter().all(|[_, error]| *error <= 1e-5), "{found:?}");
        assert!((found.order.unwrap() - 1.0).abs() < 1e-5, "{found:?}");
        let once = usual(&model, record.signal(), GradientMethod::XGradient).unwrap();
        let steps = Gradients { steps: Some(128), ..Gradients::new(GradientMethod::Ig) };
        let integral = map_of(&model, record.signal(), &vec![0.0; 12_000], &steps, Link::Logit).unwrap();
        let apart: f64 = once.cells.iter().zip(&integral.cells).map(|(a, b)| (a - b).abs()).sum();
        let total: f64 = integral.cells.iter().map(|x| x.abs()).sum();
        assert!(apart <= 1e-5 * total, "{apart} of {total}");
        assert!(once.baseline.iter().all(|&value| value == 0.0), "f(0) = 0: {:?}", once.baseline);
    }
}

#[test]
fn an_ordinary_network_is_told_from_it() {
    let model = on_cpu(&builtin().unwrap());
    let record = record(0);
    let found = audit(&model, record.signal(), MEMORY, &|| false).unwrap();
    assert!(!found.homogeneous && found.difference > 0.1 && found.completeness_gap > 0.01, "{found:?}");
    assert!(found.broken_by.unwrap().contains("layer 1 is a convolution with a bias"));
    let error = usual(&model, record.signal(), GradientMethod::XGradient).unwrap_err().to_string();
    assert!(error.contains("not homogeneous") && error.contains("input-x-gradient or ig"), "{error}");
}

/// Without layers the measurements alone decide.
#[test]
fn a_model_that_only_answers_is_measured() {
    let closed = |model| crate::setup::Closed { model, differentiable: true };
    let record = record(0);
    let good = on_cpu(&closed(builtin_homogeneous().unwrap()));
    assert!(audit(&good, record.signal(), MEMORY, &|| false).unwrap().homogeneous);
    assert!(usual(&good, record.signal(), GradientMethod::XGradient).is_ok());
    let bad = on_cpu(&closed(builtin().unwrap()));
    let found = audit(&bad, record.signal(), MEMORY, &|| false).unwrap();
    assert!(!found.homogeneous && found.broken_by.is_none(), "{found:?}");
    let error = usual(&bad, record.signal(), GradientMethod::XGradient).unwrap_err().to_string();
    assert!(error.contains("cells are off by"), "{error}");
}

#[test]
fn another_baseline_or_link_is_refused() {
    let (model, record) = (on_cpu(&builtin_homogeneous().unwrap()), record(0));
    let gradients = Gradients::new(GradientMethod::XGradient);
    let error = map_of(&model, record.signal(), &vec![0.1; 12_000], &gradients, Link::Logit).unwrap_err().to_string();
    assert!(error.contains("another baseline than zero"), "{error}");
    let zero = vec![0.0; 12_000];
    let error = map_of(&model, record.signal(), &zero, &gradients, Link::Probability).unwrap_err().to_string();
    assert!(error.contains("only logits are homogeneous"), "{error}");
}
