package examine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/app/anomaly/images"
	"github.com/reverie-go/reverie/app/anomaly/score"
	"github.com/reverie-go/reverie/app/anomaly/tile"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

func (p pictures) Len() int              { return len(p) }
func (p pictures) Size(i int) (h, w int) { return p[i].h, p[i].w }

func (p pictures) Read(_ context.Context, i, h, w int) ([]float32, error) {
	wide := make([]float64, len(p[i].x))
	for k, v := range p[i].x {
		wide[k] = float64(v)
	}
	return score.Rounded(tile.Resize(wide, p[i].h, p[i].w, 3, h, w)), nil
}

func row(t *testing.T, name string) table.Row {
	t.Helper()
	r, err := anomaly.Methods.New(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// examined is what an examiner finds in each image.
func examined(t *testing.T, m *model.Model, method string, o Options, of Images) []Finding {
	t.Helper()
	e, err := New(m, row(t, method), o)
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	return found(t, method, e, of)
}

// found is what a finder finds in each image.
func found(t *testing.T, what string, by Finder, of Images) (all []Finding) {
	t.Helper()
	err := by.Each(t.Context(), of, func(i int, f Finding) error {
		if i != len(all) {
			t.Errorf("%s: image %d came in place %d", what, i, len(all))
		}
		all = append(all, f)
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if len(all) != of.Len() {
		t.Fatalf("%s: %d of %d images", what, len(all), of.Len())
	}
	return all
}

// near reports numbers that differ by more than float32 explains.
func near[T float32 | float64](t *testing.T, what string, got, want []T, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= tol) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// expected is what a method finds on numbers of Go, by the law itself.
func expected(t *testing.T, p reverie.Process, method string, decode, encode reverie.Denoiser[batch], solver sample.Solver[batch], all pictures) (maps [][]float64, healed [][]float32) {
	t.Helper()
	of, err := anomaly.For[batch](row(t, method))
	if err != nil {
		t.Fatal(err)
	}
	grid, err := sample.Grid(sample.HabitsOf(solver, p).Spacing, p, 10)
	if err != nil {
		t.Fatal(err)
	}
	return joined(t, all, func(first int, tiles batch) (maps, healed batch) {
		space := &reverie.Host[float64]{Stream: random.Stream{Seed: 3, Domain: random.Sampling}.Plus(first)}
		found, err := of.Find(t.Context(), anomaly.Setup[batch]{
			Run: &sample.Run[batch]{Space: space, Process: p, Denoiser: decode}, Encoder: encode,
			Solver: solver, Grid: grid, Shape: edit.Shape{H: side, W: side, C: 3},
		}, tiles)
		if err != nil {
			t.Fatal(err)
		}
		return found.Map, found.Healed
	})
}

// joined is what is made of tiles, which are cut and joined one image after another.
func joined(t *testing.T, all pictures, of func(first int, tiles batch) (maps, healed batch)) (maps [][]float64, healed [][]float32) {
	t.Helper()
	const size = side * side * 3
	first := 0
	for i := range all {
		plan, err := tile.New(all[i].h, all[i].w, side, side, tile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		x, err := all.Read(t.Context(), i, plan.WorkH, plan.WorkW)
		if err != nil {
			t.Fatal(err)
		}
		var tiles batch
		for one := range slices.Chunk(plan.Cut(x, 3), size) {
			tiles = append(tiles, make([]float64, size))
			for k, v := range one {
				tiles[len(tiles)-1][k] = float64(v)
			}
		}
		far, better := of(first, tiles)
		channels := plan.Join(slices.Concat(far...), 3)
		mean := make([]float64, len(channels)/3)
		for k := range mean {
			mean[k] = (channels[3*k] + channels[3*k+1] + channels[3*k+2]) / 3
		}
		maps, healed = append(maps, medians(mean, all[i].h, all[i].w, 5)), append(healed, score.Rounded(plan.Join(slices.Concat(better...), 3)))
		first += plan.Tiles()
	}
	return maps, healed
}

// sizes are images of the model's size, larger, smaller and both.
func sizes() pictures { return drawn([2]int{8, 8}, [2]int{12, 20}, [2]int{5, 7}, [2]int{6, 11}) }

// TestAsKnown: by a network that knows the law, every method finds in every image what it finds on
// numbers of Go by the law itself, whatever the batch.
func TestAsKnown(t *testing.T) {
	m := knownModel(t, false)
	law := m.Net.(known)
	all := sizes()
	for _, method := range anomaly.Methods.Names() {
		if method == "translate" {
			continue // it is TestTranslates'
		}
		solver := &sample.DDIM[batch]{Eta: 1}
		d := law.exact(classMeans[2])
		maps, healed := expected(t, m.Process, method, d, d, solver, all)
		for _, size := range []int{1, 3, 16} {
			found := examined(t, m, method, Options{Walk: model.Options{Seed: 3, Batch: size, Steps: 10, Clamp: "none"}, Summing: Summing{Share: 0.1}}, all)
			for i, f := range found {
				near(t, method+": map", f.Map, maps[i], 1e-4)
				near(t, method+": healed", f.Healed, healed[i], 1e-4)
				largest, err := score.TopMean(score.Rounded(maps[i]), 0.1)
				if err != nil {
					t.Fatal(err)
				}
				near(t, method+": score", []float64{f.Score}, []float64{largest}, 1e-4)
				if len(f.Levels) == 0 {
					t.Errorf("%s: no levels", method)
				}
			}
		}
	}
}

// TestTranslates: decoded is as of the healthy class, guided or not, and encoded as of none or of
// the class that is said.
func TestTranslates(t *testing.T) {
	m := knownModel(t, true)
	law := m.Net.(known)
	all := sizes()
	sick, well, none := classMeans[0], classMeans[1], classMeans[2]
	gamma := func(g float64) []model.Guide {
		return []model.Guide{&guide.ClassifierFreeGuide[X]{Strength: guide.Strength{Guidance: g}}}
	}
	for name, c := range map[string]struct {
		o              Options
		decode, encode float64
	}{
		"from none":   {Options{Healthy: "well"}, well, none},
		"from sick":   {Options{Healthy: "well", From: "sick"}, well, sick},
		"to sick":     {Options{Healthy: "sick"}, sick, none},
		"guided":      {Options{Healthy: "well", Walk: model.Options{Guides: gamma(2)}}, none + 2*(well-none), none},
		"guided away": {Options{Healthy: "well", From: "sick", Walk: model.Options{Guides: gamma(1.5)}}, none + 1.5*(well-none), sick},
		"to none":     {Options{Healthy: "null", From: "sick"}, none, sick},
	} {
		maps, healed := expected(t, m.Process, "translate", law.exact(c.decode), law.exact(c.encode), &sample.DDIM[batch]{}, all)
		for _, size := range []int{2, 16} {
			c.o.Walk.Seed, c.o.Walk.Batch, c.o.Walk.Steps, c.o.Walk.Clamp = 3, size, 10, "none"
			for i, f := range examined(t, m, "translate", c.o, all) {
				near(t, name+": map", f.Map, maps[i], 1e-4)
				near(t, name+": healed", f.Healed, healed[i], 1e-4)
			}
		}
	}
}

// TestRefused: what does not do is refused before an image is read.
func TestRefused(t *testing.T) {
	plain, classed := knownModel(t, false), knownModel(t, true)
	alone := knownModel(t, true)
	alone.Null = false
	points := knownModel(t, false)
	points.Kind = kind.OfPoints(2)
	sizeless := knownModel(t, false)
	sizeless.Kind = kind.OfImages(0, 0, 3)
	latent := &model.Model{Kind: kind.OfImages(side, side, 3), VAE: new(model.Autoencoder)}
	recon, translate := row(t, "recon"), row(t, "translate")
	for _, c := range []struct {
		want   string
		m      *model.Model
		method table.Row
		o      Options
	}{
		{"images are examined, and the model is of", points, recon, Options{}},
		{model.ErrLatent.Error(), latent, recon, Options{}},
		{"give the height and width", sizeless, recon, Options{}},
		{"share 2 of a map", plain, recon, Options{Summing: Summing{Share: 2}}},
		{"expected an odd number from 1 to 31", plain, recon, Options{Summing: Summing{Median: 4}}},
		{"expected an odd number from 1 to 31", plain, recon, Options{Summing: Summing{Median: 33}}},
		{"share NaN of a map", plain, recon, Options{Summing: Summing{Share: math.NaN()}}},
		{"--repeat -1 is outside", plain, &anomaly.Recon[X]{Repeat: -1}, Options{}},
		{"maps other batches", plain, table.Info{Name: "none"}, Options{}},
		{"which class is healthy is not said, of sick, well; give one, or null", classed, recon, Options{}},
		{`healthy ill: no class "ill"`, classed, recon, Options{Healthy: "ill"}},
		{"healthy all: 2 classes", classed, recon, Options{Healthy: "all"}},
		{"healthy well: the model was trained without classes", plain, recon, Options{Healthy: "well"}},
		{"from sick: the model was trained without classes", plain, translate, Options{From: "sick"}},
		{"recon does not encode", classed, recon, Options{Healthy: "well", From: "sick"}},
		{"translate does not encode", classed, &anomaly.Translate[X]{Encode: "noise"}, Options{Healthy: "well", From: "sick"}},
		{"nothing would change", plain, translate, Options{}},
		{"nothing would change", classed, translate, Options{Healthy: "null"}},
		{"nothing would change", classed, translate, Options{Healthy: "well", From: "well"}},
		{model.ErrNoNull.Error() + "; give the class under which", alone, translate, Options{Healthy: "well"}},
		{model.ErrNoNull.Error(), alone, recon, Options{Healthy: "null"}},
		{"in batches of -1", plain, recon, Options{Walk: model.Options{Batch: -1}}},
		{"clamp", plain, recon, Options{Walk: model.Options{Clamp: "all"}}},
	} {
		if _, err := New(c.m, c.method, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	empty := knownModel(t, true)
	empty.Kind = empty.Kind.Labelled([]kind.Class{{Name: "sick", Samples: 1}, {Name: "well"}})
	if _, err := New(empty, recon, Options{Healthy: "well"}); err == nil || !strings.Contains(err.Error(), "healthy well: no image of the training was of this class") {
		t.Errorf("an empty healthy class: %v", err)
	}
	if _, err := New(alone, translate, Options{Healthy: "well", From: "sick"}); err != nil {
		t.Errorf("without a null class, from a class: %v", err)
	}
}

// TestOfFiles: a folder of images is examined, each at its own size, in as many tiles as are told.
func TestOfFiles(t *testing.T) {
	dir, all := t.TempDir(), sizes()
	for i, p := range all {
		if err := picture.Write(filepath.Join(dir, fmt.Sprintf("%d.png", i)), picture.FromFloat(p.x, p.h, p.w, 3)); err != nil {
			t.Fatal(err)
		}
	}
	set, err := images.Open(t.Context(), []string{dir}, images.Options{Channels: 3})
	if err != nil {
		t.Fatal(err)
	}
	hooked := 0
	o := Options{Walk: model.Options{Batch: 4, Steps: 5, Hook: func(first int, s model.State) error { hooked = max(hooked, first); return nil }}}
	e, err := New(knownModel(t, false), row(t, "recon"), o)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := e.Tiles(set); err != nil || n != 1+2*3+1+2 {
		t.Errorf("%d tiles, %v", n, err)
	}
	if w := e.Walk(); w.Steps != 5 || sample.Name(w.Solver) != "ddim" || w.Clamp != "x0" {
		t.Errorf("the walk: %d steps of %s, clamp %s", w.Steps, sample.Name(w.Solver), w.Clamp)
	}
	for i, f := range examined(t, e.m, "recon", o, set) {
		if len(f.Map) != all[i].h*all[i].w || len(f.Healed) != 3*len(f.Map) || slices.Max(f.Map) == 0 {
			t.Errorf("image %d: %d numbers, %d healed", i, len(f.Map), len(f.Healed))
		}
	}
	if hooked != 8 {
		t.Errorf("the last batch begins with tile %d, want 8", hooked)
	}
}

// TestStops: errors of the reader, of f, of a hook, and a cancelled context end an examination.
func TestStops(t *testing.T) {
	m := knownModel(t, false)
	stop := errors.New("stop")
	o := Options{Walk: model.Options{Steps: 5, Hook: func(int, model.State) error { return stop }}}
	e, err := New(m, row(t, "recon"), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Each(t.Context(), sizes(), nil); !errors.Is(err, stop) {
		t.Errorf("the hook: %v", err)
	}
	o.Walk.Hook = nil
	if e, err = New(m, row(t, "recon"), o); err != nil {
		t.Fatal(err)
	}
	if err := e.Each(t.Context(), sizes(), func(int, Finding) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("f: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Each(ctx, sizes(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := e.Each(t.Context(), drawn(), nil); err != nil {
		t.Errorf("no images: %v", err)
	}
	if err := e.Each(t.Context(), grey{sizes()}, nil); err == nil || !strings.Contains(err.Error(), "image 0 was read as 64 numbers: expected 192, of 8x8x3") {
		t.Errorf("images of other channels: %v", err)
	}
	if err := e.Each(t.Context(), drawn([2]int{0, 4}), nil); err == nil || !strings.Contains(err.Error(), "sides of at least 1") {
		t.Errorf("an empty image: %v", err)
	}
}

// grey are pictures of which one channel is read.
type grey struct{ pictures }

func (g grey) Read(ctx context.Context, i, h, w int) ([]float32, error) {
	x, err := g.pictures.Read(ctx, i, h, w)
	return x[:len(x)/3], err
}
