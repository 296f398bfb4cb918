package learn

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
)

// Denoising is the way of all formulations that regress on a target: the network learns an
// objective's prediction of samples that it has noised. A network of twice as many outputs learns
// the variance beside it (Nichol & Dhariwal 2021, see hybrid.go) or, by a [Bridging], the far end
// of a bridge, a net.Scheduled the noise schedule (Kingma et al. 2021, see variational.go).
type Denoising struct{}

// Row implements table.Row.
func (Denoising) Row() table.Info {
	return table.Info{Name: "denoise", Text: "regression on the prediction's target, at all times or at one (--level)"}
}

// simple says whether a formulation weights nothing over time.
func simple(f formulation.Formulation) bool {
	return f.Weighting == nil || f.Weighting.Row().Name == formulation.Simple.Row().Name
}

// Method makes a denoiser's method.
func (Denoising) Method(s Setup) (Method, error) {
	d, err := newDenoise(s)
	if err != nil {
		return nil, err
	}
	if s.Patch > 0 {
		return newPatched(*d)
	}
	if s.Bridge != nil {
		return s.Bridge.Method(s)
	}
	if scheduled, ok := d.net.(*net.Scheduled); ok {
		return newVariational(*d, scheduled)
	}
	if in, out := d.net.Channels(); out == 2*in {
		return newHybrid(*d)
	}
	return d, nil
}

// denoise is the method of Denoising.
type denoise struct {
	Setup
	net    net.Model
	teller teller
	given  bool // the network takes what lies beside x
}

func newDenoise(s Setup) (*denoise, error) {
	m, err := s.model()
	if err != nil {
		return nil, err
	}
	t, err := newTeller(m, s.ClassDrop)
	if err != nil {
		return nil, err
	}
	return &denoise{Setup: s, net: m, teller: t, given: m.Takes()&net.Given != 0}, s.checkLevel()
}

// at is the objective at a place: validations are not to depend on which times happen to be hard.
func (d *denoise) at(at Place) reverie.Objective {
	o := d.Objective
	if _, ok := o.TimeLaw.(reverie.TimeMemory); ok && at.Validation {
		o.TimeLaw = nil
	}
	return o
}

// times draws the times of n images.
func (d *denoise) times(at Place, n int) []float64 {
	if d.Level == 0 {
		return d.at(at).Times(at.Times, n)
	}
	return slices.Repeat([]float64{d.Level}, n)
}

// Adapt notes the losses by whose times the next ones may be drawn.
func (d *denoise) Adapt(losses []float32, t []float64) {
	l := make([]float64, len(losses))
	for i, v := range losses {
		l[i] = float64(v)
	}
	d.Objective.Observe(t, l)
}

// Memory is the losses by which times are drawn, null where they are not.
func (d *denoise) Memory() (json.RawMessage, error) {
	if m, ok := d.Objective.TimeLaw.(reverie.TimeMemory); ok {
		return json.Marshal(m)
	}
	return nil, nil
}

// Remember takes the memory back.
func (d *denoise) Remember(text json.RawMessage) error {
	m, ok := d.Objective.TimeLaw.(reverie.TimeMemory)
	if !ok {
		return nil
	}
	err := json.Unmarshal(text, m)
	if v, ok := m.(interface{ Validate(reverie.Process) error }); ok && err == nil {
		err = v.Validate(d.Objective.Process)
	}
	if err != nil {
		return fmt.Errorf("trainer.json: method: %w", err)
	}
	return nil
}

// Inputs are those of task, and the class that each sample is told to be of.
func (d *denoise) Inputs(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	task, times, err := d.task(b, at)
	if err != nil {
		return nil, nil, err
	}
	task, err = d.tell(task, b, at)
	return task, times, err
}

// task are the noised images, the number that the network sees of each one's time, the target and
// the weight.
func (d *denoise) task(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	times := d.times(at, b.N)
	space := d.Space(at)
	x0, eps, far, err := d.pair(space, b, at)
	if err != nil {
		return nil, nil, err
	}
	task := reverie.Pair(d.at(at), space, x0, eps, times, far...)
	space.Close(task.Input, task.Target)
	return []*tensors.Tensor{task.Input, engine.Vector(d.Engine, task.Cond), task.Target, engine.Vector(d.Engine, task.Weight)}, times, nil
}

// Loss is the weighted norm of the network's error.
func (d *denoise) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	return Each(d.Setup.Loss, d.net.Forward(v, d.input(in[0], in[1], in)), in[2], in[3]), nil
}

func (d *denoise) Parts() []string { return nil }
