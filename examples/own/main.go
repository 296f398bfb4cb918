// Command own is reverie with additions of its own: a process, a prediction, a weighting, a law of
// times, a loss, a way to learn, a network, a data source, a solver, a guide, a metric and a
// command, one of each and none of them known to reverie. They are then names like any other:
//
//	go run ./examples/own train spiral:3 --arch features --width 64 --process trigonometric --prediction difference \
//	    --weighting sigmoid --times late --objective mirrored --loss log-cosh --solver midpoint --steps 2000 --run runs/spiral
//	go run ./examples/own sample runs/spiral --guide towards --towards 0.1
//	go run ./examples/own eval runs/spiral --metrics radius
//	go run ./examples/own radius runs/spiral
package main

import (
	"os"

	"github.com/reverie-go/reverie/cli"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
)

var commands []*cobra.Command

// additions are what reverie does not have, and how it is told of each.
var additions = []struct {
	name string
	add  func()
}{
	{"process", func() {
		formulation.Processes.Add(Trigonometric{info("trigonometric", "alpha = cos(pi t/2), sigma = sin(pi t/2)")})
	}},
	{"prediction", func() { formulation.Predictions.Add(Difference{info("difference", "x0 - eps")}) }},
	{"weighting", func() {
		formulation.Weightings.Add(&Sigmoid{info("sigmoid", "sigmoid(b - log SNR) on the noise's error, Kingma & Gao 2023"), 2})
	}},
	{"times", func() { formulation.TimeLaws.Add(Late{info("late", "of density 2t")}) }},
	{"loss", func() { learn.Losses.Add(LogCosh{info("log-cosh", "log cosh of the error")}) }},
	{"objective", func() {
		learn.Ways.Add(Mirrored{info("mirrored", "each sample under a noise and under its opposite")})
	}},
	{"arch", func() { net.Register(&Features{info("features", "two hidden layers over a point and its time"), 128}) }},
	{"data", func() { source.Sources.Add(Spiral{info("spiral", "spiral:TURNS, points on a spiral")}) }},
	{"solver", func() {
		sample.Solvers.Add(Midpoint{info("midpoint", "midpoint rule on the probability flow, order 2")})
	}},
	{"guide", func() { guide.Guides.Add(&Towards{info("towards", "draws x0hat towards 0"), 0.1}) }},
	{"metric", func() { eval.Metrics.Add(Radius) }},
	{"command", func() { commands = append(commands, radiusCommand()) }},
}

func info(name, text string) table.Info { return table.Info{Name: name, Text: text} }

func main() {
	for _, a := range additions {
		if a.name != os.Getenv("WITHOUT") { // the test takes out one after another
			a.add()
		}
	}
	cli.Main(commands...)
}
