package onnx

import (
	"math"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// A resampling is how Resize makes new values of old ones.
type resampling struct {
	mode, place, nearest string
	cubic                float64 // the coefficient a of cubic
	inside               bool    // leave out what lies outside, and weigh the rest anew
	smooth               bool    // widen the filter where an axis shrinks
}

// resizeNode is Resize: each axis by itself.
func resizeNode(c *call) *graph.Node {
	r := resampling{mode: c.string("mode", "nearest"), cubic: -0.75}
	if c.opset < 11 {
		return c.resample(r.first(), c.floatsIn(1), nil, nil)
	}
	r.place = c.string("coordinate_transformation_mode", "half_pixel")
	r.nearest = c.string("nearest_mode", "round_prefer_floor")
	r.cubic = c.float("cubic_coeff_a", r.cubic)
	r.inside = c.flag("exclude_outside", false)
	c.idle("extrapolation_value") // of tf_crop_and_resize, which is not read
	if c.has(1) {
		c.value(1) // the region of the same
	}
	var axes []int
	if c.opset >= 18 {
		r.smooth = c.flag("antialias", false)
		axes = c.ints("axes")
		if policy := c.string("keep_aspect_ratio_policy", "stretch"); policy != "stretch" {
			refuse("its attribute \"keep_aspect_ratio_policy\" is %.40q; only \"stretch\" is read", policy)
		}
	}
	scales, sizes := []float64(nil), []int(nil)
	if c.has(2) {
		scales = c.floatsIn(2)
	}
	if c.has(3) {
		sizes = c.intsIn(3)
	}
	if (len(scales) == 0) == (len(sizes) == 0) {
		refuse("it has scales %v and sizes %v, expected one of them", scales, sizes)
	}
	return c.resample(r, scales, sizes, axes)
}

// first is what Resize and Upsample did before there were settings.
func (r resampling) first() resampling {
	r.place, r.nearest = "asymmetric", "outer"
	return r
}

// upsample is what Resize was called before operator set 10.
func upsample(c *call) *graph.Node {
	r := resampling{mode: c.string("mode", "nearest")}.first()
	if c.opset >= 9 {
		return c.resample(r, c.floatsIn(1), nil, nil)
	}
	var scales []float64
	if a := c.attribute("scales", kindFloats); a != nil {
		for _, v := range a.floats {
			scales = append(scales, float64(v))
		}
	}
	return c.resample(r, scales, nil, nil)
}

// resample gives axes, all unless some are named, new sizes.
func (c *call) resample(r resampling, scales []float64, sizes, axes []int) *graph.Node {
	x := c.x(0)
	if axes == nil {
		axes = firstAxes(x.Rank())
	}
	axes = c.axes(axes, x.Rank())
	if max(len(scales), len(sizes)) != len(axes) {
		refuse("it has scales %v and sizes %v for %d axes", scales, sizes, len(axes))
	}
	for i, axis := range axes {
		n := x.Shape().Dimensions[axis]
		var size int
		var scale float64
		if scales != nil {
			scale = scales[i]
			size = r.scaled(n, scale)
		} else {
			size = sizes[i]
			scale = float64(size) / float64(n)
		}
		if size < 1 || size > 1<<14 || n > 1<<14 {
			refuse("it makes %d of %d pixels", size, n)
		}
		if size == n && scale == 1 {
			continue
		}
		c.small(x.Shape().Size()/n, size)
		c.spend(size * n)
		x = r.axis(x, axis, size, scale)
	}
	return graph.Identity(x)
}

// scaled is the size that a scale makes of n. Where a rounding of the product decides it, programs
// differ.
func (r resampling) scaled(n int, scale float64) int {
	if !(scale > 0) || scale > 1<<14 {
		refuse("it has the scale %v", scale)
	}
	size := math.Floor(float64(n) * scale)
	if size != math.Floor(float64(float32(n)*float32(scale))) {
		refuse("it scales %d pixels by %v, whose size depends on rounding: export it with sizes", n, scale)
	}
	if r.place == "align_corners" && size != float64(n)*scale {
		refuse("it scales %d pixels by %v, which is no whole number, with align_corners: export it with sizes", n, scale)
	}
	return int(min(size, 1<<20))
}

// axis makes size values of an axis.
func (r resampling) axis(x *graph.Node, axis, size int, scale float64) *graph.Node {
	n := x.Shape().Dimensions[axis]
	if r.mode == "nearest" {
		if r.smooth {
			refuse("it has antialias with the mode nearest")
		}
		at := make([]int32, size)
		for i := range at {
			at[i] = int32(min(max(r.round(r.origin(i, n, size, scale), scale), 0), n-1))
		}
		return pick(x, axis, at)
	}
	matrix := make([]float64, size*n)
	for i := range size {
		r.weigh(matrix[i*n:(i+1)*n], r.origin(i, n, size, scale), scale)
	}
	m := graph.ConvertDType(graph.Reshape(graph.Const(x.Graph(), matrix), size, n), x.DType())
	y := graph.DotGeneral(x, []int{axis}, nil, m, []int{1}, nil) // the new axis is the last
	order := firstAxes(x.Rank())
	for a := range order {
		switch {
		case a == axis:
			order[a] = x.Rank() - 1
		case a > axis:
			order[a] = a - 1
		}
	}
	return graph.TransposeAllAxes(y, order...)
}

// origin is where new value i lies among the old ones.
func (r resampling) origin(i, n, size int, scale float64) float64 {
	x := float64(i)
	switch r.place {
	case "half_pixel":
		return (x+0.5)/scale - 0.5
	case "pytorch_half_pixel":
		if size == 1 {
			return 0
		}
		return (x+0.5)/scale - 0.5
	case "half_pixel_symmetric":
		exact := scale * float64(n)
		return float64(n)/2*(1-float64(size)/exact) + (x+0.5)/scale - 0.5
	case "align_corners":
		if size == 1 {
			return 0
		}
		return x * float64(n-1) / float64(size-1)
	case "asymmetric":
		return x / scale
	case "tf_half_pixel_for_nn":
		return (x + 0.5) / scale
	}
	refuse("its attribute \"coordinate_transformation_mode\" is %.40q, which is not read", r.place)
	return 0
}

// round is the place nearest to x.
func (r resampling) round(x, scale float64) int {
	switch r.nearest {
	case "round_prefer_floor":
		return int(math.Ceil(x - 0.5))
	case "round_prefer_ceil":
		return int(math.Floor(x + 0.5))
	case "floor":
		return int(math.Floor(x))
	case "ceil":
		return int(math.Ceil(x))
	case "outer": // ONNX's tests of operator set 10 round up where an axis shrinks
		if scale < 1 {
			return int(math.Ceil(x))
		}
		return int(math.Floor(x))
	}
	refuse("its attribute \"nearest_mode\" is %.40q", r.nearest)
	return 0
}

// weigh writes what each old value adds to the new one at x; what lies outside is the value at the
// edge.
func (r resampling) weigh(row []float64, x, scale float64) {
	var filter func(float64) float64
	reach := 1.0
	switch r.mode {
	case "linear", "bilinear":
		filter = func(d float64) float64 { return max(0, 1-math.Abs(d)) }
	case "cubic":
		filter, reach = r.cubicFilter, 2
	default:
		refuse("its attribute \"mode\" is %.40q, expected nearest, linear or cubic", r.mode)
	}
	shrink := 1.0
	if r.smooth {
		shrink = min(scale, 1)
	}
	total := 0.0
	from, to := int(math.Floor(x-reach/shrink)), int(math.Ceil(x+reach/shrink))
	for k := from; k <= to; k++ {
		f := filter((float64(k) - x) * shrink)
		if r.inside && (k < 0 || k >= len(row)) {
			continue
		}
		row[min(max(k, 0), len(row)-1)] += f
		total += f
	}
	for k := range row {
		row[k] /= total
	}
}

// cubicFilter is Keys's (1981).
func (r resampling) cubicFilter(d float64) float64 {
	d, a := math.Abs(d), r.cubic
	switch {
	case d <= 1:
		return ((a+2)*d-(a+3))*d*d + 1
	case d < 2:
		return ((a*d-5*a)*d+8*a)*d - 4*a
	}
	return 0
}
