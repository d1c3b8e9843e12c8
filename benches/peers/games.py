"""Writes the games of estimators.py into a folder, with their Shapley values.

Sums of unanimity games, forests of random trees, sparse spectra: files that `einthoven game` reads, the Shapley values
in closed form. The ECG games name the players of the built-in model on the example record; with up to 20 players their
Shapley values are exact, with more they are the mean of long runs, with its own error.
"""

import argparse
import json
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
from player import Player

TREE_DEPTH = 4
ECG = {12: "leads", 36: "leads*windows:3", 120: "leads*windows:10"}
EXACT_PLAYERS = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--values", default="target/release/values", help="our program `values`")
    parser.add_argument("--reference-budget", type=int, default=200_000, help="evaluations of one of the long runs")
    parser.add_argument("--reference-runs", type=int, default=8)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for n in (12, 40, 120, 500):
        write(options.folder, f"unanimity-{n}", n, "moebius", unanimity(n))
        write(options.folder, f"trees-{n}", n, "moebius", trees(n))
        write(options.folder, f"fourier-{n}", n, "fourier", fourier(n))
    write(options.folder, "pairs-2000", 2000, "moebius", pairs(2000))
    for n, players in ECG.items():
        write_ecg(options, n, players)


def write(folder, name, n, kind, terms):
    values = np.zeros(n)
    for players, coefficient in terms:
        if kind == "moebius" or len(players) % 2 == 1:
            values[players] += (1 if kind == "moebius" else -2) * coefficient / len(players)
    terms = [[[int(player) for player in players], coefficient] for players, coefficient in terms]
    (folder / f"{name}.json").write_text(json.dumps({"n_players": n, kind: terms}))
    save_truth(folder, name, values, 0.0)


def save_truth(folder, name, values, error):
    """`error` is the relative squared error that the values themselves have."""
    facts = {"values": values.tolist(), "error": error}
    (folder / f"{name}.truth").write_text(json.dumps(facts))


def unanimity(n):
    """3 n games of one to eight players, worth between -1 and 1."""
    rng = np.random.default_rng([n, 1])
    sizes = rng.integers(1, min(n, 8) + 1, 3 * n)
    return [(rng.choice(n, size, replace=False), rng.uniform(-1, 1)) for size in sizes]


def trees(n):
    """A forest of complete trees of depth four; leaves are standard normal, and each tree's players differ along a path."""
    rng = np.random.default_rng([n, 2])
    sums = {}
    for _ in range(max(10, n // 4)):
        grow(rng, n, (), (), sums)
    return [(list(players), coefficient) for players, coefficient in sorted(sums.items()) if players]


def grow(rng, n, present, absent, sums):
    """Adds the leaves below a node as sums of unanimity games: a player that is absent is one minus one present."""
    if len(present) + len(absent) == TREE_DEPTH:
        leaf = rng.normal()
        for size in range(len(absent) + 1):
            for some in combinations(absent, size):
                players = tuple(sorted(present + some))
                sums[players] = sums.get(players, 0.0) + leaf * (-1) ** size
        return
    free = [player for player in range(n) if player not in present + absent]
    player = int(rng.choice(free))
    grow(rng, n, present, (*absent, player), sums)
    grow(rng, n, (*present, player), absent, sums)


def fourier(n):
    """n / 2 single players and 2 n sets of two to five, standard normal."""
    rng = np.random.default_rng([n, 3])
    single = rng.choice(n, n // 2, replace=False)
    sets = [[player] for player in single] + [rng.choice(n, size, replace=False) for size in rng.integers(2, 6, 2 * n)]
    return [(players, rng.normal()) for players in sets]


def pairs(n):
    """Every player for itself, and n / 10 pairs, standard normal."""
    rng = np.random.default_rng([n, 4])
    sets = [[player] for player in range(n)] + [rng.choice(n, 2, replace=False) for _ in range(n // 10)]
    return [(players, rng.normal()) for players in sets]


def write_ecg(options, n, players):
    name = f"ecg-{n}"
    if (options.folder / f"{name}.truth").exists():
        return
    (options.folder / f"{name}.json").write_text(json.dumps({"n_players": n, "players": players}))
    player = Player(options.values, "--players", players)
    if n <= EXACT_PLAYERS:
        save_truth(options.folder, name, exact(player), 0.0)
        return
    runs = range(1000, 1000 + options.reference_runs)
    found = {
        method: np.array([player.estimate(method, options.reference_budget, seed).values for seed in runs])
        for method in ("kernel", "permutation")
    }
    means = {method: values.mean(0) for method, values in found.items()}
    errors = {
        method: float((values.var(0, ddof=1) / len(runs)).sum() / (means[method] ** 2).sum())
        for method, values in found.items()
    }
    best = min(errors, key=errors.get)
    apart = float(((means["kernel"] - means["permutation"]) ** 2).sum() / (means[best] ** 2).sum())
    print(f"{name}: {best}; relative squared errors of the means {errors}, of one to the other {apart:.1e}")
    save_truth(options.folder, name, means[best], errors[best])


def exact(player):
    n = player.n
    masks = np.arange(2**n)
    inside = (masks[:, None] >> np.arange(n) & 1).astype(bool)
    table, sizes = player(inside), inside.sum(1)
    weights = np.array([1 / (n * comb(n - 1, size)) for size in range(n)])
    values = []
    for one in range(n):
        without = masks[~inside[:, one]]
        values.append((weights[sizes[without]] * (table[without | 1 << one] - table[without])).sum())
    return np.array(values)


if __name__ == "__main__":
    main()
