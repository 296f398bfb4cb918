package train

import (
	"math"
	"testing"
	"time"

	"github.com/reverie-go/reverie/config"
)

func TestRate(t *testing.T) {
	c := &config.Run{LR: 2, Warmup: 4, LRSchedule: "constant", Steps: 100}
	for step, want := range map[int]float64{0: 0.5, 1: 1, 3: 2, 4: 2, 99: 2, 1000: 2} {
		if got := rate(c, endOf(c), Progress{Step: step}); got != want {
			t.Errorf("constant, step %d: %v, want %v", step, got, want)
		}
	}
	c.LRSchedule, c.Warmup = "cosine", 0
	for step, want := range map[int]float64{
		0: 2, 50: 2 * 0.505, 100: 0.02, 150: 0.02, // and so after a longer total: the end is the first one
		25: 2 * (0.01 + 0.99*(1+math.Sqrt2/2)/2),
	} {
		longer := *c
		longer.Steps = 400
		if got := rate(&longer, endOf(c), Progress{Step: step}); math.Abs(got-want) > 1e-15 {
			t.Errorf("cosine, step %d: %v, want %v", step, got, want)
		}
	}
	c.Warmup = 10 // both factors
	if got, want := rate(c, endOf(c), Progress{Step: 4}), 2*0.5*(0.01+0.99*(1+math.Cos(math.Pi*0.04))/2); math.Abs(got-want) > 1e-15 {
		t.Errorf("warm-up under a cosine: %v, want %v", got, want)
	}
}

// Of several stops the nearest leads the cosine too.
func TestFraction(t *testing.T) {
	p := Progress{Step: 30, Epoch: 1.5, Time: time.Minute}
	for want, e := range map[float64]End{
		0: {}, 0.3: {Steps: 100}, 0.5: {Epochs: 3, Steps: 100}, 0.25: {Time: 4 * time.Minute},
		1: {Epochs: 3, Steps: 30, Time: time.Hour}, 2: {Time: 30 * time.Second},
	} {
		if got := e.Fraction(p); got != want {
			t.Errorf("%+v: %v, want %v", e, got, want)
		}
	}
}
