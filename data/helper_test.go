package data

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pngOf encodes an image.
func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// plain is a 6x4 image, the left half in one colour that k determines, the right half blue: so that
// a flip shows.
func plain(k int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, 6, 4))
	for y := range 4 {
		for x := range 6 {
			c := color.NRGBA{uint8(k), uint8(k >> 8), 0, 255}
			if x >= 3 {
				c = color.NRGBA{0, 0, 255, 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

// write writes a file below dir and the folders above it.
func write(t testing.TB, dir, name string, raw []byte) {
	t.Helper()
	p := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, raw, 0o644); err != nil {
		t.Fatal(err)
	}
}

// folder makes a folder of n plain images in two classes.
func folder(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		write(t, dir, string(rune('a'+i%2))+"/"+itoa(i)+".png", pngOf(t, plain(i)))
	}
	return dir
}

func itoa(i int) string {
	return string([]byte{byte('0' + i/100%10), byte('0' + i/10%10), byte('0' + i%10)})
}

// small are the options of most tests.
var small = Options{Height: 4, Width: 6}

func mustOpen(t testing.TB, o Options, roots ...string) *Set {
	t.Helper()
	s, err := Open(t.Context(), roots, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantError checks that err has all the given parts in its text.
func wantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
}

// number reads back k of plain(k), not resized, unless it is mirrored.
func number(x []float32) (k int, flipped bool) {
	level := func(v float32) int { return int((v+1)*127.5 + .5) }
	if level(x[2]) == 255 {
		x, flipped = x[15:18], true
	}
	return level(x[0]) + level(x[1])<<8, flipped
}
