package train

import (
	"fmt"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
)

// CheckMemory returns a *memory.Error where the steps of a run of c need more memory than there is.
// It needs no data, so that nothing is read for a run that cannot be; what the data take
// themselves, Plan adds. Data whose shape only they tell, such as points, it leaves to Plan. vae is
// as in Parts.
func CheckMemory(e *engine.Engine, c *config.Run, vae string) error {
	if !c.Kind().Pictorial() {
		return nil
	}
	limit := memory.Available()
	if err := checkArrays(c, limit); err != nil {
		return err
	}
	t, err := foreseen(e, c, vae)
	if err != nil {
		return err
	}
	defer t.learner.Close()
	t.limit = func() memory.Limit { return limit }
	need, err := t.memory(c.Batch)
	if err != nil {
		return err
	}
	return t.fits(need)
}

// checkArrays is a bound from below, by arithmetic alone: an image, its noise, its input and its
// target are four arrays of a batch.
func checkArrays(c *config.Run, limit memory.Limit) error {
	const arrays, number = 4, 4
	return limit.Check(fmt.Sprintf("--batch %d of images of %v", c.Batch, c.Resolution),
		memory.Product(c.Batch, elements(c), arrays, number), "choose a smaller --resolution or --batch")
}

// foreseen is a trainer as far as its memory can be told: on one blank image in place of the data,
// or one blank latent.
func foreseen(e *engine.Engine, c *config.Run, vae string) (*Trainer, error) {
	if vae != "" {
		a, err := model.AutoencoderOf(vae)
		if err != nil {
			return nil, fmt.Errorf("--vae: %w", err)
		}
		if err := a.Check(c.Resolution.H, c.Resolution.W); err != nil {
			return nil, fmt.Errorf("--vae %s: %w", vae, err)
		}
		if err := fitsLatents(c, a, vae, c.Resolution.H, c.Resolution.W); err != nil {
			return nil, err
		}
		h, w, z := a.Latent(c.Resolution.H, c.Resolution.W)
		c = inLatents(c, h, w, z)
	}
	k := kind.OfImages(c.Resolution.H, c.Resolution.W, c.ImageChannels) // of 8 bits, as those of files
	if vae != "" {
		k = kind.OfLatents(k.Shape())
	}
	blank, err := data.FromMemory(data.Memory{Kind: k, X: make([]float32, k.Size())}, data.Options{})
	if err != nil {
		return nil, err
	}
	if c.HasPairs() {
		other, err := data.FromMemory(data.Memory{Kind: k, X: make([]float32, k.Size())}, data.Options{})
		if err == nil {
			err = blank.Pair(other)
		}
		if err != nil {
			return nil, err
		}
	}
	t := &Trainer{Config: c, engine: e, train: blank}
	if len(c.From) > 0 {
		t.far = blank
	}
	return t, t.learns(c)
}
