"""Error of Shapley value estimators by budget, ours beside shapiq's, on games anyone can make again.

See README.md. Games are files that `einthoven game` reads; the truth comes from their closed form. Every run is one line of
JSON, written as it comes, so that a run that was broken off goes on where it stopped.
"""

import argparse
import json
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np

PEERS = ["KernelSHAP", "LeverageSHAP", "PermutationSamplingSV", "SVARM", "RegressionMSR", "OddSHAP"]
OURS = ["kernel", "leverage", "permutation", "svarm", "regression-msr", "oddshap", "unbiased-kernel", "polyshap", "auto"]
FACTORS = [2, 5, 10, 20, 50, 100]


def main():
    options = arguments()
    out = Path(options.out)
    done = {key(line) for line in lines(out)}
    for path in games(Path(options.games), options.players):
        game = Game(path)
        for program, method in wanted(options):
            run_cell(options, out, done, game, program, method)
    print(table(lines(out)))


def run_cell(options, out, done, game, program, method):
    """All budgets and seeds of one method on one game; after a run over the time limit no larger budget is tried."""
    for factor in FACTORS:
        budget = factor * game.n
        if budget > min(2**min(game.n, 60), options.most * game.n):
            return
        for seed in range(options.seeds):
            facts = {"game": game.name, "n": game.n, "program": program, "method": method, "budget": budget, "seed": seed}
            if key(facts) in done:
                continue
            try:
                with limit(options.timeout):
                    values, seconds = RUN[program](options, game, method, budget, seed)
                error = float(((values - game.truth) ** 2).sum() / (game.truth**2).sum())
                facts |= {"error": error if np.isfinite(error) else None, "seconds": seconds}
            except Late:
                facts |= {"error": None, "failed": f"over {options.timeout} s"}
            except Exception as failure:  # noqa: BLE001: whatever a peer throws is a row that says so
                facts |= {"error": None, "failed": f"{type(failure).__name__}: {failure}"[:200]}
            with out.open("a") as file:
                file.write(json.dumps(facts) + "\n")
            if str(facts.get("failed", "")).startswith("over"):
                return


class Late(Exception):
    pass


class limit:
    """Raises Late after so many seconds."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        def late(*_):
            raise Late

        signal.signal(signal.SIGALRM, late)
        signal.alarm(self.seconds)

    def __exit__(self, *_):
        signal.alarm(0)


class Game:
    """A game file: a table, sparse Moebius terms or a sparse spectrum, one output."""

    def __init__(self, path):
        self.path, self.name = path, path.stem
        raw = json.loads(path.read_text())
        self.n = raw["n_players"]
        self.terms = raw.get("moebius") or raw.get("fourier")
        self.fourier = "fourier" in raw
        self.table = np.array(raw["values"], dtype=float).reshape(2**self.n) if "values" in raw else None
        self.truth = self.exact() if self.terms is None else self.closed_form()
        if self.terms is not None:
            self.members = np.zeros((len(self.terms), self.n), dtype=np.float32)
            for row, (players, _) in zip(self.members, self.terms):
                row[players] = 1
            self.sizes = self.members.sum(1)
            self.coefficients = np.array([coefficient for _, coefficient in self.terms])

    def __call__(self, coalitions):
        rows = np.asarray(coalitions, dtype=np.float32).reshape(-1, self.n)
        if self.table is not None:
            return self.table[(rows.astype(np.int64) << np.arange(self.n)).sum(1)]
        inside = rows @ self.members.T
        signs = 1 - 2 * (inside % 2) if self.fourier else inside == self.sizes
        return signs @ self.coefficients

    def closed_form(self):
        values = np.zeros(self.n)
        for players, coefficient in self.terms:
            if self.fourier and len(players) % 2 == 0:
                continue
            for player in players:
                values[player] += (-2 if self.fourier else 1) * coefficient / len(players)
        return values

    def exact(self):
        masks = np.arange(2**self.n)
        sizes = np.array([int(mask).bit_count() for mask in masks])
        weights = np.array([1 / (self.n * _binomial(self.n - 1, size)) for size in range(self.n)])
        without = [masks[masks >> player & 1 == 0] for player in range(self.n)]
        gain = lambda player, sets: self.table[sets | 1 << player] - self.table[sets]  # noqa: E731
        return np.array([(weights[sizes[sets]] * gain(player, sets)).sum() for player, sets in enumerate(without)])


def _binomial(n, k):
    from math import comb

    return comb(n, k)


def ours(options, game, method, budget, seed):
    command = [options.einthoven, "game", str(game.path), "--method", method, "--json"]
    start = time.perf_counter()
    answer = subprocess.run([*command, "--budget", str(budget), "--seed", str(seed)], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if answer.returncode != 0:
        raise RuntimeError(answer.stderr.strip())
    values = np.zeros(game.n)
    for term in json.loads(answer.stdout)[0]["terms"]:
        if len(term["players"]) == 1:
            values[term["players"][0]] = term["value"]
    return values, seconds


def theirs(options, game, method, budget, seed):
    import shapiq.approximator

    warnings.simplefilter("ignore")
    kind = getattr(shapiq.approximator, method)
    spent = [0.0]

    def asked(coalitions):
        start = time.perf_counter()
        values = game(coalitions)
        spent[0] += time.perf_counter() - start
        return values

    start = time.perf_counter()
    found = kind(n=game.n, random_state=seed).approximate(budget=budget, game=asked)
    seconds = time.perf_counter() - start - spent[0]
    return np.array([found[(player,)] for player in range(game.n)]), seconds


RUN = {"einthoven": ours, "shapiq": theirs}


def wanted(options):
    ours_first = [("einthoven", method) for method in options.ours.split(",") if method]
    return ours_first + [("shapiq", method) for method in options.peers.split(",") if method]


def games(folder, players):
    wanted_players = {int(n) for n in players.split(",")}
    paths = sorted(folder.glob("*.json"))
    return [path for path in paths if json.loads(path.read_text())["n_players"] in wanted_players]


def key(facts):
    return tuple(facts[name] for name in ("game", "program", "method", "budget", "seed"))


def lines(out):
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def table(facts):
    """Median and quartiles by cell, and a paired Wilcoxon test of our best against the best peer."""
    from scipy.stats import wilcoxon

    text = []
    for game in sorted({fact["game"] for fact in facts}, key=lambda name: (name.rstrip("0123456789"), len(name), name)):
        rows = [fact for fact in facts if fact["game"] == game]
        budgets = sorted({fact["budget"] for fact in rows})
        text += [f"\n### {game}\n", "| method | " + " | ".join(map(str, budgets)) + " |", "|---" * (len(budgets) + 1) + "|"]
        best = {}
        for program, method in dict.fromkeys((fact["program"], fact["method"]) for fact in rows):
            cells = []
            for budget in budgets:
                runs = {
                    fact["seed"]: fact
                    for fact in rows
                    if (fact["program"], fact["method"], fact["budget"]) == (program, method, budget)
                }
                errors = {seed: fact["error"] for seed, fact in runs.items() if fact["error"] is not None}
                cells.append(cell(runs, errors))
                if errors and len(errors) == len(runs):
                    median = float(np.median(list(errors.values())))
                    if median < best.get((program, budget), (np.inf,))[0]:
                        best[program, budget] = (median, method, errors)
            name = f"**{method}**" if program == "einthoven" else f"{program} {method}"
            text.append(f"| {name} | " + " | ".join(cells) + " |")
        verdicts = []
        for budget in budgets:
            mine, other = best.get(("einthoven", budget)), best.get(("shapiq", budget))
            if not mine or not other:
                verdicts.append("")
                continue
            seeds = sorted(mine[2].keys() & other[2].keys())
            difference = np.array([mine[2][seed] - other[2][seed] for seed in seeds])
            worse = bool(np.any(difference)) and wilcoxon(difference, alternative="greater").pvalue < 0.01
            verdicts.append(f"{'WORSE' if worse else 'not worse'}: {mine[0] / other[0]:.2f}")
        text.append("| our best / their best | " + " | ".join(verdicts) + " |")
    return "\n".join(text)


def cell(runs, errors):
    if not runs:
        return ""
    if not errors:
        return str(next(iter(runs.values())).get("failed", "not finite"))[:40]
    low, middle, high = np.quantile(list(errors.values()), [0.25, 0.5, 0.75])
    missing = f" ({len(errors)} of {len(runs)})" if len(errors) < len(runs) else ""
    return f"{middle:.1e} ({low:.0e}..{high:.0e}){missing}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("games", help="folder of game files")
    parser.add_argument("--out", default="target/estimators.jsonl")
    parser.add_argument("--players", default="12,40,120")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--most", type=int, default=100, help="largest budget, in coalitions per player")
    parser.add_argument("--timeout", type=int, default=120)
    parser.add_argument("--ours", default=",".join(OURS))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--einthoven", default="target/release/einthoven")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
