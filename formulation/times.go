package formulation

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// A TimeLaw is how the times of a batch are drawn, by its name. One whose times, one by one, are
// uniform has a method Even() bool that says so: a bound is over all times alike.
type TimeLaw interface {
	table.Row
	// TimeLaw makes it for a process.
	TimeLaw(reverie.Process) reverie.TimeLaw
}

// The laws of times.
var (
	Uniform    TimeLaw = even{table.Info{Name: "uniform", Text: "uniform in time"}, reverie.UniformTimes{}}
	Stratified TimeLaw = even{table.Info{Name: "stratified", Text: "spread evenly within a batch, Kingma et al. 2021"}, reverie.StratifiedTimes{}}
	Importance TimeLaw = importance{table.Info{Name: "importance", Text: "by the size of the last losses, unbiased, Nichol & Dhariwal 2021"}}
	LogNormal  TimeLaw = logNormal{table.Info{Name: "log-normal", Text: "log noise level ~ N(-1.2, 1.2^2), Karras et al. 2022; for flow ~ N(0, 1)"}}
)

// TimeLaws are those that --times chooses from.
var TimeLaws = table.New("times", "times", ": how they are drawn", Uniform, Stratified, Importance, LogNormal)

// even is a law whose times are uniform one by one.
type even struct {
	table.Info
	law reverie.TimeLaw
}

func (e even) TimeLaw(reverie.Process) reverie.TimeLaw { return e.law }

func (even) Even() bool { return true }

type importance struct{ table.Info }

func (importance) TimeLaw(p reverie.Process) reverie.TimeLaw { return reverie.NewImportance(p) }

// maxImportance is the longest table for which the last losses of each step are kept: they go into
// every checkpoint.
const maxImportance = 4000

// Refuse reports a table of too many times.
func (importance) Refuse(f Formulation) error {
	if d, ok := f.Process.(*DDPM); ok && d.Timesteps > maxImportance {
		return fmt.Errorf("--times importance keeps the last losses of each of at most %d time steps, and --timesteps is %d", maxImportance, d.Timesteps)
	}
	return nil
}

type logNormal struct{ table.Info }

func (logNormal) TimeLaw(reverie.Process) reverie.TimeLaw { return reverie.LogNormalTimes{} }

// unbiased says whether a law's losses, weighted as it says, have the mean that those at uniform
// times have.
func unbiased(l TimeLaw) bool {
	if l == nil {
		return true
	}
	if e, ok := l.(interface{ Even() bool }); ok {
		return e.Even()
	}
	_, weighed := l.TimeLaw(reverie.VP{}).(reverie.TimeMemory)
	return weighed
}
