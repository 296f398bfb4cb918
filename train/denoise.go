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
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
)

// denoise is the method of all formulations that regress on a target: the network learns an objective's prediction from data that it
// has noised.
type denoise struct {
	engine    *engine.Engine
	net       net.Model
	objective reverie.Objective
	norm      string  // of its error: l1, huber or mse, which "" is too
	level     float64 // the one time at which it learns; 0: all times
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
func (d *denoise) at(at place) reverie.Objective {
	o := d.objective
	if _, ok := o.TimeLaw.(reverie.TimeMemory); ok && at.validation {
		o.TimeLaw = nil
	}
	return o
}

// times draws the times of n images.
func (d *denoise) times(at place, n int) []float64 {
	if d.level == 0 {
		return d.at(at).Times(at.times, n)
	}
	return slices.Repeat([]float64{d.level}, n)
}

// learned notes the losses by whose times the next ones may be drawn.
func (d *denoise) learned(losses []float32, t []float64) {
	l := make([]float64, len(losses))
	for i, v := range losses {
		l[i] = float64(v)
	}
	d.objective.Observe(t, l)
}

// memory is the losses by which times are drawn, null where they are not.
func (d *denoise) memory() (json.RawMessage, error) {
	if m, ok := d.objective.TimeLaw.(reverie.TimeMemory); ok {
		return json.Marshal(m)
	}
	return nil, nil
}

// remember takes the memory back.
func (d *denoise) remember(text json.RawMessage) error {
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

// inputs are the noised images, the number that the network sees of each one's time, the target and the weight.
func (d *denoise) inputs(b *data.Batch, at place) ([]*tensors.Tensor, []float64, error) {
	times := d.times(at, b.N)
	space := model.NewRecycler(d.engine.Space(at.noise))
	x0, eps, err := d.pair(d.engine, space, b, at)
	if err != nil {
		return nil, nil, err
	}
	task := reverie.Pair(d.at(at), space, x0, eps, times)
	space.Close(task.Input, task.Target)
	return []*tensors.Tensor{task.Input, vector(d.engine, task.Cond), task.Target, vector(d.engine, task.Weight)}, times, nil
}

// loss is the weighted norm of the network's error.
func (d *denoise) loss(v *net.Vars, in []*graph.Node) (*graph.Node, []*graph.Node) {
	return lossPerImage(d.norm, d.net.Forward(v, net.Input{X: in[0], Cond: in[1]}), in[2], in[3]), nil
}

func (d *denoise) parts() []string { return nil }

// lossPerImage is the loss of each image, [N]: the mean over its elements,
// times its weight.
func lossPerImage(norm string, out, target, weight *graph.Node) *graph.Node {
	d := graph.Sub(out, target)
	switch norm {
	case "l1":
		d = graph.Abs(d)
	case "huber": // |d| <= 1: d^2/2, else |d| - 1/2; with m = min(|d|, 1): m (|d| - m/2)
		a := graph.Abs(d)
		m := graph.MinScalar(a, 1)
		d = graph.Mul(m, graph.Sub(a, graph.MulScalar(m, 0.5)))
	default:
		d = graph.Square(d)
	}
	return graph.Mul(graph.ReduceMean(d, 1, 2, 3), weight)
}
