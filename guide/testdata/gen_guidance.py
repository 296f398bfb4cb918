"""Writes guidance.json, which golden_test.go reads: guidance as its papers print it, written from their formulas.

    bench/golden.sh        (installs the versions that the file names, and runs this)

These are transcriptions, not runs of others' programs: each function follows the equations of the paper that it names, in
the paper's own variables (eps, alpha bar, sigma), and knows nothing of ours.

    apg       Sadat et al. 2024, arXiv:2410.02416, algorithm 1, on the prediction of x0, with its momentum over four steps
    rescale   Lin et al. 2023, arXiv:2305.08891, section 3.4, on the prediction of x0
    cfgpp     Chung et al. 2024, arXiv:2406.08070, algorithm 2: DDIM steps on a chain of 1000 betas
    interval  Kynkaanniemi et al. 2024, arXiv:2404.07724, in Karras et al. 2022's algorithm 1 (Heun, sigma as time)
    shift     Dhariwal & Nichol 2021, arXiv:2105.05233, algorithm 1, with a learned variance (Nichol & Dhariwal 2021, eq. 15)
"""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "golden"))
from store import store  # noqa: E402

rng = np.random.default_rng(20)


def apg():
    gamma, eta, limit, beta = 4.0, 0.25, 1.5, -0.5
    steps, running = [], 0.0
    for _ in range(4):
        cond, uncond = rng.standard_normal((2, 3, 6)).round(3)
        running = cond - uncond + beta * running
        delta = running * np.minimum(1, limit / np.linalg.norm(running, axis=1, keepdims=True))
        unit = cond / np.linalg.norm(cond, axis=1, keepdims=True)
        parallel = np.sum(delta * unit, axis=1, keepdims=True) * unit
        guided = cond + (gamma - 1) * ((delta - parallel) + eta * parallel)
        steps.append({"strong": cond.tolist(), "weak": uncond.tolist(), "guided": guided.tolist()})
    return {"gamma": gamma, "eta": eta, "norm": limit, "momentum": beta, "steps": steps}


def rescale():
    gamma, phi = 7.5, 0.7
    pos, neg = rng.standard_normal((2, 3, 6)).round(3)
    cfg = neg + gamma * (pos - neg)
    rescaled = cfg * pos.std(axis=1, keepdims=True) / cfg.std(axis=1, keepdims=True)
    guided = phi * rescaled + (1 - phi) * cfg
    return {"gamma": gamma, "phi": phi, "strong": pos.tolist(), "weak": neg.tolist(), "guided": guided.tolist()}


def networks(x, level):
    """Two smooth functions for E[x0 | x], of a class and of none, of x at the noise level sigma/alpha; the test has the same."""
    return np.sin(x) / (1 + level) + 0.3, 0.5 * x / (1 + level * level) - 0.1


betas = np.linspace(1e-4, 0.02, 1000)
bar = np.cumprod(1 - betas)


def cfgpp():
    lam, times = 0.6, [999, 700, 400, 100]
    x = rng.standard_normal((2, 3)).round(3)
    run = {"lambda": lam, "times": times, "start": x.tolist(), "xs": []}
    for t, s in zip(times, times[1:] + [None]):
        a, nxt = bar[t], 1.0 if s is None else bar[s]
        cond, uncond = [(x - np.sqrt(a) * d) / np.sqrt(1 - a) for d in networks(x / np.sqrt(a), np.sqrt((1 - a) / a))]
        mixed = uncond + lam * (cond - uncond)
        x0 = (x - np.sqrt(1 - a) * mixed) / np.sqrt(a)
        x = np.sqrt(nxt) * x0 + np.sqrt(1 - nxt) * uncond
        run["xs"].append(x.tolist())
    return run


def interval():
    w, low, high, rho, n = 2.0, 0.28, 2.9, 7, 8
    i = np.arange(n)
    sigmas = (80 ** (1 / rho) + i / (n - 1) * (0.002 ** (1 / rho) - 80 ** (1 / rho))) ** rho
    x = 80 * rng.standard_normal((2, 3)).round(3)
    run = {"gamma": w, "lo": low, "hi": high, "sigmas": sigmas.tolist(), "start": x.tolist(), "xs": []}

    def slope(x, sigma):
        cond, uncond = networks(x, sigma)
        denoised = w * cond + (1 - w) * uncond if low < sigma <= high else cond
        return (x - denoised) / sigma

    for now, nxt in zip(sigmas, np.append(sigmas[1:], 0)):
        d = slope(x, now)
        euler = x + (nxt - now) * d
        x = euler if nxt == 0 else x + (nxt - now) * (d + slope(euler, nxt)) / 2
        run["xs"].append(x.tolist())
    return run


def gradient(x, level):
    """Stands for grad log p(y | x_t): some function of x and the noise level; the test has the same."""
    return np.cos(x) / (1 + level)


def shift():
    scale, start = 2.5, 600
    x = rng.standard_normal((2, 3)).round(3)
    run = {"scale": scale, "first": start, "start": x.tolist(), "noise": [], "v": [], "xs": []}
    for t in range(start, start - 4, -1):
        a, before, beta = bar[t], bar[t - 1], betas[t]
        x0, _ = networks(x / np.sqrt(a), np.sqrt((1 - a) / a))
        v = rng.uniform(-1, 1, x.shape).round(3)
        noise = rng.standard_normal(x.shape).round(3)
        mean = np.sqrt(before) * beta / (1 - a) * x0 + np.sqrt(1 - beta) * (1 - before) / (1 - a) * x
        share = (v + 1) / 2
        variance = np.exp(share * np.log(beta) + (1 - share) * np.log(beta * (1 - before) / (1 - a)))
        mean = mean + scale * variance * gradient(x, np.sqrt((1 - a) / a))
        x = mean + np.sqrt(variance) * noise
        run["noise"].append(noise.tolist())
        run["v"].append(v.tolist())
        run["xs"].append(x.tolist())
    return run


store(__file__, "guidance.json", {"apg": apg(), "rescale": rescale(), "cfgpp": cfgpp(), "interval": interval(), "shift": shift()}, "numpy")
