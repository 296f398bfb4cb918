package simd

import "github.com/gomlx/gomlx/backends"

// calc builds composite operations; it keeps the first error and skips the rest.
type calc struct {
	b   *Builder
	err error
}

func (c *calc) do(f func(x, y backends.Op) (backends.Op, error), x, y backends.Op) backends.Op {
	if c.err != nil {
		return x
	}
	z, err := f(x, y)
	c.err = err
	return z
}

// perFeature repeats a vector over the other axes of like.
func (c *calc) perFeature(v backends.Op, like *node, axis int) backends.Op {
	if c.err != nil {
		return v
	}
	n, err := c.b.nodesOf(backends.OpTypeBroadcastInDim, v)
	if err != nil {
		c.err = err
		return v
	}
	z, err := c.b.BroadcastInDim(n[0], like.shape, []int{axis})
	c.err = err
	return z
}

// mean averages over all axes but one.
func (c *calc) mean(x backends.Op, like *node, axis int) backends.Op {
	if c.err != nil {
		return x
	}
	var axes []int
	for a := range like.shape.Rank() {
		if a != axis {
			axes = append(axes, a)
		}
	}
	if len(axes) == 0 {
		return x
	}
	s, err := c.b.ReduceSum(x, axes...)
	c.err = err
	count := like.shape.Size() / like.shape.Dimensions[axis]
	return c.do(c.b.Div, s, c.b.scalar(like.shape.DType, float64(count)))
}

// rstd returns 1/sqrt(variance + epsilon).
func (c *calc) rstd(variance backends.Op, like *node, epsilon float32) backends.Op {
	s := c.do(c.b.Add, variance, c.b.scalar(like.shape.DType, float64(epsilon)))
	if c.err != nil {
		return s
	}
	r, err := c.b.Rsqrt(s)
	c.err = err
	return r
}

// BatchNormForInference returns (x - mean) / sqrt(variance + epsilon) * scale + offset.
func (b *Builder) BatchNormForInference(x, scale, offset, mean, variance backends.Op, epsilon float32, axis int) (backends.Op, error) {
	n, err := b.nodesOf(backends.OpTypeBatchNormForInference, x, scale, offset, mean, variance)
	if err != nil {
		return nil, err
	}
	c := &calc{b: b}
	y := c.normalize(n[0], mean, variance, epsilon, axis)
	y = c.do(b.Mul, y, c.perFeature(scale, n[0], axis))
	y = c.do(b.Add, y, c.perFeature(offset, n[0], axis))
	return y, c.err
}

func (c *calc) normalize(x *node, mean, variance backends.Op, epsilon float32, axis int) backends.Op {
	y := c.do(c.b.Sub, x, c.perFeature(mean, x, axis))
	return c.do(c.b.Mul, y, c.perFeature(c.rstd(variance, x, epsilon), x, axis))
}

// BatchNormForTraining normalises x by its own statistics, which it returns too; the variance is
// the biased one.
func (b *Builder) BatchNormForTraining(x, scale, offset backends.Op, epsilon float32, axis int) (normalized, mean, variance backends.Op, err error) {
	n, err := b.nodesOf(backends.OpTypeBatchNormForTraining, x, scale, offset)
	if err != nil {
		return nil, nil, nil, err
	}
	c := &calc{b: b}
	mean = c.mean(x, n[0], axis)
	centred := c.do(b.Sub, x, c.perFeature(mean, n[0], axis))
	variance = c.mean(c.do(b.Mul, centred, centred), n[0], axis)
	if c.err != nil {
		return nil, nil, nil, c.err
	}
	normalized, err = b.BatchNormForInference(x, scale, offset, mean, variance, epsilon, axis)
	return normalized, mean, variance, err
}

// BatchNormGradient returns the gradients of BatchNormForTraining in x, scale and offset:
//
//	dOffset = sum dy,  dScale = sum dy xhat,  dx = scale rstd (dy - mean(dy) - xhat mean(dy xhat))
func (b *Builder) BatchNormGradient(x, scale, mean, variance, dy backends.Op, epsilon float32, axis int) (dx, dScale, dOffset backends.Op, err error) {
	n, err := b.nodesOf(backends.OpTypeBatchNormGradient, x, scale, mean, variance, dy)
	if err != nil {
		return nil, nil, nil, err
	}
	c := &calc{b: b}
	like := n[0]
	xhat := c.normalize(like, mean, variance, epsilon, axis)
	dyMean := c.mean(dy, like, axis)
	dotMean := c.mean(c.do(b.Mul, dy, xhat), like, axis)
	dx = c.do(b.Sub, dy, c.perFeature(dyMean, like, axis))
	dx = c.do(b.Sub, dx, c.do(b.Mul, xhat, c.perFeature(dotMean, like, axis)))
	dx = c.do(b.Mul, dx, c.perFeature(c.do(b.Mul, scale, c.rstd(variance, like, epsilon)), like, axis))
	count := b.scalar(like.shape.DType, float64(like.shape.Size()/like.shape.Dimensions[axis]))
	dScale = c.do(b.Mul, dotMean, count)
	dOffset = c.do(b.Mul, dyMean, count)
	return dx, dScale, dOffset, c.err
}
