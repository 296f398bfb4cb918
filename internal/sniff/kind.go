package sniff

import "strings"

// Kind is what a file is.
type Kind uint8

// The kinds of files. Torch covers the zip and the older bare pickle of torch.save, Raw what
// cameras write, TextOld text in an encoding of 8 bits that is not UTF-8, Zeros a file whose head
// holds zero bytes alone, Audio sound in any other form than WAV and FLAC.
const (
	Unknown Kind = iota
	Empty
	Zeros
	Text
	TextOld
	UTF16
	LFSPointer
	HTML
	JSON
	XML
	AppleDouble
	Pickle
	Zip
	Tar
	Gzip
	Packed
	Program

	WAV
	FLAC
	Audio

	PNG
	JPEG
	GIF
	WebP
	BMP
	TIFF
	BigTIFF
	HEIC
	AVIF
	JPEGXL
	JPEG2000
	ICO
	PSD
	Raw
	Netpbm
	HDRPicture
	OldPicture
	SVG
	PDF
	Video

	Safetensors
	Torch
	ONNX
	HDF5
	GGUF

	NPZ
	NPY
	IDX
	Parquet

	kinds // how many there are
)

// family is what files are used for: one of the wanted family is sound, of a kind that is not read;
// one of another is the wrong file.
type family uint8

const (
	other family = iota
	pictures
	weights
	arrays
	texts
	sounds
)

const (
	again    = "copy or download it again"
	asPNG    = "convert it to PNG or JPEG"
	unpack   = "unpack it and give what is inside"
	asUTF8   = "save it as UTF-8"
	asWAV    = "convert it to WAV: ffmpeg -i FILE -c:a pcm_s24le OUT.wav"
	twoLines = `convert it with two lines of Python:
    import torch, safetensors.torch
    safetensors.torch.save_file({k: v.contiguous().clone() for k, v in torch.load("FILE", map_location="cpu", weights_only=True).items()}, "FILE.safetensors")`
)

// table holds each kind's name with its article, its family, and what makes a readable file of it.
// The remedy of a kind with a family is for those who want one of that family.
var table = [kinds]struct {
	name   string
	family family
	remedy string
}{
	Unknown:     {"a file of no known kind", other, ""},
	Empty:       {"an empty file", other, again},
	Zeros:       {"a file of zero bytes, as an interrupted copy leaves", other, again},
	Text:        {"a text file", texts, ""},
	TextOld:     {"a text file that is not UTF-8", texts, asUTF8},
	UTF16:       {"a text file in UTF-16", texts, asUTF8},
	LFSPointer:  {"a Git LFS pointer", other, "get the file itself with: git lfs pull"},
	HTML:        {"a web page (HTML)", other, "the download gave a page, perhaps of a login or an error, in place of the file: open its address in a browser"},
	JSON:        {"a JSON file", texts, ""},
	XML:         {"an XML file", other, ""},
	AppleDouble: {"a macOS resource file (AppleDouble)", other, "the file itself has the name without ._"},
	Pickle:      {"a Python pickle", other, "it can run code, so it is not opened: load it where you trust it, and save weights as safetensors and arrays as npz"},
	Zip:         {"a zip archive", other, unpack},
	Tar:         {"a tar archive", other, unpack},
	Gzip:        {"a gzip archive", other, unpack},
	Packed:      {"a compressed archive", other, unpack},
	Program:     {"a program", other, ""},

	WAV:   {"a WAV recording", sounds, ""},
	FLAC:  {"a FLAC recording", sounds, ""},
	Audio: {"a sound recording", sounds, asWAV},

	PNG:        {"a PNG picture", pictures, ""},
	JPEG:       {"a JPEG picture", pictures, ""},
	GIF:        {"a GIF picture", pictures, ""},
	WebP:       {"a WebP picture", pictures, asPNG},
	BMP:        {"a BMP picture", pictures, asPNG},
	TIFF:       {"a TIFF picture", pictures, asPNG},
	BigTIFF:    {"a BigTIFF picture", pictures, asPNG},
	HEIC:       {"a HEIC picture", pictures, asPNG},
	AVIF:       {"an AVIF picture", pictures, asPNG},
	JPEGXL:     {"a JPEG XL picture", pictures, asPNG},
	JPEG2000:   {"a JPEG 2000 picture", pictures, asPNG},
	ICO:        {"a Windows icon (ICO)", pictures, asPNG},
	PSD:        {"a Photoshop picture (PSD)", pictures, asPNG},
	Raw:        {"a camera's raw picture", pictures, "develop it to PNG or JPEG"},
	Netpbm:     {"a Netpbm picture (PPM, PGM, PBM, PAM, PFM)", pictures, asPNG},
	HDRPicture: {"a picture of high dynamic range (OpenEXR, Radiance)", pictures, asPNG},
	OldPicture: {"a picture of a rare format", pictures, asPNG},
	SVG:        {"a drawing (SVG)", pictures, "draw it as PNG"},
	PDF:        {"a PDF document", pictures, "save its pages as PNG"},
	Video:      {"a video", pictures, "take pictures out of it: ffmpeg -i FILE frame-%06d.png"},

	Safetensors: {"a safetensors file", weights, ""},
	Torch:       {"a PyTorch checkpoint (of torch.save)", weights, twoLines},
	ONNX:        {"an ONNX model", weights, ""},
	HDF5:        {"an HDF5 file, as Keras writes", weights, "save it from Python as safetensors or npz"},
	GGUF:        {"a GGUF model", weights, "take the safetensors files that it was made from"},

	NPZ:     {"an npz file", arrays, ""},
	NPY:     {"an npy file", arrays, `save it in Python as npz: numpy.savez("FILE.npz", numpy.load("FILE"))`},
	IDX:     {"an IDX file", arrays, ""},
	Parquet: {"a Parquet or Arrow table", arrays, "save it from Python as CSV or npz"},
}

// Name is what the kind is called, with its article: "a PNG picture".
func (k Kind) Name() string { return table[k].name }

// Picture says whether files of this kind are used as pictures, read or not.
func (k Kind) Picture() bool { return table[k].family == pictures }

// Remedy is what makes a file of this kind one that can be read; "" where nothing general can be
// said.
func (k Kind) Remedy() string { return table[k].remedy }

// String is Name without the article: "PNG picture".
func (k Kind) String() string {
	_, s, _ := strings.Cut(k.Name(), " ")
	return s
}
