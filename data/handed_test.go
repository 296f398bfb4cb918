package data

import (
	"image"
	"image/color"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// letter draws a letter of a size and at a place drawn at random.
func letter(t testing.TB, f *opentype.Font, r *rand.Rand, text string) image.Image {
	t.Helper()
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 20 + 8*r.Float64(), DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 32, 32))
	d := font.Drawer{Dst: img, Src: image.NewUniform(color.Gray{255}), Face: face, Dot: fixed.P(5+r.IntN(8), 22+r.IntN(7))}
	d.DrawString(text)
	return img
}

// TestHanded: rendered digits and letters have a hand, faces and animals, food and scenes of discs
// have none.
func TestHanded(t *testing.T) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, signs := range []string{"0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "5"} {
		looks := make([]*look, 300)
		for i := range looks {
			k := i % len(signs)
			looks[i] = lookOf(letter(t, f, r, signs[k:k+1]), 1)
		}
		if share, hand := handed(looks); !hand {
			t.Errorf("%s: share %.2f, no hand", signs, share)
		}
	}
	for _, class := range []string{"Smileys & Emotion", "Animals & Nature", "Food & Drink"} {
		s, err := Embedded(t.Context(), Options{Height: 8, Classes: []string{class}, Split: SplitPixels})
		if err != nil {
			t.Fatal(err)
		}
		var looks []*look
		for _, it := range s.st.items {
			looks = append(looks, lookOf(decoded(t, it), 1))
		}
		if share, hand := handed(looks); hand {
			t.Errorf("%s: share %.2f, a hand", class, share)
		}
	}
	looks := make([]*look, 300)
	for i := range looks {
		looks[i] = lookOf(shapes(r, 32), 1)
	}
	if share, hand := handed(looks); hand {
		t.Errorf("discs: share %.2f, a hand", share)
	}
}

// decoded decodes an item's file.
func decoded(t *testing.T, it item) image.Image {
	t.Helper()
	f, err := it.fsys.Open(it.name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestSigns: class folders that are called as digits or letters are keep images from being
// mirrored, whatever is in them.
func TestSigns(t *testing.T) {
	for names, flip := range map[[2]string]bool{{"0", "1"}: false, {"A", "b"}: false, {"cats", "dogs"}: true, {"A", "cats"}: true} {
		dir := t.TempDir()
		for i := range 6 {
			write(t, dir, filepath.Join(names[i%2], itoa(i)+".png"), pngOf(t, flat(20, 20, uint8(40*i))))
		}
		if v, err := SurveyFolders(t.Context(), []string{dir}, Options{}); err != nil || v.Flip != flip {
			t.Errorf("%q: %+v, %v", names, v, err)
		}
	}
}
