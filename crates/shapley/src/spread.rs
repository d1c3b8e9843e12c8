//! How far the answer of a sampled regression spreads.
//!
//! The solution of least squares moves, to first order, by the sum of the rows' pulls: influence times weight times
//! residual. Enumerated rows pull the same way in every design; only drawn rows make it spread. Draws fall on classes
//! (sizes) at random and then on the pairs of a class at random, duplicates allowed, but the estimator gives all
//! distinct pairs of a class the same weight, namely the class's draws shared out. So there are two sources of
//! variance, and a class whose pairs have nearly all been seen adds little of the second:
//!
//! * how many draws `N_s` fall on each class, multinomial over `N` draws,
//! * which `d_s` of its `P_s` pairs are seen, sampling without replacement once their number is given.
//!
//! With `y` the pull of one draw, its mean `m_s` and variance `S_s` over the distinct pairs of a class,
//! `Var = sum over s of [(N_s^2 - N_s) (1 - d_s / P_s) S_s / d_s + N_s m_s^2] - (sum over s of N_s m_s)^2 / N`,
//! which without duplicates is the usual variance of a sum of independent draws. Residuals are smaller than the errors
//! that they stand for, because the fit has seen them; dividing by one minus the leverage corrects for that, rather too
//! much than too little (the HC3 rule of MacKinnon & White, 1985).

/// Sums over the pulls of one class, `[outputs, players]`.
pub(crate) struct Spread {
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// Distinct pairs in the sums.
    distinct: usize,
    /// Sum over classes of the first bracket.
    within: Vec<f64>,
    /// Sum over classes of `N_s m_s`.
    total: Vec<f64>,
    draws: f64,
}

impl Spread {
    /// Nothing drawn yet; `length` is outputs times players.
    pub(crate) fn new(length: usize) -> Self {
        let zeros = || vec![0.0; length];
        Self { sums: zeros(), squares: zeros(), distinct: 0, within: zeros(), total: zeros(), draws: 0.0 }
    }

    /// Adds one distinct pair to the current class: its influence on each player, and its pull on each output.
    pub(crate) fn add(&mut self, influence: &[f64], pulls: impl Iterator<Item = f64>) {
        self.distinct += 1;
        let n_players = influence.len();
        for (output, pull) in pulls.enumerate() {
            let range = output * n_players..(output + 1) * n_players;
            let (sums, squares) = (&mut self.sums[range.clone()], &mut self.squares[range]);
            for ((sum, square), influence) in sums.iter_mut().zip(squares).zip(influence) {
                let y = pull * influence;
                *sum += y;
                *square += y * y;
            }
        }
    }

    /// Closes the current class, on which `draws` draws fell and which has `pairs` pairs.
    pub(crate) fn close(&mut self, draws: usize, pairs: f64) {
        let (n, d) = (draws as f64, self.distinct as f64);
        let unseen = (1.0 - d / pairs).max(0.0);
        for at in 0..self.sums.len() {
            let mean = self.sums[at] / d;
            let variance = if d > 1.0 { (self.squares[at] - d * mean * mean).max(0.0) / (d - 1.0) } else { 0.0 };
            self.within[at] += (n * n - n) * unseen * variance / d + n * mean * mean;
            self.total[at] += n * mean;
        }
        self.draws += n;
        self.distinct = 0;
        self.sums.fill(0.0);
        self.squares.fill(0.0);
    }

    /// The variance of each player's value, `[outputs, players]`, when a draw has this weight.
    pub(crate) fn variances(&self, weight: f64) -> Vec<f64> {
        let scale = weight * weight * self.draws / (self.draws - 1.0).max(1.0);
        let variance = |(within, total): (&f64, &f64)| (scale * (within - total * total / self.draws)).max(0.0);
        self.within.iter().zip(&self.total).map(variance).collect()
    }
}
