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
	if len(r.Unreadable) != 1 || r.Survey.Resolution != 64 || r.Survey.Channels != 1 {
		t.Errorf("%d unreadable, %+v", len(r.Unreadable), r.Survey)
	}
	if g := r.Grid().Bounds(); g.Dx() != 8*66+2 || g.Dy() != 3*(66+2+17) {
		t.Errorf("grid %v", g)
	}
	for i, want := range []struct {
		class  string
		images int
	}{{"", 4}, {"few", 2}, {"many", 8}} {
		if row := r.Sample[i]; row.Class != want.class || len(row.Images) != want.images {
			t.Errorf("row %d of the sample has %d images of class %q", i, len(row.Images), row.Class)
		}
	}

	var b strings.Builder
	if err := r.WriteText(&b, false); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"images      28 in", "widths      20 to 300, heights 30 to 2100", "labels      24 of 28 images by their class folders; 4 images without a label, of no class", "(no class)       4   14.3%", "many            22   78.6%  ##############################",
		"duplicates  2 files are copies of others (--copies names them)", "unreadable  1 files", "not a PNG, JPEG",
		"28 images are few", "unbalanced: the largest has 11 times", "3 images are not square", "1 images can be transparent",
	} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("the text lacks %q:\n%s", part, b.String())
		}
	}
	if strings.Contains(b.String(), "copy.png") {
		t.Errorf("a file that is read is named as if something were wrong with it:\n%s", b.String())
	}
	if err := r.WriteText(&b, true); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), want[0]+" = "+want[1]+" = "+want[2]+"\n") {
		t.Errorf("the copies are not named:\n%s", b.String())
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

// TestSurvey: what is chosen of images of a side, in grey and in colour.
func TestSurvey(t *testing.T) {
	for _, c := range []struct{ side, resolution int }{
		{5, 8}, {8, 8}, {28, 28}, {31, 28}, {32, 32}, {50, 48}, {64, 64}, {65, 64}, {300, 64},
	} {
		dir := t.TempDir()
		for i := range 4 {
			write(t, dir, itoa(i)+".png", pngOf(t, flat(c.side+10, c.side, uint8(i))))
		}
		v, err := SurveyFolders(t.Context(), []string{dir}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v.Resolution != c.resolution || v.Channels != 1 || !v.Flip || v.ResolutionReason == "" || v.ChannelsReason == "" || v.FlipReason == "" {
			t.Errorf("grey of side %d: %+v, want resolution %d", c.side, v, c.resolution)
		}
	}
	if v, err := SurveyFolders(t.Context(), []string{folder(t, 5)}, Options{}); err != nil || v.Channels != 3 {
		t.Errorf("colour: %+v, %v", v, err)
	}
}

func TestSuggestBatch(t *testing.T) {
	for n, want := range map[int]int{1: 0, 7: 0, 8: 8, 15: 8, 16: 16, 31: 16, 32: 32, 5000: 32} {
		if got := SuggestBatch(n, MostBatch); got != want {
			t.Errorf("%d images: batch %d, want %d", n, got, want)
		}
	}
}

func TestExamineEmbedded(t *testing.T) {
	r, err := Examine(t.Context(), nil, Options{Classes: []string{"Component"}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Images != 5 || r.Survey.Resolution != 32 || len(r.Sample) != 1 || len(r.Sample[0].Images) != 5 || r.Grid().Rect.Dy() != 66+2 {
		t.Errorf("%d images, %+v", r.Images, r.Survey)
	}
}
