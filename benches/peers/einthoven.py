"""Einthoven's side: its program asked for predictions, explanations and converged references."""

import hashlib
import json
import shutil
from pathlib import Path

import process

ROOT = Path(__file__).resolve().parents[2]


def find(path):
    """The program: what was asked for, the one that was built here, or the one on the path."""
    built = ROOT / "target" / "release" / "einthoven"
    if path:
        return path
    return str(built) if built.exists() else shutil.which("einthoven") or "einthoven"


class Program:
    """The `einthoven` program on one record and one model, on the CPU, with filters off."""

    def __init__(self, path, material, arguments, timeout, work):
        self.path, self.material, self.timeout, self.work = find(path), material, timeout, Path(work)
        self.arguments = arguments
        self.common = ["--no-filter", "--device", "cpu", "--rate", "100", "--json"]
        self.common += ["--model", material["weights"], material["record"]]
        self.base_bytes = {}

    def predict(self, threads):
        """Logits of the record, and the memory of a process that does no more than that."""
        out, _, peak = process.run([self.path, "predict", *self.common], threads, self.timeout)
        self.base_bytes[threads] = peak
        return [prediction["logit"] for prediction in json.loads(out)[0]["predictions"]]

    def explain(self, players, method, budget, seed, threads, timeout=None):
        """An explanation: values and standard errors `[outputs, players]`, and what they cost."""
        command = [self.path, "explain", *self.common, "--players", players, "--method", method]
        command += ["--seed", str(seed), *self.arguments]
        command += [] if budget is None else ["--budget", str(budget)]
        out, seconds, peak = process.run(command, threads, timeout or self.timeout)
        attributions = json.loads(out)
        if threads not in self.base_bytes:
            self.predict(threads)
        run = attributions[0]["run"]
        return {
            "values": [terms(attribution, "value") for attribution in attributions],
            "std_err": [terms(attribution, "std_err") for attribution in attributions],
            "empty": [attribution["baseline"] for attribution in attributions],
            "evaluations": attributions[0]["evaluations"],
            "warnings": attributions[0]["warnings"],
            "seconds": run["seconds"],
            "process_seconds": seconds,
            "base_bytes": self.base_bytes[threads],
            "peak_bytes": peak,
            "memory_exact": True,
            "run": run,
        }

    def reference(self, players, n_players, options, threads):
        """Converged values: exact where there are few players, else of many permutations; kept in the work folder."""
        exact = n_players <= options.exact_players
        method, budget = ("exact", 2**n_players) if exact else ("permutation", options.reference_budget)
        files = [Path(self.material[name]).read_bytes() for name in ("weights", "record")]
        key = hashlib.sha256(b"".join(files)).hexdigest()[:12]
        name = f"reference-{key}-{players.replace('*', 'x').replace(':', '-')}-{method}-{budget}.json"
        path = self.work / name
        if path.exists():
            return json.loads(path.read_text())
        # A seed of its own: no measured run shares its permutations.
        found = self.explain(players, method, budget, 1_000_003, threads, timeout=24 * 3600)
        found |= {"method": method, "expected_error": None if exact else expected_error(found)}
        path.write_text(json.dumps(found))
        return found


def terms(attribution, field):
    """A number for each player; terms that are zero may be left out."""
    numbers = [0.0] * attribution["n_players"]
    for term in attribution["terms"]:
        if len(term["players"]) == 1:
            numbers[term["players"][0]] = term[field]
    return numbers


def expected_error(found):
    """The relative squared error that the standard errors of a run say it has, mean over outputs."""
    errors = []
    for values, std_errs in zip(found["values"], found["std_err"]):
        if None in std_errs:
            return None
        errors.append(sum(e * e for e in std_errs) / sum(v * v for v in values))
    return sum(errors) / len(errors)


def forward(path, weights, batches, threads, seconds, timeout):
    """Einthoven's bare forward pass: one object per batch size, by the program that the workspace builds for it."""
    command = [path, "--model", weights, "--batches", ",".join(map(str, batches))]
    command += ["--threads", str(threads), "--seconds", str(seconds)]
    out, _, _ = process.run(command, threads, timeout)
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]
