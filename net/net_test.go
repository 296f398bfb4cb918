package net_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	_ "github.com/reverie-go/reverie/net/all"
	"github.com/reverie-go/reverie/net/simpleunet"
	"github.com/reverie-go/reverie/net/unet"
)

func TestNewUnknown(t *testing.T) {
	_, err := net.New("resnet", nil)
	want := `net: unknown architecture "resnet": known are simpleunet, unet, mlp, vae, vae-mlp, classifier`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestNewReadsStrictly(t *testing.T) {
	for _, text := range []string{`{"chanels": [8, 8]}`, `{} {}`, `[]`, `{"channels": [8, "8"]}`, `{`} {
		if _, err := net.New("simpleunet", []byte(text)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

func simple(t *testing.T) *simpleunet.Model {
	m, err := simpleunet.New(simpleunet.Config{Channels: []int{8, 16, 24}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func residual(t *testing.T, zero bool) *unet.Model {
	m, err := unet.New(unet.Config{
		ZeroInit: zero, BlockOutChannels: []int{16, 32}, NormNumGroups: 8,
		DownBlockTypes: []string{"DownBlock2D", "AttnDownBlock2D"}, UpBlockTypes: []string{"AttnUpBlock2D", "UpBlock2D"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// floats are a tensor's values in PyTorch's order.
func floats(t *testing.T, p *net.Param, x *tensors.Tensor) []float64 {
	a, err := net.Export([]*net.Param{p}, []*tensors.Tensor{x})
	if err != nil {
		t.Fatal(err)
	}
	back, err := net.Import([]*net.Param{{Name: p.Name, Shape: p.Shape, DType: p.DType}}, a, dtypes.Float64)
	if err != nil {
		t.Fatal(err)
	}
	if p.DType == dtypes.Int64 {
		return []float64{float64(tensors.ToScalar[int64](back[0]))}
	}
	return tensors.MustCopyFlatData[float64](back[0])
}

// bounds are the half-widths of PyTorch's default laws, found from the shape of each weight as
// torch's _calculate_fan_in_and_fan_out does (the second axis times the pixels) and shared by the
// bias; normalisations have none.
func bounds(params []*net.Param) map[string]float64 {
	b := map[string]float64{}
	for _, p := range params {
		if base, ok := strings.CutSuffix(p.Name, ".weight"); ok && len(p.Shape) > 1 {
			fan := 1
			for _, d := range p.Shape[1:] {
				fan *= d
			}
			b[p.Name], b[base+".bias"] = 1/math.Sqrt(float64(fan)), 1/math.Sqrt(float64(fan))
		}
	}
	return b
}

// TestInitial checks each tensor's law: the range, and the mean and the second moment within 5
// standard errors. For u uniform on [-b,b] and n values the mean has variance b^2/3/n, the mean of
// u^2 has mean b^2/3 and variance b^4 (1/5-1/9)/n.
func TestInitial(t *testing.T) {
	for _, m := range []net.Model{simple(t), residual(t, false)} {
		b := bounds(m.Params())
		for i, x := range net.Initial(m, 1, dtypes.Float32) {
			p := m.Params()[i]
			v := floats(t, p, x)
			bound, drawn := b[p.Name]
			if !drawn {
				want := 0.0
				if strings.HasSuffix(p.Name, ".weight") || strings.HasSuffix(p.Name, ".running_var") {
					want = 1
				}
				if slices.Max(v) != want || slices.Min(v) != want {
					t.Errorf("%s: not all %v", p.Name, want)
				}
				continue
			}
			n, sum, squares := float64(len(v)), 0.0, 0.0
			for _, x := range v {
				sum, squares = sum+x, squares+x*x
			}
			if !(slices.Max(v) <= bound*(1+1e-6) && slices.Min(v) >= -bound*(1+1e-6)) {
				t.Errorf("%s: %v to %v, want within %v", p.Name, slices.Min(v), slices.Max(v), bound)
			}
			if !(math.Abs(sum/n) <= 5*bound/math.Sqrt(3*n)) {
				t.Errorf("%s: mean %v of values within %v", p.Name, sum/n, bound)
			}
			if !(math.Abs(squares/n-bound*bound/3) <= 5*bound*bound*math.Sqrt(4.0/45/n)) {
				t.Errorf("%s: mean square %v, want %v", p.Name, squares/n, bound*bound/3)
			}
		}
	}
}

// TestInitialStreams: the same seed gives the same weights, in either type; another seed or another
// parameter gives others, and none repeats within.
func TestInitialStreams(t *testing.T) {
	m := simple(t)
	one, again, two := net.Initial(m, 1, dtypes.Float32), net.Initial(m, 1, dtypes.Float64), net.Initial(m, 2, dtypes.Float32)
	first := map[float64]string{}
	for i, p := range m.Params() {
		a, b, c := floats(t, p, one[i]), floats(t, p, again[i]), floats(t, p, two[i])
		if p.Init.Lo == p.Init.Hi {
			continue
		}
		for j := range a {
			if a[j] != float64(float32(b[j])) {
				t.Fatalf("%s[%d]: %v in float32, %v in float64", p.Name, j, a[j], b[j])
			}
		}
		if slices.Equal(a, c) {
			t.Errorf("%s: the same for seeds 1 and 2", p.Name)
		}
		scaled := b[0] / p.Init.Hi
		if other, ok := first[scaled]; ok {
			t.Errorf("%s begins as %s", p.Name, other)
		}
		first[scaled] = p.Name
	}
	p := &net.Param{Name: "large", Shape: []int{3 << 14}, Init: net.Init{Lo: -1, Hi: 1}}
	v := floats(t, p, net.Initial(only{p}, 1, dtypes.Float64)[0])
	slices.Sort(v)
	if n := len(slices.Compact(v)); n != 3<<14 {
		t.Errorf("%d different values of %d", n, 3<<14)
	}
}

// only is a model of one parameter.
type only struct{ p *net.Param }

func (only) Arch() string                                         { return "only" }
func (only) Config() any                                          { return nil }
func (o only) Params() []*net.Param                               { return []*net.Param{o.p} }
func (only) Channels() (in, out int)                              { return 1, 1 }
func (only) Check(h, w int) error                                 { return nil }
func (only) Forward(v *net.Vars, x, cond *graph.Node) *graph.Node { return x }

func TestZeroInit(t *testing.T) {
	m := residual(t, true)
	zero := 0
	for i, x := range net.Initial(m, 1, dtypes.Float32) {
		p := m.Params()[i]
		v := floats(t, p, x)
		ends := strings.Contains(p.Name, "conv2.") || strings.Contains(p.Name, "to_out.") || strings.HasPrefix(p.Name, "conv_out.")
		allZero := slices.Max(v) == 0 && slices.Min(v) == 0
		if ends && !allZero {
			t.Errorf("%s is not zero", p.Name)
		}
		if !ends && allZero && strings.HasSuffix(p.Name, ".weight") {
			t.Errorf("%s is zero", p.Name)
		}
		if ends {
			zero++
		}
	}
	if zero != 2*(12+6+1) { // residual blocks, attentions, output: weight and bias
		t.Errorf("%d tensors end a branch, want 38", zero)
	}
}

func TestExportImport(t *testing.T) {
	for _, m := range []net.Model{simple(t), residual(t, false)} {
		for _, float := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			w := net.Initial(m, 3, float)
			dict, err := net.Export(m.Params(), w)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range m.Params() {
				if !slices.Equal(dict[p.Name].Shape, p.Shape) {
					t.Errorf("%s: shape %v, want %v", p.Name, dict[p.Name].Shape, p.Shape)
				}
			}
			back, err := net.Import(m.Params(), dict, float)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range m.Params() {
				if !back[i].Equal(w[i]) {
					t.Errorf("%s changed", p.Name)
				}
			}
		}
	}
}

// TestLayout: element [o,i,y,x] of PyTorch's kernel is [y,x,i,o] of ours.
func TestLayout(t *testing.T) {
	p := &net.Param{Name: "w", Shape: []int{2, 3, 4, 5}, Layout: net.HWIO}
	data := make([]byte, 0, 480)
	for i := range 120 {
		b := math.Float32bits(float32(i))
		data = append(data, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
	}
	x, err := net.Import([]*net.Param{p}, map[string]checkpoint.Tensor{"w": {DType: "F32", Shape: p.Shape, Data: data}}, dtypes.Float32)
	if err != nil {
		t.Fatal(err)
	}
	got := x[0].Value().([][][][]float32)
	for i := range 120 {
		o, in, row, col := i/60, i/20%3, i/5%4, i%5
		if got[row][col][in][o] != float32(i) {
			t.Fatalf("[%d,%d,%d,%d] of PyTorch's is %v, want %d", o, in, row, col, got[row][col][in][o], i)
		}
	}
}

// TestHalfImport: 1.5 and -2 in the two 16-bit types.
func TestHalfImport(t *testing.T) {
	p := &net.Param{Name: "w", Shape: []int{2}}
	for dtype, data := range map[string][]byte{"F16": {0x00, 0x3e, 0x00, 0xc0}, "BF16": {0xc0, 0x3f, 0x00, 0xc0}} {
		x, err := net.Import([]*net.Param{p}, map[string]checkpoint.Tensor{"w": {DType: dtype, Shape: p.Shape, Data: data}}, dtypes.Float32)
		if err != nil {
			t.Fatal(err)
		}
		if got := tensors.MustCopyFlatData[float32](x[0]); !slices.Equal(got, []float32{1.5, -2}) {
			t.Errorf("%s: %v", dtype, got)
		}
	}
}

func TestImportFaults(t *testing.T) {
	m := simple(t)
	fresh := func() map[string]checkpoint.Tensor {
		dict, err := net.Export(m.Params(), net.Initial(m, 3, dtypes.Float32))
		if err != nil {
			t.Fatal(err)
		}
		return dict
	}
	for name, c := range map[string]struct {
		spoil func(d map[string]checkpoint.Tensor)
		want  string
	}{
		"missing": {func(d map[string]checkpoint.Tensor) { delete(d, "conv0.bias") }, `missing "conv0.bias" [8]`},
		"two missing": {func(d map[string]checkpoint.Tensor) { delete(d, "output.bias"); delete(d, "conv0.bias") },
			`missing "conv0.bias" [8] (and 1 more)`},
		"extra": {func(d map[string]checkpoint.Tensor) {
			d["conv9.bias"] = checkpoint.Tensor{DType: "F32", Shape: []int{1}, Data: make([]byte, 4)}
		},
			`extra "conv9.bias" [1]`},
		"shape": {func(d map[string]checkpoint.Tensor) {
			d["conv0.bias"] = checkpoint.Tensor{DType: "F32", Shape: []int{9}, Data: make([]byte, 36)}
		},
			`"conv0.bias" has shape [9], expected [8]`},
		"type": {func(d map[string]checkpoint.Tensor) {
			d["conv0.bias"] = checkpoint.Tensor{DType: "I64", Shape: []int{8}, Data: make([]byte, 64)}
		},
			`"conv0.bias" has type I64, expected F32, F64, F16 or BF16`},
		"unknown type": {func(d map[string]checkpoint.Tensor) {
			d["conv0.bias"] = checkpoint.Tensor{DType: "U8", Shape: []int{8}, Data: make([]byte, 8)}
		},
			`"conv0.bias" has type U8, expected F32, F64, F16 or BF16`},
		"float count": {func(d map[string]checkpoint.Tensor) {
			d["downs.0.bnorm1.num_batches_tracked"] = checkpoint.Tensor{DType: "F32", Data: make([]byte, 4)}
		}, `"downs.0.bnorm1.num_batches_tracked" has type F32, expected I64`},
		"bytes": {func(d map[string]checkpoint.Tensor) {
			d["conv0.bias"] = checkpoint.Tensor{DType: "F32", Shape: []int{8}, Data: make([]byte, 31)}
		},
			`"conv0.bias" has 31 bytes, expected 32`},
		"all three": {func(d map[string]checkpoint.Tensor) {
			delete(d, "conv0.weight")
			d["x"] = checkpoint.Tensor{DType: "F32", Shape: []int{1}, Data: make([]byte, 4)}
			d["output.bias"] = checkpoint.Tensor{DType: "F32", Shape: []int{1}, Data: make([]byte, 4)}
		}, `missing "conv0.weight" [8 3 3 3]; extra "x" [1]; "output.bias" has shape [1], expected [3]`},
	} {
		d := fresh()
		c.spoil(d)
		_, err := net.Import(m.Params(), d, dtypes.Float32)
		if want := "weights do not fit the network: " + c.want; err == nil || err.Error() != want {
			t.Errorf("%s: got %v\nwant %s", name, err, want)
		}
	}
}

func TestCheck(t *testing.T) {
	m, err := simpleunet.New(simpleunet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int{{16, 16}, {128, 64}, {16, 160}} {
		if err := m.Check(size[0], size[1]); err != nil {
			t.Error(err)
		}
	}
	for size, want := range map[[2]int]string{
		{100, 64}: "height 96 or 112, width 64",
		{15, 17}:  "height 16, width 16 or 32",
		{0, -1}:   "height 16, width 16",
	} {
		err := m.Check(size[0], size[1])
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "multiples of 16") {
			t.Errorf("%v: got %v, want %s", size, err, want)
		}
	}
}

func TestTrainable(t *testing.T) {
	m, err := simpleunet.New(simpleunet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if n := net.Trainable(m); n != 62_438_883 {
		t.Errorf("SimpleUnet has %d parameters, want 62,438,883", n)
	}
}

func open(t testing.TB) *engine.Engine {
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestOneValuePerChannel: three widths leave one pixel of a 4x4 image, and the first block on the
// way up normalises it.
func TestOneValuePerChannel(t *testing.T) {
	e, m := open(t), simple(t)
	w := net.Initial(m, 1, dtypes.Float32)
	run := func(mode net.Mode, batch, size int) error {
		f := e.Func("forward", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			v := net.Bind(mode, m.Params(), in[:len(w)])
			return []*graph.Node{m.Forward(v, net.Input{X: in[len(w)], Cond: in[len(w)+1]})}
		})
		x := engine.New(e, make([]float32, batch*size*size*3), batch, size, size, 3)
		_, err := f.Call(append(slices.Clone(w), x, engine.New(e, make([]float32, batch), batch))...)
		return err
	}
	for _, c := range []struct {
		mode        net.Mode
		batch, size int
		fails       bool
	}{
		{net.Eval, 1, 4, false}, {net.PerImage, 2, 4, true}, {net.PerImage, 1, 8, false}, {net.Train, 1, 4, true}, {net.Train, 2, 4, false},
	} {
		if err := run(c.mode, c.batch, c.size); (err != nil) != c.fails || c.fails && !strings.Contains(err.Error(), "ups.0.bnorm1.weight: one value per channel") {
			t.Errorf("%v, %d images of %d: %v", c.mode, c.batch, c.size, err)
		}
	}
	bn := net.NewBatchNorm2D(net.NewScope().In("bn"), 2)
	for _, c := range []struct {
		mode  net.Mode
		batch int
		fails bool
	}{{net.PerImage, 3, true}, {net.Train, 1, true}, {net.Train, 2, false}, {net.Eval, 1, false}} {
		params := []*net.Param{bn.Weight, bn.Bias, bn.Mean, bn.Var, bn.Batches}
		f := e.Func("norm", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			return []*graph.Node{bn.Forward(net.Bind(c.mode, params, in[1:]), in[0])}
		})
		in := []*tensors.Tensor{engine.New(e, make([]float32, 2*c.batch), c.batch, 1, 1, 2)}
		for _, p := range params {
			in = append(in, net.Initial(only{p}, 1, dtypes.Float32)...)
		}
		_, err := f.Call(in...)
		if (err != nil) != c.fails || c.fails && !strings.Contains(err.Error(), "bn.weight: one value per channel") {
			t.Errorf("%v, %d images of one pixel: %v", c.mode, c.batch, err)
		}
	}
}

// TestUpdates: the running statistics move by a tenth towards the batch's, the variance towards the
// unbiased one, and only in mode Train.
func TestUpdates(t *testing.T) {
	e := open(t)
	bn := net.NewBatchNorm2D(net.NewScope(), 1)
	params := []*net.Param{bn.Weight, bn.Bias, bn.Mean, bn.Var, bn.Batches}
	for _, mode := range []net.Mode{net.Eval, net.Train, net.PerImage} {
		f := e.Func("norm", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			v := net.Bind(mode, params, in[1:])
			y := bn.Forward(v, in[0])
			_, updates := v.Updates()
			return append(updates, y)
		})
		in := []*tensors.Tensor{engine.New(e, []float64{1, 2, 3, 6}, 4, 1, 1, 1)}
		if mode == net.PerImage {
			in[0] = engine.New(e, []float64{1, 2, 3, 6}, 1, 2, 2, 1)
		}
		for _, p := range params {
			in = append(in, net.Initial(only{p}, 1, dtypes.Float64)...)
		}
		out, err := f.Call(in...)
		if err != nil {
			t.Fatal(err)
		}
		if mode != net.Train {
			if len(out) != 1 {
				t.Errorf("%v updates %d buffers", mode, len(out)-1)
			}
			continue
		}
		mean, variance, n := scalar(out[0]), scalar(out[1]), tensors.MustCopyFlatData[int64](out[2])[0]
		// mean 3, squares 4+1+0+9 = 14, unbiased 14/3
		if !(math.Abs(mean-0.3) <= 1e-12 && math.Abs(variance-(0.9+0.1*14/3)) <= 1e-12 && n == 1) {
			t.Errorf("mean %v, variance %v, batches %d", mean, variance, n)
		}
	}
}

// TestFarFromZero normalises values of deviation 1 around 1000, of which the first rows, which the
// shift is taken from, lie apart: float32 must agree with float64. Of 16 rows the difference of
// moments may lose a factor 17 of the precision 6e-8, so the variance 1e-6 for each rounding of its
// sums and a value of size 4 half of that times 4. A variance from plain squares leaves errors near
// 1.
func TestFarFromZero(t *testing.T) {
	e := open(t)
	bn, gn := net.NewBatchNorm2D(net.NewScope(), 4), net.NewGroupNorm(net.NewScope(), 2, 4, 1e-5)
	params := []*net.Param{bn.Weight, bn.Bias, bn.Mean, bn.Var, bn.Batches, gn.Weight, gn.Bias}
	values := make([]float32, 2*16*8*4)
	for i := range values {
		values[i] = 1000 + float32(math.Sqrt2*math.Sin(float64(i*i)))
		if i/(8*4)%16 == 0 {
			values[i] += 3
		}
	}
	wide := make([]float64, len(values))
	for i, x := range values {
		wide[i] = float64(x)
	}
	run := func(mode net.Mode, x *tensors.Tensor, float dtypes.DType) [][]float64 {
		f := e.Func("norm", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
			v := net.Bind(mode, params, in[1:])
			return []*graph.Node{bn.Forward(v, in[0]), gn.Forward(v, in[0])}
		})
		in := []*tensors.Tensor{x}
		for _, p := range params {
			in = append(in, net.Initial(only{p}, 1, float)...)
		}
		out, err := f.Call(in...)
		if err != nil {
			t.Fatal(err)
		}
		var flat [][]float64
		for _, y := range out {
			flat = append(flat, floats(t, &net.Param{Name: "y", Shape: y.Shape().Dimensions}, y))
		}
		return flat
	}
	for _, mode := range []net.Mode{net.Train, net.PerImage} {
		got := run(mode, engine.New(e, values, 2, 16, 8, 4), dtypes.Float32)
		want := run(mode, engine.New(e, wide, 2, 16, 8, 4), dtypes.Float64)
		for i, name := range []string{"BatchNorm", "GroupNorm"} {
			worst := 0.0
			for j := range want[i] {
				worst = max(worst, math.Abs(got[i][j]-want[i][j]))
			}
			if !(worst < 2e-5) {
				t.Errorf("%s, %v: off by %.2g", name, mode, worst)
			}
		}
	}
}

func scalar(x *tensors.Tensor) float64 { return tensors.MustCopyFlatData[float64](x)[0] }

// doubled repeats each pixel of x in both directions.
func doubled(x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	n, h, w, c := d[0], d[1], d[2], d[3]
	x = graph.Reshape(x, n, h, 1, w, 1, c)
	x = graph.BroadcastToDims(x, n, h, 2, w, 2, c)
	return graph.Reshape(x, n, 2*h, 2*w, c)
}

// TestForwardUpsampled compares with the convolution of the doubled image, gradients included.
func TestForwardUpsampled(t *testing.T) {
	e := open(t)
	s := net.NewScope()
	conv := net.NewConv2D(s, 3, 2, 3, 1, 1)
	f := e.Func("up", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		v := net.Bind(net.Eval, s.Params(), in[1:])
		var out []*graph.Node
		for _, y := range []*graph.Node{conv.Forward(v, doubled(in[0])), conv.ForwardUpsampled(v, in[0])} {
			out = append(append(out, y), graph.Gradient(graph.ReduceAllSum(graph.Sin(y)), in...)...)
		}
		return out
	})
	x := make([]float64, 2*4*5*3)
	for i := range x {
		x[i] = math.Sin(float64(i * i))
	}
	in := []*tensors.Tensor{engine.New(e, x, 2, 4, 5, 3)}
	for _, p := range s.Params() {
		in = append(in, net.Initial(only{p}, 1, dtypes.Float64)...)
	}
	out, err := f.Call(in...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		a, b := tensors.MustCopyFlatData[float64](out[i]), tensors.MustCopyFlatData[float64](out[4+i])
		for j := range a {
			if !(math.Abs(a[j]-b[j]) <= 1e-12) || len(a) != len(b) {
				t.Fatalf("output %d of image, image gradient, weight's, bias's: [%d] %v and %v", i, j, a[j], b[j])
			}
		}
	}
}

func TestReLUGradientAtZero(t *testing.T) {
	e := open(t)
	f := e.Func("relu", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return graph.Gradient(graph.ReduceAllSum(net.ReLU(in[0])), in[0])
	})
	out, err := f.Call(engine.New(e, []float32{-1, 0, 2}, 3))
	if err != nil {
		t.Fatal(err)
	}
	if got := tensors.MustCopyFlatData[float32](out[0]); !slices.Equal(got, []float32{0, 0, 1}) {
		t.Errorf("%v, want [0 0 1]", got)
	}
}

// TestSinusoid: the lecture's embedding, by its formula.
func TestSinusoid(t *testing.T) {
	e := open(t)
	f := e.Func("sinusoid", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return []*graph.Node{net.Sinusoid(in[0], 32, 1, false), net.Sinusoid(in[0], 8, 0, true)}
	})
	out, err := f.Call(engine.New(e, []float64{0, 7, 299}, 3))
	if err != nil {
		t.Fatal(err)
	}
	a, b := out[0].Value().([][]float64), out[1].Value().([][]float64)
	for i, time := range []float64{0, 7, 299} {
		for k := range 16 {
			angle := time * math.Exp(-float64(k)*math.Log(1e4)/15)
			if !(math.Abs(a[i][k]-math.Sin(angle)) <= 1e-12 && math.Abs(a[i][16+k]-math.Cos(angle)) <= 1e-12) {
				t.Errorf("t %v, k %d: %v and %v", time, k, a[i][k], a[i][16+k])
			}
		}
		for k := range 4 {
			angle := time * math.Pow(10, -float64(k)) // 10000^(-k/4)
			if !(math.Abs(b[i][k]-math.Cos(angle)) <= 1e-12 && math.Abs(b[i][4+k]-math.Sin(angle)) <= 1e-12) {
				t.Errorf("t %v, k %d: %v and %v", time, k, b[i][k], b[i][4+k])
			}
		}
	}
}

// TestInputParts: a network refuses, by its name, parts of an input that it does not take and a
// time that is missing.
func TestInputParts(t *testing.T) {
	m := simple(t)
	for _, c := range []struct {
		parts net.Parts
		want  string
	}{
		{net.Cond, ""},
		{0, "architecture simpleunet needs cond"},
		{net.Cond | net.Class, "architecture simpleunet takes no class: beside x it takes cond"},
		{net.Cond | net.Class | net.Given, "architecture simpleunet takes no class and given"},
	} {
		err := net.CheckParts(m, c.parts)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("parts %v: error %v, want %q", c.parts, err, c.want)
		}
	}
	e := open(t)
	w := net.Initial(m, 1, dtypes.Float32)
	f := e.Func("forward", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		return []*graph.Node{m.Forward(net.Bind(net.Eval, m.Params(), in[:len(w)]), net.Input{X: in[len(w)]})}
	})
	if _, err := f.Call(append(w, engine.New(e, make([]float32, 4*4*3), 1, 4, 4, 3))...); err == nil || !strings.Contains(err.Error(), "needs cond") {
		t.Errorf("error %v", err)
	}
}

// TestDescribe: a network says in a line what it is, also within an energy.
func TestDescribe(t *testing.T) {
	m := simple(t)
	for n, want := range map[net.Network]string{
		m:                    "simpleunet, widths 8 16 24, image channels 3",
		net.Energy{Model: m}: "simpleunet, widths 8 16 24, image channels 3, as an energy",
		net.NewScheduled(m):  "simpleunet",
	} {
		if got := net.Describe(n); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
