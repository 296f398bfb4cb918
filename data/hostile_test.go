package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/reverie-go/reverie/internal/sniff"
)

// hugePNG is a PNG file whose header says w x h.
func hugePNG(w, h uint32) []byte {
	ihdr := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	ihdr = append(binary.BigEndian.AppendUint32(ihdr, h), 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	b = append(b, ihdr...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(ihdr))
	return append(b, "\x00\x00\x00\x00IDAT"...)
}

// hugeGIF, hugeBMP, hugeTIFF and hugeWebP claim as much, hugeWebP 20,000 x 20,000.
func hugeGIF() []byte {
	return append([]byte("GIF89a\x60\xea\x60\xea\x80\x00\x00"), make([]byte, 6)...)
}

func hugeBMP() []byte {
	b := make([]byte, 54)
	copy(b, "BM")
	binary.LittleEndian.PutUint32(b[10:], 54)
	binary.LittleEndian.PutUint32(b[14:], 40)
	binary.LittleEndian.PutUint32(b[18:], 60000)
	binary.LittleEndian.PutUint32(b[22:], 60000)
	b[26], b[28] = 1, 24
	return b
}

func hugeTIFF() []byte {
	b := []byte("II*\x00\x08\x00\x00\x00")
	tags := [][2]uint32{{256, 60000}, {257, 60000}, {258, 8}, {259, 1}, {262, 1}, {273, 8}, {277, 1}, {278, 60000}, {279, 1 << 31}}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(tags)))
	for _, t := range tags {
		b = binary.LittleEndian.AppendUint16(b, uint16(t[0]))
		b = binary.LittleEndian.AppendUint16(b, 4)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, t[1])
	}
	return append(b, 0, 0, 0, 0)
}

func hugeWebP() []byte {
	body := []byte("WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x1f\x4e\x00\x1f\x4e\x00")
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// TestHugeRefused: images of 60,000 x 60,000 and the like are refused by their header, without
// memory.
func TestHugeRefused(t *testing.T) {
	jpeg := bytes.Clone(mustRead(t, "testdata/src/a.jpg"))
	sof := bytes.Index(jpeg, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(jpeg[sof+5:], 60000)
	binary.BigEndian.PutUint16(jpeg[sof+7:], 60000)
	for name, raw := range map[string][]byte{
		"big.png": hugePNG(60000, 60000), "big.gif": hugeGIF(), "big.bmp": hugeBMP(),
		"big.tiff": hugeTIFF(), "big.webp": hugeWebP(), "big.jpg": jpeg,
		"long.png": hugePNG(1, 60000), "wide.png": hugePNG(60000, 1), "square.png": hugePNG(20000, 20000), "none.png": hugePNG(0, 5),
	} {
		dir := t.TempDir()
		write(t, dir, name, raw)
		write(t, dir, "good.png", pngOf(t, plain(1)))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s := mustOpen(t, small, dir)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
			t.Errorf("%s took %d bytes", name, used)
		}
		bad := s.Skipped()
		if len(bad) != 1 || filepath.Base(bad[0].Path) != name {
			t.Fatalf("%s: skipped %v", name, bad)
		}
		if name == "big.png" {
			wantError(t, bad[0].Err, "60000 x 60000 pixels", "32768")
		}
		if name == "square.png" {
			wantError(t, bad[0].Err, "20000 x 20000 = 400000000 pixels", "limit of 100000000")
		}
		t.Logf("%s: %v", name, bad[0].Err)
	}
}

func mustRead(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestMaxPixels(t *testing.T) {
	dir := folder(t, 2) // of 6 x 4
	o := small
	o.MaxPixels = 23
	_, err := Open(t.Context(), []string{dir}, o)
	wantError(t, err, "none of 2", "4 x 6 = 24 pixels", "limit of 23; give --max-pixels 24")
	o.MaxPixels = 24
	mustOpen(t, o, dir)
}

// TestUnreadable: every kind of bad file is skipped, named with its reason, and refused by Strict;
// the good ones are left.
func TestUnreadable(t *testing.T) {
	dir := folder(t, 3)
	jpeg, gifs, tiff := mustRead(t, "testdata/src/a.jpg"), mustRead(t, "testdata/src/a.gif"), mustRead(t, "testdata/src/lzw.tiff")
	bad := map[string][]byte{
		"a/truncated.jpg":  jpeg[:len(jpeg)/2],
		"a/header.jpg":     jpeg[:20],
		"b/text.png":       []byte("Dear diary, today I was a picture.\n"),
		"b/empty.png":      nil,
		"b/truncated.gif":  gifs[:len(gifs)/4],
		"b/truncated.tiff": tiff[:len(tiff)-200],
		"c/cut.webp":       mustRead(t, "testdata/src/lossless.webp")[:60],
		"c/cut.bmp":        mustRead(t, "testdata/src/a.bmp")[:200],
		"c/flipped.png":    flipByte(mustRead(t, "testdata/src/rgb.png"), 500),
	}
	for name, raw := range bad {
		write(t, dir, name, raw)
	}
	s := mustOpen(t, small, dir)
	if s.Len() != 3 || len(s.Skipped()) != len(bad) {
		t.Errorf("%d images, skipped %v", s.Len(), s.Skipped())
	}
	for _, k := range s.Skipped() {
		rel, err := filepath.Rel(dir, k.Path)
		if _, ok := bad[filepath.ToSlash(rel)]; err != nil || !ok || k.Err == nil {
			t.Errorf("skipped %s: %v", k.Path, k.Err)
		}
		t.Logf("%s: %v", rel, k.Err)
	}
	o := small
	o.Strict = true
	_, err := Open(t.Context(), []string{dir}, o)
	wantError(t, err, "9 files left out", "strict", "header.jpg", "and 4 more")
	var list SkipError
	if !errors.As(err, &list) || len(list) != 9 {
		t.Errorf("%T is no SkipError of 9", err)
	}
}

func flipByte(raw []byte, at int) []byte {
	raw = bytes.Clone(raw)
	raw[at] ^= 0x55
	return raw
}

// TestGivenTwice: a root that is another one, or lies in it, is said to count twice.
func TestGivenTwice(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/0.png", pngOf(t, plain(1)))
	write(t, dir, "b/0.png", pngOf(t, plain(2)))
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for want, roots := range map[string][]string{
		a + " is given twice": {a, a + "/"},
		a + " lies in " + dir: {a, dir},
		b + " lies in " + dir: {dir, b},
		"":                    {a, b},
	} {
		got := strings.Join(mustOpen(t, small, roots...).Remarks(), "; ")
		if !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("%q: remarks %q, want %q", roots, got, want)
		}
	}
}

// TestNoFolder: the error of a file in a folder's place says what the file is and what to give.
func TestNoFolder(t *testing.T) {
	for name, c := range map[string]struct{ raw, want string }{
		"a.png": {string(pngOf(t, plain(1))), "it is a PNG picture: give the folder that it lies in, "},
		"a.md":  {"# words", "it is a text file"},
		"a.xyz": {"\x01\x02\x03", ".csv)"},
	} {
		dir := t.TempDir()
		write(t, dir, name, []byte(c.raw))
		_, err := Open(t.Context(), []string{filepath.Join(dir, name)}, small)
		wantError(t, err, name+" is a file: expected a folder of images", c.want)
	}
}

// TestNameNotUTF8: a file and a folder with a name of old times are named with what to do, and the
// rest is read.
func TestNameNotUTF8(t *testing.T) {
	dir := folder(t, 2)
	if err := os.WriteFile(filepath.Join(dir, "caf\xe9.png"), pngOf(t, plain(1)), 0o666); err != nil {
		t.Skip("no such names here:", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "\xff"), 0o777); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, small, dir)
	skips := s.Skipped()
	if s.Len() != 2 || len(skips) != 2 || !strings.Contains(skips[0].Err.Error(), "its name is not UTF-8: give it another one") {
		t.Errorf("%v, left out %v", s, skips)
	}
}

// TestLinks: links to files and folders are followed, wherever they lead, but not to what is read
// already or to what holds the root, and loops end.
func TestLinks(t *testing.T) {
	outside, dir := t.TempDir(), folder(t, 2)
	write(t, outside, "store.png", pngOf(t, plain(1)))
	write(t, outside, "more/deep.png", pngOf(t, plain(2)))
	for name, to := range map[string]string{
		"a/inside.png": "000.png", "a/out.png": filepath.Join(outside, "store.png"), "a/up.png": "../../x.png",
		"a/self.png": "self.png", "b/loop": "..", "b/all": "/", "b/dangling.png": "nothing.png", "b/note.txt": "nothing.txt",
		"c": filepath.Join(outside, "more"), "d": filepath.Join(outside, "more"), "e": "a",
	} {
		if err := os.Symlink(to, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	if err := os.Symlink(dir, filepath.Join(outside, "more", "back")); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, small, dir)
	names := func(n int, path func(int) string) string {
		var all []string
		for i := range n {
			rel, _ := filepath.Rel(dir, path(i))
			all = append(all, filepath.ToSlash(rel))
		}
		return strings.Join(all, " ")
	}
	if got, want := names(s.Len(), func(i int) string { return s.Info(i).Path }), "a/000.png a/inside.png a/out.png b/001.png c/deep.png"; got != want {
		t.Errorf("images %s, want %s", got, want)
	}
	skips := s.Skipped()
	if got, want := names(len(skips), func(i int) string { return skips[i].Path }), "a/self.png a/up.png b/all b/dangling.png b/loop c/back d e"; got != want {
		t.Errorf("skipped %s, want %s", got, want)
	}
	if got := strings.Join(s.Remarks(), "; "); !strings.Contains(got, "followed 2 links to files and 1 link to a folder") {
		t.Errorf("remarks %q", got)
	}
	if got := s.Classes(); strings.Join(got, " ") != "a b c" {
		t.Errorf("classes %q", got)
	}
	// The root itself may be a link.
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if s := mustOpen(t, small, link); s.Len() != 5 {
		t.Errorf("through a link: %d images", s.Len())
	}
}

func TestDeepFolders(t *testing.T) {
	dir := folder(t, 2)
	write(t, dir, strings.Repeat("d/", maxDepth-1)+"ok.png", pngOf(t, plain(5)))
	write(t, dir, strings.Repeat("e/", maxDepth+40)+"no.png", pngOf(t, plain(6)))
	s := mustOpen(t, small, dir)
	if bad := s.Skipped(); s.Len() != 3 || len(bad) != 1 || !strings.Contains(bad[0].Err.Error(), "more than 64 folders deep") {
		t.Errorf("%d images, skipped %v", s.Len(), bad)
	}
}

// failFS fails to open what is under "locked", as a folder and a file without permission do (which
// a test run as root could not make).
type failFS struct{ fstest.MapFS }

func (f failFS) Open(name string) (fs.File, error) {
	if strings.Contains(name, "locked") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.Open(name)
}

func TestNoPermission(t *testing.T) {
	good := &fstest.MapFile{Data: pngOf(t, plain(1))}
	fsys := failFS{fstest.MapFS{"a/ok.png": good, "a/locked.png": good, "locked/in.png": good, "z/ok.png": good}}
	var l listing
	if err := l.walk(t.Context(), fsys, "", "root"); err != nil {
		t.Fatal(err)
	}
	s, err := open(t.Context(), l, small)
	if err != nil {
		t.Fatal(err)
	}
	bad := s.Skipped()
	if s.Len() != 2 || len(bad) != 2 || !errors.Is(bad[0].Err, fs.ErrPermission) || !errors.Is(bad[1].Err, fs.ErrPermission) {
		t.Errorf("%d images, skipped %v", s.Len(), bad)
	}
}

// TestPartFrame: a GIF whose first frame covers a part of its canvas.
func TestPartFrame(t *testing.T) {
	frame := image.NewPaletted(image.Rect(1, 0, 2, 1), color.Palette{color.RGBA{255, 0, 0, 255}})
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{frame}, Delay: []int{0}, Config: image.Config{Width: 3, Height: 1}}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "x.gif", b.Bytes())
	got, err := mustOpen(t, Options{Height: 1, Width: 3}, dir).Load(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[1 1 1 1 -1 -1 1 1 1]"; fmt.Sprint(got.X) != want {
		t.Errorf("pixels %v, want %v", got.X, want)
	}
}

// FuzzRead feeds damaged pictures to the loader: it never panics, and what it accepts has the
// promised shape and values.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/src/*")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, name := range files {
		f.Add(mustRead(f, name), uint8(1))
	}
	f.Add(hugeTIFF(), uint8(3))
	f.Add(hugeWebP(), uint8(4))
	f.Fuzz(func(t *testing.T, raw []byte, kind uint8) {
		o := Options{Height: 5, Width: 7, Channels: []int{1, 3, 4}[kind%3], MaxPixels: 1 << 16}
		if kind&4 != 0 {
			o.Crop = CropCenter
		}
		o = o.withDefaults()
		p, info, err := newStore(o).read(t.Context(), fstest.MapFS{"x": {Data: raw}}, "x")
		if err != nil {
			if strings.Contains(err.Error(), "decoder failed") {
				t.Logf("recovered: %v", err)
			}
			return
		}
		x := make([]float32, 5*7*o.Channels)
		if len(p.lo)+len(p.hi) != len(x) || info.Width < 1 || info.Height < 1 {
			t.Fatalf("%d values, %+v", len(p.lo)+len(p.hi), info)
		}
		p.float(x, 7, o.Channels, true)
		for _, v := range x {
			if !(v >= -1 && v <= 1) {
				t.Fatalf("value %v", v)
			}
		}
	})
}

// TestForeignFiles: a file with a picture's name says what it is instead, and what to do.
func TestForeignFiles(t *testing.T) {
	dir := folder(t, 1)
	png := pngOf(t, plain(1))
	bad := map[string]struct {
		raw   string
		word  sniff.Word
		parts []string
	}{
		"cut.png":     {string(png[:len(png)/2]), sniff.Damaged, []string{"PNG", "unexpected EOF", "download it again"}},
		"empty.png":   {"", sniff.Foreign, []string{"empty file", "copy or download it again"}},
		"iphone.jpg":  {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", sniff.Unsupported, []string{"HEIC", "convert it to PNG or JPEG"}},
		"page.png":    {"<!DOCTYPE html><html>", sniff.Foreign, []string{"web page", "not a PNG, JPEG, GIF, WebP, BMP or TIFF picture"}},
		"pointer.png": {"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", sniff.Foreign, []string{"git lfs pull"}},
	}
	for name, c := range bad {
		write(t, dir, name, []byte(c.raw))
	}
	s := mustOpen(t, small, dir)
	if s.Len() != 1 || len(s.Skipped()) != len(bad) {
		t.Fatalf("%d images, skipped %v", s.Len(), s.Skipped())
	}
	for _, k := range s.Skipped() {
		c := bad[filepath.Base(k.Path)]
		if !errors.Is(k.Err, c.word) {
			t.Errorf("%s: %v: want %v", k.Path, k.Err, c.word)
		}
		wantError(t, k.Err, c.parts...)
	}
}
