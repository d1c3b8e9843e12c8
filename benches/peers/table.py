"""The Markdown of a run."""

from math import log

# Relative squared errors below are those of rounding.
EXACT = 1e-9
MIB = 1 << 20
NAMES = {"torch": "PyTorch", "onnxruntime": "ONNX Runtime", "einthoven": "**Einthoven**"}
VARIANTS = {
    "eager": "as written",
    "folded": "batch norm folded",
    "TorchScript": "frozen TorchScript",
    "compiled": "`torch.compile`",
}


def markdown(facts):
    """The whole document."""
    parts = [head(facts)]
    if facts["forward"]:
        parts.append(forward(facts))
    if facts["explain"]:
        parts.append(explain(facts))
    if facts.get("notes"):
        parts.append("## Notes\n\n" + "\n".join(f"* {note}" for note in facts["notes"]))
    return "\n\n".join(parts) + "\n"


def head(facts):
    machine, material, check = facts["machine"], facts["material"], facts.get("check", {})
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    name, parameters = material["name"], material["parameters"] / 1e6
    multiply_adds = material["multiply_adds"] / 1e6
    lines = [
        "# Einthoven and its peers",
        "",
        f"* Machine: {machine['processor']}, {machine['cores']} cores, {machine['system']}, {facts['cpu_capability']}.",
        f"* Network: {name}, {parameters:.2f} M parameters, {multiply_adds:.1f} M multiply-adds a row.",
        f"* Versions: {versions}.",
    ]
    if "einthoven" in check:
        verdict = "agree" if check["einthoven"] < 1e-4 else "**do not agree**"
        lines.append(f"* Logits of the record in PyTorch and Einthoven {verdict}: {check['einthoven']:.1e} apart.")
    if "error" in check:
        lines.append(f"* Logits were not compared: {check['error']}")
    return "\n".join(lines)


def forward(facts):
    """Rows per second, with shares of the matrix product and multiples of ONNX Runtime."""
    rows = facts["forward"]
    per_row = 2 * facts["material"]["multiply_adds"] / 1e9
    peaks = {}
    for threads in {row["threads"] for row in rows}:
        ours = [row.get("gemm_peak_gflops") or 0 for row in rows if row["threads"] == threads]
        peaks[threads] = max([facts["gemm"].get(str(threads), 0), *ours])
    lines = ["## Bare forward pass", ""]
    shown = ", ".join(f"{peaks[threads]:.0f} GFLOP/s on {plural(threads)}" for threads in sorted(peaks))
    lines += [f"Largest rate of a matrix product in f32 on this machine: {shown}.", ""]
    lines += header("threads", "batch", "program", "rows/s", "GFLOP/s", "share of peak", "x ONNX Runtime")
    for row in rows:
        name = NAMES[row["program"]] + (f", {VARIANTS[row['variant']]}" if row["variant"] else "")
        start = [row["threads"], row["batch"], name]
        if "error" in row:
            lines.append(cells([*start, f"failed: {row['error']}", "", "", ""]))
            continue
        rate = row["rows_per_second"]
        share = f"{100 * rate * per_row / peaks[row['threads']]:.0f} %" if peaks[row["threads"]] else ""
        peer = one(rows, program="onnxruntime", threads=row["threads"], batch=row["batch"])
        ratio = f"{rate / peer['rows_per_second']:.2f}" if peer and "rows_per_second" in peer else ""
        lines.append(cells([*start, f"{rate:.0f}", f"{rate * per_row:.1f}", share, ratio]))
    return "\n".join(lines)


def explain(facts):
    """One section of rows for each kind of players, and what their errors are measured against."""
    rows = facts["explain"]
    threads = rows[0]["threads"]
    lines = ["## One explanation", ""]
    lines += [f"On {plural(threads)}. Columns are explained in `benches/peers/README.md`."]
    for players in dict.fromkeys(row["players"] for row in rows):
        group = [row for row in rows if row["players"] == players]
        lines += ["", f"### {players}", "", about(facts, players), ""]
        lines += header(
            *["budget", "program", "method", "evaluations", "outputs", "seconds", "process seconds", "MiB over base"],
            *["error, first output", "error, mean", "x Einthoven at equal budget", "x Einthoven at equal error"],
        )
        lines += [explain_row(row, group) for row in group]
        lines += ["", *best(group)]
    return "\n".join(lines)


def about(facts, players):
    reference = facts["references"].get(players)
    text = "No reference: errors are not known."
    if reference:
        text = f"Reference: {reference['method']}, {reference['evaluations']} evaluations"
        expected = reference["expected_error"]
        text += f", of relative error {expected:.0e} by its standard errors." if expected else "."
    tuning = facts["tuning"].get(players)
    if tuning:
        text += f" Batches of the peers: {tuning['batch']} rows; perturbations per call of Captum:"
        text += f" KernelShap {tuning['KernelShap']}, ShapleyValueSampling {tuning['ShapleyValueSampling']}."
    return text


def explain_row(row, group):
    start = [row["budget"], NAMES.get(row["program"], row["program"]), row["method"]]
    if "error" in row:
        return cells([*start, f"failed: {row['error']}"] + [""] * 8)
    middle = [row["evaluations"], row["outputs"], f"{row['seconds']:.2f}"]
    middle += [f"{row['process_seconds']:.2f}" if "process_seconds" in row else ""]
    middle += [f"{row['over_base_bytes'] / MIB:.0f}"]
    middle += [f"{row[name]:.1e}" if name in row else "" for name in ("error_first", "error_mean")]
    ratios = ["", ""] if row["program"] == "einthoven" else [equal_budget(row, group), equal_error(row, group)]
    return cells([*start, *middle, *(f"{ratio:.1f}" if ratio else "" for ratio in ratios)])


def equal_budget(row, group):
    """The row's seconds over those of our fastest method at the same budget."""
    ours = [other["seconds"] for other in answered(group, "einthoven") if other["budget"] == row["budget"]]
    return row["seconds"] / min(ours) if ours and "seconds" in row else None


def equal_error(row, group):
    """The row's seconds over those that we need for an error as large.

    Between two budgets of one of our methods seconds are interpolated, in logarithms of errors and seconds. Values
    that are exact but for rounding are not interpolated to.
    """
    measure = "error_mean" if "error_mean" in row else "error_first"
    if measure not in row:
        return None
    ours = [other for other in answered(group, "einthoven") if measure in other]
    found = [other["seconds"] for other in ours if other[measure] <= row[measure]]
    for method in {other["method"] for other in ours}:
        rough = sorted((o[measure], o["seconds"]) for o in ours if o["method"] == method and o[measure] > EXACT)
        for (low, slow), (high, fast) in zip(rough, rough[1:]):
            if low < row[measure] < high and fast < slow:
                share = log(row[measure] / low) / log(high / low)
                found.append(slow * (fast / slow) ** share)
    return row["seconds"] / min(found) if found else None


def best(group):
    """For each budget, the peers that come closest."""
    lines = []
    for budget in dict.fromkeys(row["budget"] for row in group):
        peers = [row for row in answered(group) if row["budget"] == budget and row["program"] != "einthoven"]
        found = []
        for ratio, words in [(equal_budget, "at equal budget"), (equal_error, "at equal error")]:
            ratios = [(ratio(row, group), f"{row['program']} {row['method']}") for row in peers]
            ratios = [pair for pair in ratios if pair[0]]
            if ratios:
                found.append(f"{min(ratios)[0]:.1f}x the speed of the best peer {words} ({min(ratios)[1]})")
        # A peer whose error we do not reach has no ratio; to leave it out silently would flatter us.
        known = [row for row in peers if "error_first" in row and answered(group, "einthoven")]
        ahead = [f"{row['program']} {row['method']}" for row in known if not equal_error(row, group)]
        if ahead:
            found.append(f"no row of Einthoven has an error as small as {', '.join(ahead)}")
        if found:
            lines.append(f"* Budget {budget}: {', '.join(found)}.")
    return lines


def answered(group, program=None):
    return [row for row in group if "seconds" in row and program in (None, row["program"])]


def one(rows, **fields):
    return next((row for row in rows if all(row[name] == value for name, value in fields.items())), None)


def line(row):
    """A row on the terminal while the run goes on."""
    names = ["players", "budget", "threads", "batch", "program", "variant", "method", "evaluations", "seconds"]
    names += ["rows_per_second", "error_first", "error_mean", "error"]
    shown = (f"{row[name]:.4g}" if isinstance(row[name], float) else str(row[name]) for name in names if row.get(name))
    return "  ".join(shown)


def plural(threads):
    return f"{threads} thread{'' if threads == 1 else 's'}"


def header(*names):
    return [cells(names), "|" + "---|" * len(names)]


def cells(values):
    return "| " + " | ".join(str(value).replace("|", "/") for value in values) + " |"
