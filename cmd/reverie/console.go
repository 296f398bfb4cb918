package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/train"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

// openData opens the images of a configuration and says what was left out; name
// is what a run on them is called.
func openData(cmd *cobra.Command, c *config.Run) (set *data.Set, name string, err error) {
	o := train.DataOptions(c)
	if len(c.Data) == 0 {
		set, err = data.Embedded(cmd.Context(), o)
		return set, "emoji", err
	}
	bar := newBar(cmd.ErrOrStderr(), -1, "reading images")
	o.Progress = bar.set
	set, err = data.Open(cmd.Context(), c.Data, o)
	bar.done()
	if err != nil {
		return nil, "", err
	}
	writeSkipped(cmd.ErrOrStderr(), set.Skipped())
	return set, strings.Trim(filepath.Base(c.Data[0]), "."), nil
}

// writeSkipped names the files that could not be read.
func writeSkipped(w io.Writer, skipped []data.Skip) {
	if len(skipped) == 0 {
		return
	}
	fmt.Fprintf(w, "%d unreadable files are left out (--strict makes that an error):\n", len(skipped))
	for i, s := range skipped {
		if i == 20 {
			fmt.Fprintf(w, "  and %d more\n", len(skipped)-i)
			break
		}
		fmt.Fprintf(w, "  %s: %v\n", s.Path, s.Err)
	}
}

// A console shows a run: the lecture's line on stdout, all else on stderr.
type console struct {
	out, err io.Writer
	bar      *progressbar.ProgressBar // nil where stderr is no terminal
	spoke    time.Time                // when the last plain line was printed
}

// every is the pause between two plain progress lines, and of the lecture's
// line the epochs between two.
const (
	every       = 15 * time.Second
	everyEpochs = 5
	barUnits    = 10000
)

// runTrainer trains and shows it.
func runTrainer(cmd *cobra.Command, t *train.Trainer) error {
	c := &console{out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), spoke: time.Now()}
	fmt.Fprintf(c.err, "run folder: %s (Ctrl-C saves and ends)\n\n", t.Dir)
	if isTerminal(c.err) {
		c.bar = progressbar.NewOptions(barUnits,
			progressbar.OptionSetWriter(c.err), progressbar.OptionSetWidth(24), progressbar.OptionSetPredictTime(false),
			progressbar.OptionShowDescriptionAtLineEnd(), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionSetElapsedTime(false),
		)
	}
	t.Step, t.Note = c.step, c.note
	err := t.Run(cmd.Context())
	c.clear()
	if err == nil || errors.Is(err, train.ErrInterrupted) {
		fmt.Fprintf(c.out, "reverie sample %s\n", t.Dir)
	}
	return err
}

// step shows a step.
func (c *console) step(e train.Event) {
	if e.Index == 0 && e.Epoch%everyEpochs == 0 {
		c.clear()
		fmt.Fprintf(c.out, "Epoch %d | step %03d Loss: %.4f\n", e.Epoch, e.Index, e.Loss)
	}
	line := fmt.Sprintf("epoch %d step %d loss %.4f, %.0f images/s, %v left", e.Epoch, e.Record.Step, e.Loss, e.Speed, e.Left.Round(time.Second))
	switch {
	case c.bar != nil:
		c.bar.Describe(line)
		_ = c.bar.Set(int(e.Done * barUnits))
	case time.Since(c.spoke) >= every:
		c.spoke = time.Now()
		fmt.Fprintf(c.err, "%3.0f%% %s\n", 100*e.Done, line)
	}
}

// note says what a person should know.
func (c *console) note(text string) {
	c.clear()
	fmt.Fprintln(c.err, "note:", text)
}

// clear makes room for a line above the bar.
func (c *console) clear() {
	if c.bar != nil {
		_ = c.bar.Clear()
	}
}
