"""Writes mlp.safetensors: the network for points in PyTorch, written from its description alone.

    python mlp.py        (made with torch 2.15.0, safetensors 0.8.0, on a CPU)

Two cases, all in float64: "plain", which sees two octaves of waves and predicts twice as many numbers as a point has, and "energy", whose prediction is the
gradient of a scalar. For each the weights, the prediction, and the loss and its gradients.
"""
import math
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn


class Sinusoids(nn.Module):
    """Sines, then cosines, at dim/2 frequencies from 2 down to 0.001 in geometric progression."""

    def __init__(self, dim):
        super().__init__()
        self.register_buffer("f", torch.logspace(math.log10(2), -3, dim // 2, dtype=torch.float64), persistent=False)

    def forward(self, cond):
        angle = cond[:, None] * self.f
        return torch.cat([angle.sin(), angle.cos()], dim=1)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear1 = nn.Linear(width, width)
        self.time = nn.Linear(width, width)
        self.linear2 = nn.Linear(width, width)

    def forward(self, h, t):
        act = nn.functional.silu
        return h + self.linear2(act(self.linear1(act(h)) + self.time(act(t))))


class MLP(nn.Module):
    def __init__(self, dim, out, width, depth, embed, waves, energy):
        super().__init__()
        self.energy = energy
        self.time_mlp = nn.Sequential(nn.Linear(embed, width), nn.SiLU(), nn.Linear(width, width))
        self.waves = [1.5 * 2**k for k in range(waves)]
        self.input = nn.Linear(dim * (1 + 2 * waves), width)
        self.blocks = nn.ModuleList([Block(width) for _ in range(depth)])
        self.output = nn.Linear(width, out)
        self.sinusoids = Sinusoids(embed)

    def body(self, x, cond):
        t = self.time_mlp(self.sinusoids(cond))
        h = self.input(torch.cat([x] + [f(w * x) for w in self.waves for f in (torch.sin, torch.cos)], dim=1))
        for block in self.blocks:
            h = block(h, t)
        return self.output(nn.functional.silu(h))

    def forward(self, x, cond):
        if not self.energy:
            return self.body(x, cond)
        x = x.detach().requires_grad_()
        f = (x * self.body(x, cond)).sum()
        return torch.autograd.grad(f, x, create_graph=True)[0]


def main():
    torch.manual_seed(20240602)
    torch.set_default_dtype(torch.float64)
    out = {}
    for name, outs, waves, energy in [("plain", 6, 2, False), ("energy", 3, 0, True)]:
        model = MLP(3, outs, 10, 2, 8, waves, energy)
        x, target = torch.randn(4, 3), torch.randn(4, outs)
        cond = torch.tensor([0.0, 7.5, -4.6, 999.0])
        y = model(x, cond)
        loss = ((y - target) ** 2).mean()
        loss.backward()
        case = {"x": x, "cond": cond, "target": target, "y": y.detach(), "loss": loss.detach()}
        case |= {"weight/" + k: v for k, v in model.state_dict().items()}
        case |= {"grad/" + k: p.grad for k, p in model.named_parameters()}
        out |= {name + "/" + k: v.detach().clone().contiguous() for k, v in case.items()}
    path = pathlib.Path(__file__).with_name("mlp.safetensors")
    save_file(out, path)
    print(path, path.stat().st_size, "bytes")


main()
