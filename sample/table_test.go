package sample

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
)

// The table of docs/samplers.md is what the solvers do: how far, in percent, the deviation of the samples is from the data's, without sampling error.
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
