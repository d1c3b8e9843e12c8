//! Filters and resampling against closed forms.

use std::f64::consts::{PI, TAU};

use einthoven_ecg::resample::Resampler;
use einthoven_ecg::{Preparation, Record, filter};

fn sine(hz: f64, rate: f64, n: usize, phase: f64) -> Vec<f64> {
    (0..n).map(|i| (TAU * hz * i as f64 / rate + phase).sin()).collect()
}

/// Amplitude and phase of the component at `hz` in the middle half of a signal, by least squares.
fn component(x: &[f64], hz: f64, rate: f64) -> (f64, f64) {
    let (mut ss, mut sc, mut cc, mut xs, mut xc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (i, x) in x.iter().enumerate().take(x.len() * 3 / 4).skip(x.len() / 4) {
        let (s, c) = (TAU * hz * i as f64 / rate).sin_cos();
        ss += s * s;
        sc += s * c;
        cc += c * c;
        xs += x * s;
        xc += x * c;
    }
    let det = ss * cc - sc * sc;
    let (a, b) = ((xs * cc - xc * sc) / det, (xc * ss - xs * sc) / det);
    (a.hypot(b), b.atan2(a))
}

/// The analogue Butterworth response under the bilinear transform, squared for two passes.
fn butterworth_twice(hz: f64, cut: f64, rate: f64) -> f64 {
    let ratio = (PI * cut / rate).tan() / (PI * hz / rate).tan();
    1.0 / (1.0 + ratio.powi(4))
}

#[test]
fn high_pass_has_the_butterworth_response_and_no_phase() {
    let (rate, n) = (500.0, 20_000);
    for hz in [0.25, 0.5, 1.0, 10.0, 40.0] {
        let filtered = filter::high_pass(&sine(hz, rate, n, 0.7), rate, 0.5).unwrap();
        let (amplitude, phase) = component(&filtered, hz, rate);
        let expected = butterworth_twice(hz, 0.5, rate);
        assert!((amplitude - expected).abs() < 1e-4, "{hz} Hz: {amplitude} for {expected}");
        assert!((phase - 0.7).abs() < 1e-3, "{hz} Hz: phase {phase}");
    }
}

#[test]
fn high_pass_removes_a_constant_up_to_the_ends() {
    for n in [1, 2, 50, 5000] {
        let filtered = filter::high_pass(&vec![3.25; n], 500.0, 0.5).unwrap();
        assert_eq!(filtered.len(), n);
        assert!(filtered.iter().all(|x| x.abs() < 1e-9), "{n} samples");
    }
}

#[test]
fn notch_removes_the_hum_and_keeps_the_rest() {
    let (rate, n) = (500.0, 10_000);
    let (hum, _) = component(&filter::notch(&sine(50.0, rate, n, 0.3), rate, 50.0).unwrap(), 50.0, rate);
    assert!(20.0 * hum.log10() < -80.0, "hum of {hum}");
    for hz in [1.0, 10.0, 30.0, 100.0] {
        // The analogue notch of quality 30 under the bilinear transform, squared for two passes.
        let (w, w0) = ((PI * hz / rate).tan(), (PI * 50.0 / rate).tan());
        let off = (w0 * w0 - w * w).powi(2);
        let expected = off / (off + (w * w0 / 30.0).powi(2));
        let (amplitude, phase) = component(&filter::notch(&sine(hz, rate, n, 0.3), rate, 50.0).unwrap(), hz, rate);
        assert!((amplitude - 1.0).abs() < 0.005, "{hz} Hz: {amplitude}");
        assert!((amplitude - expected).abs() < 1e-3, "{hz} Hz: {amplitude} for {expected}");
        assert!((phase - 0.3).abs() < 1e-4);
    }
    assert!(filter::notch(&[1.5; 700], rate, 50.0).unwrap().iter().all(|x| (x - 1.5).abs() < 1e-9));
}

#[test]
fn filters_refuse_frequencies_outside_the_band() {
    for hz in [0.0, -1.0, 250.0, f64::NAN] {
        assert!(filter::high_pass(&[0.0; 10], 500.0, hz).is_err());
        assert!(filter::notch(&[0.0; 10], 500.0, hz).is_err());
    }
}

#[test]
fn resampling_keeps_slow_sines_and_suppresses_fast_ones() {
    for (from, to) in [(500.0, 100.0), (1000.0, 100.0), (257.0, 100.0), (100.0, 500.0), (360.0, 500.0), (128.0, 100.0)]
    {
        let n = (from * 12.0) as usize;
        let resampler = Resampler::new(n, from, to).unwrap();
        let lower = f64::min(from, to);
        for share in [0.01, 0.1, 0.3, 0.39] {
            let hz = share * lower;
            let (amplitude, phase) = component(&resampler.apply(&sine(hz, from, n, 0.4)), hz, to);
            assert!((amplitude - 1.0).abs() < 0.002, "{from} to {to}, {hz} Hz: {amplitude}");
            assert!((phase - 0.4).abs() < 0.001, "{from} to {to}, {hz} Hz: phase {phase}");
        }
        if to < from {
            for share in [0.505, 0.6, 0.9] {
                let hz = share * to;
                if hz >= from / 2.0 {
                    continue;
                }
                let y = resampler.apply(&sine(hz, from, n, 0.4));
                let middle = &y[y.len() / 4..y.len() * 3 / 4];
                let rms = (middle.iter().map(|x| x * x).sum::<f64>() / middle.len() as f64).sqrt() * 2.0_f64.sqrt();
                assert!(20.0 * rms.log10() < -55.0, "{from} to {to}, {hz} Hz leaves {rms}");
            }
        }
    }
}

#[test]
fn resampling_keeps_constants_lines_and_length() {
    for (n, from, to) in
        [(5000, 500.0, 100.0), (2571, 257.0, 100.0), (7, 500.0, 100.0), (10, 100.0, 500.0), (3, 1000.0, 999.5)]
    {
        let resampler = Resampler::new(n, from, to).unwrap();
        assert_eq!(resampler.n_out(), (n as f64 * to / from).round() as usize, "{n} from {from} to {to}");
        let constant = resampler.apply(&vec![-2.5; n]);
        assert_eq!(constant.len(), resampler.n_out());
        assert!(constant.iter().all(|x| (x + 2.5).abs() < 1e-12));
    }
    let line: Vec<f64> = (0..5000).map(|i| 0.001 * f64::from(i)).collect();
    let y = Resampler::new(5000, 500.0, 100.0).unwrap().apply(&line);
    assert!(y.iter().enumerate().all(|(j, y)| (y - 0.005 * j as f64).abs() < 1e-5));
    assert!(Resampler::new(0, 500.0, 100.0).is_err());
    assert!(Resampler::new(10, 0.001, 1000.0).is_err());
    assert!(Resampler::new(10, f64::NAN, 100.0).is_err());
}

fn preparation() -> Preparation {
    Preparation { rate: 100.0, n_samples: 1000, highpass_hz: Some(0.5), mains_hz: Some(50.0) }
}

/// Leads I, II and III of sines, a drift and a hum.
fn record(n: usize) -> Record {
    let one: Vec<f64> =
        sine(7.0, 500.0, n, 0.0).iter().zip(sine(50.0, 500.0, n, 1.0)).map(|(a, b)| a + 0.3 * b).collect();
    let two: Vec<f64> = sine(3.0, 500.0, n, 0.5).iter().enumerate().map(|(i, a)| a + 1e-4 * i as f64).collect();
    let three = one.iter().zip(&two).map(|(a, b)| b - a);
    let signal = one.iter().chain(&two).copied().chain(three).map(|x| x as f32).collect();
    Record::new("r", 500.0, ["I", "II", "III"].map(String::from).to_vec(), signal)
}

#[test]
fn preparation_filters_resamples_crops_and_keeps_einthovens_law() {
    let prepared = preparation().apply(&record(20_000), 15.0).unwrap();
    assert_eq!((prepared.n_leads(), prepared.n_samples(), prepared.rate), (3, 1000, 100.0));
    for i in 0..1000 {
        let law = prepared.lead(1)[i] - prepared.lead(0)[i] - prepared.lead(2)[i];
        assert!(law.abs() < 2e-6, "II - I - III is {law}");
        let expected = (TAU * 7.0 * (15.0 + i as f64 / 100.0)).sin();
        assert!((f64::from(prepared.lead(0)[i]) - expected).abs() < 0.002, "sample {i}");
    }
    let raw = preparation().without_filters();
    assert_eq!((raw.highpass_hz, raw.mains_hz, raw.rate), (None, None, 100.0));
    let drift = raw.apply(&record(6000), 0.0).unwrap();
    let mean = drift.lead(1).iter().sum::<f32>() / 1000.0;
    assert!((mean - 0.25).abs() < 0.02, "the drift is kept without filters: {mean}");
}

#[test]
fn preparation_says_what_a_short_record_lacks() {
    let message = preparation().apply(&record(4000), 0.5).unwrap_err().to_string();
    assert!(message.contains("8.00 s") && message.contains("10.00 s") && message.contains("0.5 s"), "{message}");
    assert!(preparation().apply(&record(5000), 0.0).is_ok());
    assert!(preparation().apply(&record(5000), -1.0).is_err());
    assert!(
        serde_json::from_str::<Preparation>(r#"{"rate":100,"n_samples":1,"highpass_hz":null,"mains_hz":null,"x":1}"#)
            .is_err()
    );
}
