package counterfactual

import (
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// recycling is a Space that counts what it has made and not given back, as engine.Recycler gives
// back: what is older than three calls of Next.
type recycling struct {
	*reverie.Host[float64]
	made       int
	old        []int
	live, most int
}

func (r *recycling) take(x batch) batch {
	r.made++
	r.live++
	r.most = max(r.most, r.live)
	return x
}

func (r *recycling) Sum(c []float64, x ...batch) batch { return r.take(r.Host.Sum(c, x...)) }

func (r *recycling) SumEach(c [][]float64, x ...batch) batch {
	return r.take(r.Host.SumEach(c, x...))
}

func (r *recycling) Next(...batch) {
	r.old = append([]int{r.made}, r.old...)
	if r.made = 0; len(r.old) > 3 {
		r.live -= r.old[3]
		r.old = r.old[:3]
	}
}

// nesting can tell a walk within a step from the step.
type nesting struct{ *recycling }

func (n nesting) Enter() (leave func(keep ...batch)) {
	made, old := n.made, n.old
	n.made, n.old = 0, nil
	return func(keep ...batch) {
		n.live -= n.made
		for _, k := range n.old {
			n.live -= k
		}
		n.made, n.old = made+len(keep), old
		n.live += len(keep)
	}
}

// TestInnerMemory: what dime's inner walks make is given back as they go, so that of three times as
// many steps no more is held at once; with a Space that cannot, three times as much is and more.
func TestInnerMemory(t *testing.T) {
	m, p := twoClasses(t), reverie.VP{}
	most := func(steps int, of func(*recycling) reverie.Space[batch]) int {
		r := &recycling{Host: host(0)}
		pr := problem(p, m.Denoiser(p), bayes{m}, &sample.DDIM[batch]{}, levels(p, 2, steps), batch{{-1, -0.6}}, []int{1})
		space := of(r)
		pr.Run = func() (*sample.Run[batch], error) {
			return &sample.Run[batch]{Space: space, Process: p, Denoiser: m.Denoiser(p)}, nil
		}
		pr.Hook = func(s sample.State[batch]) error { r.Next(s.X); return nil }
		try(t, &DiME[batch]{Redraw: Redraw{1}}, pr, 1)
		return r.most
	}
	nested := func(r *recycling) reverie.Space[batch] { return nesting{r} }
	flat := func(r *recycling) reverie.Space[batch] { return r }
	if few, many := most(10, nested), most(30, nested); many > few {
		t.Errorf("of 10 steps %d batches are held, of 30 %d", few, many)
	}
	if few, many := most(10, flat), most(30, flat); many < 2*few {
		t.Errorf("without a Space that nests of 10 steps %d batches are held, of 30 %d: this test sees nothing", few, many)
	}
}
