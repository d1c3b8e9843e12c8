//! Few independent parts say little of how far they spread.
//!
//! A standard error that is itself estimated from `k` parts follows Student's distribution with `k - 1` degrees of freedom
//! (Student, 1908). Here it is stated larger by the ratio of the two distributions' 97.5 % quantiles, so that the value plus
//! and minus 1.96 standard errors is an interval of 95 %, however few the parts are.

/// The 97.5 % quantile of the normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;

/// What a variance from so many degrees of freedom is to be multiplied by; at least one of them.
pub fn variance_factor(freedom: usize) -> f64 {
    (quantile(freedom.max(1) as f64) / NORMAL).powi(2)
}

/// The 97.5 % quantile of Student's distribution: in closed form for one and two degrees of freedom, beyond by the
/// expansion around the normal quantile, which is right to 1 % at three and to 0.2 % from five on.
fn quantile(freedom: f64) -> f64 {
    if freedom == 1.0 {
        return (std::f64::consts::PI * 0.475).tan();
    }
    if freedom == 2.0 {
        return 0.95 * (2.0 / (1.0 - 0.95_f64.powi(2))).sqrt();
    }
    let (z, n) = (NORMAL, freedom);
    z + (z.powi(3) + z) / (4.0 * n)
        + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n.powi(2))
        + (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / (384.0 * n.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        let table =
            [(1.0, 12.706), (2.0, 4.303), (3.0, 3.182), (4.0, 2.776), (5.0, 2.571), (9.0, 2.262), (30.0, 2.042)];
        for (freedom, expected) in table {
            let error = (quantile(freedom) / expected - 1.0).abs();
            assert!(error < if freedom < 5.0 { 0.01 } else { 0.002 }, "{freedom}: {}", quantile(freedom));
        }
        assert!((variance_factor(1_000_000) - 1.0).abs() < 1e-5);
    }
}
