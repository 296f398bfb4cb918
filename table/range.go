package table

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Range is the numbers that a field takes: Lo to Hi, the ends included but for those that are
// left out. NaN is in none.
type Range struct {
	Lo, Hi       float64
	Above, Under bool // without Lo, without Hi
	OrZero       bool // and 0, which stands for what the help says
}

// ParseRange reads a range as mathematics writes it: "[0,1)" has 0 and not 1, "(0,2^40]" has 2^40
// and not 0, and "0|[1e-13,1]" has 0 beside. Ends that are times, "[0s,8m]", are seconds.
func ParseRange(text string) (r Range, err error) {
	inner, zero := strings.CutPrefix(text, "0|")
	wrong := fmt.Errorf("%q is no range, such as [0,1), (0,2^40] or 0|[1e-13,1]", text)
	lo, hi, ok := strings.Cut(inner, ",")
	if !ok || len(lo) < 2 || len(hi) < 2 || !strings.Contains("[(", lo[:1]) || !strings.Contains("])", hi[len(hi)-1:]) {
		return Range{}, wrong
	}
	r = Range{Above: lo[0] == '(', Under: hi[len(hi)-1] == ')', OrZero: zero}
	if r.Lo, err = end(lo[1:]); err == nil {
		r.Hi, err = end(hi[:len(hi)-1])
	}
	if err != nil || !(r.Lo <= r.Hi) {
		return Range{}, wrong
	}
	return r, nil
}

// end is a number at the end of a range.
func end(text string) (float64, error) {
	if power, ok := strings.CutPrefix(text, "2^"); ok {
		n, err := strconv.ParseUint(power, 10, 10)
		return math.Ldexp(1, int(n)), err
	}
	if d, err := time.ParseDuration(text); err == nil && text != "0" {
		return d.Seconds(), nil
	}
	return strconv.ParseFloat(text, 64)
}

// Has says whether v is in the range.
func (r Range) Has(v float64) bool {
	if r.OrZero && v == 0 {
		return true
	}
	return (v > r.Lo || !r.Above && v == r.Lo) && (v < r.Hi || !r.Under && v == r.Hi)
}

// String is the range as it is read after "outside": "0 to 0.9", "0 to 1 (both excluded)".
func (r Range) String() string { return r.text(plain) }

// text is String with the ends as show writes them.
func (r Range) text(show func(float64) string) string {
	text := show(r.Lo) + " to " + show(r.Hi)
	switch {
	case r.OrZero && r.Lo > 0:
		text += " (or 0)"
	case r.Above && r.Under:
		text += " (both excluded)"
	case r.Above:
		text += fmt.Sprintf(" (%s excluded)", show(r.Lo))
	case r.Under:
		text += fmt.Sprintf(" (%s excluded)", show(r.Hi))
	}
	return text
}

// Check is nil if v is in the range, else an error that names the flag.
func (r Range) Check(flag string, v float64) error {
	if r.Has(v) {
		return nil
	}
	return r.outside(flag, plain(v), plain)
}

func (r Range) outside(flag, value string, show func(float64) string) error {
	return &Error{flag, value + " is outside " + r.text(show)}
}

// plain is a number without an exponent where it is whole and not very long.
func plain(v float64) string {
	if v == float64(int64(v)) && v > -1e16 && v < 1e16 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// seconds is a number of seconds as a time.
func seconds(v float64) string { return time.Duration(v * float64(time.Second)).String() }
