"""Writes ode.json, which golden_ode_test.go reads: the probability flow of a mixture of Gaussians, solved by scipy.

    bench/golden.sh        (installs the versions that the file names, and runs this)

"truth" is DOP853 at a tolerance of 1e-13. "rk45" lists scipy's RK45, the same pair of Dormand and Prince that solver rk45 uses: the tolerance
(relative and absolute), the evaluations it took, and the largest error of what it found.
"""

import os
import sys

import numpy as np
from scipy.integrate import solve_ivp

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "golden"))
from store import store  # noqa: E402

W, M, S = np.array([0.3, 0.7]), np.array([[-1.0, 0.5], [0.8, -0.2]]), np.array([0.4, 0.7])


def vp(t):
    B = 0.1 * t + 19.9 * t * t / 2
    a, s, beta = np.exp(-B / 2), np.sqrt(1 - np.exp(-B)), 0.1 + 19.9 * t
    return a, s, -beta * a / 2, beta * np.exp(-B) / (2 * s)


PROCESSES = {"vp": vp, "edm": lambda t: (1.0, t, 0.0, 1.0), "flow": lambda t: (1 - t, t, -1.0, 1.0)}


def velocity(law, t, x):
    """E[dx/dt | x]: a' E[x0|x] + s' E[eps|x], with E[eps|x] = -s score."""
    a, s, da, ds = law(t)
    v = a * a * S**2 + s * s
    d = x[:, None] - a * M
    log = np.log(W) - np.log(v) - (d**2).sum(-1) / (2 * v)
    w = np.exp(log - log.max(1, keepdims=True))
    w /= w.sum(1, keepdims=True)
    score = -(w[..., None] * d / v[:, None]).sum(1)
    x0 = (x + s * s * score) / a if a else (w[..., None] * M).sum(1)
    return da * x0 - ds * s * score


def solve(name, hi, lo, start):
    law = PROCESSES[name]

    def f(t, y):
        return velocity(law, t, y.reshape(start.shape)).ravel()

    truth = solve_ivp(f, (hi, lo), start.ravel(), method="DOP853", rtol=1e-13, atol=1e-13)
    end, rk45 = truth.y[:, -1], []
    for tolerance in (1e-3, 1e-5, 1e-7):
        r = solve_ivp(f, (hi, lo), start.ravel(), method="RK45", rtol=tolerance, atol=tolerance)
        rk45.append([tolerance, r.nfev, float(np.abs(r.y[:, -1] - end).max())])
    return {"process": name, "hi": hi, "lo": lo, "start": start, "truth": end.reshape(start.shape), "rk45": rk45}


start = np.random.default_rng(9).standard_normal((5, 2)).round(6)
store(
    __file__,
    "ode.json",
    {
        "mixture": {"weights": W, "means": M, "deviations": S},
        "runs": [solve("vp", 1.0, 1e-3, start), solve("edm", 20.0, 0.01, 20 * start), solve("flow", 0.999, 1e-3, start)],
    },
    "scipy",
    "numpy",
)
