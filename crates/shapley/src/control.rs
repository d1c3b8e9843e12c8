//! Control variates: what is known already need not be sampled.
//!
//! An additive surrogate of the game, say gradients times input, is taken from the values before an estimator sees them,
//! and its own values, which are known, are added to the answer. Shapley, Banzhaf and Owen values are linear and give an
//! additive game its own coefficients, so nothing changes on average; what has to be sampled, and with it the error,
//! shrinks by as much as the surrogate resembles the game. Regressions and methods of marginal contributions
//! (permutations, strata, Owen sampling) are exact on additive games anyway: they gain nothing and lose nothing.

use einthoven_game::{Attribution, Coalitions, Design, Index, Values};

use crate::{Error, Method, Result};

/// An additive surrogate for each output of a game.
#[derive(Clone, Debug)]
pub struct Control {
    /// `[outputs, players]`
    coefficients: Vec<f64>,
    n_players: usize,
}

impl Control {
    /// Takes the values of the single players of one attribution per output; terms of several players are left out. Fails
    /// if there is none, if they are of different numbers of players, or if a value is not finite.
    pub fn new(surrogates: &[Attribution]) -> Result<Self> {
        let Some(first) = surrogates.first() else {
            return Err(Error::Request("use a control variate: there is none".to_owned()));
        };
        let n_players = first.n_players;
        if surrogates.iter().any(|surrogate| surrogate.n_players != n_players) {
            return Err(Error::Request("use control variates: their numbers of players differ".to_owned()));
        }
        Self::of_players(n_players, surrogates.iter().flat_map(Attribution::player_values).collect())
    }

    /// Takes the values of the single players, `[outputs, players]`. Fails if they are not as many for each output, or one is not
    /// finite.
    pub fn of_players(n_players: usize, coefficients: Vec<f64>) -> Result<Self> {
        if n_players == 0 || coefficients.is_empty() || !coefficients.len().is_multiple_of(n_players) {
            let found = coefficients.len();
            return Err(Error::Request(format!("use a control variate of {n_players} players: found {found} numbers")));
        }
        if let Some(at) = coefficients.iter().position(|value| !value.is_finite()) {
            let (output, player) = (at / n_players, at % n_players);
            let value = coefficients[at];
            let reason = format!("use a control variate: output {output}, player {player}: found {value}");
            return Err(Error::Request(reason));
        }
        Ok(Self { coefficients, n_players })
    }

    /// Fails for indices that do not give an additive game its own coefficients.
    pub fn check(index: Index) -> Result<()> {
        if matches!(index, Index::Sv | Index::Bv | Index::Owen) {
            return Ok(());
        }
        Err(Error::Request(format!("use a control variate with {index}: it is for SV, BV and Owen")))
    }

    /// The values without the surrogate, `[coalitions, outputs]`. The empty coalition keeps its value.
    pub fn subtract(&self, rows: &Coalitions, values: &Values) -> Result<Values> {
        let n_outputs = self.coefficients.len() / self.n_players;
        if rows.n_players() != self.n_players || values.n_outputs() != n_outputs || values.len() != rows.len() {
            return Err(Error::Request(format!(
                "subtract a control variate of {} players and {n_outputs} outputs from values of {} players and {} outputs",
                self.n_players,
                rows.n_players(),
                values.n_outputs()
            )));
        }
        let mut rest = values.as_slice().to_vec();
        for (coalition, rest) in rows.iter().zip(rest.chunks_exact_mut(n_outputs)) {
            for (value, coefficients) in rest.iter_mut().zip(self.coefficients.chunks_exact(self.n_players)) {
                *value -= coalition.players().map(|player| coefficients[player]).sum::<f64>();
            }
        }
        Ok(Values::new(n_outputs, rest, values.fingerprint.clone())?)
    }

    /// Adds the surrogate's values to what was estimated without it. Fails as [`Control::check`] does.
    pub fn add_back(&self, attributions: &mut [Attribution]) -> Result<()> {
        for (attribution, coefficients) in attributions.iter_mut().zip(self.coefficients.chunks_exact(self.n_players)) {
            Self::check(attribution.index)?;
            for term in &mut attribution.terms {
                if let &[player] = term.players.as_slice() {
                    term.value += coefficients[player as usize];
                }
            }
            attribution.full += coefficients.iter().sum::<f64>();
        }
        Ok(())
    }
}

impl Method {
    /// Whether a control variate changes what the method finds. Regressions on single players and methods of marginal
    /// contributions give an additive game its own values whatever they draw, and are linear, so that nothing of a
    /// surrogate remains. What trees have a part in changes, since they see other values.
    pub fn changes_with_control(self) -> bool {
        use Method::{Msr, OddShap, ProxyShap, RegressionMsr, Svarm, UnbiasedKernel};
        matches!(self, UnbiasedKernel | Svarm | Msr | RegressionMsr | ProxyShap | OddShap)
    }

    /// As [`estimate`](Self::estimate), with a surrogate, if there is one, taken out of the values before and put back
    /// after. The values are those of the game: what is kept on disk serves with any surrogate, and without.
    pub fn estimate_with(
        self,
        control: Option<&Control>,
        design: &Design,
        values: &Values,
    ) -> Result<Vec<Attribution>> {
        let Some(control) = control else { return self.estimate(design, values) };
        let mut found = self.estimate(design, &control.subtract(&design.rows, values)?)?;
        control.add_back(&mut found)?;
        Ok(found)
    }
}
