# Writes conv.json: convolutions and transposed convolutions of PyTorch 2.15.0 in float64, with their gradients.
# Usage: python golden.py > conv.json        (needs only torch)
#
# Inputs are not stored: both sides make them by the same formula, values(n, salt), in PyTorch's layout (NCHW, OIHW).
# For each case: y, and the gradients of sum(y * values(y.numel(), 2)) in x and w, flattened in PyTorch's order.
import json
import torch

CASES = {
    "conv 3x3 pad 1": dict(x=[2, 3, 5, 4], w=[4, 3, 3, 3], padding=1),
    "conv 4x4 stride 2 pad 1": dict(x=[2, 3, 8, 6], w=[4, 3, 4, 4], stride=2, padding=1),
    "conv 3x3 stride 2, rest": dict(x=[1, 2, 6, 7], w=[3, 2, 3, 3], stride=2),
    "conv 2x2 stride 3": dict(x=[1, 2, 7, 8], w=[3, 2, 2, 2], stride=3),
    "conv 3x3 dilation 2 stride 2": dict(x=[1, 2, 9, 8], w=[3, 2, 3, 3], stride=2, dilation=2, padding=2),
    "conv groups": dict(x=[2, 4, 5, 5], w=[6, 2, 3, 3], groups=2, padding=1),
    "conv depthwise stride 2": dict(x=[1, 4, 6, 6], w=[4, 1, 3, 3], groups=4, padding=1, stride=2),
    "conv 1-D": dict(x=[2, 3, 9], w=[4, 3, 4], stride=2, padding=1),
    "transposed 4x4 stride 2 pad 1": dict(x=[2, 3, 4, 3], w=[3, 4, 4, 4], stride=2, padding=1, transposed=True),
    "transposed 3x3 stride 3 output pad": dict(x=[1, 2, 3, 4], w=[2, 3, 3, 3], stride=3, padding=1, output_padding=2, transposed=True),
    "transposed 2x2 stride 1": dict(x=[1, 2, 3, 4], w=[2, 3, 2, 2], transposed=True),
    "transposed groups dilation": dict(x=[1, 4, 3, 4], w=[4, 3, 3, 3], stride=2, padding=1, dilation=2, groups=2, transposed=True),
    "transposed 1-D": dict(x=[2, 3, 5], w=[3, 2, 5], stride=2, padding=2, transposed=True),
}


def values(n, salt):
    return [((i + 1) * (7919 + 2 * salt) + salt * salt * 31) % 127 / 64 - 63 / 64 for i in range(n)]


def tensor(shape, salt):
    n = torch.Size(shape).numel()
    return torch.tensor(values(n, salt), dtype=torch.float64).reshape(shape)


def run(x, w, transposed=False, **settings):
    one_d = len(x) == 3
    f = {(False, False): torch.nn.functional.conv2d, (False, True): torch.nn.functional.conv1d,
         (True, False): torch.nn.functional.conv_transpose2d, (True, True): torch.nn.functional.conv_transpose1d}
    x, w = tensor(x, 0).requires_grad_(), tensor(w, 1).requires_grad_()
    y = f[transposed, one_d](x, w, **settings)
    (y * tensor(y.shape, 2)).sum().backward()
    return y, x.grad, w.grad


def rounded(t):
    return [round(v, 10) for v in t.flatten().tolist()]


out = []
for name, case in CASES.items():
    y, dx, dw = run(**case)
    out.append(dict(name=name, case=case, shape=list(y.shape), y=rounded(y), dx=rounded(dx), dw=rounded(dw)))
print("[" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in out) + "]")
