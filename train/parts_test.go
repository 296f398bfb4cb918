package train

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net/simpleunet"
	"github.com/reverie-go/reverie/table"
)

// quartic is d^4, a loss of a program's own.
type quartic struct{ built *bool }

func (quartic) Row() table.Info { return table.Info{Name: "quartic"} }

func (q quartic) Of(d *graph.Node) *graph.Node {
	*q.built = true
	return graph.Square(graph.Square(d))
}

// fourth is a way of a program's own: it denoises by that loss, whatever the run's is.
type fourth struct {
	learn.Denoising
	loss learn.Loss
}

func (w fourth) Method(s learn.Setup) (learn.Method, error) {
	s.Loss = w.loss
	return w.Denoising.Method(s)
}

// A run takes a program's own data, network, way, loss and optimiser; resumed, it goes on bit for
// bit; what it learned is loaded and sampled.
func TestOwnParts(t *testing.T) {
	c := tiny(images(t, 14, 8))
	set, err := c.Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	network, err := simpleunet.New(simpleunet.Config{Channels: []int{4, 12}, ImageChannels: 3}) // not the configuration's
	if err != nil {
		t.Fatal(err)
	}
	built := false
	own := Parts{Data: set, Network: network, Way: fourth{loss: quartic{&built}}, Optimiser: learn.Momentum{Beta: 0.9}}
	trained := func(dir string, steps int, lock *checkpoint.RunLock) {
		t.Helper()
		c := c
		c.Steps = steps
		tr, err := New(t.Context(), testEngine(t), &c, own)
		if err != nil {
			t.Fatal(err)
		}
		if lock == nil {
			err = tr.Create(dir, "")
		} else {
			err = tr.Resume(lock)
		}
		if err != nil {
			t.Fatal(err)
		}
		run(t, tr)
	}
	whole, halves := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "halves")
	c.LRSchedule = "constant"
	trained(whole, 6, nil)
	trained(halves, 3, nil)
	lock, err := checkpoint.OpenRun(halves)
	if err != nil {
		t.Fatal(err)
	}
	trained(halves, 6, lock)
	if !built {
		t.Error("the way's loss is not built")
	}
	a, b := latest(t, whole), latest(t, halves)
	if len(a.Optimizer.Moments) != 1 || len(a.Optimizer.Moments["momentum_buffer"]) == 0 {
		t.Errorf("moments %v", a.Optimizer.Moments)
	}
	for name, x := range a.Weights {
		if !bytes.Equal(x.Data, b.Weights[name].Data) {
			t.Errorf("%s differs after a resume", name)
		}
	}
	m, err := model.Load(testEngine(t), whole, false)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if x, err := m.Sample(t.Context(), model.Options{N: 2, Steps: 2}); err != nil || len(x) != 2*8*8*3 {
		t.Errorf("%d numbers, %v", len(x), err)
	}
	own.Optimiser = nil
	tr, err := New(t.Context(), testEngine(t), &c, own)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if lock, err = checkpoint.OpenRun(whole); err != nil {
		t.Fatal(err)
	}
	if err := tr.Resume(lock); err == nil {
		t.Error("Adam goes on from the moments of another optimiser")
	} else {
		t.Log(err)
	}
}

// A run without data of its own opens those that its configuration names, and closes them.
func TestRunOpensItsData(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps = 1
	tr, err := New(t.Context(), testEngine(t), &c, Parts{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Create(filepath.Join(t.TempDir(), "run"), ""); err != nil {
		t.Fatal(err)
	}
	run(t, tr)
	if _, err := tr.train.Load(t.Context(), 0); err == nil {
		t.Error("the data are open still")
	}
	c.Data = []string{filepath.Join(t.TempDir(), "nothing")}
	if _, err := New(t.Context(), testEngine(t), &c, Parts{}); err == nil {
		t.Error("a run on no data")
	}
}
