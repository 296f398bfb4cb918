package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
)

// affine is a network that a few lines of Go can differentiate: per channel
//
//	out = w x + b cond
//
// with a running mean of x, moved by a tenth, and a count of batches, as
// BatchNorm keeps them.
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

// step is one step, as the papers have it; it returns each image's loss and
// the norm of the gradient.
func (r *reference) step(l lesson, kind string, c *config.Run, n int, lr float64) (losses [testN]float64, norm float64) {
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
		b1, b2 := c.AdamBetas[0], c.AdamBetas[1]
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

// Five steps of the compiled update are those of the reference: losses per
// image, the gradient's norm, Adam's moments, weights, running statistics, and
// the average of weights and statistics alike. 1e-5 is a hundred roundings of
// float32.
func TestUpdate(t *testing.T) {
	e := testEngine(t)
	for kind := range norms {
		for _, clip := range []float64{0, 0.05} {
			c := &config.Run{LR: 0.1, AdamBetas: [2]float64{0.9, 0.99}, EMA: 0.3, ClipNorm: clip}
			m := newAffine()
			f := newUpdate(e, m, &denoise{net: m, norm: kind}, c)
			s, err := initState(e, m, 1, true)
			if err != nil {
				t.Fatal(err)
			}
			ref := new(reference)
			for n := range 5 {
				l := newLesson(uint64(n))
				in := append(hyper(e, c, n, c.LR), l.tensors(e)...)
				out, err := f.Update(s.tensors, in...)
				if err != nil {
					t.Fatal(err)
				}
				losses, norm := ref.step(l, kind, c, n, c.LR)
				same(t, "losses", floats(out[1]), losses[:])
				same(t, "norm", floats(out[0]), []float64{norm})
			}
			weights, avg, avgSq, ema := parts(s, s.tensors)
			join := func(t []*tensors.Tensor) []float64 { return append(floats(t[0]), floats(t[1])...) }
			same(t, "weights", join(weights), ref.p[:])
			same(t, "first moments", join(avg), ref.m[:])
			same(t, "second moments", join(avgSq), ref.v[:])
			same(t, "average", join(ema), ref.ema[:])
			same(t, "running mean", floats(weights[2]), ref.mean[:])
			same(t, "average of the running mean", floats(ema[2]), ref.emaMean[:])
			if a, b := tensors.ToScalar[int64](weights[3]), tensors.ToScalar[int64](ema[3]); a != 5 || b != 5 {
				t.Errorf("counts %d and %d, want 5", a, b)
			}
			if len(avg) != 2 { // no moments of buffers
				t.Errorf("%d moments", len(avg))
			}
			f.Free()
		}
	}
}

// tensors are the lesson's inputs in the order that the graphs take them.
func (l lesson) tensors(e *engine.Engine) []*tensors.Tensor {
	image := func(v []float64) *tensors.Tensor {
		return engine.Fill(e, func(flat []float32) {
			for i, x := range v {
				flat[i] = float32(x)
			}
		}, testN, 3, 2, 2)
	}
	return []*tensors.Tensor{image(l.x), vector(e, l.cond), image(l.target), vector(e, l.weight)}
}

func floats(t *tensors.Tensor) []float64 {
	flat := tensors.MustCopyFlatData[float32](t)
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

// The losses of images with a weight each, differences on both sides of
// Huber's bend included, against their definitions.
func TestLossPerImage(t *testing.T) {
	e := testEngine(t)
	l := newLesson(9)
	for kind, norm := range norms {
		f := e.Func("loss", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			return []*graph.Node{lossPerImage(kind, in[0], in[1], in[2])}
		})
		in := l.tensors(e)
		out, err := f.Call1(in[0], in[2], in[3])
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float64, testN)
		for k, x := range l.x {
			v, _ := norm(x - l.target[k])
			want[k/(testPixels*2)] += l.weight[k/(testPixels*2)] * v / (testPixels * 2)
		}
		same(t, kind, floats(out), want)
	}
}
