"""Writes score.json, which golden_test.go reads: the losses of score matching and their gradients in the weights, by torch's automatic differentiation.

    bench/golden.sh        (installs the versions that the file names, and runs this)

Two networks: a score c tanh(b tanh(a x)), and an energy sum c tanh(b tanh(a x)) whose gradient is the score.
"""

import os
import sys

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "bench", "golden"))
from store import store  # noqa: E402

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(11)
N, D, W = 3, 3, 4


def draw(*shape):
    return torch.from_numpy(rng.standard_normal(shape).round(3))


weights = {"a": draw(W, D), "b": draw(W, W), "c": draw(D, W)}
x, v, eps, truth = draw(N, D), torch.sign(draw(N, D)), draw(N, D), draw(N, D)
sigma = torch.tensor([0.3, 1.0, 2.5])


def field(w, x):
    return torch.tanh(torch.tanh(x @ w["a"].T) @ w["b"].T) @ w["c"].T


def energy(w, x):
    return torch.autograd.grad(field(w, x).sum(), x, create_graph=True)[0]


def quadratic(s, x, v):
    return (torch.autograd.grad((s * v).sum(), x, create_graph=True)[0] * v).sum(1)


def trace(s, x):
    return sum(torch.autograd.grad(s[:, j].sum(), x, create_graph=True)[0][:, j] for j in range(D))


LOSSES = {
    "fisher": lambda s, x: ((s - truth) ** 2).sum(1) / 2,
    "exact": lambda s, x: (s**2).sum(1) / 2 + trace(s, x),
    "sliced": lambda s, x: quadratic(s, x, v) + (s * v).sum(1) ** 2 / 2,
    "reduced": lambda s, x: quadratic(s, x, v) + (s**2).sum(1) / 2,
    "denoising": lambda s, x: ((eps + sigma[:, None] * s) ** 2).sum(1) / 2,
}
rows = []
for network in (field, energy):
    for name, loss in LOSSES.items():
        w = {k: u.clone().requires_grad_() for k, u in weights.items()}
        at = x.clone().requires_grad_()
        value = loss(network(w, at), at)
        value.sum().backward()
        rows.append({"network": network.__name__, "loss": name, "value": value.detach(), **{k: u.grad for k, u in w.items()}})
store(__file__, "score.json", {**weights, "x": x, "v": v, "eps": eps, "truth": truth, "sigma": sigma, "rows": rows}, "torch", "numpy")
