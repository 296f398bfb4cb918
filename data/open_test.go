package data

import (
	"context"
	"crypto/sha256"
	"errors"
	"image"
	"image/color"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

func TestOpenClassesAndOrder(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	for i, name := range []string{"dog/x.png", "cat/deep/er/y.PNG", "flat.png", "cat/a.png"} {
		write(t, one, name, pngOf(t, plain(i)))
	}
	write(t, one, "cat/.hidden.png", []byte("no image"))
	write(t, one, ".git/z.png", []byte("no image"))
	write(t, one, "readme.txt", []byte("text"))
	write(t, two, "ant/x.png", pngOf(t, plain(10)))
	write(t, two, "dog/x.png", pngOf(t, plain(11)))

	s := mustOpen(t, small, one, two)
	if got := s.Classes(); !slices.Equal(got, []string{"ant", "cat", "dog"}) {
		t.Errorf("classes %q", got)
	}
	type line struct {
		path  string
		class int
		k     int
	}
	want := []line{
		{filepath.Join(one, "cat", "a.png"), 1, 3}, {filepath.Join(one, "cat", "deep", "er", "y.PNG"), 1, 1},
		{filepath.Join(one, "dog", "x.png"), 2, 0}, {filepath.Join(one, "flat.png"), -1, 2},
		{filepath.Join(two, "ant", "x.png"), 0, 10}, {filepath.Join(two, "dog", "x.png"), 2, 11},
	}
	var got []line
	for b, err := range s.All(t.Context(), 4) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			k, _ := number(b.Image(i))
			f := s.Info(b.Index[i])
			if f.Class != b.Class[i] || f.Format != "png" || f.Width != 6 || f.Height != 4 || f.Mode != "RGB" {
				t.Errorf("image %d: %+v, class %d", i, f, b.Class[i])
			}
			got = append(got, line{f.Path, b.Class[i], k})
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if len(s.Skipped()) != 0 {
		t.Errorf("skipped %v", s.Skipped())
	}

	o := small
	o.Classes = []string{"dog"}
	s = mustOpen(t, o, one, two)
	if s.Len() != 2 || !slices.Equal(s.Classes(), o.Classes) || s.Info(0).Class != 0 {
		t.Errorf("filtered: %d images, classes %q", s.Len(), s.Classes())
	}
}

func TestOpenErrors(t *testing.T) {
	ctx, dir := t.Context(), folder(t, 4)
	open := func(o Options, roots ...string) error { _, err := Open(ctx, roots, o); return err }

	missing := filepath.Join(dir, "nowhere")
	err := open(small, missing)
	wantError(t, err, "no such folder", missing)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	wantError(t, open(small, filepath.Join(dir, "a", "000.png")), "is a file", "expected a folder")
	wantError(t, open(small, filepath.Join(dir, "a", "000.png", "below")), "no such folder")
	wantError(t, open(small), "no image folder given")

	empty := t.TempDir()
	write(t, empty, "sub/notes.txt", []byte("x"))
	write(t, empty, "song.wav", []byte("x"))
	wantError(t, open(small, dir, empty), "no images in "+empty, ".png", ".tiff", "2 other files")

	o := small
	o.Classes = []string{"a", "zebra"}
	wantError(t, open(o, dir), `no class "zebra"`, `"a", "b"`)
	wantError(t, open(o, filepath.Join(dir, "a")), `no class "a"`, "directly in the folder")

	bad := t.TempDir()
	write(t, bad, "text.png", []byte("no picture at all"))
	wantError(t, open(small, bad), "none of 1 image files can be read", "text.png", "not a PNG, JPEG")

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Open(cancelled, []string{dir}, small); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestOptionsValidate(t *testing.T) {
	for _, c := range []struct {
		o    Options
		says string
	}{
		{Options{Height: -1}, "resolution -1"},
		{Options{Height: 8, Width: 1 << 20}, "resolution 8x1048576"},
		{Options{Channels: 2}, "channels 2"},
		{Options{Crop: "middle"}, `crop "middle"`},
		{Options{Val: 1}, "(val) 1"},
		{Options{Val: -.1}, "(val) -0.1"},
		{Options{Val: math.NaN()}, "(val) NaN"},
		{Options{Workers: -1}, "Workers -1"},
	} {
		wantError(t, c.o.Validate(), c.says)
		if _, err := Open(t.Context(), []string{"."}, c.o); err == nil || err.Error() != c.o.Validate().Error() {
			t.Errorf("Open: %v", err)
		}
		if _, err := Embedded(t.Context(), c.o); err == nil {
			t.Errorf("Embedded takes %+v", c.o)
		}
	}
	if err := (Options{}).Validate(); err != nil {
		t.Error(err)
	}
	d := Options{}.withDefaults()
	if d.Height != 128 || d.Width != 128 || d.Channels != 3 || d.Workers != runtime.GOMAXPROCS(0) {
		t.Errorf("defaults %+v", d)
	}
	if d := (Options{Height: 32}).withDefaults(); d.Width != 32 {
		t.Errorf("width %d", d.Width)
	}
}

// TestHeldOut: an image's side follows from its content alone, is the same for copies, and a larger
// part holds out a superset.
func TestHeldOut(t *testing.T) {
	dir := folder(t, 200)
	write(t, dir, "copy/of3.png", pngOf(t, plain(3)))
	sides := func(val float64, roots ...string) map[[sha256.Size]byte]bool {
		o := small
		o.Val = val
		s := mustOpen(t, o, roots...)
		if s.Train().Len()+s.Val().Len() != s.Len() {
			t.Errorf("%d + %d images of %d", s.Train().Len(), s.Val().Len(), s.Len())
		}
		m := map[[sha256.Size]byte]bool{}
		for held, p := range map[bool]*Set{false: s.Train(), true: s.Val()} {
			for i := range p.Len() {
				h := p.Info(i).Hash
				if side, seen := m[h]; seen && side != held {
					t.Errorf("%s lies on both sides", p.Info(i).Path)
				}
				m[h] = held
			}
		}
		return m
	}
	few, more := sides(.1, dir), sides(.3, dir)
	part := sides(.3, filepath.Join(dir, "b"))
	n, k := 0, 0
	for h, held := range more {
		if few[h] && !held {
			t.Error("held out of .1 but not of .3")
		}
		if p, ok := part[h]; ok && p != held {
			t.Error("another root changes the side")
		}
		if held {
			n++
		}
		if few[h] {
			k++
		}
	}
	// 200 fair draws: 60 and 20, standard errors 6.5 and 4.2; fixed contents.
	if n < 60-26 || n > 60+26 || k < 3 || k > 20+17 {
		t.Errorf("held out %d and %d of 200", n, k)
	}
	o := small
	o.Val = .0001
	if s := mustOpen(t, o, dir); s.Val().Len() != 0 || s.Train().Len() != 201 {
		t.Errorf("held out %d", s.Val().Len())
	}
	if s := mustOpen(t, small, dir); s.Val().Len() != 0 {
		t.Errorf("held out %d of none", s.Val().Len())
	}
}

func TestFingerprint(t *testing.T) {
	dir := folder(t, 6)
	first := mustOpen(t, small, dir)
	if mustOpen(t, small, dir).Fingerprint() != first.Fingerprint() {
		t.Error("differs between openings")
	}
	o := small
	o.Workers, o.CacheBytes = 1, -1
	if mustOpen(t, o, dir).Fingerprint() != first.Fingerprint() {
		t.Error("depends on what changes no pixel")
	}
	o = small
	o.Flip = true
	if mustOpen(t, o, dir).Fingerprint() == first.Fingerprint() || first.Subset([]int{0, 1}).Fingerprint() == first.Fingerprint() {
		t.Error("does not see flips or a subset")
	}
	write(t, dir, "a/000.png", pngOf(t, plain(77)))
	if mustOpen(t, small, dir).Fingerprint() == first.Fingerprint() {
		t.Error("does not see another content")
	}
}

// TestChannels checks the conversions on colours worked out by hand: half transparent red on white
// is (255, 127.5, 127.5).
func TestChannels(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	img.SetNRGBA(0, 0, color.NRGBA{255, 0, 0, 128})
	img.SetNRGBA(1, 0, color.NRGBA{10, 20, 30, 0})
	dir := t.TempDir()
	write(t, dir, "x.png", pngOf(t, img))
	for c, want := range map[int][]uint8{
		1: {165, 255}, // 255 - 128/255 (255 - .299 255) is 165.3
		3: {255, 127, 127, 255, 255, 255},
		4: {255, 0, 0, 128, 0, 0, 0, 0},
	} {
		b, err := mustOpen(t, Options{Height: 1, Width: 2, Channels: c}, dir).Load(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]uint8, len(b.X))
		for i, v := range b.X {
			got[i] = uint8(math.Round((float64(v) + 1) * 127.5))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d channels: %v, want %v", c, got, want)
		}
	}
}

// TestSixteenBitColour: 16-bit colours reach the network with their 16 bits.
func TestSixteenBitColour(t *testing.T) {
	img := image.NewNRGBA64(image.Rect(0, 0, 1, 1))
	img.SetNRGBA64(0, 0, color.NRGBA64{1, 30001, 65534, 65535})
	dir := t.TempDir()
	write(t, dir, "x.png", pngOf(t, img))
	s := mustOpen(t, Options{Height: 1}, dir)
	b, err := s.Load(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range []float64{1, 30001, 65534} {
		if want := float32(v/32767.5 - 1); b.X[i] != want {
			t.Errorf("value %d: %v, want %v", i, b.X[i], want)
		}
	}
	if s.Info(0).Mode != "RGB16" {
		t.Errorf("mode %q", s.Info(0).Mode)
	}
	if _, n := s.Cached(); n != 6 {
		t.Errorf("%d bytes kept, want 6", n)
	}
}

func TestProgress(t *testing.T) {
	o := small
	var got []int
	o.Progress = func(done, total int) {
		if total != 9 {
			t.Errorf("total %d", total)
		}
		got = append(got, done)
	}
	mustOpen(t, o, folder(t, 9))
	if !slices.Equal(got, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("progress %v", got)
	}
}

func TestMain(m *testing.M) {
	n := runtime.NumGoroutine()
	code := m.Run()
	if left := runtime.NumGoroutine(); code == 0 && left > n+2 {
		println("goroutines left:", left-n)
		code = 1
	}
	os.Exit(code)
}
