//! `einthoven methods`: what estimators there are.

use einthoven::Result;

use super::print;

const TEXT: &str = "\
--method     kind        budget (evaluations)                good for
exact        exact       2^players                           up to 20 players; the truth the others are measured by
kernel       consistent  from 2 x players, better from 8 x   most work: weighted least squares on pairs of coalitions
permutation  unbiased    from 2 x players                    many players at a small budget; every budget is unbiased
auto         -           any of the above                    exact if the budget allows it, else kernel, else permutation

exact: the definition, every coalition evaluated once (Shapley 1953).
kernel: KernelSHAP (Lundberg and Lee 2017; Covert and Lee 2021): coalition sizes that fit into the budget are enumerated,
  the others drawn in pairs of complements, and the efficiency constraint is eliminated. Exact once all are enumerated.
permutation: walks through random orders of the players, each with its reverse (Castro 2009; Mitchell 2022).
Standard errors come with kernel and permutation wherever the draws allow them; exact values have none. With few pairs of
walks those of permutation are rough, and a warning says so.
";

/// Prints the table of methods.
pub fn run() -> Result<()> {
    print::text(TEXT)
}
