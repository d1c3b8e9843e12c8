"""Error of interaction estimators by budget, ours beside shapiq's, on the games of interaction_games.py.

See README.md. Both programs ask the same process for the values of coalitions. Every run is one line of JSON, written as
it comes, so that a run that was broken off goes on where it stopped.
"""

import argparse
import json
import sys
import warnings
from itertools import combinations
from pathlib import Path

import numpy as np
from estimators import Late, limit, lines, row
from player import Player

ORDER = 2
# By index, our methods with shapiq's class of the same name, if there is one.
METHODS = {
    "k-SII": {
        "svarm-iq": "SVARMIQ",
        "shapiq": "SHAPIQ",
        "kernelshap-iq": "KernelSHAPIQ",
        "kernelshap-iq-inconsistent": "InconsistentKernelSHAPIQ",
        "permutation": "PermutationSamplingSII",
        "regression": None,
        "auto": None,
    },
    "STII": {
        "svarm-iq": "SVARMIQ",
        "shapiq": "SHAPIQ",
        "permutation": "PermutationSamplingSTII",
        "regression": None,
        "auto": None,
    },
    "FSII": {"regression": "RegressionFSII", "auto": None, "svarm-iq": None, "shapiq": None},
    "FBII": {"regression": "RegressionFBII", "auto": None, "svarm-iq": None, "shapiq": None},
}
FACTORS = [2, 5, 10, 20, 50, 100]
TOP = 10


def main():
    options = arguments()
    out = Path(options.out)
    done = {key(line): line for line in lines(out)}
    for path in [] if options.table else games(options):
        game = Game(options.values, path)
        for index in options.indices.split(","):
            for method, peer in METHODS[index].items():
                if "einthoven" in options.programs:
                    run_method(options, out, done, game, "einthoven", index, method)
                if peer and "shapiq" in options.programs:
                    run_method(options, out, done, game, "shapiq", index, peer)
    print(table(lines(out)))


def run_method(options, out, done, game, program, index, method):
    """All budgets and seeds of one method; after a run over the time limit no larger budget is tried."""
    for factor in FACTORS:
        budget = factor * game.n
        for seed in range(options.seeds):
            facts = {"game": game.name, "n": game.n, "index": index, "program": program, "method": method}
            facts |= {"budget": budget, "seed": seed}
            if key(facts) not in done:
                facts |= run(options, game, program, index, method, budget, seed)
                done[key(facts)] = facts
                with out.open("a") as file:
                    file.write(json.dumps(facts) + "\n")
            if done[key(facts)].get("failed", "").startswith("over"):
                return


def run(options, game, program, index, method, budget, seed):
    truth = game.truth[index]
    game.asked.clear()
    try:
        with limit(options.timeout):
            values = RUN[program](game, index, method, budget, seed)
        if not np.isfinite(values).all():
            return {"error": None, "failed": "not finite"}
        return {"error": float(((values - truth) ** 2).mean()), "hits": precision(truth, values)} | game.spent(program)
    except Late:
        game.start()
        return {"error": None, "failed": f"over {options.timeout} s"}
    except Exception as failure:  # noqa: BLE001: whatever a program throws is a row that says so
        return {"error": None, "failed": f"{type(failure).__name__}: {failure}"[:300]}


def precision(truth, found):
    """The share of the largest magnitudes that are among the largest true ones. Ties count by what breaking them at random
    would give, and zeros never: as shapiq_benchmark does."""
    scale = 1e-6 * np.abs(truth).max()
    truth, found = (np.abs(np.round(values / scale) * scale) for values in (truth, found))
    top = min(TOP, int((truth > 0).sum()))
    best = truth >= np.sort(truth)[-top]
    cutoff = np.sort(found)[-top]
    hits = float((best & (found > cutoff)).sum())
    tied = found == cutoff
    if cutoff > 0:
        hits += (top - (found > cutoff).sum()) * (best & tied).sum() / tied.sum()
    return float(hits / top)


class Game:
    """A game file, its true interactions, and the process that plays it."""

    def __init__(self, program, path):
        self.program, self.path, self.name, self.player = program, path, path.stem, None
        self.truth = {index: np.array(values) for index, values in json.loads(path.with_suffix(".truth").read_text()).items()}
        self.n = int(self.name.rsplit("-", 1)[1])
        self.asked = set()
        self.start()

    def start(self):
        if self.player:
            self.player.process.kill()
        self.player = Player(self.program, "--game", str(self.path))

    def ask(self, coalitions):
        rows = np.asarray(coalitions, dtype=bool).reshape(-1, self.n)
        self.asked.update(np.packbits(rows, axis=1).view(f"S{-(-self.n // 8)}").ravel().tolist())
        return self.player(rows).copy()

    def spent(self, program):
        """Distinct coalitions that a peer has asked for."""
        return {"evaluations": len(self.asked)} if program == "shapiq" else {}


def ours(game, index, method, budget, seed):
    return game.player.interactions(method, index, ORDER, budget, seed).values


def theirs(game, index, method, budget, seed):
    import shapiq.approximator

    warnings.simplefilter("ignore")
    choice = {} if method in ("RegressionFSII", "RegressionFBII", "PermutationSamplingSTII") else {"index": index}
    make = getattr(shapiq.approximator, method)
    found = make(n=game.n, max_order=ORDER, random_state=seed, **choice).approximate(budget=budget, game=game.ask)
    sets = [players for size in range(1, ORDER + 1) for players in combinations(range(game.n), size)]
    return np.array([found[players] for players in sets])


RUN = {"einthoven": ours, "shapiq": theirs}


def games(options):
    return [options.games / f"{name}.json" for name in options.only.split(",")]


def key(facts):
    return tuple(facts[name] for name in ("game", "index", "program", "method", "budget", "seed"))


def table(facts):
    """All ratios at the larger budgets, then everything."""
    names = list(dict.fromkeys(fact["game"] for fact in facts))
    cells = {
        (name, index): Cells(index, [fact for fact in facts if (fact["game"], fact["index"]) == (name, index)])
        for name in names
        for index in METHODS
    }
    text = [row(["index", "method", *names]), row(["---"] * (len(names) + 2))]
    for index, methods in METHODS.items():
        for method, peer in methods.items():
            if peer:
                ratios = (cells[name, index].ratios(method, peer) for name in names)
                text.append(row([index, f"{method} / {peer}", *ratios]))
    for (name, index), of_game in cells.items():
        text += [f"\n### {name}, {index}\n", *of_game.table()] if of_game.runs else []
    return "\n".join(text)


class Cells:
    """The runs of one index on one game, by method and budget."""

    def __init__(self, index, facts):
        self.index = index
        self.budgets = sorted({fact["budget"] for fact in facts})
        self.runs = {}
        for fact in facts:
            self.runs.setdefault((fact["program"], fact["method"], fact["budget"]), {})[fact["seed"]] = fact

    def table(self):
        text = [row(["method", *map(str, self.budgets)]), row(["---"] * (len(self.budgets) + 1))]
        for method, peer in METHODS[self.index].items():
            text.append(row([f"**{method}**", *(self.cell("einthoven", method, budget) for budget in self.budgets)]))
            if peer:
                text.append(row([f"shapiq {peer}", *(self.cell("shapiq", peer, budget) for budget in self.budgets)]))
                ratios = [self.ratio(method, peer, budget) for budget in self.budgets]
                text.append(row([f"{method} / {peer}", *ratios]))
        return text

    def cell(self, program, method, budget):
        """Mean squared error and precision at ten, means over the seeds."""
        runs = self.runs.get((program, method, budget), {})
        good = [fact for fact in runs.values() if fact["error"] is not None]
        if not good:
            reason = next((fact["failed"] for fact in runs.values()), "")
            return reason.partition("it ")[2].replace(" at least", "") or reason.replace("|", "/")[:40]
        error, hits = (np.mean([fact[name] for fact in good]) for name in ("error", "hits"))
        missing = f" ({len(good)} of {len(runs)})" if len(good) < len(runs) else ""
        return f"{error:.1e}, {hits:.2f}{missing}"

    def ratios(self, method, peer):
        """At the three largest budgets."""
        return ", ".join(self.ratio(method, peer, budget).partition(" (")[0] or "-" for budget in self.budgets[-3:])

    def ratio(self, method, peer, budget):
        """The ratio of mean squared errors, and the one-sided p of a paired Wilcoxon test that one of them is the larger."""
        mine, other = (
            {seed: fact["error"] for seed, fact in self.runs.get(who, {}).items() if fact["error"] is not None}
            for who in (("einthoven", method, budget), ("shapiq", peer, budget))
        )
        return compare(mine, other)


def compare(mine, other):
    from scipy.stats import wilcoxon

    seeds = sorted(mine.keys() & other.keys())
    if not seeds:
        return ""
    mine, other = (np.array([errors[seed] for seed in seeds]) for errors in (mine, other))
    ratio = mine.mean() / other.mean()
    worse = bool(np.any(mine != other))
    p = wilcoxon(mine, other, alternative="greater" if ratio > 1 else "less").pvalue if worse else 1.0
    mark = "WORSE " if ratio > 1 and p < 0.01 else ""
    return f"{mark}{ratio:.2g} (p {p:.1g})"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("games", type=Path, help="folder that interaction_games.py has written")
    parser.add_argument("--out", default="target/interactions.jsonl")
    parser.add_argument("--only", default="ecg-12,ecg-16,unanimity-30,forest-14,grid-16", help="games")
    parser.add_argument("--indices", default=",".join(METHODS))
    parser.add_argument("--programs", default="einthoven,shapiq")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--timeout", type=int, default=120)
    parser.add_argument("--values", default="target/release/values", help="our program `values`")
    parser.add_argument("--table", action="store_true", help="only print the table of what was run")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
