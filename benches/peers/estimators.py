"""Error of Shapley value estimators by budget, ours beside shapiq's, on games anyone can make again with games.py.

See README.md. Both programs ask the same process for the values of coalitions. Every run is one line of JSON, written as
it comes, so that a run that was broken off goes on where it stopped.
"""

import argparse
import json
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import player

# Our method of the same name.
SAME = {
    "KernelSHAP": "kernel",
    "LeverageSHAP": "leverage",
    "PermutationSamplingSV": "permutation",
    "SVARM": "svarm",
    "RegressionMSR": "regression-msr",
    "OddSHAP": "oddshap",
}
OURS = [*SAME.values(), "proxyshap", "unbiased-kernel", "polyshap", "auto"]
FACTORS = [2, 5, 10, 20, 50, 100]
# Relative squared errors below this are rounding: all of them are alike.
ROUNDING = 1e-20


def main():
    options = arguments()
    out = Path(options.out)
    done = {key(line): line for line in lines(out)}
    for path in [] if options.table else games(options):
        game = Game(options.values, path)
        for program, method in wanted(options):
            run_method(options, out, done, game, program, method)
    print(table(lines(out)))


def run_method(options, out, done, game, program, method):
    """All budgets and seeds of one method on one game; after a run over the time limit no larger budget is tried."""
    for factor in FACTORS:
        budget = factor * game.n
        if budget > min(2 ** min(game.n, 60), options.most * game.n):
            return
        for seed in range(options.seeds):
            facts = {"game": game.name, "n": game.n, "program": program, "method": method, "budget": budget, "seed": seed}
            if key(facts) not in done:
                facts |= run(options, game, program, method, budget, seed)
                done[key(facts)] = facts
                with out.open("a") as file:
                    file.write(json.dumps(facts) + "\n")
            if done[key(facts)].get("failed", "").startswith("over"):
                return


def run(options, game, program, method, budget, seed):
    try:
        with limit(options.timeout):
            values, seconds = RUN[program](game, method, budget, seed)
        error = float(((values - game.truth) ** 2).sum() / (game.truth**2).sum())
        return {"error": error if np.isfinite(error) else None, "seconds": seconds}
    except Late:
        game.start()
        return {"error": None, "failed": f"over {options.timeout} s"}
    except Exception as failure:  # noqa: BLE001: whatever a program throws is a row that says so
        return {"error": None, "failed": f"{type(failure).__name__}: {failure}"[:200]}


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
    """A file of games.py, its Shapley values, and the process that plays it."""

    def __init__(self, program, path):
        self.program, self.path, self.name, self.player = program, path, path.stem, None
        truth = json.loads(path.with_suffix(".truth").read_text())
        self.truth = np.array(truth["values"])
        self.n = len(self.truth)
        self.start()

    def start(self):
        if self.player:
            self.player.process.kill()
        self.player = player.of_game(self.program, self.path, json.loads(self.path.read_text()))


def ours(game, method, budget, seed):
    estimate = game.player.estimate(method, budget, seed)
    return estimate.values, estimate.seconds


def theirs(game, method, budget, seed):
    import shapiq.approximator

    warnings.simplefilter("ignore")
    spent = [0.0]

    def asked(coalitions):
        start = time.perf_counter()
        values = game.player(coalitions)
        spent[0] += time.perf_counter() - start
        return values

    start = time.perf_counter()
    approximator = getattr(shapiq.approximator, method)(n=game.n, index="SV", random_state=seed)
    found = approximator.approximate(budget=budget, game=asked)
    seconds = time.perf_counter() - start - spent[0]
    return np.array([found[(one,)] for one in range(game.n)]), seconds


RUN = {"einthoven": ours, "shapiq": theirs}


def wanted(options):
    ours_first = [("einthoven", method) for method in options.ours.split(",") if method]
    return ours_first + [("shapiq", method) for method in options.peers.split(",") if method]


def games(options):
    wanted_players = {int(n) for n in options.players.split(",")}
    paths = [path for path in sorted(options.games.glob("*.json")) if path.stem.startswith(tuple(options.only.split(",")))]
    return [path for path in paths if json.loads(path.read_text())["n_players"] in wanted_players]


def key(facts):
    return tuple(facts[name] for name in ("game", "program", "method", "budget", "seed"))


def lines(out):
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def table(facts):
    """A table for each game; below, each cell in which we are worse."""
    by_name = lambda name: (int(name.rsplit("-", 1)[1]), name)  # noqa: E731
    names = sorted({fact["game"] for fact in facts}, key=by_name)
    text, worse = [], []
    for name in names:
        cells = Cells([fact for fact in facts if fact["game"] == name])
        text += [f"\n### {name}\n", *cells.table()]
        worse += [f"* {name}, budget {budget}: {what}" for budget, what in cells.worse()]
    return "\n".join([*text, "\n### Cells in which our best is worse than their best\n", *(worse or ["None."])])


class Cells:
    """The runs on one game, by method and budget."""

    def __init__(self, facts):
        self.budgets = sorted({fact["budget"] for fact in facts})
        self.methods = list(dict.fromkeys((fact["program"], fact["method"]) for fact in facts))
        self.runs = {}
        for fact in facts:
            self.runs.setdefault((fact["program"], fact["method"], fact["budget"]), {})[fact["seed"]] = fact

    def errors(self, program, method, budget):
        """By seed; empty unless all runs have one."""
        runs = self.runs.get((program, method, budget), {})
        whole = runs and all(fact["error"] is not None for fact in runs.values())
        return {seed: max(fact["error"], ROUNDING) for seed, fact in runs.items()} if whole else {}

    def best(self, program, budget):
        """Method of the smallest median, and its errors."""
        found = [(method, self.errors(one, method, budget)) for one, method in self.methods if one == program]
        found = [(method, errors) for method, errors in found if errors]
        return min(found, key=lambda entry: np.median(list(entry[1].values())), default=(None, {}))

    def table(self):
        text = [row(["method", *map(str, self.budgets)]), "|---" * (len(self.budgets) + 1) + "|"]
        for program, method in self.methods:
            name = f"**{method}**" if program == "einthoven" else f"{program} {method}"
            text.append(row([name, *(self.cell(program, method, budget) for budget in self.budgets)]))
        verdicts = [verdict(self.best("einthoven", budget)[1], self.best("shapiq", budget)[1]) for budget in self.budgets]
        text.append(row(["our best / their best", *verdicts]))
        for peer, same in SAME.items():
            pairs = [(self.errors("einthoven", same, at), self.errors("shapiq", peer, at)) for at in self.budgets]
            text.append(row([f"{same} / {peer}", *(verdict(*pair) for pair in pairs)]))
        return text

    def cell(self, program, method, budget):
        runs = self.runs.get((program, method, budget))
        if not runs:
            return ""
        errors = [fact["error"] for fact in runs.values() if fact["error"] is not None]
        if not errors:
            return next(iter(runs.values())).get("failed", "not finite").replace("|", "/")[:60]
        low, middle, high = np.quantile(errors, [0.25, 0.5, 0.75])
        missing = f" ({len(errors)} of {len(runs)})" if len(errors) < len(runs) else ""
        return f"{middle:.1e} ({low:.0e}..{high:.0e}){missing}"

    def worse(self):
        for budget in self.budgets:
            (mine, my_errors), (other, their_errors) = self.best("einthoven", budget), self.best("shapiq", budget)
            if verdict(my_errors, their_errors).startswith("WORSE"):
                medians = [np.median(list(errors.values())) for errors in (my_errors, their_errors)]
                yield budget, f"{mine} {medians[0]:.2e}, shapiq {other} {medians[1]:.2e}, {medians[0] / medians[1]:.2f} x"


def verdict(mine, other):
    """The ratio of medians, and whether ours is larger by a one-sided paired Wilcoxon test over common seeds, p < 0.01."""
    from scipy.stats import wilcoxon

    if not mine or not other:
        return ""
    seeds = sorted(mine.keys() & other.keys())
    difference = np.array([mine[seed] - other[seed] for seed in seeds])
    ratio = f"{np.median(list(mine.values())) / np.median(list(other.values())):.2g}"
    if np.any(difference) and wilcoxon(difference, alternative="greater").pvalue < 0.01:
        return f"WORSE: {ratio}"
    return ratio


def row(cells):
    return "| " + " | ".join(cells) + " |"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("games", type=Path, help="folder that games.py has written")
    parser.add_argument("--out", default="target/estimators.jsonl")
    parser.add_argument("--only", default="ecg,fourier,trees,unanimity", help="games whose names start with one of these")
    parser.add_argument("--players", default="12,36,40,120")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--most", type=int, default=100, help="largest budget, in coalitions per player")
    parser.add_argument("--timeout", type=int, default=120)
    parser.add_argument("--ours", default=",".join(OURS))
    parser.add_argument("--peers", default=",".join(SAME))
    parser.add_argument("--values", default="target/release/values", help="our program `values`")
    parser.add_argument("--table", action="store_true", help="only print the table of what was run")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
