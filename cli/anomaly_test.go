package cli

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/app/anomaly/compare"
)

// anomalyShop is the folder that anomalies are looked for in: images with their masks, of 20x20 and
// so in tiles of a model of 8x8.
func anomalyShop(t *testing.T) (run string) {
	t.Helper()
	run = trained(t)
	t.Chdir(t.TempDir())
	writeImages(t, "imgs", 4, 20)
	for _, name := range []string{"a/00", "b/01"} {
		if err := os.MkdirAll(filepath.Join("masks", filepath.Dir(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		writeHalf(t, filepath.Join("masks", name+"_mask.png"), 20)
	}
	if err := os.Rename(filepath.Join("imgs", "a", "02.png"), "one.png"); err != nil {
		t.Fatal(err)
	}
	writeHalf(t, "half8.png", 8)
	writeImages(t, "good", 4, 8)
	return run
}

// TestAnomaly: what each way to look writes and says.
func TestAnomaly(t *testing.T) {
	run := anomalyShop(t)
	for _, c := range []struct {
		line         string
		says, prints []string
		files        []string
	}{
		{"one.png --out o1", []string{"1 image of 20"}, []string{"onestep: threshold", "Otsu", "o1: maps, overlays and sheets for 1 image, images.csv, report.json"},
			[]string{"o1/onestep/one_map.npz", "o1/onestep/one_overlay.png", "o1/onestep/one_healed.png", "o1/onestep.png", "o1/images.csv", "o1/report.json"}},
		{"imgs --masks masks --map onestep,recon,dae --baseline all --learn good --steps 3 --out o2 --replicates 40",
			[]string{"2 images with a mask", "1 image without a mask", "baselines learn from 4 images of 8"},
			[]string{"prevalence 0.5", "AUPRC", "intensity", "whitened", "recon: noised to time"}, []string{"o2/metrics.csv", "o2/gaussian/a/00_map.png", "o2/recon.png"}},
		{"imgs --masks masks --map all --levels 2 --steps 3 --sheet 0 --replicates 0 --out o6", []string{"--map all is without translate"},
			[]string{"inpaint: noised to", "o6: maps and overlays for 3 images, images.csv, metrics.csv, report.json"}, []string{"o6/patch/a/00_map.png"}},
		{"one.png --baseline mean --out o3 --shrink", []string{"baselines learn from the run's"}, nil, []string{"o3/mean/one_healed.png"}},
		{"imgs --masks masks --valid imgs --valid-masks masks --map dae,recon,inpaint --level 2 --first onestep --high 5 --passes 2 --steps 3 --out o4",
			nil, nil, nil},
	} {
		args := append([]string{"anomaly", run}, strings.Fields(c.line)...)
		if strings.Contains(c.line, "--valid ") { // of which none is healthy
			refused(t, exitFailure, []string{"no validation image is known to be without a lesion"}, args...)
			continue
		}
		r := ok(t, args...)
		for _, text := range c.says {
			if !strings.Contains(r.err, text) {
				t.Errorf("%s: lacks %q:\n%s", c.line, text, r.err)
			}
		}
		for _, text := range c.prints {
			if !strings.Contains(r.out, text) {
				t.Errorf("%s: lacks %q:\n%s", c.line, text, r.out)
			}
		}
		for _, name := range c.files {
			if _, err := os.Stat(filepath.FromSlash(name)); err != nil {
				t.Errorf("%s: %v", c.line, err)
			}
		}
	}
	if _, err := os.Stat(filepath.Join("o2", "intensity", "b", "01_healed.png")); err == nil {
		t.Error("intensity heals nothing")
	}
	r := ok(t, "anomaly", run, "one.png", "--json", "--map", "andi", "--levels", "2", "--out", "o5")
	var all []compare.Result
	if err := json.Unmarshal([]byte(r.out), &all); err != nil || len(all) != 1 || all[0].Name != "andi" || len(all[0].Images) != 1 || len(all[0].Levels) == 0 {
		t.Errorf("%v: %s", err, r.out)
	}
}

// TestAnomalyLevel: auto takes the level whose maps are best on the validation images.
func TestAnomalyLevel(t *testing.T) {
	run := anomalyShop(t)
	var black bytes.Buffer
	if err := png.Encode(&black, image.NewGray(image.Rect(0, 0, 20, 20))); err != nil {
		t.Fatal(err)
	}
	writeBytes(t, filepath.Join("masks", "b", "03.png"), black.Bytes())
	r := ok(t, "anomaly", run, "imgs", "--valid", "imgs", "--valid-masks", "masks", "--masks", "masks", "--map", "recon", "--level", "auto", "--steps", "2", "--out", "o", "--rate", "0.1")
	said := regexp.MustCompile(`recon: AUPRC of --valid by sigma/alpha (.*); ([0-9.]+) is taken`).FindStringSubmatch(r.err)
	if said == nil {
		t.Fatal(r.err)
	}
	best, taken := 0., ""
	for one := range strings.SplitSeq(said[1], ", ") {
		ratio, value, _ := strings.Cut(one, ": ")
		if v, err := strconv.ParseFloat(value, 64); err != nil || v > best {
			best, taken = v, ratio
		}
	}
	if taken != said[2] {
		t.Errorf("%s, and %s is best", said[0], taken)
	}
	for _, text := range []string{"marks 0.1 of the pixels of 1 healthy validation image", "mean score of validation images"} {
		if !strings.Contains(strings.ReplaceAll(r.out, "\n  ", " "), text) {
			t.Errorf("lacks %q:\n%s", text, r.out)
		}
	}
}

// TestAnomalyOfClasses: the healthy class is said, with how many there are, and has to be.
func TestAnomalyOfClasses(t *testing.T) {
	anomalyShop(t)
	ok(t, with([]string{"train", images(t)}, "--arch", "unet", "--class-cond", "--steps", "2", "--run", "classed")...)
	r := ok(t, "anomaly", "classed", "one.png", "--healthy", "a", "--steps", "3", "--out", "o1")
	for _, text := range []string{"healthy: class a, of 5 of 12 training images", "translate: noised to time"} {
		if !strings.Contains(r.err+r.out, text) {
			t.Errorf("lacks %q:\n%s%s", text, r.err, r.out)
		}
	}
	refused(t, exitUsage, []string{"--healthy is missing", "a, b"}, "anomaly", "classed", "one.png")
	refused(t, exitUsage, []string{"--healthy c: classed", `no class "c"`}, "anomaly", "classed", "one.png", "--healthy", "c")
	refused(t, exitFailure, []string{"from a is the class under which translate encodes"}, "anomaly", "classed", "one.png", "--healthy", "a", "--map", "recon", "--from", "a")
	ok(t, with([]string{"train", images(t)}, "--patch", "4", "--steps", "2", "--run", "patched")...)
	if r = ok(t, "anomaly", "patched", "one.png", "--out", "o2"); !strings.Contains(r.out, "patch: noised to") {
		t.Errorf("a model of patches: %s", r.out)
	}
	refused(t, exitFailure, []string{"train --patch"}, "anomaly", "patched", "one.png", "--map", "recon")
	r = ok(t, "anomaly", trainedVAE(t), "one.png", "--out", "o3")
	if !strings.Contains(r.out, "autoencoder: threshold") {
		t.Errorf("an autoencoder: %s", r.out)
	}
	refused(t, exitUsage, []string{"--level belongs to a diffusion"}, "anomaly", trainedVAE(t), "one.png", "--level", "2")
}

// TestAnomalyRefused: what the command line alone shows to be wrong, and what is not there.
func TestAnomalyRefused(t *testing.T) {
	run := anomalyShop(t)
	for _, c := range []struct {
		code int
		want []string
		line string
	}{
		{exitUsage, []string{"a run, checkpoint or model folder, and then images"}, ""},
		{exitUsage, []string{`--map "bad" is unknown`, "onestep"}, "one.png --map bad"},
		{exitUsage, []string{"--map names recon twice"}, "one.png --map recon,recon"},
		{exitUsage, []string{"--map: all stands for every name"}, "one.png --map all,recon"},
		{exitUsage, []string{`--baseline "bad" is unknown`}, "one.png --baseline bad"},
		{exitUsage, []string{"--stride belongs to --map patch", "mapped by recon"}, "one.png --map recon --stride 2"},
		{exitUsage, []string{"--level auto is chosen on --valid images"}, "one.png --level auto"},
		{exitUsage, []string{"--rate is of --valid images"}, "one.png --rate 0.1"},
		{exitUsage, []string{"--valid-masks are those of --valid"}, "one.png --valid-masks masks"},
		{exitUsage, []string{"--learn is what --baseline learns from"}, "one.png --learn good"},
		{exitUsage, []string{"--rate", "outside 0 to 0.999"}, "one.png --valid good --rate 2"},
		{exitUsage, []string{"--share 0 is outside"}, "one.png --share 0"},
		{exitUsage, []string{"--replicates 1 is outside"}, "one.png --replicates 1"},
		{exitUsage, []string{"--rtol", "belongs to --solver rk45"}, "one.png --rtol 0.5"},
		{exitFailure, []string{"no such file or folder: none.png"}, "none.png"},
		{exitUsage, []string{"--healthy a: ", "the model was trained without classes"}, "one.png --healthy a"},
		{exitUsage, []string{"--steps belongs to --map translate, recon, patch and inpaint", "mapped by onestep"}, "none.png --steps 3"},
		{exitUsage, []string{"--eta belongs to --map translate"}, "none.png --map dae,andi --eta 0.5"},
		{exitUsage, []string{"--solver belongs to"}, "none.png --map andi --solver heun"},
		{exitUsage, []string{"--method belongs to --map patch and inpaint", "mapped by recon"}, "none.png --map recon --method repaint"},
		{exitUsage, []string{"--inversion belongs to --map translate"}, "none.png --map patch --inversion fixed-point"},
		{exitUsage, []string{"--passes belongs to --method repaint, not to mmps"}, "none.png --map patch --method mmps --passes 2"},
		{exitUsage, []string{"--tolerance belongs to --inversion fixed-point; leave it out, or choose that"}, "none.png --tolerance 0.1"},
		{exitFailure, []string{"half8.png", "8x8", "20x20"}, "one.png half8.png --masks wrong"},
		{exitFailure, []string{"--valid: ", "no such file or folder: none"}, "one.png --valid none"},
		{exitFailure, []string{"--level auto", "it needs lesions"}, "one.png --valid good --map recon --level auto --steps 2"},
		{exitFailure, []string{"--out imgs: it holds a already"}, "one.png --out imgs"},
		{exitFailure, []string{"--learn", "none"}, "one.png --baseline mean --learn none"},
		{exitFailure, []string{"time of the process"}, "one.png --map recon --level 1000"},
	} {
		if strings.Contains(c.line, "wrong") {
			if err := os.Mkdir("wrong", 0o777); err != nil {
				t.Fatal(err)
			}
			writeHalf(t, filepath.Join("wrong", "one_mask.png"), 8)
			c.want[0] = "one_mask.png"
		}
		refused(t, c.code, c.want, append([]string{"anomaly", run}, strings.Fields(c.line)...)...)
	}
	if made, err := filepath.Glob(filepath.Join(run, "anomaly-*")); err != nil || len(made) > 0 {
		t.Errorf("%v were left behind, %v", made, err)
	}
}
