package data

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// flat is a grey picture of a size.
func flat(w, h int, level uint8) image.Image {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = level
	}
	return img
}

// messy makes a folder with something for each part of a report.
func messy(t *testing.T) string {
	dir := t.TempDir()
	for i := range 22 {
		write(t, dir, "many/"+itoa(i)+".png", pngOf(t, flat(70, 70, uint8(i))))
	}
	write(t, dir, "few/copy.png", pngOf(t, flat(70, 70, 3)))
	write(t, dir, "few/again.png", pngOf(t, flat(70, 70, 3)))
	write(t, dir, "long.png", pngOf(t, flat(300, 100, 1)))
	write(t, dir, "tall.png", pngOf(t, flat(20, 30, 1)))
	clear := image.NewNRGBA(image.Rect(0, 0, 130, 130))
	clear.SetNRGBA(0, 0, color.NRGBA{1, 2, 3, 4})
	write(t, dir, "clear.png", pngOf(t, clear))
	var b bytes.Buffer
	if err := gif.Encode(&b, flat(64, 2100, 9), nil); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "huge.gif", b.Bytes())
	write(t, dir, "bad\x1b[31m.png", []byte("text"))
	write(t, dir, "phone.heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"))
	return dir
}

func TestExamine(t *testing.T) {
	dir := messy(t)
	r, err := Examine(t.Context(), []string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		got, want []Count
	}{
		{"classes", r.Classes, []Count{{"", 4}, {"few", 2}, {"many", 22}}},
		{"sizes", r.Sizes, []Count{{"under 32", 1}, {"64 to 127", 26}, {"128 to 255", 1}}},
		{"shapes", r.Shapes, []Count{{"square", 25}, {"tall", 1}, {"very tall", 1}, {"very wide", 1}}},
		{"modes", r.Modes, []Count{{"grey", 26}, {"RGBA", 1}, {"palette", 1}}},
		{"formats", r.Formats, []Count{{"png", 27}, {"gif", 1}}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if r.Images != 28 || r.MinWidth != 20 || r.MaxWidth != 300 || r.MinHeight != 30 || r.MaxHeight != 2100 || r.Bytes < 1000 {
		t.Errorf("%d images, widths %d to %d, heights %d to %d, %d bytes", r.Images, r.MinWidth, r.MaxWidth, r.MinHeight, r.MaxHeight, r.Bytes)
	}
	want := []string{filepath.Join(dir, "few", "again.png"), filepath.Join(dir, "few", "copy.png"), filepath.Join(dir, "many", "003.png")}
	if len(r.Duplicates) != 1 || !slices.Equal(r.Duplicates[0], want) {
		t.Errorf("duplicates %q", r.Duplicates)
	}
	if len(r.Unreadable) != 1 || r.Resolution != 64 || r.Batch != 2 {
		t.Errorf("%d unreadable, resolution %d, batch %d", len(r.Unreadable), r.Resolution, r.Batch)
	}
	if g := r.Grid().Bounds(); len(r.Sample) != 28 || g.Dx() != 8*66+2 || g.Dy() != 4*66+2 {
		t.Errorf("%d in the sample, grid %v", len(r.Sample), g)
	}

	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"images      28 in", "widths      20 to 300, heights 30 to 2100", "(no class)       4   14.3%", "many            22   78.6%  ##############################",
		"duplicates  2 files are copies", "copy.png = ", "unreadable  1 files", "not a PNG, JPEG", "--resolution 64", "--batch 2   (14 steps",
		"28 images are few", "unbalanced: the largest has 11 times", "3 images are not square", "--crop center", "1 images can be transparent",
		"left out 1 file of other names: 1 .heic",
	} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("the text lacks %q:\n%s", part, b.String())
		}
	}
	if strings.ContainsRune(b.String(), 0x1b) {
		t.Error("a file name reaches the terminal's control")
	}
	if _, err := Examine(t.Context(), []string{dir}, Options{Strict: true}); err == nil {
		t.Error("strict takes an unreadable file")
	}
	if _, err := Examine(t.Context(), []string{filepath.Join(dir, "no")}, Options{}); err == nil {
		t.Error("no such folder is no error")
	}
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct{ side, n, resolution, batch int }{
		{31, 1, 32, 1}, {32, 7, 32, 1}, {63, 16, 32, 2}, {64, 100, 64, 8}, {127, 300, 64, 32}, {128, 5000, 128, 32}, {4000, 9, 128, 1},
	} {
		infos := make([]Info, c.n)
		for i := range infos {
			infos[i] = Info{Width: c.side, Height: c.side + 100}
		}
		var r Report
		r.suggest(infos)
		if r.Resolution != c.resolution || r.Batch != c.batch || r.ResolutionReason == "" || r.BatchReason == "" {
			t.Errorf("%d images of %d: resolution %d, batch %d; want %d, %d", c.n, c.side, r.Resolution, r.Batch, c.resolution, c.batch)
		}
	}
}

func TestExamineEmbedded(t *testing.T) {
	r, err := ExamineEmbedded(t.Context(), Options{Classes: []string{"Component"}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Images != 5 || r.Resolution != 32 || r.Batch != 1 || len(r.Sample) != 5 {
		t.Errorf("%d images, resolution %d, batch %d", r.Images, r.Resolution, r.Batch)
	}
}
