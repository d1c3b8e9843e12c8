//! From the heart's dipole to nine electrodes, and from there to twelve leads.

use einthoven_game::rng::ChaCha8Rng;

use super::vector::{Vec3, dot, factor, normal, scaled};

/// Right arm, left arm, left leg, V1–V6.
pub(super) const ELECTRODES: usize = 9;

/// Dower's matrix from Frank's X, Y, Z to V1–V6.
const CHEST: [Vec3; 6] = [
    [-0.515, 0.157, -0.917],
    [0.044, 0.164, -1.387],
    [0.882, 0.098, -1.277],
    [1.213, 0.127, -0.601],
    [1.125, 0.127, -0.086],
    [0.831, 0.076, 0.230],
];
const LEAD_I: Vec3 = [0.632, -0.235, 0.059];
const LEAD_II: Vec3 = [0.235, 1.066, -0.132];

/// What each electrode sees of a dipole, against Wilson's central terminal.
#[derive(Clone, Debug)]
pub(super) struct Field {
    rows: [Vec3; ELECTRODES],
}

impl Field {
    /// Dower's field.
    pub fn standard() -> Self {
        let mut rows = [[0.0; 3]; ELECTRODES];
        for axis in 0..3 {
            let (one, two) = (LEAD_I[axis], LEAD_II[axis]);
            rows[0][axis] = -(one + two) / 3.0;
            rows[1][axis] = (2.0 * one - two) / 3.0;
            rows[2][axis] = (2.0 * two - one) / 3.0;
        }
        rows[3..].copy_from_slice(&CHEST);
        Self { rows }
    }

    /// A patient's field: electrodes with errors of gain, chest electrodes shifted along their row and up or down.
    /// `spread` scales all deviations.
    pub fn draw(rng: &mut ChaCha8Rng, spread: f64) -> Self {
        let mut field = Self::standard();
        let shift = normal(rng, 0.27 * spread);
        let height = normal(rng, 0.1 * spread);
        for (chest, row) in field.rows[3..].iter_mut().enumerate() {
            let shift = shift + normal(rng, 0.13 * spread);
            let neighbour = if shift < 0.0 { CHEST[chest.saturating_sub(1)] } else { CHEST[(chest + 1).min(5)] };
            let share = shift.abs().min(0.6);
            for axis in 0..3 {
                row[axis] = (1.0 - share) * CHEST[chest][axis] + share * neighbour[axis] + normal(rng, 0.05 * spread);
            }
            row[1] += height;
            *row = scaled(*row, factor(rng, 0.13 * spread));
        }
        for row in &mut field.rows[..3] {
            *row = scaled(*row, factor(rng, 0.05 * spread));
        }
        field
    }

    /// The potential of every electrode for this dipole.
    pub fn potentials(&self, dipole: Vec3) -> [f64; ELECTRODES] {
        self.rows.map(|row| dot(row, dipole))
    }

    /// Makes all potentials larger or smaller.
    pub fn scale(&mut self, factor: f64) {
        self.rows = self.rows.map(|row| scaled(row, factor));
    }

    /// The field after the heart has turned.
    pub fn turned(&self, rotation: &super::vector::Rotation) -> Self {
        // The row times the rotation: what the electrode sees of the turned dipole.
        let rows = self.rows.map(|row| {
            let column = |axis: usize| (0..3).map(|k| row[k] * rotation[k][axis]).sum();
            [column(0), column(1), column(2)]
        });
        Self { rows }
    }
}

/// The twelve leads from the potentials of the electrodes. Einthoven's and Goldberger's relations hold by construction.
pub(super) fn leads(electrodes: &[f64; ELECTRODES]) -> [f64; 12] {
    let [right, left, leg, ..] = *electrodes;
    let (one, two) = (left - right, leg - right);
    let terminal = (right + left + leg) / 3.0;
    let mut leads = [0.0; 12];
    leads[..6].copy_from_slice(&[one, two, two - one, -(one + two) / 2.0, one - two / 2.0, two - one / 2.0]);
    for (lead, electrode) in leads[6..].iter_mut().zip(&electrodes[3..]) {
        *lead = electrode - terminal;
    }
    leads
}
