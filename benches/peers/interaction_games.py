"""Writes the five games of interactions.py into a folder, with their exact interactions.

The two ECG games are the built-in model on the example record, its top output, over all coalitions of 12 leads and of 16
windows; a random forest on 14 features is a game of one row beside its means; the grid is a picture of 4 x 4 patches
whose neighbours act together. These four are tables, and their interactions are those of our method `exact`. Sums of 60
unanimity games of 30 players have theirs in closed form, from shapiq's MoebiusConverter.
"""

import argparse
import json
from itertools import combinations
from pathlib import Path

import games
import numpy as np
from player import Player

ORDER = 2
INDICES = ("k-SII", "STII", "FSII", "FBII")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--values", default="target/release/values", help="our program `values`")
    parser.add_argument("--others", action="store_true", help="four other games instead, of 12 and 13 players")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.others:
        save_others(options)
        return
    save_table(options, "ecg-12", Player(options.values, "--players", "leads"), 12)
    save_table(options, "ecg-16", Player(options.values, "--players", "windows:16"), 16)
    save_table(options, "forest-14", forest(14), 14)
    save_table(options, "grid-16", grid(4), 16)
    save_unanimity(options, 30, 60)


def save_others(options):
    """Three games of games.py as tables, and the model over 13 windows."""
    for name, kind, terms in (
        ("fourier-12", "fourier", games.fourier(12)),
        ("trees-12", "moebius", games.trees(12)),
        ("unanimity-12", "moebius", games.unanimity(12)),
    ):
        games.write(options.folder, f"terms-{name}", 12, kind, terms)
        player = Player(options.values, "--game", str(options.folder / f"terms-{name}.json"))
        save_table(options, name, player, 12)
    save_table(options, "ecg-13", Player(options.values, "--players", "windows:13"), 13)


def save_table(options, name, game, n):
    values = game(np.arange(2**n)[:, None] >> np.arange(n) & 1 > 0)
    path = options.folder / f"{name}.json"
    path.write_text(json.dumps({"n_players": n, "values": values.tolist()}))
    player = Player(options.values, "--game", str(path))
    save_truth(options, name, {index: player.interactions("exact", index, ORDER, 2**n, 0).values for index in INDICES})


def save_truth(options, name, truth):
    text = json.dumps({index: values.tolist() for index, values in truth.items()})
    (options.folder / f"{name}.truth").write_text(text)


def forest(n):
    """The prediction for a row, features outside of a coalition at their means."""
    from sklearn.ensemble import RandomForestRegressor

    rng = np.random.default_rng([n, 5])
    data = rng.normal(size=(1000, n))
    target = 10 * np.sin(data[:, 0] * data[:, 1]) + 5 * data[:, 2] * (data[:, 3] > 0) + data[:, 4:10] @ rng.normal(size=6)
    model = RandomForestRegressor(n_estimators=50, max_depth=8, random_state=0).fit(data, target)
    return lambda rows: model.predict(np.where(rows, data[0], data.mean(0)))


def grid(side):
    """What a picture of side x side patches shows: each patch for itself, neighbours together, and a ceiling over all."""
    rng = np.random.default_rng([side, 6])
    n = side * side
    alone = rng.normal(0, 0.2, n)
    beside = [(a, a + 1) for a in range(n) if (a + 1) % side] + [(a, a + side) for a in range(n - side)]
    together = rng.normal(0, 0.5, len(beside))

    def game(rows):
        score = rows @ alone
        for (a, b), weight in zip(beside, together):
            score = score + weight * (rows[:, a] & rows[:, b])
        return np.tanh(score)

    return game


def save_unanimity(options, n, n_terms):
    from shapiq import InteractionValues
    from shapiq.game_theory.moebius_converter import MoebiusConverter

    rng = np.random.default_rng([n, 7])
    terms = {}
    while len(terms) < n_terms:
        terms[tuple(sorted(rng.choice(n, rng.integers(1, 5), replace=False).tolist()))] = rng.uniform(-1, 1)
    text = json.dumps({"n_players": n, "moebius": [[list(players), value] for players, value in terms.items()]})
    (options.folder / f"unanimity-{n}.json").write_text(text)
    lookup = {(): 0, **{players: at + 1 for at, players in enumerate(terms)}}
    moebius = InteractionValues(
        values=np.array([0.0, *terms.values()]),
        index="Moebius",
        min_order=0,
        max_order=4,
        n_players=n,
        interaction_lookup=lookup,
        baseline_value=0.0,
    )
    converter = MoebiusConverter(moebius)
    sets = [players for size in range(1, ORDER + 1) for players in combinations(range(n), size)]
    truth = {}
    for index in INDICES:
        found = converter(index, order=ORDER)
        truth[index] = np.array([found[players] for players in sets])
    save_truth(options, f"unanimity-{n}", truth)


if __name__ == "__main__":
    main()
