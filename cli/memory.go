package cli

import (
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/train"
)

// leastBatch is what a batch that nobody chose may shrink to.
const leastBatch = 8

// checkMemoryOf refuses a training that needs more memory than there is before its images are read.
// A batch that was not asked for may be smaller in the end, for few images.
func checkMemoryOf(e *engine.Engine, c config.Run, vae string, batchGiven bool) error {
	if !batchGiven {
		c.Batch = min(c.Batch, leastBatch)
	}
	return train.CheckMemory(e, &c, vae)
}

// networkOf is the load's network of a model.
func networkOf(m *model.Loaded, mode net.Mode, h, w int) func(int) (int64, error) {
	return func(n int) (int64, error) { return m.Memory(mode, n, h, w) }
}

// coderOf is the load's network of an autoencoder.
func coderOf(a *model.Autoencoder, h, w int) func(int) (int64, error) {
	return func(n int) (int64, error) { return a.Memory(n, h, w) }
}
