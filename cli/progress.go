package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A bar is a progress bar on a terminal, and nothing elsewhere.
type bar struct{ *progressbar.ProgressBar }

func newBar(w io.Writer, total int, what string) bar {
	if !isTerminal(w) {
		return bar{}
	}
	return bar{progressbar.NewOptions(total,
		progressbar.OptionSetWriter(raw(w)), progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(30),
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

// A teller says what is going on, of a command that does several things in turn: on a terminal by a
// bar where the share that is done is known, else by a line, which the next one replaces; elsewhere
// by a plain line now and then.
type teller struct {
	w     io.Writer
	doing string
	bar   bar
	spoke time.Time // when the last plain line was printed, or the teller made
}

func newTeller(w io.Writer) *teller { return &teller{w: w, spoke: time.Now()} }

// tell shows that done of total parts are done, of an unknown total 0.
func (t *teller) tell(what string, done, total int) {
	switch {
	case isTerminal(t.w):
		t.draw(what, done, total)
	case time.Since(t.spoke) >= every:
		t.spoke = time.Now()
		if total > 0 {
			what = fmt.Sprintf("%s, %.0f%%", what, 100*float64(done)/float64(total))
		}
		fmt.Fprintln(t.w, what)
	}
}

func (t *teller) draw(what string, done, total int) {
	if what != t.doing {
		t.clear()
		t.doing = what
		if total > 0 {
			t.bar = newBar(t.w, total, what)
		} else {
			fmt.Fprint(raw(t.w), visible(what))
		}
	}
	if total > 0 {
		t.bar.set(done, total)
	}
}

// clear makes room for a line.
func (t *teller) clear() {
	if !isTerminal(t.w) {
		return
	}
	t.bar.done()
	t.doing, t.bar = "", bar{}
	fmt.Fprint(raw(t.w), "\r\x1b[K")
}

// isTerminal says whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := raw(w).(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
