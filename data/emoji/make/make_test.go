package main

import (
	"archive/zip"
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pack makes a small package: two base emoji, one of them with skin tones, one without a picture.
func pack(t *testing.T, list string) string {
	t.Helper()
	dir := t.TempDir()
	pictures := filepath.Join(dir, "img", "google", "64")
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	img := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	for x := range 32 {
		for y := range 64 {
			img.SetNRGBA(x, y, color.NRGBA{9, 8, 7, 0})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{
		filepath.Join(dir, "emoji.json"): []byte(list), filepath.Join(pictures, "1f44b.png"): b.Bytes(), filepath.Join(pictures, "00a9.png"): b.Bytes(),
	} {
		if err := os.WriteFile(name, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const list = `[
 {"image": "1f44b.png", "short_name": "wa/ve", "category": "People & Body", "has_img_google": true,
  "skin_variations": {"1F3FB": {"image": "1f44b-1f3fb.png", "has_img_google": true}}},
 {"image": "00a9.png", "short_name": "copyright", "category": "Symbols", "has_img_google": true},
 {"image": "00ae.png", "short_name": "registered", "category": "Symbols", "has_img_google": false}]`

var names = []string{"People & Body/1f44b-wa_ve.png", "Symbols/00a9-copyright.png"}

func TestArchive(t *testing.T) {
	dir, out := pack(t, list), filepath.Join(t.TempDir(), "x.zip")
	if err := run(out, "", dir); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := run(out, "", dir); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(out); err != nil || !bytes.Equal(first, again) {
		t.Errorf("a second archive differs (%v)", err)
	}
	z, err := zip.OpenReader(out)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var got []string
	for _, f := range z.File {
		got = append(got, f.Name)
	}
	if !slices.Equal(got, names) {
		t.Errorf("archive of %q", got)
	}
	f, err := z.Open(names[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil || img.Bounds() != image.Rect(0, 0, 32, 32) {
		t.Fatalf("%v, %v", img, err)
	}
	// What is transparent has no colour to give: the rest keeps its own.
	if c := color.NRGBAModel.Convert(img.At(20, 5)); c != (color.NRGBA{200, 200, 200, 200}) {
		t.Errorf("colour %v", c)
	}
	if c := color.NRGBAModel.Convert(img.At(16, 5)).(color.NRGBA); c.R < 195 {
		t.Errorf("at the edge the transparent colour shows: %v", c)
	}
	if _, _, _, a := img.At(3, 5).RGBA(); a != 0 {
		t.Errorf("alpha %d", a)
	}
}

func TestFolder(t *testing.T) {
	dir, out := pack(t, list), filepath.Join(t.TempDir(), "emoji64")
	if err := run("", out, dir); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, "img", "google", "64", "00a9.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if raw, err := os.ReadFile(filepath.Join(out, filepath.FromSlash(n))); err != nil || !bytes.Equal(raw, want) {
			t.Errorf("%s: %v", n, err)
		}
	}
	if raw, err := os.ReadFile(filepath.Join(out, "NOTICE")); err != nil || !strings.Contains(string(raw), "Apache") {
		t.Errorf("notice: %v", err)
	}
	if err := run("", out, dir); err == nil {
		t.Error("an existing folder is written into")
	}
}

func TestErrors(t *testing.T) {
	dir := pack(t, strings.Replace(list, `"Symbols"`, `"../.."`, 1))
	for _, err := range []error{
		run("", "", dir), run("x", "", filepath.Join(dir, "none")), run("x", "", dir),
		run("x", "", pack(t, `{"not": "a list"}`)), run("x", "", pack(t, strings.Replace(list, "1f44b.png", "lost.png", 1))),
	} {
		if err == nil {
			t.Error("no error")
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("an archive was begun")
	}
}
