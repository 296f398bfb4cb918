"""PyTorch's side of the benchmark, f32, on the CPU.

Usage: worker.py WORKLOAD THREADS eager|channels_last
Makes one step for each line of standard input and prints its time as JSON.
"""

import json
import sys
import time


def resident(field):
    for line in open("/proc/self/status"):
        if line.startswith(field + ":"):
            return int(line.split()[1]) << 10


import torch  # noqa: E402  the library itself is not counted as the model's memory
from torch import nn  # noqa: E402

work, threads, layout = json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
torch.set_num_threads(threads)
torch.manual_seed(0)
before = resident("VmRSS")


class Block(nn.Module):
    def __init__(self, cin, cout, up):
        super().__init__()
        self.time_mlp = nn.Linear(32, cout)
        self.conv1 = nn.Conv2d(2 * cin if up else cin, cout, 3, padding=1)
        self.transform = nn.ConvTranspose2d(cout, cout, 4, 2, 1) if up else nn.Conv2d(cout, cout, 4, 2, 1)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1)
        self.bnorm1, self.bnorm2 = nn.BatchNorm2d(cout), nn.BatchNorm2d(cout)

    def forward(self, x, t):
        h = self.bnorm1(torch.relu(self.conv1(x)))
        h = h + torch.relu(self.time_mlp(t))[:, :, None, None]
        return self.transform(self.bnorm2(torch.relu(self.conv2(h))))


class SimpleUnet(nn.Module):
    def __init__(self, widths=(64, 128, 256, 512, 1024)):
        super().__init__()
        self.time = nn.Linear(32, 32)
        self.conv0 = nn.Conv2d(3, widths[0], 3, padding=1)
        self.downs = nn.ModuleList(Block(a, b, False) for a, b in zip(widths, widths[1:]))
        up = widths[::-1]
        self.ups = nn.ModuleList(Block(a, b, True) for a, b in zip(up, up[1:]))
        self.output = nn.Conv2d(widths[0], 3, 1)

    def forward(self, x, t):
        k = torch.exp(torch.arange(16) * -(torch.log(torch.tensor(1e4)) / 15))
        angle = t[:, None] * k
        t = torch.relu(self.time(torch.cat((angle.sin(), angle.cos()), -1)))
        x = self.conv0(x)
        skips = []
        for down in self.downs:
            x = down(x, t)
            skips.append(x)
        for block in self.ups:
            x = block(torch.cat((x, skips.pop()), 1), t)
        return self.output(x)


class Diffusers(nn.Module):
    """The residual U-Net of preset small, as diffusers has it."""

    def __init__(self, channels, layers):
        super().__init__()
        from diffusers import UNet2DModel

        self.net = UNet2DModel(
            block_out_channels=channels, layers_per_block=layers, norm_num_groups=8,
            down_block_types=["DownBlock2D"] * len(channels), up_block_types=["UpBlock2D"] * len(channels),
            resnet_time_scale_shift="scale_shift", attn_norm_num_groups=8,
        )

    def forward(self, x, t):
        return self.net(x, t).sample


if work["Preset"] == "small":
    model = Diffusers(work["Channels"], work["Layers"])
else:
    model = SimpleUnet()
assert sum(p.numel() for p in model.parameters()) == work["Parameters"]
size, batch = work["Size"], work["Batch"]
image = (torch.arange(batch * 3 * size * size) % 255).float().reshape(batch, 3, size, size) / 127.5 - 1
t = (torch.arange(batch) * 7 % 300).float()
if layout == "channels_last":
    model = model.to(memory_format=torch.channels_last)
    image = image.contiguous(memory_format=torch.channels_last)
criterion = nn.functional.mse_loss if work["Preset"] == "small" else nn.functional.l1_loss
optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)


def step():
    if work["Kind"] == "forward":
        with torch.inference_mode():
            return model(image, t)
    optimiser.zero_grad(set_to_none=True)
    loss = criterion(model(image, t), image)
    loss.backward()
    optimiser.step()
    return loss.item()


model.train(work["Kind"] == "train")
for _ in sys.stdin:
    began = time.perf_counter()
    step()
    took = time.perf_counter() - began
    print(json.dumps({"Seconds": took, "Bytes": resident("VmHWM") - before}), flush=True)
