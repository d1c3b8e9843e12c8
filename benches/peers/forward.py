"""Rows per second of the bare forward pass in PyTorch and ONNX Runtime, and the machine's matrix product."""

import time
import warnings
from pathlib import Path

import numpy as np
import torch

import network


def best_seconds(call, seconds):
    """The shortest time of a call, after one that is not counted; Einthoven's own program takes the shortest too."""
    call()
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


def pytorch(job):
    """PyTorch in one of its ways: as written, batch norms folded, frozen TorchScript, or compiled by Inductor."""
    classifier, card = network.load(job["weights"])
    batch = random_batch(card, job["batch"])
    variant = job["variant"]
    with torch.inference_mode(), warnings.catch_warnings():
        # TorchScript is deprecated, and the fastest that PyTorch has on some machines.
        warnings.simplefilter("ignore")
        model = classifier if variant == "eager" else network.folded(classifier)
        if variant == "TorchScript":
            model = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(classifier, batch)))
        elif variant == "compiled":
            model = torch.compile(model)
        difference = (model(batch) - classifier(batch)).abs().max().item()
        best = best_seconds(lambda: model(batch), job["seconds"])
    return {"rows_per_second": job["batch"] / best, "difference": difference}


def onnxruntime(job):
    """ONNX Runtime on the CPU with all graph optimisations."""
    import onnxruntime as ort

    classifier, card = network.load(job["weights"])
    path = Path(job["folder"]) / (Path(job["weights"]).stem + ".onnx")
    if job["export"] or not path.exists():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            axes = {"signals": {0: "rows"}, "logits": {0: "rows"}}
            names = {"input_names": ["signals"], "output_names": ["logits"], "dynamic_axes": axes}
            example = (random_batch(card, 2),)
            torch.onnx.export(classifier, example, str(path), opset_version=17, dynamo=False, **names)
    options = ort.SessionOptions()
    options.intra_op_num_threads = job["threads"]
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    batch = random_batch(card, job["batch"])
    inputs = {"signals": batch.numpy()}
    with torch.inference_mode():
        difference = np.abs(session.run(None, inputs)[0] - classifier(batch).numpy()).max().item()
    best = best_seconds(lambda: session.run(None, inputs), job["seconds"])
    return {"rows_per_second": job["batch"] / best, "difference": difference}


def matrix_product(job):
    """Best rate of a 2048 x 2048 x 2048 product in f32: what the machine can do at most."""
    size = 2048
    a, b = torch.randn(size, size), torch.randn(size, size)
    out = torch.empty(size, size)
    best = best_seconds(lambda: torch.mm(a, b, out=out), job["seconds"])
    return {"gflops": 2 * size**3 / best / 1e9}


def random_batch(card, rows):
    torch.manual_seed(1)
    shape = (rows, card["architecture"]["n_leads"], card["preparation"]["n_samples"])
    return card["normalisation"]["std"] * torch.randn(shape)
