"""Writes the pictures and expected pixels that golden_test.go reads.

Made with Pillow 13.0.0 and numpy 2.4.6 on Python 3:

    python data/testdata/make_golden.py

src/ holds pictures in many formats and modes; want/ the pixels Pillow makes of
them: 8 bits as PNG, 16 bits as I;16 PNG. cases.json ties them together.
"""
import json
import pathlib

import numpy as np
from PIL import Image, ImageOps

here = pathlib.Path(__file__).parent
src, want = here / "src", here / "want"
src.mkdir(exist_ok=True)
want.mkdir(exist_ok=True)
rng = np.random.default_rng(7)
cases = []


def picture(h, w, c, noise=30):
    """Waves with an edge and some noise: smooth, sharp and rough at once."""
    y, x = np.mgrid[0:h, 0:w]
    chans = [128 + 90 * np.sin(x / (3 + 2 * k) + y / (7 - k) + k) for k in range(c)]
    a = np.stack(chans, -1) + rng.normal(0, noise, (h, w, c))
    a[h // 3 : h // 2, w // 4 : w // 2] = 255 * (np.arange(c) % 2 == 0)
    return a.clip(0, 255)


def u8(a):
    return np.round(a).astype(np.uint8).squeeze()


def case(name, img, h, w, channels=3, crop="", exact=False, jpeg=False):
    """What Pillow makes of a decoded picture, upright, at h x w."""
    if img.mode == "P":
        img = img.convert("RGBA")
    if crop == "center":
        W, H = img.size
        cw, ch = W, H
        if W * h > H * w:
            cw = max(1, (2 * H * w + h) // (2 * h))
        else:
            ch = max(1, (2 * W * h + w) // (2 * w))
        x, y = (W - cw) // 2, (H - ch) // 2
        img = img.crop((x, y, x + cw, y + ch))
    out = img.resize((w, h), Image.Resampling.BILINEAR)
    if channels == 4:
        out = out.convert("RGBA")
    elif out.mode == "RGBA":
        white = Image.new("RGBA", out.size, "white")
        out = Image.alpha_composite(white, out).convert("RGB")
    else:
        out = out.convert("RGB")
    if channels == 1:
        out = out.convert("L")
    file = f"{len(cases):02d}.png"
    out.save(want / file)
    cases.append(dict(src=name, want=file, h=h, w=w, channels=channels, crop=crop, exact=exact, jpeg=jpeg))


def save(name, img, **kw):
    img.save(src / name, **kw)
    return Image.open(src / name)


# Resizing: up, down, both at once, odd ratios, one pixel.
rgb = save("rgb.png", Image.fromarray(u8(picture(53, 37, 3))))
for h, w in [(16, 16), (64, 64), (53, 37), (100, 9), (7, 111), (54, 36), (1, 1), (33, 65)]:
    case("rgb.png", rgb, h, w, exact=(h, w) == (53, 37))
wide = save("wide.png", Image.fromarray(u8(picture(61, 190, 3))))
for h, w in [(32, 32), (32, 48), (64, 16), (80, 80)]:
    case("wide.png", wide, h, w, crop="center")
case("wide.png", wide, 32, 32, channels=1)
case("wide.png", wide, 32, 32, channels=4)

# Modes.
grey = save("grey.png", Image.fromarray(u8(picture(41, 29, 1))))
case("grey.png", grey, 16, 24)
case("grey.png", grey, 41, 29, channels=1, exact=True)
rgba = save("rgba.png", Image.fromarray(u8(picture(40, 52, 4))))
case("rgba.png", rgba, 16, 16)
case("rgba.png", rgba, 16, 16, channels=4)
case("rgba.png", rgba, 70, 60, channels=4)
case("rgba.png", rgba, 40, 52, channels=4, exact=True)
palette = save("palette.png", rgb.convert("P", palette=Image.Palette.ADAPTIVE, colors=32))
case("palette.png", palette, 24, 24)
bit = save("bit.png", grey.convert("1"))
case("bit.png", bit.convert("L"), 20, 20)
la = save("la.png", Image.fromarray(u8(picture(20, 24, 2)), "LA"))
case("la.png", la.convert("RGBA"), 10, 10)

# Formats, from one small picture; lossless ones are exact.
small = Image.fromarray(u8(picture(17, 24, 3, noise=6)))
for name, kw in {
    "a.bmp": {}, "a.tif": {}, "lzw.tiff": dict(compression="tiff_lzw"), "deflate.tif": dict(compression="tiff_adobe_deflate"),
    "lossless.webp": dict(lossless=True), "a.PNG": dict(format="PNG"),
}.items():
    save(name, small, **kw)
    case(name, Image.open(src / name), 17, 24, exact=True)
gif = save("a.gif", small.convert("P", palette=Image.Palette.ADAPTIVE), save_all=True,
           append_images=[Image.new("P", small.size)], duration=100, loop=0)
gif.seek(0)
case("a.gif", gif.convert("RGB"), 17, 24, exact=True)
clear = u8(picture(17, 24, 4, noise=0))
clear[..., 3] = 255 * (clear[..., 0] > 128)
save("alpha.webp", Image.fromarray(clear), lossless=True)
case("alpha.webp", Image.open(src / "alpha.webp"), 17, 24, channels=4, exact=False)
for name, kw in {
    "a.jpg": dict(quality=95, subsampling=0), "b.jpeg": dict(quality=95, subsampling=0, progressive=True),
}.items():
    save(name, small, **kw)
    case(name, Image.open(src / name), 17, 24, jpeg=True)
save("grey.jpg", small.convert("L"), quality=95)
case("grey.jpg", Image.open(src / "grey.jpg"), 17, 24, channels=1, jpeg=True)
save("cmyk.jpg", small.convert("CMYK"), quality=95)
case("cmyk.jpg", Image.open(src / "cmyk.jpg").convert("RGB"), 17, 24, jpeg=True)

# EXIF orientation, as ImageOps.exif_transpose turns it.
for o in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = o
    png = save(f"turn{o}.png", small, exif=exif)
    case(f"turn{o}.png", ImageOps.exif_transpose(png), 20, 14)
for name, kw in {"turn6.jpg": dict(quality=95, subsampling=0), "turn6.webp": dict(lossless=True)}.items():
    exif = Image.Exif()
    exif[0x0112] = 6
    img = save(name, small, exif=exif, **kw)
    case(name, ImageOps.exif_transpose(img), 20, 14, jpeg=name.endswith("jpg"))
tif = save("turn5.tif", small, tiffinfo={274: 5})
case("turn5.tif", ImageOps.exif_transpose(tif), 20, 14)

# 16 bits: Pillow resizes them as float32 without loss.
deep = (picture(45, 38, 1).squeeze() * 257 * 0.9 + rng.uniform(0, 256, (45, 38))).clip(0, 65535).astype(np.uint16)
Image.fromarray(deep).save(src / "deep.png")
Image.fromarray(deep).save(src / "deep.tif")
for h, w in [(16, 16), (60, 70), (45, 38)]:
    out = np.array(Image.fromarray(deep.astype(np.float32)).resize((w, h), Image.Resampling.BILINEAR))
    for name in ["deep.png", "deep.tif"]:
        file = f"{len(cases):02d}.png"
        Image.fromarray(np.round(out).astype(np.uint16)).save(want / file)
        cases.append(dict(src=name, want=file, h=h, w=w, channels=1, crop="", deep=True))

# A centred crop is taken upright: with an odd margin the sides differ by a pixel.
# All margins here are 5 or 7; the first two crops are not resized.
for o in range(2, 9):
    up = ImageOps.exif_transpose(Image.open(src / f"turn{o}.png"))
    W, H = up.size
    for h, w in [(H, W - 5), (H - 5, W), (13, 13)]:
        case(f"turn{o}.png", up, h, w, crop="center", exact=h == H or w == W)

(here / "cases.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
