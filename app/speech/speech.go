// Package speech makes noisy recordings clean by a model of spectra: of any length, in windows that
// overlap, at the recording's own rate and loudness, in bounded memory.
//
//	c, err := speech.New(k, rate, channels, 16, restore)
//	y, err := c.Push(ctx, x)      // x [channels][n]; y what is done of it
//	y, err = c.Flush(ctx)         // the rest: in all as many samples as came
//
// A window is as long as a segment that the model was trained on, over its own largest value as
// there, and begins three quarters of that after the last; where two overlap the one goes over into
// the other in proportion. What stands above half of the model's rate is lost.
package speech

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie/data/sound/resample"
	"github.com/reverie-go/reverie/data/sound/spectra"
	"github.com/reverie-go/reverie/kind"
)

// A Restore makes n noisy spectra clean, [n,bins,frames,2]; first counts those before.
type Restore func(ctx context.Context, first int, noisy []float32, n int) ([]float32, error)

// A Cleaner cleans one recording. Make it with New.
type Cleaner struct {
	t       *spectra.Transform
	restore Restore
	batch   int

	channels []*channel
	queue    []window
	windows  int // restored so far
}

// A channel is where the cleaning of one channel is.
type channel struct {
	down, up *resample.Resampler // nil: the rates are one
	in       []float64           // from the beginning of the next window on
	tail     []float64           // the end of the last window, which the next one goes over from
	begun    bool                // a window was cut
	out      []float64           // done
	came     int                 // samples in, at the recording's rate
	went     int                 // samples out
}

// A window waits to be restored.
type window struct {
	of *channel
	x  []float64
}

// New returns a Cleaner of a recording of so many samples a second and channels, by a model of
// spectra of kind k that restores at most batch windows at once.
func New(k kind.Kind, rate, channels, batch int, restore Restore) (*Cleaner, error) {
	t, err := spectra.New(k)
	if err != nil {
		return nil, err
	}
	if channels < 1 || batch < 1 {
		return nil, fmt.Errorf("speech: %d channels, %d windows at once: expected at least 1", channels, batch)
	}
	c := &Cleaner{t: t, restore: restore, batch: batch}
	for range channels {
		one := new(channel)
		if rate != k.Spectrum.Rate {
			if one.down, err = resample.New(rate, k.Spectrum.Rate); err != nil {
				return nil, err
			}
			if one.up, err = resample.New(k.Spectrum.Rate, rate); err != nil {
				return nil, err
			}
		}
		c.channels = append(c.channels, one)
	}
	return c, nil
}

// overlap is how many samples of a window lie in the next one, too.
func (c *Cleaner) overlap() int { return c.t.Samples() / 4 }

// Push takes a block, [channels][n], and returns what is done, [channels][m].
func (c *Cleaner) Push(ctx context.Context, x [][]float64) ([][]float64, error) {
	if len(x) != len(c.channels) {
		return nil, fmt.Errorf("speech: a block of %d channels: expected %d", len(x), len(c.channels))
	}
	for i, one := range c.channels {
		one.came += len(x[i])
		if one.down == nil {
			one.in = append(one.in, x[i]...)
		} else {
			one.in = one.down.Push(one.in, x[i])
		}
		if err := c.cut(ctx, one); err != nil {
			return nil, err
		}
	}
	return c.done(), nil
}

// Flush ends the recording and returns the rest.
func (c *Cleaner) Flush(ctx context.Context) ([][]float64, error) {
	for _, one := range c.channels {
		if one.down != nil {
			one.in = one.down.Flush(one.in)
		}
		if err := c.cut(ctx, one); err != nil {
			return nil, err
		}
		if n := len(one.in); n > 0 && (!one.begun || n > c.overlap()) {
			x := make([]float64, c.t.Samples()) // silence after the end
			copy(x, one.in)
			if err := c.wait(ctx, window{one, x}); err != nil {
				return nil, err
			}
		}
	}
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	for _, one := range c.channels {
		one.give(one.tail)
		if one.up != nil {
			one.out = one.up.Flush(one.out)
		}
		one.out = one.out[:min(len(one.out), one.came-one.went)]
	}
	return c.done(), nil
}

// cut takes the whole windows out of what came.
func (c *Cleaner) cut(ctx context.Context, one *channel) error {
	n := c.t.Samples()
	for len(one.in) >= n {
		x := append([]float64(nil), one.in[:n]...)
		one.in = one.in[:copy(one.in, one.in[n-c.overlap():])]
		if err := c.wait(ctx, window{one, x}); err != nil {
			return err
		}
	}
	return nil
}

// wait puts a window into the queue, and restores all of it once it is full.
func (c *Cleaner) wait(ctx context.Context, w window) error {
	w.of.begun = true
	if c.queue = append(c.queue, w); len(c.queue) < c.batch {
		return nil
	}
	return c.run(ctx)
}

// run restores the windows in the queue.
func (c *Cleaner) run(ctx context.Context) error {
	n, size := len(c.queue), c.t.Size()
	if n == 0 {
		return nil
	}
	noisy, level := make([]float32, n*size), make([]float64, n)
	for i, w := range c.queue {
		level[i] = spectra.Level(w.x)
		if err := c.t.Forward(noisy[i*size:(i+1)*size], w.x, level[i]); err != nil {
			return err
		}
	}
	clean, err := c.restore(ctx, c.windows, noisy, n)
	if err != nil {
		return err
	}
	if len(clean) != len(noisy) {
		return fmt.Errorf("speech: %d numbers of %d windows: expected %d", len(clean), n, len(noisy))
	}
	for i, w := range c.queue {
		if !allZero(w.x) { // silence stays
			if err := c.t.Inverse(w.x, clean[i*size:(i+1)*size], level[i]); err != nil {
				return err
			}
		}
		w.of.join(w.x, c.overlap())
	}
	c.windows, c.queue = c.windows+n, c.queue[:0]
	return nil
}

// allZero says whether x is digital silence.
func allZero(x []float64) bool {
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}

// join goes over from the last window to y.
func (one *channel) join(y []float64, overlap int) {
	for i, last := range one.tail {
		u := (float64(i) + .5) / float64(overlap)
		y[i] = (1-u)*last + u*y[i]
	}
	at := len(y) - overlap
	one.give(y[:at])
	one.tail = y[at:]
}

// give adds samples that are done.
func (one *channel) give(y []float64) {
	if one.up == nil {
		one.out = append(one.out, y...)
	} else {
		one.out = one.up.Push(one.out, y)
	}
}

// done takes what is done of all channels.
func (c *Cleaner) done() [][]float64 {
	n := len(c.channels[0].out)
	for _, one := range c.channels {
		n = min(n, len(one.out), one.came-one.went)
	}
	y := make([][]float64, len(c.channels))
	for i, one := range c.channels {
		y[i] = append([]float64(nil), one.out[:n]...)
		one.out = one.out[:copy(one.out, one.out[n:])]
		one.went += n
	}
	return y
}
