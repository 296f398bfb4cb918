package net_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/mlp"
	"github.com/reverie-go/reverie/net/simpleunet"
	"github.com/reverie-go/reverie/net/unet"
)

// told are networks of every architecture that takes a class, each with the same without one.
func told(t *testing.T, n int) [][2]net.Model {
	t.Helper()
	must := func(m net.Model, err error) net.Model {
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	u := unet.Config{BlockOutChannels: []int{4, 8}, NormNumGroups: 2, DownBlockTypes: []string{"DownBlock2D", "DownBlock2D"}, UpBlockTypes: []string{"UpBlock2D", "UpBlock2D"}, AttentionHeadDim: 4, LayersPerBlock: 1}
	all := [][2]net.Model{
		{nil, must(simpleunet.New(simpleunet.Config{Channels: []int{4, 8}}))},
		{nil, must(unet.New(u))},
		{nil, must(mlp.New(mlp.Config{Width: 8, Depth: 1}))},
	}
	u.NumClassEmbeds = &n
	all[0][0] = must(simpleunet.New(simpleunet.Config{Channels: []int{4, 8}, NumClassEmbeds: n}))
	all[1][0] = must(unet.New(u))
	all[2][0] = must(mlp.New(mlp.Config{Width: 8, Depth: 1, NumClassEmbeds: n}))
	return all
}

// TestClassRefused: a class is refused where none is taken, and missed where one is, by the name of
// the architecture; so is a number for a vector and the other way round.
func TestClassRefused(t *testing.T) {
	for _, m := range told(t, 3) {
		with, without := m[0], m[1]
		for _, c := range []struct {
			m     net.Model
			parts net.Parts
			want  string
		}{
			{with, net.Cond | net.Class, ""},
			{with, net.Cond, "architecture %s needs class"},
			{without, net.Cond, ""},
			{without, net.Cond | net.Class, "architecture %s takes no class: beside x it takes cond"},
			{net.Energy{Model: with}, net.Cond, "architecture %s needs class"},
		} {
			err, want := net.CheckParts(c.m, c.parts), strings.Replace(c.want, "%s", with.Arch(), 1)
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("parts %v: error %v, want %q", c.parts, err, want)
			}
		}
		if _, err := call(t, with, 2, []int{2, 3}); err == nil || !strings.Contains(err.Error(), "takes a number for each class, [N], not [2 3]") {
			t.Errorf("%s: error %v", with.Arch(), err)
		}
	}
	identity := "identity"
	m, err := unet.New(unet.Config{ClassEmbedType: &identity, BlockOutChannels: []int{32, 32}, TimeEmbeddingDim: 6, DownBlockTypes: []string{"DownBlock2D", "DownBlock2D"}, UpBlockTypes: []string{"UpBlock2D", "UpBlock2D"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, shape := range [][]int{{2}, {2, 5}} {
		want := fmt.Sprintf("takes a vector of 6 numbers for each class, [N,6], not %v", shape)
		if _, err := call(t, m, 2, shape); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	if _, err := call(t, m, 2, []int{2, 6}); err != nil {
		t.Error(err)
	}
}

// call runs a network on n samples of zeros and a class of a shape.
func call(t *testing.T, m net.Model, n int, class []int) (*tensors.Tensor, error) {
	t.Helper()
	e := open(t)
	size, shape := 4, []int{n, 4, 4, 3}
	if m.Check(1, 1) == nil {
		size, shape = 1, []int{n, 1, 1, 2}
	}
	w := net.Initial(m, 1, dtypes.Float32)
	f := e.Func("forward", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		v, in := net.Bind(net.Eval, m.Params(), in[:len(w)]), in[len(w):]
		return []*graph.Node{m.Forward(v, net.Input{X: in[0], Cond: in[1], Class: in[2]})}
	})
	count := 1
	for _, d := range class {
		count *= d
	}
	return f.Call1(append(w, engine.New(e, make([]float32, n*size*size*shape[3]), shape...), engine.New(e, make([]float32, n), n), engine.New(e, make([]float32, count), class...))...)
}

// TestClassParams: a class adds one parameter, its table, and the other names are those of the
// network without.
func TestClassParams(t *testing.T) {
	names := func(m net.Model) (all []string) {
		for _, p := range m.Params() {
			all = append(all, p.Name)
		}
		return all
	}
	for _, m := range told(t, 3) {
		c, ok := net.ClassesOf(net.NewScheduled(net.Energy{Model: m[0]}))
		if !ok || c != (net.Classes{Numbers: 3}) {
			t.Errorf("%s: classes %+v, %v", m[0].Arch(), c, ok)
		}
		if _, ok := net.ClassesOf(m[1]); ok {
			t.Errorf("%s takes classes without a table", m[1].Arch())
		}
		rest := slices.DeleteFunc(names(m[0]), func(name string) bool { return name == "class_embedding.weight" })
		if len(rest) != len(m[0].Params())-1 || !slices.Equal(rest, names(m[1])) {
			t.Errorf("%s: %q beside %q", m[0].Arch(), rest, names(m[1]))
		}
		if got := net.Describe(m[0]); !strings.HasSuffix(got, "classes by 3 numbers") {
			t.Errorf("described as %q", got)
		}
	}
}

// TestClassGradient compares the gradient by the table with finite differences, where several
// samples are of one class, one class has none, and one number has no row.
func TestClassGradient(t *testing.T) {
	e := open(t)
	const rows, width = 4, 3
	s := net.NewScope()
	table := net.NewEmbedding(s, rows, width)
	f := e.Func("gradient", func(_ *graph.Graph, in []*graph.Node) []*graph.Node {
		y := table.Forward(net.Bind(net.Eval, s.Params(), in[:1]), in[1])
		loss := graph.ReduceAllSum(graph.Mul(graph.Sin(y), in[2])) // a weight each, so that no two samples say the same
		return []*graph.Node{loss, graph.Gradient(loss, in[0])[0], y}
	})
	weight := tensors.MustCopyFlatData[float64](net.Initial(tableOnly{params: s.Params()}, 1, dtypes.Float64)[0])
	class, each := []float64{2, 0, 2, 2, 7}, make([]float64, 5*width)
	for i := range each {
		each[i] = 1 + float64(i)/7
	}
	run := func(w []float64) []*tensors.Tensor {
		out, err := f.Call(engine.New(e, w, rows, width), engine.New(e, class, len(class)), engine.New(e, each, len(class), width))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	out := run(weight)
	gradient, y := tensors.MustCopyFlatData[float64](out[1]), tensors.MustCopyFlatData[float64](out[2])
	for i, k := range class {
		for j := range width {
			want := 0.0
			if k < rows {
				want = weight[int(k)*width+j]
			}
			if y[i*width+j] != want {
				t.Errorf("sample %d of class %v: %v, want exactly %v", i, k, y[i*width+j], want)
			}
		}
	}
	const h = 1e-5
	for i := range weight {
		at := func(d float64) float64 {
			w := slices.Clone(weight)
			w[i] += d
			return tensors.ToScalar[float64](run(w)[0])
		}
		if want := (at(h) - at(-h)) / (2 * h); !(math.Abs(gradient[i]-want) <= 1e-8) { // h^2 and 1e-16/h
			t.Errorf("gradient %d is %v, finite difference %v", i, gradient[i], want)
		}
	}
}

// tableOnly is a network of parameters alone.
type tableOnly struct {
	net.Network
	params []*net.Param
}

func (n tableOnly) Params() []*net.Param { return n.params }

// TestNormalInit checks the law of a table: mean 0 and variance 1 of n numbers within 5 standard
// errors, 1/sqrt(n) and sqrt(2/n), more than one stream's stretch of them, all of them different.
func TestNormalInit(t *testing.T) {
	s := net.NewScope()
	net.NewEmbedding(s, 150, 200)
	v := tensors.MustCopyFlatData[float32](net.Initial(tableOnly{params: s.Params()}, 3, dtypes.Float32)[0])
	n, sum, squares, beyond := float64(len(v)), 0.0, 0.0, 0.0
	for _, x := range v {
		sum, squares = sum+float64(x), squares+float64(x)*float64(x)
		if math.Abs(float64(x)) > 2 {
			beyond++
		}
	}
	share := math.Erfc(math.Sqrt2) // outside of two deviations
	if !(math.Abs(sum/n) <= 5/math.Sqrt(n) && math.Abs(squares/n-1) <= 5*math.Sqrt(2/n) && math.Abs(beyond/n-share) <= 5*math.Sqrt(share/n)) {
		t.Errorf("mean %v, mean square %v, share beyond 2 %v of a standard normal law", sum/n, squares/n, beyond/n)
	}
	slices.Sort(v)
	if len(slices.Compact(v)) < int(0.99*n) {
		t.Error("the numbers repeat")
	}
}
