//! Small vectors, rotations and the random draws that several modules share.

use rand::RngExt;
use rand_distr::StandardNormal;

use einthoven_game::rng::ChaCha8Rng;

/// Frank's X (left), Y (down), Z (back).
pub(super) type Vec3 = [f64; 3];

pub(super) fn dot(a: Vec3, b: Vec3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn scaled(a: Vec3, factor: f64) -> Vec3 {
    a.map(|x| x * factor)
}

pub(super) fn plus(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub(super) fn norm(a: Vec3) -> f64 {
    dot(a, a).sqrt()
}

/// The vector of length one in this direction.
pub(super) fn unit(a: Vec3) -> Vec3 {
    scaled(a, 1.0 / norm(a).max(1e-12))
}

/// A rotation as three rows.
pub(super) type Rotation = [Vec3; 3];

/// Turns by `angles` (radians) around X, then Y, then Z.
pub(super) fn rotation(angles: Vec3) -> Rotation {
    let [(sx, cx), (sy, cy), (sz, cz)] = angles.map(f64::sin_cos);
    [
        [cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz],
        [cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz],
        [-sy, sx * cy, cx * cy],
    ]
}

pub(super) fn rotate(rotation: &Rotation, a: Vec3) -> Vec3 {
    rotation.map(|row| dot(row, a))
}

/// A normal draw with this standard deviation, cut at two and a half of them.
pub(super) fn normal(rng: &mut ChaCha8Rng, sd: f64) -> f64 {
    let x: f64 = rng.sample(StandardNormal);
    x.clamp(-2.5, 2.5) * sd
}

/// A factor around one whose logarithm has this standard deviation.
pub(super) fn factor(rng: &mut ChaCha8Rng, sd: f64) -> f64 {
    normal(rng, sd).exp()
}

/// A uniform draw; the bounds may be equal.
pub(super) fn uniform(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// True with this probability.
pub(super) fn chance(rng: &mut ChaCha8Rng, probability: f64) -> bool {
    rng.random::<f64>() < probability
}
