package main

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data/picture"
)

// What the README shows is the program, in at most 25 statements.
func TestREADMEShowsIt(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(source), "func main() {\n")
	body, _, _ = strings.Cut(body, "\n}\n")
	body = strings.ReplaceAll("\n"+body, "\n\t", "\n")
	if n := strings.Count(body, "\n"); n > 25 {
		t.Errorf("%d statements", n)
	}
	if !strings.Contains(string(readme), "```go"+body+"\n```") {
		t.Errorf("the README lacks the program's body:%s", body)
	}
}

// The program trains on a folder of small images, and leaves a run and samples.
func TestFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("300 steps")
	}
	photos := t.TempDir()
	for i := range 200 {
		img := image.NewGray(image.Rect(0, 0, 8, 8))
		for k := range img.Pix {
			img.SetGray(k%8, k/8, color.Gray{uint8(rand.New(rand.NewPCG(uint64(i), uint64(k))).Uint32())})
		}
		if err := picture.Write(filepath.Join(photos, fmt.Sprintf("%02d.png", i)), img); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(t.TempDir())
	os.Args = []string{"folder", photos}
	main()
	for _, path := range []string{"samples.png", "runs/folder-1/loss.svg"} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}
