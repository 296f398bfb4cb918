"""Writes corpus.json, which corpus_test.go reads: odd picture files, and the pixels that Pillow makes of them.

    bench/golden.sh        (installs the versions that the file names, and runs this)

Pixels are those after ImageOps.exif_transpose, and after ImageCms to sRGB where the file has a profile. Where Pillow does otherwise than is
right here, the place says so ("Deviation"). "read" are files to be read: the tolerance is the mean difference in levels of 255, 0 for the same
pixels, and "note" what is to be said of them. "refused" are files to be named as unsupported or damaged, with a word of the reason.
"""

import base64
import io
import os
import struct
import sys
import warnings
import zlib

import numpy as np
from PIL import Image, ImageCms, ImageOps
from PIL.PngImagePlugin import PngInfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "bench", "golden"))
from store import store  # noqa: E402

warnings.filterwarnings("ignore")
read, refused, wants = [], [], []
LOSSY, CONVERTED = 2.0, 0.75  # the largest mean difference of codecs' rounding, and of profiles' arithmetic


def packed(b):
    """zlib's form without compression, which is the same of every version."""
    return zlib.compress(b, 0)


def b64(b):
    return base64.b64encode(b).decode()


def picture(w=13, h=9, c=3):
    """Smooth, without symmetry, dark and light, grey and coloured."""
    y, x = np.mgrid[0:h, 0:w] / max(w, h)
    a = np.stack([128 + 127 * np.sin(5 * x + 2 * y + 1.7 * k + k * k * y) for k in range(c)], -1)
    a[0, :3] = 255
    a[1:2, :2] = 0
    a = np.round(a).clip(0, 255).astype(np.uint8)
    return a[..., 0] if c == 1 else a


def image(c=3, mode=None, **kw):
    return Image.fromarray(picture(c=c, **kw), mode)


def raw_bytes(img, form, **kw):
    f = io.BytesIO()
    img.save(f, form, **kw)
    raw = f.getvalue()
    if form == "PNG" and "icc_profile" in kw:  # which Pillow packs by Python's zlib
        raw = png([(n, b"p\0\0" + packed(kw["icc_profile"])) if n == b"iCCP" else (n, b) for n, b in png_chunks(raw)])
    return raw


def eight(img):
    """A picture of any mode as RGB, or as RGBA where it can be transparent."""
    if img.mode in ("I;16", "I;16B", "I"):
        return Image.fromarray(np.round(np.asarray(img).astype(float) / 257).astype(np.uint8)).convert("RGB")
    if img.mode in ("LA", "PA", "RGBa") or img.mode == "P" and "transparency" in img.info or img.mode in ("L", "RGB", "1") and "transparency" in img.info:
        return img.convert("RGBA")
    return img if img.mode == "RGBA" else img.convert("RGB")


def expected(raw, managed=True):
    img = Image.open(io.BytesIO(raw))
    profile = img.info.get("icc_profile")
    img = ImageOps.exif_transpose(img)
    if profile and managed:
        if img.mode == "P":
            img = img.convert("RGB")
        out = "RGBA" if img.mode in ("RGBA", "LA") else "RGB"
        if img.mode == "LA":  # ImageCms takes no LA
            grey = ImageCms.profileToProfile(img.getchannel(0), io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB")
            grey.putalpha(img.getchannel(1))
            return grey
        img = ImageCms.profileToProfile(img, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode=out)
    return eight(img)


def case(name, raw, tolerance=0, note="", want=None, managed=True):
    if want is None:
        want = expected(raw, managed)
    pixels = dict(width=want.width, height=want.height, channels=len(want.getbands()), pixels=b64(want.tobytes()))
    if pixels not in wants:
        wants.append(pixels)
    read.append(dict(name=name, file=b64(raw), want=wants.index(pixels), tolerance=tolerance, note=note))


def refuse(name, raw, word, reason):
    refused.append(dict(name=name, file=b64(raw), word=word, reason=reason))


# Containers, taken apart and put together.

def png_chunks(raw):
    at, out = 8, []
    while at < len(raw):
        n = struct.unpack(">I", raw[at:at + 4])[0]
        out.append((raw[at + 4:at + 8], raw[at + 8:at + 8 + n]))
        at += 12 + n
    return out


def png(chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in chunks)


def png_with(raw, *more, last=False):
    """More chunks before the pixels, or behind them."""
    c = png_chunks(raw)
    at = len(c) - 1 if last else 1
    return png(c[:at] + list(more) + c[at:])


def png_of(a, depth, kind, more=(), interlace=False):
    """A PNG of samples [h, w, c] of so many bits, without filters."""
    h, w = a.shape[:2]

    def rows(a):
        out = b""
        for row in a.reshape(a.shape[0], -1):
            if depth == 16:
                out += b"\0" + row.astype(">u2").tobytes()
            elif depth == 8:
                out += b"\0" + row.astype(np.uint8).tobytes()
            else:
                bits = "".join(f"{int(v):0{depth}b}" for v in row)
                bits += "0" * (-len(bits) % 8)
                out += b"\0" + bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
        return out

    if interlace:
        parts = [a[y::dy, x::dx] for x, y, dx, dy in
                 [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]]
        data = b"".join(rows(p) for p in parts if p.size)
    else:
        data = rows(a)
    head = struct.pack(">IIBBBBB", w, h, depth, kind, 0, 0, int(interlace))
    return png([(b"IHDR", head), *more, (b"IDAT", packed(data)), (b"IEND", b"")])


def segment(marker, body):
    return bytes([0xff, marker]) + struct.pack(">H", 2 + len(body)) + body


def jpeg_with(raw, *segments):
    return raw[:2] + b"".join(segments) + raw[2:]


def patched(raw, find, offset, byte):
    at = raw.index(find) + offset
    return raw[:at] + bytes([byte]) + raw[at + 1:]


def riff(chunks):
    body = b"WEBP"
    for n, b in chunks:
        body += n + struct.pack("<I", len(b)) + b + b"\0" * (len(b) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff_chunks(raw):
    at, out = 12, []
    while at < len(raw):
        n = struct.unpack("<I", raw[at + 4:at + 8])[0]
        out.append((raw[at:at + 4], raw[at + 8:at + 8 + n]))
        at += 8 + n + n % 2
    return out


def vp8x(w, h, flags):
    return (b"VP8X", bytes([flags, 0, 0, 0]) + (w - 1).to_bytes(3, "little") + (h - 1).to_bytes(3, "little"))


def tiff(tags, data, big=False):
    """A TIFF of one strip or tile; tags are {tag: (type, values)}. The offset of the data goes where a value is None."""
    e = ">" if big else "<"
    code = {1: "B", 2: "B", 3: "H", 4: "I", 7: "B"}
    at = 8 + 2 + 12 * len(tags) + 4
    table, extra = b"", b""
    for tag in sorted(tags):
        kind, values = tags[tag]
        v = values if isinstance(values, bytes) else struct.pack(e + str(len(values)) + code[kind], *[8_000_000 if x is None else x for x in values])
        if None in list(values):
            body = struct.pack(e + "I", at + 1000)  # the data follow after room for the values
        elif len(v) <= 4:
            body = v.ljust(4, b"\0")
        else:
            body, extra = struct.pack(e + "I", at + len(extra)), extra + v + b"\0" * (len(v) % 2)
        count = len(v) // struct.calcsize(e + code[kind])
        table += struct.pack(e + "HHI", tag, kind, count) + body
    assert len(extra) <= 1000
    head = (b"MM" if big else b"II") + struct.pack(e + "HI", 42, 8)
    return head + struct.pack(e + "H", len(tags)) + table + b"\0" * 4 + extra.ljust(1000, b"\0") + data


def tiff_of(a, big=False, **more):
    """A TIFF of samples [h, w, c] of 8 or 16 bits."""
    h, w, c = a.shape
    data = a.astype((">" if big else "<") + f"u{a.itemsize}").tobytes()
    tags = {256: (3, [w]), 257: (3, [h]), 258: (3, [8 * a.itemsize] * c), 259: (3, [1]), 262: (3, [2 if c > 2 else 1]), 273: (4, [None]),
            277: (3, [c]), 278: (3, [h]), 279: (4, [len(data)])}
    tags.update({int(k[1:]): v for k, v in more.items() if k != "data" and v is not None})
    for k, v in more.items():
        if v is None:
            del tags[int(k[1:])]
    return tiff(tags, more.get("data", data), big)


# Metadata.

def exif(o, big=False, kind=3):
    e = ">" if big else "<"
    value = struct.pack(e + ("HH" if kind == 3 else "I"), *((o, 0) if kind == 3 else (o,)))
    return (b"MM" if big else b"II") + struct.pack(e + "HIHHHI", 42, 8, 1, 0x0112, kind, 1) + value + b"\0" * 4


def adobe_rgb():
    """EXIF that leads to R03 in the directory of interoperability."""
    def one(tag, kind, count, value):
        return struct.pack("<HHHI", 1, tag, kind, count) + value + b"\0" * 4
    return b"II" + struct.pack("<HI", 42, 8) + one(0x8769, 4, 1, struct.pack("<I", 26)) + one(0xa005, 4, 1, struct.pack("<I", 44)) + one(1, 2, 4, b"R03\0")


def xmp(o, element=False):
    inside = f"><tiff:Orientation>{o}</tiff:Orientation></rdf:Description>" if element else f' tiff:Orientation="{o}"/>'
    return ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            f'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/"{inside}</rdf:RDF></x:xmpmeta>').encode()


D50 = (0.9642, 1.0, 0.8249)
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
PROPHOTO = ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491))


def fixed(*v):
    return b"".join(struct.pack(">i", round(x * 65536)) for x in v)


def curv(*points):
    return b"curv\0\0\0\0" + struct.pack(">I", len(points)) + b"".join(struct.pack(">H", round(p)) for p in points)


def para(form, *v):
    return b"para\0\0\0\0" + struct.pack(">HH", form, 0) + fixed(*v)


def icc(tags, space=b"RGB ", pcs=b"XYZ ", version=4):
    def text(s):
        if version == 4:
            s = s.encode("utf-16-be")
            return b"mluc\0\0\0\0" + struct.pack(">II", 1, 12) + b"enUS" + struct.pack(">II", len(s), 28) + s
        return b"desc\0\0\0\0" + struct.pack(">I", len(s) + 1) + s.encode() + b"\0" + b"\0" * 78
    tags = {b"desc": text("odd"), b"cprt": text("none") if version == 4 else b"text\0\0\0\0none\0", b"wtpt": b"XYZ \0\0\0\0" + fixed(*D50), **tags}
    table, body, at = b"", b"", 132 + 12 * len(tags)
    for name, b in tags.items():
        table += name + struct.pack(">II", at + len(body), len(b))
        body += b + b"\0" * (-len(b) % 4)
    size = at + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"none", version << 24, b"mntr", space, pcs) + struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    head += b"acsp" + b"\0" * 28 + fixed(*D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def matrix(primaries, *curves, **kw):
    if len(curves) == 1:
        curves *= 3
    tags = {c + b"XYZ": b"XYZ \0\0\0\0" + fixed(*v) for c, v in zip((b"r", b"g", b"b"), primaries)}
    tags.update({c + b"TRC": v for c, v in zip((b"r", b"g", b"b"), curves)})
    return icc(tags, **kw)


def tables():
    """A profile of tables alone: a cube of 2 points a side, to Lab, that makes a negative."""
    cube = b"".join(struct.pack(">3B", 255 - 85 * (r + g + b), 128, 128) for r in (0, 1) for g in (0, 1) for b in (0, 1))
    ident = bytes(range(256)) * 3
    return b"mft1\0\0\0\0" + bytes([3, 3, 2, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + ident + cube + ident


# 1. Orientation, in every container and way of writing it.
turned = "turned upright (EXIF or XMP orientation)"
small = image()
plain_png, plain_jpg = raw_bytes(small, "PNG"), raw_bytes(small, "JPEG", quality=95, subsampling=0)
plain_webp = raw_bytes(small, "WEBP", lossless=True)
for o in range(1, 9):
    note = turned if o > 1 else ""
    big = o % 2 == 0
    case(f"turn{o}.png", png_with(plain_png, (b"eXIf", exif(o, big))), 0, note)
    case(f"turn{o}.jpg", jpeg_with(plain_jpg, segment(0xe1, b"Exif\0\0" + exif(o, big))), LOSSY, note)
    case(f"turn{o}.webp", riff([vp8x(13, 9, 8), *riff_chunks(plain_webp), (b"EXIF", exif(o, big))]), 0, note)
    case(f"turn{o}.tif", tiff_of(picture(), big, t274=(3, [o])), 0, note)
case("odd-chunk-before-exif.webp", riff([vp8x(13, 9, 8), *riff_chunks(plain_webp), (b"ODD ", b"123"), (b"EXIF", exif(6))]), 0, turned)
case("exif-with-prefix.webp", riff([vp8x(13, 9, 8), *riff_chunks(plain_webp), (b"EXIF", b"Exif\0\0" + exif(6))]), 0, turned)
case("long.jpg", jpeg_with(plain_jpg, segment(0xe1, b"Exif\0\0" + exif(6, kind=4))), LOSSY, turned)
case("long-big.jpg", jpeg_with(plain_jpg, segment(0xe1, b"Exif\0\0" + exif(5, True, kind=4))), LOSSY, turned)
case("long.png", png_with(plain_png, (b"eXIf", exif(8, kind=4))), 0, turned)
case("long.tif", tiff_of(picture(), t274=(4, [7])), 0, turned)
case("behind.png", png_with(plain_png, (b"eXIf", exif(3)), last=True), 0, turned)
case("prefix.png", png_with(plain_png, (b"eXIf", b"Exif\0\0" + exif(6))), 0, turned)


def hexed(b, name):
    h = b.hex()
    return f"\n{name}\n{len(b):8d}\n".encode() + "\n".join(h[i:i + 72] for i in range(0, len(h), 72)).encode() + b"\n"


for key, name in (("exif", "exif"), ("APP1", "generic")):
    body = hexed(b"Exif\0\0" + exif(6, True), name)
    # Deviation: Pillow does not know the second name, under which ImageMagick kept a JPEG's segment.
    want = ImageOps.exif_transpose(Image.open(io.BytesIO(png_with(plain_png, (b"eXIf", exif(6))))))
    case(f"raw-profile-{key}.png", png_with(plain_png, (b"zTXt", f"Raw profile type {key}".encode() + b"\0\0" + packed(body))), 0, turned, want)
case("raw-profile-text.png", png_with(plain_png, (b"tEXt", b"Raw profile type exif\0" + hexed(b"Exif\0\0" + exif(4), "exif"))), 0, turned)
xmp_head = b"http://ns.adobe.com/xap/1.0/\0"
case("xmp.jpg", jpeg_with(plain_jpg, segment(0xe1, xmp_head + xmp(8))), LOSSY, turned)
case("xmp.png", png_with(plain_png, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6, True))), 0, turned)
case("xmp.webp", riff([vp8x(13, 9, 4), *riff_chunks(plain_webp), (b"XMP ", xmp(5))]), 0, turned)
case("xmp-then-exif.jpg", jpeg_with(plain_jpg, segment(0xe1, xmp_head + xmp(3)), segment(0xe1, b"Exif\0\0" + exif(6))), LOSSY, turned)
case("jfif-exif-padding.jpg", plain_jpg[:2] + segment(0xfe, b"a note") + b"\xff\xff" + segment(0xe1, b"Exif\0\0" + exif(7))[0:] + plain_jpg[2:], LOSSY, turned)
case("no-such-turn.png", png_with(plain_png, (b"eXIf", exif(9))), 0)
case("broken-exif.png", png_with(plain_png, (b"eXIf", exif(6)[:12])), 0, "", small)

# 2. Colour profiles: primaries, forms of curves, containers.
srgb_curve = para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
converted, left = "converted from another colour profile to sRGB", "read without the colour profile"
wide = image(w=17, h=11)
profiles = {
    "p3": matrix(P3, srgb_curve), "adobe": matrix(ADOBE, curv(2.19921875 * 256), version=2), "prophoto": matrix(PROPHOTO, curv(1.8 * 256), version=2),
    "linear": matrix(SRGB, curv(), version=2), "gamma-1": matrix(SRGB, para(0, 1.0)), "para0": matrix(P3, para(0, 2.2)),
    "para1": matrix(SRGB, para(1, 2.0, 1.05, -0.05)), "para2": matrix(SRGB, para(2, 2.0, 0.9, 0.05, 0.02), version=2),
    "para4": matrix(P3, para(4, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0.0, 0.0)),
    "points": matrix(ADOBE, curv(*[65535 * (i / 63) ** 1.5 for i in range(64)]), version=2),
    "two-points": matrix(P3, curv(0, 65535), version=2),
    "three-curves": matrix(SRGB, curv(1.6 * 256), curv(2.2 * 256), curv(2.6 * 256), version=2),
}
for name, p in profiles.items():
    case(f"{name}.png", raw_bytes(wide, "PNG", icc_profile=p), CONVERTED, converted)
p3 = profiles["p3"]
case("p3.jpg", raw_bytes(wide, "JPEG", quality=95, subsampling=0, icc_profile=p3), LOSSY, converted)
parts = [p3[i:i + 200] for i in range(0, len(p3), 200)]
segments = [segment(0xe2, b"ICC_PROFILE\0" + bytes([i + 1, len(parts)]) + p) for i, p in enumerate(parts)]
wide_jpg = raw_bytes(wide, "JPEG", quality=95, subsampling=0)
case("p3-in-parts.jpg", jpeg_with(wide_jpg, *reversed(segments)), LOSSY, converted)
case("p3-part-missing.jpg", jpeg_with(wide_jpg, *segments[1:]), LOSSY, left + " (damaged)", managed=False)
case("p3.webp", raw_bytes(wide, "WEBP", lossless=True, icc_profile=p3), CONVERTED, converted)
case("p3-lossy.webp", raw_bytes(wide, "WEBP", quality=95, icc_profile=p3), LOSSY, converted)
case("p3.tif", tiff_of(picture(17, 11), t34675=(7, list(p3))), CONVERTED, converted)
case("p3-rgba.png", raw_bytes(image(4), "PNG", icc_profile=p3), CONVERTED, converted)
case("p3-palette.png", raw_bytes(wide.quantize(16), "PNG", icc_profile=p3), CONVERTED, converted)
case("p3-turned.jpg", jpeg_with(raw_bytes(wide, "JPEG", quality=95, subsampling=0, icc_profile=p3), segment(0xe1, b"Exif\0\0" + exif(6))), LOSSY, turned)
deep = (picture().astype(np.uint16) * 257)
p3_chunk = (b"iCCP", b"p3\0\0" + packed(p3))
# Pillow has no 16-bit colour: the same values in 8 bits are what is expected.
case("p3-16.png", png_of(deep, 16, 2, [p3_chunk]), CONVERTED, converted, expected(raw_bytes(image(), "PNG", icc_profile=p3)))
own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
case("srgb.png", raw_bytes(wide, "PNG", icc_profile=own[:24] + b"\x07\xe8\0\1" + b"\0\1" * 4 + own[36:]), 0, "", wide)  # of a fixed date
case("srgb-para.png", raw_bytes(wide, "PNG", icc_profile=matrix(SRGB, srgb_curve)), 0, "", wide)
grey = image(1)
grey_profile = icc({b"kTRC": curv(1.8 * 256)}, space=b"GRAY", version=2)
case("grey-1.8.png", raw_bytes(grey, "PNG", icc_profile=grey_profile), CONVERTED, converted)
case("grey-1.8.jpg", raw_bytes(grey, "JPEG", quality=95, icc_profile=grey_profile), LOSSY, converted)
case("grey-alpha-1.8.png", raw_bytes(image(2, "LA"), "PNG", icc_profile=grey_profile), CONVERTED, converted)
# Deviation: Pillow converts by tables; here they are left out, which is said.
case("tables.png", raw_bytes(wide, "PNG", icc_profile=icc({b"A2B0": tables()}, pcs=b"Lab ", version=2)), 0, left + " (made of tables)", wide)
# Deviation: of a profile that has both, Pillow takes the tables and the matrix is taken here, which is said.
both = {c + b"XYZ": b"XYZ \0\0\0\0" + fixed(*v) for c, v in zip((b"r", b"g", b"b"), P3)}
both.update({c + b"TRC": srgb_curve for c in (b"r", b"g", b"b")})
case("tables-and-matrix.png", raw_bytes(wide, "PNG", icc_profile=icc({**both, b"A2B0": tables()}, version=2)), CONVERTED,
     converted + " by its matrix, not its tables", expected(raw_bytes(wide, "PNG", icc_profile=icc(both))))
case("broken-profile.png", raw_bytes(wide, "PNG", icc_profile=b"not a profile"), 0, left + " (damaged)", wide)
case("grey-with-p3.png", raw_bytes(grey, "PNG", icc_profile=p3), 0, left + " (of other colours than the picture has)", eight(grey))
case("colour-with-grey.png", raw_bytes(wide, "PNG", icc_profile=grey_profile), 0, left + " (of other colours than the picture has)", wide)
gamma = "read without the gamma or primaries in the file (gAMA, cHRM), as most programs do"
case("gamma-1.png", png_with(plain_png, (b"gAMA", struct.pack(">I", 100000))), 0, gamma)
case("gamma-usual.png", png_with(plain_png, (b"gAMA", struct.pack(">I", 45455)), (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))), 0)
case("primaries.png", png_with(plain_png, (b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))), 0, gamma)
case("gamma-and-srgb.png", png_with(plain_png, (b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100000))), 0)
case("video-colours.png", png_with(plain_png, (b"cICP", bytes([9, 16, 0, 1]))), 0, "read as sRGB, not in the colours of video that the file states (cICP)")

case("camera-adobe-rgb.jpg", jpeg_with(wide_jpg, segment(0xe1, b"Exif\0\0" + adobe_rgb())), LOSSY, "read as sRGB, though EXIF says Adobe RGB, as most programs do")

# 3. Animations and pages: the first.
first = "animated: the first frame is taken"
frames = [image(w=16, h=12), Image.fromarray(255 - picture(16, 12))]
frames[1].paste(frames[0].crop((0, 0, 9, 12)), (0, 0))
for name, form, kw, tolerance in [
    ("anim.webp", "WEBP", dict(lossless=True), 0), ("anim-lossy.webp", "WEBP", dict(quality=95), LOSSY),
    ("anim.png", "PNG", {}, 0), ("anim.gif", "GIF", {}, 0),
]:
    case(name, raw_bytes(frames[0], form, save_all=True, append_images=frames[1:], duration=90, **kw), tolerance, first)
spot = np.zeros((12, 16, 4), np.uint8)
spot[4:9, 6:13] = picture(7, 5, 4)
spots = [Image.fromarray(spot), Image.fromarray(spot[::-1].copy())]
case("anim-part.webp", raw_bytes(spots[0], "WEBP", save_all=True, append_images=spots[1:], lossless=True, minimize_size=True), 0.2, first)
case("anim-alpha-lossy.webp", raw_bytes(spots[0], "WEBP", save_all=True, append_images=spots[1:], quality=95), LOSSY, first)
# A first frame that covers a part of the canvas, which the encoder above does not write.
part = [c for c in riff_chunks(raw_bytes(image(w=7, h=5), "WEBP", lossless=True)) if c[0] == b"VP8L"]
anmf = (4 // 2).to_bytes(3, "little") + (6 // 2).to_bytes(3, "little") + (6).to_bytes(3, "little") + (4).to_bytes(3, "little") + bytes([90, 0, 0, 2])
anmf += part[0][0] + struct.pack("<I", len(part[0][1])) + part[0][1] + b"\0" * (len(part[0][1]) % 2)
case("anim-one-part.webp", riff([vp8x(16, 12, 0x12), (b"ANIM", b"\0" * 6), (b"ANMF", anmf)]), 0)
case("one-frame.gif", raw_bytes(frames[0], "GIF"), 0)
case("pages.tif", raw_bytes(frames[0], "TIFF", save_all=True, append_images=frames[1:]), 0, "of several pages: the first is taken")

# 4. WebP: lossy, whose values have the range of video; alpha; the bit of VP8X without the chunk.
for w, h in ((33, 17), (16, 16), (1, 1), (2, 3)):
    case(f"lossy-{w}x{h}.webp", raw_bytes(image(w=w, h=h), "WEBP", quality=95), LOSSY)
case("lossy-black-white.webp", raw_bytes(Image.fromarray(np.repeat(np.array([[0, 255]], np.uint8), 16, 0).repeat(8, 1)[..., None].repeat(3, 2)), "WEBP", quality=100), 1)
case("lossy-alpha.webp", raw_bytes(image(4, w=20, h=14), "WEBP", quality=95), LOSSY)
case("lossless-alpha.webp", raw_bytes(image(4, w=20, h=14), "WEBP", lossless=True, exact=True), 0.2)
case("alpha-bit-alone.webp", riff([vp8x(16, 16, 0x10), *riff_chunks(raw_bytes(image(w=16, h=16), "WEBP", quality=95))]), LOSSY)

# 5. TIFF.
rgb, g = picture(), picture(c=1)[..., None]
bits = np.asarray(image(1).convert("1"))
case("big.tif", tiff_of(rgb, True), 0)
case("rgb16.tif", tiff_of(deep), 0, "of more than 8 bits, all kept", small)
case("rgb16-big.tif", tiff_of(deep, True), 0, "of more than 8 bits, all kept", small)
case("grey16-big.tif", tiff_of(g.astype(np.uint16) * 257, True), 0)
case("white-is-zero.tif", tiff_of(g, t262=(3, [0])), 0)
for name in ("group3", "group4", "packbits", "tiff_lzw", "tiff_adobe_deflate", "raw"):
    for white in (0, 1):
        case(f"bits-{name}-{'white' if white == 0 else 'black'}-is-zero.tif", raw_bytes(Image.fromarray(bits), "TIFF", compression=name, tiffinfo={262: white}), 0)
diff = rgb.astype(int)
diff[:, 1:] -= rgb[:, :-1]
case("predictor.tif", tiff_of(rgb, t317=(3, [2]), t259=(3, [8]), data=(z := packed(diff.astype(np.uint8).tobytes())), t279=(4, [len(z)])), 0)
diff = deep.astype(int)
diff[:, 1:] -= deep[:, :-1]
z = packed((diff & 65535).astype(">u2").tobytes())
case("predictor16-big.tif", tiff_of(deep, True, t317=(3, [2]), t259=(3, [8]), data=z, t279=(4, [len(z)])), 0, want=small)
tile = np.zeros((16, 16, 3), np.uint8)
tile[:9, :13] = rgb
case("tile.tif", tiff_of(rgb, data=tile.tobytes(), t273=None, t278=None, t279=None, t322=(3, [16]), t323=(3, [16]), t324=(4, [None]), t325=(4, [768])), 0)
case("palette.tif", raw_bytes(small.quantize(16), "TIFF"), 0)
case("rgba.tif", tiff_of(picture(c=4), t338=(3, [2])), 0.01)
case("premultiplied.tif", tiff_of(np.dstack([(rgb * (picture(c=4)[..., 3:] / 255)).astype(np.uint8), picture(c=4)[..., 3]]), t338=(3, [1])), 0.5)
planes = np.ascontiguousarray(rgb.transpose(2, 0, 1))
refuse("planes.tif", tiff_of(rgb, t284=(3, [2]), data=planes.tobytes(), t273=(4, [None]), t279=(4, [len(planes.tobytes())])), "unsupported", "PlanarConfiguration")
refuse("reversed-bits.tif", tiff_of(g, t266=(3, [2])), "unsupported", "FillOrder")
refuse("float.tif", raw_bytes(Image.fromarray(g[..., 0].astype(np.float32)), "TIFF"), "unsupported", "")
refuse("32-bit.tif", raw_bytes(Image.fromarray(g[..., 0].astype(np.int32)), "TIFF"), "unsupported", "")
refuse("cmyk.tif", raw_bytes(small.convert("CMYK"), "TIFF"), "unsupported", "color model")
refuse("jpeg-inside.tif", raw_bytes(small, "TIFF", compression="jpeg"), "unsupported", "")
refuse("grey-alpha.tif", raw_bytes(image(2, "LA"), "TIFF"), "unsupported", "extra samples")
refuse("extra-unnamed.tif", tiff_of(picture(c=4)), "unsupported", "no stated meaning")
refuse("4-bit.tif", tiff_of(g, t258=(3, [4])), "unsupported", "BitsPerSample")
refuse("big-file.tif", b"II+\0\x08\0\0\0\x10" + b"\0" * 40, "unsupported", "BigTIFF")

# 6. PNG: depths, transparency, interlacing.
for depth in (1, 2, 4):
    v = g >> (8 - depth)
    case(f"grey{depth}.png", png_of(v, depth, 0), 0, want=Image.fromarray((v[..., 0] * (255 // (2**depth - 1))).astype(np.uint8)).convert("RGB"))
    case(f"palette{depth}.png", raw_bytes(small.quantize(2**depth), "PNG", bits=depth), 0)
# Pillow cuts 16 bits to the upper 8 in colour: the values here are the same either way.
case("rgb16.png", png_of(deep, 16, 2), 0, "of more than 8 bits, all kept", small)
case("rgba16.png", png_of(picture(c=4).astype(np.uint16) * 257, 16, 6), 0.01, want=image(4))
case("grey16.png", png_of(g.astype(np.uint16) * 257, 16, 0), 0)
la = picture(c=2)
case("grey-alpha16.png", png_of(la.astype(np.uint16) * 257, 16, 4), 0.01, want=Image.fromarray(la, "LA").convert("RGBA"))
case("grey-key.png", png_of(g, 8, 0, [(b"tRNS", struct.pack(">H", int(g[3, 3, 0])))]), 0)
case("colour-key.png", png_of(rgb, 8, 2, [(b"tRNS", struct.pack(">3H", *map(int, rgb[3, 3])))]), 0)
case("palette-alpha.png", raw_bytes(small.quantize(8), "PNG", transparency=bytes([0, 128, 255])), 0.2)
case("interlaced.png", png_of(rgb, 8, 2, interlace=True), 0)
case("interlaced-grey1.png", png_of(g >> 7, 1, 0, interlace=True), 0)
refuse("iphone-program.png", png([(b"CgBI", b"\0\0\0\0"), *png_chunks(plain_png)]), "unsupported", "iPhone")
refuse("cut.png", plain_png[:-40], "damaged", "")

# 7. JPEG.
case("420.jpg", raw_bytes(image(w=33, h=17), "JPEG", quality=95, subsampling=2), LOSSY)
case("422.jpg", raw_bytes(image(w=33, h=17), "JPEG", quality=95, subsampling=1), LOSSY)
# Pillow does not write 4:4:0, which a 4:2:2 picture becomes when it is turned without loss. A file of 4:2:2 that says 4:4:0 has the right number
# of blocks, in places that are the same for all who read it.
half = raw_bytes(image(w=32, h=32), "JPEG", quality=95, subsampling=1)
at = half.index(b"\xff\xc0")
case("440.jpg", half[:at + 5] + struct.pack(">HH", 32, 32) + half[at + 9:at + 11] + b"\x12" + half[at + 12:], LOSSY)
case("progressive.jpg", raw_bytes(image(w=33, h=17), "JPEG", quality=95, subsampling=2, progressive=True), LOSSY)
case("restarts.jpg", raw_bytes(image(w=33, h=17), "JPEG", quality=95, subsampling=0, restart_marker_blocks=1), LOSSY)
case("rgb.jpg", raw_bytes(small, "JPEG", quality=95, keep_rgb=True), LOSSY)
case("grey.jpg", raw_bytes(grey, "JPEG", quality=95), LOSSY)
printing = "in printing colours (CMYK), made RGB by the plain rule"
cmyk = raw_bytes(small.convert("CMYK"), "JPEG", quality=95)
case("cmyk.jpg", cmyk, LOSSY, printing)
# YCCK: the planes of CMYK hold Y, Cb, Cr and K, and the marker says so.
y, cb, cr = small.convert("YCbCr").split()
case("ycck.jpg", patched(raw_bytes(Image.merge("CMYK", (y, cb, cr, Image.new("L", small.size, 40))), "JPEG", quality=95), b"Adobe", 11, 2), LOSSY, printing)
case("cmyk-with-profile.jpg", raw_bytes(small.convert("CMYK"), "JPEG", quality=95, icc_profile=icc({b"A2B0": tables()}, space=b"CMYK", pcs=b"Lab ")), LOSSY,
     left + " (of printing colours, CMYK)", managed=False)
sof = plain_jpg.index(b"\xff\xc0")
for name, at, byte, reason in [
    ("arithmetic", 1, 0xc9, "arithmetic"), ("progressive-arithmetic", 1, 0xca, "arithmetic"), ("lossless", 1, 0xc3, "lossless"),
    ("hierarchical", 1, 0xc5, "hierarchical"), ("12-bit", 4, 12, "12 bits"),
]:
    refuse(name + ".jpg", plain_jpg[:sof + at] + bytes([byte]) + plain_jpg[sof + at + 1:], "unsupported", reason)
refuse("chroma-apart.jpg", patched(patched(plain_jpg, b"\xff\xc0", 11, 0x22), b"\xff\xc0", 17, 0x12), "unsupported", "subsampling")
refuse("cmyk-without-marker.jpg", cmyk.replace(b"Adobe", b"Bdobe"), "unsupported", "Adobe")
refuse("cut.jpg", plain_jpg[:len(plain_jpg) // 2], "damaged", "")

# 8. BMP and GIF.
case("24.bmp", raw_bytes(small, "BMP"), 0)
case("grey.bmp", raw_bytes(grey, "BMP"), 0)
case("1.bmp", raw_bytes(Image.fromarray(bits), "BMP"), 0)
case("palette.bmp", raw_bytes(small.quantize(16), "BMP"), 0)
# Deviation: Pillow reads the fourth byte of its own 32 bits as padding where the header is old; so does this.
case("32.bmp", raw_bytes(image(4), "BMP"), 0)
refuse("rle.bmp", patched(raw_bytes(grey, "BMP"), b"BM", 30, 1), "unsupported", "")
refuse("16-bit.bmp", patched(raw_bytes(small, "BMP"), b"BM", 28, 16), "unsupported", "")
case("transparent.gif", raw_bytes(small.quantize(16), "GIF", transparency=3), 0)
case("interlaced.gif", raw_bytes(small.quantize(16), "GIF", interlace=True), 0)

store(__file__, "corpus.json", {"wants": wants, "read": read, "refused": refused}, "numpy", "pillow")
