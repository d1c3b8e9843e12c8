"""Seconds and peak memory of interaction estimators beside the values of the coalitions, ours beside shapiq's; see README.md.

Seconds on the clock depend on what else the machine does; those of the processor hardly do. Ours of the processor hold the values of
the coalitions too.
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
from statistics import median

BUDGET = 4096
# Index, players, order, our method, and shapiq's class where there is one.
TASKS = [
    ("k-SII", 120, 2, "svarm-iq", "SVARMIQ"),
    ("k-SII", 120, 2, "shapiq", "SHAPIQ"),
    ("k-SII", 40, 2, "kernelshap-iq", "KernelSHAPIQ"),
    ("FSII", 40, 2, "regression", "RegressionFSII"),
    ("k-SII", 60, 3, "svarm-iq", None),
    ("k-SII", 60, 3, "shapiq", None),
    ("k-SII", 500, 2, "svarm-iq", None),
    ("k-SII", 500, 2, "shapiq", None),
]
# Interactions that a peer's loop is timed on; more of them cost as much each.
FEW = 30


def main():
    options = arguments()
    if options.one:
        task, program = json.loads(options.one)
        print(json.dumps((ours if program == "einthoven" else theirs)(options, *task)))
        return
    all_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    head = "| players | order | index | method | threads | s | CPU s | MiB | shapiq | s | CPU s | MiB | s ratio | CPU ratio |"
    print(head + "\n" + "|---" * head.count(" | ") + "|---|", flush=True)
    for task in TASKS:
        for cores in sorted({1, all_cores}):
            print(line(options, task, cores), flush=True)


def line(options, task, cores):
    index, n, order, method, peer = task
    mine, other = [], []
    for _ in range(options.repeats):
        # In turns, so that both see the same load of a busy machine.
        mine.append(run(task, "einthoven", cores))
        other += [run(task, "shapiq", cores)] if peer else []
    mine, other = ([median(column) for column in zip(*runs)] for runs in (mine, other))
    text = f"| {n} | {order} | {index} | {method} | {cores} | {mine[0]:.3f} | {mine[1]:.3f} | {mine[2]:.0f} |"
    if not peer:
        return text + " |" * 6
    part = ", extrapolated" if other[3] else ""
    ratios = " | ".join(f"{theirs / ours:.3g}" for theirs, ours in zip(other[:2], mine[:2]))
    return f"{text} {peer}{part} | {other[0]:.2f} | {other[1]:.2f} | {other[2]:.0f} | {ratios} |"


def run(task, program, cores):
    """Seconds, those of the processor, MiB, and whether they are extrapolated, from a process of its own, so that every library
    sees so many cores."""
    threads = {name: str(cores) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")}
    command = [sys.executable, __file__, *sys.argv[1:], "--one", json.dumps([task, program])]
    if hasattr(os, "sched_setaffinity"):
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(before)[:cores])
    found = subprocess.run(command, check=True, env=os.environ | threads, capture_output=True, text=True).stdout
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, before)
    return json.loads(found)


def player(options, n):
    from games import unanimity, write
    from player import Player

    path = options.work / f"unanimity-{n}.json"
    if not path.exists():
        options.work.mkdir(parents=True, exist_ok=True)
        write(options.work, path.stem, n, "moebius", unanimity(n))
    return Player(options.values, "--game", str(path))


def ours(options, index, n, order, method, _peer):
    game = player(options, n)
    game([[False] * n])
    before, worked = peak_of(game.process.pid), work_of(game.process.pid)
    runs = [game.interactions(method, index, order, BUDGET, seed).seconds for seed in range(options.runs)]
    work = (work_of(game.process.pid) - worked) / len(runs)
    return median(runs), work, (peak_of(game.process.pid) - before) / 1024, False


def work_of(process):
    """Seconds that a process has had the processor; Linux only."""
    path = Path(f"/proc/{process}/stat")
    fields = path.read_text().rpartition(")")[2].split() if path.exists() else ["0"] * 13
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_of(process):
    """KiB of a process at its peak; Linux only."""
    path = Path(f"/proc/{process}/status")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((int(text.split()[1]) for text in lines if text.startswith("VmHWM")), 0)


def theirs(options, index, n, order, _method, peer):
    import numpy as np
    import shapiq.approximator
    from shapiq import approximator

    warnings.simplefilter("ignore")
    game = player(options, n)
    choice = {} if peer == "RegressionFSII" else {"index": index}
    make = lambda players: getattr(approximator, peer)(n=players, max_order=order, random_state=0, **choice)  # noqa: E731
    # What is loaded on first use does not count.
    make(6).approximate(budget=40, game=lambda rows: rows.sum(1).astype(float))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spent = {"values": np.zeros(2), "loop": np.zeros(2)}
    clocks = lambda: np.array([time.perf_counter(), time.process_time()])  # noqa: E731

    def timed(name, call):
        def wrapped(*args, **named):
            start = clocks()
            found = call(*args, **named)
            spent[name] += clocks() - start
            return found

        return wrapped

    start = clocks()
    estimator = make(n)
    share = 1.0
    if isinstance(estimator, shapiq.approximator.montecarlo.base.MonteCarlo):
        sets = list(estimator.interaction_lookup)
        # Small and large ones as in the whole, the empty one among them.
        some = sets[:: max(1, len(sets) // FEW)][:FEW]
        share = len(some) / len(sets)
        estimator._interaction_lookup = {players: at for at, players in enumerate(some)}
        estimator.monte_carlo_routine = timed("loop", estimator.monte_carlo_routine)
    estimator.approximate(budget=BUDGET, game=timed("values", game))
    seconds = clocks() - start - spent["values"] + spent["loop"] * (1 / share - 1)
    return *seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, share < 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("target/games"), help="where the games are written")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each program")
    parser.add_argument("--runs", type=int, default=5, help="of ours in a turn")
    parser.add_argument("--values", default="target/release/values", help="our program `values`")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
