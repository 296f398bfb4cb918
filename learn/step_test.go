package learn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// affine is a network that a few lines of Go can differentiate: per channel
//
//	out = w x + b cond
//
// with a running mean of x, moved by a tenth, and a count of batches, as BatchNorm keeps them.
type affine struct{ w, b, mean, count *net.Param }

func newAffine() affine {
	return affine{
		&net.Param{Name: "w", Shape: []int{2}}, &net.Param{Name: "b", Shape: []int{2}},
		&net.Param{Name: "mean", Shape: []int{2}, Buffer: true},
		&net.Param{Name: "count", Shape: []int{}, Buffer: true, DType: dtypes.Int64},
	}
}

func (a affine) Arch() string            { return "affine" }
func (a affine) Config() any             { return nil }
func (a affine) Params() []*net.Param    { return []*net.Param{a.w, a.b, a.mean, a.count} }
func (a affine) Channels() (in, out int) { return 2, 2 }
func (a affine) Check(h, w int) error    { return nil }
func (a affine) Takes() net.Parts        { return net.Cond }
func (a affine) Forward(v *net.Vars, in net.Input) *graph.Node {
	x, cond := in.X, in.Cond
	row := func(p *net.Param) *graph.Node { return graph.Reshape(v.Get(p), 1, 1, 1, 2) }
	if v.Mode() == net.Train {
		mean := graph.ReduceMean(x, 0, 1, 2)
		v.Set(a.mean, graph.Add(graph.MulScalar(v.Get(a.mean), 0.9), graph.MulScalar(mean, 0.1)))
		v.Set(a.count, graph.OnePlus(v.Get(a.count)))
	}
	return graph.Add(graph.Mul(x, row(a.w)), graph.Mul(graph.Reshape(cond, -1, 1, 1, 1), row(a.b)))
}

// The shapes of this test's batch: n images of 3x2 with 2 channels.
const testN, testPixels = 4, 6

// A lesson is the inputs of one step.
type lesson struct{ x, target, cond, weight []float64 }

func newLesson(seed uint64) lesson {
	rng := rand.New(rand.NewPCG(seed, 0))
	draw := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = float64(float32(rng.NormFloat64()))
		}
		return v
	}
	l := lesson{x: draw(testN * testPixels * 2), target: draw(testN * testPixels * 2), cond: draw(testN), weight: draw(testN)}
	for i := range l.weight {
		l.weight[i] = math.Abs(l.weight[i]) + 0.5
	}
	return l
}

// norms are the losses of a difference and their derivatives, from their definitions.
var norms = map[string]func(d float64) (loss, slope float64){
	"mse": func(d float64) (float64, float64) { return d * d, 2 * d },
	"l1":  func(d float64) (float64, float64) { return math.Abs(d), math.Copysign(1, d) },
	"huber": func(d float64) (float64, float64) {
		if math.Abs(d) <= 1 {
			return d * d / 2, d
		}
		return math.Abs(d) - 0.5, math.Copysign(1, d)
	},
}

// A reference is the training of affine in float64 slices.
type reference struct {
	p, m, v, ema  [4]float64 // w0 w1 b0 b1
	mean, emaMean [2]float64
}

// step is one step, as the papers have it; it returns each image's loss and the norm of the
// gradient.
func (r *reference) step(l lesson, kind string, c Options, n int, lr float64) (losses [testN]float64, norm float64) {
	var g [4]float64
	var batch [2]float64
	for i := range testN {
		for j := range testPixels * 2 {
			k, ch := i*testPixels*2+j, j%2
			loss, slope := norms[kind](r.p[ch]*l.x[k] + r.p[2+ch]*l.cond[i] - l.target[k])
			losses[i] += l.weight[i] * loss / (testPixels * 2)
			slope *= l.weight[i] / (testPixels * 2) / testN
			g[ch] += slope * l.x[k]
			g[2+ch] += slope * l.cond[i]
			batch[ch] += l.x[k] / (testN * testPixels)
		}
	}
	for _, x := range g {
		norm += x * x
	}
	norm = math.Sqrt(norm)
	decay := math.Min(c.EMA, float64(1+n)/float64(10+n))
	for i := range g {
		if c.ClipNorm > 0 {
			g[i] *= math.Min(1, c.ClipNorm/(norm+1e-6))
		}
		adam := c.Optimiser.(Adam)
		b1, b2 := adam.Beta1, adam.Beta2
		r.m[i] = b1*r.m[i] + (1-b1)*g[i]
		r.v[i] = b2*r.v[i] + (1-b2)*g[i]*g[i]
		mhat, vhat := r.m[i]/(1-math.Pow(b1, float64(n+1))), r.v[i]/(1-math.Pow(b2, float64(n+1)))
		r.p[i] -= lr * mhat / (math.Sqrt(vhat) + 1e-8)
		r.ema[i] = decay*r.ema[i] + (1-decay)*r.p[i]
	}
	for ch := range batch {
		r.mean[ch] = 0.9*r.mean[ch] + 0.1*batch[ch]
		r.emaMean[ch] = decay*r.emaMean[ch] + (1-decay)*r.mean[ch]
	}
	return losses, norm
}

// regression is the method of a test: the network's error on a lesson.
type regression struct {
	e    *engine.Engine
	m    net.Model
	of   Loss
	next func(at Place) lesson
}

func (r *regression) Inputs(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	return r.next(at).tensors(r.e, int(at.Times.Sample), b.N), nil, nil
}

func (r *regression) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	loss := Each(r.of, r.m.Forward(v, net.Input{X: in[0], Cond: in[1]}), in[2], in[3])
	return loss, []*graph.Node{graph.MulScalar(loss, 2)}
}

func (r *regression) Parts() []string { return []string{"twice"} }

// lessons are those of the steps, by their numbers.
func lessons(at Place) lesson { return newLesson(uint64(at.Step)) }

// testOptions are a step's with all that it can have.
func testOptions(clip float64) Options {
	return Options{Optimiser: Adam{Beta1: 0.9, Beta2: 0.99}, EMA: 0.3, ClipNorm: clip, Seed: 1}
}

const testRate = 0.1

// Five steps are those of the reference: losses per sample, the gradient's norm, Adam's moments,
// weights, running statistics, and the average of weights and statistics alike. 1e-5 is a hundred
// roundings of float32.
func TestStep(t *testing.T) {
	e := openEngine(t)
	for _, kind := range Losses.Rows() {
		for _, clip := range []float64{0, 0.05} {
			m := newAffine()
			l := New(e, m, &regression{e, m, kind, lessons}, testOptions(clip))
			if err := l.Draw(); err != nil {
				t.Fatal(err)
			}
			ref := new(reference)
			for n := range 5 {
				o, err := l.Step(&data.Batch{N: testN}, testRate)
				if err != nil {
					t.Fatal(err)
				}
				losses, norm := ref.step(newLesson(uint64(n)), kind.Row().Name, l.Options, n, testRate)
				same(t, "losses", wide(o.Losses), losses[:])
				same(t, "norm", []float64{o.Norm}, []float64{norm})
				if p := o.Part(0); math.Abs(p-2*o.Loss()) > 1e-6*p {
					t.Errorf("part %v of loss %v", p, o.Loss())
				}
			}
			join := func(t []*tensors.Tensor) []float64 { return append(floats(t[0]), floats(t[1])...) }
			weights, moments, average := l.State.Weights(), l.State.Moments(), l.State.Average()
			same(t, "weights", join(weights), ref.p[:])
			same(t, "first moments", join(moments[0]), ref.m[:])
			same(t, "second moments", join(moments[1]), ref.v[:])
			same(t, "average", join(average), ref.ema[:])
			same(t, "running mean", floats(weights[2]), ref.mean[:])
			same(t, "average of the running mean", floats(average[2]), ref.emaMean[:])
			if a, b := tensors.ToScalar[int64](weights[3]), tensors.ToScalar[int64](average[3]); a != 5 || b != 5 {
				t.Errorf("counts %d and %d, want 5", a, b)
			}
			if len(moments[0]) != 2 { // none of buffers
				t.Errorf("%d moments", len(moments[0]))
			}
			l.Close()
		}
	}
}

// A step in two halves, of a whole batch or of a batch in parts of one and of three samples, leaves
// the state that one whole step does.
func TestSplitStepIsTheFusedOne(t *testing.T) {
	e := openEngine(t)
	for _, o := range []Options{testOptions(0.05), {Optimiser: Momentum{Beta: 0.9, Decay: 0.01}, Seed: 1}} {
		for _, cut := range [][]int{{testN}, {1, 3}} {
			m := newAffine()
			how := &regression{e, m, Huber{}, lessons}
			whole, split := New(e, m, how, o), New(e, m, how, o)
			for _, l := range []*Learner{whole, split} {
				if err := l.Draw(); err != nil {
					t.Fatal(err)
				}
			}
			for range 5 {
				want, err := whole.Step(&data.Batch{N: testN}, testRate)
				if err != nil {
					t.Fatal(err)
				}
				sum, first := (*Gradients)(nil), 0
				for _, n := range cut {
					g, err := split.Gradients(&data.Batch{N: n}, first)
					if err != nil {
						t.Fatal(err)
					}
					if first += n; sum == nil {
						sum = g
						continue
					}
					split.Add(sum, g)
					g.Free()
				}
				if err := split.Apply(sum, testRate); err != nil {
					t.Fatal(err)
				}
				same(t, "losses", wide(sum.Losses), wide(want.Losses))
				same(t, "norm", []float64{sum.Norm}, []float64{want.Norm})
				if len(sum.Parts[0]) != testN {
					t.Errorf("%d samples have a part", len(sum.Parts[0]))
				}
				sum.Free()
			}
			if whole.Steps != 5 || split.Steps != 5 {
				t.Errorf("%d and %d steps", whole.Steps, split.Steps)
			}
			for i, x := range whole.State.tensors {
				if x.DType().IsFloat() {
					same(t, fmt.Sprintf("tensor %d in %d parts", i, len(cut)), floats(split.State.tensors[i]), floats(x))
				} else if a, b := tensors.ToScalar[int64](x), tensors.ToScalar[int64](split.State.tensors[i]); a != b {
					t.Errorf("counts %d and %d", a, b)
				}
			}
			whole.Close()
			split.Close()
		}
	}
}

// watchful looks at its losses, and remembers how many it saw.
type watchful struct {
	regression
	seen int
}

func (w *watchful) Adapt(losses []float32, _ []float64) { w.seen += len(losses) }

// A method that looks at its losses sees those of every step once, split or not, and none of an
// evaluation, which leaves the state as it is.
func TestAdaptiveMethodSeesEachLossOnce(t *testing.T) {
	e, m := openEngine(t), newAffine()
	how := &watchful{regression: regression{e, m, MSE{}, lessons}}
	l := New(e, m, how, testOptions(0))
	defer l.Close()
	if err := l.Draw(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Step(&data.Batch{N: testN}, testRate); err != nil {
		t.Fatal(err)
	}
	g, err := l.Gradients(&data.Batch{N: testN}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Free()
	if how.seen != testN {
		t.Errorf("%d losses before the gradients are applied", how.seen)
	}
	if err := l.Apply(g, testRate); err != nil {
		t.Fatal(err)
	}
	before := floats(l.State.Weights()[0])
	o, err := l.Losses(&data.Batch{N: testN}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if how.seen != 2*testN || len(o.Losses) != testN || l.Steps != 2 {
		t.Errorf("%d losses seen of %d steps", how.seen, l.Steps)
	}
	same(t, "weights", floats(l.State.Weights()[0]), before)
}

// Momentum is PyTorch's SGD with nesterov=True, of which the first steps are, for w = 1, a gradient
// of w and lr 0.1,
//
//	d = 1.1 w;  u = d | 0.9 u + d;  w <- w - 0.1 (d + 0.9 u)
func TestMomentum(t *testing.T) {
	e, o := openEngine(t), Momentum{Beta: 0.9, Decay: 0.1}
	f := e.Func("momentum", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		w, u := o.Update(in[0], in[0], in[1:2], in[2:])
		return append([]*graph.Node{w}, u...)
	})
	state := []*tensors.Tensor{engine.Scalar(e, 1.0), engine.Scalar(e, 0.0)}
	w, u := 1.0, 0.0
	for n := range 4 {
		out, err := f.Call(append(state, engine.Scalar(e, o.Factors(0.1, n+1)[0]))...)
		if err != nil {
			t.Fatal(err)
		}
		state = out
		d := 1.1 * w
		u = 0.9*u + d
		w -= 0.1 * (d + 0.9*u)
		if a, b := tensors.ToScalar[float64](state[0]), tensors.ToScalar[float64](state[1]); math.Abs(a-w) > 1e-14 || math.Abs(b-u) > 1e-14 {
			t.Errorf("step %d: w %v, u %v, want %v and %v", n, a, b, w, u)
		}
	}
}

// tensors are the inputs of n samples from first, in the order that the graphs take them.
func (l lesson) tensors(e *engine.Engine, first, n int) []*tensors.Tensor {
	image := func(v []float64) *tensors.Tensor {
		return engine.Fill(e, func(flat []float32) {
			for i := range flat {
				flat[i] = float32(v[first*testPixels*2+i])
			}
		}, n, 3, 2, 2)
	}
	return []*tensors.Tensor{image(l.x), engine.Vector(e, l.cond[first:first+n]), image(l.target), engine.Vector(e, l.weight[first:first+n])}
}

func floats(t *tensors.Tensor) []float64 { return wide(tensors.MustCopyFlatData[float32](t)) }

func wide(flat []float32) []float64 {
	v := make([]float64, len(flat))
	for i, x := range flat {
		v[i] = float64(x)
	}
	return v
}

// same compares in the 2-norm, relative to want.
func same(t *testing.T, what string, got, want []float64) {
	t.Helper()
	var d, n float64
	for i := range want {
		d += (got[i] - want[i]) * (got[i] - want[i])
		n += want[i] * want[i]
	}
	if !(math.Sqrt(d) <= 1e-5*math.Sqrt(n)) || n == 0 || len(got) != len(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// The losses of images with a weight each, differences on both sides of Huber's bend included,
// against their definitions.
func TestLossOfEachSample(t *testing.T) {
	e := openEngine(t)
	l := newLesson(9)
	for _, kind := range Losses.Rows() {
		f := e.Func("loss", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			return []*graph.Node{Each(kind, in[0], in[1], in[2])}
		})
		in := l.tensors(e, 0, testN)
		out, err := f.Call1(in[0], in[2], in[3])
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float64, testN)
		for k, x := range l.x {
			v, _ := norms[kind.Row().Name](x - l.target[k])
			want[k/(testPixels*2)] += l.weight[k/(testPixels*2)] * v / (testPixels * 2)
		}
		same(t, kind.Row().Name, floats(out), want)
	}
}
