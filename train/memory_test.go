package train

import (
	"context"
	"runtime"
	"testing"
)

// A step leaves no garbage of the size of an image batch but the batch itself: what a step
// allocates is under two of the four arrays of that size that it makes (images, noise, input,
// target).
func TestStepLeavesNoGarbage(t *testing.T) {
	if testing.Short() { // also: the race detector allocates
		t.Skip("40 steps at 32x32")
	}
	c := tiny(images(t, 40, 32))
	c.Resolution.H, c.Resolution.W, c.Batch, c.Steps, c.Val = 32, 32, 32, 40, 0
	tr := start(t, c)
	defer tr.Close()
	var before, after runtime.MemStats
	tr.Observe(On(func(e Step) {
		switch e.Record.Step {
		case 20:
			runtime.ReadMemStats(&before)
		case 40:
			runtime.ReadMemStats(&after)
		}
	}))
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	const array = 32 * 32 * 32 * 3 * 4
	perStep := (after.TotalAlloc - before.TotalAlloc) / 20
	t.Logf("%d bytes a step; an array of images has %d", perStep, array)
	if perStep > 2*array {
		t.Errorf("%d bytes a step", perStep)
	}
}
