package simd

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/notimplemented"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

var (
	opType    = reflect.TypeFor[backends.Op]()
	errorType = reflect.TypeFor[error]()
)

// operands are arguments for a method of the builder: x for every operand, the zero value for the
// rest.
func operands(method reflect.Type, x backends.Op) []reflect.Value {
	var in []reflect.Value
	for i := range method.NumIn() {
		switch t := method.In(i); {
		case t == opType:
			in = append(in, reflect.ValueOf(&x).Elem())
		case method.IsVariadic() && i == method.NumIn()-1:
		default:
			in = append(in, reflect.Zero(t))
		}
	}
	return in
}

// errorOf calls a method of the builder and returns its error.
func errorOf(m reflect.Value, in []reflect.Value) error {
	out := m.Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

// TestMissing calls every operation that the capabilities lack: the error says so and names it.
func TestMissing(t *testing.T) {
	b := open(t, "simd").Builder("missing")
	x := must(b.Parameter("x", shapes.Make(dtypes.Float32, 4), nil))
	has := open(t, "simd").Capabilities().Operations
	tried := 0
	for op := backends.OpTypeInvalid + 1; op < backends.OpTypeLast; op++ {
		m := reflect.ValueOf(b).MethodByName(op.String())
		if has[op] {
			if !m.IsValid() && !strings.HasPrefix(op.String(), "BatchNorm") {
				t.Errorf("%s is a capability and no method", op)
			}
			continue
		}
		if !m.IsValid() { // GoMLX numbers it but has no such method
			continue
		}
		tried++
		if err := errorOf(m, operands(m.Type(), x)); !errors.Is(err, notimplemented.NotImplementedError) || !strings.Contains(err.Error(), op.String()) {
			t.Errorf("%s: error %v, want one that is NotImplementedError and names the operation", op, err)
		}
	}
	if tried < 6 { // AllReduce, Complex, Conj, FFT, Imag, Real
		t.Errorf("only %d operations were tried", tried)
	}
}

// lacksType reports whether an operation has no meaning on a type. It knows the obvious ones only.
func lacksType(op string, dt dtypes.DType) bool {
	is := func(ops string) bool { return strings.Contains(" "+ops+" ", " "+op+" ") }
	switch {
	case is("LogicalAnd LogicalOr LogicalXor LogicalNot ReduceLogicalAnd ReduceLogicalOr ReduceLogicalXor"):
		return dt != dtypes.Bool
	case is("BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitCount Clz ShiftLeft ShiftRightArithmetic ShiftRightLogical"),
		is("ReduceBitwiseAnd ReduceBitwiseOr ReduceBitwiseXor"):
		return !dt.IsInt()
	case is("Exp Expm1 Log Log1p Logistic Ceil Floor Round Rsqrt Sqrt Cos Sin Tanh Erf"):
		return !dt.IsFloat()
	case is("Add Sub Mul Div Rem Pow Neg Abs Sign ReduceSum ReduceProduct"):
		return dt == dtypes.Bool
	}
	return false
}

// TestMissingTypes calls every operation of one or two operands, and every reduction, on every
// type: an error names the operation and the type, and there is one wherever the operation has no
// meaning.
func TestMissingTypes(t *testing.T) {
	b := open(t, "simd").Builder("types")
	builder := reflect.ValueOf(b)
	refused := 0
	for _, dt := range supported {
		x := must(b.Parameter(dt.String(), shapes.Make(dt, 4), nil))
		for op := backends.OpTypeInvalid + 1; op < backends.OpTypeLast; op++ {
			m := builder.MethodByName(op.String())
			if !open(t, "simd").Capabilities().Operations[op] || !m.IsValid() || !ofOperands(m.Type()) {
				continue
			}
			err := errorOf(m, operands(m.Type(), x))
			if err == nil {
				if lacksType(op.String(), dt) {
					t.Errorf("%s of %s is no error", op, dt)
				}
				continue
			}
			refused++
			if !strings.Contains(err.Error(), op.String()) || !strings.Contains(err.Error(), dt.String()) {
				t.Errorf("%s of %s: error %q, want one that names both", op, dt, err)
			}
		}
	}
	if refused < 200 {
		t.Errorf("only %d errors were seen", refused)
	}
}

// ofOperands reports whether a method takes operands, perhaps some axes, and nothing else, and
// returns one result.
func ofOperands(m reflect.Type) bool {
	for i := range m.NumIn() {
		if m.In(i) != opType && !(m.IsVariadic() && m.In(i) == reflect.TypeFor[[]int]()) {
			return false
		}
	}
	return m.NumIn() > 0 && m.NumOut() == 2 && m.Out(0) == opType && m.Out(1) == errorType
}

// TestMissingInputs checks that inputs and conversions of a type without kernels are errors that
// name it.
func TestMissingInputs(t *testing.T) {
	b := open(t, "simd").Builder("inputs")
	x := must(b.Parameter("x", shapes.Make(dtypes.Float32, 4), nil))
	for _, dt := range []dtypes.DType{dtypes.Complex64, dtypes.Complex128, dtypes.Float16, dtypes.BFloat16} {
		_, parameter := b.Parameter("z", shapes.Make(dt, 4), nil)
		_, convert := b.ConvertDType(x, dt)
		_, iota := b.Iota(shapes.Make(dt, 4), 0)
		_, bitcast := b.Bitcast(x, dt)
		for what, err := range map[string]error{"parameter": parameter, "ConvertDType": convert, "Iota": iota, "Bitcast": bitcast} {
			if err == nil || !strings.Contains(err.Error(), dt.String()) || !strings.Contains(err.Error(), what) {
				t.Errorf("%s of %s: error %v, want one that names both", what, dt, err)
			}
		}
	}
}
