package cli

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// mine is a source of another program: waves:N, n fields of 8x8 with two channels, of which one is
// the other's negative.
type mine struct{ table.Info }

func (mine) Claim(name string) (source.Claim, bool) {
	return source.Claim{Kind: kind.OfFields(8, 8, 2)}, strings.HasPrefix(name, "waves:")
}

func (mine) Open(_ context.Context, names []string, o source.Options) (*data.Set, error) {
	k := kind.OfFields(8, 8, 2)
	x := make([]float32, 60*k.Size())
	for i := range x {
		if i%2 == 0 {
			random.Stream{Seed: 5, Domain: 128, Sample: uint64(i)}.Normal32(x[i : i+1])
			continue
		}
		x[i] = -x[i-1]
	}
	return data.FromMemory(data.Memory{Name: names[0], Kind: k.In(kind.Units{Shift: []float64{3, 4}, Scale: []float64{10, 1}}), X: x}, data.Options{Val: o.Val})
}

// A source that another program registers trains, resumes, samples and is judged as those that are
// built in; fields of two channels go all the way, and are drawn channel by channel.
func TestOwnSource(t *testing.T) {
	source.Sources.Add(mine{table.Info{Name: "waves", Text: "fields of two channels"}})
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	run := at("run")
	r := ok(t, "train", "waves:60", "--arch", "unet", "--channels", "8,16", "--batch", "8", "--val", "0.3", "--steps", "4", "--sample-every", "1", "--sample-n", "2", "--timesteps", "20", "--run", run)
	if !strings.Contains(r.err, "fields of 8x8x2 for training") {
		t.Errorf("stderr: %s", r.err)
	}
	for _, name := range []string{"training.png", "forward.png", "step-000004-raw-ema.png"} {
		if len(readBytes(t, filepath.Join(run, "samples", name))) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	ok(t, "train", "--resume", run, "--steps", "6")
	ok(t, "sample", run, "-n", "3", "--steps", "3", "--out", at("s.png"), "--strip", at("strip.png"), "--npz", at("s.npz"))
	z, err := checkpoint.OpenNPZ(at("s.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if a, err := z.Array("arr_0", checkpoint.F64, 4); err != nil || a.Shape[1] != 8 || a.Shape[3] != 2 {
		t.Errorf("%v, %v", a.Shape, err)
	}
	if r := ok(t, "eval", run, "-n", "8", "--draws", "1", "--steps", "2", "--metrics", "mmd,nearest"); !strings.Contains(r.out, "mmd") {
		t.Errorf("eval: %s", r.out)
	}
	if r := ok(t, "eval", at("s.npz"), "waves:60", "--metrics", "mmd"); !strings.Contains(r.out, "mmd") {
		t.Errorf("eval of samples: %s", r.out)
	}
	ok(t, "data", "waves:60", "--out", at("data.png"))
	refused(t, exitUsage, []string{"--flip belongs to images, and waves:60 is fields"}, "train", "waves:60", "--flip", "--run", at("no"))
	refused(t, exitUsage, []string{"one is fields, the other points"}, "train", "waves:60", "points:moons", "--run", at("no"))
	refused(t, exitUsage, []string{"--csv is for points", "draws fields"}, "sample", run, "--csv", at("s.csv"))
}

// Fields of any number of channels are read from an array.
func TestFieldsOfArray(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	x := make([]float64, 40*8*8*5)
	random.Stream{Seed: 6, Domain: 128}.Normal(x)
	if err := checkpoint.WriteNPZ(nil, at("f.npz"), checkpoint.NamedTensor{Key: "arr_0", Tensor: checkpoint.FromF64s(x, 40, 8, 8, 5)}); err != nil {
		t.Fatal(err)
	}
	name := "fields:" + at("f.npz")
	r := ok(t, "train", name, "--channels", "8,16", "--batch", "8", "--val", "0.3", "--steps", "3", "--sample-every", "0", "--timesteps", "20", "--run", at("run"))
	if !strings.Contains(r.err, "fields of 8x8x5 for training") {
		t.Errorf("stderr: %s", r.err)
	}
	ok(t, "sample", at("run"), "-n", "4", "--steps", "2", "--out", at("s.png"), "--npz", at("s.npz"))
	ok(t, "eval", at("s.npz"), name, "--metrics", "mmd")
	ok(t, "train", "--resume", at("run"), "--steps", "4")
	if r := ok(t, "data", name, "--out", at("data.png")); !strings.Contains(r.out, "column 5") && !strings.Contains(r.out, "\n5 ") {
		t.Errorf("data: %s", r.out)
	}
}
