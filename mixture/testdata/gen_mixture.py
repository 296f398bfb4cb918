"""Writes mixture.json, which golden_test.go reads: noised mixtures by torch.distributions, their scores by automatic differentiation.

    bench/golden.sh        (installs the versions that the file names, and runs this)

"jacobian" is that of E[x0 | x], by differentiating twice.
"""

import os
import sys

import numpy as np
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "golden"))
from store import store  # noqa: E402

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(10)


def case(dim, k, alpha, sigma):
    weights = torch.from_numpy(rng.uniform(0.2, 1, k).round(3))
    means = torch.from_numpy((1.5 * rng.standard_normal((k, dim))).round(3))
    root = torch.from_numpy(rng.standard_normal((k, dim, dim)).round(2) / 2)
    covs = (root @ root.transpose(1, 2) + 0.05 * torch.eye(dim)).round(decimals=6)
    points = torch.from_numpy((1.5 * rng.standard_normal((4, dim))).round(3))
    law = MixtureSameFamily(Categorical(weights), MultivariateNormal(alpha * means, alpha**2 * covs + sigma**2 * torch.eye(dim)))

    def score(x):
        x = x if x.requires_grad else x.requires_grad_()
        return torch.autograd.grad(law.log_prob(x).sum(), x, create_graph=True)[0]

    def denoised(x):
        return (x + sigma**2 * score(x)) / alpha

    return {
        "weights": weights,
        "means": means,
        "covs": covs,
        "alpha": alpha,
        "sigma": sigma,
        "points": points,
        "log_density": law.log_prob(points),
        "score": score(points.clone()).detach(),
        "denoised": denoised(points.clone()).detach(),
        "jacobian": torch.stack([torch.autograd.functional.jacobian(lambda v: denoised(v[None])[0], x.clone()) for x in points]),
    }


store(
    __file__, "mixture.json", {"cases": [case(1, 2, 0.8, 0.6), case(2, 3, 0.3, 0.95), case(3, 4, 1.0, 0.2), case(5, 2, 0.99, 3.0)]}, "torch", "numpy"
)
