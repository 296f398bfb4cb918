package cli

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A short tour: each file is named on stdout, lies there, and says what it was made from.
func TestLab(t *testing.T) {
	out := filepath.Join(t.TempDir(), "new", "folder")
	r := ok(t, "lab", "--only", "density,score", "--steps", "3", "--seed", "5", "--out", out)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines:\n%s", len(lines), r.out)
	}
	for i, name := range []string{"density.png", "score.png"} {
		path := filepath.Join(out, name)
		if !strings.HasPrefix(lines[i], path+": ") {
			t.Errorf("line %q, want one that begins with %s", lines[i], path)
		}
		if text := textOf(t, path); !strings.Contains(fmt.Sprint(text), "8gaussians") {
			t.Errorf("%s says %v", name, text)
		}
	}
}

// The data may be a CSV file or the dark pixels of a PNG.
func TestLabOnFiles(t *testing.T) {
	dir := t.TempDir()
	csv, drawing := filepath.Join(dir, "line.csv"), filepath.Join(dir, "square.png")
	writeBytes(t, csv, []byte("x,y\n1,2\n3,4\n5,6\n"))
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	img.SetGray(3, 3, color.Gray{})
	img.SetGray(5, 4, color.Gray{})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	writeBytes(t, drawing, b.Bytes())
	for _, data := range []string{csv, drawing} {
		ok(t, "lab", "--data", data, "--only", "density", "--format", "svg", "--out", dir)
		if st, err := os.Stat(filepath.Join(dir, "density.svg")); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", data, err)
		}
	}
}

func TestLabRefuses(t *testing.T) {
	dir := t.TempDir()
	bad, file := filepath.Join(dir, "bad.csv"), filepath.Join(dir, "file")
	writeBytes(t, bad, []byte("1,2,3\n4,5,6\n"))
	writeBytes(t, file, nil)
	for _, c := range []struct {
		code int
		text string
		args []string
	}{
		{exitUsage, `unknown figure "portrait"`, []string{"--only", "portrait"}},
		{exitUsage, `unknown format "jpg"`, []string{"--format", "jpg"}},
		{exitUsage, "--steps 0", []string{"--steps", "0"}},
		{exitUsage, "give one of them", []string{"--steps", "5", "--seconds", "5"}},
		{exitUsage, "--seconds 0", []string{"--seconds", "0"}},
		{exitUsage, "--seconds NaN", []string{"--seconds", "NaN"}},
		{exitUsage, "--out is empty", []string{"--out", ""}},
		{exitUsage, "swissroll", []string{"--data", "rolls"}},
		{exitUsage, "flags only", []string{"moons"}},
		{exitFailure, "no such file", []string{"--data", filepath.Join(dir, "none.csv")}},
		{exitFailure, "points with 2", []string{"--data", bad}},
		{exitFailure, "--out", []string{"--out", file}},
	} {
		refused(t, c.code, []string{c.text}, append([]string{"lab"}, c.args...)...)
	}
}
