"""Writes NAME.json and NAME.safetensors for each configuration below, or for those named: diffusers' UNet2DModel.

    python unet.py [NAME...]    (made with torch 2.15.0, diffusers 0.35.2, safetensors 0.8.0, on a CPU)

Weights are drawn at random, none is left at zero or one. All is float32; adam64 is what three steps in float64
add to the weights. diffusers computes its sinusoids in float32 whatever the network's type; there they are
recomputed in the type of the time, or the float64 comparison would see that rounding only.
"""
import copy
import json
import math
import pathlib
import sys

import torch
from diffusers import UNet2DModel
from safetensors.torch import save_file

CONFIGS = {
    # Every default that is small enough, attention on all ways, several heads, odd number of levels.
    "attention": dict(
        sample_size=[16, 8],
        in_channels=3,
        out_channels=3,
        block_out_channels=[6, 8, 8],
        layers_per_block=2,
        down_block_types=["DownBlock2D", "AttnDownBlock2D", "DownBlock2D"],
        up_block_types=["AttnUpBlock2D", "UpBlock2D", "AttnUpBlock2D"],
        attention_head_dim=2,
        norm_num_groups=2,
    ),
    # The shape of preset small: scale-shift time, no attention below, one layer, padding 0, the other sinusoid order.
    "scaleshift": dict(
        sample_size=16,
        in_channels=1,
        out_channels=4,
        block_out_channels=[6, 9],
        layers_per_block=1,
        down_block_types=["DownBlock2D", "DownBlock2D"],
        up_block_types=["UpBlock2D", "UpBlock2D"],
        attention_head_dim=None,
        norm_num_groups=3,
        norm_eps=1e-6,
        resnet_time_scale_shift="scale_shift",
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
        time_embedding_dim=20,
    ),
}

# Small networks that are told a class: by a row of a table (the first and the last sample's the same), by a number
# embedded as the time is, and by a vector as it is.
TOLD = dict(
    sample_size=[16, 8],
    in_channels=2,
    out_channels=2,
    block_out_channels=[4, 6],
    layers_per_block=1,
    down_block_types=["DownBlock2D", "DownBlock2D"],
    up_block_types=["UpBlock2D", "UpBlock2D"],
    attention_head_dim=None,
    norm_num_groups=2,
    time_embedding_dim=10,
)
CONFIGS |= {
    "class": TOLD | dict(num_class_embeds=6),
    "classtimestep": TOLD | dict(class_embed_type="timestep", flip_sin_to_cos=False),
    "classidentity": TOLD | dict(class_embed_type="identity", resnet_time_scale_shift="scale_shift"),
}


def sinusoids(self, t):
    """diffusers.models.embeddings.Timesteps.forward in the type of t."""
    half = self.num_channels // 2
    k = torch.arange(half, dtype=t.dtype)
    angle = t[:, None] * torch.exp(-math.log(10000) * k / (half - self.downscale_freq_shift))[None, :]
    parts = [angle.sin(), angle.cos()]
    return torch.cat(parts[::-1] if self.flip_sin_to_cos else parts, dim=-1)


def classes(model):
    """What three samples are told, as the network takes it."""
    if model.config.class_embed_type == "identity":
        return torch.randn(3, model.config.time_embedding_dim)
    return torch.tensor([2.0, 0.0, 5.0]) if model.config.class_embed_type else torch.tensor([4, 1, 4])


def adam(model, eps, loss, steps=3):
    """The state after some steps on the same batch."""
    opt = torch.optim.Adam(model.parameters(), lr=1e-3, eps=eps)
    for _ in range(steps):
        opt.zero_grad()
        loss(model).backward()
        opt.step()
    return model.state_dict()


def golden(name, config):
    torch.manual_seed(20240602)
    model = UNet2DModel(**config)
    for module in model.modules():
        if isinstance(module, torch.nn.GroupNorm):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.3)
    t = torch.tensor([3.0, 271.0] if model.class_embedding is None else [3.0, 271.0, 90.0])
    x, target = torch.randn(len(t), config["in_channels"], 16, 8), torch.randn(len(t), config["out_channels"], 16, 8)
    out = {"weight/" + k: v.clone() for k, v in model.state_dict().items()}
    out |= {"x": x, "t": t, "target": target}
    told = lambda m: {}
    if model.class_embedding is not None:
        out["class"] = labels = classes(model)
        told = lambda m: {"class_labels": labels.to(m.dtype) if labels.is_floating_point() else labels}
    with torch.inference_mode():
        out["eval"] = model.eval()(x, t, **told(model)).sample

    mse = lambda m: (m(x.to(m.dtype), t.to(m.dtype), **told(m)).sample - target.to(m.dtype)).square().mean()
    trained = copy.deepcopy(model).train()
    loss = mse(trained)
    loss.backward()
    out["loss"] = loss.detach()
    out |= {"grad/" + k: p.grad for k, p in trained.named_parameters()}
    out |= {"adam32/" + k: v for k, v in adam(copy.deepcopy(model).train(), 1e-3, mse).items()}
    double = copy.deepcopy(model).double().train()
    double.time_proj.forward = sinusoids.__get__(double.time_proj)
    before = model.state_dict()
    out |= {"adam64/" + k: (v - before[k]).float() for k, v in adam(double, 1e-8, mse).items()}

    here = pathlib.Path(__file__).parent
    save_file({k: v.contiguous() for k, v in out.items()}, here / f"{name}.safetensors")
    saved = json.loads(model.to_json_string())  # as save_pretrained writes config.json
    saved["state_dict"] = list(model.state_dict())
    (here / f"{name}.json").write_text(json.dumps(saved, indent=1) + "\n")
    print(name, (here / f"{name}.safetensors").stat().st_size, "bytes, loss", loss.item())


for name in sys.argv[1:] or CONFIGS:
    golden(name, CONFIGS[name])
