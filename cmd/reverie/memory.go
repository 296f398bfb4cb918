package main

import (
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/pbnjay/memory"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/pipeline"
)

// checkMemory refuses, before any of it is taken, a batch of images that needs
// more memory than the machine has, and names one that fits.
func checkMemory(m *pipeline.Loaded, mode net.Mode, batch, h, w int) error {
	return fits(func(n int) (int64, error) { return m.Memory(mode, n, h, w) }, batch, h, w)
}

// fits is checkMemory, given what n images need.
func fits(memoryOf func(n int) (int64, error), batch, h, w int) error {
	need, err := memoryOf(batch)
	have := int64(memory.TotalMemory())
	if err != nil || have <= 0 || need <= have {
		return err
	}
	advice := "not even one image fits; choose a smaller size"
	for n := batch / 2; n > 0; n /= 2 {
		less, err := memoryOf(n)
		if err != nil {
			return err
		}
		if less <= have {
			advice = fmt.Sprintf("--batch %d fits", n)
			break
		}
	}
	return fmt.Errorf("%d images of %dx%d at once need about %s of memory and this machine has %s; %s",
		batch, h, w, humanize.IBytes(uint64(need)), humanize.IBytes(uint64(have)), advice)
}
