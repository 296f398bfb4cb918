package simd

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// profile measures the steps of an executable: the shortest time of each, which a busy machine
// disturbs least.
type profile struct {
	exe   *Executable
	runs  int
	total time.Duration   // of all runs
	time  []time.Duration // by step
}

func newProfile(e *Executable) *profile {
	return &profile{exe: e, time: make([]time.Duration, len(e.steps))}
}

// run executes the steps and keeps their shortest times.
func (p *profile) run(r *run) {
	begin := time.Now()
	for i := range p.exe.steps {
		start := time.Now()
		p.exe.steps[i].run(r)
		if t := time.Since(start); p.runs == 0 || t < p.time[i] {
			p.time[i] = t
		}
	}
	p.total += time.Since(begin)
	p.runs++
	if p.runs == 8 || p.runs%100 == 0 {
		p.print()
	}
}

func (p *profile) print() { p.write(os.Stderr) }

// topSteps is how many single steps a profile lists.
const topSteps = 24

// write prints the time per kind of step, then the longest steps.
func (p *profile) write(w io.Writer) {
	if p.runs == 0 {
		return
	}
	type row struct {
		kind  string
		count int
		time  time.Duration
	}
	byKind := map[string]*row{}
	var total time.Duration
	order := make([]int, len(p.time))
	for i, t := range p.time {
		kind := p.exe.steps[i].kind
		if byKind[kind] == nil {
			byKind[kind] = &row{kind: kind}
		}
		byKind[kind].count++
		byKind[kind].time += t
		total += t
		order[i] = i
	}
	var rows []*row
	for _, r := range byKind {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b *row) int { return cmp.Compare(b.time, a.time) })
	per := func(t time.Duration) float64 { return t.Seconds() * 1000 }
	fmt.Fprintf(w, "simd: %q: %d runs, %.2f ms each, sum of the shortest times %.2f ms, %d steps, arena %.1f MB\n",
		p.exe.name, p.runs, per(p.total)/float64(p.runs), per(total), len(p.time), float64(p.exe.plan.arena)/1e6)
	for _, r := range rows {
		fmt.Fprintf(w, "%10.3f ms %5.1f%% %5d %s\n", per(r.time), 100*float64(r.time)/float64(max(total, 1)), r.count, r.kind)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p.time[b], p.time[a]) })
	for _, i := range order[:min(topSteps, len(order))] {
		s := p.exe.steps[i]
		fmt.Fprintf(w, "%10.3f ms  step %d: %s of %d nodes: %s\n", per(p.time[i]), i, s.kind, len(s.nodes), s.describe())
	}
}

// describe shows what a step computes, shortened.
func (s step) describe() string {
	text := ""
	if s.loop != nil {
		text = s.loop.describe()
	}
	for i, n := range s.nodes {
		if i == 12 {
			return text + " ..."
		}
		text += fmt.Sprintf(" %s%v", n.op, n.shape.Dimensions)
		if len(s.nodes) == 1 {
			for _, x := range n.in {
				text += fmt.Sprintf(" <- %v", x.shape.Dimensions)
			}
			text += fmt.Sprintf(" %+v", n.attr)
		}
	}
	return text
}

// describe shows the shape of a loop: what it reads and how, what it writes, how it is divided.
func (l *loop) describe() string {
	var modes [4]int
	for _, x := range l.loads {
		modes[x.mode]++
	}
	return fmt.Sprintf("[dims %v, tile %dx%d, %d tiles, %d blocks; reads %d arrays, %d scalars, %d patterns; writes %d, reduces %d; %d instructions, %d registers]",
		l.dims, l.chunk, l.inner, l.tiles, l.blocks, modes[direct], modes[uniform], modes[pattern]+modes[counter],
		len(l.stores), len(l.reds), len(l.code), l.registers)
}
