// Command bench times reverie against PyTorch on this machine, f32, input to output in host memory,
// both sides in turn in one run: SimpleUnet, and the residual U-Net of preset small.
//
//	bench/run.sh            installs PyTorch in bench/.venv and runs this
//	bench/older.sh COMMIT   runs this against an older commit in PyTorch's place
//
// Each side is a process of its own, which builds its model when it is started and then makes one
// step for every line on its standard input.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/reverie-go/reverie/bench/report"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/simpleunet"
	"github.com/reverie-go/reverie/net/unet"
	"github.com/reverie-go/reverie/train"
)

// A workload is what both sides do.
type workload struct {
	Preset string // whose network
	Kind   string // train or forward
	Batch  int
	Size   int

	// What PyTorch's side needs to know of the preset.
	Channels           []int
	Layers, Parameters int
}

// String names the workload as -only takes it: the preset first.
func (w workload) String() string {
	return fmt.Sprintf("%s: %s, batch %d, %dx%d", w.Preset, w.Kind, w.Batch, w.Size, w.Size)
}

var workloads = []workload{
	{Preset: "lecture", Kind: "train", Batch: 8, Size: 64},
	{Preset: "lecture", Kind: "forward", Batch: 8, Size: 64},
	{Preset: "lecture", Kind: "forward", Batch: 1, Size: 128},
	{Preset: "small", Kind: "train", Batch: 32, Size: 32},
	{Preset: "small", Kind: "forward", Batch: 16, Size: 32},
}

// complete fills in what the preset says.
func (w workload) complete() (workload, error) {
	c, err := config.Preset(w.Preset)
	if err != nil {
		return w, err
	}
	n, err := train.Network(&c, c.Kind())
	if err != nil {
		return w, err
	}
	w.Parameters = net.Trainable(n)
	switch a := c.Arch.(type) {
	case *simpleunet.Architecture:
		w.Channels, w.Layers = a.Channels, 1
	case *unet.Architecture:
		w.Channels, w.Layers = a.Channels, a.Layers
	}
	return w, nil
}

// A reply is what a worker prints for each step.
type reply struct {
	Seconds float64
	Bytes   int64 // peak resident size so far, less the size before the model was built
}

func main() {
	python := flag.String("python", "bench/.venv/bin/python", "the Python with PyTorch")
	rounds := flag.Int("rounds", 9, "counted steps of each side")
	threads := flag.Int("threads", 2, "threads of each side")
	only := flag.String("only", "", "run only the workloads whose name begins so")
	older := flag.String("older", "", "compare with this program, built from an older commit, twice, instead of with PyTorch")
	worker := flag.String("worker", "", "be a worker for this workload (JSON)")
	profile := flag.String("cpuprofile", "", "write a CPU profile of the worker here")
	flag.Parse()
	var err error
	if *worker != "" {
		err = work(*worker, *threads, *profile)
	} else {
		err = compare(peers(*python, *older), *rounds, *threads, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// warmUp is the number of steps that are not counted.
const warmUp = 3

// A peer is what a workload is compared with: how its side is started.
type peer struct {
	name    string
	command func(spec, threads string) *exec.Cmd
}

// reverie is the peer that a build of this program is.
func reverie(name, program string) peer {
	return peer{name, func(spec, threads string) *exec.Cmd {
		return exec.Command(program, "-threads", threads, "-worker", spec)
	}}
}

// peers are PyTorch's two sides or, where it is given, a build of an older commit: twice, so that
// their ratio shows what of another is the machine's noise.
func peers(python, older string) []peer {
	if older != "" {
		return []peer{reverie("older", older), reverie("older again", older)}
	}
	torch := func(mode string) peer {
		return peer{"PyTorch " + mode, func(spec, threads string) *exec.Cmd {
			return exec.Command(python, "bench/worker.py", spec, threads, mode)
		}}
	}
	return []peer{torch("eager"), torch("channels_last")}
}

// compare runs every workload on all sides and prints the table.
func compare(peers []peer, rounds, threads int, only string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Printf("machine: %s, %d threads, %s\n\n", report.Processor(), threads, runtime.Version())
	fmt.Println("| workload | side | min s | median s | memory MiB |\n|---|---|---|---|---|")
	for _, w := range workloads {
		if !strings.HasPrefix(w.String(), only) {
			continue
		}
		w, err := w.complete()
		if err != nil {
			return err
		}
		spec, err := json.Marshal(w)
		if err != nil {
			return err
		}
		var sides []*side
		for _, p := range append([]peer{reverie("reverie", self)}, peers...) {
			sides = append(sides, &side{name: p.name, cmd: p.command(string(spec), fmt.Sprint(threads))})
		}
		if err := race(w, sides, rounds); err != nil {
			return err
		}
	}
	return nil
}

// A side is a worker process and what it measured.
type side struct {
	name    string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	seconds []float64
	bytes   int64
}

func (s *side) start() (err error) {
	s.cmd.Stderr = os.Stderr
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	s.out = bufio.NewScanner(out)
	return s.cmd.Start()
}

// step makes the worker do one step. The pause lets the other side's threads, which spin for a
// while after their work, come to rest.
func (s *side) step() (reply, error) {
	time.Sleep(300 * time.Millisecond)
	var r reply
	if _, err := fmt.Fprintln(s.in, "step"); err != nil {
		return r, fmt.Errorf("%s: %w", s.name, err)
	}
	if !s.out.Scan() {
		return r, fmt.Errorf("%s: the worker ended: %v", s.name, s.out.Err())
	}
	return r, json.Unmarshal(s.out.Bytes(), &r)
}

// race alternates the sides and prints a row for each and the ratios.
func race(w workload, sides []*side, rounds int) error {
	for _, s := range sides {
		if err := s.start(); err != nil {
			return err
		}
	}
	for round := range warmUp + rounds {
		for _, s := range sides {
			r, err := s.step()
			if err != nil {
				return err
			}
			if round >= warmUp {
				s.seconds = append(s.seconds, r.Seconds)
			}
			s.bytes = r.Bytes
		}
	}
	for _, s := range sides {
		fmt.Printf("| %v | %s | %.3f | %.3f | %d |\n", w, s.name, slices.Min(s.seconds), median(s.seconds), s.bytes>>20)
		if err := s.in.Close(); err != nil {
			return err
		}
		if err := s.cmd.Wait(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	printRatio("reverie / best of the others", sides[0], sides[1:])
	printRatio(sides[1].name+" / "+sides[2].name, sides[1], sides[2:])
	return nil
}

// printRatio prints the row of a side's numbers over the best of others'.
func printRatio(name string, s *side, others []*side) {
	least := func(of func(*side) float64) float64 {
		best := of(others[0])
		for _, o := range others[1:] {
			best = min(best, of(o))
		}
		return best
	}
	fastest := func(s *side) float64 { return slices.Min(s.seconds) }
	middle := func(s *side) float64 { return median(s.seconds) }
	memory := func(s *side) float64 { return float64(s.bytes) }
	fmt.Printf("| | **%s** | **%.3f** | **%.3f** | **%.3f** |\n", name, fastest(s)/least(fastest), middle(s)/least(middle), memory(s)/least(memory))
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}
