"""Seconds of SPEX and ProxySPEX without those of the function, ours beside the peers', in one run; see README.md.

Programs take turns, each turn a process of its own, held to so many cores. Every turn is one line of JSON, written as it comes.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

from estimators import lines, row
from sparse_games import SparseGame

# Players, family, terms, budget, our method, the peers. SPEX's own design has 43 008 rows at 1000 players, b = 8 and t = 5.
TASKS = [
    (120, "and", 30, 4096, "proxyspex", ["shapiq ProxySPEX"]),
    (1000, "and", 30, 4096, "proxyspex", ["shapiq ProxySPEX"]),
    (1000, "flat", 100, 43_008, "spex", ["shapiq SPEX", "spectralexplain SPEX"]),
]
ORDER = 5
NOISE = 0.1
# Enough for SPEX to begin.
SMALL = 2000


def main():
    options = arguments()
    if options.one:
        print(json.dumps(theirs(*json.loads(options.one))))
        return
    out = Path(options.out)
    all_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for repeat in range(0 if options.table else options.repeats):
        for n, family, k, budget, mine, peers in TASKS:
            for cores in sorted({1, all_cores}):
                for method in [mine, *peers]:
                    if mine not in options.ours.split(",") or (method != mine and not options.peers):
                        continue
                    facts = {"n": n, "family": family, "k": k, "budget": budget, "method": method, "cores": cores, "repeat": repeat}
                    if not any(facts.items() <= line.items() for line in lines(out)):
                        turn(options, out, facts, SparseGame(family, n, k, NOISE, repeat), method == mine)
    print(table(lines(out)))


def turn(options, out, facts, game, is_ours):
    method, budget, cores = facts["method"], facts["budget"], facts["cores"]
    options.games.mkdir(parents=True, exist_ok=True)
    if is_ours:
        command = [options.program, game.save(options.games), method, ORDER, budget, game.seed]
    else:
        command = [sys.executable, __file__, "--one", json.dumps([method, game.family, game.n, game.k, game.seed, budget])]
    # galois decodes one word at a time, which on several threads is forty times slower.
    threads = {name: str(cores) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")} | {"NUMBA_NUM_THREADS": "1"}
    before, worked = held_to(cores), children()
    try:
        run = subprocess.run(list(map(str, command)), env=os.environ | threads, capture_output=True, text=True, timeout=options.timeout)
        if run.returncode == 0 and is_ours:
            facts |= ours(game, json.loads(run.stdout)) | {"cpu": children() - worked}
        facts |= json.loads(run.stdout) if run.returncode == 0 and not is_ours else {}
        facts |= {"failed": run.stderr.strip()[-300:]} if run.returncode else {}
    except subprocess.TimeoutExpired:
        facts |= {"failed": f"over {options.timeout} s"}
    finally:
        held_to(None, before)
    with out.open("a") as file:
        file.write(json.dumps(facts) + "\n")


def held_to(cores, before=None):
    """Holds this process, and those that it starts, to so many cores, or to those of before. Linux only."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    now = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before or sorted(now)[:cores])
    return now


def children():
    """Seconds of the processor that the processes that have ended took: of ours that is all of it, the values included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ours(game, answer):
    found = {tuple(players): value for players, value in answer["terms"]}
    facts = {"seconds": answer["design"] + answer["estimate"], "estimate": answer["estimate"], "evaluations": answer["evaluations"]}
    return game.scores(found) | facts


def theirs(method, family, n, k, seed, budget):
    import spectra

    if not method.endswith("ProxySPEX"):
        # What is compiled on first use does not count.
        spectra.theirs(None, SparseGame("flat", n, 10, 0.0, seed), method, SMALL)
    game = SparseGame(family, n, k, NOISE, seed)
    found, facts = spectra.theirs(None, game, method, budget)
    return game.scores(found) | facts


def table(facts):
    text = [row(["players", "family", "terms", "budget", "cores", "program", "s", "CPU s", "F1", "R^2", "x ours, s", "CPU s"]), row(["---"] * 12)]
    for n, family, k, budget, mine, peers in TASKS:
        for cores in sorted({fact["cores"] for fact in facts}):
            wanted = {"n": n, "family": family, "k": k, "budget": budget, "cores": cores}
            base = {}
            for method in [mine, *peers]:
                runs = [fact for fact in facts if (wanted | {"method": method}).items() <= fact.items()]
                good = [fact for fact in runs if "failed" not in fact]
                cells = [str(value) for value in wanted.values()] + [f"**{method}**" if method == mine else method]
                if not good:
                    text += [row([*cells, runs[0]["failed"].replace("|", "/").replace("\n", " ")[:60], *[""] * 5])] if runs else []
                    continue
                middle = lambda name: median(fact[name] for fact in good)  # noqa: B023, E731
                clocks = {name: middle(name) for name in ("seconds", "cpu")}
                base = clocks if method == mine else base
                times = [f"{clocks[name] / base[name]:.3g}" if base and method != mine else "" for name in clocks]
                seconds = [f"{clocks[name]:.3g}" for name in clocks]
                text.append(row([*cells, *seconds, f"{middle('f1'):.2f}", f"{middle('r2'):.4f}", *times]))
    return "\n".join(text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--games", type=Path, default=Path("target/sparse-games"), help="where game files are written")
    parser.add_argument("--out", default="target/spectral-seconds.jsonl")
    parser.add_argument("--ours", default="proxyspex,spex", help="tasks of these methods of ours")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--repeats", type=int, default=1, help="turns of each program, each with a game of its own")
    parser.add_argument("--timeout", type=int, default=1200)
    parser.add_argument("--program", default="target/release/examples/spectral_seconds", help="our example spectral_seconds")
    parser.add_argument("--table", action="store_true", help="only print the table of what was run")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
