"""Writes schedulers.json, which foreign_test.go reads: what diffusers' schedulers make of a configuration.

    bench/golden.sh        (installs the versions that the file names, and runs this)

Each entry has the text of scheduler_config.json as diffusers writes it, Infinity and all, and the law that it stands for: sigma/alpha at some
indices of the table, or, of the schedulers without one, the noise levels and what the network is told at them in a walk of five steps.

Deviation: under rescale_betas_zero_snr the last value is left out. DDPM and DDIM have abar = 0 there, the others 2^-24, which may exceed the value
before it. Deviation: the flows' walk is given its sigmas before the shift, as the pipelines of diffusers give them; by itself the scheduler shifts its
least sigma twice.
"""

import os
import sys

import numpy
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "golden"))
from store import store  # noqa: E402

import diffusers.schedulers as all_schedulers  # noqa: E402

torch.set_default_dtype(torch.float64)
INDICES = [0, 1, 7, 100, 500, 900, 998, 999]


class Double:
    """A module whose float32 is float64."""

    def __init__(self, module):
        self.module = module

    def __getattr__(self, name):
        return getattr(self.module, "float64" if name == "float32" else name)


def make(name, **config):
    c = getattr(all_schedulers, name)
    module = sys.modules[c.__module__]
    module.torch, module.np = Double(torch), Double(numpy)
    return c(**config)


def table(name, **config):
    s = make(name, **config)
    last = s.config.num_train_timesteps - 1
    at = [i for i in INDICES if i < last or i == last and not config.get("rescale_betas_zero_snr")]
    abar = s.alphas_cumprod.double()[at]
    return {"name": name, "text": s.to_json_string(), "at": at, "ratio": ((1 - abar) / abar).sqrt()}


def flow(name, **config):
    s = make(name, **config)
    if "sigmas" in s.set_timesteps.__code__.co_varnames and name == "FlowMatchEulerDiscreteScheduler":
        s.set_timesteps(sigmas=numpy.linspace(1, 1e-3, 5))
    else:
        s.set_timesteps(5)
    n = len(s.timesteps)
    return {"name": name, "text": s.to_json_string(), "sigmas": s.sigmas[:n].double(), "told": s.timesteps.double()}


def edm(name, **config):
    s = make(name, **config)
    s.set_timesteps(5)
    return {"name": name, "text": s.to_json_string(), "sigmas": s.sigmas.double(), "told": s.timesteps.double()}


trained = [round(0.001 + 0.01 * i / 9, 6) for i in range(10)]
tables = [
    table("DDPMScheduler"),
    table("DDPMScheduler", beta_schedule="squaredcos_cap_v2", variance_type="fixed_small_log", prediction_type="sample", clip_sample=False),
    table("DDPMScheduler", beta_schedule="sigmoid", variance_type="fixed_large_log"),
    table("DDPMScheduler", rescale_betas_zero_snr=True, prediction_type="v_prediction", timestep_spacing="trailing"),
    table("DDPMScheduler", num_train_timesteps=10, trained_betas=trained),
    table("DDIMScheduler", beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, set_alpha_to_one=False, steps_offset=1, clip_sample=False),
    table("DDIMScheduler", beta_schedule="scaled_linear", rescale_betas_zero_snr=True, timestep_spacing="linspace"),
    table("PNDMScheduler", skip_prk_steps=True),
    table("DPMSolverMultistepScheduler", use_karras_sigmas=True, algorithm_type="sde-dpmsolver++"),
    table("DPMSolverMultistepScheduler", use_lu_lambdas=True, final_sigmas_type="sigma_min", lambda_min_clipped=-5.1, beta_schedule="squaredcos_cap_v2"),
    table("DPMSolverSinglestepScheduler"),
    table("DEISMultistepScheduler", use_exponential_sigmas=True),
    table("UniPCMultistepScheduler", rescale_betas_zero_snr=True),
    table("SASolverScheduler"),
    table("DPMSolverSDEScheduler"),
    table("EulerDiscreteScheduler", beta_schedule="scaled_linear"),
    table("EulerAncestralDiscreteScheduler", timestep_spacing="trailing"),
    table("HeunDiscreteScheduler"),
    table("LMSDiscreteScheduler"),
    table("KDPM2DiscreteScheduler"),
    table("KDPM2AncestralDiscreteScheduler"),
]
flows = [
    flow("FlowMatchEulerDiscreteScheduler"),
    flow("FlowMatchEulerDiscreteScheduler", shift=3.0),
]
edms = [
    edm("EDMEulerScheduler"),
    edm("EDMEulerScheduler", sigma_schedule="exponential", sigma_max=40.0, sigma_data=1.0),
    edm("EDMDPMSolverMultistepScheduler", final_sigmas_type="sigma_min"),
]
store(__file__, "schedulers.json", {"tables": tables, "flows": flows, "edms": edms}, "diffusers", "torch")
