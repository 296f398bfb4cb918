package cli

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/table"
)

// grey28 is a folder of n grey images of 28x28 in classes called 0 and 1.
func grey28(t *testing.T, n int) string {
	t.Helper()
	dir, r := filepath.Join(t.TempDir(), "my signs"), rand.New(rand.NewPCG(3, 4))
	for i := range n {
		img := image.NewGray(image.Rect(0, 0, 28, 28))
		for k := range img.Pix {
			img.SetGray(k%28, k/28, color.Gray{uint8(r.Uint32())})
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		class := filepath.Join(dir, fmt.Sprint(i%2))
		if err := os.MkdirAll(class, 0o777); err != nil {
			t.Fatal(err)
		}
		writeBytes(t, filepath.Join(class, fmt.Sprintf("%02d.png", i)), b.Bytes())
	}
	return dir
}

// configOf reads the configuration of a run.
func configOf(t *testing.T, run string) *config.Run {
	t.Helper()
	c, err := config.Read(run)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTrainFitsItself: train takes from the images what the command line leaves open and says so;
// data ends with the command that gives the same settings; a flag that is given stands.
func TestTrainFitsItself(t *testing.T) {
	imgs, runs := grey28(t, 30), t.TempDir()
	stop := []string{"--steps", "1", "--sample-n", "0", "--layers", "1"}
	r := ok(t, append([]string{"train", imgs, "--run", filepath.Join(runs, "a")}, stop...)...)
	for _, part := range []string{"chosen:", "--resolution 28 ", "--channels 16,32,64 ", "--image-channels 1 ", "--flip=false ", "--batch 16 "} {
		if !strings.Contains(r.err, part) {
			t.Errorf("stderr lacks %q:\n%s", part, r.err)
		}
	}
	a := configOf(t, filepath.Join(runs, "a"))
	if a.Resolution != (data.Size{H: 28, W: 28}) || table.Find(a.Fields(), "channels").String() != "16,32,64" || a.ImageChannels != 1 || a.Flip || a.Batch != 16 || a.Split != "pixels" {
		t.Errorf("the run has %+v", a)
	}

	d := ok(t, "data", imgs, "--out", filepath.Join(t.TempDir(), "d.png"))
	lines := strings.Split(strings.TrimSpace(d.out), "\n")
	_, args, found := strings.Cut(lines[len(lines)-1], " train '"+imgs+"' ")
	if !found {
		t.Fatalf("the last line of data is no command to train: %q", lines[len(lines)-1])
	}
	ok(t, append(append([]string{"train", imgs, "--run", filepath.Join(runs, "b")}, strings.Fields(args)...), stop...)...)
	b := configOf(t, filepath.Join(runs, "b"))
	byItself, _ := a.JSON()
	byCommand, _ := b.JSON()
	if !bytes.Equal(byItself, byCommand) {
		t.Errorf("by the command that data prints:\n%s\nby itself:\n%s", byCommand, byItself)
	}

	ok(t, append([]string{"train", imgs, "--run", filepath.Join(runs, "c"), "--resolution", "8", "--image-channels", "3", "--flip", "--batch", "4", "--channels", "8,8"}, stop...)...)
	if c := configOf(t, filepath.Join(runs, "c")); c.Resolution.H != 8 || c.ImageChannels != 3 || !c.Flip || c.Batch != 4 {
		t.Errorf("flags that are given do not stand: %+v", c)
	}
}

// TestTooFewImages: under 8 training images no batch is chosen, and the error says which flags
// train on them all the same.
func TestTooFewImages(t *testing.T) {
	imgs := grey28(t, 5)
	refused(t, 1, []string{"--batch 32 is larger than the set of", imgs, "give --batch", "--val 0"}, "train", imgs, "--run", filepath.Join(t.TempDir(), "r"))
	d := ok(t, "data", imgs, "--out", filepath.Join(t.TempDir(), "d.png"))
	if !strings.HasSuffix(strings.TrimSpace(d.out), "--batch 5 --val 0") {
		t.Errorf("data ends with\n%s", d.out)
	}
}
