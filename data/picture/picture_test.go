package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestBytes: rounding to nearest, clamping, NaN; and every level comes back.
func TestBytes(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	x := []float32{-1, 1, 0, -2, 2, nan, inf, -inf, -1 + 0.99/255, -1 + 1.01/255, 1 - 0.99/255}
	want := []uint8{0, 255, 128, 0, 255, 0, 255, 0, 0, 1, 255}
	if got := Bytes(nil, x); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for v := range 256 {
		if got := Bytes(nil, []float32{float32(float64(v)/127.5 - 1)}); got[0] != uint8(v) {
			t.Errorf("level %d came back as %d", v, got[0])
		}
	}
}

// FromFloat's pixels by hand: grey, RGB and RGBA, levels 0, 64 and so on.
func TestFromFloat(t *testing.T) {
	level := func(v ...int) (x []float32) {
		for _, v := range v {
			x = append(x, float32(float64(v)/127.5-1))
		}
		return x
	}
	for c, want := range map[int][]uint8{
		1: {0, 0, 0, 255, 64, 64, 64, 255},
		3: {0, 64, 100, 255, 128, 200, 255, 255},
		4: {0, 64, 100, 128, 200, 255, 0, 7},
	} {
		x := map[int][]float32{1: level(0, 64), 3: level(0, 64, 100, 128, 200, 255), 4: level(0, 64, 100, 128, 200, 255, 0, 7)}[c]
		if got := FromFloat(x, 1, 2, c).Pix; !slices.Equal(got, want) {
			t.Errorf("%d channels: %v, want %v", c, got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	imgs := Split(make([]float32, 3*2*4*1), 2, 4, 1)
	if len(imgs) != 3 || imgs[0].Bounds() != image.Rect(0, 0, 4, 2) {
		t.Errorf("%d images of %v", len(imgs), imgs[0].Bounds())
	}
	if c := imgs[2].(*image.NRGBA).NRGBAAt(3, 1); c != (color.NRGBA{128, 128, 128, 255}) {
		t.Errorf("colour %v", c)
	}
}

func TestPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"Bytes":     func() { Bytes(make([]uint8, 1), make([]float32, 2)) },
		"FromFloat": func() { FromFloat(make([]float32, 5), 1, 2, 3) },
		"FromBytes": func() { FromBytes(make([]uint8, 4), 1, 2, 2) },
		"Split":     func() { Split(make([]float32, 5), 1, 2, 1) },
	} {
		func() {
			defer func() {
				if r, ok := recover().(string); !ok || !strings.HasPrefix(r, "picture: "+name) {
					t.Errorf("%s: recovered %v", name, r)
				}
			}()
			f()
		}()
	}
}

// solid is a picture of one colour.
func solid(w, h int, c color.NRGBA) image.Image {
	return FromBytes(bytes.Repeat([]byte{c.R, c.G, c.B, c.A}, w*h), h, w, 4)
}

// rows writes a picture as letters: r, g and b for the pure colours, . for white.
func rows(img *image.NRGBA) string {
	letter := map[color.NRGBA]byte{red: 'r', green: 'g', blue: 'b', {255, 255, 255, 255}: '.', {0, 0, 0, 255}: '#'}
	var b strings.Builder
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			if c, ok := letter[img.NRGBAAt(x, y)]; ok {
				b.WriteByte(c)
			} else {
				b.WriteByte('?')
			}
		}
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}

var (
	red   = color.NRGBA{255, 0, 0, 255}
	green = color.NRGBA{0, 255, 0, 255}
	blue  = color.NRGBA{0, 0, 255, 255}
)

func TestGrid(t *testing.T) {
	r, g, b := solid(2, 1, red), solid(2, 1, green), solid(1, 1, blue)
	clear := solid(1, 1, color.NRGBA{0, 255, 0, 0})
	for _, c := range []struct {
		name, want string
		got        *image.NRGBA
	}{
		{"grid", "....... .rr.gg. ....... .b..... .......", Grid([]image.Image{r, g, b}, Layout{Pad: 1, Scale: 1})},
		{"one column", "rr gg", Grid([]image.Image{r, g}, Layout{Columns: 1, Pad: -1, Scale: 1})},
		{"enlarged, black", "###### #rrrr# #rrrr# ######", Grid([]image.Image{r}, Layout{Columns: 9, Pad: 1, Scale: 2, Background: color.Black})},
		{"strip", "rrggb.", Strip([]image.Image{r, g, b}, Layout{Pad: -1, Scale: 1})},
		{"transparent", "r.", Strip([]image.Image{solid(1, 1, red), clear}, Layout{Pad: -1, Scale: 1})},
	} {
		if got := rows(c.got); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
	if got := Beside(r, g).Rect.Size(); got != image.Pt(8+2+8+2+8, 8+1+8) {
		t.Errorf("beside: %v", got)
	}
	if got := Grid(nil, Layout{}).Rect.Size(); got != image.Pt(1, 1) {
		t.Errorf("empty grid: %v", got)
	}
	// 16 images of 32x32: four columns, eight times, under 1024 wide.
	if got := Grid(make16(), Layout{}).Rect.Size(); got != image.Pt(4*7*32+10, 4*7*32+10) {
		t.Errorf("viewable grid: %v", got)
	}
}

func make16() []image.Image {
	imgs := make([]image.Image, 16)
	for i := range imgs {
		imgs[i] = solid(32, 32, red)
	}
	return imgs
}

// TestText: text comes back, the picture stays, other readers see the chunks.
func TestText(t *testing.T) {
	text := []Text{{"Software", "reverie"}, {"seed", "7"}, {"Comment", "grüße, 100 % é\nline two"}, {"prompt", "雪 and π"}, {"empty", ""}}
	img := solid(3, 2, green)
	path := filepath.Join(t.TempDir(), "x.png")
	if err := Write(path, img, text...); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadText(bytes.NewReader(raw))
	if err != nil || !slices.Equal(got, text) {
		t.Errorf("text %q, error %v", got, err)
	}
	back, err := png.Decode(bytes.NewReader(raw)) // checks the checksums
	if err != nil || back.Bounds() != img.Bounds() || back.At(2, 1).(color.RGBA) != (color.RGBA{0, 255, 0, 255}) {
		t.Errorf("picture %v, error %v", back, err)
	}
	if n := bytes.Count(raw, []byte("tEXt")); n != 4 {
		t.Errorf("%d tEXt chunks, want 4", n)
	}
	if n := bytes.Count(raw, []byte("iTXtprompt\x00\x00\x00\x00\x00雪 and π")); n != 1 {
		t.Errorf("%d iTXt chunks, want 1", n)
	}
	var again bytes.Buffer
	if err := Encode(&again, img, text...); err != nil || !bytes.Equal(again.Bytes(), raw) {
		t.Error("a second encoding differs")
	}
}

func TestTextErrors(t *testing.T) {
	img := solid(1, 1, red)
	for _, text := range []Text{{"", "x"}, {strings.Repeat("k", 80), "x"}, {" a", "x"}, {"a\nb", "x"}, {"雪", "x"}, {"a", "x\x00y"}, {"a", "\xff"}} {
		var b bytes.Buffer
		if err := Encode(&b, img, text); err == nil || b.Len() > 0 {
			t.Errorf("%q: error %v, %d bytes written", text, err, b.Len())
		}
	}
}

func TestReadTextDamaged(t *testing.T) {
	var b bytes.Buffer
	if err := Encode(&b, solid(1, 1, red), Text{"key", "value"}); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	for n := range good {
		if _, err := ReadText(bytes.NewReader(good[:n])); err == nil {
			t.Errorf("cut to %d bytes: no error", n)
		}
	}
	flipped := bytes.Replace(good, []byte("value"), []byte("Value"), 1)
	if _, err := ReadText(bytes.NewReader(flipped)); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("flipped: %v", err)
	}
	huge := append(bytes.Clone(good[:headerEnd]), 0xff, 0xff, 0xff, 0xff, 't', 'E', 'X', 't')
	if _, err := ReadText(bytes.NewReader(huge)); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("huge: %v", err)
	}
}

// TestWriteReplaces: the file is replaced whole, nothing is left beside it, and a failure leaves
// the old one.
func TestWriteReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.png")
	for _, c := range []color.NRGBA{red, green} {
		if err := Write(path, solid(1, 1, c)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(path, solid(1, 1, blue), Text{Key: ""}); err == nil {
		t.Error("a bad key is written")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil || color.NRGBAModel.Convert(img.At(0, 0)) != green {
		t.Errorf("%v, %v", img, err)
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Errorf("%d files left, %v", len(list), err)
	}
	err = Write(filepath.Join(dir, "none", "x.png"), img)
	if err == nil || !strings.Contains(err.Error(), filepath.Join("none", "x.png")) {
		t.Errorf("missing folder: %v", err)
	}
}

func FuzzReadText(f *testing.F) {
	var b bytes.Buffer
	if err := Encode(&b, solid(1, 1, red), Text{"key", "value"}, Text{"snow", "雪"}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := ReadText(bytes.NewReader(raw))
		if err == nil && len(list) > len(raw) {
			t.Errorf("%d texts in %d bytes", len(list), len(raw))
		}
	})
}

// TestSized: a picture is shown at a size that can be looked at, whatever it was, and pictures are
// stacked each at its own height.
func TestSized(t *testing.T) {
	for _, s := range [][2]int{{1, 1}, {7, 9}, {160, 20}, {256, 256}, {257, 10}, {10, 9999}} {
		got := Sized(image.NewNRGBA(image.Rect(0, 0, s[1], s[0]))).Bounds().Size()
		if got.X > largest || got.Y > largest || got.X < leastWide || got.Y < 1 {
			t.Errorf("%v is shown in %v", s, got)
		}
	}
	small, wide := image.NewNRGBA(image.Rect(0, 0, 2, 3)), image.NewNRGBA(image.Rect(5, 5, 9, 6))
	wide.SetNRGBA(5, 5, color.NRGBA{1, 2, 3, 255})
	both := Stacked(small, wide)
	if size := both.Bounds().Size(); size.X != 4 || size.Y < 4 || both.NRGBAAt(0, both.Rect.Dy()-2) != (color.NRGBA{1, 2, 3, 255}) {
		t.Errorf("%v of %v", both.NRGBAAt(0, 3), size)
	}
}
