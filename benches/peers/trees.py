"""Rows per second of exact tree explanations, ours beside those of shap, shapiq, Woodelf and XGBoost; see README.md."""

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

# The peers get one core; shapiq's interventional explainer would take all. Libraries read this as they are loaded.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402

N_FEATURES, N_TRAIN, N_BACKGROUND = 40, 20000, 100
# What is asked, with the rows that a peer gets: those are many times slower, and so are fewer.
TASKS = {
    "path-dependent SV": (["SV", "1"], False, 1000),
    "path-dependent k-SII order 2": (["k-SII", "2"], False, 1000),
    "interventional SV": (["SV", "1"], True, 1000),
    "interventional SII order 2": (["SII", "2"], True, 1000),
}


def main():
    options = arguments()
    warnings.filterwarnings("ignore")
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    prepare(folder, options)
    seconds, first = {}, {}
    peers = explainers(folder, options)
    for repeat in range(options.repeats):
        # Programs take turns, so that a busy machine is busy for all of them.
        for (task, name), (rows, explain) in peers.items():
            found, took = explain()
            seconds.setdefault((task, name), []).append(took)
            first[task, name] = found
        for task, (asked, has_background, _) in TASKS.items():
            for threads in options.threads:
                found, took = ours(folder, asked, has_background, options, threads)
                seconds.setdefault((task, f"einthoven, {threads} thread{'s' if threads > 1 else ''}"), []).append(took)
                first[task, "einthoven"] = found
    report(seconds, first, {key: rows for key, (rows, _) in peers.items()}, options)


def prepare(folder, options):
    import xgboost

    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_TRAIN, N_FEATURES)).astype(np.float32)
    y = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) * x[:, 3] + x[:, 4:12] @ rng.normal(size=8)
    y += 0.3 * np.abs(x[:, 12:20]).sum(axis=1) + rng.normal(size=N_TRAIN)
    names = [f"x{at}" for at in range(N_FEATURES)]
    if not (folder / "model.json").exists():
        params = {"max_depth": options.depth, "eta": 0.05, "tree_method": "hist", "nthread": 2}
        model = xgboost.train(params, xgboost.DMatrix(x, y, feature_names=names), options.trees)
        model.save_model(folder / "model.json")
    for name, part in (("rows.csv", x[:1000]), ("background.csv", x[1000 : 1000 + N_BACKGROUND])):
        np.savetxt(folder / name, part, delimiter=",", header=",".join(names), comments="", fmt="%.9g")


def explainers(folder, options):
    """For each task and peer, how many rows it gets, and what explains them: values of the first row, and seconds."""
    import shap
    import shapiq
    import xgboost

    load = lambda name: np.loadtxt(folder / name, delimiter=",", skiprows=1)
    rows, background = load("rows.csv"), load("background.csv")
    model = xgboost.Booster()
    model.load_model(folder / "model.json")
    model.set_param({"nthread": 1})
    matrix = lambda n: xgboost.DMatrix(rows[:n], feature_names=model.feature_names)
    few, fewer = options.rows, max(1, options.rows // 10)

    def timed(run, read):
        def explain():
            start = time.perf_counter()
            found = run()
            took = time.perf_counter() - start
            return read(found), took

        return explain

    def theirs(n, index, order, mode, backend):
        more = {"reference_dataset": background} if mode == "interventional" else {}
        made = shapiq.TreeExplainer(model=model, index=index, max_order=order, mode=mode, backend=backend, **more)
        made.explain(rows[0])
        read = lambda found: [float(found[0][(at,)]) for at in range(N_FEATURES)]
        return n, timed(lambda: made.explain_X(rows[:n]), read)

    single = lambda found: np.asarray(found)[0].tolist()
    # shap hands XGBoost's models to XGBoost unless it is given its own copy of the trees only.
    own = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    own.model.original_model, own.model.model_type = None, "internal"
    interventional = shap.TreeExplainer(model, background, feature_perturbation="interventional")
    pd, pd2, it, it2 = TASKS
    peers = {
        (pd, "XGBoost pred_contribs"): (
            few, timed(lambda: model.predict(matrix(few), pred_contribs=True), lambda found: found[0][:-1].tolist())
        ),
        (pd, "shap (its C extension)"): (few, timed(lambda: own.shap_values(rows[:few], check_additivity=False), single)),
        (pd, "shapiq QuadratureTreeSHAP"): theirs(few, "SV", 1, "pathdependent", "shapiq"),
        (pd2, "XGBoost pred_interactions"): (
            fewer, timed(lambda: model.predict(matrix(fewer), pred_interactions=True), lambda found: None)
        ),
        (pd2, "shap (its C extension)"): (fewer, timed(lambda: own.shap_interaction_values(rows[:fewer]), lambda found: None)),
        (pd2, "shapiq QuadratureTreeSHAP"): theirs(fewer, "k-SII", 2, "pathdependent", "shapiq"),
        (it, "shap (its C extension)"): (
            few, timed(lambda: interventional.shap_values(rows[:few], check_additivity=False), single)
        ),
        (it, "shapiq InterventionalTreeSHAPIQ"): theirs(few, "SV", 1, "interventional", "shapiq"),
        (it2, "shapiq InterventionalTreeSHAPIQ"): theirs(fewer, "SII", 2, "interventional", "shapiq"),
    }
    if options.woodelf:
        # Its cost is mostly one for all rows, so it gets them all.
        peers[pd, "shapiq with Woodelf"] = theirs(1000, "SV", 1, "pathdependent", "woodelf")
        peers[it, "shapiq with Woodelf"] = theirs(1000, "SV", 1, "interventional", "woodelf")
    return peers


def ours(folder, asked, has_background, options, threads):
    background = ["--background", str(folder / "background.csv")] if has_background else []
    command = [options.einthoven, str(folder / "model.json"), str(folder / "rows.csv"), *background, *asked, "1000"]
    run = subprocess.run(command, check=True, capture_output=True, env=os.environ | {"RAYON_NUM_THREADS": str(threads)})
    found = json.loads(run.stdout)
    return found["first"], found["seconds"]


def report(seconds, first, rows, options):
    print(f"\n{options.trees} trees of depth {options.depth}, {N_FEATURES} features, {N_BACKGROUND} background rows; medians of {options.repeats} runs")
    print("| | program | rows | seconds, median (fastest) | rows/s | einthoven, 1 thread, / this: median (fastest) | largest difference |")
    print("|---|---|---|---|---|---|---|")
    for task in TASKS:
        base, best = [1000 / of(seconds[task, "einthoven, 1 thread"]) for of in (np.median, min)]
        for (of, name), runs in seconds.items():
            if of == task:
                n = rows.get((task, name), 1000)
                took = np.median(runs)
                values = first.get((task, name))
                ours = first[task, "einthoven"]
                difference = "" if values is None or "order 2" in task else f"{np.abs(np.subtract(values, ours)).max():.1e}"
                ratios = f"{base * took / n:.1f} ({best * min(runs) / n:.1f})"
                print(f"| {task} | {name} | {n} | {took:.3f} ({min(runs):.3f}) | {n / took:.1f} | {ratios} | {difference} |")
    sys.stdout.flush()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where model and rows are kept")
    parser.add_argument("--trees", type=int, default=500)
    parser.add_argument("--depth", type=int, default=8)
    parser.add_argument("--rows", type=int, default=100, help="rows of a peer; of interactions a tenth")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=lambda text: [int(n) for n in text.split(",")], default=[1, 2])
    parser.add_argument("--woodelf", action="store_true", help="with the package woodelf_explainer too, on all rows")
    parser.add_argument("--einthoven", default="target/release/trees", help="our program `trees`")
    return parser.parse_args()


if __name__ == "__main__":
    main()
