package score

import (
	"fmt"
	"math"
)

// SISDR returns the scale-invariant ratio of signal to distortion in dB, of both recordings less
// their means (Le Roux et al. 2019, "SDR - half-baked or well done?"):
//
//	10 log10(|alpha s|^2 / |alpha s - e|^2),   alpha = <e, s>/<s, s>
//
// s being the clean recording and e the other one. It is +Inf of a recording that is a multiple of
// the clean one to the bit, -Inf of one that has nothing of it. A recording that is constant has
// none: the error wraps ErrUndefined.
func SISDR(clean, other []float64) (float64, error) {
	if err := check("SI-SDR", clean, other); err != nil {
		return 0, err
	}
	ms, me := mean(clean), mean(other)
	var ss, ee, es float64
	for i := range clean {
		s, e := clean[i]-ms, other[i]-me
		ss, ee, es = ss+s*s, ee+e*e, es+e*s
	}
	switch {
	case ss == 0:
		return 0, fmt.Errorf("score: SI-SDR %w: the clean recording, %d samples, is silent", ErrUndefined, len(clean))
	case ee == 0:
		return 0, fmt.Errorf("score: SI-SDR %w: the other recording, %d samples, is silent", ErrUndefined, len(other))
	}
	alpha, rest := es/ss, 0.0
	for i := range clean {
		d := alpha*(clean[i]-ms) - (other[i] - me)
		rest += d * d
	}
	return 10 * math.Log10(alpha*alpha*ss/rest), nil
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
