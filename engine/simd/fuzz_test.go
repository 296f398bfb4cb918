package simd

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// grower grows a random program.
type grower struct {
	r   *rand.Rand
	b   backends.Builder
	ops []backends.Op // all of float type
}

func (g *grower) shape(op backends.Op) shapes.Shape {
	s, err := g.b.OpShape(op)
	if err != nil {
		panic(err)
	}
	return s
}

// pick prefers recent nodes.
func (g *grower) pick() backends.Op {
	i := len(g.ops) - 1 - min(g.r.IntN(len(g.ops)), g.r.IntN(len(g.ops)))
	return g.ops[i]
}

func (g *grower) push(op backends.Op) { g.ops = append(g.ops, op) }

// alike returns a node of the given shape made from another one.
func (g *grower) alike(s shapes.Shape) backends.Op {
	var same []backends.Op
	for _, op := range g.ops {
		if g.shape(op).Equal(s) {
			same = append(same, op)
		}
	}
	if len(same) > 0 && g.r.IntN(4) > 0 {
		return same[g.r.IntN(len(same))]
	}
	// Reduce something to a vector of the last axis or to a scalar and repeat it.
	for range 8 {
		op := g.pick()
		have := g.shape(op)
		for a := range s.Dimensions {
			if have.Rank() > 0 && have.Dimensions[have.Rank()-1] == s.Dimensions[a] && s.Dimensions[a] > 1 {
				if have.Rank() > 1 {
					var axes []int
					for i := range have.Rank() - 1 {
						axes = append(axes, i)
					}
					op = must(g.b.ReduceMax(op, axes...))
				}
				return must(g.b.BroadcastInDim(op, s, []int{a}))
			}
		}
	}
	return must(g.b.BroadcastInDim(must(g.b.Constant([]float32{float32(g.r.IntN(7)) / 4})), s, nil))
}

// aside is alike moved off what may be equal but for rounding, which no comparison is to hang on.
func (g *grower) aside(s shapes.Shape) backends.Op {
	return must(g.b.Add(g.alike(s), must(g.b.Constant([]float32{0.0137}))))
}

// step adds one random node.
func (g *grower) step() {
	b, r := g.b, g.r
	x := g.pick()
	s := g.shape(x)
	switch r.IntN(18) {
	case 0:
		g.push(must(b.Add(x, g.alike(s))))
	case 1:
		g.push(must(b.Sub(x, g.alike(s))))
	case 2:
		g.push(must(b.Mul(must(b.Tanh(x)), g.alike(s))))
	case 3:
		g.push(must(b.Max(x, g.alike(s))))
	case 4:
		g.push(must(b.Neg(x)))
	case 5:
		g.push(must(b.Logistic(x)))
	case 6:
		c := must(b.GreaterThan(x, g.aside(s)))
		g.push(must(b.Where(c, x, g.alike(s))))
	case 7:
		c := must(b.LessOrEqual(x, g.aside(s)))
		g.push(must(b.ConvertDType(c, dtypes.Float32)))
	case 8, 9: // reduce and repeat: a normalisation
		if s.Rank() == 0 {
			return
		}
		var axes, rest []int
		for a := range s.Rank() {
			if r.IntN(2) == 0 {
				axes = append(axes, a)
			} else {
				rest = append(rest, a)
			}
		}
		if len(axes) == 0 {
			return
		}
		n := 1
		for _, a := range axes {
			n *= s.Dimensions[a]
		}
		m := must(b.Mul(must(b.ReduceSum(x, axes...)), must(b.Constant([]float32{1 / float32(n)}))))
		g.push(m)
		g.push(must(b.Sub(x, must(b.BroadcastInDim(m, s, rest)))))
	case 10:
		perm := r.Perm(s.Rank())
		g.push(must(b.Transpose(x, perm...)))
	case 11:
		dims := slices.Clone(s.Dimensions)
		r.Shuffle(len(dims), func(i, j int) { dims[i], dims[j] = dims[j], dims[i] })
		g.push(must(b.Reshape(x, dims...)))
	case 12:
		if s.Rank() == 0 {
			return
		}
		starts, limits, strides := make([]int, s.Rank()), slices.Clone(s.Dimensions), make([]int, s.Rank())
		for a := range strides {
			strides[a] = 1 + r.IntN(2)
			starts[a] = r.IntN(s.Dimensions[a])
		}
		g.push(must(b.Slice(x, starts, limits, strides)))
	case 13:
		if s.Rank() == 0 || s.Size() > 20000 {
			return
		}
		g.push(must(b.Concatenate(r.IntN(s.Rank()), x, g.alike(s))))
	case 14:
		if s.Rank() == 0 || s.Rank() > 3 {
			return
		}
		g.push(must(b.Reshape(x, append([]int{1}, s.Dimensions...)...)))
	case 15:
		if s.Rank() != 2 || s.Dimensions[0] > 256 {
			return
		}
		g.push(must(b.Tanh(must(b.DotGeneral(x, []int{1}, nil, x, []int{1}, nil)))))
	case 16: // one view twice
		v := must(b.Reshape(must(b.Tanh(x)), s.Size()))
		g.push(must(b.Mul(v, v)))
	case 17: // two views of one array
		row := must(b.Tanh(must(b.Reshape(x, 1, s.Size()))))
		g.push(must(b.Mul(must(b.Transpose(row, 1, 0)), must(b.Reshape(row, s.Size(), 1)))))
	}
}

// randomProgram returns a program that a seed determines, and its inputs.
func randomProgram(seed uint64) (program, []data) {
	r := rand.New(rand.NewPCG(seed, 1))
	sizes := []int{1, 2, 3, 4, 5, 8, 16, 31, 64, 700}
	var in []data
	for range 2 + r.IntN(2) {
		var dims []int
		n := 1
		for range 1 + r.IntN(4) {
			d := sizes[r.IntN(len(sizes))]
			if n*d <= 40000 {
				dims = append(dims, d)
				n *= d
			}
		}
		in = append(in, randomData(r, dtypes.Float32, dims...))
	}
	steps := 4 + r.IntN(28)
	next := r.Uint64()
	return func(b backends.Builder, params []backends.Op) []backends.Op {
		g := &grower{r: rand.New(rand.NewPCG(next, 2)), b: b, ops: slices.Clone(params)}
		for range steps {
			g.step()
		}
		// Outputs that GoMLX's backend accepts: different nodes.
		var outs []backends.Op
		for i := len(g.ops) - 1; i >= 0 && len(outs) < 4; i -= 1 + g.r.IntN(3) {
			outs = append(outs, must(b.Abs(must(b.Add(g.ops[i], must(b.Constant([]float32{float32(i)})))))))
		}
		return outs
	}, in
}

// TestRandomPrograms compares fused and unfused execution of random programs with GoMLX's own
// backend, whose nodes run one by one.
func TestRandomPrograms(t *testing.T) {
	defer func(n int) { largeLoop = n }(largeLoop)
	n := 300
	if testing.Short() {
		n = 60
	}
	for seed := range uint64(n) {
		largeLoop = []int{1, 1 << 14}[seed%2]
		p, in := randomProgram(seed)
		agree(t, "seed "+string(rune('0'+seed%10)), 2e-4, p, in...)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestOneMemberTwice checks loops that read one of their members under two views: its register is
// free once.
func TestOneMemberTwice(t *testing.T) {
	defer func(n int) { largeLoop = n }(largeLoop)
	largeLoop = 1
	r := newRand(3)
	x, z := randomData(r, dtypes.Float32, 1, 96), randomData(r, dtypes.Float32, 96, 1)
	agree(t, "two views", 1e-6, func(b backends.Builder, in []backends.Op) []backends.Op {
		row := must(b.Tanh(in[0]))
		square := must(b.Mul(must(b.Transpose(row, 1, 0)), must(b.Reshape(row, 96, 1))))
		return []backends.Op{must(b.Add(square, must(b.Logistic(in[1]))))}
	}, x, z)
	// The square is computed again in the loop that needs its sum.
	x, z = randomData(r, dtypes.Float32, 8, 12), randomData(r, dtypes.Float32, 96)
	agree(t, "a recomputed square", 1e-6, func(b backends.Builder, in []backends.Op) []backends.Op {
		flat := must(b.Reshape(must(b.Tanh(in[0])), 96))
		square := must(b.Mul(flat, flat))
		sum := must(b.BroadcastInDim(must(b.ReduceSum(square, 0)), shapes.Make(dtypes.Float32, 96), nil))
		return []backends.Op{must(b.Add(must(b.Mul(square, sum)), must(b.Logistic(in[1]))))}
	}, x, z)
}

// TestInPlace checks a loop that reads whole tiles of an array in another order than it writes
// them: it must not write over what it has still to read.
func TestInPlace(t *testing.T) {
	x := randomData(newRand(4), dtypes.Float32, 3, 5, 700)
	agree(t, "transposed rows", 1e-6, func(b backends.Builder, in []backends.Op) []backends.Op {
		turned := must(b.Cos(must(b.Transpose(must(b.Tanh(in[0])), 1, 0, 2))))
		return []backends.Op{must(b.Neg(must(b.Transpose(turned, 2, 1, 0))))}
	}, x)
}
