"""Writes bound.json: the variational bound of improved-diffusion (Nichol & Dhariwal 2021), term by term, fixed and learned variances.

    bench/golden.sh        (installs the versions that the file names, and runs this)

improved-diffusion is taken from the package improved-diffusion-for-smlm, which carries it; its GaussianDiffusion's bound is the original's.
golden_bound_test.go and eval's test of the same name read the file. Changed here, so that the numbers can be compared to the last digits: tables are
not cut to float32, and the normal distribution function is the exact one in place of an approximation good to 1e-4.

Deviation: at index 0 improved-diffusion decodes with the variance of index 1's posterior (with fixed_large too); the lecture with beta_0. "decoder" is
their discretised likelihood at index 0 with beta_0. With a learned variance both interpolate between beta_0 and that of index 1's posterior.
"""

import os
import sys
import types

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "golden"))
from passover import bare  # noqa: E402
from store import store  # noqa: E402

bare("improved_diffusion_for_SMLM")  # whose __init__ asks for MPI
bare("improved_diffusion_for_SMLM.improved_diffusion")
from improved_diffusion_for_SMLM.improved_diffusion import gaussian_diffusion as gd  # noqa: E402
from improved_diffusion_for_SMLM.improved_diffusion import losses, resample  # noqa: E402

torch.set_default_dtype(torch.float64)
losses.approx_standard_normal_cdf = torch.special.ndtr
gd._extract_into_tensor = lambda arr, t, shape: torch.from_numpy(np.asarray(arr))[t].reshape([-1] + [1] * (len(shape) - 1)).expand(shape)

T, N, D = 8, 3, 3  # D = 3: the package's training loss takes the first three channels
beta = np.linspace(1e-3, 0.3, T)
rng = np.random.default_rng(7)
pixels = rng.integers(0, 256, (N, D))
pixels[0, :2] = 0, 255  # the open ends
data = torch.from_numpy(pixels / 127.5 - 1)[..., None, None]
noise = torch.from_numpy(rng.standard_normal((T, N, D)).round(6))[..., None, None]


def network(x, t, learned):
    """Near the noise of data near 0, so that the terms are of an ordinary size."""
    u = (t / T)[:, None, None, None]
    f = 0.9 * torch.tanh(x) + 0.1 * torch.sin(3 * x + u)
    return torch.cat([f, 0.9 * torch.cos(3 * x + u)], 1) if learned else f


def bound(variance, clip):
    learned = variance == "learned"
    kind = {"posterior": gd.ModelVarType.FIXED_SMALL, "beta": gd.ModelVarType.FIXED_LARGE, "learned": gd.ModelVarType.LEARNED_RANGE}[variance]
    diffusion = gd.GaussianDiffusion(betas=beta, model_mean_type=gd.ModelMeanType.EPSILON, model_var_type=kind, loss_type=gd.LossType.MSE)
    outputs, means, logs = [None] * T, [None] * T, [None] * T
    left = list(noise.flip(0))  # its loop goes from T-1 down; noise[t] is index t's
    gd.th = types.SimpleNamespace(**{**vars(torch), "randn_like": lambda x: left.pop(0)})

    def model(x, t, **_):
        outputs[int(t[0])] = network(x, t, learned)[..., 0, 0]
        return network(x, t, learned)

    out = diffusion.calc_bpd_loop(model, data, clip_denoised=clip)
    for t in range(T):
        batch = torch.full((N,), t)
        p = diffusion.p_mean_variance(model, diffusion.q_sample(data, batch, noise[t]), batch, clip_denoised=clip)
        means[t], logs[t] = p["mean"][..., 0, 0], p["log_variance"][..., 0, 0]
    row = {
        "variance": variance,
        "clip": clip,
        "outputs": [o.tolist() for o in outputs],
        "mean": torch.stack(means),
        "log_variance": torch.stack(logs),
        "prior_bpd": out["prior_bpd"],
        "vb": out["vb"].flip(1),
        "total_bpd": out["total_bpd"],
        "eps_mse": out["mse"].flip(1),
    }
    scale = torch.full_like(means[0], 0.5 * np.log(beta[0]))
    decoder = losses.discretized_gaussian_log_likelihood(data[..., 0, 0], means=means[0], log_scales=scale)
    row["decoder_bpd"] = -decoder.mean(1) / np.log(2)
    return row


def hybrid():
    """The hybrid loss of training with a learned variance, L_simple + 0.001 T L_t, and its gradient with respect to the network's output, by index."""
    diffusion = gd.GaussianDiffusion(
        betas=beta, model_mean_type=gd.ModelMeanType.EPSILON, model_var_type=gd.ModelVarType.LEARNED_RANGE, loss_type=gd.LossType.RESCALED_MSE
    )
    gd.th = torch
    rows = []
    for t in range(T):
        batch = torch.full((N,), t)
        out = network(diffusion.q_sample(data, batch, noise[t]), batch, True).requires_grad_()
        terms = diffusion.training_losses(lambda *_: out, data, batch, noise=noise[t])
        terms["loss"].sum().backward()
        rows.append(
            {"output": out.detach()[..., 0, 0], "mse": terms["mse"].detach(), "loss": terms["loss"].detach(), "gradient": out.grad[..., 0, 0]}
        )
    return rows


def resampler(steps):
    """The second-moment resampler of times: the losses it is told, in their order, and the weights it draws by. It needs numpy's old name of int."""
    np.int = int
    sampler = resample.LossSecondMomentResampler(types.SimpleNamespace(num_timesteps=steps))
    at = np.concatenate([rng.permutation(steps) for _ in range(13)])
    losses = (np.abs(rng.standard_normal(len(at))) * (1 + at)).round(4)
    sampler.update_with_all_losses(at, losses)
    return {"at": at, "losses": losses, "weights": sampler.weights()}


store(
    __file__,
    "bound.json",
    {
        "beta": beta,
        "pixels": pixels,
        "noise": noise[..., 0, 0],
        "runs": [bound("posterior", False), bound("beta", False), bound("beta", True), bound("learned", False), bound("learned", True)],
        "hybrid": hybrid(),
        "resampler": resampler(5),
    },
    "improved-diffusion-for-smlm",
    "torch",
    "numpy",
)
