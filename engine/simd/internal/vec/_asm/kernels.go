package main

// A kernel is one function of the package: its name, parameters, result, what the portable level
// calls, and the reference loop that becomes the doc comment of the assembly stubs.
type kernel struct {
	name, params, result, generic, doc string
}

const (
	vv = "dst, a, b []float32"
	vs = "dst, a []float32, s float32"
	v1 = "dst, a []float32"
)

// kernels is the table from which the dispatch files and the stubs are made.
var kernels = []kernel{
	{"add", vv, "", "AddOf(dst, a, b)", "for i := range dst { dst[i] = a[i] + b[i] }"},
	{"sub", vv, "", "SubOf(dst, a, b)", "for i := range dst { dst[i] = a[i] - b[i] }"},
	{"mul", vv, "", "MulOf(dst, a, b)", "for i := range dst { dst[i] = a[i] * b[i] }"},
	{"div", vv, "", "DivOf(dst, a, b)", "for i := range dst { dst[i] = a[i] / b[i] }"},
	{"maximum", vv, "", "MaxOf(dst, a, b)", "for i := range dst { dst[i] = max(a[i], b[i]) }"},
	{"minimum", vv, "", "MinOf(dst, a, b)", "for i := range dst { dst[i] = min(a[i], b[i]) }"},
	{"powPositive", vv, "", "PowOf(dst, a, b)", "for i := range dst { dst[i] = pow(a[i], b[i]) } // 0 < a[i] < Inf, b[i] finite"},

	{"addScalar", vs, "", "AddScalarOf(dst, a, s)", "for i := range dst { dst[i] = a[i] + s }"},
	{"scalarSub", vs, "", "ScalarSubOf(dst, s, a)", "for i := range dst { dst[i] = s - a[i] }"},
	{"mulScalar", vs, "", "MulScalarOf(dst, a, s)", "for i := range dst { dst[i] = a[i] * s }"},
	{"divScalar", vs, "", "DivScalarOf(dst, a, s)", "for i := range dst { dst[i] = a[i] / s }"},
	{"scalarDiv", vs, "", "ScalarDivOf(dst, s, a)", "for i := range dst { dst[i] = s / a[i] }"},
	{"maxScalar", vs, "", "MaxScalarOf(dst, a, s)", "for i := range dst { dst[i] = max(a[i], s) } // s is not NaN"},
	{"minScalar", vs, "", "MinScalarOf(dst, a, s)", "for i := range dst { dst[i] = min(a[i], s) } // s is not NaN"},
	{"powScalarPositive", vs, "", "PowScalarOf(dst, a, s)", "for i := range dst { dst[i] = pow(a[i], s) } // 0 < a[i] < Inf, s finite"},
	{"scalarPowPositive", vs, "", "ScalarPowOf(dst, s, a)", "for i := range dst { dst[i] = pow(s, a[i]) } // 0 < s < Inf, a[i] finite"},

	{"neg", v1, "", "NegOf(dst, a)", "for i := range dst { dst[i] = -a[i] }"},
	{"abs", v1, "", "AbsOf(dst, a)", "for i := range dst { dst[i] = abs(a[i]) }"},
	{"sign", v1, "", "SignOf(dst, a)", "for i := range dst { if a[i] > 0 { dst[i] = 1 } else if a[i] < 0 { dst[i] = -1 } else { dst[i] = a[i] } }"},
	{"sqrt", v1, "", "SqrtOf(dst, a)", "for i := range dst { dst[i] = sqrt(a[i]) }"},
	{"rsqrt", v1, "", "RsqrtOf(dst, a)", "for i := range dst { dst[i] = 1 / sqrt(a[i]) }"},
	{"floor", v1, "", "FloorOf(dst, a)", "for i := range dst { dst[i] = floor(a[i]) }"},
	{"ceil", v1, "", "CeilOf(dst, a)", "for i := range dst { dst[i] = ceil(a[i]) }"},
	{"round", v1, "", "RoundOf(dst, a)", "for i := range dst { dst[i] = roundToEven(a[i]) }"},
	{"exp", v1, "", "ExpOf(dst, a)", "for i := range dst { dst[i] = exp(a[i]) }"},
	{"expm1", v1, "", "Expm1Of(dst, a)", "for i := range dst { dst[i] = exp(a[i]) - 1 }"},
	{"log", v1, "", "LogOf(dst, a)", "for i := range dst { dst[i] = log(a[i]) }"},
	{"log1p", v1, "", "Log1pOf(dst, a)", "for i := range dst { dst[i] = log(1 + a[i]) }"},
	{"tanh", v1, "", "TanhOf(dst, a)", "for i := range dst { dst[i] = tanh(a[i]) }"},
	{"logistic", v1, "", "LogisticOf(dst, a)", "for i := range dst { dst[i] = 1 / (1 + exp(-a[i])) }"},
	{"erf", v1, "", "ErfOf(dst, a)", "for i := range dst { dst[i] = erf(a[i]) }"},
	{"sin", v1, "", "SinOf(dst, a)", "for i := range dst { dst[i] = sin(a[i]) } // |a[i]| <= 1<<17"},
	{"cos", v1, "", "CosOf(dst, a)", "for i := range dst { dst[i] = cos(a[i]) } // |a[i]| <= 1<<17"},

	{"equal", "dst []bool, a, b []float32", "", "EqualOf(dst, a, b)", "for i := range dst { dst[i] = a[i] == b[i] }"},
	{"notEqual", "dst []bool, a, b []float32", "", "NotEqualOf(dst, a, b)", "for i := range dst { dst[i] = a[i] != b[i] }"},
	{"less", "dst []bool, a, b []float32", "", "LessOf(dst, a, b)", "for i := range dst { dst[i] = a[i] < b[i] }"},
	{"lessEqual", "dst []bool, a, b []float32", "", "LessEqualOf(dst, a, b)", "for i := range dst { dst[i] = a[i] <= b[i] }"},
	{"equalScalar", "dst []bool, a []float32, s float32", "", "EqualScalarOf(dst, a, s)", "for i := range dst { dst[i] = a[i] == s }"},
	{"notEqualScalar", "dst []bool, a []float32, s float32", "", "NotEqualScalarOf(dst, a, s)", "for i := range dst { dst[i] = a[i] != s }"},
	{"lessScalar", "dst []bool, a []float32, s float32", "", "LessScalarOf(dst, a, s)", "for i := range dst { dst[i] = a[i] < s }"},
	{"lessEqualScalar", "dst []bool, a []float32, s float32", "", "LessEqualScalarOf(dst, a, s)", "for i := range dst { dst[i] = a[i] <= s }"},
	{"greaterScalar", "dst []bool, a []float32, s float32", "", "GreaterScalarOf(dst, a, s)", "for i := range dst { dst[i] = a[i] > s }"},
	{"greaterEqualScalar", "dst []bool, a []float32, s float32", "", "GreaterEqualScalarOf(dst, a, s)", "for i := range dst { dst[i] = a[i] >= s }"},
	{"selectVV", "dst []float32, mask []bool, a, b []float32", "", "SelectOf(dst, mask, a, b)", "for i := range dst { if mask[i] { dst[i] = a[i] } else { dst[i] = b[i] } }"},
	{"selectVS", "dst []float32, mask []bool, a []float32, s float32", "", "SelectScalarOf(dst, mask, a, s)", "for i := range dst { if mask[i] { dst[i] = a[i] } else { dst[i] = s } }"},
	{"selectSV", "dst []float32, mask []bool, b []float32, s float32", "", "ScalarSelectOf(dst, mask, s, b)", "for i := range dst { if mask[i] { dst[i] = s } else { dst[i] = b[i] } }"},

	{"sum", "x []float32", "float64", "sumGeneric(x)", "for _, v := range x { s += v }"},
	{"reduceMax", "x []float32", "float32", "ReduceMaxOf(x)", "for _, v := range x { m = max(m, v) } // m starts at -Inf"},
	{"reduceMin", "x []float32", "float32", "ReduceMinOf(x)", "for _, v := range x { m = min(m, v) } // m starts at +Inf"},
	{"maxAbs", "x []float32", "float32", "maxAbsGeneric(x)", "for _, v := range x { m = max(m, abs(v)) } // m starts at 0"},

	{"fromInt32", "dst []float32, a []int32", "", "ConvertOf(dst, a)", "for i := range dst { dst[i] = float32(a[i]) }"},
	{"fromUint8", "dst []float32, a []uint8", "", "ConvertOf(dst, a)", "for i := range dst { dst[i] = float32(a[i]) }"},
	{"fromMask", "dst []float32, a []bool", "", "FromBool(dst, a)", "for i := range dst { if a[i] { dst[i] = 1 } else { dst[i] = 0 } }"},
}
