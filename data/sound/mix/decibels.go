package mix

import (
	"fmt"
	"strconv"
	"strings"
)

// Decibels is a range of ratios of speech to noise in dB, each as likely as another. Its text form
// is "5" for one ratio and "-5:15" for the range between two.
type Decibels struct{ Lo, Hi float64 }

// String returns the text form of d.
func (d Decibels) String() string {
	text := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	if d.Lo == d.Hi {
		return text(d.Lo)
	}
	return text(d.Lo) + ":" + text(d.Hi)
}

// At returns the ratio at u, 0 to 1, of the range.
func (d Decibels) At(u float64) float64 { return d.Lo + u*(d.Hi-d.Lo) }

// Check reports ratios that no mixture has, see Draw.
func (d Decibels) Check() error {
	if !(d.Lo >= -MaxSNR && d.Lo <= d.Hi && d.Hi <= MaxSNR) {
		return fmt.Errorf("ratios of %v dB: expected one from %d to %d, such as 5, or the range between two, such as -5:15", d, -MaxSNR, MaxSNR)
	}
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (d Decibels) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Decibels) UnmarshalText(b []byte) error {
	lo, hi, two := strings.Cut(string(b), ":")
	if !two {
		hi = lo
	}
	x, errLo := strconv.ParseFloat(lo, 64)
	y, errHi := strconv.ParseFloat(hi, 64)
	if errLo != nil || errHi != nil {
		return fmt.Errorf("no ratio in dB: expected one, such as 5, or the range between two, such as -5:15")
	}
	next := Decibels{x, y}
	if err := next.Check(); err != nil {
		return err
	}
	*d = next
	return nil
}
