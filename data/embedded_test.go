package data

import (
	"archive/zip"
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestEmbedded: the 1,911 base emoji in their ten classes, as the package's emoji.json counts them,
// in at most 5 MB, and Open's options hold.
func TestEmbedded(t *testing.T) {
	if n := len(emoji32); n > 5_000_000 {
		t.Errorf("%d bytes embedded", n)
	}
	s, err := Embedded(t.Context(), Options{Height: 32, Val: .15})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"Activities": 85, "Animals & Nature": 159, "Component": 5, "Flags": 270, "Food & Drink": 131, "Objects": 264,
		"People & Body": 386, "Smileys & Emotion": 169, "Symbols": 224, "Travel & Places": 218,
	}
	got := map[string]int{}
	for i := range s.Len() {
		f := s.Info(i)
		if f.Width != 32 || f.Height != 32 || f.Mode != "RGBA" || !strings.HasPrefix(f.Path, "embedded:emoji") {
			t.Errorf("%+v", f)
		}
		got[s.Classes()[f.Class]]++
	}
	if s.Len() != 1911 || len(got) != len(want) || len(s.Skipped()) > 0 {
		t.Errorf("%d emoji in %d classes, %d skipped", s.Len(), len(got), len(s.Skipped()))
	}
	for c, n := range want {
		if got[c] != n {
			t.Errorf("class %s has %d, want %d", c, got[c], n)
		}
	}
	// 287 expected, standard error sqrt(1911 .15 .85) = 15.6; the contents are fixed.
	if n := s.Val().Len(); n < 287-63 || n > 287+63 {
		t.Errorf("%d held out", n)
	}
	if got := s.String(); got != "1,911 images of 32x32x3 in 10 classes" {
		t.Errorf("%q", got)
	}
	if !strings.Contains(EmbeddedNotice(), "Apache License") || !strings.Contains(EmbeddedNotice(), "Noto") {
		t.Error("the notice misses the licence or the source")
	}
}

func TestEmbeddedClasses(t *testing.T) {
	o := Options{Height: 16, Channels: 4, Classes: []string{"Smileys & Emotion"}}
	s, err := Embedded(t.Context(), o)
	if err != nil || s.Len() != 169 || !slices.Equal(s.Classes(), o.Classes) {
		t.Fatalf("%v, %v", s, err)
	}
	o.Classes = []string{"Faces"}
	_, err = Embedded(t.Context(), o)
	wantError(t, err, `no class "Faces"`, `"Activities"`, `"Smileys & Emotion"`, `"Travel & Places"`)
}

// TestEmbeddedLooks: the grinning face is yellow in its middle on a white, or transparent, ground.
func TestEmbeddedLooks(t *testing.T) {
	for _, c := range []int{3, 4} {
		s, err := Embedded(t.Context(), Options{Height: 32, Channels: c, Classes: []string{"Smileys & Emotion"}})
		if err != nil {
			t.Fatal(err)
		}
		face := slices.IndexFunc(slices.Collect(func(yield func(string) bool) {
			for i := 0; i < s.Len() && yield(s.Info(i).Path); i++ {
			}
		}), func(p string) bool { return strings.HasSuffix(p, "1f600-grinning.png") })
		b, err := s.Load(t.Context(), face)
		if err != nil {
			t.Fatal(err)
		}
		at := func(x, y int) (v [4]float64) {
			for k := range c {
				v[k] = float64(b.X[(y*32+x)*c+k])
			}
			return v
		}
		corner, middle := at(0, 0), at(16, 5)
		if c == 3 && corner != [4]float64{1, 1, 1} || c == 4 && corner[3] != -1 {
			t.Errorf("corner %v of %d channels", corner, c)
		}
		if !(middle[0] >= .8 && middle[1] >= .3 && middle[2] <= .2) || c == 4 && middle[3] != 1 {
			t.Errorf("middle %v of %d channels", middle, c)
		}
	}
}

// TestArchiveIsPlain: no time stamps, no skin tones, stored, sorted: what makes the archive the
// same each time.
func TestArchiveIsPlain(t *testing.T) {
	z, err := zip.NewReader(bytes.NewReader(emoji32), int64(len(emoji32)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		if f.ModifiedDate != 0 || f.ModifiedTime != 0 || f.Method != zip.Store {
			t.Errorf("%s: time %d %d, method %d", f.Name, f.ModifiedDate, f.ModifiedTime, f.Method)
		}
		names = append(names, f.Name)
	}
	if !slices.IsSorted(names) {
		t.Error("not sorted")
	}
	for _, n := range names {
		if strings.Contains(n, "-1f3fb") { // the lightest skin tone as a modifier
			t.Errorf("%s has a skin tone", n)
		}
	}
}

// TestFourChannels: composited on white by hand, the 4 channels are the 3, up to the rounding of
// each (half a level of colour and of alpha, twice).
func TestFourChannels(t *testing.T) {
	o := Options{Height: 24, Channels: 3, Classes: []string{"Component", "Activities"}}
	s3, err := Embedded(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Channels = 4
	s4, err := Embedded(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	at := []int{0, 20, 40, 60, 89}
	b3, err := s3.Load(t.Context(), at...)
	if err != nil {
		t.Fatal(err)
	}
	b4, err := s4.Load(t.Context(), at...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(b3.X) / 3 {
		a := (float64(b4.X[4*i+3]) + 1) / 2
		for k := range 3 {
			white := (float64(b4.X[4*i+k])+1)/2*a + 1 - a
			if got := (float64(b3.X[3*i+k]) + 1) / 2; !(math.Abs(got-white)*255 <= 1.6) {
				t.Fatalf("pixel %d: %v and %v", i, got*255, white*255)
			}
		}
	}
}

// Of the images inside the program nothing is remarked, though they are transparent and put on
// white; of the same files in a folder it is.
func TestEmbeddedRemarks(t *testing.T) {
	s, err := Embedded(t.Context(), Options{Classes: []string{"Component"}, Height: 16, Channels: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Notes()) == 0 || len(s.Remarks()) > 0 || len(s.Train().Remarks()) > 0 {
		t.Errorf("notes %v, remarks %q", s.Notes(), s.Remarks())
	}
}
