"""One explanation of one record by the peers, each with its own way of asking the model.

A player that is off is zero in millivolts. Every explainer's budget is counted in rows that the model evaluates.
"""

import importlib
import random
import time
import warnings

import numpy as np
import torch

import material
import memory
import network


class Game:
    """The model as a function of who plays; counts the rows that it evaluates."""

    def __init__(self, job):
        classifier, _ = network.load(job["weights"])
        self.model = network.folded(classifier)
        self.signal = torch.from_numpy(np.load(job["record"]))
        owner, self.n_players = material.owners(job["players"], *self.signal.shape)
        self.owner = torch.from_numpy(owner)
        self.batch = job.get("batch", 64)
        self.rows = 0

    def forward(self, x):
        """Logits `[rows, outputs]` of signals `[rows, leads, samples]`."""
        self.rows += x.shape[0]
        with torch.inference_mode():
            return self.model(x)

    def logits(self, coalitions):
        """Logits `[rows, outputs]` of coalitions `[rows, players]`, in batches."""
        kept = torch.from_numpy(np.asarray(coalitions, dtype=np.float32).reshape(-1, self.n_players))
        values = [self.forward(part[:, self.owner] * self.signal) for part in kept.split(self.batch)]
        return torch.cat(values).double().numpy()

    def first(self, coalitions):
        """Logits of the first output `[rows]`."""
        return self.logits(coalitions)[:, 0]

    def of_cells(self, attribution):
        """The value of each player from values of cells `[1, leads, samples]`."""
        values = np.zeros(self.n_players)
        values[self.owner.flatten()] = attribution[0].flatten().numpy()
        return values


def captum_kernel(game, budget, seed, per_call):
    from captum.attr import KernelShap

    inputs = {"feature_mask": game.owner[None], "baselines": 0.0, "target": 0}
    explainer = KernelShap(game.forward)
    options = {"n_samples": budget, "perturbations_per_eval": per_call, "return_input_shape": False}
    return explainer.attribute(game.signal[None], **inputs, **options)


def captum_sampling(game, budget, seed, per_call):
    from captum.attr import ShapleyValueSampling

    inputs = {"feature_mask": game.owner[None], "baselines": 0.0, "target": 0}
    explainer = ShapleyValueSampling(game.forward)
    # The empty coalition once, then every step of each permutation.
    n_samples = max((budget - 1) // game.n_players, 1)
    values = explainer.attribute(game.signal[None], **inputs, n_samples=n_samples, perturbations_per_eval=per_call)
    return game.of_cells(values)


def shap_kernel(game, budget, seed, per_call):
    import shap

    explainer = shap.KernelExplainer(game.logits, np.zeros((1, game.n_players)))
    # The empty and the full coalition come on top of nsamples; selecting features would bias what is compared.
    everyone = np.ones(game.n_players)
    return explainer.shap_values(everyone, nsamples=budget - 2, l1_reg=0, silent=True).T


def shap_permutation(game, budget, seed, per_call):
    import shap

    masker = shap.maskers.Independent(np.zeros((1, game.n_players)))
    explainer = shap.PermutationExplainer(game.logits, masker, seed=seed)
    explanation = explainer(np.ones((1, game.n_players)), max_evals=budget, batch_size=budget, silent=True)
    return explanation.values[0].T


def shapiq_kernel(game, budget, seed, per_call):
    import shapiq

    approximator = shapiq.KernelSHAP(n=game.n_players, pairing_trick=True, random_state=seed)
    return of_interactions(approximator.approximate(budget=budget, game=game.first), game.n_players)


def shapiq_permutation(game, budget, seed, per_call):
    import shapiq

    approximator = shapiq.PermutationSamplingSV(n=game.n_players, random_state=seed)
    # So many permutations a call that their batches fill up.
    together = max(1024 // (game.n_players - 1), 1)
    values = approximator.approximate(budget=budget, game=game.first, batch_size=together)
    return of_interactions(values, game.n_players)


def of_interactions(values, n_players):
    return np.array([values[(player,)] for player in range(n_players)])


EXPLAINERS = {
    ("captum", "KernelShap"): captum_kernel,
    ("captum", "ShapleyValueSampling"): captum_sampling,
    ("shap", "KernelExplainer"): shap_kernel,
    ("shap", "PermutationExplainer"): shap_permutation,
    ("shapiq", "KernelSHAP"): shapiq_kernel,
    ("shapiq", "PermutationSamplingSV"): shapiq_permutation,
}


def explain(job):
    """One explanation: values `[outputs explained, players]`, what it cost, and the evaluations it took."""
    warnings.simplefilter("ignore")
    game = Game(job)
    explainer = EXPLAINERS[job["program"], job["method"]]
    per_call = job.get("per_call", 1)
    # What is resident before: the libraries, the model, and what one row takes.
    importlib.import_module(job["program"])
    game.logits(np.ones(game.n_players))
    watch = memory.Watch()
    # A first call pays for what is set up once, and for threads that start.
    explainer(game, 2 * game.n_players + 2, 0, per_call)
    game.logits(np.ones((game.batch, game.n_players)))
    game.rows = 0
    for seeded in (random.seed, np.random.seed, torch.manual_seed):
        seeded(job["seed"])
    start = time.perf_counter()
    values = explainer(game, job["budget"], job["seed"], per_call)
    seconds = time.perf_counter() - start
    values = np.atleast_2d(np.asarray(values, dtype=np.float64))
    cost = {"seconds": seconds, "evaluations": game.rows, **watch.result()}
    return {"values": values.tolist(), **cost}


def tune(job):
    """The fastest batch of the model for these players, and the fastest number of perturbations per call of Captum."""
    warnings.simplefilter("ignore")
    game = Game(job)
    coalitions = np.ones((256, game.n_players))

    def in_batches(batch):
        game.batch = batch
        game.logits(coalitions)

    sizes = [16, 32, 64, 128, 256]
    choice = {"batch": fastest(game, sizes, in_batches)}
    # No call of ShapleyValueSampling goes beyond one permutation.
    short = [size for size in sizes if size < game.n_players] + [game.n_players]
    for method, candidates in [("KernelShap", sizes), ("ShapleyValueSampling", short)]:
        explainer = EXPLAINERS["captum", method]
        try:
            choice[method] = fastest(game, candidates, lambda size: explainer(game, 256, 0, size))
        except Exception:  # the method's own row will say why
            choice[method] = min(64, game.n_players)
    return choice


def fastest(game, candidates, call):
    """The candidate whose call evaluates most rows a second, in the best of three rounds over all of them."""
    rates = dict.fromkeys(candidates, 0.0)
    for candidate in candidates:
        call(candidate)
    for _ in range(3):
        for candidate in candidates:
            game.rows, start = 0, time.perf_counter()
            call(candidate)
            rates[candidate] = max(rates[candidate], game.rows / (time.perf_counter() - start))
    return max(rates, key=rates.get)
