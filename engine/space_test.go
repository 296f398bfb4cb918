package engine

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

var stream = random.Stream{Seed: 7, Domain: random.Sampling, Sample: 3, Step: 5}

// batch returns a tensor [n, 3, 5, 2] and the same numbers for reverie.Host.
func batch(e *Engine, n int, salt float64) (*tensors.Tensor, reverie.Batch[float32]) {
	b := reverie.NewBatch[float32](n, 30)
	for i := range b {
		for j := range b[i] {
			b[i][j] = float32(math.Sin(salt + 1.7*float64(i) + 0.3*float64(j)))
		}
	}
	return New(e, slices.Concat(b...), n, 3, 5, 2), b
}

// near compares with Host's result, to a few roundings of float32.
func near(t *testing.T, what string, x *tensors.Tensor, want reverie.Batch[float32], tol float64) {
	t.Helper()
	got, all := flat[float32](t, x), slices.Concat(want...)
	if len(got) != len(all) {
		t.Fatalf("%s has %d elements, want %d", what, len(got), len(all))
	}
	for i := range got {
		if d := math.Abs(float64(got[i] - all[i])); !(d <= tol) {
			t.Fatalf("%s[%d] = %v, want %v", what, i, got[i], all[i])
		}
	}
}

func TestSpaceIsHost(t *testing.T) {
	e := open(t)
	s, h := e.Space(stream), &reverie.Host[float32]{Stream: stream}
	x, xh := batch(e, 4, 0)
	y, yh := batch(e, 4, 1)
	z, zh := batch(e, 4, 2)
	const ulps = 4 * 0x1p-23
	c := []float64{0.3, -1.25, 2}
	near(t, "Sum", s.Sum(c, x, y, z), h.Sum(c, xh, yh, zh), ulps)
	each := [][]float64{{1, 2, 3, 4}, {0, -1, 0.5, 0.1}}
	near(t, "SumEach", s.SumEach(each, x, y), h.SumEach(each, xh, yh), 2*ulps)
	near(t, "Clamp", s.Clamp(x, -0.5, 0.25), h.Clamp(xh, -0.5, 0.25), 0)
	near(t, "Noise", s.Noise(x), h.Noise(xh), 0)
	near(t, "the next Noise", s.Noise(x), h.Noise(xh), 0)
	want := h.Norm(xh)
	for i, v := range s.Norm(x) {
		if !(math.Abs(v-want[i]) <= 1e-12*want[i]) {
			t.Errorf("norm %d = %v, want %v", i, v, want[i])
		}
	}
	if got := flat[float32](t, x); !slices.Equal(got, slices.Concat(xh...)) {
		t.Error("an argument has changed")
	}
}

func TestSpaceFloat64(t *testing.T) {
	e := open(t)
	s, h := e.Space(stream), &reverie.Host[float64]{Stream: stream}
	z := s.Noise(Fill(e, func([]float64) {}, 2, 5))
	want := slices.Concat(h.Noise(reverie.NewBatch[float64](2, 5))...)
	if got := flat[float64](t, z); !slices.Equal(got, want) {
		t.Errorf("noise = %v, want %v", got, want)
	}
	if got := flat[float64](t, s.Sum([]float64{3}, z)); !(math.Abs(got[9]-3*want[9]) <= 1e-15) {
		t.Errorf("3 z = %v, want %v", got[9], 3*want[9])
	}
}

// ramp is a law whose numbers tell the stream, the shape and the place.
type ramp struct{}

func (ramp) Fill(s random.Stream, z []float64, h, w, c int) {
	s.Normal(z)
	for i := range z {
		z[i] += float64(h*10000 + w*100 + c + i)
	}
}

// TestSpaceUnder: noise of a law is what the law fills for each sample's stream and shape, in both
// float types, and a batch without three dimensions a sample is no such.
func TestSpaceUnder(t *testing.T) {
	e := open(t)
	s := e.Space(stream).Under(ramp{})
	for step, float := range []*tensors.Tensor{Fill(e, func([]float32) {}, 3, 4, 2, 5), Fill(e, func([]float64) {}, 3, 4, 2, 5)} {
		z := s.Noise(float)
		var got []float64
		if step == 0 {
			for _, v := range flat[float32](t, z) {
				got = append(got, float64(v))
			}
		} else {
			got = flat[float64](t, z)
		}
		for n := range 3 {
			at, want := stream.Plus(n), make([]float64, 40)
			at.Step += uint32(step)
			ramp{}.Fill(at, want, 4, 2, 5)
			for i, v := range want {
				if step == 0 {
					v = float64(float32(v))
				}
				if got[n*40+i] != v {
					t.Fatalf("step %d: number %d of sample %d is %v, want %v", step, i, n, got[n*40+i], v)
				}
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("samples without height and width have noise of a law")
		}
	}()
	s.Noise(Fill(e, func([]float32) {}, 2, 5))
}

// TestBatchSize: a sample's numbers are the same bits alone and in a batch.
func TestBatchSize(t *testing.T) {
	e := open(t)
	const size = 3 * 37 // odd, so that samples begin everywhere in a vector register
	run := func(first, n int) (out [][]float32, norms []float64) {
		st := stream
		st.Sample += uint64(first)
		s := e.Space(st)
		x := s.Noise(Fill(e, func([]float32) {}, n, 37, 3))
		y := s.Sum([]float64{0.1, -0.7}, x, s.Noise(x))
		c := [][]float64{make([]float64, n), make([]float64, n)}
		for i := range n {
			c[0][i], c[1][i] = 0.3*float64(first+i), 1/float64(first+i+3)
		}
		z := s.Clamp(s.SumEach(c, x, y), -0.9, 0.9)
		f := flat[float32](t, z)
		for i := range n {
			out = append(out, f[i*size:(i+1)*size])
		}
		return out, s.Norm(y)
	}
	all, norms := run(0, 7)
	for i := range all {
		one, norm := run(i, 1)
		if !slices.Equal(one[0], all[i]) {
			t.Errorf("sample %d differs from the same in a batch of 7", i)
		}
		if norm[0] != norms[i] {
			t.Errorf("norm of sample %d = %v, in a batch of 7 %v", i, norm[0], norms[i])
		}
	}
}

func TestClampKeepsNaN(t *testing.T) {
	e := open(t)
	nan := float32(math.NaN())
	got := flat[float32](t, e.Space(stream).Clamp(New(e, []float32{nan, 2, -2, float32(math.Inf(1))}, 2, 2), -1, 1))
	if got[0] == got[0] || got[1] != 1 || got[2] != -1 || got[3] != 1 {
		t.Errorf("clamp = %v, want NaN 1 -1 1", got)
	}
}

func TestSpacePanics(t *testing.T) {
	e := open(t)
	s := e.Space(stream)
	x, y := Fill(e, func([]float32) {}, 2, 3), Fill(e, func([]float32) {}, 3, 2)
	cases := map[string]func(){
		"2 coefficients for 1 tensors":        func() { s.Sum([]float64{1, 2}, x) },
		"0 coefficients for 0 tensors":        func() { s.Sum(nil) },
		"x[1] is (Float32)[3 2]":              func() { s.Sum([]float64{1, 2}, x, y) },
		"3 coefficients of x[0] for 2 sample": func() { s.SumEach([][]float64{{1, 2, 3}}, x) },
		"(Int32)[2] is no batch":              func() { s.Clamp(New(e, []int32{1, 2}, 2), 0, 1) },
		"(Float32) is no batch":               func() { s.Noise(Scalar(e, float32(1))) },
	}
	for want, f := range cases {
		func() {
			defer func() {
				if p, _ := recover().(string); !strings.Contains(p, want) {
					t.Errorf("panic %q, want %q", p, want)
				}
			}()
			f()
		}()
	}
}
