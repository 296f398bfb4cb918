"""Writes repaint.json, which golden_test.go reads: whole runs of diffusers' RePaintScheduler from a toy network, step by step.

    bench/golden.sh        (installs the versions that the file names, and runs this)

The scheduler runs as it is and is called as its pipeline calls it, but in double precision: its module sees a torch whose float32 is float64. Of
each run it records what the network said at each call, the noise in the order in which ours takes it, and x after each step down. (diffusers'
DDIMInverseScheduler is compared in sample/testdata/gen_diffusers.py.)
"""

import os
import sys

import numpy
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "golden"))
from store import store  # noqa: E402

from diffusers.schedulers import scheduling_repaint  # noqa: E402

torch.set_default_dtype(torch.float64)
rng = numpy.random.default_rng(8)
START, ORIGINAL = (torch.from_numpy(rng.standard_normal((2, 4)).round(6)) for _ in range(2))
MASK = torch.tensor([1.0, 0.0, 1.0, 0.0])  # 1: known
POOL = torch.from_numpy(rng.standard_normal((80, 2, 4)).round(6))
drawn = []


class Double:
    """A module whose float32 is float64."""

    def __init__(self, module):
        self.module = module

    def __getattr__(self, name):
        return getattr(self.module, "float64" if name == "float32" else name)


def draw(*_, **__):
    drawn.append(len(drawn))
    return POOL[drawn[-1]]


scheduling_repaint.torch, scheduling_repaint.randn_tensor = Double(torch), draw


def network(x, t):
    """Smooth in x and t."""
    u = t / 12
    return 0.8 * torch.tanh((1 + u) * x) + 0.3 * torch.sin(2 * x + 3 * u)


def run(T, jump, passes):
    # Deviation: x0hat is clipped by default, but the noise that x is taken to hold is the network's all the same; so nothing is clipped here.
    # Deviation: a step has one noise for both parts, of which each takes its own elements; ours draws two, and is given that one twice.
    # Deviation: on a grid of fewer steps than the table has, the way back takes the table's betas one by one, with a noise for each; ours takes one step
    # of the same law. So the grid is the whole table here, where both are the same.
    s = scheduling_repaint.RePaintScheduler(num_train_timesteps=T, beta_start=1e-3, beta_end=0.3, eta=1.0, clip_sample=False)
    s.set_timesteps(T, jump, passes)
    drawn.clear()
    x, outputs, xs, noise, calls = START, [], [], [], []
    last = int(s.timesteps[0]) + 1
    for t in s.timesteps.tolist():
        if t < last:
            outputs.append(network(x, t))
            calls.append(t)
            x = s.step(outputs[-1], t, x, ORIGINAL, MASK, return_dict=False)[0]
            xs.append(x)
            if t > 0:  # the step to the data has no noise
                noise += [drawn[-1]] * 2
        else:
            x = s.undo_step(x, last)
            noise.append(drawn[-1])
        last = t
    return {"T": T, "jump": jump, "passes": passes, "calls": calls, "outputs": outputs, "noise": noise, "x": xs}


store(
    __file__,
    "repaint.json",
    {
        "start": START,
        "y": ORIGINAL * MASK,
        "known": MASK.bool().tolist(),
        "noise": POOL,
        "runs": [run(8, 1, 1), run(8, 1, 3), run(12, 3, 2), run(11, 4, 2)],
    },
    "diffusers",
    "torch",
    "numpy",
)
