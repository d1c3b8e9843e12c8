"""The xresnet1d family in PyTorch, as Einthoven has it: same names of weights, same pools, same head.

The module tree is the published one, a sequence of the stem's convolutions, a max-pool, the stages and the head, so a
state dict of either program fits the other.
"""

import json
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn
from torch.fx.experimental.optimization import fuse


class ConvNorm(nn.Sequential):
    """Convolution without bias, batch norm, and perhaps a ReLU."""

    def __init__(self, c_in, c_out, kernel, stride, relu):
        conv = nn.Conv1d(c_in, c_out, kernel, stride, padding=kernel // 2, bias=False)
        super().__init__(conv, nn.BatchNorm1d(c_out), *([nn.ReLU()] if relu else []))


class Block(nn.Module):
    """ReLU of the sum of a chain of convolutions and an identity path."""

    def __init__(self, c_in, width, stride, expansion, kernel):
        super().__init__()
        c_out = width * expansion
        if expansion == 1:
            convs = [ConvNorm(c_in, width, kernel, stride, True), ConvNorm(width, c_out, kernel, 1, False)]
        else:
            convs = [
                ConvNorm(c_in, width, 1, 1, True),
                ConvNorm(width, width, kernel, stride, True),
                ConvNorm(width, c_out, 1, 1, False),
            ]
        self.convs = nn.Sequential(*convs)
        # The last window of the pool may be shorter.
        identity = [nn.AvgPool1d(stride, ceil_mode=True, count_include_pad=False)] if stride != 1 else []
        if c_in != c_out:
            identity.append(ConvNorm(c_in, c_out, 1, 1, False))
        self.idpath = nn.Sequential(*identity)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.convs(x) + self.idpath(x))


class MaxAndMean(nn.Module):
    """Maximum and mean over time, `[batch, 2 * channels, 1]`."""

    def forward(self, x):
        return torch.cat([x.amax(dim=2, keepdim=True), x.mean(dim=2, keepdim=True)], dim=1)


class XResNet1d(nn.Sequential):
    """From normalised signals `[batch, leads, samples]` to logits `[batch, outputs]`."""

    def __init__(self, config):
        kernel = config["kernel_size"]
        channels, layers = config["n_leads"], []
        for i, width in enumerate(config["stem"]):
            layers.append(ConvNorm(channels, width, kernel, config["stem_stride"] if i == 0 else 1, True))
            channels = width
        layers.append(nn.MaxPool1d(3, 2, padding=1))
        for width, depth, stride in zip(config["widths"], config["depths"], config["strides"]):
            blocks = []
            for i in range(depth):
                blocks.append(Block(channels, width, stride if i == 0 else 1, config["expansion"], kernel))
                channels = width * config["expansion"]
            layers.append(nn.Sequential(*blocks))
        hidden, (first, last) = config["hidden"], config["dropout"]
        head = [MaxAndMean(), nn.Flatten(), nn.BatchNorm1d(2 * channels), nn.Dropout(first)]
        head += [nn.Linear(2 * channels, hidden), nn.ReLU(), nn.BatchNorm1d(hidden), nn.Dropout(last)]
        head += [nn.Linear(hidden, config["n_outputs"])]
        layers.append(nn.Sequential(*head))
        super().__init__(*layers)


class Classifier(nn.Module):
    """A network with the normalisation of its card: it reads millivolts."""

    def __init__(self, network, mean, std):
        super().__init__()
        self.network, self.mean, self.std = network, mean, std

    def forward(self, x):
        return self.network((x - self.mean) / self.std)


def load(weights):
    """The classifier of a safetensors file with its card beside it, in evaluation mode, and the card."""
    weights = Path(weights)
    card = json.loads(weights.with_suffix(".json").read_text())
    network = XResNet1d(card["architecture"])
    with safe_open(weights, framework="pt") as file:
        state = {key: file.get_tensor(key) for key in file.keys()}
    missing, unexpected = network.load_state_dict(state, strict=False)
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ValueError(f"the weights do not fit the architecture: missing {missing}, unexpected {unexpected}")
    scale = card["normalisation"]
    return Classifier(network, scale["mean"], scale["std"]).eval(), card


def folded(classifier):
    """The same classifier for inference: batch norms and the normalisation folded into the convolutions before them.

    The normalisation is folded as far as it can be: the division goes into the first convolution; a mean other than
    zero stays a subtraction, since the zeros that pad a convolution are zeros of the normalised signal.
    """
    network = fuse(classifier.network.eval())
    first = next(module for module in network.modules() if isinstance(module, nn.Conv1d))
    with torch.no_grad():
        first.weight /= classifier.std
    return Classifier(network, classifier.mean, 1.0).eval() if classifier.mean else network.eval()


def multiply_adds(classifier, n_leads, n_samples):
    """Multiply-adds of the convolutions and linear layers for one row."""
    total = 0

    def count(module, inputs, output):
        nonlocal total
        per_output = module.weight[0].numel()
        total += per_output * output.shape[1] * (output.shape[2] if output.dim() == 3 else 1)

    layers = [module for module in classifier.modules() if isinstance(module, (nn.Conv1d, nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.inference_mode():
        classifier(torch.zeros(1, n_leads, n_samples))
    for hook in hooks:
        hook.remove()
    return total
