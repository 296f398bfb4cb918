package model

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/random"
)

// conditional is a small model of points of three classes, of which there were 1, 0 and 3, and
// plain is the model without classes whose last bias of the time has a class's row added: the same
// function where the class is that one.
func conditional(t *testing.T, e *engine.Engine) (m *Model, plain func(class int) *Model) {
	t.Helper()
	config := mlp.Config{Dim: 2, Width: 16, Depth: 1, Embed: 8, NumClassEmbeds: 4}
	build := func(c mlp.Config, weights []*tensors.Tensor) *Model {
		n, err := mlp.New(c)
		if err != nil {
			t.Fatal(err)
		}
		if weights == nil {
			weights = net.Initial(n, 5, dtypes.Float32)
		}
		m := New(e, n, reverie.VP{}, reverie.V, weights)
		t.Cleanup(m.Close)
		return m
	}
	m = build(config, nil)
	m.Kind, m.Null = m.Kind.Labelled([]kind.Class{{Name: "a", Samples: 1}, {Name: "b"}, {Name: "c", Samples: 3}}), true
	return m, func(class int) *Model {
		if class == reverie.NullClass {
			class = 3
		}
		config.NumClassEmbeds = 0
		var own []*tensors.Tensor
		var rows []float32
		for i, p := range m.Net.Params() {
			if p.Name == "class_embedding.weight" {
				rows = flat(m.Weights[i])
				continue
			}
			own = append(own, m.Weights[i])
		}
		plain := build(config, own)
		for i, p := range plain.Net.Params() {
			if p.Name == "time_mlp.2.bias" {
				bias := flat(own[i])
				for j := range bias {
					bias[j] += rows[class*len(bias)+j]
				}
				own[i] = engine.New(e, bias, len(bias))
			}
		}
		return plain
	}
}

// TestSampleOfClass: a sample of a class is that of the model which knows this class alone, in a
// batch of several classes too, by solvers with products and without, transferred to another
// process or not, and without a class that of the null class.
func TestSampleOfClass(t *testing.T) {
	e := openEngine(t, "")
	m, plain := conditional(t, e)
	class := []int{2, reverie.NullClass, 0, 2}
	for name, o := range map[string]Options{
		"own":        {Solver: named("dpm++2m")},
		"transfer":   {Solver: named("heun"), Process: reverie.EDM{}},
		"stochastic": {Solver: named("ddpm")},
	} {
		o.N, o.Steps, o.Clamp, o.Seed, o.Class = len(class), 5, "none", 3, class
		got, err := m.Sample(t.Context(), o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, k := range class {
			o.Class = nil
			want, err := plain(k).Sample(t.Context(), o)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for j := range 2 {
				if g, w := float64(got[2*i+j]), float64(want[2*i+j]); !(math.Abs(g-w) <= 1e-4*max(1, math.Abs(w))) {
					t.Errorf("%s: number %d of sample %d of class %d is %v, want %v", name, j, i, k, g, w)
				}
			}
		}
	}
}

// TestClassProducts: value and vector-Jacobian product of a class are those of the model that knows
// this class alone, in float64, and without a class of the null class.
func TestClassProducts(t *testing.T) {
	e := openEngine(t, "")
	m, plain := conditional(t, e)
	x := []float64{0.3, -0.8, 1.2, 0.1}
	ask := func(m *Model, class []int) (x0, vjp []float64) {
		space := engine.NewRecycler(e.Space(random.Stream{}))
		d := m.Denoiser(space, net.Eval)
		defer d.Close()
		q := reverie.Query[*tensors.Tensor]{X: engine.New(e, x, 2, 1, 1, 2), U: engine.New(e, []float64{1, 2, -1, 3}, 2, 1, 1, 2), T: 0.4, Want: reverie.WantVJP}
		if class != nil {
			q.Want, q.Class = q.Want|reverie.WantClass, class
		}
		got, err := d.Denoise(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return tensors.MustCopyFlatData[float64](got.X0), tensors.MustCopyFlatData[float64](got.VJP)
	}
	for _, class := range [][]int{{2, 0}, {1, reverie.NullClass}, nil} {
		x0, vjp := ask(m, class)
		for i := range 2 {
			k := reverie.NullClass
			if class != nil {
				k = class[i]
			}
			wantX0, wantVJP := ask(plain(k), nil)
			for j := 2 * i; j < 2*i+2; j++ {
				// the sum of two weights is rounded to float32 in the one and not in the other
				if !(math.Abs(x0[j]-wantX0[j]) <= 1e-6 && math.Abs(vjp[j]-wantVJP[j]) <= 1e-6) {
					t.Errorf("classes %v, sample %d: %v and %v, want %v and %v", class, i, x0[j], vjp[j], wantX0[j], wantVJP[j])
				}
			}
		}
	}
}

// TestClassOf: without a class asked for, classes come as often as in the training data, each of
// the image's number and seed alone.
func TestClassOf(t *testing.T) {
	m, _ := conditional(t, openEngine(t, ""))
	const n = 10000
	var counts [3]int
	for _, k := range m.Classes(Options{Seed: 1}, 0, n) {
		counts[k]++
	}
	if got := float64(counts[0]) / n; counts[1] != 0 || !(math.Abs(got-0.25) <= 5*math.Sqrt(0.25*0.75/n)) { // five standard errors
		t.Errorf("classes %v of %d, want a quarter, none and three quarters", counts, n)
	}
	if a, b := m.Classes(Options{Seed: 1}, 0, 50)[30:], m.Classes(Options{Seed: 1}, 30, 20); !slices.Equal(a, b) {
		t.Errorf("%v from number 30 on, and %v", a, b)
	}
	if slices.Equal(m.Classes(Options{Seed: 1}, 0, 50), m.Classes(Options{Seed: 2}, 0, 50)) {
		t.Error("another seed, the same classes")
	}
	m.Kind = m.Kind.Labelled([]kind.Class{{Name: "a"}, {Name: "b"}})
	counts = [3]int{}
	for _, k := range m.Classes(Options{}, 0, n) {
		counts[k]++
	}
	if got := float64(counts[0]) / n; !(math.Abs(got-0.5) <= 5*0.5/math.Sqrt(n)) {
		t.Errorf("%v of classes whose frequencies are not known", counts)
	}
}

// TestClassRefused: classes that a model has not, and no class of one that knows classes alone.
func TestClassRefused(t *testing.T) {
	e := openEngine(t, "")
	m, plain := conditional(t, e)
	o := Options{N: 3, Steps: 2, Clamp: "none"}
	for want, c := range map[string]struct {
		m     *Model
		class []int
	}{
		"trained without classes":         {plain(0), []int{0}},
		"class 3: expected 0 to 2, or -1": {m, []int{3}},
		"class -2: expected 0 to 2":       {m, []int{0, -2, 1}},
		"2 classes for 3 samples":         {m, []int{0, 1}},
	} {
		o.Class = c.class
		if _, err := c.m.Sample(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	m.Null = false
	o.Class = []int{reverie.NullClass}
	if _, err := m.Sample(t.Context(), o); !errors.Is(err, ErrNoNull) {
		t.Errorf("error %v", err)
	}
	d := m.Denoiser(engine.NewRecycler(e.Space(random.Stream{})), net.Eval)
	q := reverie.Query[*tensors.Tensor]{X: engine.New(e, make([]float32, 4), 2, 1, 1, 2), T: 0.4, Want: reverie.WantClass}
	for _, class := range [][]int{nil, {1, reverie.NullClass}} {
		q.Class = class
		if _, err := d.Denoise(t.Context(), q); !errors.Is(err, ErrNoNull) {
			t.Errorf("asked of classes %v: error %v", class, err)
		}
	}
	m.Kind.Classes = m.Kind.Classes[:2]
	if err := m.takeClasses(new(checkpoint.SchedulerExtra)); err == nil || !strings.Contains(err.Error(), "2 classes, and the network takes 4 numbers") {
		t.Errorf("files of too few classes: error %v", err)
	}
	for name, want := range map[string]string{"classidentity": "vectors of 10 numbers, and not the numbers of a list", "classtimestep": "any number, and not the numbers of a list"} {
		other, _ := toldByDiffusers(t, e, name)
		if _, err := other.ClassNumbers(Options{}, "0"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", name, err, want)
		}
	}
	if err := d.Knows(0); !errors.Is(err, ErrNoNull) {
		t.Errorf("error %v", err)
	}
	if err := d.Knows(reverie.WantClass); err != nil {
		t.Error(err)
	}
}

// toldByDiffusers is a model of one of the networks that diffusers was run with, and its numbers.
func toldByDiffusers(t *testing.T, e *engine.Engine, name string) (*Model, map[string]checkpoint.Tensor) {
	t.Helper()
	dir := filepath.Join("..", "net", "golden", "testdata", name)
	text, err := os.ReadFile(dir + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]json.RawMessage
	if err := json.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	delete(config, "state_dict")
	if text, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	n, err := net.New("unet", text)
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := checkpoint.ReadSafetensorsFile(dir + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]checkpoint.Tensor{}
	for key, a := range all {
		if key, ok := strings.CutPrefix(key, "weight/"); ok {
			own[key] = a
		}
	}
	w, err := net.Import(n.Params(), own, dtypes.Float32)
	if err != nil {
		t.Fatal(err)
	}
	p, err := reverie.NewDDPM(reverie.LinearBetas(1000, 1e-4, 0.02))
	if err != nil {
		t.Fatal(err)
	}
	m := New(e, n.(net.Model), p, reverie.Eps, w)
	t.Cleanup(m.Close)
	return m, all
}

// TestPredictClasses: what predict says of a class is what diffusers said, of each kind of class
// embedding, in batches; classes that the network does not take are refused.
func TestPredictClasses(t *testing.T) {
	e := openEngine(t, "")
	for name, bad := range map[string]struct {
		class checkpoint.Tensor
		want  string
	}{
		"class":         {checkpoint.FromI64s([]int64{0, 6, 1}, 3), "class[1] is 6; the model's are 0 to 5"},
		"classtimestep": {checkpoint.FromI64s([]int64{0, 6, 1}, 3), "the model takes classes by any number"},
		"classidentity": {checkpoint.FromI64s([]int64{0, 6, 1}, 3), "the model takes classes by vectors of 10 numbers"},
	} {
		m, all := toldByDiffusers(t, e, name)
		times, err := all["t"].F32s()
		if err != nil {
			t.Fatal(err)
		}
		whole := make([]int64, len(times))
		for i, v := range times {
			whole[i] = int64(v)
		}
		read := func(class checkpoint.Tensor) (Task, error) {
			path := filepath.Join(t.TempDir(), "in.npz")
			arrays := []checkpoint.NamedTensor{{Key: "x", Tensor: all["x"]}, {Key: "t", Tensor: checkpoint.FromI64s(whole, len(whole))}}
			if class.Shape != nil {
				arrays = append(arrays, checkpoint.NamedTensor{Key: "class", Tensor: class})
			}
			if err := checkpoint.WriteNPZ(nil, path, arrays...); err != nil {
				t.Fatal(err)
			}
			z, err := checkpoint.OpenNPZ(path)
			if err != nil {
				t.Fatal(err)
			}
			defer z.Close()
			return m.ReadTask(z, 2)
		}
		task, err := read(all["class"])
		if err != nil {
			t.Fatal(err)
		}
		out, err := m.Predict(t.Context(), task, 2)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := out.F32s()
		want, _ := all["eval"].F32s()
		for i := range want {
			if !(math.Abs(float64(got[i]-want[i])) <= 1e-4) {
				t.Fatalf("%s: number %d is %v, and diffusers says %v", name, i, got[i], want[i])
			}
		}
		for _, c := range []struct {
			class checkpoint.Tensor
			want  string
		}{{bad.class, bad.want}, {checkpoint.Tensor{}, `"class"`}, {checkpoint.FromI64s([]int64{0}, 1), "class"}} {
			if _, err := read(c.class); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %s", name, err, c.want)
			}
		}
	}
}

// TestGuidedSamples: gamma 0 draws what the null class is, 1 what the class is, and a model that
// guides itself away from itself draws what it is, whatever gamma; the null class that was not
// learned is refused, and a negative class in its place is not.
func TestGuidedSamples(t *testing.T) {
	e := openEngine(t, "")
	m, _ := conditional(t, e)
	o := Options{N: 3, Solver: named("dpm++2m"), Steps: 5, Clamp: "none", Seed: 3, Class: []int{2}}
	draw := func(class int, guides ...Guide) []float32 {
		o.Class, o.Guides = []int{class}, guides
		x, err := m.Sample(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	free := func(gamma float64, negative string) Guide {
		return &guide.ClassifierFreeGuide[*tensors.Tensor]{Negative: negative, Strength: guide.Strength{Guidance: gamma}}
	}
	near := func(what string, got, want []float32) {
		t.Helper()
		for i := range want {
			if d := math.Abs(float64(got[i] - want[i])); !(d <= 1e-4*max(1, math.Abs(float64(want[i])))) {
				t.Errorf("%s: number %d is %v, want %v", what, i, got[i], want[i])
			}
		}
	}
	near("gamma 0", draw(2, free(0, "")), draw(reverie.NullClass))
	near("gamma 1", draw(2, free(1, "")), draw(2))
	near("away from itself", draw(2, free(3, "c")), draw(2))
	if slices.Equal(draw(2, free(3, "")), draw(2)) {
		t.Error("gamma 3 is as gamma 1")
	}
	m.Null = false
	near("no null class", draw(2, free(2, "c")), draw(2))
	o.Guides = []Guide{free(2, "")}
	if _, err := m.Sample(t.Context(), o); !errors.Is(err, ErrNoNull) || strings.Contains(err.Error(), "solver") {
		t.Errorf("error %v", err)
	}
}
