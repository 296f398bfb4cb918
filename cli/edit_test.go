package cli

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data/picture"
)

// writeHalf writes a picture whose right half is white and whose left is black.
func writeHalf(t *testing.T, path string, size int) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, size, size))
	for i := range size * size {
		if i%size >= size/2 {
			img.SetGray(i%size, i/size, color.Gray{Y: 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	writeBytes(t, path, b.Bytes())
}

// editShop is the folder that edits are tried in: a run of 8x8 images, two images and masks.
func editShop(t *testing.T) (run string) {
	t.Helper()
	run = trained(t)
	t.Chdir(t.TempDir())
	writeImages(t, "imgs", 2, 20)
	for to, from := range map[string]string{"a.png": "imgs/a/00.png", "b.png": "imgs/b/01.png"} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	writeHalf(t, "half20.png", 20)
	writeHalf(t, "half8.png", 8)
	writeHalf(t, "half9.png", 9)
	return run
}

// TestEditWays: each way does what it says, and the picture carries what made it.
func TestEditWays(t *testing.T) {
	run := editShop(t)
	for _, c := range []struct {
		line          string
		width, height int // in pictures
		says          []string
		text          map[string]string
	}{
		{"a.png b.png --strength 0.3 --solver ddim --steps 10 -n 2", 3, 2, []string{"a.png: resized from 20x20 to 8x8", "strength 0.3", "walked the last 3 of 10 steps"}, map[string]string{"strength": "0.3", "images": "a.png b.png", "n": "2", "solver": "ddim"}},
		{"a.png --invert --steps 10", 2, 1, []string{"solver ddim (eta 0)", "round trip: off by"}, map[string]string{"invert": "true", "inversion": "fixed-point", "tolerance": "0.0003"}},
		{"a.png --invert --inversion ddim --steps 10", 2, 1, []string{"round trip"}, map[string]string{"inversion": "ddim"}},
		{"a.png --to b.png --steps 10 --frames 4 --gif way.gif", 4, 1, []string{"on average"}, map[string]string{"to": "b.png", "frames": "4"}},
		{"a.png --mask half20.png --steps 5", 3, 1, []string{"half20.png: resized from 20x20", "what is known is met but for", "equations of its steps", "solver ddim (eta 1)"}, map[string]string{"method": "mmps", "operator": "mask", "noise-level": "0.01"}},
		{"a.png --mask half8.png --invert-mask --method repaint --jump 2 --passes 2 --steps 5", 3, 1, []string{"jump 2 passes 2"}, map[string]string{"method": "repaint", "jump": "2", "invert-mask": "true"}},
		{"a.png --mask half8.png --method replace --steps 5", 3, 1, nil, map[string]string{"method": "replace"}},
		{"a.png b.png --operator down4 --steps 5 -n 2", 4, 2, nil, map[string]string{"operator": "down4"}},
		{"a.png --operator down4 --measured --method diffpir --steps 5", 2, 1, []string{"resized from 20x20 to 2x2"}, map[string]string{"measured": "true", "lambda": "7"}},
		{"a.png --operator grey --method dps --zeta 1 --steps 5", 3, 1, nil, map[string]string{"zeta": "1"}},
		{"a.png --operator blur --steps 5 --eta 0.5", 3, 1, nil, map[string]string{"operator": "blur", "eta": "0.5"}},
	} {
		r := ok(t, append([]string{"edit", run}, strings.Fields(c.line)...)...)
		for _, text := range append(c.says, "seed 0") {
			if !strings.Contains(r.err, text) {
				t.Errorf("%s: lacks %q:\n%s", c.line, text, r.err)
			}
		}
		if !strings.HasPrefix(r.out, "edit.png\n") {
			t.Errorf("%s: printed %q", c.line, r.out)
		}
		img, err := png.Decode(bytes.NewReader(readBytes(t, "edit.png")))
		if err != nil {
			t.Fatal(err)
		}
		// a cell of 64 and a border of 2; of a strip 8 times as large as the images too
		if b := img.Bounds(); b.Dx() != 66*c.width+2 || b.Dy() != 66*c.height+2 {
			t.Errorf("%s: a picture of %v", c.line, b)
		}
		text := textOf(t, "edit.png")
		for key, value := range c.text {
			if !slices.Contains(text, picture.Text{Key: key, Value: value}) {
				t.Errorf("%s: the picture lacks %s %s: %v", c.line, key, value, text)
			}
		}
	}
	g, err := gif.DecodeAll(bytes.NewReader(readBytes(t, "way.gif")))
	if err != nil || len(g.Image) != 4 {
		t.Errorf("an animation of %v", err)
	}
}

// TestEditOfLatents: a model of latents is edited in them, and measures no pixels.
func TestEditOfLatents(t *testing.T) {
	run := trainedLatent(t)
	t.Chdir(t.TempDir())
	writeHalf(t, "a.png", 8)
	ok(t, "edit", run, "a.png", "--strength", "0.5", "--steps", "4")
	ok(t, "edit", run, "a.png", "--invert", "--steps", "4")
	ok(t, "edit", run, "a.png", "--to", "a.png", "--steps", "4", "--frames", "2")
	refused(t, exitFailure, []string{"--operator grey is of pixels", "latents of an autoencoder"}, "edit", run, "a.png", "--operator", "grey")
}

// TestEditRefuses: what does not go together, and with the model, is refused by what it is.
func TestEditRefuses(t *testing.T) {
	run := editShop(t)
	for line, want := range map[string]string{
		"a.png --strength 0":                                        "--strength 0 is outside 0 to 1",
		"a.png --strength 0.5 --to b.png":                           "--strength and --to are two ways to edit; leave one out",
		"a.png --invert --mask half8.png":                           "--invert and --operator are two ways to edit",
		"a.png --frames 3":                                          "--frames belongs to --to, and this is --strength",
		"a.png --invert --method mmps":                              "--method belongs to --operator",
		"a.png --mask half8.png --zeta 1":                           "--zeta belongs to --method dps",
		"a.png --invert --inversion ddim --tolerance 1e-3":          "--tolerance belongs to --inversion fixed-point",
		"a.png --strength 0.5 --tolerance 1e-3":                     "--tolerance belongs to --invert and --to",
		"a.png --mask half8.png --method repaint --noise-level 0.1": "--noise-level belongs to --method",
		"a.png --operator down4 --noise-level 1e-6":                 "--noise-level 1e-6 is outside 0.001 to 10",
		"a.png --operator down4 --method repaint":                   "--method repaint puts what is known in its place, which goes with masks alone",
		"a.png --operator mask":                                     "--operator mask needs --mask",
		"a.png --operator grey --mask half8.png":                    "--mask belongs to --operator mask, not to grey",
		"a.png --operator blur --invert-mask":                       "--invert-mask belongs to --operator mask, not to blur; leave it out",
		"a.png --operator mask --invert-mask":                       "--operator mask needs --mask",
		"a.png --mask half8.png --measured":                         "--measured: what a mask leaves",
		"a.png --operator rain":                                     `--operator "rain" is unknown; choose one of mask, down4, blur, grey`,
		"a.png --operator grey --method magic":                      `--method "magic" is unknown; choose one of mmps, repaint, dps, diffpir, replace`,
		"a.png b.png --to a.png":                                    "--to goes from one image to another, and 2 were given before it",
		"a.png --invert --solver heun":                              "--invert walks by ddim without fresh noise",
		"a.png --to b.png -n 3":                                     "leave out --solver, its settings and -n",
		"a.png --invert --gif x.gif":                                "--gif belongs to --to",
		"a.png --out a.jpg":                                         "pictures are written as PNG",
		"":                                                          "edit takes a run, checkpoint or model folder, and then image files",
	} {
		refused(t, exitUsage, []string{want}, append([]string{"edit", run}, strings.Fields(line)...)...)
	}
	for line, want := range map[string]string{
		"nowhere.png":                                     "nowhere.png: ",
		"half9.png --mask half20.png":                     "--mask half20.png is 20, and half9.png is 9: expected a mask of the image's size, or of the model's, 8",
		"a.png --mask none.png":                           "--mask none.png: no such file",
		"a.png --to none.png":                             "none.png",
		"a.png --operator down4 --steps 5 --resolution 6": "images of 6x6 are not made of blocks of 4x4 pixels: their sides must be multiples of 4",
	} {
		refused(t, exitFailure, []string{want}, append([]string{"edit", run}, strings.Fields(line)...)...)
	}
	black := image.NewGray(image.Rect(0, 0, 8, 8))
	var b bytes.Buffer
	if err := png.Encode(&b, black); err != nil {
		t.Fatal(err)
	}
	writeBytes(t, "black.png", b.Bytes())
	refused(t, exitFailure, []string{"--mask black.png leaves nothing to redraw"}, "edit", run, "a.png", "--mask", "black.png")
}

// TestEditOfOthers: points are not edited, and a flow between two data sets goes to no noise.
func TestEditOfOthers(t *testing.T) {
	dir, imgs := t.TempDir(), images(t)
	between := filepath.Join(dir, "between")
	ok(t, "train", imgs, "--channels", "4,8", "--resolution", "8", "--batch", "4", "--process", "flow", "--from", imgs, "--steps", "1", "--sample-every", "0", "--run", between)
	writeHalf(t, filepath.Join(dir, "a.png"), 8)
	for run, want := range map[string]string{pointsRun(t, 1): "edit changes images, and ", between: "edit noises images and goes back: "} {
		refused(t, exitFailure, []string{want}, "edit", run, filepath.Join(dir, "a.png"), "--out", filepath.Join(dir, "b.png"))
	}
}

// TestEditOfClass: what becomes of an image is of the class that is asked for, and of none else.
func TestEditOfClass(t *testing.T) {
	run, plain := trainedTold(t), trained(t)
	t.Chdir(t.TempDir())
	writeHalf(t, "a.png", 8)
	edited := func(args ...string) []byte {
		ok(t, append([]string{"edit", run, "a.png", "--steps", "4"}, args...)...)
		return readBytes(t, "edit.png")
	}
	if bytes.Equal(edited("--class", "a"), edited("--class", "b")) {
		t.Error("two classes give one picture")
	}
	if r := ok(t, "edit", run, "a.png", "--invert", "--class", "b", "--steps", "4"); !strings.Contains(r.err, "of class b, changed by") {
		t.Error(r.err)
	}
	if text := textOf(t, "edit.png"); !slices.Contains(text, picture.Text{Key: "class", Value: "b"}) {
		t.Errorf("the picture says %v", text)
	}
	ok(t, "edit", run, "a.png", "--mask", "a.png", "--steps", "4", "--class", "null")
	for _, way := range []string{"--strength=0.5", "--invert", "--to=a.png", "--mask=a.png"} {
		if r := ok(t, "edit", run, "a.png", way, "--steps", "4", "--class", "a", "--guidance", "2"); strings.Count(r.err, "1 is the plain conditional model") != 1 {
			t.Errorf("%s: stderr lacks the convention:\n%s", way, r.err)
		}
	}
	for _, way := range []string{"--strength=0.5", "--invert", "--to=a.png", "--mask=a.png"} {
		refused(t, exitUsage, []string{"guide classifier-free guides to a class", "by --class"}, "edit", run, "a.png", way, "--guidance", "3")
	}
	for _, way := range []string{"--strength 0.5 --solver ddim", "--invert", "--mask a.png --method repaint", "--mask a.png --method replace --solver ddpm"} {
		ok(t, append([]string{"edit", run, "a.png", "--steps", "4", "--class", "a", "--cfgpp", "0.5"}, strings.Fields(way)...)...)
	}
	for way, want := range map[string]string{
		"--to a.png":                                  "CFG++ noises by another estimate: leave --cfgpp out",
		"--mask a.png":                                "guide cfg++: a denoiser that a measurement guides gives no x0hat to noise by, and does not go with edit --method mmps; leave it out, or choose --method repaint or replace",
		"--operator grey":                             "does not go with edit --method mmps; leave it out",
		"--strength 0.5 --solver heun":                "use ddim or ddpm",
		"--operator blur --method dps":                "does not go with edit --method dps; leave it out",
		"--mask a.png --method repaint --solver heun": "use ddim or ddpm",
	} {
		refused(t, exitFailure, []string{want}, append([]string{"edit", run, "a.png", "--class", "a", "--cfgpp", "0.5"}, strings.Fields(way)...)...)
	}
	refused(t, exitUsage, []string{"--class c: "}, "edit", run, "a.png", "--class", "c")
	refused(t, exitUsage, []string{"--class all: 2 classes, and images are edited as of one"}, "edit", run, "a.png", "--class", "all")
	refused(t, exitUsage, []string{"the model was trained without classes"}, "edit", plain, "a.png", "--class", "a")
}
