//! Points of a data set in a fixed space of features, with their classes.

use faer::{Mat, Side};

use crate::{Error, Result};

/// Points and their classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    n_features: usize,
    /// `[points, features]`
    embeddings: Vec<f64>,
    labels: Vec<usize>,
}

/// The points that are valued, and those that a classifier is judged on.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    train: Points,
    validation: Points,
    n_classes: usize,
}

impl Points {
    /// Points with these embeddings `[points, features]` and classes, counted from zero.
    ///
    /// # Errors
    /// If there are none, the numbers do not fit together, or one is not finite.
    pub fn new(n_features: usize, embeddings: Vec<f64>, labels: Vec<usize>) -> Result<Self> {
        let wrong = |what: String| Err(Error::Request(format!("read points: {what}")));
        if labels.is_empty() || n_features == 0 {
            return wrong(format!("expected some with features, found {} with {n_features}", labels.len()));
        }
        if embeddings.len() != labels.len() * n_features {
            let expected = format!("{} labels x {n_features} features", labels.len());
            return wrong(format!("expected {expected}, found {} numbers", embeddings.len()));
        }
        match embeddings.iter().position(|number| !number.is_finite()) {
            Some(at) => wrong(format!(
                "feature {} of point {} is {}; expected finite numbers",
                at % n_features,
                at / n_features,
                embeddings[at]
            )),
            None => Ok(Self { n_features, embeddings, labels }),
        }
    }

    /// Some of the points.
    ///
    /// # Panics
    /// If there are none, or one is not there.
    pub fn some(&self, points: &[usize]) -> Self {
        assert!(!points.is_empty(), "at least one point");
        let embeddings = points.iter().flat_map(|&point| self.embedding(point).to_vec()).collect();
        Self { embeddings, labels: points.iter().map(|&point| self.labels[point]).collect(), ..*self }
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Never: there is at least one point.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Number of features.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// The features of a point.
    pub fn embedding(&self, point: usize) -> &[f64] {
        &self.embeddings[point * self.n_features..][..self.n_features]
    }

    /// The class of each point.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Mean and standard deviation of each feature; the latter is one where a feature does not vary.
    fn scales(&self) -> Vec<[f64; 2]> {
        let column = |feature: usize| self.embeddings.iter().skip(feature).step_by(self.n_features);
        let n = self.len() as f64;
        let scale = |feature: usize| {
            let mean = column(feature).sum::<f64>() / n;
            let spread = (column(feature).map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
            [mean, if spread > 1e-12 * mean.abs().max(f64::MIN_POSITIVE) { spread } else { 1.0 }]
        };
        (0..self.n_features).map(scale).collect()
    }

    fn scaled(mut self, scales: &[[f64; 2]]) -> Self {
        for point in self.embeddings.chunks_exact_mut(scales.len()) {
            point.iter_mut().zip(scales).for_each(|(x, [mean, spread])| *x = (*x - mean) / spread);
        }
        self
    }
}

impl DataSet {
    /// Brings both to the scale of the training points (mean 0, standard deviation 1 of each feature), so that neither the
    /// penalty of a classifier nor distances depend on units.
    ///
    /// # Errors
    /// If they have different features, there is one training point, or only one class in all.
    pub fn new(train: Points, validation: Points) -> Result<Self> {
        let wrong = |what: String| Err(Error::Request(format!("value points: {what}")));
        if train.n_features != validation.n_features {
            let [a, b] = [train.n_features, validation.n_features];
            return wrong(format!(
                "training points have {a} features and validation points {b}; they must be the same"
            ));
        }
        let labels = || train.labels.iter().chain(&validation.labels);
        let n_classes = 1 + labels().copied().max().unwrap_or(0);
        if train.len() < 2 || labels().all(|label| *label == train.labels[0]) {
            return wrong("there must be two training points or more, and two classes".to_owned());
        }
        if n_classes > 1000 {
            return wrong(format!("class {} is too large; classes are counted from 0 without gaps", n_classes - 1));
        }
        let scales = train.scales();
        Ok(Self { train: train.scaled(&scales), validation: validation.scaled(&scales), n_classes })
    }

    /// The same points by their leading principal components, those of the training points (Pearson, 1901), and the share of the
    /// variance that these hold. A fit takes time as the cube of features times classes; nothing changes if there are no
    /// more features.
    ///
    /// # Errors
    /// If none are to be kept, or the components are not found.
    pub fn principal(self, n_components: usize) -> Result<(Self, f64)> {
        let (train, width) = (&self.train, self.train.n_features);
        if n_components == 0 {
            return Err(Error::Request("value points: at least one principal component must be kept".to_owned()));
        }
        if n_components >= width {
            return Ok((self, 1.0));
        }
        let rows = Mat::from_fn(train.len(), width, |point, feature| train.embedding(point)[feature]);
        let wrong = |error| Error::Request(format!("find principal components: {error:?}"));
        let eigen = (rows.transpose() * &rows).self_adjoint_eigen(Side::Lower).map_err(wrong)?;
        // Ascending.
        let axes = eigen.U().get(.., width - n_components..);
        let variances: Vec<f64> = eigen.S().column_vector().iter().map(|variance| variance.max(0.0)).collect();
        let share = variances[width - n_components..].iter().sum::<f64>() / variances.iter().sum::<f64>();
        let turned = |points: &Points| {
            let onto = |point: usize, axis: usize| -> f64 {
                points.embedding(point).iter().zip(axes.col(axis).iter()).map(|(x, part)| x * part).sum()
            };
            let all = (0..points.len()).flat_map(|point| (0..n_components).rev().map(move |axis| (point, axis)));
            let embeddings = all.map(|(point, axis)| onto(point, axis)).collect();
            Points { n_features: n_components, embeddings, labels: points.labels.clone() }
        };
        let (train, validation) = (turned(&self.train), turned(&self.validation));
        Ok((Self { train, validation, n_classes: self.n_classes }, share))
    }

    /// The points that are valued, scaled.
    pub fn train(&self) -> &Points {
        &self.train
    }

    /// The points that a classifier is judged on, scaled.
    pub fn validation(&self) -> &Points {
        &self.validation
    }

    /// Number of classes: one more than the largest label.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }
}
