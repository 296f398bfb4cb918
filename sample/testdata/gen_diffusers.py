"""Writes diffusers.json, which golden_diffusers_test.go reads: whole runs of diffusers' schedulers from a toy network, step by step.

    bench/golden.sh        (installs the versions that the file names, and runs this)

The schedulers run as they are, but in double precision: their modules see a torch and a numpy whose float32 is float64, so that their
arithmetic can be compared to the last digits. The network is any smooth function: what counts is that both sides get the same outputs.

Of each run it records the solver's name and options in our words, the grid in our time (an index of the table; sigma for the schedulers
that work in x/alpha; the flow's t; -1 is clean), what the network was told and said at each call, the noise in the order of use, and x after each step.
Where diffusers does other than the papers on purpose, the run is set up so that both mean the same; each place is marked "Deviation".
"""

import os
import sys

import numpy
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "golden"))
from store import store  # noqa: E402

from diffusers.schedulers import (  # noqa: E402
    scheduling_ddim,
    scheduling_ddim_inverse,
    scheduling_ddpm,
    scheduling_dpmsolver_multistep,
    scheduling_edm_dpmsolver_multistep,
    scheduling_edm_euler,
    scheduling_euler_discrete,
    scheduling_flow_match_euler_discrete,
    scheduling_heun_discrete,
    scheduling_sde_ve,
    scheduling_unipc_multistep,
)
from diffusers.schedulers.deprecated import scheduling_sde_vp  # noqa: E402
from diffusers.training_utils import compute_snr  # noqa: E402

torch.set_default_dtype(torch.float64)
CLEAN = -1


class Double:
    """A module whose float32 is float64."""

    def __init__(self, module):
        self.module = module

    def __getattr__(self, name):
        return getattr(self.module, "float64" if name == "float32" else name)


def scheduler(module, **config):
    """The module's scheduler in double precision, with the noise of the pool."""
    module.torch, module.np = Double(torch), Double(numpy)
    if hasattr(module, "randn_tensor"):
        module.randn_tensor = lambda shape, **_: draw()[: shape[0]]
    name = next(n for n in vars(module) if n.endswith("Scheduler") and getattr(module, n).__module__ == module.__name__)
    return getattr(module, name)(**config)


rng = numpy.random.default_rng(4)
START = torch.from_numpy(rng.standard_normal((2, 3, 1)).round(6))
POOL = torch.from_numpy(rng.standard_normal((12, 2, 3, 1)).round(6))
drawn = []


def draw():
    drawn.append(len(drawn))
    return POOL[drawn[-1]]


def network(x, t, width=3):
    """Smooth in x and t; the second half, where there is one, is a learned variance, mostly within [-1, 1]."""
    u = t / 1000
    f = 0.8 * torch.tanh((1 + u) * x) + 0.3 * torch.sin(2 * x + 3 * u)
    if width == 3:
        return f
    return torch.cat([f, 0.9 * torch.cos(3 * x + u)], 1)


def rows(x):
    return x[..., 0].tolist()


DDPM = {"process": "ddpm", "schedule": "linear", "T": 1000, "start": 1e-4, "end": 0.02}
PREDICTION = {"epsilon": "eps", "sample": "x0", "v_prediction": "v", "flow_prediction": "velocity"}


def table(schedule):
    return {
        "linear": dict(DDPM),
        "scaled_linear": dict(DDPM, schedule="scaled-linear", start=8.5e-4, end=0.012),
        "squaredcos_cap_v2": dict(DDPM, schedule="cosine"),
    }[schedule]


def config(schedule="linear", prediction="epsilon", **more):
    c = table(schedule)
    return dict(num_train_timesteps=c["T"], beta_start=c["start"], beta_end=c["end"], beta_schedule=schedule, prediction_type=prediction, **more)


def walk(name, solver, s, process, grid, x=START, scale=1.0, alphas=None, calls=None, learned=False, noise=None, options=None, **step):
    """Runs the scheduler s over its timesteps. calls are our times of the network's calls: the grid's without its end, unless given. The
    scheduler's x times alphas, where given, is ours."""
    drawn.clear()
    x = x * scale
    calls = grid[:-1] if calls is None else calls
    outputs, xs = [], []
    for i, t in enumerate(s.timesteps):
        inp = s.scale_model_input(x, t) if hasattr(s, "scale_model_input") else x
        f = network(inp, float(t), 6 if learned else 3)
        outputs.append(rows(f))
        extra = {"variance_noise": draw()} if noise == "given" and grid[i + 1] != CLEAN else {}
        if noise == "given" and not extra:
            extra = {"variance_noise": torch.zeros_like(x)}  # its factor is 0
        x = s.step(f, t, x, return_dict=False, **step, **extra)[0]
        if getattr(s, "state_in_first_order", True) or i + 1 == len(s.timesteps):
            xs.append(rows(x if alphas is None else x * alphas[len(xs) + 1]))
    assert len(calls) == len(outputs) and len(xs) == len(grid) - 1, (name, len(calls), len(outputs), len(xs), len(grid))
    return {
        "name": name,
        "solver": solver,
        "options": options or {},
        "process": process,
        "prediction": PREDICTION[getattr(s.config, "prediction_type", "flow_prediction")],
        "clip": bool(getattr(s.config, "clip_sample", False)),
        "threshold": s.config.dynamic_thresholding_ratio if getattr(s.config, "thresholding", False) else 0.0,
        "scale": float(scale * (1 if alphas is None else alphas[0])),
        "learned": learned,
        "grid": [float(t) for t in grid],
        "calls": [float(t) for t in calls],
        "outputs": outputs,
        "noise": [i for i in drawn],
        "x": xs,
    }


def indices(s):
    return [int(t) for t in s.timesteps]


def ddpm(name, variance, times, learned=False, **c):
    # Deviation: without a list of times diffusers steps to t - T//n whatever its grid says; with one it steps to the next time, as here. It
    # also adds (large) noise in a last step from t > 0, so the list ends at 0.
    kind = {"fixed_small": "posterior", "fixed_large": "beta", "learned_range": "learned"}[variance]
    s = scheduler(scheduling_ddpm, variance_type=variance, **{**config(**c), "clip_sample": c.get("clip_sample", False)})
    s.set_timesteps(timesteps=times)
    return walk(name, "ddpm", s, table(c.get("schedule", "linear")), indices(s) + [CLEAN], learned=learned, options={"variance": kind})


def ddim(name, eta, spacing, n, clip=False, **c):
    # Deviation: by default diffusers keeps the network's eps where it clips x0hat; use_clipped_model_output takes the eps that belongs to the clipped one, as
    # the papers of Glide and Imagen do, and we always.
    s = scheduler(scheduling_ddim, clip_sample=clip, set_alpha_to_one=True, timestep_spacing=spacing, **config(**c))
    s.set_timesteps(n)
    noise = "given" if eta else None
    return walk(
        name,
        "ddim",
        s,
        table(c.get("schedule", "linear")),
        indices(s) + [CLEAN],
        noise=noise,
        eta=eta,
        use_clipped_model_output=clip,
        options={"eta": eta},
    )


def inverse(name, n, **c):
    # Deviation: the step from t to t + T//n calls the network at (x_t, t + T//n); the paper, and we, at (x_t, t). The formula is the same.
    # The scheduler's first step, from before index 0 to
    # index 0 with the same alpha, moves nothing, and is left out.
    s = scheduler(scheduling_ddim_inverse, clip_sample=False, set_alpha_to_one=False, timestep_spacing="leading", **config(**c))
    s.set_timesteps(n)
    whole = indices(s)
    s.timesteps = s.timesteps[1:]
    return walk(name, "ddim-inverse", s, table(c.get("schedule", "linear")), whole, calls=whole[:-1], scale=0.5)


def sigma_walk(name, solver, module, n, times=None, twice=False, options=None, **c):
    """Schedulers that work on x/alpha: our process is EDM, whose time is their sigma, or, with times, their own DDPM at these indices."""
    s = scheduler(module, **config(**c))
    s.set_timesteps(n, timesteps=times)
    sigmas = s.sigmas.tolist()
    if twice:
        sigmas = sigmas[:1] + sigmas[1::2]
    grid = sigmas[:-1] + [CLEAN if sigmas[-1] == 0 else sigmas[-1]]
    calls = grid[:-1] if not twice else [grid[0]] + [t for t in grid[1:-1] for _ in range(2)]
    if times:  # the same steps as a DDPM's, whose x is alpha times theirs
        alphas = [1 / numpy.sqrt(1 + v * v) for v in sigmas]
        calls = [float(t) for t in s.timesteps]
        return walk(name, solver, s, table(c.get("schedule", "linear")), times + [CLEAN], scale=grid[0], alphas=alphas, calls=calls, options=options)
    process = {"process": "edm", "lo": min(t for t in grid if t > 0), "hi": grid[0]}
    return walk(name, solver, s, process, grid, scale=grid[0], calls=calls, options=options)


def flow(name, n, **c):
    s = scheduler(scheduling_flow_match_euler_discrete, **c)
    s.set_timesteps(n)
    grid = s.sigmas.tolist()[:-1] + [CLEAN]
    return walk(name, "euler", s, {"process": "flow", "lo": grid[-2]}, grid)


def multistep(name, solver, module, n, noise=None, options=None, flow=False, **c):
    s = scheduler(module, **config(**c))
    s.set_timesteps(n)
    log_sigmas = numpy.log(((1 - s.alphas_cumprod) / s.alphas_cumprod).numpy()) / 2
    last = s.sigmas[-1].item()
    process = table(c.get("schedule", "linear"))
    if flow:
        grid = s.sigmas.tolist()[:-1]
        process = {"process": "flow", "lo": grid[-1], "hi": grid[0]}
    elif c.get("use_karras_sigmas"):
        # Deviation: the network is told the nearest index; x moves by the exact sigma, whose index is a fraction. Only the second matters here.
        grid = [float(numpy.interp(numpy.log(v), log_sigmas, numpy.arange(len(log_sigmas)))) for v in s.sigmas.numpy()[:-1]]
    else:
        grid = indices(s)
    grid = grid + [CLEAN if last == 0 else 0]
    return walk(name, solver, s, process, grid, noise=noise, options=options)


def edm(name, solver, module, n, **c):
    """The schedulers of Karras et al.'s own process, with its preconditioning and its number for the network, log(sigma)/4."""
    s = scheduler(module, sigma_data=0.4, **c)
    s.set_timesteps(n)
    grid = s.sigmas.tolist()[:-1] + [CLEAN]
    process = {"process": "edm", "lo": grid[-2], "hi": grid[0]}
    run = walk(name, solver, s, process, grid, scale=80.0)
    # the noise of the step to clean is drawn, and its factor is 0
    return {**run, "prediction": "edm", "sd": 0.4, "told": s.timesteps, "noise": run["noise"][:-1]}


def pc(name, n, snr, steps=1):
    """Predictor-corrector sampling of VE. The scheduler calls its network for the score."""
    # Deviation: its pipeline corrects before each prediction, also at the first level; the paper's algorithm and we after it, and not at 0. So its steps
    # are called in our order. Its step lengths take the mean of the batch's norms, ours each sample's own: a batch of one. Its pipeline returns the mean of
    # the last prediction, and so does this.
    s = scheduler(scheduling_sde_ve, num_train_timesteps=n, snr=snr, sigma_min=0.05, sigma_max=20.0, correct_steps=steps)
    drawn.clear()
    x, calls, outputs, xs = START[:1] * 20, [], [], []

    def ask(t):
        calls.append(t)
        outputs.append(rows(-network(x / 5, 1000 * t) / s.config.sigma_min / (s.config.sigma_max / s.config.sigma_min) ** t))
        return torch.tensor(outputs[-1])[..., None]

    grid = [i / (n - 1) for i in range(n)][::-1]
    for i, t in enumerate(grid):
        if i > 0:
            for _ in range(steps):
                x = s.step_correct(ask(t), x, return_dict=False)[0]
            xs.append(rows(x))
        step = s.step_pred(ask(t), torch.tensor(t + 1e-9), x, return_dict=False)
        x = step[1] if i == n - 1 else step[0]
    xs.append(rows(x))
    return {
        "name": name,
        "solver": "pc" if steps else "reverse-diffusion",
        "options": {"snr": snr, "corrections": steps} if steps else {},
        "process": {"process": "ve", "lo": 0.05, "hi": 20.0},
        "prediction": "score",
        "scale": 20.0,
        "grid": grid + [CLEAN],
        "calls": calls,
        "outputs": outputs,
        "noise": drawn[:-1],
        "x": xs,
    }


def maruyama(name, n):
    """Euler-Maruyama on the reverse VP SDE, at times 1/n apart, which is the length of its steps whatever its times."""
    s = scheduler(scheduling_sde_vp, num_train_timesteps=n)
    s.timesteps = torch.tensor([1 - i / n for i in range(n - 1)] + [0.0])  # only their number counts
    drawn.clear()
    x, outputs, xs = START, [], []
    grid = [1 - i / n for i in range(n)]
    for t in grid[:-1]:
        f = network(x, 1000 * t)
        outputs.append(rows(f))
        x = s.step_pred(f, x, torch.tensor(t))[0]
        xs.append(rows(x))
    return {
        "name": name,
        "solver": "euler-maruyama",
        "options": {},
        "process": {"process": "vp", "lo": 1 / n},
        "prediction": "eps",
        "scale": 1.0,
        "grid": grid,
        "calls": grid[:-1],
        "outputs": outputs,
        "noise": list(drawn),
        "x": xs,
    }


TIMES = [999, 850, 620, 400, 250, 100, 20, 0]
dpm, uni, euler, heun = scheduling_dpmsolver_multistep, scheduling_unipc_multistep, scheduling_euler_discrete, scheduling_heun_discrete
LOWER = {"lower": True}
SDE = {"algorithm_type": "sde-dpmsolver++", "noise": "given"}
runs = [
    ddpm("DDPM fixed_small", "fixed_small", TIMES),
    ddpm("DDPM fixed_large, v, cosine", "fixed_large", TIMES, prediction="v_prediction", schedule="squaredcos_cap_v2"),
    ddpm("DDPM fixed_small, sample, clipped", "fixed_small", TIMES, prediction="sample", clip_sample=True),
    ddpm("DDPM thresholding", "fixed_small", TIMES[2:], thresholding=True, dynamic_thresholding_ratio=0.8, sample_max_value=100.0),
    ddpm("DDPM learned_range", "learned_range", TIMES, learned=True),
    ddpm("DDPM learned_range, neighbours", "learned_range", [5, 4, 3, 2, 1, 0], learned=True, schedule="squaredcos_cap_v2"),
    ddim("DDIM leading", 0.0, "leading", 8),
    ddim("DDIM trailing, clipped", 0.0, "trailing", 8, clip=True),
    ddim("DDIM eta .5, v, scaled_linear", 0.5, "leading", 8, prediction="v_prediction", schedule="scaled_linear"),
    ddim("DDIM eta 1, clipped", 1.0, "trailing", 8, clip=True),
    inverse("DDIMInverse", 8),
    inverse("DDIMInverse, v, scaled_linear", 5, prediction="v_prediction", schedule="scaled_linear"),
    sigma_walk("EulerDiscrete", "ddim", euler, 6),
    sigma_walk("EulerDiscrete, karras", "euler", euler, 6, use_karras_sigmas=True, schedule="scaled_linear"),
    sigma_walk("EulerDiscrete, sigma_min", "euler", euler, 6, final_sigmas_type="sigma_min", timestep_spacing="trailing"),
    sigma_walk("HeunDiscrete", "heun", heun, 6, twice=True, schedule="scaled_linear"),
    sigma_walk("HeunDiscrete, karras", "heun", heun, 6, twice=True, use_karras_sigmas=True),
    sigma_walk("EulerDiscrete, by index", "ddim", euler, None, times=TIMES),
    sigma_walk("HeunDiscrete, by index, v", "heun", heun, None, times=TIMES[1:], twice=True, prediction="v_prediction"),
    flow("FlowMatchEulerDiscrete", 6),
    flow("FlowMatchEulerDiscrete, shift 3", 6, shift=3.0),
    edm("EDMEuler", "euler", scheduling_edm_euler, 6),
    edm("EDMDPMSolverMultistep", "dpm++2m", scheduling_edm_dpmsolver_multistep, 6),
    edm("EDMDPMSolverMultistep SDE", "dpm++2m-sde", scheduling_edm_dpmsolver_multistep, 6, algorithm_type="sde-dpmsolver++"),
    pc("ScoreSdeVe", 5, 0.16),
    pc("ScoreSdeVe, two corrections", 4, 0.1, 2),
    pc("ScoreSdeVe, predictor", 6, 0.16, 0),
    maruyama("ScoreSdeVp", 8),
    multistep("DPMSolverMultistep 2M", "dpm++2m", dpm, 8),
    multistep(
        "DPMSolverMultistep 2M, sigma_min", "dpm++2m", dpm, 6, final_sigmas_type="sigma_min", schedule="scaled_linear", lower_order_final=False
    ),
    multistep("DPMSolverMultistep 2M, sigma_min, lower_order_final", "dpm++2m", dpm, 5, final_sigmas_type="sigma_min", options=LOWER),
    multistep("DPMSolverMultistep 2M, karras, v", "dpm++2m", dpm, 6, use_karras_sigmas=True, prediction="v_prediction"),
    multistep("DPMSolverMultistep 2M, flow", "dpm++2m", dpm, 6, use_flow_sigmas=True, prediction="flow_prediction", flow=True),
    multistep("DPMSolverMultistep SDE", "dpm++2m-sde", dpm, 6, **SDE),
    multistep("DPMSolverMultistep SDE, karras, sample", "dpm++2m-sde", dpm, 6, use_karras_sigmas=True, prediction="sample", **SDE),
    multistep("UniPC bh2", "unipc", uni, 6, solver_order=2),
    multistep(
        "UniPC bh2, karras, v, scaled_linear",
        "unipc",
        uni,
        6,
        solver_order=2,
        use_karras_sigmas=True,
        prediction="v_prediction",
        schedule="scaled_linear",
    ),
    multistep("UniPC bh2, order 3", "unipc", uni, 6, solver_order=3, options={"order": 3, **LOWER}),
    multistep(
        "UniPC bh2, order 3, sigma_min, not lower",
        "unipc",
        uni,
        6,
        solver_order=3,
        final_sigmas_type="sigma_min",
        lower_order_final=False,
        options={"order": 3},
    ),
    multistep(
        "UniPC bh1, sigma_min", "unipc", uni, 6, solver_order=2, solver_type="bh1", final_sigmas_type="sigma_min", options={"bh1": True, **LOWER}
    ),
    multistep("UniPC order 1", "unipc", uni, 5, solver_order=1, options={"order": 1}),
    multistep("UniPC bh2, no corrector", "unipc", uni, 5, solver_order=2, disable_corrector=list(range(5)), options={"nocorrect": True}),
    multistep("UniPC bh2, flow", "unipc", uni, 6, solver_order=2, use_flow_sigmas=True, prediction="flow_prediction", flow=True),
]
grids = []
for spacing, ours in (("linspace", "linear"), ("trailing", "trailing")):
    for T, n in ((1000, 10), (1000, 7), (50, 50), (300, 11)):
        s = scheduler(scheduling_ddpm, num_train_timesteps=T, timestep_spacing=spacing)
        s.set_timesteps(n)
        grids.append({"spacing": ours, "T": T, "n": n, "indices": indices(s)})
tables = []
for schedule, ours in (("linear", "linear"), ("scaled_linear", "scaled-linear"), ("sigmoid", "sigmoid"), ("squaredcos_cap_v2", "cosine")):
    s = scheduler(scheduling_ddpm, beta_schedule=schedule)
    at = torch.tensor([0, 1, 10, 250, 500, 777, 998, 999])
    snr = compute_snr(s, at)  # of float32
    min_snr = torch.minimum(snr, torch.tensor(5.0))  # the weights of diffusers' training scripts
    tables.append({"schedule": ours, "at": at, "beta": s.betas[at], "eps": min_snr / snr, "v": min_snr / (snr + 1)})
store(
    __file__,
    "diffusers.json",
    {"start": rows(START), "noise": [rows(z) for z in POOL], "grids": grids, "tables": tables, "runs": runs},
    "diffusers",
    "torch",
    "numpy",
)
