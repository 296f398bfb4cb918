"""Writes kdiffusion.json, which golden_kdiffusion_test.go reads: k-diffusion's grids, preconditioning, steps, whole runs and a likelihood.

    bench/golden.sh        (installs the versions that the file names, and runs this)

Only k_diffusion.sampling and k_diffusion.layers are used; the package's __init__ asks for much that they do not need, so it is passed over, and
modules that they import but do not call here (torchvision, dctorch) are empty. All in double precision.

The runs have the shape of gen_diffusers.py's. A sampler tells nobody its x after each step; so it is run on ever longer parts of its grid, with
s_churn scaled to the same gamma.
"""

import os
import sys

import numpy
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "golden"))
from passover import bare, missing  # noqa: E402
from store import store  # noqa: E402

missing("torchvision", "dctorch")
bare("k_diffusion")
from k_diffusion import layers, sampling  # noqa: E402

torch.set_default_dtype(torch.float64)
CLEAN = -1
rng = numpy.random.default_rng(5)
START = torch.from_numpy(rng.standard_normal((2, 3)).round(6))
POOL = torch.from_numpy(rng.standard_normal((12, 2, 3)).round(6))
drawn = []


def draw(*_):
    drawn.append(len(drawn))
    return POOL[drawn[-1]]


class Replay:
    """The sampling module's torch, whose randn_like takes the pool's next."""

    def __getattr__(self, name):
        return draw if name == "randn_like" else getattr(torch, name)


sampling.torch = Replay()


class Network(torch.nn.Module):
    """Smooth in x and sigma; keeps what it was asked and said."""

    def __init__(self):
        super().__init__()
        self.calls, self.outputs = [], []

    def forward(self, x, sigma):
        u = sigma.log()[:, None] / 5
        f = 0.6 * torch.tanh((1 + u) * x) + 0.3 * torch.sin(2 * x + 3 * u)
        self.calls.append(sigma[0].item())
        self.outputs.append(f.tolist())
        return f


def run(name, solver, sample, sigmas, churn=0.0, tmin=0.0, tmax=float("inf"), snoise=1.0, sd=None, options=None, replay=False, **more):
    """Whole runs of sample over ever longer parts of sigmas; the last one's calls are all calls."""
    n, xs = len(sigmas) - 1, []
    if sample in (sampling.sample_heun, sampling.sample_euler):
        more = {"s_tmin": tmin, "s_tmax": tmax, "s_noise": snoise, **more}
    for i in range(1, n + 1):
        drawn.clear()
        network = Network()
        model = network if sd is None else layers.Denoiser(network, sigma_data=sd)
        if churn:
            more["s_churn"] = churn * i / n
        xs.append(sample(model, START * sigmas[0], sigmas[: i + 1], disable=True, **more).tolist())
    used = list(drawn)
    if sample in (sampling.sample_heun, sampling.sample_euler):  # they draw at every step, and use it where they churn
        used = [i for i in drawn if churn > 0 and tmin <= sigmas[i] <= tmax]
    grid = sigmas[:-1].tolist() + [CLEAN if sigmas[-1] == 0 else sigmas[-1].item()]
    return {
        "name": name,
        "solver": solver,
        "options": options or {},
        "process": {"process": "edm", "lo": min(t for t in grid if t > 0), "hi": grid[0]},
        "prediction": "x0" if sd is None else "edm",
        "sd": sd or 0.0,
        "scale": sigmas[0].item(),
        "grid": grid,
        "calls": network.calls,
        "outputs": network.outputs,
        "noise": used,
        "x": xs,
    }


def mixture(x, sigma):
    """E[x0 | x] of independent numbers, each half N(-1, .3^2), half N(.5, .6^2): exact, with a diagonal Jacobian, so that one
    probe of +-1 gives the exact divergence."""
    m, v = torch.tensor([-1.0, 0.5]), torch.tensor([0.09, 0.36])
    s2 = (sigma**2)[:, None, None]
    w = torch.softmax(-((x[..., None] - m) ** 2) / (2 * (v + s2)) - torch.log(v + s2) / 2, -1)
    return (w * (m + v / (v + s2) * (x[..., None] - m))).sum(-1)


karras = sampling.get_sigmas_karras
grids = [
    {"name": "karras", "n": n, "lo": lo, "hi": hi, "rho": rho, "sigmas": karras(n, lo, hi, rho)}
    for n, lo, hi, rho in [(10, 0.002, 80.0, 7.0), (5, 0.03, 14.6, 7.0), (6, 0.1, 10.0, 3.0)]
]
grids += [{"name": "logsnr", "n": n, "lo": lo, "hi": hi, "sigmas": sampling.get_sigmas_exponential(n, lo, hi)} for n, lo, hi in [(9, 0.002, 80.0)]]
grids += [{"name": "vp", "n": 9, "lo": 1e-3, "hi": 1.0, "sigmas": sampling.get_sigmas_vp(9)}]
ancestral = [
    [a, b, eta, *map(float, sampling.get_ancestral_step(a, b, eta=eta))]
    for a, b, eta in [(80.0, 10.0, 1.0), (3.0, 2.9, 1.0), (1.0, 0.1, 0.5), (0.2, 0.0, 1.0), (5.0, 1.0, 0.0)]
]
scalings = [
    [sd, s, *(float(v) for v in layers.Denoiser(None, sigma_data=sd).get_scalings(torch.tensor(s)))] for sd in (0.5, 1.3) for s in (0.002, 0.7, 80.0)
]
short = karras(6, 0.02, 30.0)
churn = dict(churn=3.0, tmin=0.05, tmax=25.0, snoise=1.007)
told = {"churn": 3.0, "tmin": 0.05, "tmax": 25.0, "snoise": 1.007}
runs = [
    run("euler", "ddim", sampling.sample_euler, short),
    run("euler ancestral", "ddpm", sampling.sample_euler_ancestral, short, options={"eta": 1.0}),
    run("euler ancestral .4", "ddim", sampling.sample_euler_ancestral, short, eta=0.4, options={"eta": 0.4}),
    run("heun", "heun", sampling.sample_heun, short),
    run("heun, not to 0", "heun", sampling.sample_heun, short[:-1], sd=0.5),
    run("heun, churn", "heun", sampling.sample_heun, short, sd=0.5, options=told, **churn),
    run("heun, much churn", "heun", sampling.sample_heun, short, options={**told, "churn": 40.0}, **{**churn, "churn": 40.0}),
    run("dpmpp_2m", "dpm++2m", sampling.sample_dpmpp_2m, short),
    run("dpmpp_2m_sde", "dpm++2m-sde", sampling.sample_dpmpp_2m_sde, short, noise_sampler=draw),
]
points = torch.tensor([[-1.0, 0.5], [0.2, 3.0], [-4.0, -0.4]])
log_p, _ = sampling.log_likelihood(mixture, points, 0.01, 80.0, atol=1e-11, rtol=1e-11)
likelihood = {"weights": [0.5, 0.5], "means": [-1.0, 0.5], "deviations": [0.3, 0.6], "lo": 0.01, "hi": 80.0, "points": points, "log_p": log_p}
store(
    __file__,
    "kdiffusion.json",
    {"start": START, "noise": POOL, "grids": grids, "ancestral": ancestral, "scalings": scalings, "runs": runs, "likelihood": likelihood},
    "k-diffusion",
    "torchdiffeq",
    "torch",
    "numpy",
)
