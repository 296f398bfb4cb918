package main

import (
	"fmt"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/pipeline"
	"github.com/reverie-go/reverie/train"
)

// leastBatch is what a batch that nobody chose may shrink to.
const leastBatch = 8

// checkMemoryOf refuses a training that needs more memory than there is before its images are read. A batch that was not asked for may be
// smaller in the end, for few images.
func checkMemoryOf(e *engine.Engine, c config.Run, vae string, batchGiven bool) error {
	if !batchGiven {
		c.Batch = min(c.Batch, leastBatch)
	}
	return train.CheckMemory(e, &c, vae)
}

// checkMemory refuses, before any of it is taken, a batch of images that needs
// more memory than there is, and names one that fits.
func checkMemory(m *pipeline.Loaded, mode net.Mode, batch, h, w int) error {
	return fits(func(n int) (int64, error) { return m.Memory(mode, n, h, w) }, batch, h, w)
}

// fits is checkMemory, given what n images need.
func fits(memoryOf func(n int) (int64, error), batch, h, w int) error {
	need, err := memoryOf(batch)
	have := memory.Available()
	if err != nil || have.Allows(need) {
		return err
	}
	advice := "not even one image fits; choose a smaller size"
	for n := batch / 2; n > 0; n /= 2 {
		less, err := memoryOf(n)
		if err != nil {
			return err
		}
		if have.Allows(less) {
			advice = fmt.Sprintf("--batch %d fits", n)
			break
		}
	}
	return have.Check(fmt.Sprintf("a batch of %d images of %dx%d", batch, h, w), need, advice)
}
