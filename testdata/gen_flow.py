"""Writes flow.json, which golden_flow_test.go reads: paths, conversions and couplings of the flow_matching package, torchcfm, POT and scipy.

    bench/golden.sh        (installs the versions that the file names, and runs this)

flow_matching's time runs from the noise (0) to the data (1), ours the other way: t here is ours, theirs is 1 - t, and their derivatives change
sign. Their x_0 is the noise and their x_1 the data. All in double precision.
"""

import os
import sys

import numpy as np
import ot
import torch
from flow_matching.path import AffineProbPath
from flow_matching.path.scheduler import CondOTScheduler, CosineScheduler, VPScheduler
from flow_matching.solver import ODESolver
from scipy.optimize import linear_sum_assignment

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "golden"))
from store import store  # noqa: E402
from torchcfm import SchrodingerBridgeConditionalFlowMatcher  # noqa: E402
from torchcfm.optimal_transport import OTPlanSampler  # noqa: E402

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(6)


def draw(*shape):
    return torch.from_numpy(rng.standard_normal(shape).round(6))


def path(name, scheduler, times):
    """Coefficients, a sample, and all of the package's conversions at times, for one x_0, x_1 and one prediction of each kind."""
    p, rows = AffineProbPath(scheduler), []
    for t in times:
        s = torch.tensor([1 - t])
        c = scheduler(s)
        noise, data, out = draw(1, 2), draw(1, 2), draw(1, 2)
        sample = p.sample(x_0=noise, x_1=data, t=s)
        x = sample.x_t
        row = {
            "t": t,
            "alpha": c.alpha_t.item(),
            "sigma": c.sigma_t.item(),
            "dalpha": -c.d_alpha_t.item(),
            "dsigma": -c.d_sigma_t.item(),
            "noise": noise[0],
            "data": data[0],
            "x": x[0],
            "velocity": -sample.dx_t[0],
            "out": out[0],
            "inverse": 1 - scheduler.snr_inverse(c.alpha_t / c.sigma_t).item(),
        }
        # "from to": what out, taken as a prediction of the first kind, is as one of the second; velocities with their sign changed
        row["x0 velocity"] = -p.target_to_velocity(out, x, s)[0]
        row["eps velocity"] = -p.epsilon_to_velocity(out, x, s)[0]
        row["velocity x0"] = p.velocity_to_target(-out, x, s)[0]
        row["velocity eps"] = p.velocity_to_epsilon(-out, x, s)[0]
        row["eps x0"] = p.epsilon_to_target(out, x, s)[0]
        row["x0 eps"] = p.target_to_epsilon(out, x, s)[0]
        rows.append(row)
    return {"name": name, "rows": rows}


# A mixture of two Gaussians in the plane, whose marginal velocity under a path is known in closed form.
WEIGHTS, MEANS, DEVIATIONS = torch.tensor([0.3, 0.7]), torch.tensor([[-1.0, 0.5], [0.8, -0.2]]), torch.tensor([0.4, 0.7])


def logs(x, a, s):
    v = a**2 * DEVIATIONS**2 + s**2
    d2 = ((x[:, None] - a * MEANS) ** 2).sum(-1)
    return torch.log(WEIGHTS) - d2 / (2 * v) - torch.log(2 * torch.pi * v), v


def velocity(scheduler, x, s):
    """E[dx/ds | x] at the package's time s."""
    c = scheduler(s)
    log, v = logs(x, c.alpha_t, c.sigma_t)
    w = torch.softmax(log, 1)[..., None]
    gain = (c.alpha_t * DEVIATIONS**2 / v)[:, None]
    data = MEANS + gain * (x[:, None] - c.alpha_t * MEANS)
    noise = (x[:, None] - c.alpha_t * data) / c.sigma_t
    return (w * (c.d_alpha_t * data + c.d_sigma_t * noise)).sum(1)


def likelihood(name, scheduler, lo, hi, prior):
    """log p at our time lo, with N(0, prior^2) (or, where prior is 0, the exact marginal) at our time hi. The package integrates from 1 to 0 and no less;
    so its time r is stretched over our lo..hi: r = 1 at lo."""
    span = hi - lo

    def stretched(x, t):
        return span * velocity(scheduler, x, 1 - hi + span * t)

    def log_p(x):
        if prior:
            return -(x**2).sum(1) / (2 * prior**2) - x.shape[1] * np.log(prior * np.sqrt(2 * np.pi))
        c = scheduler(torch.tensor(1 - hi))
        return torch.logsumexp(logs(x, c.alpha_t, c.sigma_t)[0], 1)

    points = torch.tensor([[0.0, 0.0], [-1.2, 0.7], [0.9, -0.5], [2.0, 1.5], [-2.5, -1.0]])
    _, exact = ODESolver(stretched).compute_likelihood(points, log_p, step_size=None, method="dopri5", atol=1e-11, rtol=1e-11, exact_divergence=True)
    return {"name": name, "lo": lo, "hi": hi, "prior": prior, "points": points, "log_p": exact.detach()}


def coupling(name, x0, x1):
    """The exact plan of minibatch optimal transport (torchcfm through POT), its cost, and scipy's assignment of the same squared distances."""
    plan = OTPlanSampler("exact").get_map(x0, x1)
    cost = torch.cdist(x0, x1).numpy() ** 2
    rows, columns = linear_sum_assignment(cost)
    assert np.allclose((plan * len(x0)).round(9), np.eye(len(x0))[columns]), "POT and scipy disagree"
    emd2 = ot.emd2(ot.unif(len(x0)), ot.unif(len(x1)), cost)
    return {"name": name, "x0": x0, "x1": x1, "to": columns, "w2_squared": float(emd2), "cost": float(cost[rows, columns].sum())}


def bridge(sigma, times):
    """torchcfm's Schroedinger bridge between two given ends, whose times run as ours: mean, deviation, and the velocity at x."""
    m, rows = SchrodingerBridgeConditionalFlowMatcher(sigma), []
    for t in times:
        x0, x1, x, s = draw(1, 2), draw(1, 2), draw(1, 2), torch.tensor([t])
        rows.append(
            {
                "t": t,
                "data": x0[0],
                "far": x1[0],
                "x": x[0],
                "mean": m.compute_mu_t(x0, x1, s)[0],
                "sigma": m.compute_sigma_t(s).item(),
                "velocity": m.compute_conditional_flow(x0, x1, s, x)[0],
            }
        )
    return {"c": sigma, "rows": rows}


def assignment(name, cost, unique=True):
    """scipy's assignment of any cost matrix."""
    rows, columns = linear_sum_assignment(cost)
    return {"name": name, "matrix": cost, "to": columns, "cost": float(cost[rows, columns].sum()), "unique": unique}


def large(n, m):
    """scipy's least cost of n to n, of costs that both sides compute: (7919 i^2 + 104729 j + 31 i j) mod m."""
    i, j = np.mgrid[:n, :n]
    cost = ((7919 * i * i + 104729 * j + 31 * i * j) % m).astype(float)
    rows, columns = linear_sum_assignment(cost)
    return {"n": n, "m": m, "cost": float(cost[rows, columns].sum())}


inner = [0.001, 0.02, 0.3, 0.5, 0.75, 0.98]
moons = torch.tensor([[np.cos(a), np.sin(a)] if i % 2 else [1 - np.cos(a), 0.5 - np.sin(a)] for i, a in enumerate(np.linspace(0, np.pi, 24))])
ring = torch.tensor([[2 * np.cos(k * np.pi / 4), 2 * np.sin(k * np.pi / 4)] for k in range(8)]).repeat(3, 1)
hard = np.subtract.outer(np.arange(7.0), np.arange(7.0))
golden = {
    "paths": [path("flow", CondOTScheduler(), inner), path("vp", VPScheduler(0.1, 20.0), inner + [1.0]), path("cosine", CosineScheduler(), inner)],
    "mixture": {"weights": WEIGHTS, "means": MEANS, "deviations": DEVIATIONS},
    "likelihoods": [
        likelihood("flow", CondOTScheduler(), 0.001, 0.99, 0.0),
        likelihood("flow", CondOTScheduler(), 0.001, 1.0, 1.0),
        likelihood("vp", VPScheduler(0.1, 20.0), 0.001, 1.0, 1.0),
    ],
    "bridges": [bridge(1.0, inner), bridge(0.3, inner)],
    "couplings": [
        coupling("8 gaussians to moons", (ring + 0.1 * draw(24, 2)).round(decimals=6), (moons + 0.05 * draw(24, 2)).round(decimals=6)),
        coupling("normal to normal, 5 dimensions", draw(12, 5), draw(12, 5)),
    ],
    "assignments": [
        assignment("uniform", rng.random((12, 12)).round(6)),
        assignment("negative", (rng.standard_normal((9, 9)) * 100).round(4)),
        assignment("products", np.outer(np.arange(1.0, 9), np.arange(1.0, 9))),
        assignment("ties", rng.integers(0, 3, (10, 10)).astype(float), unique=False),
        assignment("all alike", np.ones((4, 4)), unique=False),
        assignment("one direction", hard**2 + hard),
        assignment("scales", (10.0 ** rng.integers(-6, 7, (8, 8)) * rng.random((8, 8))).round(9), unique=False),
        assignment("one", np.array([[-3.5]])),
    ],
    "large": [large(40, 1009), large(150, 100003), large(300, 1009), large(300, 7), large(257, 1000003)],
}
store(__file__, "flow.json", golden, "flow_matching", "torchcfm", "POT", "scipy", "torchdiffeq", "torch", "numpy")
