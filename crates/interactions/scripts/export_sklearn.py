"""Writes a scikit-learn tree model as JSON that `einthoven trees` reads.

    import joblib
    from export_sklearn import export
    export(joblib.load("model.joblib"), "model.json")

or, for a model that was saved by joblib or pickle (which runs code of whoever made the file, so trust them):

    python export_sklearn.py model.joblib model.json

Decision trees, random forests, extra trees, gradient boosting and histogram gradient boosting, for regression and
classification. Classifiers of trees and forests are explained as the probability of each class, boosted classifiers as
their raw score (log-odds). The layout is described in crates/interactions/src/trees/exported.rs.
"""

import json
import sys

import numpy as np
import sklearn


def export(model, path):
    """Writes a fitted model."""
    with open(path, "w") as file:
        json.dump(document(model), file, separators=(",", ":"), allow_nan=False)


def document(model):
    """What is written, as a dictionary."""
    kind = type(model).__name__
    names = getattr(model, "feature_names_in_", None)
    classes = [str(name) for name in np.asarray(getattr(model, "classes_", []), dtype=object).ravel()]
    if kind.startswith("HistGradientBoosting"):
        float32, probability, base, trees = False, False, *histogram_boosting(model)
    elif kind.startswith("GradientBoosting"):
        float32, probability, base, trees = True, False, *gradient_boosting(model)
    elif kind.startswith(("DecisionTree", "ExtraTree", "RandomForest")):
        float32, probability, base, trees = True, bool(classes), *forest(model)
    else:
        raise SystemExit(f"{kind} is not supported; expected decision trees, random forests, extra trees or gradient boosting")
    if classes:
        outputs = classes[-1:] if len(base) == 1 and len(classes) == 2 else classes
    else:
        outputs = ["output"] if len(base) == 1 else [str(at) for at in range(len(base))]
    return {
        "format": "einthoven-trees",
        "version": 1,
        "source": f"scikit-learn {sklearn.__version__}, {kind}",
        "feature_names": None if names is None else [str(name) for name in names],
        "n_features": int(model.n_features_in_),
        "outputs": outputs,
        "base": [float(value) for value in base],
        "float32": float32,
        "probability": probability,
        "trees": trees,
    }


def forest(model):
    """The mean over trees; a tree alone is a forest of one."""
    members = getattr(model, "estimators_", [model])
    trees = [tree(member.tree_, None, 1.0 / len(members), hasattr(model, "classes_")) for member in members]
    return [0.0] * len(trees[0]["value"][0]), trees


def gradient_boosting(model):
    """Initial value plus learning rate times trees."""
    base = np.asarray(model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32)))[0]
    if type(model.init_).__name__ not in ("DummyClassifier", "DummyRegressor", "str"):
        raise SystemExit("gradient boosting with an `init` of its own is not supported: it is not a sum of trees")
    trees = [
        tree(member.tree_, output, model.learning_rate, False)
        for stage in model.estimators_
        for output, member in enumerate(stage)
    ]
    return base, trees


def tree(raw, output, scale, is_classifier):
    """One of scikit-learn's trees."""
    values = raw.value
    if is_classifier:
        if values.shape[1] != 1:
            raise SystemExit("classifiers of several targets are not supported; export one for each target")
        values = values[:, 0, :]
        values = values / values.sum(axis=1, keepdims=True)
    else:
        values = values[:, :, 0]
    is_leaf = raw.children_left < 0
    missing = getattr(raw, "missing_go_to_left", np.zeros(raw.node_count))
    return {
        "output": output,
        "feature": [-1 if leaf else int(feature) for leaf, feature in zip(is_leaf, raw.feature)],
        "threshold": [0.0 if leaf else float(threshold) for leaf, threshold in zip(is_leaf, raw.threshold)],
        "left": raw.children_left.tolist(),
        "right": raw.children_right.tolist(),
        "missing_left": [bool(left) for left in missing],
        "cover": raw.weighted_n_node_samples.tolist(),
        "value": (scale * values).tolist(),
    }


def histogram_boosting(model):
    """Initial value plus trees, whose leaves hold the learning rate already."""
    trees = []
    for stage in model._predictors:
        for output, predictor in enumerate(stage):
            nodes = predictor.nodes
            is_leaf = nodes["is_leaf"].astype(bool)
            if nodes["is_categorical"].any():
                raise SystemExit("categorical features of histogram gradient boosting are not supported")
            largest = np.finfo(np.float64).max
            trees.append({
                "output": output,
                "feature": np.where(is_leaf, -1, nodes["feature_idx"].astype(np.int64)).tolist(),
                "threshold": np.where(is_leaf, 0.0, np.minimum(nodes["num_threshold"], largest)).tolist(),
                "left": np.where(is_leaf, -1, nodes["left"].astype(np.int64)).tolist(),
                "right": np.where(is_leaf, -1, nodes["right"].astype(np.int64)).tolist(),
                "missing_left": nodes["missing_go_to_left"].astype(bool).tolist(),
                "cover": nodes["count"].astype(float).tolist(),
                "value": [[float(value)] for value in nodes["value"]],
            })
    return np.ravel(model._baseline_prediction), trees


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    import joblib

    export(joblib.load(sys.argv[1]), sys.argv[2])
