"""Exports networks of features as ONNX files, and computes the features of two images by others' code.

    python networks.py FOLDER [--brief | NAME ...]

The weights are random: nothing is downloaded. Batch normalisation's statistics are those of random images, so that the
features of two images differ. Each network is
exported in both ways that PyTorch has, by its tracer and by its graph capture, some with another operator set, in half
precision or with tensors beside the file. For each, FOLDER gets NAME.onnx and NAME.npz: the images x in [-1,1], [N,H,W,C], and
their features y of ONNX's reference evaluator, or of onnxruntime where that one lacks an operator's form.
"""
import argparse
import os
import warnings

import numpy as np
import onnx
import onnxruntime
import timm
import torch
import torchvision.models as zoo
from onnx.reference import ReferenceEvaluator

warnings.filterwarnings("ignore")


class Features(torch.nn.Module):
    """A network on images in [-1,1], normalised by ImageNet's mean and deviation."""

    def __init__(self, net):
        super().__init__()
        self.net = net
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def forward(self, x):
        return torch.flatten(self.net((x * 0.5 + 0.5 - self.mean) / self.deviation), 1)


def headless(net, *path):
    """The network without its last layer."""
    inner = net
    for name in path[:-1]:
        inner = getattr(inner, name)
    setattr(inner, path[-1], torch.nn.Identity())
    return net


def vit(name, size, **settings):
    return timm.create_model(name, pretrained=False, num_classes=0, img_size=size, **settings)


# What is made: a network, its images' size.
NETWORKS = {
    "mobilenet-v3-small": (lambda: headless(zoo.mobilenet_v3_small(), "classifier"), 64),
    "dino-vit-tiny": (lambda: vit("vit_tiny_patch16_224", 64), 64),
    "inception-v3": (lambda: headless(zoo.inception_v3(init_weights=False, aux_logits=False), "fc"), 107),
    "resnet-50": (lambda: headless(zoo.resnet50(), "fc"), 64),
    "mobilenet-v3": (lambda: headless(zoo.mobilenet_v3_large(), "classifier"), 64),
    "efficientnet-b0": (lambda: headless(zoo.efficientnet_b0(), "classifier"), 64),
    "convnext": (lambda: headless(zoo.convnext_tiny(), "classifier", "2"), 64),
    "dino-vit": (lambda: vit("vit_small_patch16_224.dino", 64), 64),
    "dinov2-vit": (lambda: vit("vit_small_patch14_dinov2.lvd142m", 56, init_values=1.0), 56),
    "dinov2-vit-any": (lambda: vit("vit_small_patch14_dinov2.lvd142m", 70, dynamic_img_size=True, init_values=1.0), 56),
}
BRIEF = ["mobilenet-v3-small", "dino-vit-tiny"]


def network(name):
    torch.manual_seed(1)
    net = Features(NETWORKS[name][0]()).train()
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.momentum = 1.0
            torch.nn.init.uniform_(m.weight, 0.5, 1.5)
            torch.nn.init.uniform_(m.bias, -0.5, 0.5)
        if isinstance(m, torch.nn.Dropout) or type(m).__name__ in ("StochasticDepth", "DropPath"):
            m.eval()
    if any(isinstance(m, torch.nn.BatchNorm2d) for m in net.modules()):
        with torch.no_grad():
            net(torch.rand(8, 3, NETWORKS[name][1], NETWORKS[name][1]) * 2 - 1)
        for m in net.modules():
            if isinstance(m, torch.nn.BatchNorm2d):
                m.running_var += 0.1 * m.running_var.mean()  # rounding is not to grow from layer to layer
    return net.eval()


def export(net, path, size, dynamo, opset, half=False, outside=False):
    x = torch.zeros(2, 3, size, size)
    if half:
        net, x = net.half(), x.half()
    if dynamo:
        batch = torch.export.Dim("n", min=1, max=4096)
        torch.onnx.export(net, (x,), path, input_names=["x"], output_names=["y"], dynamic_shapes=({0: batch},), opset_version=opset, dynamo=True,
                          external_data=outside, verbose=False)
    else:
        torch.onnx.export(net, x, path, input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "n"}}, opset_version=opset, dynamo=False)
        if outside:
            model = onnx.load(path)
            onnx.save(model, path, save_as_external_data=True, location=os.path.basename(path) + ".data", size_threshold=0)


def features(path, x):
    """Both programs' features, which must agree."""
    ours = onnxruntime.InferenceSession(path).run(None, {"x": x})[0]
    try:
        reference = ReferenceEvaluator(path).run(None, {"x": x})[0]
    except Exception as err:  # noqa: BLE001: it lacks forms that exporters use
        print(f"{os.path.basename(path)}: the reference evaluator fails ({str(err)[:80]}); onnxruntime's features are taken")
        return ours
    share = np.abs(ours - reference).max() / np.abs(reference).max()
    if not share < (2e-2 if x.dtype == np.float16 else 1e-4):
        print(f"{os.path.basename(path)}: onnxruntime and the reference evaluator differ by {share:.1e}; onnxruntime's features are taken")
        return ours
    return reference


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    rng = np.random.default_rng(1)
    for name in BRIEF if args.brief else args.names or NETWORKS:
        size = NETWORKS[name][1]
        forms = {"traced": dict(dynamo=False, opset=17), "captured": dict(dynamo=True, opset=18)}
        if name.endswith("-any"):
            del forms["traced"]  # PyTorch's tracer does not know the resizing of its positions
        if name in BRIEF:
            forms |= {"half": dict(dynamo=False, opset=17, half=True), "outside": dict(dynamo=True, opset=20, outside=True), "old": dict(dynamo=False, opset=14)}
        for form, settings in forms.items():
            path = os.path.join(args.folder, f"{name}-{form}.onnx")
            export(network(name), path, size, **settings)
            x = rng.uniform(-1, 1, (2, size, size, 3)).astype(np.float32)
            y = features(path, x.transpose(0, 3, 1, 2).astype(np.float16 if settings.get("half") else np.float32))
            np.savez(path[:-5] + ".npz", x=x, y=y.astype(np.float32))


main()
