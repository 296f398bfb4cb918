package train

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
)

// denoise is the method of all formulations that regress on a target: the network learns an objective's prediction from data that it
// has noised.
type denoise struct {
	engine    *engine.Engine
	net       net.Model
	objective reverie.Objective
	loss      learn.Loss // of its error; nil: MSE
	level     float64    // the one time at which it learns; 0: all times
	ends
}

// checkLevel reports a level that is no time of the process.
func (d *denoise) checkLevel() error {
	if d.level == 0 {
		return nil
	}
	lo, hi := d.objective.Process.Span()
	_, discrete := d.objective.Process.(reverie.Discrete)
	if !(d.level >= lo && d.level <= hi) || discrete && d.level != math.Trunc(d.level) {
		return fmt.Errorf("--level %v is no time of the process: give one from %v to %v, an index of a table of betas", d.level, lo, hi)
	}
	return nil
}

// at is the objective at a place: validations are not to depend on which times happen to be hard.
func (d *denoise) at(at learn.Place) reverie.Objective {
	o := d.objective
	if _, ok := o.TimeLaw.(reverie.TimeMemory); ok && at.Validation {
		o.TimeLaw = nil
	}
	return o
}

// times draws the times of n images.
func (d *denoise) times(at learn.Place, n int) []float64 {
	if d.level == 0 {
		return d.at(at).Times(at.Times, n)
	}
	return slices.Repeat([]float64{d.level}, n)
}

// Adapt notes the losses by whose times the next ones may be drawn.
func (d *denoise) Adapt(losses []float32, t []float64) {
	l := make([]float64, len(losses))
	for i, v := range losses {
		l[i] = float64(v)
	}
	d.objective.Observe(t, l)
}

// Memory is the losses by which times are drawn, null where they are not.
func (d *denoise) Memory() (json.RawMessage, error) {
	if m, ok := d.objective.TimeLaw.(reverie.TimeMemory); ok {
		return json.Marshal(m)
	}
	return nil, nil
}

// Remember takes the memory back.
func (d *denoise) Remember(text json.RawMessage) error {
	m, ok := d.objective.TimeLaw.(reverie.TimeMemory)
	if !ok {
		return nil
	}
	err := json.Unmarshal(text, m)
	if v, ok := m.(interface{ Validate(reverie.Process) error }); ok && err == nil {
		err = v.Validate(d.objective.Process)
	}
	if err != nil {
		return fmt.Errorf("trainer.json: method: %w", err)
	}
	return nil
}

// Inputs are the noised images, the number that the network sees of each one's time, the target and the weight.
func (d *denoise) Inputs(b *data.Batch, at learn.Place) ([]*tensors.Tensor, []float64, error) {
	times := d.times(at, b.N)
	space := engine.NewRecycler(d.engine.Space(at.Noise))
	x0, eps, err := d.pair(d.engine, space, b, at)
	if err != nil {
		return nil, nil, err
	}
	task := reverie.Pair(d.at(at), space, x0, eps, times)
	space.Close(task.Input, task.Target)
	return []*tensors.Tensor{task.Input, engine.Vector(d.engine, task.Cond), task.Target, engine.Vector(d.engine, task.Weight)}, times, nil
}

// Loss is the weighted norm of the network's error.
func (d *denoise) Loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	return learn.Each(d.loss, d.net.Forward(v, net.Input{X: in[0], Cond: in[1]}), in[2], in[3]), nil
}

func (d *denoise) Parts() []string { return nil }
