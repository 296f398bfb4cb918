package data

import (
	"archive/zip"
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/image/draw"
)

// emojiImages are one in so many of the embedded emoji.
func emojiImages(t *testing.T, each int) (all []image.Image) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(emoji32), int64(len(emoji32)))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range z.File {
		if i%each != 0 || !strings.HasSuffix(f.Name, ".png") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, img)
	}
	return all
}

// onWhite is an image of another size, on white.
func onWhite(img image.Image, w, h int) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(dst, dst.Rect, img, img.Bounds(), draw.Over, nil)
	return dst
}

func jpegOf(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestNearCopies measures the thresholds on the emoji, which have legitimately similar faces:
// copies are near but for 1 in 50 (JPEG of 32x32 pixels with halved chroma is the hardest there
// is), and few that are different are.
func TestNearCopies(t *testing.T) {
	images := emojiImages(t, 4)
	looks := make([]*look, len(images))
	missed := map[string]int{}
	for i, img := range images {
		looks[i] = lookOf(img, 1)
		saved, err := jpeg.Decode(bytes.NewReader(jpegOf(t, onWhite(img, 32, 32), 60)))
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]image.Image{
			"JPEG at quality 60": saved, "twice the size": onWhite(img, 64, 64), "half the size": onWhite(img, 16, 16), "two thirds": onWhite(img, 21, 21),
		} {
			if !lookOf(c, 1).near(looks[i], false) {
				missed[name]++
			}
		}
	}
	for name, n := range missed {
		if n > len(images)/50 {
			t.Errorf("%s: %d of %d copies are not near", name, n, len(images))
		}
	}
	grouped := 0
	for i, g := range twins(looks, false, true) {
		if g != i {
			grouped++
		}
	}
	if grouped > len(images)/20 {
		t.Errorf("%d of %d different emoji are held for copies", grouped, len(images))
	}
}

// shapes draws different pictures: discs of random places and colours.
func shapes(r *rand.Rand, side int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	for range 6 {
		x, y, radius := r.IntN(side), r.IntN(side), 3+r.IntN(side/3)
		c := color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
		for i := range side * side {
			if dx, dy := i%side-x, i/side-y; dx*dx+dy*dy < radius*radius {
				img.SetRGBA(i%side, i/side, c)
			}
		}
	}
	return img
}

// copies is a folder in which every picture lies four times: as it is, as JPEG, at half its size,
// and compressed otherwise.
func copies(t *testing.T, n int) string {
	dir, r := t.TempDir(), rand.New(rand.NewPCG(1, 2))
	for i := range n {
		img := shapes(r, 48)
		var stored bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&stored, img); err != nil {
			t.Fatal(err)
		}
		write(t, dir, "a/"+itoa(i)+".png", pngOf(t, img))
		write(t, dir, "b/"+itoa(i)+".jpg", jpegOf(t, img, 60))
		write(t, dir, "c/"+itoa(i)+".png", pngOf(t, onWhite(img, 24, 24)))
		write(t, dir, "d/"+itoa(i)+".png", stored.Bytes())
	}
	return dir
}

// picturesOf are the numbers of the pictures of copies, by the names of their files.
func picturesOf(s *Set) map[string]int {
	n := map[string]int{}
	for i := range s.Len() {
		p := s.Info(i).Path
		n[p[len(p)-7:len(p)-4]]++
	}
	return n
}

// TestSplitKeepsTwins holds that no held-out picture has a copy in training, where the bytes of the
// files would put them anywhere.
func TestSplitKeepsTwins(t *testing.T) {
	dir := copies(t, 40)
	across := func(split Split) (shared, held int) {
		s := mustOpen(t, Options{Height: 16, Val: .3, Split: split}, dir)
		train, val := picturesOf(s.Train()), picturesOf(s.Val())
		for p := range val {
			if train[p] > 0 {
				shared++
			}
		}
		return shared, s.Val().Len()
	}
	if shared, held := across(SplitPixels); shared != 0 || held < 4 || held%4 != 0 {
		t.Errorf("%d pictures lie on both sides, %d files are held out: want none, and four of each picture", shared, held)
	}
	if shared, _ := across(SplitBytes); shared == 0 {
		t.Error("the bytes keep copies together: the test shows nothing")
	}
}

// TestSplitByPixelsAlone holds that the side does not depend on the resolution, on the file's
// compression, or on the order of the files.
func TestSplitByPixelsAlone(t *testing.T) {
	a, b, r := t.TempDir(), t.TempDir(), rand.New(rand.NewPCG(3, 4))
	for i := range 40 {
		img := shapes(r, 40)
		var stored bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&stored, img); err != nil {
			t.Fatal(err)
		}
		write(t, a, itoa(i)+"-"+itoa(i)+".png", pngOf(t, img))
		write(t, b, itoa(99-i)+"-"+itoa(i)+".png", stored.Bytes())
	}
	x := picturesOf(mustOpen(t, Options{Height: 16, Val: .3, Split: SplitPixels}, a).Val())
	y := picturesOf(mustOpen(t, Options{Height: 8, Channels: 1, Crop: CropCenter, Val: .3, Split: SplitPixels}, b).Val())
	if len(x) == 0 || len(x) == 40 || len(x) != len(y) {
		t.Fatalf("held out: %v and %v", x, y)
	}
	for p := range x {
		if y[p] != 1 {
			t.Errorf("%s is held out of one folder only", p)
		}
	}
}

// TestMirroredTwins holds that mirrored copies are twins where images are mirrored in training, and
// else not.
func TestMirroredTwins(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	img := shapes(r, 32)
	mirrored := image.NewRGBA(img.Rect)
	for i := range 32 * 32 {
		mirrored.Set(31-i%32, i/32, img.At(i%32, i/32))
	}
	looks := []*look{lookOf(img, 1), lookOf(shapes(r, 32), 1), lookOf(mirrored, 1), lookOf(mirrored, 2)}
	for _, c := range []struct {
		mirrored bool
		want     [4]int
	}{{false, [4]int{0, 1, 2, 0}}, {true, [4]int{0, 1, 0, 0}}} {
		if got := [4]int(twins(looks, c.mirrored, false)); got != c.want {
			t.Errorf("mirrored %v: groups %v, want %v", c.mirrored, got, c.want)
		}
	}
}

// TestPaleDrawings holds that thin lines on white, whose looks hardly differ in absolute terms, are
// told apart.
func TestPaleDrawings(t *testing.T) {
	r, looks := rand.New(rand.NewPCG(7, 8)), make([]*look, 50)
	for i := range looks {
		img := image.NewGray(image.Rect(0, 0, 256, 256))
		draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
		for range 4 {
			x, y, up := r.IntN(128), r.IntN(256), r.IntN(2) == 0
			for k := range 128 {
				if up {
					img.SetGray(y, x+k, color.Gray{})
				} else {
					img.SetGray(x+k, y, color.Gray{})
				}
			}
		}
		looks[i] = lookOf(img, 1)
	}
	for i, g := range twins(looks, false, false) {
		if g != i {
			t.Errorf("drawings %d and %d are held for copies", g, i)
		}
	}
}

// TestGreatGroupTrains holds that a set of nearly nothing but copies is not held out whole.
func TestGreatGroupTrains(t *testing.T) {
	looks := make([]*look, 10)
	for i := range looks {
		looks[i] = lookOf(flat(9, 9, uint8(100+i%2)), 1)
	}
	looks[9] = lookOf(flat(9, 9, 9), 1)
	key := keys(looks, twins(looks, false, false))
	if HeldOut(key[0], .999) || key[0] != key[8] || key[9] == key[0] {
		t.Error("nine alike of ten: expected one key, which no share holds out")
	}
}

// TestTwinsOfMany finds the copies among many images, most of which lie in few cells of the grid,
// as each with each does.
func TestTwinsOfMany(t *testing.T) {
	r, looks := rand.New(rand.NewPCG(9, 10)), make([]*look, 1500)
	for i := range looks {
		looks[i] = new(look)
		for k := range looks[i].luma {
			looks[i].luma[k] = uint8(120 + r.IntN(16))
		}
		if i%3 == 2 {
			*looks[i] = *looks[r.IntN(i)]
			looks[i].luma[r.IntN(64)]++
		}
	}
	got := twins(looks, false, false)
	for i := range looks {
		for k := range i {
			if looks[i].near(looks[k], false) && got[i] != got[k] {
				t.Fatalf("%d and %d are near and in two groups", i, k)
			}
		}
	}
}

// BenchmarkTwins groups 100,000 looks whose brightness and slopes vary as those of photographs do.
func BenchmarkTwins(b *testing.B) {
	r, looks := rand.New(rand.NewPCG(11, 12)), make([]*look, 100_000)
	for i := range looks {
		looks[i] = new(look)
		level, right, down, both := 128+40*r.NormFloat64(), 8*r.NormFloat64(), 8*r.NormFloat64(), 2*r.NormFloat64()
		for k := range looks[i].luma {
			x, y := float64(k%8)-3.5, float64(k/8)-3.5
			looks[i].luma[k] = uint8(min(max(level+right*x+down*y+both*x*y+15*r.NormFloat64(), 0), 255))
		}
	}
	for b.Loop() {
		twins(looks, true, false)
	}
}
