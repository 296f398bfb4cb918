"""Writes runs.json, which golden_test.go reads: whole sampling runs, step by step, by the formulas of the lecture and the papers.

    bench/golden.sh        (installs the versions that the file names, and runs this)

Three samples of four numbers under a toy network eps(x, t) = 1.2 x tanh(1 + t/T) + 0.3 sin(3 x); the noise is stored beside the runs.
Nothing here is shared with the Go code: each sampler is written in its own paper's letters.
"""
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "golden"))
from store import store  # noqa: E402

T = 12
beta = np.linspace(1e-3, 0.3, T)
alpha = 1 - beta
abar = np.cumprod(alpha)
rng = np.random.default_rng(20240101)
x_T = rng.standard_normal((3, 4))
noise = rng.standard_normal((T, 3, 4))


def network(x, t):
    return 1.2 * x * np.tanh(1 + t / T) + 0.3 * np.sin(3 * x)


def eps_of(x, t, clamp_x0):
    """The network's eps; with clamp_x0 the eps that belongs to the clamped x0."""
    eps = network(x, t)
    if not clamp_x0:
        return eps
    x0 = np.clip((x - np.sqrt(1 - abar[t]) * eps) / np.sqrt(abar[t]), -1, 1)
    return (x - np.sqrt(abar[t]) * x0) / np.sqrt(1 - abar[t])


def lecture_sde(x, z, clamp_x0):
    """LECTURE.md section 4, as printed, on all indices."""
    for t in reversed(range(T)):
        eps = eps_of(x, t, clamp_x0)
        mean = (2 - np.sqrt(1 - beta[t])) * x - beta[t] / 2 * eps
        if t > 0:
            n = z.pop(0)
            for i in range(len(x)):
                scale = 2 * np.sqrt(beta[t]) * (0.05 * np.linalg.norm(n[i]) / np.linalg.norm(eps[i])) ** 2
                mean[i] += scale * n[i]
        x = yield mean


def ddpm(x, z, clamp_x0, variance):
    """LECTURE.md section 2, sampling, on all indices."""
    for t in reversed(range(T)):
        eps = eps_of(x, t, clamp_x0)
        mean = (x - beta[t] / np.sqrt(1 - abar[t]) * eps) / np.sqrt(alpha[t])
        if t > 0:
            s2 = beta[t] if variance == "beta" else beta[t] * (1 - abar[t - 1]) / (1 - abar[t])
            mean = mean + np.sqrt(s2) * z.pop(0)
        x = yield mean


def subset(x, z, clamp_x0, times, eta, variance=None):
    """Song et al. (2021), eq. 12 and 16, between the given indices; with a variance, the posterior mean and that variance of the thinned chain,
    whose beta is 1 - abar_t/abar_s."""
    for t, s in zip(times, times[1:] + [-1]):
        a, b = abar[t], abar[s] if s >= 0 else 1.0
        eps = eps_of(x, t, clamp_x0)
        x0 = (x - np.sqrt(1 - a) * eps) / np.sqrt(a)
        if variance is None:
            sigma = eta * np.sqrt((1 - b) / (1 - a)) * np.sqrt(1 - a / b)
            mean = np.sqrt(b) * x0 + np.sqrt(1 - b - sigma**2) * eps
        else:
            thin = 1 - a / b
            sigma = np.sqrt(thin) if variance == "beta" else np.sqrt(thin * (1 - b) / (1 - a))
            mean = (np.sqrt(a / b) * (1 - b) * x + np.sqrt(b) * thin * x0) / (1 - a)
        if s >= 0 and sigma > 0:
            mean = mean + sigma * z.pop(0)
        x = yield mean


def run(name, solver, sampler, clamp="none", **options):
    steps = []
    g = sampler(x_T, list(noise), clamp == "x0", **options)
    x = next(g)
    while True:
        if clamp == "x":
            x = np.clip(x, -1, 1)
        steps.append(x.tolist())
        try:
            x = g.send(x)
        except StopIteration:
            break
    times = options.get("times", list(reversed(range(T))))
    return {"name": name, "solver": solver, "clamp": clamp, "times": times, "eta": options.get("eta", 0),
            "variance": options.get("variance") or "posterior", "steps": steps}


even, odd = [11, 8, 6, 3, 0], [11, 7, 2]
golden = {
    "beta": beta.tolist(), "start": x_T.tolist(), "noise": noise.tolist(),
    "runs": [
        run("lecture-sde", "lecture-sde", lecture_sde),
        run("lecture-sde, x clamped", "lecture-sde", lecture_sde, clamp="x"),
        run("lecture-sde, x0 clamped", "lecture-sde", lecture_sde, clamp="x0"),
        run("ddpm", "ddpm", ddpm, variance="posterior"),
        run("ddpm beta", "ddpm", ddpm, variance="beta"),
        run("ddpm, x clamped", "ddpm", ddpm, clamp="x", variance="posterior"),
        run("ddpm beta, x clamped", "ddpm", ddpm, clamp="x", variance="beta"),
        run("ddpm, x0 clamped", "ddpm", ddpm, clamp="x0", variance="posterior"),
        run("ddpm on 5 of 12", "ddpm", subset, times=even, eta=0, variance="posterior"),
        run("ddpm beta on 3 of 12, x clamped", "ddpm", subset, clamp="x", times=odd, eta=0, variance="beta"),
        run("ddim", "ddim", subset, times=even, eta=0),
        run("ddim, x0 clamped", "ddim", subset, clamp="x0", times=odd, eta=0),
        run("ddim .5, x0 clamped", "ddim", subset, clamp="x0", times=even, eta=0.5),
        run("ddim 1 on all, x clamped", "ddim", subset, clamp="x", times=list(reversed(range(T))), eta=1.0),
    ],
}
store(__file__, "runs.json", golden, "numpy", digits=17)
