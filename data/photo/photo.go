// Package photo reads picture files, PNG, JPEG, GIF, WebP, BMP and TIFF, as what they show: it is
// the one place where pixels come from files. It honours what a file says of its pixels (EXIF and
// XMP orientation, ICC profiles, the video range of WebP, the sense of fax bits), and notes what it
// does or leaves out, so that nothing is read otherwise than it is in silence.
package photo

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/reverie-go/reverie/internal/sniff"
)

// Notes on a picture. They name no picture, so that they can be counted, and go on from "12 of 20
// images ...". Of a profile that is left out the reason follows in brackets.
const (
	NoteTurned         = "turned upright (EXIF or XMP orientation)"
	NoteProfile        = "converted from another colour profile to sRGB"
	NoteProfileMatrix  = "converted from another colour profile to sRGB by its matrix, not its tables"
	NoteProfileIgnored = "read without the colour profile"
	NoteGamma          = "read without the gamma or primaries in the file (gAMA, cHRM), as most programs do"
	NoteAdobeRGB       = "read as sRGB, though EXIF says Adobe RGB, as most programs do"
	NoteVideoColour    = "read as sRGB, not in the colours of video that the file states (cICP)"
	NoteFirstFrame     = "animated: the first frame is taken"
	NoteFirstPage      = "of several pages: the first is taken"
	NoteCMYK           = "in printing colours (CMYK), made RGB by the plain rule"
	NoteDeep           = "of more than 8 bits, all kept"
)

// A File is a picture file whose header was read.
type File struct {
	Kind sniff.Kind
	// Width and Height are the picture's size as it is stored.
	Width, Height int
	// Turn says how it is to be turned to stand upright.
	Turn Turn
	// Mode is "grey", "grey16", "palette", "RGB", "RGBA", "RGB16", "RGBA16", "YCbCr" or "CMYK", as
	// stored.
	Mode string
	// Notes are those of the constants that hold.
	Notes []string

	raw  []byte
	meta meta
}

// meta is what a container says of its pixels.
type meta struct {
	exif    [][]byte // of the form of a TIFF file
	xmp     []byte
	profile []byte
	notes   []string
	webp    *webpFrame
}

// note adds a note.
func (m *meta) note(text string) { m.notes = append(m.notes, text) }

// format is how a kind is read: its size, what its container says, its pixels.
type format struct {
	config func(io.Reader) (image.Config, error)
	meta   func(raw []byte) (meta, error)
	decode func(io.Reader) (image.Image, error)
}

var formats = map[sniff.Kind]format{
	sniff.PNG:  {png.DecodeConfig, pngMeta, png.Decode},
	sniff.JPEG: {jpeg.DecodeConfig, jpegMeta, jpeg.Decode},
	sniff.GIF:  {gif.DecodeConfig, gifMeta, gif.Decode},
	sniff.WebP: {nil, webpMeta, nil}, // the frame that webpMeta finds is decoded
	sniff.BMP:  {bmp.DecodeConfig, noMeta, bmp.Decode},
	sniff.TIFF: {tiff.DecodeConfig, tiffMeta, tiff.Decode},
}

// Kinds are the kinds of pictures that are read.
var Kinds = []sniff.Kind{sniff.PNG, sniff.JPEG, sniff.GIF, sniff.WebP, sniff.BMP, sniff.TIFF}

func noMeta([]byte) (meta, error) { return meta{}, nil }

// Open reads the header of a picture file of which raw is all; nothing of the picture's size is
// allocated. An error is a *sniff.Error.
func Open(raw []byte) (f *File, err error) {
	kind := sniff.Bytes(raw)
	defer guard(kind, &err)
	form, ok := formats[kind]
	if !ok {
		return nil, kind.Refuse(nil, Kinds...)
	}
	f = &File{Kind: kind, raw: raw}
	if f.meta, err = form.meta(raw); err != nil {
		return nil, refuse(kind, err)
	}
	cfg, err := f.config(form)
	if err != nil {
		return nil, refuse(kind, err)
	}
	if cfg.Width < 1 || cfg.Height < 1 {
		return nil, refuse(kind, fmt.Errorf("its size is %d x %d pixels", cfg.Height, cfg.Width))
	}
	f.Width, f.Height, f.Mode = cfg.Width, cfg.Height, mode(cfg.ColorModel)
	f.Turn = turnOf(f.meta)
	f.Notes = f.meta.notes
	f.noteModel(cfg.ColorModel)
	return f, nil
}

// config returns the size and colours that the header announces.
func (f *File) config(form format) (image.Config, error) {
	if f.meta.webp != nil {
		return f.meta.webp.config(), nil
	}
	return form.config(bytes.NewReader(f.raw))
}

// noteModel adds what the header tells without the pixels.
func (f *File) noteModel(m color.Model) {
	if f.Turn > 1 {
		f.Notes = append(f.Notes, NoteTurned)
	}
	if f.meta.profile == nil && f.meta.adobeRGB() {
		f.Notes = append(f.Notes, NoteAdobeRGB)
	}
	switch m {
	case color.CMYKModel:
		f.Notes = append(f.Notes, NoteCMYK)
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		f.Notes = append(f.Notes, NoteDeep)
	}
}

// Image decodes the picture: in sRGB, at the origin, not yet turned. It adds to Notes what became
// of a colour profile. The decoders have panicked on damaged files before: that is an error like
// any other, a *sniff.Error.
func (f *File) Image() (img image.Image, err error) {
	defer guard(f.Kind, &err)
	if f.meta.webp != nil {
		img, err = f.meta.webp.decode()
	} else {
		img, err = formats[f.Kind].decode(bytes.NewReader(f.raw))
	}
	if err != nil {
		return nil, refuse(f.Kind, err)
	}
	switch f.Kind {
	case sniff.TIFF:
		img = mendTIFF(img, f.raw)
	case sniff.JPEG:
		img = smooth(img)
	}
	if img, err = f.onCanvas(img); err != nil {
		return nil, refuse(f.Kind, err)
	}
	img, note := toSRGB(img, f.meta.profile, f.Mode)
	if note != "" {
		f.Notes = append(f.Notes, note)
	}
	return img, nil
}

// Upright is Image, turned.
func (f *File) Upright() (*image.RGBA64, error) {
	img, err := f.Image()
	if err != nil {
		return nil, err
	}
	wide := image.NewRGBA64(img.Bounds())
	draw.Draw(wide, wide.Rect, img, wide.Rect.Min, draw.Src)
	return f.Turn.Apply(wide), nil
}

// onCanvas puts the first frame of a GIF, which may be a part of it, on its canvas, and checks that
// the decoder kept to the announced size.
func (f *File) onCanvas(img image.Image) (image.Image, error) {
	canvas := image.Rect(0, 0, f.Width, f.Height)
	b := img.Bounds()
	if b == canvas {
		return img, nil
	}
	if f.Kind != sniff.GIF || !b.In(canvas) {
		return nil, fmt.Errorf("the header says %d x %d pixels, the image has %d x %d", f.Height, f.Width, b.Dy(), b.Dx())
	}
	return placed(img, b, canvas), nil
}

// guard turns a panic into an error.
func guard(kind sniff.Kind, err *error) {
	if r := recover(); r != nil {
		*err = kind.Refuse(fmt.Errorf("the decoder failed: %v", r), Kinds...)
	}
}

// toPNG is the remedy for a form that is not read.
const toPNG = "convert it to PNG"

// unsupported is a form of its kind that is not read; other errors of decoders say that a file is
// damaged.
type unsupported string

func (e unsupported) Error() string { return string(e) }

// refuse says why a file of a readable kind is not read.
func refuse(kind sniff.Kind, err error) error {
	var ours unsupported
	var ofJPEG jpeg.UnsupportedError
	var ofPNG png.UnsupportedError
	var ofTIFF tiff.UnsupportedError
	switch {
	case errors.As(err, &ofJPEG):
		ours = unsupported(ofJPEG)
	case errors.As(err, &ofPNG):
		ours = unsupported(ofPNG)
	case errors.As(err, &ofTIFF):
		ours = unsupported(ofTIFF)
	case errors.Is(err, bmp.ErrUnsupported):
		ours = "compressed, or of another number of bits than 1, 2, 4, 8, 24 or 32"
	}
	if ours != "" || errors.As(err, &ours) {
		return kind.Unsupported(ours, toPNG)
	}
	return kind.Refuse(err, Kinds...)
}

// Format is the kind in one short word: "png", "jpeg", "gif", "webp", "bmp" or "tiff".
func (f *File) Format() string {
	word, _, _ := strings.Cut(f.Kind.String(), " ")
	return strings.ToLower(word)
}

// Deep reports whether an image has more than 8 bits per value.
func Deep(img image.Image) bool {
	switch img.(type) {
	case *image.Gray16, *image.RGBA64, *image.NRGBA64:
		return true
	}
	return false
}

// mode names how an image is stored.
func mode(m color.Model) string {
	if _, ok := m.(color.Palette); ok {
		return "palette"
	}
	switch m {
	case color.GrayModel:
		return "grey"
	case color.Gray16Model:
		return "grey16"
	case color.RGBAModel:
		return "RGB" // of an image that can have no alpha
	case color.NRGBAModel, color.NYCbCrAModel:
		return "RGBA"
	case color.RGBA64Model:
		return "RGB16"
	case color.NRGBA64Model:
		return "RGBA16"
	case color.YCbCrModel:
		return "YCbCr"
	case color.CMYKModel:
		return "CMYK"
	}
	return "other"
}
