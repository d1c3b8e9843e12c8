"""Sparse games with known spectra for spectra.py, made from seeds, as game files of ours.

`flat` is a sum of parities of one to five players, each worth 0.5 to 1.5 of either sign; `and` one of AND terms of one to four
players with standard normal coefficients, whose spectrum is hierarchical: it has all subsets of a term.
"""

import hashlib
import json
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

N = 100
FAMILIES = {"flat": 5, "and": 4}
TERMS = [10, 30]
# Standard deviation of the noise over that of the function.
NOISES = [0.0, 0.1]
FRESH = 10_000
# Relative to the largest; what is below is not claimed.
ZERO = 1e-9


@dataclass
class SparseGame:
    """Calling it gives the values of coalitions `[rows, n]`, with noise; the noise belongs to the coalition and the seed."""

    family: str
    n: int
    k: int
    noise: float
    seed: int
    terms: list = field(init=False)
    truth: dict = field(init=False)

    def __post_init__(self):
        rng = np.random.default_rng([self.n, self.k, list(FAMILIES).index(self.family), self.seed])
        sets = {}
        while len(sets) < self.k:
            players = tuple(sorted(rng.choice(self.n, rng.integers(1, FAMILIES[self.family] + 1), replace=False).tolist()))
            flat = self.family == "flat"
            sets[players] = float(rng.choice([-1, 1]) * rng.uniform(0.5, 1.5) if flat else rng.normal())
        self.terms = list(sets.items())
        self.truth = dict(sets) if flat else spectrum_of_ands(self.terms)
        self.sd = float(np.sqrt(sum(value**2 for players, value in self.truth.items() if players)))

    @property
    def name(self):
        return f"{self.family}-{self.n}-{self.k}-noise{round(100 * self.noise)}-{self.seed}"

    def save(self, folder):
        """The file for our program, whose noise is drawn from its `--seed`."""
        kind = "fourier" if self.family == "flat" else "moebius"
        game = {"n_players": self.n, kind: self.terms}
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(game | ({"noise_sd": self.noise * self.sd} if self.noise else {})))
        return path

    def __call__(self, coalitions):
        rows = np.asarray(coalitions, dtype=bool).reshape(-1, self.n)
        values = evaluate(self.truth, rows)
        return values + self.noise * self.sd * self.normals(rows) if self.noise else values

    def normals(self, rows):
        from scipy.special import ndtri

        key = self.seed.to_bytes(8, "little")
        digests = (hashlib.blake2b(row.tobytes(), digest_size=8, key=key).digest() for row in np.packbits(rows, axis=1))
        return ndtri((np.frombuffer(b"".join(digests), dtype="<u8") / 2.0**64).clip(1e-16, 1 - 1e-16))

    def scores(self, found):
        """F1 of the support, and R^2 on fresh uniform coalitions without noise. `f1` looks at the largest magnitudes, as many as
        there are true ones; `f1_claimed` at all that is not zero."""
        true = {players for players in self.truth if players}
        sizes = {players: abs(value) for players, value in found.items() if players}
        largest = max(sizes.values(), default=0.0)
        claimed = sorted((players for players in sizes if sizes[players] > ZERO * largest), key=lambda one: -sizes[one])
        f1 = lambda some: 2 * len(true & set(some)) / (len(true) + len(some))  # noqa: E731
        rows = np.random.default_rng([self.seed, 1]).random((FRESH, self.n)) < 0.5
        values = evaluate(self.truth, rows)
        error = ((values - evaluate(found, rows)) ** 2).sum() / ((values - values.mean()) ** 2).sum()
        return {
            "f1": f1(claimed[: len(true)]),
            "f1_claimed": f1(claimed),
            "r2": float(1 - error),
            "true": len(true),
            "claimed": len(claimed),
        }


def spectrum_of_ands(terms):
    """An AND is the product of (1 - chi_i) / 2 over its players."""
    spectrum = {}
    for players, coefficient in terms:
        for size in range(len(players) + 1):
            for some in combinations(players, size):
                spectrum[some] = spectrum.get(some, 0.0) + coefficient * (-1) ** size / 2 ** len(players)
    return {players: value for players, value in spectrum.items() if abs(value) > 1e-12}


def evaluate(spectrum, rows):
    values = np.zeros(len(rows))
    for players, coefficient in spectrum.items():
        values += coefficient * (1 - 2 * (rows[:, list(players)].sum(1) % 2))
    return values
