package config

import (
	"fmt"
	"strconv"
	"time"

	"github.com/reverie-go/reverie/data"
)

// A Range is the numbers that a flag and its field take: Lo to Hi, the ends included but for those that are left out. NaN is in none.
type Range struct {
	Lo, Hi       float64
	Above, Under bool // without Lo, without Hi
	OrZero       bool // and 0, which stands for what the help says
}

// Has says whether v is in the range.
func (r Range) Has(v float64) bool {
	if r.OrZero && v == 0 {
		return true
	}
	return (v > r.Lo || !r.Above && v == r.Lo) && (v < r.Hi || !r.Under && v == r.Hi)
}

// String is the range as it is read after "outside": "0 to 0.9", "0 to 1 (both excluded)".
func (r Range) String() string {
	text := plain(r.Lo) + " to " + plain(r.Hi)
	switch {
	case r.OrZero && r.Lo > 0:
		text += " (or 0)"
	case r.Above && r.Under:
		text += " (both excluded)"
	case r.Above:
		text += fmt.Sprintf(" (%s excluded)", plain(r.Lo))
	case r.Under:
		text += fmt.Sprintf(" (%s excluded)", plain(r.Hi))
	}
	return text
}

// plain is a number without an exponent where it is whole and not very long.
func plain(v float64) string {
	if v == float64(int64(v)) && v > -1e16 && v < 1e16 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Check is nil if v is in the range, else an error that names the flag.
func (r Range) Check(flag string, v float64) error {
	if r.Has(v) {
		return nil
	}
	return r.Outside(flag, plain(v))
}

// Outside is the error of a value that is not in the range.
func (r Range) Outside(flag, value string) error {
	return fmt.Errorf("--%s %s is outside %v", flag, value, r)
}

// mostTotal bounds totals and rhythms, and MaxTime times, of which checkpoints hold up to 1e9 s. single is a large number that float32 holds.
const (
	mostTotal = 1 << 40
	single    = 1e38
	MaxTime   = 100_000 * time.Hour
)

// ranges are those of Run's numbers, by the names of their flags; of lists of each of their numbers.
var ranges = map[string]Range{
	"resolution": {Lo: 1, Hi: data.MaxSize}, "image-channels": {Lo: 1, Hi: maxDim}, "val": {Lo: 0, Hi: 0.9}, "cache": {Lo: 0, Hi: 1 << 20}, "max-pixels": {Lo: 0, Hi: 1 << 30},
	"channels": {Lo: 1, Hi: 8192}, "layers": {Lo: 1, Hi: 16}, "latent-channels": {Lo: 1, Hi: 4096},
	"beta": {Lo: 0, Hi: 1e6}, "beta-warmup": {Lo: 0, Hi: 1 << 30},
	"timesteps": {Lo: 1, Hi: 100000}, "level": {Lo: 0, Hi: 1e9},
	"beta-start": {Lo: 0, Hi: 1, Above: true, Under: true}, "beta-end": {Lo: 0, Hi: 1, Above: true, Under: true},
	"sigma-min": {Lo: 0, Hi: 1e9}, "sigma-max": {Lo: 0, Hi: 1e9}, "sigma-data": {Lo: 0, Hi: 1e9},
	"batch": {Lo: 1, Hi: 1 << 16}, "lr": {Lo: 0, Hi: single, Above: true}, "warmup": {Lo: 0, Hi: 1 << 30},
	"adam-betas": {Lo: 0, Hi: 1, Above: true, Under: true}, // to the optimiser 0 means its default
	"clip-norm":  {Lo: 0, Hi: single}, "ema": {Lo: 0, Hi: 1, Under: true},
	"sample-steps": {Lo: 0, Hi: maxSteps}, "sample-n": {Lo: 0, Hi: 1024},
	"epochs": {Lo: 0, Hi: mostTotal}, "steps": {Lo: 0, Hi: mostTotal}, "time": {Lo: 0, Hi: float64(MaxTime / time.Second)},
	"save-every": {Lo: 0, Hi: mostTotal}, "keep": {Lo: 0, Hi: mostTotal}, "sample-every": {Lo: 0, Hi: mostTotal},
}

// RangeOf is the range of the numbers that a field of Run takes, of the time in seconds. It panics for a field that has none.
func RangeOf(flag string) Range {
	r, ok := ranges[flag]
	if !ok {
		panic("config: no range of --" + flag)
	}
	return r
}

// inRange checks a number of a field.
func inRange[T int | float64](flag string, v T) error { return RangeOf(flag).Check(flag, float64(v)) }
