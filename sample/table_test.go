package sample

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// The table of docs/samplers.md is what the solvers do: how far, in percent, the deviation of the
// samples is from the data's, without sampling error.
func TestTableOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/samplers.md")
	if err != nil {
		t.Fatal(err)
	}
	p := reverie.VP{}
	_, hi := p.Span()
	for _, name := range []string{"ddpm", "ddim", "euler", "heun", "euler-maruyama", "reverse-diffusion", "pc", "dpm++2m", "dpm++2m-sde", "unipc"} {
		cells := []string{"`" + name + "`"}
		for _, spacing := range []string{"linear", "logsnr"} {
			for _, n := range []int{10, 20, 50, 100} {
				solver := made(t, name)
				grid, err := Grid(spacing, p, n)
				if err != nil {
					t.Fatal(err)
				}
				m, v := marginal(p, hi)
				_, v = law(t, p, solver, grid, m, v, 2*n)
				cells = append(cells, fmt.Sprintf("%.1f", 100*(math.Sqrt(v)/sd-1)))
			}
		}
		if row := "| " + strings.Join(cells, " | ") + " |"; !strings.Contains(string(text), row) {
			t.Errorf("docs/samplers.md lacks this row:\n%s", row)
		}
	}
}

// The first table of docs/samplers.md names every solver with its steps, its spacing and its
// settings, as the rows have them.
func TestSolversOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/samplers.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range Solvers.Rows() {
		h, name := HabitsOf(row, nil), row.Row().Name
		steps := fmt.Sprint(h.Steps)
		if h.Whole && h.OwnTimes {
			steps = "all"
		}
		var line []string
		for l := range strings.SplitSeq(string(text), "\n") {
			if strings.HasPrefix(l, "| `"+name+"` |") && len(strings.Split(l, "|")) == 8 {
				line = strings.Split(l, "|")
			}
		}
		if line == nil {
			t.Errorf("docs/samplers.md lacks %s", name)
			continue
		}
		if at := line[5]; !strings.Contains(at, steps) || !strings.HasSuffix(strings.TrimSpace(at), "`"+h.Spacing+"`") {
			t.Errorf("%s: %s and %s by default, and docs/samplers.md says %q", name, steps, h.Spacing, at)
		}
		var settings []string
		for _, f := range table.Fields(row) {
			if !strings.Contains(line[6], "`"+f.Name+"`") {
				t.Errorf("docs/samplers.md lacks --%s of %s", f.Name, name)
			}
			settings = append(settings, f.Name)
		}
		if n := strings.Count(line[6], "`") / 2; n != len(settings) {
			t.Errorf("%s has %q, and docs/samplers.md says %q", name, settings, line[6])
		}
	}
}
