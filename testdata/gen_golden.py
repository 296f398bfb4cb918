"""Writes golden.json, which golden_test.go reads: DDPM's tables in PyTorch float64, and numbers of the random streams.

    bench/golden.sh        (installs the versions that the file names, and runs this)

The tables follow the formulas of Ho et al. (2020) and Nichol & Dhariwal (2021) with cumprod, not with sums of logarithms; the normal
numbers follow Salmon et al. (2011) and Box & Muller with the functions of package math.
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


def philox(counter, key):
    c, k, mask = list(counter), list(key), 0xFFFFFFFF
    for _ in range(10):
        p, q = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [q >> 32 ^ c[1] ^ k[0], q & mask, p >> 32 ^ c[3] ^ k[1], p & mask]
        k = [k[0] + 0x9E3779B9 & mask, k[1] + 0xBB67AE85 & mask]
    return c


def stream(seed, domain, sample, step, n):
    words = []
    for i in range(n // 4):
        words += philox([i, step, sample & 0xFFFFFFFF, domain << 24 | sample >> 32], [seed & 0xFFFFFFFF, seed >> 32])
    normal = []
    for u, v in zip(words[::2], words[1::2]):
        r, a = math.sqrt(-2 * math.log((u + 0.5) / 2**32)), 2 * math.pi * ((v + 0.5) / 2**32)
        normal += [r * math.cos(a), r * math.sin(a)]
    uniform = [((words[i + 1] << 32 | words[i]) >> 11) / 2**53 for i in range(0, n, 2)]
    return {"seed": str(seed), "domain": domain, "sample": str(sample), "step": step, "normal": normal, "uniform": uniform}


golden = {
    "tables": [
        table("linear", 300, torch.linspace(1e-4, 0.02, 300)),
        table("scaled-linear", 50, torch.linspace(1e-4**0.5, 0.02**0.5, 50) ** 2),
        table("cosine", 100, cosine(100)),
    ],
    "streams": [
        stream(0, 0, 0, 0, 64),
        stream(2**64 - 1, 255, 2**56 - 1, 2**32 - 1, 64),
        stream(0x123456789ABCDEF0, 3, 2**40 + 17, 1000, 64),
    ],
}
store(__file__, "golden.json", golden, "torch", digits=17)
