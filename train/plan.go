package train

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/shapes"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/classifier"
	"github.com/reverie-go/reverie/net/vae"
)

// A Plan is what a run expects, known before its first step.
type Plan struct {
	Data       string        // what it trains on
	Network    string        // what it trains
	Engine     string        // what it computes on
	Bytes      int64         // memory that the steps take
	Epoch      time.Duration // time of a pass over the data
	StepsEpoch int
}

// String is the plan as a person reads it.
func (p Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "data:    %s\nnetwork: %s\nengine:  %s\n", p.Data, p.Network, p.Engine)
	fmt.Fprintf(&b, "expects: about %s of memory, %v for an epoch of %d steps\n", humanize.IBytes(uint64(p.Bytes)), round(p.Epoch), p.StepsEpoch)
	return b.String()
}

func round(d time.Duration) time.Duration {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond)
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}

// Plan says what the run expects, and returns a *memory.Error where that is more than there is. It
// needs no run folder.
func (t *Trainer) Plan() (Plan, error) {
	defer tidy()()
	need, err := t.memory(t.Config.Batch)
	if err != nil {
		return Plan{}, err
	}
	if err := t.fits(need); err != nil {
		return Plan{}, err
	}
	step, err := t.stepTime()
	if err != nil {
		return Plan{}, err
	}
	p := Plan{
		Data:    fmt.Sprintf("%v for training, %d held out", t.train, t.val.Len()),
		Network: fmt.Sprintf("%s, %s parameters; %s", t.learner.Net.Arch(), humanize.Comma(int64(net.Trainable(t.learner.Net))), t.aim()),
		Engine:  t.engine.Description(), Bytes: need, StepsEpoch: t.stepsPerEpoch(),
	}
	p.Epoch = step * time.Duration(p.StepsEpoch)
	return p, nil
}

// aim says what the run learns.
func (t *Trainer) aim() string {
	c := t.Config
	if m, ok := t.learner.Net.(vae.Autoencoder); ok {
		h, w, z := m.Latent(c.Resolution.H, c.Resolution.W)
		return fmt.Sprintf("autoencoder, latent %dx%dx%d, %.1f times fewer numbers than the image; %s likelihood, beta %v",
			h, w, z, float64(elements(c))/float64(h*w*z), m.Likelihood().Kind, bound(c).Beta)
	}
	if n, ok := t.learner.Net.(classifier.Network); ok {
		_, classes := n.Channels()
		of := "as they are"
		if n.Noised() {
			of = fmt.Sprintf("noised by %v", c.Process)
		}
		return fmt.Sprintf("tells %d classes of %s apart, %s", classes, t.train.Kind().Noun(2), of)
	}
	text := fmt.Sprintf("%v, predicts %s, loss %s", Spec(c).Process, c.Prediction.Row().Name, c.Loss.Row().Name)
	if c.ClassCond {
		text += fmt.Sprintf("; told one of %d classes, of a share %v none", len(t.labelled(t.train.Kind()).Classes), c.ClassDrop)
	}
	if t.latents != nil {
		h, w, z := t.latents.train.Shape()
		text += fmt.Sprintf("; in the %dx%dx%d latents of %s", h, w, z, c.VAE)
	}
	return text
}

// fits refuses what the configured batch needs where that is more than there is, and names a batch
// that fits.
func (t *Trainer) fits(need int64) error {
	have := t.limit()
	if have.Allows(need) {
		return nil
	}
	batch, err := t.fitting(need, have.Bytes)
	if err != nil {
		return err
	}
	remedy := "not even one image fits; choose a smaller --resolution or narrower --channels"
	if batch > 0 {
		remedy = fmt.Sprintf("--batch %d fits", batch)
	}
	return have.Check(fmt.Sprintf("--batch %d", t.Config.Batch), need, remedy)
}

// fitting is a batch within have, 0 if not even one image is, where the configured batch needs
// more: the largest or nearly so, found by straight lines between one that fits and one that does
// not.
func (t *Trainer) fitting(need, have int64) (int, error) {
	const guesses = 3 // each is compiled
	fits, most := 0, t.Config.Batch
	guess, least := 1, int64(0)
	for range guesses {
		if guess <= fits || guess >= most {
			break
		}
		n, err := t.memory(guess)
		if err != nil {
			return 0, err
		}
		if n > have {
			most, need = guess, n
		} else {
			fits, least = guess, n
		}
		guess = fits + int(float64(most-fits)*float64(have-least)/float64(need-least))
	}
	return fits, nil
}

// program is what the process takes whatever it trains: code, data, stacks and the compiled graphs
// (measured on linux).
const program = 64 << 20

// largePage is the alignment of the engine's large arrays, and pooled what it keeps of arrays that
// were let go of.
const (
	largePage = 2 << 20
	pooled    = 64 << 20
)

// memory is what a run with that batch takes: state, what the step computes in, the batches under
// way and the decoded images, the garbage that Run lets lie, and the program itself.
func (t *Trainer) memory(batch int) (int64, error) {
	var bytes int64
	for _, s := range t.learner.Shapes() {
		bytes += int64(s.Memory())
		if s.Memory() >= 2*largePage {
			bytes += largePage // to begin at one
		}
	}
	h, w, c := t.train.Shape()
	images := shapes.Make(dtypes.Float32, batch, h, w, c)
	one := &data.Batch{Kind: t.train.Kind(), N: 1, X: make([]float32, h*w*c), Class: []int{0}, Index: []int{0}}
	if t.train.Paired() {
		one.Pair = make([]float32, h*w*c)
	}
	arena, err := t.learner.Bytes(one, batch)
	if err != nil {
		return 0, err
	}
	_, cached := t.train.Cached()
	const batches = 4 + data.DefaultPrefetch // x0, noise, input and target, and those decoded ahead
	bytes += arena + batches*int64(images.Memory()) + cached
	kept := min(bytes/4, pooled) // of the weights that Plan tried, a quarter of the state
	const uncounted = 12         // percent: scratch of the kernels, pages half used; measured with SimpleUnet at full width
	return bytes + kept + bytes*(collectEvery+uncounted)/100 + program, nil
}

// trainingFactor is about how many forward passes a training step costs: one, and twice that for
// the gradients of inputs and weights.
const trainingFactor = 3.3

// timedPixels is about how many pixels the forward pass has that is timed: enough that a step of
// more costs in proportion.
const timedPixels = 1 << 15

// stepTime estimates the time of a step from a forward pass of a few images with fresh weights.
func (t *Trainer) stepTime() (time.Duration, error) {
	h, w, c := t.train.Shape()
	n := min(t.Config.Batch, max(1, timedPixels/(h*w)))
	weights := net.Initial(t.learner.Net, 0, dtypes.Float32)
	x := engine.Zeros(t.engine, shapes.Make(dtypes.Float32, n, h, w, c))
	forward := t.forward(n)
	defer func() {
		forward.Free()
		engine.Free(append(weights, x)...)
	}()
	best := time.Duration(1<<63 - 1)
	for range 3 { // the first one compiles
		began := time.Now()
		y, err := forward.Call(append(weights[:len(weights):len(weights)], x)...)
		if err != nil {
			return 0, err
		}
		engine.Free(y...)
		best = min(best, time.Since(began))
	}
	return time.Duration(trainingFactor * float64(best) * float64(t.Config.Batch) / float64(n)), nil
}

// forward is the network's forward pass of n images, a function of the weights and the images.
func (t *Trainer) forward(n int) *engine.Func {
	return t.engine.Func("forward pass", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
		params := t.learner.Net.Params()
		v, x := net.Bind(net.Eval, params, in[:len(params)]), in[len(params)]
		switch m := t.learner.Net.(type) {
		case net.Model:
			zeros := graph.Zeros(g, shapes.Make(x.DType(), n))
			told := net.Input{X: x, Cond: zeros}
			if _, ok := net.ClassesOf(m); ok {
				told.Class = zeros
			}
			if m.Takes()&net.Given != 0 {
				told.Given = x
			}
			return []*graph.Node{m.Forward(v, told)}
		case classifier.Network:
			return []*graph.Node{m.Forward(v, x, graph.Zeros(g, shapes.Make(x.DType(), n)))}
		case vae.Autoencoder:
			return []*graph.Node{vae.Reconstruct(v, m, x)}
		}
		panic(fmt.Sprintf("train: architecture %s has no forward pass", t.learner.Net.Arch()))
	})
}
