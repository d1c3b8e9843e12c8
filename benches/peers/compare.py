"""Einthoven beside its peers: the same network, the same record, the same threads, one run, one table.

See README.md. This process only starts others and writes down what they say: whatever fails becomes a row that says so.
"""

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from statistics import mean, median

import einthoven
import process
import table

PEERS = [
    ("captum", "KernelShap"),
    ("captum", "ShapleyValueSampling"),
    ("shap", "KernelExplainer"),
    ("shap", "PermutationExplainer"),
    ("shapiq", "KernelSHAP"),
    ("shapiq", "PermutationSamplingSV"),
]
OURS = ["kernel", "permutation"]
PROGRAMS = ["einthoven", "torch", "onnxruntime", "captum", "shap", "shapiq"]
PLAYERS = {"leads": 12, "windows": 1, "leads*windows": 12}


def main():
    options = arguments()
    folder = Path(options.work)
    folder.mkdir(parents=True, exist_ok=True)
    threads = max(options.threads)
    prepared = {"model": model_path(options.model), "folder": str(folder.resolve()), "seed": 1}
    try:
        material = process.work({"kind": "prepare", "threads": threads, **prepared}, threads, options.timeout, folder)
        facts = process.work({"kind": "versions", "threads": threads}, threads, options.timeout, folder)
    except process.Failed as failure:
        sys.exit(f"failed to prepare the network: {failure}")
    facts |= {"machine": machine(), "material": material, "options": vars(options), "forward": [], "explain": []}
    program = einthoven.Program(options.einthoven, material, options.einthoven_args.split(), options.timeout, folder)
    run = Run(options, facts, material, program, folder)
    run.check()
    if "forward" in options.what:
        run.forward()
    if "explain" in options.what:
        run.explain()
    run.save()
    print(f"\n{Path(options.out).read_text()}\nwritten to {options.out}", file=sys.stderr)


class Run:
    """One run: its rows as they come, written to disk after each."""

    def __init__(self, options, facts, material, program, folder):
        self.options, self.facts, self.material = options, facts, material
        self.program, self.folder = program, folder

    def work(self, kind, threads, **job):
        job |= {"kind": kind, "threads": threads, "weights": self.material["weights"]}
        return process.work(job, threads, self.options.timeout, self.folder)

    def wanted(self, program):
        return program in self.options.only

    def check(self):
        """Whether both programs are given the same network and record."""
        self.facts["check"] = {"folded": self.material["folded_difference"]}
        if self.wanted("einthoven"):
            try:
                logits = self.program.predict(max(self.options.threads))
                pairs = zip(logits, self.material["logits"], strict=True)
                self.facts["check"]["einthoven"] = max(abs(a - b) for a, b in pairs)
            except (process.Failed, ValueError, KeyError) as failure:
                self.facts["check"]["error"] = str(failure)
        self.save()

    def forward(self):
        """Rows per second of the bare forward pass, and the machine's matrix product."""
        self.facts["gemm"] = {}
        for threads in self.options.threads:
            try:
                answer = self.work("matrix_product", threads, seconds=self.options.seconds)
                self.facts["gemm"][str(threads)] = answer["gflops"]
            except process.Failed as failure:
                self.note(f"matrix product on {threads} threads: {failure}")
            for batch in self.options.batches:
                job = {"batch": batch, "seconds": self.options.seconds, "folder": str(self.folder)}
                variants = ["eager", "folded", "TorchScript", "compiled"] if self.wanted("torch") else []
                for variant in variants:
                    self.forward_row("torch", variant, threads, job)
                if self.wanted("onnxruntime"):
                    first = not any(row["program"] == "onnxruntime" for row in self.facts["forward"])
                    self.forward_row("onnxruntime", "", threads, {**job, "export": first})
                if self.wanted("einthoven"):
                    self.forward_ours(threads, batch)

    def forward_row(self, program, variant, threads, job):
        row = {"program": program, "variant": variant, "threads": threads, "batch": job["batch"]}
        try:
            row |= self.work(program, threads, variant=variant, **job)
        except process.Failed as failure:
            row["error"] = str(failure)
        self.add("forward", row)

    def forward_ours(self, threads, batch):
        row = {"program": "einthoven", "variant": "", "threads": threads, "batch": batch}
        path = self.options.forward or str(einthoven.ROOT / "target" / "release" / "forward")
        arguments = [self.material["weights"], [batch], threads, self.options.seconds, self.options.timeout]
        try:
            answers = einthoven.forward(path, *arguments)
            row |= next(answer for answer in answers if answer["batch"] == batch)
        except (process.Failed, StopIteration, KeyError, ValueError) as failure:
            row["error"] = str(failure) or "no answer for this batch"
        self.add("forward", row)

    def explain(self):
        """Explanations of the record: every program, method and budget, for each kind of players."""
        self.facts["references"], self.facts["tuning"] = {}, {}
        for players in self.options.players:
            reference = self.reference(players)
            tuning = self.tune(players)
            most = 2 ** number(players)
            budgets = sorted({min(budget, most) for budget in self.options.budgets})
            ours = sorted({min(budget, most) for budget in [*budgets, *self.options.einthoven_budgets]})
            for budget in sorted({*budgets, *ours}):
                cells = [("einthoven", method) for method in OURS if budget in ours]
                cells += [peer for peer in PEERS if budget in budgets]
                for program, method in cells:
                    if self.wanted(program):
                        self.cell(players, budget, program, method, reference, tuning)

    def reference(self, players):
        """Converged values to measure errors against, or None."""
        threads = max(self.options.threads)
        try:
            found = self.program.reference(players, number(players), self.options, threads)
        except (process.Failed, OSError, ValueError, KeyError) as failure:
            self.note(f"no reference for {players}: {failure}")
            return None
        kept = ["method", "evaluations", "expected_error", "values", "std_err", "seconds", "run"]
        self.facts["references"][players] = {name: found[name] for name in kept}
        apart = max(abs(a - b) for a, b in zip(found["empty"], self.material["empty_logits"], strict=True))
        if apart > 1e-3:
            self.note(f"{players}: the reference's empty coalition is {apart:.1e} away from PyTorch's")
        return found["values"]

    def tune(self, players):
        """Batch sizes of the peers."""
        if not any(self.wanted(program) for program, _ in PEERS):
            return {}
        try:
            job = {"players": players, "record": self.material["record"]}
            tuning = self.work("tune", max(self.options.threads), **job)
        except process.Failed as failure:
            self.note(f"the batch sizes for {players} are not tuned: {failure}")
            tuning = {"batch": 64, "KernelShap": 64, "ShapleyValueSampling": number(players)}
        self.facts["tuning"][players] = tuning
        return tuning

    def cell(self, players, budget, program, method, reference, tuning):
        """One row of the table: the same explanation for each seed."""
        threads = max(self.options.threads)
        row = {"players": players, "budget": budget, "program": program, "method": method, "threads": threads}
        runs = []
        try:
            for seed in range(1, self.options.seeds + 1):
                if program == "einthoven":
                    answer = self.program.explain(players, method, budget, seed, threads)
                else:
                    job = {"players": players, "budget": budget, "program": program, "method": method, "seed": seed}
                    job |= {"batch": tuning["batch"], "per_call": tuning.get(method, 1)}
                    answer = self.work("explain", threads, record=self.material["record"], **job)
                runs.append(answer | errors(answer["values"], reference))
            row |= summary(runs)
        except (process.Failed, ValueError, KeyError) as failure:
            row["error"] = str(failure)
        self.add("explain", row)

    def add(self, kind, row):
        self.facts[kind].append(row)
        print(table.line(row), file=sys.stderr, flush=True)
        self.save()

    def note(self, text):
        self.facts.setdefault("notes", []).append(text)
        print(text, file=sys.stderr, flush=True)

    def save(self):
        """The facts as JSON and the table beside them, each in one move."""
        out = Path(self.options.out)
        out.parent.mkdir(parents=True, exist_ok=True)
        for path, text in [
            (out.with_suffix(".json"), json.dumps(self.facts, indent=1)),
            (out, table.markdown(self.facts)),
        ]:
            part = path.with_name(path.name + ".part")
            part.write_text(text)
            part.replace(path)


def errors(values, reference):
    """Relative squared errors of the first output, and the mean over outputs where all are there."""
    if reference is None:
        return {}
    each = []
    for found, exact in zip(values, reference):
        each.append(sum((a - b) ** 2 for a, b in zip(found, exact, strict=True)) / sum(b * b for b in exact))
    found = {"error_first": each[0]}
    return found | ({"error_mean": mean(each)} if len(each) == len(reference) else {})


def summary(runs):
    """Medians of times and memory over the seeds, means of errors."""
    row = {"outputs": len(runs[0]["values"]), "runs": runs}
    row["evaluations"] = max(run["evaluations"] for run in runs)
    row["seconds"] = median(run["seconds"] for run in runs)
    row["over_base_bytes"] = median(run["peak_bytes"] - run["base_bytes"] for run in runs)
    if "process_seconds" in runs[0]:
        row["process_seconds"] = median(run["process_seconds"] for run in runs)
    for name in ("error_first", "error_mean"):
        if name in runs[0]:
            row[name] = mean(run[name] for run in runs)
    return row


def number(players):
    """How many players there are."""
    kind, _, count = players.partition(":")
    if kind not in PLAYERS or (kind == "leads") == bool(count):
        sys.exit(f"--players: expected leads, windows:N or leads*windows:N, found {players}")
    return PLAYERS[kind] * int(count or 1)


def model_path(name):
    builtin = einthoven.ROOT / "crates" / "model" / "assets" / "builtin.safetensors"
    return str(builtin) if name == "builtin" else name


def machine():
    """The processor by name, and the cores that this process may use."""
    name = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"processor": name, "cores": cores, "system": platform.system()}


def arguments():
    texts = lambda text: text.split(",")
    numbers = lambda text: [int(part) for part in text.split(",") if part]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("what", nargs="*", metavar="what", help="check, forward, explain; without, all of them")
    add("--einthoven", metavar="PATH", help="the program; by default target/release/einthoven, or from the path")
    add("--forward", metavar="PATH", help="the program of the forward pass; by default target/release/forward")
    add("--model", default="xresnet1d18", help="xresnet1d18, xresnet1d50, builtin or a safetensors file with its card")
    add("--only", type=texts, default=PROGRAMS, help=",".join(PROGRAMS))
    add("--threads", type=numbers, default=[1, 2], help="for forward; explain takes the most of them (default 1,2)")
    add("--batches", type=numbers, default=[64, 256, 1024], help="for forward (default 64,256,1024)")
    add("--seconds", type=float, default=3.0, help="for each forward row (default 3)")
    add("--players", type=texts, default=["leads", "windows:20", "leads*windows:10"], help="who plays, in explain")
    add("--budgets", type=numbers, default=[512, 4096, 32768], help="model evaluations (default 512,4096,32768)")
    extra = [128, 256, 1024, 2048, 8192, 16384]
    add("--einthoven-budgets", type=numbers, default=extra, help="more budgets for einthoven, to find equal errors")
    add("--einthoven-args", default="", help="more arguments for `einthoven explain`, in one string")
    add("--seeds", type=int, default=1, help="runs of each explain row (default 1)")
    add("--reference-budget", type=int, default=2**18, help="coalitions of references that are not exact")
    add("--exact-players", type=int, default=12, help="references are exact up to so many players (default 12)")
    add("--timeout", type=float, default=1800.0, help="seconds for any one row (default 1800)")
    add("--work", default="target/peers", help="folder for weights, record and references (default target/peers)")
    add("--out", default="target/peers/peers.md", help="the table; the same facts as JSON stand beside it")
    options = parser.parse_args()
    options.what = options.what or ["check", "forward", "explain"]
    for name, allowed in [("what", ["check", "forward", "explain"]), ("only", PROGRAMS)]:
        for given in getattr(options, name):
            if given not in allowed:
                parser.error(f"{given}: expected {', '.join(allowed)}")
    for players in options.players:
        number(players)
    return options


if __name__ == "__main__":
    main()
