"""Stochastic amortization in PyTorch: labels of one walk, what an explainer sees of a record, and the explainer.

The recipe is that of crates/amortize, written as one would write it in PyTorch; only what is measured in amortize.py is here.
"""

import numpy as np
import torch
from torch import nn

import network
from material import owners

# Gradients: at the record, on the straight way to it, and with half of the players faint.
KINDS = 3
WAY = [((1 - 3**-0.5) / 2, 0.5), ((1 + 3**-0.5) / 2, 0.5)]
# Samples of a block, the grain in which a lead is looked at.
BLOCK = 10


class Subject:
    """The explained network in two parts, batch norms folded: from signals to the last feature map, and to logits."""

    def __init__(self, weights):
        classifier, self.card = network.load(weights)
        *body, head = classifier.network.children()
        self.body = network.folded(network.Classifier(nn.Sequential(*body), classifier.mean, classifier.std))
        self.body.requires_grad_(False)
        self.head = head.eval().requires_grad_(False)
        self.outputs = len(self.card["outputs"])

    def logits(self, signals):
        return self.head(self.body(signals))

    def frozen(self, rows):
        """Both parts as frozen TorchScript, for passes without a gradient."""
        whole = nn.Sequential(self.body, self.head).eval()
        return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(whole, rows)))


class Players:
    """Who owns which cell."""

    def __init__(self, players, leads, samples):
        owner, self.n = owners(players, leads, samples)
        self.owner = torch.from_numpy(owner)
        self.shape = owner.shape

    def spread(self, levels):
        """A number for each player, `[rows, players]`, at each cell it owns, `[rows, leads, samples]`."""
        return levels[:, self.owner.reshape(-1)].view(-1, *self.shape)

    def sums(self, cells):
        """Sums over what each player owns, `[rows, players]`."""
        flat = cells.reshape(-1, self.owner.numel())
        return flat.new_zeros(flat.shape[0], self.n).index_add_(1, self.owner.reshape(-1), flat)

    def in_map(self, steps):
        """How each player lies in the samples of a feature map, `[players, steps]`: a mean."""
        samples = self.shape[1]
        place = (torch.arange(samples) * steps // samples).expand(self.shape)
        shares = torch.zeros(self.n, steps).index_put_((self.owner, place), torch.ones(self.shape), accumulate=True)
        return shares / shares.sum(1, keepdim=True)


def walks(n_players, records, seed):
    """The coalitions of one random walk for each record, `[records, players + 1, players]`, and the orders."""
    order = torch.stack([torch.randperm(n_players, generator=seed) for _ in range(records)])
    place = torch.argsort(order, 1)
    return place[:, None] < torch.arange(n_players + 1)[:, None], order


def labels(model, signals, players, rows, seed):
    """The label of one walk for each record, `[records, outputs, players]`; so many rows pass through the network at once."""
    found = []
    with torch.inference_mode():
        for part in signals.split(max(rows // (players.n + 1), 1)):
            masks, order = walks(players.n, len(part), seed)
            levels = masks.flatten(0, 1).float()
            record = torch.arange(len(part)).repeat_interleave(players.n + 1)
            values = torch.cat(
                [model(part[which] * players.spread(level)) for which, level in zip(record.split(rows), levels.split(rows))]
            )
            steps = values.view(len(part), players.n + 1, -1).double().diff(dim=1)
            place = order[..., None].expand(-1, -1, steps.shape[2])
            found.append(torch.empty_like(steps).scatter_(1, place, steps).transpose(1, 2))
    return torch.cat(found)


def points(n_players, halves, faint):
    """Where gradients are taken: levels of the players `[points, players]`, and weights `[kinds, points]`."""
    seed = torch.Generator().manual_seed(0)
    levels, weights = [torch.ones(n_players)], [(0, 1.0)]
    for level, weight in WAY:
        levels.append(torch.full((n_players,), level))
        weights.append((1, weight))
    for _ in range(halves):
        half = torch.zeros(n_players)
        half[torch.randperm(n_players, generator=seed)[: n_players // 2]] = 1.0
        for kept in (half, 1 - half):
            levels.append(faint + (1 - 2 * faint) * kept)
            weights.append((2, 0.5 / halves))
    matrix = torch.zeros(KINDS, len(levels))
    for at, (kind, weight) in enumerate(weights):
        matrix[kind, at] = weight
    return torch.stack(levels), matrix


def see(subject, signals, players, where, batch):
    """What an explainer sees of records: the feature map `[records, steps, channels]`, signal times gradient summed over each
    player `[records, players, kinds * outputs]`, and logits `[records, outputs]`."""
    levels, weights = where
    scale = players.spread(levels)
    maps, gradients, logits = [], [], []
    for part in signals.split(batch):
        with torch.no_grad():
            made = subject.body(part)
            maps.append(made.transpose(1, 2))
            logits.append(subject.head(made))
        rows = (part[:, None] * scale).flatten(0, 1).requires_grad_()
        sums = subject.logits(rows).sum(0)
        kinds = []
        for output, value in enumerate(sums):
            (gradient,) = torch.autograd.grad(value, rows, retain_graph=output + 1 < len(sums))
            gradient = gradient.view(len(part), len(levels), *players.shape)
            gradient = torch.einsum("kp,bpls->bkls", weights, gradient) * part[:, None]
            kinds.append(players.sums(gradient).view(len(part), KINDS, players.n))
        gradients.append(torch.stack(kinds, 3).transpose(1, 2).flatten(2))
    return torch.cat(maps), torch.cat(gradients), torch.cat(logits)


def linear(n_in, n_out, variance):
    layer = nn.Linear(n_in, n_out)
    nn.init.normal_(layer.weight, std=(variance / n_in) ** 0.5)
    nn.init.zeros_(layer.bias)
    return layer


class Explainer(nn.Module):
    """From what is seen of records to values `[records, players, outputs]`, which add up to the totals."""

    def __init__(self, players, steps, channels, outputs, scales, hidden=64, lead_channels=(16, 32)):
        super().__init__()
        first, second = lead_channels
        leads, self.outputs, self.scales = players.shape[0], outputs, scales
        self.register_buffer("in_map", players.in_map(steps), persistent=False)
        self.leads = nn.Sequential(linear(2 * BLOCK, first, 2.0), nn.ReLU(), linear(2 * first, second, 2.0), nn.ReLU())
        self.whole = linear(2 * channels + outputs + leads * second, hidden, 2.0)
        self.map = linear(channels, hidden, 2.0)
        self.from_map = linear(hidden, hidden, 0.5)
        self.from_gradient = linear(KINDS * outputs, hidden, 0.5)
        self.from_whole = linear(hidden, hidden, 0.5)
        self.player = nn.Parameter(torch.randn(players.n, hidden) * 0.1**0.5)
        self.hidden = linear(hidden, hidden, 2.0)
        self.shared = linear(hidden, outputs, 0.0)
        self.own = nn.Parameter(torch.zeros(players.n, hidden, outputs))
        self.constant = nn.Parameter(torch.zeros(players.n, outputs))
        self.skip = nn.Parameter(torch.tensor([0.0, 1.0, 0.0])[:, None].repeat(1, outputs).flatten())
        self.gate = linear(hidden, KINDS * outputs, 0.0)

    def forward(self, signals, maps, gradients, totals):
        signals, maps = signals / self.scales["signal"], maps / self.scales["map"]
        gradients, totals = gradients / self.scales["value"], totals / self.scales["value"]
        blocks = signals.unflatten(2, (-1, BLOCK))
        leads = blocks
        for layer in self.leads:
            leads = layer(beside_next(leads) if isinstance(layer, nn.Linear) else leads)
        n = self.player.shape[0]
        whole = torch.cat([maps.amax(1), maps.mean(1), totals / n, leads.mean(2).flatten(1)], 1)
        whole = self.whole(whole).relu()[:, None]
        from_map = self.in_map @ (self.map(maps) + whole).relu()
        token = self.from_map(from_map) + self.from_gradient(gradients) + self.from_whole(whole) + self.player
        token = self.hidden(token.relu()).relu()
        kinds = ((self.skip + self.gate(token)) * gradients).unflatten(2, (KINDS, self.outputs)).sum(2)
        values = self.shared(token) + torch.einsum("bph,pho->bpo", token, self.own) + self.constant + kinds
        values = values + (totals - values.sum(1))[:, None] / n
        return values * self.scales["value"]


def beside_next(blocks):
    """Each block beside the next one; behind the last one are zeros."""
    following = torch.cat([blocks[:, :, 1:], torch.zeros_like(blocks[:, :, :1])], 2)
    return torch.cat([blocks, following], 3)


def scales(signals, maps, totals, n_players):
    def rms(numbers):
        return numbers.double().square().mean().sqrt().item() or 1.0

    return {"signal": rms(signals), "map": rms(maps), "value": rms(totals) / n_players}


def fit(explainer, seen, targets, judge, epochs, batch, rate, decay, seed):
    """Least squares on labels `[records, players, outputs]`, each value by the inverse of its variance over records. Keeps the
    epoch with the least error by `judge`; that error, and those of all epochs."""
    spread = targets.var(0, correction=0)
    weights = 2 / (spread + spread.mean())
    steps = epochs * -(-len(targets) // batch)
    optimizer = torch.optim.AdamW(explainer.parameters(), lr=rate, weight_decay=decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.25)
    best, errors = (judge(), None), []
    order = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        for members in torch.randperm(len(targets), generator=order).split(batch):
            loss = ((explainer(*(part[members] for part in seen)) - targets[members]).square() * weights).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        errors.append(judge())
        if errors[-1] < best[0]:
            best = (errors[-1], {name: value.clone() for name, value in explainer.state_dict().items()})
    if best[1] is not None:
        explainer.load_state_dict(best[1])
    return best[0], errors


def judge(explainer, seen, drawn):
    """The error on records with two independent labels `[records, 2, players, outputs]`, as a share of the spread of the values;
    without the labels' noise."""
    first, second = drawn[:, 0].double(), drawn[:, 1].double()
    spread = ((first - first.mean(0)) * (second - second.mean(0))).sum() * len(drawn) / (len(drawn) - 1)

    def error():
        with torch.inference_mode():
            found = explainer(*seen).double()
        return (((found - first) * (found - second)).sum() / spread).item()

    return error
