package photo

import (
	"encoding/binary"
	"errors"
	"math"
)

// A profile is an ICC profile of the common form (ICC.1:2022, 8.3 and F.3): a curve for each
// channel, then a matrix to the XYZ of D50. The grey form, one curve, is that of three channels
// alike.
type profile struct {
	curves [3]curve
	matrix [3][3]float64 // from the channels made linear to linear sRGB
	grey   bool
	tables bool // it also has tables, which others prefer
}

// curve maps a value from 0 to 1 to its linear intensity.
type curve func(float64) float64

// fromXYZ is linear sRGB of XYZ adapted to D50 by Bradford's method: the inverse of the matrix of
// sRGB's own ICC profile.
var fromXYZ = [3][3]float64{
	{3.1341359, -1.6173863, -0.4906619},
	{-0.9787955, 1.9162543, 0.0334427},
	{0.0719616, -0.2289880, 1.4053820},
}

// readProfile reads the common forms; the error names what another one is.
func readProfile(b []byte) (*profile, error) {
	const header = 128
	if len(b) < header+4 || string(b[36:40]) != "acsp" {
		return nil, errors.New("damaged")
	}
	tags := profileTags(b)
	p := &profile{tables: tags["A2B0"] != nil}
	switch string(b[16:20]) {
	case "GRAY":
		return p, p.greyFrom(tags)
	case "RGB ":
		return p, p.colourFrom(tags)
	case "CMYK":
		return nil, errors.New("of printing colours, CMYK")
	}
	return nil, errors.New("of a rare space of colours")
}

// maxTags is how many elements of a profile are looked at.
const maxTags = 100

// profileTags returns the tagged elements that lie inside b.
func profileTags(b []byte) map[string][]byte {
	tags := map[string][]byte{}
	n := min(int64(binary.BigEndian.Uint32(b[128:])), maxTags)
	for at := int64(132); n > 0 && at+12 <= int64(len(b)); n, at = n-1, at+12 {
		from, size := int64(binary.BigEndian.Uint32(b[at+4:])), int64(binary.BigEndian.Uint32(b[at+8:]))
		if from+size <= int64(len(b)) {
			tags[string(b[at:at+4])] = b[from : from+size]
		}
	}
	return tags
}

func (p *profile) greyFrom(tags map[string][]byte) (err error) {
	p.grey = true
	p.matrix = [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	c, err := readCurve(tags["kTRC"])
	p.curves = [3]curve{c, c, c}
	return err
}

func (p *profile) colourFrom(tags map[string][]byte) error {
	for i, c := range []string{"r", "g", "b"} {
		xyz := tags[c+"XYZ"]
		if xyz == nil && p.tables {
			return errors.New("made of tables")
		}
		if len(xyz) < 20 {
			return errors.New("damaged")
		}
		for j := range 3 {
			for k := range 3 {
				p.matrix[j][i] += fromXYZ[j][k] * fixed(xyz[8+4*k:])
			}
		}
		var err error
		if p.curves[i], err = readCurve(tags[c+"TRC"]); err != nil {
			return err
		}
	}
	return nil
}

// fixed is a number of 16 bits before and 16 after the point.
func fixed(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 }

// readCurve reads a curve: by a power, by points, or by one of the parametric forms.
func readCurve(b []byte) (curve, error) {
	if len(b) < 12 {
		return nil, errors.New("damaged")
	}
	switch string(b[:4]) {
	case "curv":
		n := int64(binary.BigEndian.Uint32(b[8:]))
		if n > int64(len(b)-12)/2 {
			return nil, errors.New("damaged")
		}
		return fromBlack(pointCurve(b[12 : 12+2*n])), nil
	case "para":
		c, err := parametricCurve(int(binary.BigEndian.Uint16(b[8:])), b[12:])
		return fromBlack(c), err
	}
	return nil, errors.New("of a rare form")
}

// fromBlack lets a curve that begins above 0 begin there (black point compensation, which
// perceptual conversion includes).
func fromBlack(c curve) curve {
	if c == nil {
		return nil
	}
	black := unit(c(0))
	if black == 0 || black > .5 {
		return c
	}
	return func(x float64) float64 { return (c(x) - black) / (1 - black) }
}

// pointCurve is the identity without points, a power of one, else the line through them.
func pointCurve(b []byte) curve {
	n := len(b) / 2
	at := func(i int) float64 { return float64(binary.BigEndian.Uint16(b[2*i:])) }
	switch n {
	case 0:
		return func(x float64) float64 { return x }
	case 1:
		return func(x float64) float64 { return math.Pow(x, at(0)/256) }
	}
	return func(x float64) float64 {
		x *= float64(n - 1)
		i := min(int(x), n-2)
		return (at(i) + (x-float64(i))*(at(i+1)-at(i))) / 65535
	}
}

// parametricCurve is form 0 to 4 of ICC.1:2022, table 68, each a case of
//
//	y = (a x + b)^g + e  for x >= d,  y = c x + f  below.
func parametricCurve(form int, b []byte) (curve, error) {
	counts := []int{1, 3, 4, 5, 7}
	if form >= len(counts) || len(b) < 4*counts[form] {
		return nil, errors.New("damaged")
	}
	v := [7]float64{1: 1}
	for i := range counts[form] {
		v[i] = fixed(b[4*i:])
	}
	g, a, bb, c, d, e, f := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
	switch form {
	case 1: // (a x + b)^g above -b/a, 0 below
		c, d = 0, -bb/a
	case 2: // the same + c
		c, d, e, f = 0, -bb/a, c, c
	}
	if form == 0 || math.IsNaN(d) {
		d = math.Inf(-1)
	}
	return func(x float64) float64 {
		if x >= d {
			return math.Pow(a*x+bb, g) + e
		}
		return c*x + f
	}, nil
}
