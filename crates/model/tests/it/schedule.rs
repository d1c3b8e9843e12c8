use einthoven_model::one_cycle;

#[test]
fn the_cycle_starts_low_peaks_and_ends_lower() {
    // 100 steps: the peak is at step 24.
    let rate = |step| one_cycle(step, 100, 0.01);
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-15, "{a} {b}");
    close(rate(0), 0.01 / 25.0);
    close(rate(24), 0.01);
    close(rate(99), 0.01 / 25.0 / 1e4);
    // Half way up and half way down lie the means of the ends.
    close(rate(12), (0.01 / 25.0 + 0.01) / 2.0);
    let end = 0.01 / 25.0 / 1e4;
    let share = (50.0 - 24.0) / 75.0;
    close(rate(50), end + (0.01 - end) * (1.0 + (std::f64::consts::PI * share).cos()) / 2.0);
    assert!((0..24).all(|step| rate(step) < rate(step + 1)));
    assert!((24..99).all(|step| rate(step) > rate(step + 1)));
}

#[test]
fn any_number_of_steps_has_finite_rates() {
    for n_steps in 1..12 {
        for step in 0..n_steps {
            let rate = one_cycle(step, n_steps, 0.5);
            assert!(rate > 0.0 && rate <= 0.5, "{step} of {n_steps}: {rate}");
        }
    }
}
