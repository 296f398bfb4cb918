package photo

import "image"

// ycc are the coefficients of a picture's luma and chroma (ITU-R BT.601): of the range that the
// values have, as parts of 2^16 of a level of 255.
//
//	R = luma (Y-low)               + red (Cr-128)
//	G = luma (Y-low) - green (Cb-128) - greenRed (Cr-128)
//	B = luma (Y-low) + blue (Cb-128)
type ycc struct{ low, luma, red, green, greenRed, blue int32 }

// yccOf makes the coefficients: luma from low to low + range, chroma of the given range on either
// side of 128.
func yccOf(low int32, lumaRange, chromaRange float64) ycc {
	const kr, kg, kb = .299, .587, .114
	part := func(v float64) int32 { return int32(v*(1<<16) + .5) }
	c := 255 / chromaRange
	return ycc{low, part(255 / lumaRange), part(c * (1 - kr)), part(c * kb * (1 - kb) / kg), part(c * kr * (1 - kr) / kg), part(c * (1 - kb))}
}

var (
	jpegRange  = yccOf(0, 255, 127.5)
	videoRange = yccOf(16, 219, 112) // of lossy WebP, where Go's YCbCr means JPEG's
)

// rgb makes R, G, B and alpha of planes of which those of chroma have half the width or height, or
// half of both. Between the samples, which lie in the middle of their pixels, chroma is bilinear,
// as in other programs.
func (k ycc) rgb(m *image.YCbCr, alpha []uint8, stride int) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	w, h := m.Rect.Dx(), m.Rect.Dy()
	low := m.SubsampleRatio != image.YCbCrSubsampleRatio422
	row := newChroma(w, m.SubsampleRatio == image.YCbCrSubsampleRatio440)
	for y := range h {
		near, far := y, y
		if low {
			near, far = y/2, neighbour(y, (h+1)/2)
		}
		row.blend(m, near*m.CStride, far*m.CStride)
		luma, dst := m.Y[y*m.YStride:][:w], out.Pix[y*out.Stride:][:4*w]
		for x, v := range luma {
			cb, cr := row.at(x)
			l := k.luma*(int32(v)-k.low) + 1<<15
			px := dst[4*x : 4*x+4]
			px[0] = level(l + k.red*cr>>4)
			px[1] = level(l - k.green*cb>>4 - k.greenRed*cr>>4)
			px[2] = level(l + k.blue*cb>>4)
			px[3] = 0xff
		}
		for x := range min(w, len(alpha)) {
			dst[4*x+3] = alpha[y*stride+x]
		}
	}
	return out
}

// level is a value in parts of 2^16 within 0 to 255.
func level(v int32) uint8 {
	return uint8(min(max(v>>16, 0), 255))
}

// chroma holds one row of samples, of two rows of the planes, times 4 and less the middle.
type chroma struct {
	cb, cr []int32
	full   bool // a sample for each pixel of the row
}

func newChroma(w int, full bool) chroma {
	if !full {
		w = (w + 1) / 2
	}
	return chroma{make([]int32, w), make([]int32, w), full}
}

// blend is three parts of the near row and one of the far.
func (c chroma) blend(m *image.YCbCr, near, far int) {
	for i := range c.cb {
		c.cb[i] = 3*int32(m.Cb[near+i]) + int32(m.Cb[far+i]) - 4*128
		c.cr[i] = 3*int32(m.Cr[near+i]) + int32(m.Cr[far+i]) - 4*128
	}
}

// at returns the chroma at pixel x, times 16.
func (c chroma) at(x int) (cb, cr int32) {
	a, b := x, x
	if !c.full {
		a, b = x/2, neighbour(x, len(c.cb))
	}
	return 3*c.cb[a] + c.cb[b], 3*c.cr[a] + c.cr[b]
}

// neighbour is the second nearest of n samples to pixel i, of which they lie two apart.
func neighbour(i, n int) int {
	return min(max(i/2-1+i%2*2, 0), n-1)
}

// smooth makes RGB of a JPEG whose chroma has a half or a quarter of the samples, where Go repeats
// each one. Of rarer ratios others repeat it too.
func smooth(img image.Image) image.Image {
	m, ok := img.(*image.YCbCr)
	if !ok {
		return img
	}
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio440:
		return jpegRange.rgb(m, nil, 0)
	}
	return img
}
