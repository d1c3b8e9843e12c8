"""Gradient attributions of 256 records: Captum's in PyTorch beside Einthoven's, on the same network; see README.md.

The programs take turns, each turn a process of its own, held to so many cores. Every turn writes a line of JSON per method.
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

RECORDS = 256
# The records whose values are compared, and the tolerance of the logits.
COMPARED = 8
LOGITS = 1e-4
STEPS = [50, 128]
ALL_STEPS = [20, 50, 128, 300]
# Records of a call, and of Integrated Gradients also the rows that pass through the network together.
CALLS = [16, 32, 64, 128, 256]
IG_CALLS = [(1, 50), (8, 64), (16, 64), (32, 64), (32, 128), (64, 64), (64, 256)]


def captum(job):
    """A worker's job: records per second of one method of Captum, and its values of the first output."""
    import torch

    import network

    warnings.simplefilter("ignore")
    classifier, card = network.load(job["weights"])
    model = network.folded(classifier).requires_grad_(False)
    signals = torch.from_numpy(np.load(job["signals"]))
    # The smallest steps settle the size of a call; a row costs the same whatever the steps.
    is_ig, attribute = job["method"] == "IntegratedGradients", attributer(job["method"], model)
    candidates = IG_CALLS if is_ig else [(size, None) for size in CALLS]
    if not job.get("call"):
        speeds = []
        for call in candidates:
            tried = signals[: max(call[0], 32)]
            speeds.append(rate(attribute, tried, [0], call, 10 if is_ig else None, 0.0)[1])
        return {"call": candidates[int(np.argmax(speeds))], "speeds": dict(zip(map(str, candidates), speeds))}
    targets = list(range(job["outputs"]))
    n, speed, cpu_speed = rate(attribute, signals, targets, job["call"], job["steps"], job["seconds"])
    values = attribute(signals[:COMPARED], 0, job["call"][1], job["steps"]).detach().numpy()
    np.save(job["values"], values.astype(np.float32))
    return {"records": n, "records_per_second": speed, "records_per_cpu_second": cpu_speed}


def attributer(method, model):
    """A method of Captum as a function of signals, the target, rows per pass and steps; the baseline is zero."""
    from captum import attr

    explainer = getattr(attr, method)(model)

    def attribute(signals, target, rows, steps):
        options = {}
        if method == "IntegratedGradients":
            options = {"n_steps": steps, "method": "gausslegendre", "internal_batch_size": rows, "baselines": 0.0}
        elif method == "DeepLift":
            options = {"baselines": 0.0 * signals}
        elif method == "GradientShap":
            options = {"baselines": 0.0 * signals[:1], "n_samples": 5}
        elif method == "Saliency":
            options = {"abs": False}
        return explainer.attribute(signals, target=target, **options)

    return attribute


def rate(attribute, signals, targets, call, steps, seconds):
    """Records of a round over all of them, cut off after so many seconds (0: never), records per second of the best round, and
    records per second of the processor over all rounds. A short round is repeated.
    """
    attribute(signals[: call[0]], targets[0], call[1], min(steps or 2, 2))
    best, total, begin, worked = (0, 0.0), 0, time.perf_counter(), time.process_time()
    while True:
        done, start = 0, time.perf_counter()
        for part in signals.split(call[0]):
            for target in targets:
                attribute(part, target, call[1], steps)
            done += part.shape[0]
            if seconds and time.perf_counter() - start > seconds:
                break
        total += done
        best = max(best, (done, done / (time.perf_counter() - start)), key=lambda pair: pair[1])
        if time.perf_counter() - begin >= seconds:
            return *best, total / (time.process_time() - worked)


METHODS = [("Saliency", None), ("InputXGradient", None), ("DeepLift", None), ("GradientShap", None)]
METHODS += [("IntegratedGradients", steps) for steps in STEPS]


def prepare(folder):
    """The records, drawn as those of the other comparisons, for both programs."""
    import material

    folder.mkdir(parents=True, exist_ok=True)
    signals = np.stack([material.record(seed) for seed in range(RECORDS)])
    np.save(folder / "signals.npy", signals)
    signals.astype("<f4").tofile(folder / "signals.f32")


def ours(options, threads, outputs):
    """A turn of ours: logits of the records that are compared, and a line per method."""
    command = [options.program, options.work / "signals.f32", options.work / "ours.f32", "--model", options.model]
    command += ["--outputs", outputs, "--steps", ",".join(map(str, ALL_STEPS)), "--threads", threads, "--seconds", options.seconds]
    out, _, _ = process.run(list(map(str, command)), threads, options.timeout)
    logits, *facts = [json.loads(line) for line in out.splitlines()]
    return logits["logits"], facts


def theirs(options, threads, outputs, method, steps, calls):
    """A turn of one method of Captum; the size of its calls is tuned once for each number of threads."""
    job = {"kind": "gradients", "threads": threads, "weights": str(options.model), "signals": str(options.work / "signals.npy")}
    job |= {"method": method, "outputs": outputs, "steps": steps, "seconds": options.seconds}
    job |= {"values": str(options.work / f"{method}-{steps}.npy")}
    if (method, threads) not in calls:
        calls[method, threads] = process.work(job, threads, options.timeout, options.work)["call"]
    call = calls[method, threads]
    found = process.work(job | {"call": call}, threads, options.timeout, options.work)
    return {"program": "captum", "method": method, "steps": steps or 0, "outputs": outputs, "threads": threads, "call": call} | found


def differences(options, logits):
    """The largest difference of logits; of values the largest, relative to the largest value of its record, and the mean one,
    relative to the mean value.

    Integrated Gradients of a ReLU network jump where a node comes within rounding of a kink, in either program.
    """
    import torch

    import network

    classifier, _ = network.load(options.model)
    signals = torch.from_numpy(np.load(options.work / "signals.npy")[:COMPARED])
    with torch.inference_mode():
        logit = np.abs(classifier(signals).numpy().ravel() - logits).max().item()
    if logit > LOGITS:
        raise SystemExit(f"logits differ by {logit}, more than {LOGITS}")
    mine = np.fromfile(options.work / "ours.f32", dtype="<f4").reshape(-1, COMPARED, *signals.shape[1:]).astype(np.float64)
    pairs = [("Saliency", None, 0), ("InputXGradient", None, 0)]
    pairs += [("IntegratedGradients", steps, 1 + ALL_STEPS.index(steps)) for steps in STEPS]
    found = {"logits": logit}
    for method, steps, index in pairs:
        peer = np.load(options.work / f"{method}-{steps}.npy").astype(np.float64)
        peer = peer * signals.numpy() if method == "Saliency" else peer
        far, scale = np.abs(peer - mine[index]), np.abs(peer)
        largest, mean = (far.max(axis=(1, 2)) / scale.max(axis=(1, 2))).max().item(), (far.mean() / scale.mean()).item()
        found[f"{method} {steps or ''}".strip()] = {"largest": largest, "mean": mean}
    return found


def table(facts):
    """Medians over turns, of all that ran with so many threads and outputs."""
    text = ["| threads | outputs | program | method | records/s | records/CPU s | x gradient | ours / Captum, s | CPU s |", "|---" * 9 + "|"]
    rates = {name: medians(facts, name) for name in ("records_per_second", "records_per_cpu_second")}
    speed, cpu_speed = rates.values()
    for key in sorted(speed, key=lambda key: (-key[0], key[1], key[2], key[4])):
        threads, outputs, program, method, steps = key
        ours = ("ig", steps) if method == "IntegratedGradients" else ("x-gradient", 0)
        ours = (threads, outputs, "einthoven", *ours)
        gradient = (threads, outputs, program, "x-gradient" if program == "einthoven" else "InputXGradient", 0)
        ratios = [f"{rate[ours] / rate[key]:.2f}" if program == "captum" and ours in rate else "" for rate in rates.values()]
        times = f"{cpu_speed[gradient] / cpu_speed[key]:.1f}" if gradient in cpu_speed else ""
        name = f"{method}, {steps} steps" if steps else method
        cells = [threads, outputs, program, name, f"{speed[key]:.4g}", f"{cpu_speed.get(key, float('nan')):.4g}", times, *ratios]
        text.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(text)


def medians(facts, name):
    found = {}
    for fact in facts:
        if fact.get(name):
            key = tuple(fact[part] for part in ("threads", "outputs", "program", "method", "steps"))
            found.setdefault(key, []).append(fact[name])
    return {key: median(values) for key, values in found.items()}


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write(path, facts):
    with path.open("a") as file:
        file.writelines(json.dumps(fact) + "\n" for fact in facts)


def main():
    options = arguments()
    if not options.table:
        prepare(options.work)
        calls = {}
        for repeat in range(options.repeats):
            for threads in options.threads:
                for outputs in options.outputs:
                    turn = {"repeat": repeat, "load": os.getloadavg()[0], "cores": os.cpu_count()}
                    logits, found = ours(options, threads, outputs)
                    write(options.out, [fact | turn for fact in found])
                    for method, steps in METHODS:
                        write(options.out, [theirs(options, threads, outputs, method, steps, calls) | turn])
            write(options.out, [{"differences": differences(options, logits)}])
    facts = lines(options.out)
    print(table(facts))
    for fact in facts:
        if "differences" in fact:
            print(json.dumps(fact["differences"]))


def arguments():
    def numbers(text):
        return [int(part) for part in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__)
    assets = process.HERE.parents[1] / "crates/model/assets"
    parser.add_argument("--model", type=Path, default=assets / "builtin.safetensors", help="weights with their card beside them")
    parser.add_argument("--work", type=Path, default=Path("target/gradients"), help="where records and values are written")
    parser.add_argument("--out", type=Path, default=Path("target/gradients.jsonl"))
    parser.add_argument("--program", default="target/release/gradients", help="our side of it")
    parser.add_argument("--threads", type=numbers, default=[2, 1])
    parser.add_argument("--outputs", type=numbers, default=[1, 5], help="how many outputs are explained")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each program")
    parser.add_argument("--seconds", type=float, default=5.0, help="a round that takes longer is cut off, a shorter one repeated")
    parser.add_argument("--timeout", type=float, default=600.0)
    parser.add_argument("--table", action="store_true", help="only print the table of what was run")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
