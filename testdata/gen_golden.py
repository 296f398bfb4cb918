"""Writes golden.json, which golden_test.go reads: DDPM's tables in PyTorch float64.

    bench/golden.sh        (installs the versions that the file names, and runs this)

The tables follow the formulas of Ho et al. (2020) and Nichol & Dhariwal (2021) with cumprod, not with sums of logarithms.
"""
import math
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "golden"))
from store import store  # noqa: E402

torch.set_default_dtype(torch.float64)


def cosine(T):
    def abar(u):
        return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2
    return torch.tensor([min(1 - abar((t + 1) / T) / abar(t / T), 0.999) for t in range(T)])


def table(schedule, T, beta):
    alpha = 1 - beta
    abar = torch.cumprod(alpha, 0)
    prev = torch.cat([torch.ones(1), abar[:-1]])
    variance = beta * (1 - prev) / (1 - abar)
    columns = {
        "beta": beta,
        "sqrt_abar": abar.sqrt(),
        "sqrt_one_minus_abar": (1 - abar).sqrt(),
        "posterior_variance": variance,
        "posterior_mean_x": alpha.sqrt() * (1 - prev) / (1 - abar),
        "posterior_mean_x0": prev.sqrt() * beta / (1 - abar),
        "elbo_posterior": prev * beta**2 / (2 * variance * (1 - abar) ** 2),
        "elbo_beta": prev * beta**2 / (2 * beta * (1 - abar) ** 2),
    }
    columns["elbo_posterior"][0] = columns["elbo_beta"][0] = 1 / (2 * beta[0])
    columns = {k: v.tolist() for k, v in columns.items()}
    return {"schedule": schedule, "T": T, "start": 1e-4, "end": 0.02, "columns": columns}


golden = {
    "tables": [
        table("linear", 300, torch.linspace(1e-4, 0.02, 300)),
        table("scaled-linear", 50, torch.linspace(1e-4**0.5, 0.02**0.5, 50) ** 2),
        table("cosine", 100, cosine(100)),
    ],
}
store(__file__, "golden.json", golden, "torch", digits=17)
