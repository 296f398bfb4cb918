package photo

import (
	"bytes"
	"compress/zlib"
	"errors"
	"image"
	"io"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/internal/sniff"
)

// TestPanics: what a decoder panics with is the file's error.
func TestPanics(t *testing.T) {
	kept := formats[sniff.GIF]
	defer func() { formats[sniff.GIF] = kept }()
	raw := []byte("GIF89a\x02\x00\x02\x00\x00\x00\x00;")
	formats[sniff.GIF] = format{func(io.Reader) (image.Config, error) { panic("no header") }, kept.meta, nil}
	_, err := Open(raw)
	check := func(err error, text string) {
		t.Helper()
		if !errors.Is(err, sniff.Damaged) || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %q", err, text)
		}
	}
	check(err, "the decoder failed: no header")
	formats[sniff.GIF] = format{kept.config, kept.meta, func(io.Reader) (image.Image, error) { panic("index out of range [7]") }}
	f, err := Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Image()
	check(err, "index out of range [7]")
}

// TestBoundedMetadata: a profile that unpacks to more than the bound is cut there, and the picture
// is read.
func TestBoundedMetadata(t *testing.T) {
	if n := len(inflate(deflated(t, maxMeta+1000))); n != maxMeta {
		t.Errorf("%d bytes unpacked, want %d", n, maxMeta)
	}
	text := "Raw profile type exif\x00\nexif\n2\nabcd\n"
	raw := "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00\x00\x00"+string(rune(len(text)))+"tEXt"+text+"crc ", 10)
	if m, err := pngMeta([]byte(raw)); err != nil || len(m.exif) != maxTexts {
		t.Errorf("%d texts are looked at, %v; want %d", len(m.exif), err, maxTexts)
	}
}

// TestCurves: the forms of curves at points computed by hand.
func TestCurves(t *testing.T) {
	for _, c := range []struct {
		name     string
		curve    []byte
		at, want float64
	}{
		{"identity", []byte("curv\x00\x00\x00\x00\x00\x00\x00\x00"), .25, .25},
		{"power 2", []byte("curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x00"), .5, .25},
		{"points 0, 1/5, 1", []byte("curv\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x33\x33\xff\xff"), .75, .6},
		{"power 3", []byte("para\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00"), .5, .125},
		{"(2x - 1)^2 above 1/2", []byte("para\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\xff\xff\x00\x00"), .75, .25},
		{"(2x - 1)^2 below 1/2", []byte("para\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\xff\xff\x00\x00"), .4, 0},
	} {
		f, err := readCurve(c.curve)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := f(c.at); !(got > c.want-1e-4 && got < c.want+1e-4) {
			t.Errorf("%s: at %v: %v, want %v", c.name, c.at, got, c.want)
		}
	}
	for _, bad := range []string{"", "curv\x00\x00\x00\x00\xff\xff\xff\xff", "para\x00\x00\x00\x00\x00\x09\x00\x00", "sf32\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if _, err := readCurve([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a curve", bad)
		}
	}
}

// FuzzOpen feeds damaged files: nothing panics past the guard, what is read has the announced size,
// and errors say what the file is.
func FuzzOpen(f *testing.F) {
	odd := corpus(f)
	for _, c := range append(odd.Read, odd.Refused...) {
		f.Add(c.File)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Open(raw)
		if err == nil && p.Width*p.Height <= 1<<16 {
			var img image.Image
			if img, err = p.Image(); err == nil && img.Bounds() != image.Rect(0, 0, p.Width, p.Height) {
				t.Fatalf("%v, announced %d x %d", img.Bounds(), p.Width, p.Height)
			}
		}
		var said *sniff.Error
		if err != nil && !errors.As(err, &said) {
			t.Errorf("%T: %v", err, err)
		}
		if err == nil && (p.Turn < 1 || p.Turn > 8 || p.Mode == "") {
			t.Errorf("%+v", p)
		}
	})
}

// FuzzProfile feeds damaged profiles: colours stay within 0 to 1.
func FuzzProfile(f *testing.F) {
	for _, c := range corpus(f).Read {
		if p, err := Open(c.File); err == nil && p.meta.profile != nil {
			f.Add(p.meta.profile)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := readProfile(b)
		if err != nil {
			return
		}
		for _, c := range [][3]float64{{0, 0, 0}, {1, 1, 1}, {.2, .5, .9}} {
			for _, v := range p.convert(c) {
				if !(v >= 0 && v <= 1.000001) {
					t.Errorf("%v becomes %v", c, p.convert(c))
				}
			}
		}
		p.isSRGB()
	})
}

// deflated is n zero bytes, packed.
func deflated(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, err := w.Write(make([]byte, n))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
