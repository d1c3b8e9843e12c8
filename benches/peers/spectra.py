"""Recovery of sparse spectra, ours beside shapiq's and spectralexplain's SPEX and ProxySPEX, on the games of sparse_games.py.

See README.md. Every run is one line of JSON, written as it comes, so that a run that was broken off goes on where it stopped.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

# galois decodes one word at a time, which on several threads is forty times slower. Numba reads this when it is loaded.
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from estimators import Late, limit, lines, row  # noqa: E402
from sparse_games import FAMILIES, N, NOISES, TERMS, SparseGame  # noqa: E402

ORDER = 5
BUDGETS = [2000, 4000]
OURS = ["spex", "proxyspex", "spectral"]
PEERS = ["shapiq SPEX", "shapiq ProxySPEX", "spectralexplain SPEX", "spectralexplain ProxySPEX"]
# The cells of one seed in rows of the table.
CELLS = [(family, k, noise, budget) for family in FAMILIES for k in TERMS for noise in NOISES for budget in BUDGETS]


def main():
    options = arguments()
    out = Path(options.out)
    done = {key(line) for line in lines(out)}
    options.games.mkdir(parents=True, exist_ok=True)
    methods = options.methods.split(",")
    if not options.table and not PEER.keys().isdisjoint(methods):
        # What is compiled on first use does not count.
        shapiq_spex(N, BUDGETS[0], SparseGame("flat", N, TERMS[0], 0.0, 0), 0)
    for seed in [] if options.table else range(options.seeds):
        for method in methods:
            for family, k, noise, budget in CELLS:
                game = SparseGame(family, N, k, noise, seed)
                facts = {"game": game.name, "method": method, "budget": budget, "seed": seed}
                if key(facts) in done:
                    continue
                facts |= {"family": family, "k": k, "noise": noise} | run(options, game, method, budget)
                with out.open("a") as file:
                    file.write(json.dumps(facts) + "\n")
    print(table(lines(out)))


def run(options, game, method, budget):
    try:
        with limit(options.timeout):
            find = ours if method in OURS else theirs
            found, facts = find(options, game, method, budget)
        return game.scores(found) | facts
    except Late:
        return {"failed": f"over {options.timeout} s"}
    except Exception as failure:  # noqa: BLE001: whatever a program throws is a row that says so
        return {"failed": f"{type(failure).__name__}: {failure}"[:300]}


def ours(options, game, method, budget):
    """Seconds are those of the whole process, the values of the coalitions included; so are those of the processor."""
    command = [options.program, "game", game.save(options.games), "--method", method, "--index", "fourier"]
    command += ["--order", str(ORDER), "--budget", str(budget), "--seed", str(game.seed), "--json"]
    start, worked = time.perf_counter(), children()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds, cpu = time.perf_counter() - start, children() - worked
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    attribution = json.loads(done.stdout)[0]
    found = {tuple(sorted(term["players"])): term["value"] for term in attribution["terms"]}
    return found, {"seconds": seconds, "cpu": cpu, "evaluations": attribution["evaluations"]}


def children():
    """Seconds of the processor that the processes that have ended took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Spectrum(Exception):
    """Leaves a peer with the spectrum that it is about to convert."""


def theirs(_options, game, method, budget):
    warnings.simplefilter("ignore")
    # SPEX draws from numpy's global generator, whatever its random_state.
    np.random.seed(game.seed)
    clocks = lambda: np.array([time.perf_counter(), time.process_time()])  # noqa: E731
    spent, calls = np.zeros(2), []

    def ask(coalitions):
        nonlocal spent
        start = clocks()
        values = game(coalitions)
        spent = spent + clocks() - start
        calls.append(len(values))
        return values

    start = clocks()
    found = PEER[method](game.n, budget, ask, game.seed)
    seconds, cpu = (clocks() - start - spent).tolist()
    found = {tuple(sorted(map(int, players))): float(value) for players, value in found.items()}
    return found, {"seconds": seconds, "cpu": cpu, "evaluations": sum(calls)}


def shapiq_spex(n, budget, ask, seed):
    """The defaults: soft decoding, degree 5."""
    from shapiq.approximator.sparse import base

    def leave(spectrum):
        raise Spectrum(spectrum)

    base.fourier_to_moebius = leave
    estimator = base.Sparse(n=n, max_order=ORDER, random_state=seed, decoder_type="soft", degree_parameter=ORDER)
    try:
        estimator.approximate(budget, ask)
    except Spectrum as spectrum:
        return spectrum.args[0]
    raise RuntimeError("shapiq's SPEX no longer converts its spectrum")


def shapiq_proxyspex(n, budget, ask, seed):
    """The defaults: LightGBM, depth 3 or 5, 500 or 1000 trees, rate 0.01 or 0.1, five folds."""
    from shapiq.approximator import ProxySPEX

    def leave(spectrum):
        raise Spectrum(spectrum)

    estimator = ProxySPEX(n=n, max_order=ORDER, random_state=seed)
    estimator.proxy_model.estimator.set_params(verbose=-1, n_jobs=1)
    estimator.fourier_to_moebius = leave
    try:
        estimator.approximate(budget, ask)
    except Spectrum as spectrum:
        return spectrum.args[0]
    raise RuntimeError("shapiq's ProxySPEX no longer converts its spectrum")


def spectralexplain_spex(n, budget, ask, _seed):
    """Its soft decoding, which tries more flips than shapiq's, with the largest b that the budget allows. Its Explainer would sample
    the largest of all b before it knows which it can afford, and its default takes five as the largest order."""
    from sparse_transform.qsft.codes.BCH import BCH
    from spectralexplain import sampling_strategy, support_recovery

    length, message = BCH.parameter_search(n, ORDER)
    b = int(np.log2(budget / (3 * (length - message + 1))))
    signal, _ = sampling_strategy(ask, b, b, n, sample_save_dir=None, t=ORDER)
    return by_players(support_recovery("soft", signal, b, ORDER))


def spectralexplain_proxyspex(n, budget, ask, _seed):
    """Its grid: depth 3 or 5, 500, 1000 or 5000 trees, rate 0.01 or 0.1, five folds."""
    from spectralexplain import Explainer

    values = lambda rows: np.asarray(ask(rows))  # noqa: E731
    return by_players(Explainer(values, n, budget, ORDER, "proxyspex").fourier_transform)


def by_players(spectrum):
    return {tuple(np.flatnonzero(bits).tolist()): value for bits, value in spectrum.items()}


PEER = dict(zip(PEERS, (shapiq_spex, shapiq_proxyspex, spectralexplain_spex, spectralexplain_proxyspex)))


def key(facts):
    return tuple(facts[name] for name in ("game", "method", "budget", "seed"))


def table(facts):
    """Means by cell, then the tests."""
    runs = {key(fact): fact for fact in facts}
    methods = [method for method in [*OURS, *PEERS] if any(fact["method"] == method for fact in facts)]
    of_cell = lambda method, cell: [  # noqa: E731
        fact for fact in runs.values() if fact["method"] == method and (fact["family"], fact["k"], fact["noise"], fact["budget"]) == cell
    ]
    text = [row(["family", "terms", "noise", "budget", *methods]), row(["---"] * (len(methods) + 4))]
    for cell in CELLS:
        family, k, noise, budget = cell
        name = [family, str(k), f"{noise:.0%}", str(budget)]
        text.append(row([*name, *(entry(of_cell(method, cell)) for method in methods)]))
    text += ["", "F1 of the largest magnitudes, R^2, seconds of the processor: means over the seeds.", ""]
    text += [row(["runs", "ours", "peer", "pairs", "F1", "p", "R^2", "p"]), row(["---"] * 8)]
    for mine in OURS:
        for peer in PEERS:
            if mine == "spectral" or mine == peer.partition(" ")[2].lower():
                text += tests(runs, mine, peer)
    return "\n".join([*text, "", *worse_cells(runs)])


def entry(facts):
    good = [fact for fact in facts if "failed" not in fact]
    if not good:
        return facts[0]["failed"].replace("|", "/").replace("\n", " ")[:60] if facts else ""
    f1, r2, seconds = (np.mean([fact[name] for fact in good]) for name in ("f1", "r2", "cpu"))
    missing = f" ({len(good)} of {len(facts)})" if len(good) < len(facts) else ""
    return f"{f1:.2f}, {r2:.3f}, {seconds:.3g} s{missing}"


def tests(runs, mine, peer):
    """Over all cells, and over those of a family and noise: a cell alone has fewer seeds than a test needs."""
    groups = {"all": lambda _: True}
    for family in FAMILIES:
        for noise in NOISES:
            groups[f"{family}, noise {noise:.0%}"] = lambda fact, f=family, e=noise: (fact["family"], fact["noise"]) == (f, e)
    for name, wanted in groups.items():
        pairs = [pair for pair in paired(runs, mine, peer) if wanted(pair[0])]
        if pairs:
            yield row([name, mine, peer, str(len(pairs)), *compare(pairs, "f1"), *compare(pairs, "r2")])


def paired(runs, mine, peer):
    """On the same game with the same budget. A peer that failed is not counted against it; ours that failed has found nothing."""
    for (game, method, budget, seed), fact in runs.items():
        other = runs.get((game, peer, budget, seed))
        if method == mine and other and "failed" not in other:
            yield {"f1": 0.0, "r2": 0.0} | fact, other


def compare(pairs, score):
    """Both means, and the one-sided p of a paired Wilcoxon test that ours is the smaller. Differences below 1e-9 are rounding."""
    from scipy.stats import wilcoxon

    values = np.array([[fact[score] for fact in pair] for pair in pairs])
    difference = np.where(np.abs(values[:, 0] - values[:, 1]) > 1e-9, values[:, 0] - values[:, 1], 0.0)
    p = wilcoxon(difference, alternative="less").pvalue if difference.any() else 1.0
    means = values.mean(0)
    return f"{'WORSE ' if p < 0.01 else ''}{means[0]:.3f} beside {means[1]:.3f}", f"{p:.2g}"


def worse_cells(runs):
    """Where the mean over the seeds is below a peer's, and by how much."""
    found = []
    for mine in OURS:
        for peer in PEERS:
            if mine != "spectral" and mine != peer.partition(" ")[2].lower():
                continue
            pairs = list(paired(runs, mine, peer))
            for family, k, noise, budget in CELLS:
                here = [pair for pair in pairs if tuple(pair[0][name] for name in ("family", "k", "noise", "budget")) == (family, k, noise, budget)]
                for score in ("f1", "r2") if here else ():
                    ours_mean, their_mean = np.mean([[fact[score] for fact in pair] for pair in here], axis=0)
                    if ours_mean < their_mean - 1e-3:
                        cell = f"{family}, {k} terms, noise {noise:.0%}, budget {budget}"
                        found.append(f"* {cell}: {mine} {score} {ours_mean:.3f}, {peer} {their_mean:.3f} ({len(here)} seeds)")
    return ["Cells in which the mean of ours is lower by more than 0.001:", "", *(found or ["None."])]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--games", type=Path, default=Path("target/sparse-games"), help="where game files are written")
    parser.add_argument("--out", default="target/spectra.jsonl")
    parser.add_argument("--methods", default=",".join([*OURS, *PEERS[:3]]), help=f"of {', '.join([*OURS, *PEERS])}")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--timeout", type=int, default=1200)
    parser.add_argument("--program", default="target/release/einthoven", help="our program")
    parser.add_argument("--table", action="store_true", help="only print the table of what was run")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
