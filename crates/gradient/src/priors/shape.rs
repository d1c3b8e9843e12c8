//! What attributions ought to be like: losses of one record's map that do not depend on its scale, and their slopes.

use std::{fmt, str::FromStr};

/// A property that attributions are drawn to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// Few cells have most of the attribution: 1 less the Gini index of the absolute attributions (Erion et al. 2021).
    Gini,
    /// Attributions change little from one sample to the next: total variation over time, over twice the absolute sum.
    Smooth,
    /// Few leads have most of the attribution: the sum of the leads' Euclidean norms over its largest value, the root of
    /// the number of leads times the norm of all.
    Leads,
    /// Attributions lie in the record's region: the share of their squares outside. Records without a region are left out
    /// (after Ross, Hughes and Doshi-Velez, IJCAI 2017).
    Mask,
}

impl Prior {
    /// All priors.
    pub const ALL: [Self; 4] = [Self::Gini, Self::Smooth, Self::Leads, Self::Mask];

    /// Its name: gini, smooth, leads, mask.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gini => "gini",
            Self::Smooth => "smooth",
            Self::Leads => "leads",
            Self::Mask => "mask",
        }
    }

    /// The loss of a map `[leads, samples]`, from 0 to 1, and its slope with respect to each cell. The region has a place
    /// for each cell, and is read by [`Prior::Mask`] alone. A map of zeros has loss 0 and slope 0.
    pub fn loss(self, map: &[f64], samples: usize, region: &[bool]) -> (f64, Vec<f64>) {
        if map.iter().all(|a| *a == 0.0) {
            return (0.0, vec![0.0; map.len()]);
        }
        match self {
            Self::Gini => {
                let (gini, slope) = gini(map);
                (1.0 - gini, slope.into_iter().map(|slope| -slope).collect())
            }
            Self::Smooth => variation(map, samples),
            Self::Leads => lead_norms(map, samples),
            Self::Mask => outside(map, region),
        }
    }
}

impl fmt::Display for Prior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Prior {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|prior| prior.name() == text);
        found.ok_or_else(|| format!("'{text}' is no prior; expected gini, smooth, leads or mask"))
    }
}

/// The Gini index of absolute values, `sum_ij | |a_i| - |a_j| | / (2 n sum |a|)`, and its slope. Sorted, the double sum is
/// one sum over ranks.
fn gini(map: &[f64]) -> (f64, Vec<f64>) {
    let n = map.len() as f64;
    let mut order: Vec<usize> = (0..map.len()).collect();
    order.sort_by(|&i, &j| map[i].abs().total_cmp(&map[j].abs()));
    let mass: f64 = map.iter().map(|a| a.abs()).sum();
    let weight = |rank: usize| (2.0 * rank as f64 + 1.0 - n) / (n * mass);
    let gini: f64 = order.iter().enumerate().map(|(rank, &i)| weight(rank) * map[i].abs()).sum();
    let mut slope = vec![0.0; map.len()];
    for (rank, &i) in order.iter().enumerate() {
        slope[i] = sign(map[i]) * (weight(rank) - gini / mass);
    }
    (gini, slope)
}

fn variation(map: &[f64], samples: usize) -> (f64, Vec<f64>) {
    let mass = 2.0 * map.iter().map(|a| a.abs()).sum::<f64>();
    let mut slope = vec![0.0; map.len()];
    let mut loss = 0.0;
    for (lead, row) in map.chunks(samples).enumerate() {
        for (t, pair) in row.windows(2).enumerate() {
            let step = pair[1] - pair[0];
            loss += step.abs() / mass;
            slope[lead * samples + t] -= sign(step) / mass;
            slope[lead * samples + t + 1] += sign(step) / mass;
        }
    }
    slope.iter_mut().zip(map).for_each(|(slope, &a)| *slope -= 2.0 * loss * sign(a) / mass);
    (loss, slope)
}

fn lead_norms(map: &[f64], samples: usize) -> (f64, Vec<f64>) {
    let norm = |cells: &[f64]| cells.iter().map(|a| a * a).sum::<f64>().sqrt();
    let all = norm(map);
    let rows = map.chunks(samples);
    let most = (rows.len() as f64).sqrt() * all;
    let norms: Vec<f64> = rows.map(norm).collect();
    let loss = norms.iter().sum::<f64>() / most;
    let of_lead = |norm: f64| if norm == 0.0 { 0.0 } else { 1.0 / (norm * most) };
    let slope = |(i, &a): (usize, &f64)| a * (of_lead(norms[i / samples]) - loss / (all * all));
    (loss, map.iter().enumerate().map(slope).collect())
}

fn outside(map: &[f64], region: &[bool]) -> (f64, Vec<f64>) {
    if !region.contains(&true) {
        return (0.0, vec![0.0; map.len()]);
    }
    let total: f64 = map.iter().map(|a| a * a).sum();
    let outer: f64 = map.iter().zip(region).filter(|(_, inside)| !**inside).map(|(a, _)| a * a).sum();
    let loss = outer / total;
    let slope = |(&a, &inside): (&f64, &bool)| 2.0 * a * (f64::from(u8::from(!inside)) - loss) / total;
    (loss, map.iter().zip(region).map(slope).collect())
}

/// The derivative of the absolute value, 0 at 0.
fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn losses_have_their_closed_forms() {
        let loss = |prior: Prior, map: &[f64], region: &[bool]| prior.loss(map, 4, region).0;
        // One cell of 8 has it all, then all cells the same.
        let one = [0.0, 0.0, -3.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(loss(Prior::Gini, &one, &[]), 1.0 - 7.0 / 8.0);
        assert!((loss(Prior::Gini, &[2.0, -2.0, 2.0, 2.0, 2.0, 2.0, -2.0, 2.0], &[]) - 1.0).abs() < 1e-15);
        // Absolute values 1, 2, 3, 4: differences 1, 2, 3, 1, 2, 1, each twice, over 2 * 4 * 10.
        assert!((loss(Prior::Gini, &[3.0, -1.0, 4.0, 2.0], &[]) - (1.0 - 20.0 / 80.0)).abs() < 1e-15);
        assert_eq!(loss(Prior::Smooth, &one, &[]), 1.0);
        assert_eq!(loss(Prior::Smooth, &[1.0, 1.0, 1.0, 1.0, -5.0, -5.0, -5.0, -5.0], &[]), 0.0);
        assert!((loss(Prior::Leads, &one, &[]) - 0.5f64.sqrt()).abs() < 1e-15);
        assert!((loss(Prior::Leads, &[1.0; 8], &[]) - 1.0).abs() < 1e-15);
        let region = [false, false, true, true, true, true, true, true];
        assert_eq!(loss(Prior::Mask, &[1.0, -1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0], &region), 0.5);
        assert_eq!(Prior::Mask.loss(&[1.0; 8], 4, &[false; 8]), (0.0, vec![0.0; 8]));
        assert_eq!(Prior::Gini.loss(&[0.0; 8], 4, &[]), (0.0, vec![0.0; 8]));
    }

    #[test]
    fn priors_are_known_by_their_names() {
        for prior in Prior::ALL {
            assert_eq!(prior.to_string().parse(), Ok(prior));
        }
        let refusal = "'sparse' is no prior; expected gini, smooth, leads or mask".to_owned();
        assert_eq!("sparse".parse::<Prior>(), Err(refusal));
    }

    proptest! {
        /// The cells are apart from 0 and from each other, so that no kink lies between the points of the difference.
        #[test]
        fn slopes_are_central_differences(
            order in Just((1..=24).collect::<Vec<i32>>()).prop_shuffle(),
            jitter in prop::collection::vec(-0.3..0.3_f64, 24),
            signs in prop::collection::vec(any::<bool>(), 24),
            region in prop::collection::vec(any::<bool>(), 24),
        ) {
            let cells = order.iter().zip(&jitter).zip(&signs);
            let map: Vec<f64> =
                cells.map(|((&i, j), up)| (f64::from(i) + j) * if *up { 1.0 } else { -1.0 }).collect();
            let step = 1e-5;
            for prior in Prior::ALL {
                let (loss, slope) = prior.loss(&map, 8, &region);
                prop_assert!((-1e-12..=1.0 + 1e-12).contains(&loss));
                for (i, &slope) in slope.iter().enumerate() {
                    let at = |step: f64| {
                        let mut map = map.clone();
                        map[i] += step;
                        prior.loss(&map, 8, &region).0
                    };
                    // Rounding of losses below 1 over the step, and a third derivative below 1.
                    let expected = (at(step) - at(-step)) / (2.0 * step);
                    prop_assert!((slope - expected).abs() < 1e-9, "{prior} {slope} {expected}");
                }
                // Scale-free.
                let scaled: Vec<f64> = map.iter().map(|a| 7.0 * a).collect();
                prop_assert!((prior.loss(&scaled, 8, &region).0 - loss).abs() < 1e-12);
            }
        }
    }
}
