package simd

import (
	"unsafe"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"

	"github.com/reverie-go/reverie/engine/simd/internal/vec"
)

// The float32 kernels of package vec take the place of the portable ones; the forms with a scalar
// operand save the program from spreading it over a register.

type f32 = float32

func unary32(f func(dst, a []f32)) kern {
	return func(n int, dst, a, _, _ unsafe.Pointer) { f(view[f32](dst, n), view[f32](a, n)) }
}

func binary32(f func(dst, a, b []f32)) kern {
	return func(n int, dst, a, b, _ unsafe.Pointer) { f(view[f32](dst, n), view[f32](a, n), view[f32](b, n)) }
}

func vectorScalar32(f func(dst, a []f32, s f32)) kern {
	return func(n int, dst, a, b, _ unsafe.Pointer) { f(view[f32](dst, n), view[f32](a, n), *(*f32)(b)) }
}

func scalarVector32(f func(dst []f32, s f32, b []f32)) kern {
	return func(n int, dst, a, b, _ unsafe.Pointer) { f(view[f32](dst, n), *(*f32)(a), view[f32](b, n)) }
}

// swapped32 is the scalar form of a commutative operation whose first operand is the scalar.
func swapped32(f func(dst, a []f32, s f32)) kern {
	return func(n int, dst, a, b, _ unsafe.Pointer) { f(view[f32](dst, n), view[f32](b, n), *(*f32)(a)) }
}

func setScalar(op backends.OpType, in, out dtypes.DType, a, b, c bool, k kern) {
	scalarKerns[scalarKey{kernKey{op, in, out}, [3]bool{a, b, c}}] = k
}

func init() {
	dt := dtypes.Float32
	for op, f := range map[backends.OpType]func(dst, a []f32){
		backends.OpTypeNeg: vec.Neg, backends.OpTypeAbs: vec.Abs, backends.OpTypeSqrt: vec.Sqrt, backends.OpTypeRsqrt: vec.Rsqrt,
		backends.OpTypeExp: vec.Exp, backends.OpTypeExpm1: vec.Expm1, backends.OpTypeLog: vec.Log, backends.OpTypeLog1p: vec.Log1p,
		backends.OpTypeTanh: vec.Tanh, backends.OpTypeLogistic: vec.Logistic, backends.OpTypeErf: vec.Erf,
		backends.OpTypeSin: vec.Sin, backends.OpTypeCos: vec.Cos, backends.OpTypeFloor: vec.Floor, backends.OpTypeCeil: vec.Ceil,
		backends.OpTypeRound: vec.Round, backends.OpTypeSign: vec.Sign,
	} {
		set(op, dt, dt, unary32(f))
	}
	for op, f := range map[backends.OpType]func(dst, a, b []f32){
		backends.OpTypeAdd: vec.Add, backends.OpTypeSub: vec.Sub, backends.OpTypeMul: vec.Mul, backends.OpTypeDiv: vec.Div,
		backends.OpTypeMax: vec.Max, backends.OpTypeMin: vec.Min, backends.OpTypePow: vec.Pow, backends.OpTypeRem: vec.Rem,
	} {
		set(op, dt, dt, binary32(f))
	}
	for op, f := range map[backends.OpType]func(dst, a []f32, s f32){
		backends.OpTypeAdd: vec.AddScalar, backends.OpTypeSub: vec.SubScalar, backends.OpTypeMul: vec.MulScalar,
		backends.OpTypeDiv: vec.DivScalar, backends.OpTypeMax: vec.MaxScalar, backends.OpTypeMin: vec.MinScalar,
		backends.OpTypePow: vec.PowScalar, backends.OpTypeRem: vec.RemScalar,
	} {
		setScalar(op, dt, dt, false, true, false, vectorScalar32(f))
		switch op {
		case backends.OpTypeAdd, backends.OpTypeMul, backends.OpTypeMax, backends.OpTypeMin:
			setScalar(op, dt, dt, true, false, false, swapped32(f))
		}
	}
	for op, f := range map[backends.OpType]func(dst []f32, s f32, b []f32){
		backends.OpTypeSub: vec.ScalarSub, backends.OpTypeDiv: vec.ScalarDiv, backends.OpTypePow: vec.ScalarPow, backends.OpTypeRem: vec.ScalarRem,
	} {
		setScalar(op, dt, dt, true, false, false, scalarVector32(f))
	}
	compare32()
	select32()
	set(backends.OpTypeConvertDType, dtypes.Bool, dt, func(n int, dst, a, _, _ unsafe.Pointer) {
		vec.FromMask(view[f32](dst, n), view[bool](a, n))
	})
	set(backends.OpTypeConvertDType, dtypes.Int32, dt, func(n int, dst, a, _, _ unsafe.Pointer) {
		vec.FromInt32(view[f32](dst, n), view[int32](a, n))
	})
	set(backends.OpTypeConvertDType, dtypes.Uint8, dt, func(n int, dst, a, _, _ unsafe.Pointer) {
		vec.FromUint8(view[f32](dst, n), view[uint8](a, n))
	})
}

// compare32 registers comparisons; a scalar on the left turns them round.
func compare32() {
	dt := dtypes.Float32
	type vv = func(dst []bool, a, b []f32)
	type vs = func(dst []bool, a []f32, s f32)
	for op, f := range map[backends.OpType]struct {
		plain       vv
		right, left vs
	}{
		backends.OpTypeEqual:          {vec.Equal, vec.EqualScalar, vec.EqualScalar},
		backends.OpTypeNotEqual:       {vec.NotEqual, vec.NotEqualScalar, vec.NotEqualScalar},
		backends.OpTypeLessThan:       {vec.Less, vec.LessScalar, vec.GreaterScalar},
		backends.OpTypeLessOrEqual:    {vec.LessEqual, vec.LessEqualScalar, vec.GreaterEqualScalar},
		backends.OpTypeGreaterThan:    {vec.Greater, vec.GreaterScalar, vec.LessScalar},
		backends.OpTypeGreaterOrEqual: {vec.GreaterEqual, vec.GreaterEqualScalar, vec.LessEqualScalar},
	} {
		set(op, dt, dtypes.Bool, func(n int, dst, a, b, _ unsafe.Pointer) {
			f.plain(view[bool](dst, n), view[f32](a, n), view[f32](b, n))
		})
		setScalar(op, dt, dtypes.Bool, false, true, false, func(n int, dst, a, b, _ unsafe.Pointer) {
			f.right(view[bool](dst, n), view[f32](a, n), *(*f32)(b))
		})
		setScalar(op, dt, dtypes.Bool, true, false, false, func(n int, dst, a, b, _ unsafe.Pointer) {
			f.left(view[bool](dst, n), view[f32](b, n), *(*f32)(a))
		})
	}
}

func select32() {
	op, dt := backends.OpTypeWhere, dtypes.Float32
	set(op, dtypes.Bool, dt, func(n int, dst, a, b, c unsafe.Pointer) {
		vec.Select(view[f32](dst, n), view[bool](a, n), view[f32](b, n), view[f32](c, n))
	})
	setScalar(op, dtypes.Bool, dt, false, false, true, func(n int, dst, a, b, c unsafe.Pointer) {
		vec.SelectScalar(view[f32](dst, n), view[bool](a, n), view[f32](b, n), *(*f32)(c))
	})
	setScalar(op, dtypes.Bool, dt, false, true, false, func(n int, dst, a, b, c unsafe.Pointer) {
		vec.ScalarSelect(view[f32](dst, n), view[bool](a, n), *(*f32)(b), view[f32](c, n))
	})
}
