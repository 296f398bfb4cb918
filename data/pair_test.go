package data

import (
	"image"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/kind"
)

// grey is an image of one level.
func grey(level uint8) image.Image {
	img := image.NewGray(image.Rect(0, 0, 6, 4))
	for i := range img.Pix {
		img.Pix[i] = level
	}
	img.Pix[0] = 0 // so that a flip shows
	return img
}

// TestPair: each image comes with the one of its name, whatever the order and the endings, flipped
// as it is, in training as in validation; what has none is counted.
func TestPair(t *testing.T) {
	x, y := t.TempDir(), t.TempDir()
	const n = 12
	for i := range n {
		write(t, x, "a/"+itoa(i)+".png", pngOf(t, grey(uint8(10*i+10))))
		write(t, y, "a/"+itoa(i)+".PNG", pngOf(t, grey(uint8(10*i+15))))
	}
	write(t, x, "a/alone.png", pngOf(t, grey(200)))
	write(t, y, "b/other.png", pngOf(t, plain(1)))
	write(t, y, "b/1.png", pngOf(t, plain(2))) // another folder's
	open := func(dir string, val float64) *Set {
		s, err := Open(t.Context(), []string{dir}, Options{Height: 4, Width: 6, Channels: 1, Flip: true, Val: val})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s, other := open(x, 0.4), open(y, 0)
	before := s.Fingerprint()
	if err := s.Pair(other); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Len() != n || !s.Paired() || s.Fingerprint() == before {
		t.Fatalf("%d images, paired %v", s.Len(), s.Paired())
	}
	remarks := strings.Join(s.Remarks(), "\n")
	for _, want := range []string{"left out 1 image without a pair, such as " + x + "/a/alone.png", "left out 2 images of the pairs that nothing goes with"} {
		if !strings.Contains(remarks, want) {
			t.Errorf("remarks lack %q:\n%s", want, remarks)
		}
	}
	seen, flipped := 0, 0
	check := func(b *Batch) {
		size := b.Size()
		for i := range b.N {
			seen++
			own, pair := b.Image(i), b.Pair[i*size:(i+1)*size]
			if d := pair[1] - own[1]; d < 0.039 || d > 0.0393 { // 5 levels
				t.Errorf("the pair of an image of %v is of %v", own[1], pair[1])
			}
			if (own[0] == -1) != (pair[0] == -1) || (own[5] == -1) != (pair[5] == -1) {
				t.Errorf("an image is flipped and its pair is not: %v, %v", own, pair)
			}
			if own[5] == -1 {
				flipped++
			}
		}
	}
	for _, part := range []*Set{s.Train(), s.Val()} {
		for epoch := range 3 {
			for b, err := range part.Batches(t.Context(), Epoch{Epoch: epoch, Batch: 1}) {
				if err != nil {
					t.Fatal(err)
				}
				check(b)
			}
		}
	}
	if seen != 3*n || flipped == 0 || flipped == seen {
		t.Errorf("%d images, %d of them flipped", seen, flipped)
	}
	other.Close()
	if _, err := s.Load(t.Context(), 0); err != nil && s.st.closed.Load() {
		t.Error("the set is closed with its pairs")
	}
}

// What cannot be paired is refused, and says what is wrong.
func TestPairRefuses(t *testing.T) {
	memory := func(name string, k kind.Kind, n int) *Set {
		s, err := FromMemory(Memory{Name: name, Kind: k, X: make([]float32, n*k.Size())}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	set := func(files ...string) *Set {
		dir := t.TempDir()
		for _, f := range files {
			write(t, dir, f, pngOf(t, grey(3)))
		}
		s, err := Open(t.Context(), []string{dir}, Options{Height: 4, Width: 6, Channels: 1})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	twice := func() *Set {
		dir := t.TempDir()
		write(t, dir, "1.png", pngOf(t, grey(3)))
		write(t, dir, "1.jpg", pngOf(t, grey(3)))
		s, err := Open(t.Context(), []string{dir}, Options{Height: 4, Width: 6, Channels: 1})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		x, y *Set
		want string
	}{
		{memory("x", kind.OfPoints(2), 3), memory("y", kind.OfPoints(3), 3), "cannot be compared"},
		{set("a.png"), set("b.png"), "no image goes with another"},
		{set("1.png"), twice(), "1.png have one name"},
		{twice(), set("1.png"), "rename one"},
	} {
		if err := c.x.Pair(c.y); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v and %v: %v, want %q", c.x, c.y, err, c.want)
		}
		c.x.Close()
	}
	x, y := memory("x", kind.OfPoints(1), 3), memory("y", kind.OfPoints(1), 2) // by their numbers
	if err := x.Pair(y); err != nil || x.Len() != 2 {
		t.Errorf("points of the same numbers: %v, %d", err, x.Len())
	}
	if b, err := x.Load(t.Context(), 0); err != nil || !slices.Equal(b.Pair, []float32{0}) {
		t.Errorf("%v, %v", b, err)
	}
}

// A pair that can be read no more takes its image with it.
func TestPairIsGone(t *testing.T) {
	x, y := t.TempDir(), t.TempDir()
	for i := range 2 {
		write(t, x, itoa(i)+".png", pngOf(t, grey(uint8(100*i+50))))
		write(t, y, itoa(i)+".png", pngOf(t, grey(uint8(100*i+50))))
	}
	open := func(dir string) *Set {
		s, err := Open(t.Context(), []string{dir}, Options{Height: 4, Width: 6, Channels: 1, CacheBytes: -1})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open(x)
	if err := s.Pair(open(y)); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write(t, y, itoa(0)+".png", []byte("broken"))
	b, err := s.Load(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if b.Index[0] != 1 || b.X[1] != b.Pair[1] {
		t.Errorf("image %d, %v with %v", b.Index[0], b.X[1], b.Pair[1])
	}
	if all := s.Skipped(); len(all) != 1 || !strings.Contains(all[0].Err.Error(), "its pair cannot be read: "+y) {
		t.Errorf("skipped: %v", all)
	}
}
