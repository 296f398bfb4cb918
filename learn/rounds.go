package learn

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// A Walker walks samples along an unpaired bridge as the network has it with other weights.
type Walker interface {
	// Walk walks the n samples of x, [n,H,W,C], forward from 0 to 1 or back, by the network with
	// these weights, in so many steps, even in time. see is called after each step, of the samples
	// from number first on, with the time and with where they are.
	Walk(weights []*tensors.Tensor, x []float32, n int, forward bool, steps int, seed uint64, see func(first int, t float64, x []float32) error) error
}

// Rounds are the settings of the bridges that learn of their own walks: each round takes some with
// the averaged weights that the last one left, and learns from them.
type Rounds struct {
	Rounds     int `flag:"rounds" range:"[1,10000]" help:"rounds, each of which learns of walks by what the last one learned" group:"Formulation" rare:"true"`
	RoundSteps int `flag:"round-steps" range:"[2,2^30]" help:"training steps of a round; the last goes on until the run ends" group:"Formulation" rare:"true"`
	Walks      int `flag:"walks" range:"[1,2^20]" help:"walks of a round in each direction" group:"Formulation" rare:"true"`
	WalkSteps  int `flag:"walk-steps" range:"[1,10000]" help:"steps of a walk" group:"Formulation" rare:"true"`
}

// usualRounds are those of the table.
var usualRounds = Rounds{Rounds: 5, RoundSteps: 2000, Walks: 4096, WalkSteps: 50}

// Length is the number of training steps of all rounds.
func (r Rounds) Length() int { return r.Rounds * r.RoundSteps }

// IMF is iterative Markovian fitting (Shi et al. 2023, arXiv:2303.16852; Peluchetti 2023,
// arXiv:2304.00917): each round regresses on the ends of the last one's walks, which keep the laws
// of both data sets while their coupling tends to the bridge's. Walks that start at true data teach
// the way back to them, and those that start at the far set the way there.
//
// The first round learns of the pairs of a batch, by default independent ones (DSBM-IMF), or of the
// reference's walks from the data (DSBM-IPF): then each direction has its half of a round, as in
// iterative proportional fitting, whose iterates these are.
type IMF struct {
	Rounds
	First string `flag:"first" names:"batch,reference" help:"the pairs of the first round: a batch's (--coupling), or the data and where the reference leads from them" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*IMF) Row() table.Info {
	return table.Info{Name: "imf", Text: "iterative Markovian fitting (DSBM), Shi et al. 2023"}
}

// Suits says what goes well with it.
func (*IMF) Suits(f formulation.Formulation, _ func(string) bool) map[string]string {
	return bridgeSuits(f, "none")
}

// Refuse reports what no unpaired bridge goes with.
func (b *IMF) Refuse(f formulation.Formulation) error {
	if b.First == "reference" && f.Coupling != "" && f.Coupling != "none" {
		return fmt.Errorf("--coupling %s pairs the samples of a batch, and with --first reference no batch is paired; leave one out", f.Coupling)
	}
	return refuseBridge(b, f)
}

// Method makes the method of a network of two heads.
func (b *IMF) Method(s Setup) (Method, error) {
	return newRounds(s, b.Rounds, b.First == "reference", false)
}

// IPF is iterative proportional fitting (the diffusion Schroedinger bridge: De Bortoli et al. 2021,
// arXiv:2106.01357): from the reference's walks from the data each half of a round learns to go one
// of the directions back along the other's walks, step by step,
//
//	E[X_k | X_k+1] = X_k+1 + h (c X_k+1 + c0 F_0(X_k+1)),   h = t_k+1 - t_k
//
// c and c0 those of Pinned.Backward, and likewise forward. Unlike [IMF] it looks at all of a walk,
// so that what a method or a network errs in one direction the other one learns.
type IPF struct{ Rounds }

// Row implements table.Row.
func (*IPF) Row() table.Info {
	return table.Info{Name: "ipf", Text: "iterative proportional fitting of whole walks (DSB), De Bortoli et al. 2021"}
}

// Suits says what goes well with it.
func (*IPF) Suits(f formulation.Formulation, _ func(string) bool) map[string]string {
	return bridgeSuits(f, "none")
}

// Refuse reports what no unpaired bridge goes with.
func (b *IPF) Refuse(f formulation.Formulation) error {
	switch {
	case f.Coupling != "" && f.Coupling != "none":
		return fmt.Errorf("--bridge ipf begins at the reference, and pairs no batch; leave --coupling %s out", f.Coupling)
	case f.Level > 0:
		return fmt.Errorf("--bridge ipf learns at the times of its walks; leave --level out")
	case f.Times != nil && f.Times.Row().Name != "uniform":
		return fmt.Errorf("--bridge ipf learns at the times of its walks; leave --times %s out", f.Times.Row().Name)
	}
	return refuseBridge(b, f)
}

// Method makes the method of a network of two heads.
func (b *IPF) Method(s Setup) (Method, error) { return newRounds(s, b.Rounds, true, true) }

// A direction of a bridge.
const (
	forward = iota
	backward
)

// walked are walks in one direction, where they were at some times: at the first they start at true
// samples, and at the last they have come to the other end.
type walked struct {
	times []float64
	at    [][]float32 // [n,size] at each
}

// rounds is the method of a bridge that learns of its own walks. Of those forward it learns the way
// back, which leads to true data, and of those backward the way forward.
type rounds struct {
	unpaired
	Rounds
	reference bool // the first walks are the reference's, and each direction has its half of a round
	whole     bool // it learns of whole walks, not of their ends
	begun     int  // the stage of which the walks are; 0: none yet, of reference the reference's
	walks     [2]walked
}

func newRounds(s Setup, r Rounds, reference, whole bool) (Method, error) {
	u, err := newUnpaired(s)
	if err != nil {
		return nil, err
	}
	if u.teller.null > 0 {
		return nil, fmt.Errorf("--class-cond tells classes, and --bridge %s learns of its own walks, which have none; leave one out", s.Bridge.Row().Name)
	}
	places := 2 // its ends
	if whole {
		places = r.WalkSteps + 1
	}
	if err := memory.Check(fmt.Sprintf("a round of %d walks in each direction, as they are and in a checkpoint,", r.Walks), memory.Product(2, 2, places, r.Walks, s.Kind.Size(), 4), "give fewer --walks"); err != nil {
		return nil, err
	}
	return &rounds{unpaired: *u, Rounds: r, reference: reference, whole: whole, begun: -1}, nil
}

// stage is the number of the walks that a step learns of, 0 before any of the network's own.
func (r *rounds) stage(step int) int {
	if r.reference {
		return min(2*r.Rounds.Rounds-1, step/max(1, r.RoundSteps/2))
	}
	return min(r.Rounds.Rounds-1, step/r.RoundSteps)
}

// Begin implements [Rounder].
func (r *rounds) Begin(step int, weights []*tensors.Tensor) (err error) {
	stage := r.stage(step)
	if stage == r.begun {
		return nil
	}
	switch {
	case stage == 0 && r.reference:
		err = r.alongReference()
	case stage == 0:
	case r.Walker == nil:
		return fmt.Errorf("learn: a bridge that learns of its own walks needs a Setup with a Walker")
	case r.reference:
		err = r.walk(stage, stage%2, weights)
	default:
		if err = r.walk(stage, forward, weights); err == nil {
			err = r.walk(stage, backward, weights)
		}
	}
	if err == nil {
		r.begun = stage
	}
	return err
}

// starts draws the true samples from which the walks of a stage start.
func (r *rounds) starts(stage, direction int) (*data.Batch, error) {
	from := r.Data
	if direction == backward {
		from = r.From
	}
	if from == nil || from.Len() == 0 {
		return nil, fmt.Errorf("learn: a bridge that learns of its own walks needs both of its data sets")
	}
	u, index := make([]float64, r.Walks), make([]int, r.Walks)
	random.Stream{Seed: r.Seed, Domain: random.Walks, Sample: uint64(direction), Step: uint32(stage)}.Uniforms(u)
	for i := range index {
		index[i] = int(u[i] * float64(from.Len()))
	}
	return from.Load(context.Background(), index...)
}

// walk takes a stage's walks in a direction.
func (r *rounds) walk(stage, direction int, weights []*tensors.Tensor) error {
	b, err := r.starts(stage, direction)
	if err != nil {
		return err
	}
	w := walked{times: []float64{float64(direction)}, at: [][]float32{b.X}}
	size := len(b.X) / b.N
	step := map[float64]int{}
	see := func(first int, t float64, x []float32) error {
		if !r.whole && t != float64(1-direction) {
			return nil
		}
		k, ok := step[t]
		if !ok {
			k = len(w.at)
			step[t] = k
			w.times, w.at = append(w.times, t), append(w.at, make([]float32, len(b.X)))
		}
		copy(w.at[k][first*size:], x)
		return nil
	}
	seed := r.Seed + 0x9e3779b97f4a7c15*uint64(2*stage+direction+1)
	if err := r.Walker.Walk(weights, b.X, b.N, direction == forward, r.WalkSteps, seed, see); err != nil {
		return fmt.Errorf("walking for round %d: %w", r.roundOf(stage), err)
	}
	if r.whole {
		r.noiseLast(w, seed)
	}
	r.walks[direction] = w
	return nil
}

// noiseLast gives the last step of walks the noise that a Walker, which ends at samples, leaves
// out: without it each round of IPF takes part of the reference's noise out of the plan, at 50
// steps of unit Gaussians 4% of the block of its precision, with it a tenth of a percent.
func (r *rounds) noiseLast(w walked, seed uint64) {
	last := len(w.times) - 1
	before := w.times[last-1]
	deviation := math.Sqrt(reverie.G2(r.Objective.Process, before) * math.Abs(w.times[last]-before))
	z := make([]float64, len(w.at[last])/r.Walks)
	for i := range r.Walks {
		random.Stream{Seed: seed, Domain: random.Walks, Sample: uint64(i)}.Normal(z)
		for j, v := range z {
			w.at[last][i*len(z)+j] += float32(deviation * v)
		}
	}
}

// roundOf is the round, from 1 on, of a stage.
func (r *rounds) roundOf(stage int) int {
	if r.reference {
		stage /= 2
	}
	return stage + 1
}

// alongReference takes the walks of the reference from the data.
func (r *rounds) alongReference() error {
	p, err := reverie.PinnedOf(r.Objective.Process)
	if err != nil {
		return err
	}
	b, err := r.starts(0, forward)
	if err != nil {
		return err
	}
	steps := 1
	if r.whole {
		steps = r.WalkSteps
	}
	w := walked{times: []float64{0}, at: [][]float32{b.X}}
	size := len(b.X) / b.N
	z := make([]float64, size)
	for k := 1; k <= steps; k++ {
		s, t := p.Reference.At(float64(k-1)/float64(steps)), p.Reference.At(float64(k)/float64(steps))
		scale := t.Alpha / s.Alpha
		deviation := t.Alpha * math.Sqrt(max(0, t.Total*(t.Gone-s.Gone)))
		next := make([]float32, len(b.X))
		for i := range b.N {
			random.Stream{Seed: r.Seed, Domain: random.Walks, Sample: uint64(2 + i), Step: uint32(k)}.Normal(z)
			for j, v := range z {
				next[i*size+j] = float32(scale*float64(w.at[k-1][i*size+j]) + deviation*v)
			}
		}
		w.times, w.at = append(w.times, float64(k)/float64(steps)), append(w.at, next)
	}
	r.walks[forward] = w
	return nil
}

// Inputs are those of the pairs of a batch before there are any walks, and then of as many draws
// from the walks, half of them in each direction where there are both.
func (r *rounds) Inputs(b *data.Batch, at Place) ([]*tensors.Tensor, []float64, error) {
	if r.walks[forward].at == nil && r.walks[backward].at == nil {
		return r.unpaired.Inputs(b, at)
	}
	u := make([]float64, 2*b.N)
	draws := at.Noise
	draws.Domain = random.Drawn
	draws.Uniforms(u)
	if r.whole {
		return r.ofSteps(b, u)
	}
	return r.ofEnds(b, u, at)
}

// draw says of a uniform number in which direction a walk is, and at which place.
func (r *rounds) draw(u float64) (direction, i int) {
	n := len(r.walks[forward].times)
	switch {
	case r.walks[backward].at == nil:
		direction = forward
	case n == 0 || u >= 0.5:
		direction, u = backward, 2*u-1
	default:
		u *= 2
	}
	return direction, min(r.Walks-1, int(u*float64(r.Walks)))
}

// both says whether there are walks in both directions, so that each teaches one head alone.
func (r *rounds) both() bool { return r.walks[forward].at != nil && r.walks[backward].at != nil }

// ofEnds takes the ends of walks as pairs. An end that is walked to teaches nothing, unless there
// is no other.
func (r *rounds) ofEnds(b *data.Batch, u []float64, at Place) ([]*tensors.Tensor, []float64, error) {
	size := len(b.X) / b.N
	x0, x1 := make([]float32, 0, len(b.X)), make([]float32, 0, len(b.X))
	e := ends{count0: make([]float64, b.N), count1: make([]float64, b.N)}
	for n := range b.N {
		direction, i := r.draw(u[n])
		w := r.walks[direction]
		from, to := w.at[0][i*size:(i+1)*size], w.at[len(w.at)-1][i*size:(i+1)*size]
		switch {
		case !r.both():
			e.count0[n], e.count1[n] = 1, 1
		case direction == forward:
			e.count0[n] = 2
		default:
			e.count1[n] = 2
		}
		if direction == backward {
			from, to = to, from
		}
		x0, x1 = append(x0, from...), append(x1, to...)
	}
	space := r.Space(at)
	e.x0 = space.Own(engine.New(r.Engine, x0, b.N, b.H, b.W, b.C))
	e.x1 = space.Own(engine.New(r.Engine, x1, b.N, b.H, b.W, b.C))
	e.eps = space.Noise(e.x0)
	in, times := r.inputs(space, e, at)
	return in, times, nil
}

// ofSteps takes single steps of walks: where one led, from which the head of the other direction is
// to say what leads back to where it was in the mean, weighted by the variance of the step.
func (r *rounds) ofSteps(b *data.Batch, u []float64) ([]*tensors.Tensor, []float64, error) {
	p, err := reverie.PinnedOf(r.Objective.Process)
	if err != nil {
		return nil, nil, err
	}
	size := len(b.X) / b.N
	x, target := make([]float32, len(b.X)), make([]float32, len(b.X))
	times, cond, w0, w1 := make([]float64, b.N), make([]float64, b.N), make([]float64, b.N), make([]float64, b.N)
	for n := range b.N {
		direction, i := r.draw(u[n])
		w := r.walks[direction]
		k := 1 + min(len(w.at)-2, int(u[b.N+n]*float64(len(w.at)-1)))
		t, h := w.times[k], math.Abs(w.times[k]-w.times[k-1])
		cx, c := p.Backward(t)
		count := w0
		if direction == backward {
			cx, c = p.At(t).Drift()
			count = w1
		}
		head, far, in := p.At(t).Ends()
		if direction == backward {
			head = far
		}
		times[n], cond[n] = t, p.Cond(t)
		count[n] = h * c * c * head.Out * head.Out / p.G2(t)
		if r.both() {
			count[n] *= 2
		}
		for j := range size {
			at := i*size + j
			here := float64(w.at[k][at])
			end := (float64(w.at[k-1][at]) - here*(1+h*cx)) / (h * c)
			x[n*size+j] = float32(in * here)
			target[n*size+j] = float32((end - head.Skip*here) / head.Out)
		}
	}
	dims := []int{b.N, b.H, b.W, b.C}
	return []*tensors.Tensor{
		engine.New(r.Engine, x, dims...), engine.Vector(r.Engine, cond), engine.New(r.Engine, target, dims...), engine.Vector(r.Engine, w0),
		engine.New(r.Engine, target, dims...), engine.Vector(r.Engine, w1),
	}, times, nil
}

// roundsMemory is what trainer.json keeps of rounds.
type roundsMemory struct {
	Begun int             `json:"begun"`
	Times [2][]float64    `json:"times"`
	Law   json.RawMessage `json:"law,omitempty"` // of the times
}

// Memory is the stage and the times of its walks, beside the law of times' own.
func (r *rounds) Memory() (json.RawMessage, error) {
	law, err := r.unpaired.Memory()
	if err != nil {
		return nil, err
	}
	return json.Marshal(roundsMemory{r.begun, [2][]float64{r.walks[forward].times, r.walks[backward].times}, law})
}

// Remember takes it back, after the walks.
func (r *rounds) Remember(text json.RawMessage) error {
	var m roundsMemory
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("trainer.json: method: %w", err)
	}
	r.begun = m.Begun
	for d := range r.walks {
		if len(m.Times[d]) != len(r.walks[d].at) {
			return fmt.Errorf("trainer.json: method: %d times of walks, and trainer.safetensors has %d", len(m.Times[d]), len(r.walks[d].at))
		}
		r.walks[d].times = m.Times[d]
	}
	if m.Law == nil {
		return nil
	}
	return r.unpaired.Remember(m.Law)
}

// Arrays are the walks: of each direction and place on the way where they are.
func (r *rounds) Arrays() map[string][]float32 {
	all := map[string][]float32{}
	for d, w := range r.walks {
		for k, x := range w.at {
			all[nameOfWalks(d, k)] = x
		}
	}
	return all
}

// nameOfWalks is that of an array of Arrays.
func nameOfWalks(direction, place int) string {
	return fmt.Sprintf("%s.%05d", [2]string{"forward", "backward"}[direction], place)
}

// Restore takes the walks back.
func (r *rounds) Restore(all map[string][]float32) error {
	var next [2]walked
	names := slices.Sorted(maps.Keys(all))
	for _, name := range names {
		d := slices.IndexFunc([]int{forward, backward}, func(d int) bool { return name == nameOfWalks(d, len(next[d].at)) })
		if d < 0 {
			return fmt.Errorf("memory %q is none of a bridge's walks", name)
		}
		if len(all[name]) == 0 || len(all[name])%r.Walks != 0 {
			return fmt.Errorf("memory %q has %d numbers: expected a multiple of --walks %d", name, len(all[name]), r.Walks)
		}
		next[d].at = append(next[d].at, all[name])
	}
	r.walks = next
	return nil
}

var (
	_ Rounder = (*rounds)(nil)
	_ Hoarder = (*rounds)(nil)
)
