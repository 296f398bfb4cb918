package reverie

import (
	"math"
	"testing"
)

// mpmath 1.3.0 with 60 digits: log(Q(a) - Q(b)) by erfc, level, mean, logSD.
var levels = [][4]float64{
	{-1.0, -0.2, -9.0, -20805712.637288164961},
	{-1.0, -0.2, -3.0, -131.52941180479859198},
	{-1.0, -0.2, 4.0, -0.70484866801374556208},
	{-1.0, 0.1, -9.0, -39441557.13870915733},
	{-1.0, 0.1, -3.0, -246.34997108388121041},
	{-1.0, 0.1, 4.0, -0.70929359241179014902},
	{-1.0, -1.5, -9.0, 0.0},
	{-1.0, -1.5, 0.0, -0.36695365595731521415},
	{-1.0, -1.5, 12.0, -0.69314471015192034475},
	{-1.0, 3.0, -5.0, -175873.68679359016764},
	{-1.0, 3.0, 0.0, -10.343537808404400884},
	{-1.0, 3.0, 12.0, -0.69316677101554620101},
	{-0.2, -0.2, -5.0, -0.82225030378917502621},
	{-0.2, -0.2, 0.0, -5.7670574609172757209},
	{-0.2, -0.2, 12.0, -17.767054897803153675},
	{-0.2, 0.1, -5.0, -970.14916567658067175},
	{-0.2, 0.1, 0.0, -5.8120572302372518799},
	{-0.2, 0.1, 12.0, -17.767054897804852486},
	{-0.2, -1.5, -5.0, -18506.419488089228766},
	{-0.2, -1.5, 0.0, -6.6120531292626029495},
	{-0.2, -1.5, 12.0, -17.767054897835053562},
	{-0.2, 3.0, -5.0, -112506.34455501584875},
	{-0.2, 3.0, 0.0, -10.887031214793345573},
	{-0.2, 3.0, 12.0, -17.767054897996440564},
	{1.0, -0.2, -5.0, -15761.668803286600042},
	{1.0, -0.2, 0.0, -2.1556059805014735996},
	{1.0, -0.2, 12.0, -0.69315304419875744925},
	{1.0, 0.1, -5.0, -8848.9568163272460231},
	{1.0, 0.1, 0.0, -1.6868296820812515424},
	{1.0, 0.1, 12.0, -0.69315157347956273619},
	{1.0, -1.5, -5.0, -68623.762901587655001},
	{1.0, -1.5, 0.0, -5.0705856946051384604},
	{1.0, -1.5, 12.0, -0.69315941734026253603},
	{1.0, 3.0, -5.0, 0.0},
	{1.0, 3.0, 0.0, -0.022797122303105799158},
	{1.0, 3.0, 12.0, -0.69313735663886147712},
}

func TestLogLevelAgainstMpmath(t *testing.T) {
	for _, c := range levels {
		near(t, "log p", LogLevel(c[0], c[1], c[2]), c[3], 1e-12, 1e-300)
	}
}

// The 256 levels' probabilities sum to 1, whatever the mean and the deviation.
func TestLogLevelsSumToOne(t *testing.T) {
	for _, mean := range []float64{-7, -1, -0.999, -0.3, 0, 0.5019, 1, 40} {
		for logSD := -12.0; logSD <= 30; logSD += 0.5 {
			sum := 0.0
			for k := range 256 {
				sum += math.Exp(LogLevel(-1+2*float64(k)/255, mean, logSD))
			}
			near(t, "sum", sum, 1, 1e-11, 0)
		}
	}
}

// A narrow bin is the density times its width, a wide one all of it, and nothing is a number where
// it should not be.
func TestLogLevelEnds(t *testing.T) {
	const x = -1 + 2*77.0/255
	near(t, "density", LogLevel(x, x+3, 9), -9-math.Log(2*math.Pi)/2-math.Exp(-18)*4.5+math.Log(2.0/255), 1e-12, 0)
	for _, c := range [][4]float64{
		{x, x, -700, 0}, {x, x, -1e308, 0}, {x, 5, -700, math.Inf(-1)}, {1, 0, -1e308, math.Inf(-1)}, {-1, math.Inf(1), 0, math.Inf(-1)}, {1, math.Inf(1), 0, 0},
	} {
		if got := LogLevel(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("LogLevel(%v, %v, %v) = %v, want %v", c[0], c[1], c[2], got, c[3])
		}
	}
	for _, c := range [][3]float64{{math.NaN(), 0, 0}, {0, math.NaN(), 0}, {0, 0, math.NaN()}} {
		if got := LogLevel(c[0], c[1], c[2]); !math.IsNaN(got) {
			t.Errorf("LogLevel%v = %v", c, got)
		}
	}
}

// As the mean moves away the logarithm bends down, less than the density's own (a Gaussian's
// integral over an interval is log-concave in its mean): no seam between the formulas.
func TestLogLevelIsSmooth(t *testing.T) {
	const x = -1 + 2*100.0/255
	for _, logSD := range []float64{-6, -4, -2, 0, 1, 2, 5, 9} {
		s := math.Exp(logSD)
		step := 1e-3 * s
		for d := step; d < 60*s; d *= 1.02 {
			a, b, c := LogLevel(x, x+d-step, logSD), LogLevel(x, x+d, logSD), LogLevel(x, x+d+step, logSD)
			if second := (a - 2*b + c) / (step * step) * s * s; !(second <= 1e-4 && second >= -1-1e-4) {
				t.Fatalf("logSD %v, %v away: second difference %v", logSD, d, second)
			}
		}
	}
}
