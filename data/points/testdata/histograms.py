"""Writes histograms.json: how the points of each named set fall into 32 x 32 squares of side 1/2 over [-8,8]^2.

    python histograms.py        made with numpy 2.4.6, torch 2.15.0, torchcfm 1.0.7, torchdyn 1.0.6, scikit-learn 1.9.1

8gaussians and moons are torchcfm's own functions, swissroll is scikit-learn's as FFJORD scales it; the others are written from
their laws in other words than the Go code: as complex numbers, by rejection, from closed forms.
"""
import json
import pathlib

import numpy as np
from sklearn.datasets import make_swiss_roll
from torchcfm.utils import sample_8gaussians, sample_moons

N = 400_000
rng = np.random.default_rng(20240603)


def plane(c):
    return np.stack([c.real, c.imag], axis=1)


def gauss(n=N):
    return rng.standard_normal(n) + 1j * rng.standard_normal(n)


def circles():
    radius = np.where(rng.random(N) < 0.5, 2, 4)
    return plane(radius * np.exp(2j * np.pi * rng.random(N)) + 0.15 * gauss())


def swissroll():
    return make_swiss_roll(N, noise=1.0, random_state=7)[0][:, [0, 2]] / 5


def checkerboard():
    x = rng.uniform(-4, 4, (3 * N, 2))
    return x[np.floor(x / 2).sum(axis=1) % 2 == 0][:N]


def pinwheel():
    f = 1 + 0.3 * rng.standard_normal(N) + 0.1j * rng.standard_normal(N)
    angle = rng.integers(5, size=N) * 2 * np.pi / 5 + np.exp(f.real) / 4
    return plane(2 * f * np.exp(-1j * angle))


def spiral():
    a = 3 * np.pi * np.sqrt(rng.random(N))
    arm = -a * np.exp(-1j * a) + 0.5 * (rng.random(N) + 1j * rng.random(N))
    return plane(rng.choice([-1, 1], N) * arm / 3 + 0.1 * gauss())


def modes(centres, weights, deviation):
    return plane(rng.choice(np.array(centres), N, p=weights) + deviation * gauss())


sets = {
    "8gaussians": np.concatenate([sample_8gaussians(20_000).numpy() for _ in range(N // 20_000)]),
    "moons": sample_moons(N).numpy(),
    "circles": circles(),
    "swissroll": swissroll(),
    "checkerboard": checkerboard(),
    "pinwheel": pinwheel(),
    "spiral": spiral(),
    "two-modes": modes([-2, 2], [0.5, 0.5], 0.5),
    "unbalanced": modes([5 + 5j, -5 - 5j], [0.2, 0.8], 1),
}
edges = np.arange(-8, 8.25, 0.5)
out = {}
for name, x in sets.items():
    counts, _, _ = np.histogram2d(x[:, 0], x[:, 1], bins=[edges, edges])
    out[name] = counts.astype(int).ravel().tolist()
path = pathlib.Path(__file__).with_name("histograms.json")
path.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in out.items()) + "\n}\n")
print(path, path.stat().st_size, "bytes")
