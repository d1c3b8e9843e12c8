"""Seconds that Shapley value estimators take beside the values of the coalitions, ours beside shapiq's; see README.md."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

OUTPUTS = (1, 5)


def main():
    options = arguments()
    if options.cores:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
        measure(options)
        return
    all_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print("| cores | outputs | method | sampling s | solve s | total s | shapiq | total s | shapiq / ours |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for cores in sorted({1, all_cores}):
        # A process of its own, so that every library sees only so many cores.
        threads = {name: str(cores) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")}
        command = [sys.executable, __file__, *sys.argv[1:], "--cores", str(cores)]
        subprocess.run(command, check=True, env=os.environ | threads)


def measure(options):
    import numpy as np
    from estimators import SAME, Game, theirs

    game = Game(options.values, options.game)
    for peer, same in SAME.items():
        # What is loaded on first use does not count.
        theirs(game, peer, 2 * game.n + 2, 0)
        peers = sorted(theirs(game, peer, options.budget, seed)[1] for seed in range(options.repeats))
        for outputs in OUTPUTS:
            # Both programs have their turns at the same time of a busy machine, as far as that can be.
            runs = [game.player.estimate(same, options.budget, seed, outputs) for seed in range(3 * options.repeats)]
            sampling = np.median([run.design_seconds for run in runs])
            total = np.median([run.seconds for run in runs])
            other = outputs * np.median(peers)
            numbers = f"{sampling:.5f} | {total - sampling:.5f} | {total:.5f} | {peer} | {other:.3f} | {other / total:.0f}"
            print(f"| {options.cores} | {outputs} | {same} | {numbers} |", flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("game", type=Path, help="a game file of games.py")
    parser.add_argument("--budget", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=5, help="runs of a peer; ours runs three times as often")
    parser.add_argument("--values", default="target/release/values", help="our program `values`")
    parser.add_argument("--cores", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
