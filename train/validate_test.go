package train

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// The validation loss is the same at every call, whatever the step, and for every batch but for
// rounding; another seed gives another.
func TestValidationNoiseIsFixed(t *testing.T) {
	c := tiny(images(t, 24, 8))
	loss := func(seed uint64, batch, step int) float64 {
		c.Batch = batch
		tr := start(t, c)
		defer tr.Close()
		tr.learner.Options.Seed, tr.learner.Steps = seed, step // the weights stay those of seed 7
		v, err := tr.validate()
		if err != nil {
			t.Fatal(err)
		}
		return *v
	}
	want := loss(7, 3, 0)
	if got := loss(7, 3, 0); got != want {
		t.Errorf("%v, then %v", want, got)
	}
	if got := loss(7, 3, 1234); got != want {
		t.Errorf("%v at step 0, %v at step 1234", want, got)
	}
	if got := loss(7, 4, 0); math.Abs(got-want) > 1e-5*want {
		t.Errorf("%v in batches of 3, %v of 4", want, got)
	}
	if got := loss(8, 3, 0); got == want {
		t.Errorf("%v under two seeds", want)
	}
}

// The validation loss is what its definition says: the averaged weights in evaluation mode on
// held-out image i at the time and noise of stream i. The reference noises on the host and takes
// the network's raw output.
func TestValidationLoss(t *testing.T) {
	c := tiny(images(t, 24, 8))
	c.Weighting = formulation.ELBO
	put(&c, "loss", "mse")
	tr := start(t, c)
	run(t, tr)
	tr = resume(t, c, tr.Dir)
	defer tr.Close()
	got, err := tr.validate()
	if err != nil {
		t.Fatal(err)
	}
	m := model.New(tr.engine, tr.learner.Net.(net.Model), tr.setup.Objective.Process, tr.setup.Objective.Param, tr.learner.State.Average())
	defer m.Close()
	sum := 0.0
	for i := range tr.val.Len() {
		b, err := tr.val.Load(context.Background(), i)
		if err != nil {
			t.Fatal(err)
		}
		times := tr.setup.Objective.Times(random.Stream{Seed: c.Seed, Domain: random.Validation, Sample: uint64(i)}, 1)
		noise := make([]float32, len(b.X))
		random.Stream{Seed: c.Seed, Domain: random.Validation, Sample: uint64(i), Step: 1}.Normal32(noise)
		law := tr.setup.Objective.Process.At(times[0])
		x := make([]float32, len(b.X))
		for k := range x {
			x[k] = float32(law.Alpha*float64(b.X[k]) + law.Sigma*float64(noise[k]))
		}
		in := engine.New(tr.engine, x, 1, b.H, b.W, b.C)
		out, err := m.Forward(net.Eval, in, []float32{float32(times[0])})
		if err != nil {
			t.Fatal(err)
		}
		for k, y := range tensors.MustCopyFlatData[float32](out) { // eps is predicted
			d := float64(y) - float64(noise[k])
			sum += d * d / float64(len(x)) * tr.setup.Objective.Weight(times[0]) / float64(tr.val.Len())
		}
	}
	if math.Abs(*got-sum) > 1e-5*sum {
		t.Errorf("%v, want %v", *got, sum)
	}
}
