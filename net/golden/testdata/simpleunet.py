"""Writes simpleunet.safetensors: the lecture's SimpleUnet in PyTorch, written from its description alone.

    python simpleunet.py        (made with torch 2.15.0, safetensors 0.8.0, on a CPU)

Weights, biases and BatchNorm's statistics are drawn at random, none is left at zero or one. All is float32; adam64
is what the three steps in float64 add to the weights.
"""
import copy
import math
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn


class Sinusoid(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.half = dim // 2

    def forward(self, t):
        k = torch.arange(self.half, dtype=t.dtype)
        angle = t[:, None] * torch.exp(-k * math.log(10000) / (self.half - 1))[None, :]
        return torch.cat([angle.sin(), angle.cos()], dim=-1)


class Block(nn.Module):
    def __init__(self, cin, cout, up):
        super().__init__()
        self.time_mlp = nn.Linear(32, cout)
        self.conv1 = nn.Conv2d(2 * cin if up else cin, cout, 3, padding=1)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1)
        self.transform = nn.ConvTranspose2d(cout, cout, 4, 2, 1) if up else nn.Conv2d(cout, cout, 4, 2, 1)
        self.bnorm1 = nn.BatchNorm2d(cout)
        self.bnorm2 = nn.BatchNorm2d(cout)

    def forward(self, x, t):
        h = self.bnorm1(self.conv1(x).relu())
        h = h + self.time_mlp(t).relu()[:, :, None, None]
        h = self.bnorm2(self.conv2(h).relu())
        return self.transform(h)


class SimpleUnet(nn.Module):
    def __init__(self, widths=(64, 128, 256, 512, 1024), channels=3):
        super().__init__()
        self.time_mlp = nn.Sequential(Sinusoid(32), nn.Linear(32, 32), nn.ReLU())
        self.conv0 = nn.Conv2d(channels, widths[0], 3, padding=1)
        pairs = list(zip(widths, widths[1:]))
        self.downs = nn.ModuleList([Block(a, b, up=False) for a, b in pairs])
        self.ups = nn.ModuleList([Block(b, a, up=True) for a, b in reversed(pairs)])
        self.output = nn.Conv2d(widths[0], channels, 1)

    def forward(self, x, t):
        t = self.time_mlp(t)
        x = self.conv0(x)
        skips = []
        for down in self.downs:
            x = down(x, t)
            skips.append(x)
        for up in self.ups:
            x = up(torch.cat([x, skips.pop()], dim=1), t)
        return self.output(x)


def adam(model, eps, loss, steps=3):
    """The state after some steps on the same batch."""
    opt = torch.optim.Adam(model.parameters(), lr=1e-3, eps=eps)
    for _ in range(steps):
        opt.zero_grad()
        loss(model).backward()
        opt.step()
    return model.state_dict()


def main():
    torch.manual_seed(20240601)
    assert sum(p.numel() for p in SimpleUnet().parameters()) == 62_438_883
    model = SimpleUnet((6, 10, 8))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            module.num_batches_tracked.fill_(7)
    x, target = torch.randn(3, 3, 16, 24), torch.randn(3, 3, 16, 24)
    t = torch.tensor([0.0, 17.0, 299.0])
    out = {"weight/" + k: v.clone() for k, v in model.state_dict().items()}
    out |= {"x": x, "t": t, "target": target}
    with torch.inference_mode():
        out["eval"] = model.eval()(x, t)
        # Batch statistics of one image, three times; the statistics kept by a copy.
        out["perimage"] = torch.cat([copy.deepcopy(model).train()(x[i : i + 1], t[i : i + 1]) for i in range(3)])

    trained = copy.deepcopy(model).train()
    y = trained(x, t)
    loss = (y - target).abs().mean()
    loss.backward()
    out |= {"train": y.detach(), "loss": loss.detach()}
    out |= {"grad/" + k: p.grad for k, p in trained.named_parameters()}
    out |= {"stats/" + k: v for k, v in trained.named_buffers()}

    l1 = lambda m: (m(x.to(m.output.bias.dtype), t.to(m.output.bias.dtype)) - target).abs().mean()
    out |= {"adam32/" + k: v for k, v in adam(copy.deepcopy(model).train(), 1e-3, l1).items()}
    before = model.state_dict()
    after = adam(copy.deepcopy(model).double().train(), 1e-8, l1)
    out |= {"adam64/" + k: (v - before[k]).to(before[k].dtype) for k, v in after.items()}
    path = pathlib.Path(__file__).with_name("simpleunet.safetensors")
    save_file({k: v.contiguous() for k, v in out.items()}, path)
    print(path, path.stat().st_size, "bytes, loss", loss.item())


main()
