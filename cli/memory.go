package cli

import (
	"fmt"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/train"
)

// programSize is about what the process takes whatever it does.
const programSize = 64 << 20

// A load is what a command will take of memory, checked before any of it is taken.
type load struct {
	images, h, w int                            // all that there are in the end
	batch        int                            // of them at once
	network      func(batch int) (int64, error) // bytes that a batch needs; nil: nothing
	held         int64                          // bytes for each image that are kept until the end
	fewer        string                         // what to do where what is kept is too much
}

// check refuses a load that needs more memory than there is, and says what would fit.
func (l load) check() error { return l.within(memory.Available()) }

func (l load) within(have memory.Limit) error {
	held := memory.Product(l.images, int(l.held))
	if err := have.Check(fmt.Sprintf("keeping %s of %dx%d", english.Plural(l.images, "image", ""), l.h, l.w), held, l.fewer); err != nil {
		return err
	}
	if l.network == nil {
		return nil
	}
	batch := min(l.batch, l.images)
	need, err := l.network(batch)
	if err != nil || have.Allows(need+held+programSize) {
		return err
	}
	advice := "not even one image fits; choose a smaller size"
	for n := batch / 2; n > 0; n /= 2 {
		less, err := l.network(n)
		if err != nil {
			return err
		}
		if have.Allows(less + held + programSize) {
			advice = fmt.Sprintf("--batch %d fits", n)
			break
		}
	}
	return have.Check(fmt.Sprintf("a batch of %d images of %dx%d", batch, l.h, l.w), need+held+programSize, advice)
}

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

// What is kept of an image of h x w with c channels, in bytes.
func floats(h, w, c int) int64 { return memory.Product(h, w, c, 4) }    // as the network has it
func shown(h, w int) int64     { return memory.Product(h, w, 4, 3) }    // in a picture: by itself, in the grid, and as that is compressed
func levels(h, w, c int) int64 { return memory.Product(h, w, c, 1, 2) } // in 8 bits, and as that is written
