package vec

// MulAdd sets
//
//	dst[i] = a[i]*b[i] + c[i]
func MulAdd(dst, a, b, c []float32) {
	same4(len(dst), len(a), len(b), len(c))
	mulAdd(dst, a, b, c)
}

// MulAddScalar sets
//
//	dst[i] = a[i]*s + t
func MulAddScalar(dst, a []float32, s, t float32) {
	same2(len(dst), len(a))
	mulAddScalar(dst, a, s, t)
}

// Axpy adds a multiple of x to dst:
//
//	dst[i] = alpha*x[i] + dst[i]
func Axpy(dst []float32, alpha float32, x []float32) { AxpyTo(dst, alpha, x, dst) }

// AxpyTo sets
//
//	dst[i] = alpha*x[i] + y[i]
func AxpyTo(dst []float32, alpha float32, x, y []float32) {
	same3(len(dst), len(x), len(y))
	axpyTo(dst, x, y, alpha)
}

// AddTo adds x to acc, a tile of partial sums:
//
//	acc[i] += x[i]
func AddTo(acc, x []float32) { Add(acc, acc, x) }

// Combine sets the linear combination
//
//	dst[i] = s*a[i] + t*b[i]
func Combine(dst []float32, s float32, a []float32, t float32, b []float32) {
	same3(len(dst), len(a), len(b))
	combine(dst, a, b, s, t)
}

// Lerp moves from a towards b, as torch.lerp does for small w; an exponential moving average is Lerp(ema, ema, x, 1-decay):
//
//	dst[i] = a[i] + w*(b[i]-a[i])
func Lerp(dst, a, b []float32, w float32) {
	same3(len(dst), len(a), len(b))
	lerp(dst, a, b, w)
}

// ReLUGrad sets the input gradient of ReLU:
//
//	dst[i] = dy[i] if x[i] > 0 else 0
func ReLUGrad(dst, x, dy []float32) {
	same3(len(dst), len(x), len(dy))
	reluGrad(dst, x, dy)
}

// SiLU sets (Elfwing et al. 2018, arXiv:1702.03118)
//
//	dst[i] = a[i] / (1 + exp(-a[i]))
//
// SiLU(-Inf) is -0, the limit.
func SiLU(dst, a []float32) {
	same2(len(dst), len(a))
	silu(dst, a)
}

// SiLUGrad sets the input gradient of SiLU, with s = 1 / (1 + exp(-x[i])):
//
//	dst[i] = dy[i] * s * (1 + x[i]*(1-s))
func SiLUGrad(dst, x, dy []float32) {
	same3(len(dst), len(x), len(dy))
	siluGrad(dst, x, dy)
}

// Adam holds the scalars of one optimiser step t = 1, 2, ... (Kingma and Ba, arXiv:1412.6980; decoupled decay: arXiv:1711.05101).
// They are float64, as PyTorch's are, and rounded once when the step is taken.
type Adam struct {
	Step         float64 // lr / (1 - Beta1^t)
	Beta1, Beta2 float64 // decay of the first and of the second moment
	Eps          float64 // added to the root
	Bias2Sqrt    float64 // sqrt(1 - Beta2^t); 0 means 1
	WeightDecay  float64 // AdamW: lr * decay, the part of the weight that is taken off first
	L2           float64 // Adam's weight_decay: added to the gradient as L2 * w
	GradScale    float64 // factor on the gradient (clipping by norm); 0 means 1
}

// adamScalars is Adam in float32, in the order in which the assembly reads it.
type adamScalars struct{ grad, l2, lerp, beta2, sq, bias, eps, keep, step float32 }

func (a Adam) scalars() adamScalars {
	return adamScalars{
		grad: float32(orOne(a.GradScale)), l2: float32(a.L2),
		lerp: float32(1 - a.Beta1), beta2: float32(a.Beta2), sq: float32(1 - a.Beta2),
		bias: float32(orOne(a.Bias2Sqrt)), eps: float32(a.Eps),
		keep: float32(1 - a.WeightDecay), step: float32(a.Step),
	}
}

func orOne(x float64) float64 {
	if x == 0 {
		return 1
	}
	return x
}

// AdamUpdate takes one step of PyTorch's Adam or AdamW (single-tensor formula) over a part of a parameter:
//
//	d = GradScale*g[i] + L2*w[i]
//	m[i] = m[i] + (1-Beta1)*(d-m[i])
//	v[i] = Beta2*v[i] + (1-Beta2)*d*d
//	w[i] = (1-WeightDecay)*w[i] - Step * m[i] / (sqrt(v[i])/Bias2Sqrt + Eps)
//
// g is only read.
func AdamUpdate(w, m, v, g []float32, a Adam) {
	same4(len(w), len(m), len(v), len(g))
	c := a.scalars()
	adam(w, m, v, g, &c)
}
