package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/gomlx/gomlx/backends"
	_ "github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// open returns a backend by its full configuration, which ends with the test.
func open(t testing.TB, config string) backends.Backend {
	t.Helper()
	b, err := backends.NewWithConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Finalize)
	return b
}

// program builds a computation on any backend.
type program func(b backends.Builder, in []backends.Op) []backends.Op

// must unwraps an operation.
func must(op backends.Op, err error) backends.Op {
	if err != nil {
		panic(err)
	}
	return op
}

// data is an array on the host.
type data struct {
	flat  any
	shape shapes.Shape
}

// randomData fills an array with small numbers, of which some repeat.
func randomData(r *rand.Rand, dt dtypes.DType, dims ...int) data {
	shape := shapes.Make(dt, dims...)
	v := reflect.MakeSlice(reflect.SliceOf(dt.GoType()), shape.Size(), shape.Size())
	for i := range v.Len() {
		e := v.Index(i)
		switch {
		case dt == dtypes.Bool:
			e.SetBool(r.IntN(2) == 0)
		case dt.IsFloat():
			e.SetFloat(math.Round(r.NormFloat64()*64) / 32)
		case dt.IsUnsigned():
			e.SetUint(uint64(r.IntN(6)))
		default:
			e.SetInt(int64(r.IntN(9) - 4))
		}
	}
	return data{v.Interface(), shape}
}

// execute compiles and runs a program.
func execute(b backends.Backend, p program, in []data) (out []data, err error) {
	defer func() {
		if e := recover(); e != nil {
			if cause, ok := e.(error); ok {
				err = fmt.Errorf("%s: %w", b.Name(), cause)
				return
			}
			panic(e)
		}
	}()
	bld := b.Builder("test")
	var ops []backends.Op
	var bufs []backends.Buffer
	for i, x := range in {
		ops = append(ops, must(bld.Parameter(fmt.Sprint("x", i), x.shape, nil)))
		buf, err := b.BufferFromFlatData(0, x.flat, x.shape)
		if err != nil {
			return nil, err
		}
		bufs = append(bufs, buf)
	}
	exe, err := bld.Compile(p(bld, ops), nil)
	if err != nil {
		return nil, err
	}
	for range 2 { // the second run meets used memory
		res, err := exe.Execute(bufs, nil, 0)
		if err != nil {
			return nil, err
		}
		out = nil
		for _, buf := range res {
			shape, _ := b.BufferShape(buf)
			v := reflect.MakeSlice(reflect.SliceOf(shape.DType.GoType()), shape.Size(), shape.Size()).Interface()
			if err := b.BufferToFlatData(buf, v); err != nil {
				return nil, err
			}
			out = append(out, data{v, shape})
			if err := b.BufferFinalize(buf); err != nil {
				return nil, err
			}
		}
	}
	exe.Finalize()
	return out, nil
}

// compare reports the first difference beyond a relative tolerance; float64 is held to 1e-12,
// whatever suits float32.
func compare(got, want data, tol float64) error {
	if !got.shape.Equal(want.shape) {
		return fmt.Errorf("shape %s, want %s", got.shape, want.shape)
	}
	if want.shape.DType == dtypes.Float64 {
		tol = min(tol, 1e-12)
	}
	g, w := reflect.ValueOf(got.flat), reflect.ValueOf(want.flat)
	for i := range g.Len() {
		a, b := g.Index(i).Interface(), w.Index(i).Interface()
		if a == b {
			continue
		}
		x, y := number64(a), number64(b)
		if math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) <= tol*(1+math.Abs(y)) {
			continue
		}
		return fmt.Errorf("element %d of %s is %v, want %v", i, got.shape, a, b)
	}
	return nil
}

func number64(x any) float64 {
	v := reflect.ValueOf(x)
	switch {
	case v.CanFloat():
		return v.Float()
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	case v.Bool():
		return 1
	}
	return 0
}

// configs are the configurations that must agree with the oracle.
var configs = []string{"simd:threads=2", "simd:threads=1,nofuse", "simd:threads=3"}

// agree runs a program on every configuration and on GoMLX's own Go backend.
func agree(t *testing.T, name string, tol float64, p program, in ...data) {
	t.Helper()
	want, err := execute(open(t, "go:ops_sequential"), p, in)
	if err != nil {
		t.Fatalf("%s: oracle: %v", name, err)
	}
	for _, c := range configs {
		got, err := execute(open(t, c), p, in)
		if err != nil {
			t.Errorf("%s: %s: %v", name, c, err)
			continue
		}
		for i := range want {
			if err := compare(got[i], want[i], tol); err != nil {
				t.Errorf("%s: %s: output %d: %v", name, c, i, err)
			}
		}
	}
}

func elementAt(flat any, i int) any { return reflect.ValueOf(flat).Index(i).Interface() }
