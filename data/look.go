package data

import (
	"crypto/sha256"
	"image"
	"math"

	"golang.org/x/image/draw"

	"github.com/reverie-go/reverie/data/photo"
)

// Sides of the planes of a look.
const (
	lumaSide   = 8
	chromaSide = 4
	chromaSize = chromaSide * chromaSide
)

// A look is what an upright image looks like from afar, whatever its file, its size and the
// resolution of the set: its luma at 8x8, the two chromas and its opacity at 4x4, on white. Files
// of the same pixels have the same look; what JPEG at quality 60 or a change of size by 2 leaves of
// an image is near it.
type look struct {
	luma  [lumaSide * lumaSide]uint8
	rest  [2 * chromaSize]uint8 // Cb, Cr
	alpha [chromaSize]uint8
}

// lookOf is the look of an image as it is stored, to be turned upright.
func lookOf(img image.Image, turn photo.Turn) *look {
	// Of a huge image every k-th row and column stand for all: at least 64 of each in a cell of the
	// 8x8.
	const most = 64 * lumaSide
	if b := img.Bounds(); b.Dx() > 2*most || b.Dy() > 2*most {
		part := image.NewRGBA64(image.Rect(0, 0, min(b.Dx(), most), min(b.Dy(), most)))
		draw.NearestNeighbor.Scale(part, part.Rect, img, b, draw.Src, nil)
		img = part
	}
	small := image.NewRGBA64(image.Rect(0, 0, lumaSide, lumaSide))
	draw.BiLinear.Scale(small, small.Rect, img, img.Bounds(), draw.Src, nil)
	small = turn.Apply(small)
	l := new(look)
	var rest [3][chromaSize]float64
	for i := range l.luma {
		p := small.RGBA64At(i%lumaSide, i/lumaSide)
		white := 65535 - float64(p.A)
		r, g, b := (float64(p.R)+white)/257, (float64(p.G)+white)/257, (float64(p.B)+white)/257
		y := .299*r + .587*g + .114*b // ITU-R 601, as JPEG
		l.luma[i] = uint8(y + .5)
		cell := i/lumaSide/2*chromaSide + i%lumaSide/2
		for k, v := range [3]float64{128 + .564*(b-y), 128 + .713*(r-y), float64(p.A) / 257} {
			rest[k][cell] += v / 4
		}
	}
	for i := range chromaSize {
		l.rest[i], l.rest[chromaSize+i], l.alpha[i] = uint8(rest[0][i]+.5), uint8(rest[1][i]+.5), uint8(rest[2][i]+.5)
	}
	return l
}

// hash identifies the look.
func (l *look) hash() [sha256.Size]byte {
	return sha256.Sum256(append(append(l.luma[:len(l.luma):len(l.luma)], l.rest[:]...), l.alpha[:]...))
}

// mirror is the look of the image mirrored left to right.
func (l *look) mirror() *look {
	m := *l
	for _, plane := range []struct {
		pix  []uint8
		side int
	}{{m.luma[:], lumaSide}, {m.rest[:], chromaSide}, {m.alpha[:], chromaSide}} {
		for row := 0; row < len(plane.pix); row += plane.side {
			for i, j := row, row+plane.side-1; i < j; i, j = i+1, j-1 {
				plane.pix[i], plane.pix[j] = plane.pix[j], plane.pix[i]
			}
		}
	}
	return &m
}

// Two looks are of one picture when the luma differs by at most lumaNear of 255, root mean square,
// and by at most a part contrastNear of its own deviation (so that pale drawings are told apart)
// but lumaLeast, and chroma and opacity by at most chromaNear. Measured on the embedded emoji, see
// TestNearCopies: saved as JPEG at quality 60 or at half or twice their size they stay within this
// but for 2%.
const (
	lumaNear     = 6.
	lumaLeast    = 1.
	contrastNear = .25
	chromaNear   = 6.
)

// near says whether two looks are of one picture, seen with its opacity or on white.
func (l *look) near(m *look, opacity bool) bool {
	return within(l.luma[:], m.luma[:], lumaNear) && // first, since it rules out most
		within(l.rest[:], m.rest[:], chromaNear) && (!opacity || within(l.alpha[:], m.alpha[:], chromaNear)) &&
		within(l.luma[:], m.luma[:], max(lumaLeast, contrastNear*min(l.contrast(), m.contrast())))
}

// contrast is the deviation of the luma.
func (l *look) contrast() float64 {
	var sum, square float64
	for _, v := range l.luma {
		sum += float64(v)
		square += float64(v) * float64(v)
	}
	n := float64(len(l.luma))
	return math.Sqrt(max(0, square/n-sum/n*sum/n))
}

// within says whether two planes differ by at most limit, root mean square.
func within(a, b []uint8, limit float64) bool {
	most := int(limit * limit * float64(len(a)))
	return squares(a, b, most) <= most
}

// squares is the sum of the squares of the differences of two planes, or some number above most if
// it is.
func squares(a, b []uint8, most int) (sum int) {
	for i, v := range a {
		d := int(v) - int(b[i])
		if sum += d * d; sum > most {
			break
		}
	}
	return sum
}
