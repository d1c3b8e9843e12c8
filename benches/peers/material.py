"""What is measured on: a record, and a network with seeded random weights, as files that Einthoven and PyTorch read."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from network import Classifier, XResNet1d

LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
OUTPUTS = ["NORM", "MI", "STTC", "CD", "HYP"]
RATE, SAMPLES = 100.0, 1000
STD_MV = 0.2

_FAMILY = {
    "n_leads": 12,
    "stem": [32, 32, 64],
    "stem_stride": 2,
    "widths": [64, 64, 64, 64],
    "strides": [1, 2, 2, 2],
    "kernel_size": 5,
    "hidden": 128,
    "dropout": [0.25, 0.5],
    "n_outputs": 5,
}
CONFIGS = {
    "xresnet1d18": {**_FAMILY, "depths": [2, 2, 2, 2], "expansion": 1},
    "xresnet1d50": {**_FAMILY, "depths": [3, 4, 6, 3], "expansion": 4},
}


def record(seed):
    """Ten seconds of a regular rhythm at 75 per minute in millivolts, `[leads, samples]`.

    Each beat is five Gaussian bumps (P, Q, R, S, T) with random heights in eight leads; the other four follow from I
    and II by Einthoven's law, as in any true record.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(SAMPLES) / RATE
    measured = np.zeros((8, SAMPLES))
    # Centre and width in seconds, height in mV.
    waves = [(-0.16, 0.025, 0.12), (-0.03, 0.01, -0.1), (0.0, 0.012, 1.0), (0.03, 0.01, -0.3), (0.26, 0.05, 0.3)]
    for centre, width, height in waves:
        heights = height * rng.normal(0.7, 0.5, size=(8, 1))
        for beat in np.arange(0.4, SAMPLES / RATE, 0.8):
            measured += heights * np.exp(-0.5 * ((time - beat - centre) / width) ** 2)
    measured += 0.02 * rng.normal(size=measured.shape)
    one, two, chest = measured[0], measured[1], measured[2:]
    limb = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return np.concatenate([np.stack(limb), chest]).astype(np.float32)


def random_network(config, signal, seed):
    """A network whose activations are of order one through its depth, though its weights are random.

    Batch norms get random gains and shifts, and as running statistics those of a batch of masked and noisy copies of
    the record, so that a network for evaluation normalises what really comes by.
    """
    torch.manual_seed(seed)
    network = XResNet1d(config)
    for module in network.modules():
        if isinstance(module, nn.Conv1d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if isinstance(module, nn.BatchNorm1d):
            nn.init.uniform_(module.weight, 0.6, 1.4)
            nn.init.normal_(module.bias, 0.0, 0.2)
            module.momentum = None
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    signal = torch.from_numpy(signal)
    kept = (torch.rand(64, signal.shape[0], 20) < 0.7).float().repeat_interleave(SAMPLES // 20, dim=2)
    batch = signal * kept + 0.02 * torch.randn(64, *signal.shape)
    with torch.no_grad():
        network.train()(batch / STD_MV)
    return Classifier(network.eval(), 0.0, STD_MV)


def write(folder, config_name, seed):
    """Writes `record.npy` and the weights with their card into a folder; the path of the weights."""
    folder = Path(folder)
    signal = record(seed)
    np.save(folder / "record.npy", signal)
    if config_name not in CONFIGS:
        return None
    config = CONFIGS[config_name]
    state = random_network(config, signal, seed).network.state_dict()
    state = {key: tensor.contiguous() for key, tensor in state.items() if tensor.is_floating_point()}
    weights = folder / f"{config_name}.safetensors"
    # The entry marks a weights file with its card beside it.
    save_file(state, weights, metadata={"einthoven-model": "1"})
    card = {
        "name": f"{config_name} with random weights",
        "notice": "Not a medical device. This network has learned nothing; it is for measuring speed.",
        "description": f"Random weights of seed {seed}, for comparing programs.",
        "architecture": config,
        "outputs": OUTPUTS,
        "leads": LEADS,
        "preparation": {"rate": RATE, "n_samples": SAMPLES, "highpass_hz": None, "mains_hz": None},
        "normalisation": {"mean": 0.0, "std": STD_MV},
        "thresholds": [0.5] * len(OUTPUTS),
    }
    weights.with_suffix(".json").write_text(json.dumps(card, indent=2))
    return weights


def owners(players, n_leads, n_samples):
    """The player of each cell, `[leads, samples]`, and the number of players, as Einthoven's `--players` has them."""
    kind, _, count = players.partition(":")
    window = np.zeros(n_samples, dtype=np.int64)
    if count:
        starts = [w * n_samples // int(count) for w in range(int(count))]
        window[starts[1:]] = 1
        window = np.cumsum(window)
    lead = np.arange(n_leads)[:, None]
    if kind == "leads" and not count:
        owner = np.repeat(lead, n_samples, axis=1)
    elif kind == "windows":
        owner = np.repeat(window[None], n_leads, axis=0)
    elif kind == "leads*windows":
        owner = lead * int(count) + window[None]
    else:
        raise ValueError(f"players are leads, windows:N or leads*windows:N, not {players}")
    return owner, int(owner.max()) + 1
