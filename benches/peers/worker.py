"""One job in a process of its own: `worker.py JOB`, a JSON object; the last line printed is the answer, JSON too.

Started by compare.py, gradients.py and amortize.py, which set the threads.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch


def prepare(job):
    """Writes record and network, and says what PyTorch makes of them."""
    import material
    import network

    written = material.write(job["folder"], job["model"], job["seed"])
    weights = Path(written or job["model"])
    record = Path(job["folder"]) / "record.npy"
    classifier, card = network.load(weights)
    signal = torch.from_numpy(np.load(record))[None]
    if list(card["leads"]) != material.LEADS or card["preparation"]["n_samples"] != signal.shape[2]:
        raise ValueError("the model must read the twelve standard leads of 10 s at 100 Hz")
    with torch.inference_mode():
        logits, fused = classifier(signal)[0], network.folded(classifier)(signal)[0]
        empty = classifier(torch.zeros_like(signal))[0]
    return {
        "weights": str(weights),
        "record": str(record),
        "name": card["name"],
        "outputs": card["outputs"],
        "parameters": sum(tensor.numel() for tensor in classifier.parameters()),
        "multiply_adds": network.multiply_adds(classifier, *signal.shape[1:]),
        "logits": logits.tolist(),
        "folded_difference": (logits - fused).abs().max().item(),
        "empty_logits": empty.tolist(),
    }


def versions(job):
    """Versions of everything that is measured, and the processor."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": sys.version.split()[0]}
    for name in ["torch", "onnxruntime", "captum", "shap", "shapiq", "numpy"]:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {"versions": found, "cpu_capability": torch.backends.cpu.get_cpu_capability()}


def jobs():
    import amortize
    import explainers
    import forward
    import gradients

    return {
        "prepare": prepare,
        "versions": versions,
        "torch": forward.pytorch,
        "onnxruntime": forward.onnxruntime,
        "matrix_product": forward.matrix_product,
        "tune": explainers.tune,
        "explain": explainers.explain,
        "gradients": gradients.captum,
        "amortize": amortize.pytorch,
    }


def main():
    job = json.loads(sys.argv[1])
    try:
        torch.set_num_threads(job["threads"])
        torch.set_num_interop_threads(1)
        answer = jobs()[job["kind"]](job)
    except Exception as error:  # whatever a peer throws becomes a row of the table
        text = " ".join(str(error).split()) or "no message"
        answer = {"error": f"{type(error).__name__}: {text[:200]}"}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
