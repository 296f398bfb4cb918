package simd

import "github.com/gomlx/gomlx/backends"

// The operations of one, two and three elements that need no more than their name.

// Neg records the elementwise operation.
func (b *Builder) Neg(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeNeg, x) }

// Sign records the elementwise operation.
func (b *Builder) Sign(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeSign, x) }

// Abs records the elementwise operation.
func (b *Builder) Abs(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeAbs, x) }

// LogicalNot records the elementwise operation.
func (b *Builder) LogicalNot(x backends.Op) (backends.Op, error) {
	return b.unary(backends.OpTypeLogicalNot, x)
}

// BitwiseNot records the elementwise operation.
func (b *Builder) BitwiseNot(x backends.Op) (backends.Op, error) {
	return b.unary(backends.OpTypeBitwiseNot, x)
}

// BitCount records the elementwise operation.
func (b *Builder) BitCount(x backends.Op) (backends.Op, error) {
	return b.unary(backends.OpTypeBitCount, x)
}

// Clz records the elementwise operation.
func (b *Builder) Clz(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeClz, x) }

// Exp records the elementwise operation.
func (b *Builder) Exp(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeExp, x) }

// Expm1 records the elementwise operation.
func (b *Builder) Expm1(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeExpm1, x) }

// Log records the elementwise operation.
func (b *Builder) Log(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeLog, x) }

// Log1p records the elementwise operation.
func (b *Builder) Log1p(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeLog1p, x) }

// Logistic records the elementwise operation.
func (b *Builder) Logistic(x backends.Op) (backends.Op, error) {
	return b.unary(backends.OpTypeLogistic, x)
}

// Ceil records the elementwise operation.
func (b *Builder) Ceil(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeCeil, x) }

// Floor records the elementwise operation.
func (b *Builder) Floor(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeFloor, x) }

// Round records the elementwise operation.
func (b *Builder) Round(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeRound, x) }

// Rsqrt records the elementwise operation.
func (b *Builder) Rsqrt(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeRsqrt, x) }

// Sqrt records the elementwise operation.
func (b *Builder) Sqrt(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeSqrt, x) }

// Cos records the elementwise operation.
func (b *Builder) Cos(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeCos, x) }

// Sin records the elementwise operation.
func (b *Builder) Sin(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeSin, x) }

// Tanh records the elementwise operation.
func (b *Builder) Tanh(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeTanh, x) }

// Erf records the elementwise operation.
func (b *Builder) Erf(x backends.Op) (backends.Op, error) { return b.unary(backends.OpTypeErf, x) }

// IsFinite records the elementwise test.
func (b *Builder) IsFinite(x backends.Op) (backends.Op, error) {
	return b.predicate(backends.OpTypeIsFinite, x)
}

// IsNaN records the elementwise test.
func (b *Builder) IsNaN(x backends.Op) (backends.Op, error) {
	return b.predicate(backends.OpTypeIsNaN, x)
}

// Add records the elementwise operation.
func (b *Builder) Add(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeAdd, x, y)
}

// Sub records the elementwise operation.
func (b *Builder) Sub(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeSub, x, y)
}

// Mul records the elementwise operation.
func (b *Builder) Mul(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeMul, x, y)
}

// Div records the elementwise operation.
func (b *Builder) Div(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeDiv, x, y)
}

// Rem records the elementwise operation.
func (b *Builder) Rem(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeRem, x, y)
}

// Pow records the elementwise operation.
func (b *Builder) Pow(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypePow, x, y)
}

// Max records the elementwise operation.
func (b *Builder) Max(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeMax, x, y)
}

// Min records the elementwise operation.
func (b *Builder) Min(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeMin, x, y)
}

// BitwiseAnd records the elementwise operation.
func (b *Builder) BitwiseAnd(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeBitwiseAnd, x, y)
}

// BitwiseOr records the elementwise operation.
func (b *Builder) BitwiseOr(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeBitwiseOr, x, y)
}

// BitwiseXor records the elementwise operation.
func (b *Builder) BitwiseXor(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeBitwiseXor, x, y)
}

// LogicalAnd records the elementwise operation.
func (b *Builder) LogicalAnd(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeLogicalAnd, x, y)
}

// LogicalOr records the elementwise operation.
func (b *Builder) LogicalOr(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeLogicalOr, x, y)
}

// LogicalXor records the elementwise operation.
func (b *Builder) LogicalXor(x, y backends.Op) (backends.Op, error) {
	return b.binary(backends.OpTypeLogicalXor, x, y)
}

// ShiftLeft records the elementwise shift of x by y bits.
func (b *Builder) ShiftLeft(x, y backends.Op) (backends.Op, error) {
	return b.shift(backends.OpTypeShiftLeft, x, y)
}

// ShiftRightArithmetic records the elementwise shift of x by y bits.
func (b *Builder) ShiftRightArithmetic(x, y backends.Op) (backends.Op, error) {
	return b.shift(backends.OpTypeShiftRightArithmetic, x, y)
}

// ShiftRightLogical records the elementwise shift of x by y bits.
func (b *Builder) ShiftRightLogical(x, y backends.Op) (backends.Op, error) {
	return b.shift(backends.OpTypeShiftRightLogical, x, y)
}

// Equal records the elementwise comparison.
func (b *Builder) Equal(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeEqual, x, y)
}

// NotEqual records the elementwise comparison.
func (b *Builder) NotEqual(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeNotEqual, x, y)
}

// GreaterOrEqual records the elementwise comparison.
func (b *Builder) GreaterOrEqual(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeGreaterOrEqual, x, y)
}

// GreaterThan records the elementwise comparison.
func (b *Builder) GreaterThan(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeGreaterThan, x, y)
}

// LessOrEqual records the elementwise comparison.
func (b *Builder) LessOrEqual(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeLessOrEqual, x, y)
}

// LessThan records the elementwise comparison.
func (b *Builder) LessThan(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeLessThan, x, y)
}

// EqualTotalOrder records the elementwise comparison.
func (b *Builder) EqualTotalOrder(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeEqualTotalOrder, x, y)
}

// NotEqualTotalOrder records the elementwise comparison.
func (b *Builder) NotEqualTotalOrder(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeNotEqualTotalOrder, x, y)
}

// GreaterOrEqualTotalOrder records the elementwise comparison.
func (b *Builder) GreaterOrEqualTotalOrder(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeGreaterOrEqualTotalOrder, x, y)
}

// GreaterThanTotalOrder records the elementwise comparison.
func (b *Builder) GreaterThanTotalOrder(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeGreaterThanTotalOrder, x, y)
}

// LessOrEqualTotalOrder records the elementwise comparison.
func (b *Builder) LessOrEqualTotalOrder(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeLessOrEqualTotalOrder, x, y)
}

// LessThanTotalOrder records the elementwise comparison.
func (b *Builder) LessThanTotalOrder(x, y backends.Op) (backends.Op, error) {
	return b.compare(backends.OpTypeLessThanTotalOrder, x, y)
}

// ReduceSum reduces x over axes, over all if none are given.
func (b *Builder) ReduceSum(x backends.Op, axes ...int) (backends.Op, error) {
	return b.reduce(backends.OpTypeReduceSum, x, axes)
}

// ReduceProduct reduces x over axes, over all if none are given.
func (b *Builder) ReduceProduct(x backends.Op, axes ...int) (backends.Op, error) {
	return b.reduce(backends.OpTypeReduceProduct, x, axes)
}

// ReduceMax reduces x over axes, over all if none are given.
func (b *Builder) ReduceMax(x backends.Op, axes ...int) (backends.Op, error) {
	return b.reduce(backends.OpTypeReduceMax, x, axes)
}

// ReduceMin reduces x over axes, over all if none are given.
func (b *Builder) ReduceMin(x backends.Op, axes ...int) (backends.Op, error) {
	return b.reduce(backends.OpTypeReduceMin, x, axes)
}

// ReduceBitwiseAnd reduces x over axes, over all if none are given.
func (b *Builder) ReduceBitwiseAnd(x backends.Op, axes ...int) (backends.Op, error) {
	return b.reduce(backends.OpTypeReduceBitwiseAnd, x, axes)
}

// ReduceBitwiseOr reduces x over axes, over all if none are given.
func (b *Builder) ReduceBitwiseOr(x backends.Op, axes ...int) (backends.Op, error) {
	return b.reduce(backends.OpTypeReduceBitwiseOr, x, axes)
}

// ReduceBitwiseXor reduces x over axes, over all if none are given.
func (b *Builder) ReduceBitwiseXor(x backends.Op, axes ...int) (backends.Op, error) {
	return b.reduce(backends.OpTypeReduceBitwiseXor, x, axes)
}

// ReduceLogicalAnd reduces x over axes, over all if none are given.
func (b *Builder) ReduceLogicalAnd(x backends.Op, axes ...int) (backends.Op, error) {
	return b.reduce(backends.OpTypeReduceLogicalAnd, x, axes)
}

// ReduceLogicalOr reduces x over axes, over all if none are given.
func (b *Builder) ReduceLogicalOr(x backends.Op, axes ...int) (backends.Op, error) {
	return b.reduce(backends.OpTypeReduceLogicalOr, x, axes)
}

// ReduceLogicalXor reduces x over axes, over all if none are given.
func (b *Builder) ReduceLogicalXor(x backends.Op, axes ...int) (backends.Op, error) {
	return b.reduce(backends.OpTypeReduceLogicalXor, x, axes)
}
