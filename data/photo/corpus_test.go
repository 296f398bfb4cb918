package photo

import (
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/internal/sniff"
)

// pixels are what a file shows.
type pixels struct {
	Width, Height, Channels int
	Pixels                  []byte
}

// oddFile is a file of testdata/corpus.json, made by gen_corpus.py: one to be read as Pillow does,
// or one to be refused.
type oddFile struct {
	Name      string
	File      []byte
	Want      int // which of the pixels
	Tolerance float64
	Note      string
	Word      sniff.Word
	Reason    string
}

type oddFiles struct {
	Wants         []pixels
	Read, Refused []oddFile
}

// corpus reads the file.
func corpus(t testing.TB) (c oddFiles) {
	t.Helper()
	raw, err := os.ReadFile("testdata/corpus.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Read) < 100 || len(c.Refused) < 20 {
		t.Fatalf("%d files to read, %d to refuse", len(c.Read), len(c.Refused))
	}
	return c
}

// upright decodes a file as a loader does, and turns it.
func upright(raw []byte) (*image.RGBA64, *File, error) {
	f, err := Open(raw)
	if err != nil {
		return nil, nil, err
	}
	img, err := f.Upright()
	return img, f, err
}

// TestAsPillow holds odd files against Pillow, after exif_transpose and ImageCms: formats without
// loss exactly, codecs within 2 levels of 255 in the mean, and what is said of each.
func TestAsPillow(t *testing.T) {
	odd := corpus(t)
	for _, c := range odd.Read {
		want := odd.Wants[c.Want]
		img, f, err := upright(c.File)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if img.Rect.Dx() != want.Width || img.Rect.Dy() != want.Height {
			t.Errorf("%s: %v, want %dx%d", c.Name, img.Rect, want.Width, want.Height)
			continue
		}
		if d := want.difference(img); !(d <= c.Tolerance) {
			t.Errorf("%s: mean difference %.2f levels, at most %v", c.Name, d, c.Tolerance)
		}
		if c.Note == "" && len(f.Notes) > 0 && !quiet(f.Notes) || c.Note != "" && !slices.Contains(f.Notes, c.Note) {
			t.Errorf("%s: notes %q, want %q", c.Name, f.Notes, c.Note)
		}
	}
}

// quiet reports whether notes are of the kind that the corpus does not list.
func quiet(notes []string) bool { return len(notes) == 1 && notes[0] == NoteDeep }

// difference is the mean in levels of 255. With alpha, colours count times alpha.
func (c *pixels) difference(img *image.RGBA64) (mean float64) {
	for i := range c.Width * c.Height {
		q := color.NRGBA64Model.Convert(img.At(i%c.Width, i/c.Width)).(color.NRGBA64)
		got, want := [4]uint16{q.R, q.G, q.B, q.A}, [4]uint8{3: 255}
		copy(want[:], c.Pixels[i*c.Channels:(i+1)*c.Channels])
		for k := range c.Channels {
			a, b := math.Floor(float64(got[k])/257+.5), float64(want[k])
			if k < 3 {
				a, b = a*float64(got[3])/65535, b*float64(want[3])/255
			}
			mean += math.Abs(a-b) / float64(c.Width*c.Height*c.Channels)
		}
		if c.Channels == 3 && q.A != 65535 {
			return math.Inf(1)
		}
	}
	return mean
}

// TestRefused: forms that are not read are named so with a reason and a way out, and damage is
// called damage.
func TestRefused(t *testing.T) {
	for _, c := range corpus(t).Refused {
		_, _, err := upright(c.File)
		if !errors.Is(err, c.Word) || !strings.Contains(err.Error(), c.Reason) {
			t.Errorf("%s: %v: want %s with %q", c.Name, err, c.Word, c.Reason)
			continue
		}
		if c.Word == sniff.Unsupported && !strings.Contains(err.Error(), "convert it to PNG") {
			t.Errorf("%s: %v: gives no way out", c.Name, err)
		}
		t.Logf("%s: %v", c.Name, err)
	}
}
