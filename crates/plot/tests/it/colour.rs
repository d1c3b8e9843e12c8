use einthoven_plot::colour::{Scale, diverging, ink, sequential};

fn channels(colour: &str) -> [f64; 3] {
    [1, 3, 5].map(|at| f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()))
}

/// CIE lightness of an sRGB colour.
fn lightness(colour: &str) -> f64 {
    let linear = channels(colour).map(|c| {
        let c = c / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    let y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    116.0 * y.cbrt() - 16.0
}

#[test]
fn zero_is_white_and_the_ends_are_blue_and_orange() {
    assert_eq!(diverging(0.0), "#ffffff");
    assert_eq!(diverging(-1.0), "#468acd");
    assert_eq!(diverging(1.0), "#dd601e");
    assert_eq!(diverging(7.0), diverging(1.0));
    // Halfway between white (255) and the anchor at a half (246, 181, 128).
    assert_eq!(diverging(0.25), "#fbdac0");
}

#[test]
fn both_signs_are_equally_light_and_darken_steadily() {
    let mut before = 101.0;
    for step in 0..=20 {
        let position = f64::from(step) / 20.0;
        let (minus, plus) = (lightness(&diverging(-position)), lightness(&diverging(position)));
        assert!((minus - plus).abs() < 1.0, "{position}: {minus} and {plus}");
        assert!(plus < before, "{position}");
        before = plus;
    }
    // A black trace keeps a contrast of at least 4.5 to the darkest colour (lightness 49 gives 4.6).
    assert!(before > 49.0);
}

#[test]
fn signs_differ_in_what_red_green_deficiency_keeps() {
    for step in 1..=10 {
        let position = f64::from(step) / 10.0;
        let ([red, _, blue], [red_plus, _, blue_plus]) =
            (channels(&diverging(-position)), channels(&diverging(position)));
        assert!(blue > red && red_plus > blue_plus, "{position}");
    }
}

#[test]
fn the_scale_is_symmetric_and_clips_at_the_99th_percentile() {
    // 199 values 1..=199 and one outlier: nearest rank of 99 % of 200 is the 198th.
    let values = (1..=199).map(|v| f64::from(v) * if v % 2 == 0 { -1.0 } else { 1.0 }).chain([1e6]);
    let scale = Scale::new(values);
    assert_eq!((scale.limit(), scale.largest(), scale.is_clipped()), (198.0, 1e6, true));
    assert_eq!(scale.colour(1e6), Some(diverging(1.0)));
    assert_eq!(scale.colour(-99.0), Some(diverging(-0.5)));
    assert_eq!(scale.colour(99.0), Some(diverging(0.5)));
}

#[test]
fn few_values_are_not_clipped() {
    let scale = Scale::new([0.1, -0.4, 0.2]);
    assert_eq!((scale.limit(), scale.is_clipped()), (0.4, false));
}

#[test]
fn one_player_among_many_zeros_is_still_coloured() {
    let scale = Scale::new((0..500).map(|i| if i == 3 { 2.0 } else { 0.0 }));
    assert_eq!((scale.limit(), scale.is_clipped()), (2.0, false));
}

#[test]
fn nothing_to_scale_is_white_and_nan_has_no_colour() {
    let scale = Scale::new([0.0, 0.0, f64::NAN]);
    assert_eq!(scale.colour(0.0).as_deref(), Some("#ffffff"));
    assert_eq!(scale.colour(f64::NAN), None);
    assert_eq!(scale.colour(f64::INFINITY), None);
}

#[test]
fn lines_are_dark_enough_to_be_thin_and_keep_their_sign() {
    let (minus, plus) = (lightness(ink(-1.0)), lightness(ink(1.0)));
    // A contrast of at least 4.5 to white is a lightness of at most 49.
    assert!((minus - plus).abs() < 3.0 && minus < 49.0 && plus < 49.0, "{minus} {plus}");
    let ([red, _, blue], [red_plus, _, blue_plus]) = (channels(ink(-1.0)), channels(ink(1.0)));
    assert!(blue > red && red_plus > blue_plus);
}

#[test]
fn what_has_an_order_grows_lighter_steadily() {
    let mut before = 0.0;
    for step in 0..=20 {
        let now = lightness(&sequential(f64::from(step) / 20.0));
        assert!(now > before + 1.0, "{step}: {now} after {before}");
        before = now;
    }
    assert_eq!(sequential(-1.0), sequential(0.0));
    assert_eq!(sequential(2.0), sequential(1.0));
}
