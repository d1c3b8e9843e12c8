//! Sums, differences and multiples.

use std::collections::BTreeMap;
use std::ops::{Mul, Neg};

use super::{Attribution, Term};
use crate::{Error, Kind, Result};

impl Attribution {
    /// The sum of two attributions of the same players, index, link and orders; a term that one of them has left out is
    /// zero there. Fails if they do not fit, or one of them is a part ([`Attribution::left_out`]).
    ///
    /// Standard errors are those of independent estimates, and a warning says so: two outputs, or two estimates from
    /// the same coalitions, are not. There is none where one of the two has none; a zero that was left out has one,
    /// zero, if its attribution is exact. The weaker `kind` of the two holds; evaluations add up.
    pub fn try_add(&self, other: &Self) -> Result<Self> {
        self.combine(other, 1.0)
    }

    /// The difference of two attributions, as [`Attribution::try_add`].
    pub fn try_sub(&self, other: &Self) -> Result<Self> {
        self.combine(other, -1.0)
    }

    /// The magnitudes of all terms, with their standard errors. Baseline and full value stay, so the terms add up to
    /// nothing in particular; of an unbiased estimate it is merely consistent.
    pub fn abs(mut self) -> Self {
        self.terms.iter_mut().for_each(|term| term.value = term.value.abs());
        self.kind = of_magnitudes(self.kind);
        self
    }

    fn combine(&self, other: &Self, sign: f64) -> Result<Self> {
        let action = if sign > 0.0 { "add" } else { "subtract" };
        self.check_fits(other).map_err(|reason| Error::Request(format!("{action} attributions: {reason}")))?;
        let mut pairs: BTreeMap<(usize, &[u32]), [Option<&Term>; 2]> = BTreeMap::new();
        for (side, attribution) in [self, other].into_iter().enumerate() {
            attribution.terms.iter().for_each(|term| pairs.entry(term.key()).or_default()[side] = Some(term));
        }
        let std_err = |attribution: &Self, term: Option<&Term>| match term {
            Some(term) => term.std_err,
            None => (attribution.kind == Kind::Exact).then_some(0.0),
        };
        let term = |((_, players), [left, right]): ((usize, &[u32]), [Option<&Term>; 2])| Term {
            players: players.to_vec(),
            value: left.map_or(0.0, |term| term.value) + sign * right.map_or(0.0, |term| term.value),
            std_err: std_err(self, left).zip(std_err(other, right)).map(|(left, right)| left.hypot(right)),
        };
        let mut found = self.with_terms(pairs.into_iter().map(term).collect());
        found.baseline += sign * other.baseline;
        found.full += sign * other.full;
        found.kind = self.kind.max(other.kind);
        found.evaluations += other.evaluations;
        found.run.retain(|key, _| key == "top_order");
        if other.output != self.output {
            found.output = format!("{} {} {}", self.output, if sign > 0.0 { "+" } else { "-" }, other.output);
        }
        if other.method != self.method {
            found.method = format!("{}, {}", self.method, other.method);
        }
        let news = other.warnings.iter().filter(|warning| !self.warnings.contains(warning));
        found.warnings.extend(news.cloned());
        if self.kind != Kind::Exact && other.kind != Kind::Exact && found.terms.iter().any(|t| t.std_err.is_some()) {
            found.warnings.push("standard errors are those of independent estimates".to_owned());
        }
        Ok(found)
    }

    /// What does not fit, if the terms of `other` cannot be set beside those here.
    pub(super) fn check_fits(&self, other: &Self) -> std::result::Result<(), String> {
        let differ = |what: &str, here: &dyn std::fmt::Display, there: &dyn std::fmt::Display| {
            Err(format!("expected the same {what}, found {here} and {there}"))
        };
        if self.index != other.index {
            return differ("index", &self.index, &other.index);
        }
        if self.link != other.link {
            return differ("link", &self.link, &other.link);
        }
        if self.n_players != other.n_players {
            return differ("players", &self.n_players, &other.n_players);
        }
        if let Some((here, there)) =
            self.player_names.iter().zip(&other.player_names).find(|(here, there)| here != there)
        {
            return differ("players", &format!("`{here}`"), &format!("`{there}`"));
        }
        if self.top_order() != other.top_order() {
            return differ("top order", &self.top_order(), &other.top_order());
        }
        let orders = |attribution: &Self| format!("{} to {}", attribution.min_order, attribution.max_order);
        if orders(self) != orders(other) {
            let reason = differ("orders (Attribution::orders takes them out)", &orders(self), &orders(other));
            return reason;
        }
        match self.left_out().or(other.left_out()) {
            Some(left_out) => {
                Err(format!("expected all terms that are not zero, but {left_out} were left out; do that last"))
            }
            None => Ok(()),
        }
    }
}

/// What is known of the magnitudes of an estimate.
pub(super) fn of_magnitudes(kind: Kind) -> Kind {
    if kind == Kind::Exact { kind } else { kind.max(Kind::Consistent) }
}

impl Mul<f64> for Attribution {
    type Output = Self;

    /// All values, with the baseline and the full value, times `factor`, and the standard errors times its magnitude.
    fn mul(mut self, factor: f64) -> Self {
        for term in &mut self.terms {
            term.value *= factor;
            term.std_err = term.std_err.map(|std_err| std_err * factor.abs());
        }
        self.baseline *= factor;
        self.full *= factor;
        self
    }
}

impl Neg for Attribution {
    type Output = Self;

    fn neg(self) -> Self {
        self * -1.0
    }
}
