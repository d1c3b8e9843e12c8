"""Stochastic amortization: labels, training and application in PyTorch beside Einthoven's, on the same records; see README.md.

The programs take turns, each turn a process of its own, held to so many cores. Every turn writes a line of JSON for each part.
"""

import argparse
import json
import os
import sys
import time
import warnings
from pathlib import Path
from statistics import median

import numpy as np

import process

# Labels of a validation record.
DRAWN = 2
# Rows that pass through the network together while labels are made, and records while gradients are taken.
ROWS = [16, 32, 64, 128, 256]
RECORDS = [1, 2, 4, 8, 16, 32]
# What is tried for each size, in rows and in records.
TRIED = (1024, 32)
# Records of a call to a trained explainer.
APPLIED = 256
# The recipe's numbers: see TrainingConfig and NetworkConfig in crates/amortize.
BATCH, RATE, DECAY, HALVES, FAINT = 32, 1e-3, 0.05, 4, 0.1


def pytorch(job):
    """A worker's job: the three parts in turn, as `amortize_seconds` does them, and the values of the validation records."""
    import torch

    import amortized

    warnings.simplefilter("ignore")
    folder, seed = Path(job["folder"]), torch.Generator().manual_seed(1)
    subject = amortized.Subject(job["weights"])
    leads, samples = len(subject.card["leads"]), subject.card["preparation"]["n_samples"]
    signals = torch.from_numpy(np.fromfile(folder / "signals.f32", dtype="<f4")).view(-1, leads, samples)
    players = amortized.Players(job["players"], leads, samples)
    train, held = signals[: job["train"]], signals[job["train"] :]
    where = amortized.points(players.n, HALVES, FAINT)

    model, rows = fastest_labels(amortized, subject, signals, players, seed)
    n_labels, watch = len(train) + DRAWN * len(held), Watch()
    amortized.labels(model, torch.cat([train] + DRAWN * [held]), players, rows, seed)
    parts = {"labels": {"done": n_labels, "batch": rows} | watch.seconds()}

    batch = fastest_see(amortized, subject, signals, players, where)
    # Both programs learn from the same labels, whoever made them.
    drawn = np.fromfile(folder / "labels.f64", dtype="<f8").reshape(n_labels, subject.outputs, players.n)
    drawn = torch.from_numpy(drawn).transpose(1, 2).float()
    targets, checks = drawn[: len(train)], drawn[len(train) :].unflatten(0, (-1, DRAWN))
    watch = Watch()
    maps, gradients, full = amortized.see(subject, signals, players, where, batch)
    with torch.no_grad():
        totals = full - subject.logits(torch.zeros(1, leads, samples))
    seen = [[part[: len(train)], part[len(train) :]] for part in (signals, maps, gradients, totals)]
    seen, seen_held = zip(*seen)
    torch.manual_seed(1)
    scales = amortized.scales(seen[0], seen[1], seen[3], players.n)
    explainer = amortized.Explainer(players, maps.shape[1], maps.shape[2], subject.outputs, scales)
    judge = amortized.judge(explainer, seen_held, checks)
    error, errors = amortized.fit(explainer, seen, targets, judge, job["epochs"], BATCH, RATE, DECAY, 1)
    parts["train"] = {"done": len(train), "batch": batch, "error": error, "best_epoch": int(np.argmin(errors)) + 1}
    parts["train"] |= watch.seconds()

    watch, values = Watch(), []
    with torch.no_grad():
        empty = subject.logits(torch.zeros(1, leads, samples))
        for part in held.split(APPLIED):
            with torch.enable_grad():
                maps, gradients, full = amortized.see(subject, part, players, where, batch)
            values.append(explainer(part, maps, gradients, full - empty))
    parts["apply"] = {"done": len(held), "batch": batch} | watch.seconds()
    np.save(folder / "values.npy", torch.cat(values).transpose(1, 2).numpy())
    return parts


class Watch:
    """Seconds since its making, by the clock and of the processor."""

    def __init__(self):
        self.clock, self.worked = time.perf_counter(), time.process_time()

    def seconds(self):
        return {"seconds": time.perf_counter() - self.clock, "cpu_seconds": time.process_time() - self.worked}


def fastest_labels(amortized, subject, signals, players, seed):
    """The faster of two ways to run the network, and rows of a call; neither is counted."""
    import torch

    records, best = signals[: max(TRIED[0] // (players.n + 1), 1)], (0.0, None, None)
    for rows in ROWS:
        ways = [subject.logits, subject.frozen(signals[:1].expand(rows, -1, -1))]
        for way in ways:
            amortized.labels(way, records, players, rows, seed)
            speed = rate(lambda: amortized.labels(way, records, players, rows, seed), len(records))
            best = max(best, (speed, way, rows), key=lambda found: found[0])
    return best[1:]


def fastest_see(amortized, subject, signals, players, where):
    """How many records' gradients are best taken at once; not counted."""
    records = signals[: TRIED[1]]
    speeds = [rate(lambda: amortized.see(subject, records, players, where, batch), len(records)) for batch in RECORDS]
    return RECORDS[int(np.argmax(speeds))]


def rate(call, n):
    clock = time.perf_counter()
    call()
    return n / (time.perf_counter() - clock)


def ours(options, threads, players):
    command = [options.program, folder(options, players), "--players", players, "--train", options.train]
    command += ["--validation", options.validation, "--epochs", options.epochs, "--threads", threads]
    out, _, _ = process.run(list(map(str, command)), threads, options.timeout)
    return [json.loads(line) for line in out.splitlines()]


def theirs(options, threads, players):
    job = {"kind": "amortize", "threads": threads, "weights": str(options.model), "players": players}
    job |= {"folder": str(folder(options, players)), "train": options.train, "epochs": options.epochs}
    found = process.work(job, threads, options.timeout, options.work)
    same = {"program": "PyTorch", "players": players, "threads": threads}
    return [same | {"part": part} | facts for part, facts in found.items()]


def folder(options, players):
    return options.work / players.replace("*", "-").replace(":", "-")


def agreement(options, players):
    """How far the values of the two explainers are apart, as a share of how far they vary; they have learned the same, each from
    weights of its own."""
    values = np.load(folder(options, players) / "values.npy").astype(np.float64)
    mine = np.fromfile(folder(options, players) / "values.f64", dtype="<f8").reshape(values.shape)
    return float(((values - mine) ** 2).sum() / ((mine - mine.mean(0)) ** 2).sum())


def table(facts):
    """Medians over turns: rates, and for the training seconds; ratios above 1 say that Einthoven is the faster."""
    text = ["| players | threads | part | Einthoven | PyTorch | ratio | of CPU seconds |", "|---" * 7 + "|"]
    found = {}
    for fact in facts:
        if "part" in fact:
            key = tuple(fact[name] for name in ("players", "threads", "part"))
            found.setdefault(key, {}).setdefault(fact["program"], []).append(fact)
    for (players, threads, part), programs in found.items():
        seconds, cpu = (
            {name: median(fact[kind] / fact["done"] for fact in turns) for name, turns in programs.items()}
            for kind in ("seconds", "cpu_seconds")
        )
        if len(programs) == 2:
            done = programs["einthoven"][0]["done"]
            names = ("einthoven", "PyTorch")
            shown = [f"{seconds[name] * done:.1f} s" if part == "train" else f"{1 / seconds[name]:.4g}/s" for name in names]
            ratios = [f"{times['PyTorch'] / times['einthoven']:.2f}" for times in (seconds, cpu)]
            text.append("| " + " | ".join([players, str(threads), part, *shown, *ratios]) + " |")
    return "\n".join(text)


def main():
    options = arguments()
    if not options.table:
        for repeat in range(options.repeats):
            for players in options.players:
                turn = {"repeat": repeat, "load": os.getloadavg()[0], "cores": os.cpu_count()}
                found = ours(options, options.threads, players) + theirs(options, options.threads, players)
                apart = {"players": players, "apart": agreement(options, players)}
                with options.out.open("a") as file:
                    file.writelines(json.dumps(fact | turn) + "\n" for fact in [*found, apart])
    facts = [json.loads(line) for line in options.out.read_text().splitlines()]
    print(table(facts))
    for fact in facts:
        if "apart" in fact or fact["part"] == "train":
            print(json.dumps({key: fact[key] for key in ("players", "program", "error", "best_epoch", "apart") if key in fact}))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    assets = process.HERE.parents[1] / "crates/model/assets"
    parser.add_argument("--model", type=Path, default=assets / "builtin.safetensors", help="weights of the built-in model")
    parser.add_argument("--work", type=Path, default=Path("target/amortize"), help="where records, labels and values are written")
    parser.add_argument("--out", type=Path, default=Path("target/amortize.jsonl"))
    parser.add_argument("--program", default="target/release/amortize_seconds", help="our side of it")
    parser.add_argument("--players", type=lambda text: text.split(","), default=["leads*windows:10"])
    parser.add_argument("--train", type=int, default=2000, help="records that are learned from")
    parser.add_argument("--validation", type=int, default=200, help="records that the epoch is chosen on")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="turns of each program")
    parser.add_argument("--timeout", type=float, default=3600.0)
    parser.add_argument("--table", action="store_true", help="only print the table of what was run")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
