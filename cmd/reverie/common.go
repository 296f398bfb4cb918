package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/pipeline"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const backendHelp = "compute backend, such as simd or simd:threads=1 (default $REVERIE_BACKEND, then simd)"

// oneOf is a flag's help: what it is and the values it takes.
func oneOf(what string, values []string) string { return what + ": " + strings.Join(values, ", ") }

// weightsName says which weights a loaded model has.
func weightsName(m *pipeline.Loaded) string {
	if m.Averaged {
		return "averaged (EMA)"
	}
	return "raw"
}

// describe says in a line which model was loaded.
func describe(m *pipeline.Loaded) string {
	return fmt.Sprintf("%s: %s, %s parameters, %s weights", m.Found.Model, m.Net.Arch(), humanize.Comma(int64(net.Trainable(m.Net))), weightsName(m))
}

// took is a duration as it is printed.
func took(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// quoted is a path as a shell takes it.
func quoted(path string) string {
	plain := func(r rune) bool {
		return r > 127 || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:,@%", r)
	}
	if path != "" && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// A bar is a progress bar on a terminal, and nothing elsewhere.
type bar struct{ *progressbar.ProgressBar }

func newBar(w io.Writer, total int, what string) bar {
	if !isTerminal(w) {
		return bar{}
	}
	return bar{progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(true), progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

// add moves the bar; what it cannot draw is no reason to stop.
func (b bar) add(n int) {
	if b.ProgressBar != nil {
		_ = b.Add(n)
	}
}

// set moves the bar to done of total.
func (b bar) set(done, total int) {
	if b.ProgressBar != nil {
		b.ChangeMax(total)
		_ = b.Set(done)
	}
}

func (b bar) done() {
	if b.ProgressBar != nil {
		_ = b.Clear()
	}
}

// isTerminal says whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
