"""Writes NAME.json and NAME.safetensors for each configuration below: diffusers' AutoencoderKL and its bound.

    python vae.py          (made with torch 2.15.0, diffusers 0.35.2, safetensors 0.8.0, on a CPU)

Weights are drawn at random, none is left at zero or one; all is float32. The bound is taken by torch.distributions:
log p(x|z) of one draw of z, and KL(q(z|x) || N(0, 1)), both summed over each image; `loss` is the mean over images of
(2 KL - log p(x|z)) / D, D the elements of an image. `log_variance`, that of a Gaussian p(x|z), is ours: diffusers has none.
"""
import json
import pathlib

import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file
from torch.distributions import Bernoulli, Normal, kl_divergence

CONFIGS = {
    "vae-gaussian": (
        "gaussian",
        dict(
            in_channels=3,
            out_channels=3,
            block_out_channels=[4, 6],
            down_block_types=["DownEncoderBlock2D"] * 2,
            up_block_types=["UpDecoderBlock2D"] * 2,
            layers_per_block=1,
            latent_channels=3,
            norm_num_groups=2,
            sample_size=16,
            scaling_factor=0.7,
            shift_factor=0.1,
        ),
    ),
    "vae-bernoulli": (
        "bernoulli",
        dict(
            in_channels=1,
            out_channels=1,
            block_out_channels=[3, 3, 6],
            down_block_types=["DownEncoderBlock2D"] * 3,
            up_block_types=["UpDecoderBlock2D"] * 3,
            layers_per_block=2,
            latent_channels=2,
            norm_num_groups=3,
            mid_block_add_attention=False,
            use_quant_conv=False,
            use_post_quant_conv=False,
        ),
    ),
}


def golden(name, likelihood, config):
    torch.manual_seed(20240603)
    model = AutoencoderKL(**config)
    for module in model.modules():
        if isinstance(module, torch.nn.GroupNorm):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.3)
    x = torch.rand(2, config["in_channels"], 16, 8) * 2 - 1
    weights = {"weight/" + k: v.clone() for k, v in model.state_dict().items()}
    if likelihood == "bernoulli":
        x = x.sign()
    else:
        weights["weight/log_variance"] = torch.tensor(-1.3)
    q = model.encode(x).latent_dist
    eps = torch.randn_like(q.mean)
    y = model.decode(q.mean + q.std * eps).sample
    if likelihood == "bernoulli":
        p = Bernoulli(logits=y)
        rec = p.log_prob((x + 1) / 2).sum([1, 2, 3])
    else:
        rec = Normal(y, torch.tensor(-1.3 / 2).exp()).log_prob(x).sum([1, 2, 3])
    kl = kl_divergence(Normal(q.mean, q.std), Normal(0.0, 1.0)).sum([1, 2, 3])
    loss = ((2 * kl - rec) / x[0].numel()).mean()
    loss.backward()
    out = weights | {"x": x, "eps": eps, "mean": q.mean, "logvar": q.logvar, "y": y, "rec": rec, "kl": kl, "loss": loss}
    out |= {"grad/" + k: p.grad for k, p in model.named_parameters()}

    here = pathlib.Path(__file__).parent
    save_file({k: v.detach().contiguous() for k, v in out.items()}, here / f"{name}.safetensors")
    saved = json.loads(model.to_json_string())  # as save_pretrained writes config.json
    saved["state_dict"] = list(model.state_dict())
    (here / f"{name}.json").write_text(json.dumps(saved, indent=1) + "\n")
    print(name, (here / f"{name}.safetensors").stat().st_size, "bytes, loss", loss.item())


for name, (likelihood, config) in CONFIGS.items():
    golden(name, likelihood, config)
