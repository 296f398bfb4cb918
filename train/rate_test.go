package train

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/reverie-go/reverie/config"
)

func TestRate(t *testing.T) {
	c := &config.Run{Optimiser: config.Optimiser{LR: 2, Warmup: 4, LRSchedule: "constant"}, Stops: config.Stops{Steps: 100}}
	for step, want := range map[int]float64{0: 0.5, 1: 1, 3: 2, 4: 2, 99: 2, 1000: 2} {
		if got := lawOf(c).at(Progress{Step: step}); got != want {
			t.Errorf("constant, step %d: %v, want %v", step, got, want)
		}
	}
	c.LRSchedule, c.Warmup = "cosine", 0
	for step, want := range map[int]float64{
		0: 2, 50: 2 * 0.505, 100: 0.02, 150: 0.02,
		25: 2 * (0.01 + 0.99*(1+math.Sqrt2/2)/2),
	} {
		if got := lawOf(c).at(Progress{Step: step}); math.Abs(got-want) > 1e-15 {
			t.Errorf("cosine, step %d: %v, want %v", step, got, want)
		}
	}
	c.Warmup = 10 // both factors
	if got, want := lawOf(c).at(Progress{Step: 4}), 2*0.5*(0.01+0.99*(1+math.Cos(math.Pi*0.04))/2); math.Abs(got-want) > 1e-15 {
		t.Errorf("warm-up under a cosine: %v, want %v", got, want)
	}
}

// goingOn is the law of a run of c, finished or not, that goes on after step done under next.
func goingOn(c, next config.Run, done int) (law, string) {
	l := lawOf(&c)
	p := Progress{Step: done, Epoch: float64(done) / 8, Time: time.Duration(done) * time.Second}
	return l.goesOn(&next, p, l.at(Progress{Step: done - 1, Epoch: float64(done-1) / 8, Time: time.Duration(done-1) * time.Second}))
}

// A total that changes takes the rate up where it was: the first step has the last one's, then come
// equal rises over the warm-up's steps, then a cosine from the peak to a hundredth of it, half-way
// at half. Whether steps, epochs or an even clock end the run, the rates are the same.
func TestRateAgain(t *testing.T) {
	for _, total := range []func(*config.Run, int){
		func(c *config.Run, n int) { c.Steps = n },
		func(c *config.Run, n int) { c.Epochs = n / 8 },
		func(c *config.Run, n int) { c.Time = time.Duration(n) * time.Second },
	} {
		c := config.Run{Optimiser: config.Optimiser{LR: 2, Warmup: 20, LRSchedule: "cosine"}}
		total(&c, 80)
		next := c
		total(&next, 240)
		l, told := goingOn(c, next, 80)
		if !strings.Contains(told, "learning rate rises from 0.02") || !strings.Contains(told, "20 steps") || !strings.Contains(told, "140 that remain") {
			t.Errorf("told %q", told)
		}
		at := func(step int) float64 {
			return l.at(Progress{Step: step, Epoch: float64(step) / 8, Time: time.Duration(step) * time.Second})
		}
		last := lawOf(&c).at(Progress{Step: 79, Epoch: 79. / 8, Time: 79 * time.Second})
		for k := range 20 {
			if got, want := at(80+k), last+(2-last)*float64(k)/20; math.Abs(got-want) > 1e-12 {
				t.Errorf("step %d after the resume: %v, want %v", k, got, want)
			}
		}
		for step, want := range map[int]float64{100: 2, 170: 2 * 0.505, 240: 0.02, 300: 0.02} {
			if got := at(step); math.Abs(got-want) > 1e-12 {
				t.Errorf("step %d: %v, want %v", step, got, want)
			}
		}
	}
}

// The rise takes a twentieth of the rest at least, so that no rate jumps; a warm-up that does not
// fit keeps its slope and leaves the cosine a tenth; a lower rate is gone down to; a constant one
// stays where it comes to.
func TestRateAgainEnds(t *testing.T) {
	cosine := config.Run{Optimiser: config.Optimiser{LR: 2, LRSchedule: "cosine"}, Stops: config.Stops{Steps: 20}}
	for name, x := range map[string]struct {
		change func(*config.Run)
		done   int
		told   string
		rates  map[int]float64
	}{
		"no warm-up":       {func(c *config.Run) { c.Steps = 220 }, 20, "over 10 steps", map[int]float64{30: 2, 125: 2 * 0.505, 220: 0.02}},
		"long warm-up":     {func(c *config.Run) { c.Steps, c.Warmup = 120, 200 }, 20, "not to --lr 2", map[int]float64{120: 0.01 * 0.45 * 2}},
		"earlier end":      {func(c *config.Run) { c.Steps, c.Warmup = 15, 1 }, 5, "the total is now --steps 15 (the rate was laid out for --steps 20)", map[int]float64{6: 2, 15: 0.02}},
		"a lower rate":     {func(c *config.Run) { c.LR, c.Warmup = 0.5, 3 }, 5, "falls from", map[int]float64{8: 0.5, 20: 0.005}},
		"a constant one":   {func(c *config.Run) { c.LRSchedule, c.Warmup = "constant", 4 }, 10, "stays there", map[int]float64{14: 2, 20: 2, 99: 2}},
		"during a warm-up": {func(c *config.Run) { c.Warmup = 10 }, 5, "--warmup changed", map[int]float64{15: 2}},
	} {
		next := cosine
		x.change(&next)
		l, told := goingOn(cosine, next, x.done)
		if !strings.Contains(told, x.told) || !strings.Contains(told, "learning rate") {
			t.Errorf("%s: told %q", name, told)
		}
		if first, last := l.at(Progress{Step: x.done}), lawOf(&cosine).at(Progress{Step: x.done - 1}); math.Abs(first-last) > 1e-12 {
			t.Errorf("%s: from %v to %v", name, last, first)
		}
		for step, want := range x.rates {
			if got := l.at(Progress{Step: step}); math.Abs(got-want) > 0.02*want {
				t.Errorf("%s, step %d: %v, want %v", name, step, got, want)
			}
		}
	}
}

// What changes nothing is no new law: the same total, one that is reached, a longer one of a
// constant rate, a warm-up that is over.
func TestRateUnchanged(t *testing.T) {
	cosine := config.Run{Optimiser: config.Optimiser{LR: 2, LRSchedule: "cosine", Warmup: 3}, Stops: config.Stops{Steps: 20}}
	constant := cosine
	constant.LRSchedule = "constant"
	for name, x := range map[string]struct{ had, next config.Run }{
		"the same":      {cosine, cosine},
		"reached":       {cosine, config.Run{Optimiser: config.Optimiser{LR: 1, LRSchedule: "cosine", Warmup: 3}, Stops: config.Stops{Steps: 9}}},
		"constant":      {constant, config.Run{Optimiser: config.Optimiser{LR: 2, LRSchedule: "constant", Warmup: 3}, Stops: config.Stops{Steps: 90}}},
		"after warm-up": {cosine, config.Run{Optimiser: config.Optimiser{LR: 2, LRSchedule: "cosine", Warmup: 8}, Stops: config.Stops{Steps: 20}}},
	} {
		if l, told := goingOn(x.had, x.next, 10); told != "" || l != lawOf(&x.had) {
			t.Errorf("%s: %+v, told %q", name, l, told)
		}
	}
	longer := cosine
	longer.Steps = 90
	l := lawOf(&cosine)
	if l, told := l.goesOn(&longer, Progress{}, 0); told != "" || l != lawOf(&longer) {
		t.Errorf("before the first step: %+v, told %q", l, told)
	}
}

// Of several stops the nearest leads the cosine too.
func TestFraction(t *testing.T) {
	p := Progress{Step: 30, Epoch: 1.5, Time: time.Minute}
	for want, e := range map[float64]Stop{
		0: {}, 0.3: {Steps: 100}, 0.5: {Epochs: 3, Steps: 100}, 0.25: {Time: 4 * time.Minute},
		1: {Epochs: 3, Steps: 30, Time: time.Hour}, 2: {Time: 30 * time.Second},
	} {
		if got := e.Fraction(p); got != want {
			t.Errorf("%+v: %v, want %v", e, got, want)
		}
	}
}
