// Command guidance joins what `reverie eval --sweep --json` found of several guides of one model
// into a table and a plot, and measures what a sample costs with each: bench/guidance.sh runs it.
//
//	go run ./bench/guidance -plot guidance.png RUN classifier-free.json interval.json
//
// A file's name is its guide's.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
)

func main() {
	var c costs
	var in inputs
	g := grid{gammas: []float64{0, 1, 2, 4}}
	curves := flag.String("plot", "", "draw accuracy against precision, recall and kid into this PNG file")
	flag.IntVar(&c.rounds, "rounds", 9, "rounds of the costs, in each of which every guide draws once; 0: none")
	flag.IntVar(&c.n, "n", 64, "samples in a round, of one batch")
	flag.StringVar(&c.classifier, "classifier", "", "the classifier of noised samples, for its cost")
	flag.StringVar(&g.path, "grid", "", "draw a row of samples of each class at gamma 0, 1, 2 and 4 into this PNG file")
	flag.IntVar(&g.each, "each", 3, "samples of a class in a row of -grid at each gamma")
	flag.StringVar(&in.dir, "inputs", "", "write images of -data and a mask into this folder, for reverie edit, and do nothing else")
	flag.StringVar(&in.data, "data", "", "the data of -inputs")
	flag.IntVar(&in.each, "first", 8, "how many of the first images of a class -inputs writes")
	flag.StringVar(&c.weak, "weak", "", "the weaker model of autoguidance, for its cost")
	flag.Parse()
	if in.dir != "" && flag.NArg() == 0 {
		fail(in.write(context.Background()))
		return
	}
	if flag.NArg() < 1 {
		fmt.Fprintln(os.Stderr, "usage: guidance [flags] RUN SWEEP.json...")
		os.Exit(2)
	}
	fail(run(c, g, *curves, flag.Arg(0), flag.Args()[1:]))
}

// fail ends the program with an error, if there is one.
func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "guidance:", err)
		os.Exit(1)
	}
}

func run(c costs, g grid, curves, path string, files []string) error {
	var all []sweep
	for _, file := range files {
		s, err := read(file)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	if len(all) > 0 {
		fmt.Print(table(all))
		if curves != "" {
			if err := plot(curves, all); err != nil {
				return err
			}
		}
	}
	if c.rounds == 0 && g.path == "" {
		return nil
	}
	e, err := engine.Open("")
	if err != nil {
		return err
	}
	defer e.Close()
	m, err := model.Load(e, path, false)
	if err != nil {
		return err
	}
	defer m.Close()
	ctx := context.Background()
	if g.path != "" {
		if err := g.draw(ctx, m); err != nil {
			return err
		}
	}
	if c.rounds == 0 {
		return nil
	}
	return c.print(ctx, m)
}

// A sweep is what was found of one guide.
type sweep struct {
	guide string
	eval.Sweep
}

// read reads the output of eval --sweep --json.
func read(file string) (sweep, error) {
	s := sweep{guide: strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))}
	text, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s.Sweep); err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

// numbers are those of the table and the plot, with their names in a report.
var numbers = []string{"accuracy", "precision", "recall", "kid x1000"}

// number is that of a name at a point, or of data in the samples' place; nil where there is none.
func number(p eval.Point, name string, real bool) *eval.Cell {
	for _, r := range p.Rows {
		switch {
		case r.Name != name:
		case real:
			return r.Real
		case r.HeldOut != nil:
			return r.HeldOut
		default:
			return r.Training
		}
	}
	return nil
}

// table is the table of all guides in Markdown.
func table(all []sweep) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| guide | setting | %s |\n|---|---|%s\n", strings.Join(numbers, " | "), strings.Repeat("---|", len(numbers)))
	line := func(guide, setting string, p eval.Point, real bool) {
		fmt.Fprintf(&b, "| %s | %s |", guide, setting)
		for _, name := range numbers {
			text := ""
			if c := number(p, name, real); c != nil {
				text = fmt.Sprintf("%.3f", c.Value)
			}
			fmt.Fprintf(&b, " %s |", text)
		}
		b.WriteByte('\n')
	}
	for _, s := range all {
		for _, p := range s.Points {
			line(s.guide, fmt.Sprintf("%s %g", s.Setting, p.Value), p, false)
		}
	}
	line("*data*", "", all[0].Points[0], true)
	r := all[0].Points[0].Report
	return b.String() + fmt.Sprintf("\n%d samples a point, %d held-out images; features: %s\n", r.Samples*r.Draws, r.HeldOut, r.Features)
}
