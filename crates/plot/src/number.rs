//! Numbers as people read them.

/// What stands between the names of players that form a term.
pub(crate) const PRODUCT: &str = " × ";

/// A value as text: signed, four decimals, in powers of ten where those would hide it.
pub fn value_text(value: f64) -> String {
    if !value.is_finite() {
        return "not finite".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    if (1e-3..1e5).contains(&value.abs()) { format!("{value:+.4}") } else { format!("{value:+.2e}") }
}

/// A value with its standard error, where there is one.
pub(crate) fn value_with_error(value: f64, std_err: Option<f64>) -> String {
    match std_err {
        Some(error) => format!("{} ± {}", value_text(value), value_text(error).trim_start_matches('+')),
        None => value_text(value),
    }
}

/// A time as text, in seconds, without needless zeros.
pub(crate) fn seconds_text(seconds: f64) -> String {
    crate::xml::number((seconds * 100.0).round() / 100.0)
}

/// `text` in at most `limit` characters, with an ellipsis where it was cut.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The name of a term in at most about `limit` characters: each of its players' names is cut to an equal share, so that
/// none of them is lost.
pub(crate) fn cut_product(name: &str, limit: usize) -> String {
    let parts: Vec<&str> = name.split(PRODUCT).collect();
    if name.chars().count() <= limit {
        return name.to_owned();
    }
    let share = limit.saturating_sub(PRODUCT.chars().count() * (parts.len() - 1)) / parts.len();
    parts.iter().map(|part| cut(part, share.max(2))).collect::<Vec<_>>().join(PRODUCT)
}

/// `3 terms`, or `1 term`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Round positions for ticks that cover `low..=high`, at most about `most` of them.
pub(crate) fn ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let span = high - low;
    if !(span.is_finite() && span > 1e-290) {
        return vec![0.0];
    }
    let raw = span / most as f64;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|unit| unit * power).find(|&step| step >= raw * (1.0 - 1e-9));
    let step = step.unwrap_or(10.0 * power);
    let first = (low / step).ceil();
    let count = ((high / step + 1e-9).floor() - first).clamp(0.0, 2.0 * most as f64) as usize;
    (0..=count).map(|index| (first + index as f64) * step).collect()
}

/// The text of a tick in a row of ticks with the given distance.
pub(crate) fn tick_text(value: f64, step: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = -step.abs().log10().floor();
    if (0.0..=4.0).contains(&decimals) && value.abs() < 1e5 {
        return format!("{value:+.*}", decimals as usize);
    }
    if decimals < 0.0 && value.abs() < 1e5 { format!("{value:+.0}") } else { format!("{value:+.1e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_player_of_a_long_term_keeps_some_letters() {
        assert_eq!(cut_product("V2 3.0-4.0 s × V3", 20), "V2 3.0-4.0 s × V3");
        assert_eq!(cut_product("V2 3.0-4.0 s × V3 4.0-5.0 s", 21), "V2 3.0-4… × V3 4.0-5…");
        assert_eq!(cut_product("abcdef × ghijkl × mnopqr", 3), "a… × g… × m…");
        assert_eq!(cut_product("abcdefghij", 6), "abcde…");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "term")), ["0 terms", "1 term", "2 terms"]);
    }
}
