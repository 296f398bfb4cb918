package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// convCase is a random convolution.
type convCase struct {
	x, w             data
	axes             backends.ConvolveAxesConfig
	strides          []int
	pads             [][2]int
	inDil, kerDil    []int
	groups, batchGrp int
}

// axesOrder puts roles (batch or input channels, spatial..., channels) on random axes.
func axesOrder(r *rand.Rand, rank int, natural bool) (first, last int, spatial []int) {
	p := r.Perm(rank)
	if natural {
		for i := range p {
			p[i] = i
		}
	}
	return p[0], p[rank-1], p[1 : rank-1]
}

func dimsOf(rank, first, last int, spatial []int, a, b int, s []int) []int {
	dims := make([]int, rank)
	dims[first], dims[last] = a, b
	for i, axis := range spatial {
		dims[axis] = s[i]
	}
	return dims
}

func randomConv(r *rand.Rand, dt dtypes.DType) (c convCase, ok bool) {
	spatial := 1 + r.IntN(3)
	rank := spatial + 2
	natural := r.IntN(2) == 0
	c.groups, c.batchGrp = 1, 1
	switch r.IntN(4) {
	case 0:
		c.groups = 1 + r.IntN(3)
	case 1:
		c.batchGrp = 1 + r.IntN(3)
	}
	n, in, out := c.batchGrp*(1+r.IntN(3)), 1+r.IntN(5), c.groups*c.batchGrp*(1+r.IntN(4))
	var xs, ws []int
	for range spatial {
		xs, ws = append(xs, 1+r.IntN(9)), append(ws, 1+r.IntN(4))
		c.strides = append(c.strides, 1+r.IntN(2))
		c.inDil = append(c.inDil, 1+r.IntN(2))
		c.kerDil = append(c.kerDil, 1+r.IntN(2))
		c.pads = append(c.pads, [2]int{r.IntN(6) - 2, r.IntN(6) - 2})
	}
	if r.IntN(2) == 0 {
		c.inDil = slices.Repeat([]int{1}, spatial)
	}
	if r.IntN(2) == 0 {
		c.strides = slices.Repeat([]int{1}, spatial)
	}
	for i := range spatial { // something must be left
		if (xs[i]-1)*c.inDil[i]+1+c.pads[i][0]+c.pads[i][1] < (ws[i]-1)*c.kerDil[i]+1 {
			return c, false
		}
	}
	a := &c.axes
	a.InputBatch, a.InputChannels, a.InputSpatial = axesOrder(r, rank, natural)
	a.OutputBatch, a.OutputChannels, a.OutputSpatial = axesOrder(r, rank, natural)
	a.KernelInputChannels, a.KernelOutputChannels, a.KernelSpatial = axesOrder(r, rank, false)
	if natural {
		a.KernelInputChannels, a.KernelOutputChannels = rank-2, rank-1
		a.KernelSpatial = []int{0, 1, 2}[:spatial]
	}
	c.x = randomData(r, dt, dimsOf(rank, a.InputBatch, a.InputChannels, a.InputSpatial, n, in*c.groups, xs)...)
	c.w = randomData(r, dt, dimsOf(rank, a.KernelInputChannels, a.KernelOutputChannels, a.KernelSpatial, in, out, ws)...)
	return c, true
}

// naive computes the convolution from its definition, in float64, into an array of the given shape.
func (c convCase) naive(out shapes.Shape) []float64 {
	xl, wl, yl := rowMajor(c.x.shape.Dimensions), rowMajor(c.w.shape.Dimensions), rowMajor(out.Dimensions)
	y := make([]float64, out.Size())
	a := c.axes
	at, k := make([]int, out.Rank()), make([]int, out.Rank())
	from := make([]int, out.Rank())
	K := out.Dimensions[a.OutputChannels]
	N := out.Dimensions[a.OutputBatch]
	I := c.w.shape.Dimensions[a.KernelInputChannels]
	for i := range y {
		unravel(i, out.Dimensions, at)
		o := at[a.OutputChannels]
		for j := range c.w.shape.Size() {
			unravel(j, c.w.shape.Dimensions, k)
			if k[a.KernelOutputChannels] != o {
				continue
			}
			from[a.InputBatch] = at[a.OutputBatch] + o/(K/c.batchGrp)*N
			from[a.InputChannels] = o/(K/c.groups)*I + k[a.KernelInputChannels]
			inside := true
			for s := range a.InputSpatial {
				p := at[a.OutputSpatial[s]]*c.strides[s] + k[a.KernelSpatial[s]]*c.kerDil[s] - c.pads[s][0]
				inside = inside && p >= 0 && p%c.inDil[s] == 0 && p/c.inDil[s] < c.x.shape.Dimensions[a.InputSpatial[s]]
				from[a.InputSpatial[s]] = p / c.inDil[s]
			}
			if inside {
				y[yl.address(at)] += numberAt(c.x, xl.address(from)) * numberAt(c.w, wl.address(k))
			}
		}
	}
	return y
}

func (c convCase) program(b backends.Builder, in []backends.Op) []backends.Op {
	return []backends.Op{must(b.ConvGeneral(in[0], in[1], c.axes, c.strides, c.pads, c.inDil, c.kerDil, c.groups, c.batchGrp))}
}

// sumOfProducts reports whether g is a sum of products of [randomData] that ought to be w. Integers
// are exact, those of eight bits up to their range; NaN is never right, since the data has none.
func sumOfProducts(dt dtypes.DType, g, w float64) bool {
	switch dt {
	case dtypes.Float32:
		return math.Abs(g-w) <= 1e-4
	case dtypes.Float64:
		return math.Abs(g-w) <= 1e-12*(1+math.Abs(w))
	}
	return g == w || wraps(dt, g, w)
}

// check compares the case with its definition.
func (c convCase) check(t *testing.T, config string) {
	t.Helper()
	got, err := execute(open(t, config), c.program, []data{c.x, c.w})
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	for i, w := range c.naive(got[0].shape) {
		if g := numberAt(got[0], i); !sumOfProducts(c.x.shape.DType, g, w) {
			t.Fatalf("%s: element %d is %v, want %v, of %s * %s, %+v", config, i, g, w, c.x.shape, c.w.shape, c)
		}
	}
}

// TestConvolution compares random convolutions, in any order of axes, with their definition.
func TestConvolution(t *testing.T) {
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 3))
		dt := dtypes.Float32
		if seed%3 == 0 {
			dt = numeric[r.IntN(len(numeric))]
		}
		if c, ok := randomConv(r, dt); ok {
			c.check(t, configs[seed%uint64(len(configs))])
		}
	}
}

// kindsOf compiles a program and returns the kinds of its steps.
func kindsOf(t *testing.T, config string, p program, in ...shapes.Shape) []string {
	t.Helper()
	b := open(t, config).Builder("kinds")
	var ops []backends.Op
	for i, s := range in {
		ops = append(ops, must(b.Parameter(fmt.Sprint(i), s, nil)))
	}
	exe, err := b.Compile(p(b, ops), nil)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, s := range exe.(*Executable).steps {
		kinds = append(kinds, s.kind)
	}
	return kinds
}

// TestDialects checks that the convolutions of a gradient become one step each, without moving
// anything before or after.
func TestDialects(t *testing.T) {
	f32 := func(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }
	nhwc := backends.ConvolveAxesConfig{
		InputBatch: 0, InputSpatial: []int{1, 2}, InputChannels: 3, KernelSpatial: []int{0, 1}, KernelInputChannels: 2, KernelOutputChannels: 3,
		OutputBatch: 0, OutputSpatial: []int{1, 2}, OutputChannels: 3,
	}
	one, pad := []int{1, 1}, [][2]int{{1, 1}, {1, 1}}
	forward := func(b backends.Builder, in []backends.Op) []backends.Op {
		return []backends.Op{must(b.ConvGeneral(in[0], in[1], nhwc, []int{2, 2}, pad, one, one, 1, 1))}
	}
	inputGrad := func(b backends.Builder, in []backends.Op) []backends.Op { // of a 4x4 kernel, stride 2, padding 1
		axes := nhwc
		axes.KernelInputChannels, axes.KernelOutputChannels = 3, 2
		w := must(b.Reverse(in[1], 0, 1))
		return []backends.Op{must(b.ConvGeneral(in[0], w, axes, one, [][2]int{{2, 2}, {2, 2}}, []int{2, 2}, one, 1, 1))}
	}
	kernelGrad := func(b backends.Builder, in []backends.Op) []backends.Op {
		axes := backends.ConvolveAxesConfig{
			InputBatch: 3, InputSpatial: []int{1, 2}, InputChannels: 0, KernelSpatial: []int{1, 2}, KernelInputChannels: 0, KernelOutputChannels: 3,
			OutputBatch: 2, OutputSpatial: []int{0, 1}, OutputChannels: 3,
		}
		return []backends.Op{must(b.ConvGeneral(in[0], in[1], axes, one, pad, one, []int{2, 2}, 1, 1))}
	}
	for _, c := range []struct {
		want string
		p    program
		in   []shapes.Shape
	}{
		{"convolution", forward, []shapes.Shape{f32(2, 8, 8, 3), f32(4, 4, 3, 5)}},
		{"convolution, input gradient", inputGrad, []shapes.Shape{f32(2, 4, 4, 5), f32(4, 4, 3, 5)}},
		{"convolution, kernel gradient", kernelGrad, []shapes.Shape{f32(2, 8, 8, 3), f32(2, 4, 4, 5)}},
	} {
		if kinds := kindsOf(t, "simd", c.p, c.in...); len(kinds) != 1 || !strings.HasPrefix(kinds[0], c.want) {
			t.Errorf("%s runs as %q", c.want, kinds)
		}
	}
}

// TestSharing checks that convolutions which differ in their padding only are not taken for one.
func TestSharing(t *testing.T) {
	r := newRand(43)
	c, ok := randomConv(r, dtypes.Float32)
	for !ok || len(c.strides) != 2 || c.groups*c.batchGrp > 1 || slices.Max(c.inDil) > 1 || c.x.shape.Size() < 100 {
		c, ok = randomConv(r, dtypes.Float32)
	}
	d := c
	d.pads = slices.Clone(c.pads)
	d.pads[0] = [2]int{c.pads[0][0] + 1, c.pads[0][1] - 1}
	got, err := execute(open(t, "simd"), func(b backends.Builder, in []backends.Op) []backends.Op {
		return []backends.Op{c.program(b, in)[0], d.program(b, in)[0]}
	}, []data{c.x, c.w})
	if err != nil {
		t.Fatal(err)
	}
	for k, x := range []convCase{c, d} {
		for i, w := range x.naive(got[k].shape) {
			if g := numberAt(got[k], i); !sumOfProducts(dtypes.Float32, g, w) {
				t.Fatalf("convolution %d: element %d is %v, want %v", k, i, g, w)
			}
		}
	}
}

// TestAbsorb checks that bias, residual and ReLU end in the step of their product, with the values
// of the single steps.
func TestAbsorb(t *testing.T) {
	nhwc := backends.ConvolveAxesConfig{
		InputBatch: 0, InputSpatial: []int{1, 2}, InputChannels: 3, KernelSpatial: []int{0, 1}, KernelInputChannels: 2, KernelOutputChannels: 3,
		OutputBatch: 0, OutputSpatial: []int{1, 2}, OutputChannels: 3,
	}
	one, same := []int{1, 1}, [][2]int{{1, 1}, {1, 1}}
	conv := func(b backends.Builder, x, w backends.Op) backends.Op {
		return must(b.ConvGeneral(x, w, nhwc, one, same, one, one, 1, 1))
	}
	dot := func(b backends.Builder, x, w backends.Op) backends.Op { return must(b.Dot(x, w)) }
	concat := func(b backends.Builder, x, w backends.Op) backends.Op {
		half := must(b.Slice(x, []int{0, 0, 0, 0}, []int{2, 5, 6, 4}, nil))
		rest := must(b.Slice(x, []int{0, 0, 0, 4}, []int{2, 5, 6, 8}, nil))
		return conv(b, must(b.Concatenate(3, must(b.Neg(half)), must(b.Abs(rest)))), w)
	}
	r := newRand(47)
	rand32 := func(dims ...int) data { return randomData(r, dtypes.Float32, dims...) }
	for name, c := range map[string]struct {
		product func(b backends.Builder, x, w backends.Op) backends.Op
		in      []data // x, w, bias, residual
		steps   int
	}{
		"convolution":   {conv, []data{rand32(2, 5, 6, 8), rand32(3, 3, 8, 7), rand32(7), rand32(2, 5, 6, 7)}, 1},
		"product":       {dot, []data{rand32(11, 8), rand32(8, 7), rand32(7), rand32(11, 7)}, 1},
		"concatenation": {concat, []data{rand32(2, 5, 6, 8), rand32(3, 3, 8, 7), rand32(7), rand32(2, 5, 6, 7)}, 3},
	} {
		p := func(b backends.Builder, in []backends.Op) []backends.Op {
			y := c.product(b, in[0], in[1])
			shape, _ := b.OpShape(y)
			y = must(b.Add(must(b.BroadcastInDim(in[2], shape, []int{shape.Rank() - 1})), y))
			y = must(b.Add(y, in[3]))
			return []backends.Op{must(b.Max(y, must(b.Constant([]float32{0}))))}
		}
		var in []shapes.Shape
		for _, x := range c.in {
			in = append(in, x.shape)
		}
		if kinds := kindsOf(t, "simd", p, in...); len(kinds) != c.steps || !strings.HasSuffix(kinds[len(kinds)-1], "+bias+residual+relu") {
			t.Errorf("%s: steps %q", name, kinds)
		}
		want, err := execute(open(t, "simd:nofuse"), p, c.in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := execute(open(t, "simd:threads=2"), p, c.in)
		if err != nil {
			t.Fatal(err)
		}
		if err := compare(got[0], want[0], 1e-5); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// dotCase is a contraction: axes to contract and batch axes of both operands.
type dotCase struct {
	x, y           []int
	xc, xb, yc, yb []int
}

// naive computes the contraction in float64: every pair of elements whose indices agree on paired
// axes adds its product.
func (c dotCase) naive(x, y data) []float64 {
	var dims []int
	free := func(d, contract, batch []int) (axes []int) {
		for a := range d {
			if !slices.Contains(contract, a) && !slices.Contains(batch, a) {
				axes = append(axes, a)
			}
		}
		return axes
	}
	xf, yf := free(c.x, c.xc, c.xb), free(c.y, c.yc, c.yb)
	for _, a := range c.xb {
		dims = append(dims, c.x[a])
	}
	for _, a := range xf {
		dims = append(dims, c.x[a])
	}
	for _, a := range yf {
		dims = append(dims, c.y[a])
	}
	out, lay := make([]float64, product(dims)), rowMajor(dims)
	i, j := make([]int, len(c.x)), make([]int, len(c.y))
	for p := range x.shape.Size() {
		unravel(p, c.x, i)
	pairs:
		for q := range y.shape.Size() {
			unravel(q, c.y, j)
			for k := range c.xc {
				if i[c.xc[k]] != j[c.yc[k]] {
					continue pairs
				}
			}
			var at []int
			for k := range c.xb {
				if i[c.xb[k]] != j[c.yb[k]] {
					continue pairs
				}
				at = append(at, i[c.xb[k]])
			}
			for _, a := range xf {
				at = append(at, i[a])
			}
			for _, a := range yf {
				at = append(at, j[a])
			}
			out[lay.address(at)] += numberAt(x, p) * numberAt(y, q)
		}
	}
	return out
}

// TestDot compares contractions of any axes with their definition.
func TestDot(t *testing.T) {
	cases := []dotCase{
		{[]int{7}, []int{7}, []int{0}, nil, []int{0}, nil},
		{[]int{5, 7}, []int{7, 3}, []int{1}, nil, []int{0}, nil},
		{[]int{7, 5}, []int{3, 7}, []int{0}, nil, []int{1}, nil},
		{[]int{2, 5, 7}, []int{2, 7, 4}, []int{2}, []int{0}, []int{1}, []int{0}},
		{[]int{5, 2, 7}, []int{4, 7, 2}, []int{2}, []int{1}, []int{1}, []int{2}},
		{[]int{3, 4, 5}, []int{5, 4, 6}, []int{1, 2}, nil, []int{1, 0}, nil},
		{[]int{2, 3, 11, 16}, []int{2, 3, 9, 16}, []int{3}, []int{0, 1}, []int{3}, []int{0, 1}},
		{[]int{35, 20}, []int{20, 37}, []int{1}, nil, []int{0}, nil},
		{[]int{3, 4}, []int{5}, nil, nil, nil, nil},
	}
	for _, dt := range numeric {
		for n, c := range cases {
			r := newRand(17)
			x, y := randomData(r, dt, c.x...), randomData(r, dt, c.y...)
			want := c.naive(x, y)
			for _, config := range configs {
				got, err := execute(open(t, config), func(b backends.Builder, in []backends.Op) []backends.Op {
					return []backends.Op{must(b.DotGeneral(in[0], c.xc, c.xb, in[1], c.yc, c.yb))}
				}, []data{x, y})
				if err != nil {
					t.Fatal(err)
				}
				for i, w := range want {
					if g := numberAt(got[0], i); !sumOfProducts(dt, g, w) {
						t.Fatalf("case %d of %s, %s: element %d is %v, want %v", n, dt, config, i, g, w)
					}
				}
			}
		}
	}
}
