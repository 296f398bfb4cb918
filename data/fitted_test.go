package data

import (
	"image"
	"image/color"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/data/photo"
)

// filled is a w x h image of one colour.
func filled(w, h int, c color.Color) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, c)
	}
	return img
}

// TestNotes: what options change of an image is said of it, and nothing else.
func TestNotes(t *testing.T) {
	red, grey, clear := color.NRGBA{200, 10, 10, 255}, color.NRGBA{90, 90, 90, 255}, color.NRGBA{200, 10, 10, 100}
	greyFile := image.NewGray(image.Rect(0, 0, 8, 8))
	for _, c := range []struct {
		name string
		img  image.Image
		o    Options
		want []string
	}{
		{"as it is", filled(8, 8, red), Options{Height: 8, Channels: 3}, nil},
		{"enlarged", filled(4, 4, red), Options{Height: 8, Channels: 3}, nil},
		{"squeezed", filled(12, 8, red), Options{Height: 8, Channels: 3}, []string{NoteSqueezed}},
		{"of the aspect", filled(12, 6, red), Options{Height: 8, Width: 16, Channels: 3}, nil},
		{"but for rounding", filled(333, 500, red), Options{Height: 12, Width: 8, Channels: 3}, nil},
		{"cropped", filled(12, 8, red), Options{Height: 8, Channels: 3, Crop: CropCenter}, nil},
		{"made grey", filled(8, 8, red), Options{Height: 8, Channels: 1}, []string{NoteMadeGrey}},
		{"grey already", filled(8, 8, grey), Options{Height: 8, Channels: 1}, nil},
		{"grey file in colour", greyFile, Options{Height: 8, Channels: 3}, []string{NoteMadeColour}},
		{"on white", filled(8, 8, clear), Options{Height: 8, Channels: 3}, []string{NoteFlattened}},
		{"opaque", greyFile, Options{Height: 8, Channels: 4}, []string{NoteMadeOpaque, NoteMadeColour}},
		{"with alpha", filled(8, 8, clear), Options{Height: 8, Channels: 4}, nil},
		{"all at once", filled(12, 8, clear), Options{Height: 8, Channels: 1}, []string{NoteSqueezed, NoteFlattened, NoteMadeGrey}},
	} {
		dir := t.TempDir()
		write(t, dir, "x.png", pngOf(t, c.img))
		if got := mustOpen(t, c.o, dir).Info(0).Notes; !slices.Equal(got, c.want) {
			t.Errorf("%s: notes %q, want %q", c.name, got, c.want)
		}
	}
}

// TestPhotoNotes: what package photo says of a file reaches the set.
func TestPhotoNotes(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.png", mustRead(t, "testdata/src/turn6.png"))
	s := mustOpen(t, Options{Height: 24, Width: 17}, dir)
	if i := s.Info(0); !slices.Contains(i.Notes, photo.NoteTurned) || i.Width != 17 || i.Height != 24 {
		t.Errorf("%+v", i)
	}
}
