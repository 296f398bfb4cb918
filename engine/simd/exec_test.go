package simd

import (
	"slices"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
)

// adam is a step of Adam: parameters w, m, v, g; results w, m, v.
func adam(b backends.Builder, in []backends.Op) []backends.Op {
	c := func(v float32) backends.Op { return must(b.Constant([]float32{v})) }
	w, m, v, g := in[0], in[1], in[2], in[3]
	m = must(b.Add(must(b.Mul(m, c(.9))), must(b.Mul(g, c(.1)))))
	v = must(b.Add(must(b.Mul(v, c(.99))), must(b.Mul(must(b.Mul(g, g)), c(.01)))))
	step := must(b.Div(m, must(b.Add(must(b.Sqrt(v)), c(1e-8)))))
	return []backends.Op{must(b.Sub(w, must(b.Mul(step, c(1e-3))))), m, v}
}

// TestDonation checks that an update of donated inputs runs in one pass in their memory, gives the
// same values as without donation, and leaves the inputs invalid.
func TestDonation(t *testing.T) {
	b := open(t, "simd:threads=2")
	shape := shapes.Make(dtypes.Float32, 300, 100)
	bld := b.Builder("adam")
	var ops []backends.Op
	for _, name := range []string{"w", "m", "v", "g"} {
		ops = append(ops, must(bld.Parameter(name, shape, nil)))
	}
	compiled, err := bld.Compile(adam(bld, ops), nil)
	if err != nil {
		t.Fatal(err)
	}
	exe := compiled.(*Executable)
	if len(exe.steps) != 1 {
		t.Errorf("an update takes %d steps", len(exe.steps))
	}
	inputs := func() (in []backends.Buffer, at []*byte) {
		for i := range uint64(4) {
			x := randomData(newRand(i), dtypes.Float32, 300, 100)
			mapData(x, func(v float64) float64 { return max(v, -v) })
			buf, err := b.BufferFromFlatData(0, x.flat, shape)
			if err != nil {
				t.Fatal(err)
			}
			in, at = append(in, buf), append(at, &buf.(*Buffer).mem[0])
		}
		return in, at
	}
	kept, _ := inputs()
	want, err := exe.Execute(kept, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	given, at := inputs()
	got, err := exe.Execute(given, []bool{true, true, true, false}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if !slices.Contains(at[:3], &got[i].(*Buffer).mem[0]) {
			t.Errorf("result %d is in new memory", i)
		}
		if !slices.Equal(want[i].(*Buffer).mem, got[i].(*Buffer).mem) {
			t.Errorf("result %d differs from the one without donation", i)
		}
		if _, err := b.BufferShape(given[i]); err == nil {
			t.Errorf("donated input %d is still valid", i)
		}
	}
	if _, err := b.BufferShape(given[3]); err != nil {
		t.Errorf("the input that was not donated: %v", err)
	}
	if _, err := exe.Execute(given, nil, 0); err == nil {
		t.Error("executing with donated inputs again is no error")
	}
}

// TestThreads checks that the bits of random programs do not depend on the number of threads.
func TestThreads(t *testing.T) {
	for seed := range uint64(60) {
		p, in := randomProgram(1000 + seed)
		var want []data
		for _, c := range []string{"simd:threads=1", "simd:threads=2", "simd:threads=5"} {
			got, err := execute(open(t, c), p, in)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if want == nil {
					break
				}
				a, _, _ := bytesOf(got[i].flat)
				b, _, _ := bytesOf(want[i].flat)
				if !slices.Equal(a, b) {
					t.Fatalf("seed %d: output %d differs between 1 thread and %s", seed, i, c)
				}
			}
			if want == nil {
				want = got
			}
		}
	}
}

// TestLevels runs random programs on every set of kernels.
func TestLevels(t *testing.T) {
	isa.Each(t, func(t *testing.T) {
		for seed := range uint64(20) {
			p, in := randomProgram(2000 + seed)
			agree(t, "level", 2e-4, p, in...)
		}
	})
}

// TestConcurrent executes one computation from several goroutines.
func TestConcurrent(t *testing.T) {
	b := open(t, "simd:threads=2")
	p, in := randomProgram(77)
	want, err := execute(b, p, in)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				got, err := execute(b, p, in)
				if err != nil {
					t.Error(err)
					return
				}
				for i := range want {
					if err := compare(got[i], want[i], 0); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestOutputs returns parameters, constants, views, and one node twice.
func TestOutputs(t *testing.T) {
	x := data{[]float32{1, 2, 3, 4, 5, 6}, shapes.Make(dtypes.Float32, 2, 3)}
	p := func(b backends.Builder, in []backends.Op) []backends.Op {
		tr := must(b.Transpose(in[0], 1, 0))
		return []backends.Op{in[0], tr, tr, must(b.Constant([]int64{7, 8}, 2)), must(b.Reverse(in[0], 1))}
	}
	want := []data{
		x, {[]float32{1, 4, 2, 5, 3, 6}, shapes.Make(dtypes.Float32, 3, 2)}, {[]float32{1, 4, 2, 5, 3, 6}, shapes.Make(dtypes.Float32, 3, 2)},
		{[]int64{7, 8}, shapes.Make(dtypes.Int64, 2)}, {[]float32{3, 2, 1, 6, 5, 4}, x.shape},
	}
	for _, c := range configs {
		got, err := execute(open(t, c), p, []data{x})
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if err := compare(got[i], want[i], 0); err != nil {
				t.Errorf("%s: output %d: %v", c, i, err)
			}
		}
	}
}

// TestPack checks that pieces of the arena which are needed at one time never overlap.
func TestPack(t *testing.T) {
	r := newRand(5)
	for range 50 {
		var spans []span
		offsets := make([]int, 60)
		for i := range offsets {
			first := r.IntN(30)
			spans = append(spans, span{bytes: 64 * r.IntN(20), first: first, last: first + r.IntN(8), offset: &offsets[i]})
		}
		total := pack(spans)
		for i, a := range spans {
			if *a.offset+a.bytes > total {
				t.Fatal("a span reaches beyond the arena")
			}
			for _, b := range spans[:i] {
				together := a.first <= b.last && b.first <= a.last
				if together && *a.offset < *b.offset+b.bytes && *b.offset < *a.offset+a.bytes {
					t.Fatalf("%+v at %d and %+v at %d overlap", a, *a.offset, b, *b.offset)
				}
			}
		}
	}
}
