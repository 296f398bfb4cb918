package cli

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/train"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// openData opens the images of a configuration and says what was left out; name is what a run on
// them is called.
func openData(cmd *cobra.Command, c *config.Run) (set *data.Set, name string, err error) {
	bar := newBar(cmd.ErrOrStderr(), -1, "reading data")
	set, err = c.Open(cmd.Context(), bar.set)
	bar.done()
	if err != nil {
		return nil, "", err
	}
	writeSkipped(cmd.ErrOrStderr(), set.Skipped())
	writeNotes(cmd.ErrOrStderr(), set.Remarks())
	if len(c.Data) == 0 {
		return set, "emoji", nil
	}
	return set, runName(c.Data[0]), nil
}

// openFrom opens the second data set of a flow between two; none for other runs.
func openFrom(cmd *cobra.Command, c *config.Run) (*data.Set, error) {
	if len(c.From) == 0 {
		return nil, nil
	}
	bar := newBar(cmd.ErrOrStderr(), -1, "reading --from")
	set, err := c.OpenFrom(cmd.Context(), bar.set)
	bar.done()
	if err != nil {
		return nil, fmt.Errorf("--from: %w", err)
	}
	writeSkipped(cmd.ErrOrStderr(), set.Skipped())
	writeNotes(cmd.ErrOrStderr(), set.Remarks())
	return set, nil
}

// runName is what a run on a folder is called: the folder's name, as far as a name for a run can be
// made of it.
func runName(dir string) string {
	if name := source.Base(dir); name != "" {
		return name
	}
	return "images"
}

// dataName says where data are from.
func dataName(roots []string) string {
	if len(roots) == 0 {
		return "the emoji inside the program"
	}
	return strings.Join(roots, ", ")
}

// writeNotes says how data were read.
func writeNotes(w io.Writer, notes []string) {
	for _, n := range notes {
		fmt.Fprintln(w, "note:", n)
	}
}

// writeImageNotes says what was done to one image beyond decoding and resizing it.
func writeImageNotes(w io.Writer, path string, notes []string) {
	if len(notes) > 0 {
		fmt.Fprintf(w, "note: %s: %s\n", path, strings.Join(notes, "; "))
	}
}

// readImages reads the images that flags name as samples of kind k, and says what was done to them.
func readImages(cmd *cobra.Command, k kind.Kind, maxPixels int, files ...output) (all []float32, err error) {
	for _, f := range files {
		x, info, err := data.ReadImage(cmd.Context(), f.path, data.Options{Height: k.H, Width: k.W, Channels: k.C, MaxPixels: int64(maxPixels)})
		if err != nil {
			return nil, inputError(f.flag, f.path, err)
		}
		writeImageNotes(cmd.ErrOrStderr(), f.path, info.Notes)
		all = append(all, x...)
	}
	return all, nil
}

// writeSkipped names the files that could not be read.
func writeSkipped(w io.Writer, skipped []data.Skip) {
	if len(skipped) == 0 {
		return
	}
	fmt.Fprintf(w, "%d unreadable files are left out (--strict makes that an error):\n", len(skipped))
	for _, line := range data.SkipLines(skipped, 20) {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

// A console shows a run: the lecture's line on stdout, all else on stderr.
type console struct {
	out, err io.Writer
	bar      *progressbar.ProgressBar // nil where stderr is no terminal
	columns  int                      // of the terminal
	spoke    time.Time                // when the last plain line was printed
	steps    int                      // taken in this session
}

// every is the pause between two plain progress lines, and of the lecture's line the epochs between
// two.
const (
	every       = 15 * time.Second
	everyEpochs = 5
	barUnits    = 10000
)

// runTrainer trains and shows it. The last line is the command that samples, of a classifier the
// one that describes it.
func runTrainer(cmd *cobra.Command, t *train.Trainer) error {
	c := &console{out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), spoke: time.Now()}
	fmt.Fprintf(c.err, "run folder: %s (Ctrl-C saves and ends), seed %d\n\n", t.Dir, t.Config.Seed)
	if isTerminal(c.err) {
		c.columns = columns(c.err)
		c.bar = trainingBar(c.err, c.columns)
	}
	t.Observe(train.On(c.step), train.On(c.note))
	began := time.Now()
	err := t.Run(cmd.Context())
	c.clear()
	switch {
	case err == nil && c.steps == 0:
		fmt.Fprintf(c.err, "the run has reached its stop already (%v); give a larger total to go on\n", train.StopOf(t.Config))
	case err == nil:
		fmt.Fprintf(c.err, "%s in %v\n", english.Plural(c.steps, "step", ""), time.Since(began).Round(100*time.Millisecond))
	case err == train.ErrInterrupted: // itself: joined with another error it is not all there is to tell
		fmt.Fprintf(c.err, "%v; go on with: %s\n", err, command("train --resume", t.Dir))
	default:
		return err
	}
	c.summary(t, err == nil)
	next := "sample"
	if t.Config.Classifier() { // which draws nothing
		next = "info"
	}
	fmt.Fprintln(c.out, command(next, t.Dir))
	if err != nil {
		return toldError{err}
	}
	return nil
}

// summary says how a run came out, where its pictures are and, if it is done, whether to go on.
func (c *console) summary(t *train.Trainer, done bool) {
	s := t.Summary()
	switch {
	case s.Last == nil:
	case s.Last == s.Best:
		fmt.Fprintf(c.err, "validation loss %.4g at step %d, the best of the run\n", s.Last.Loss, s.Last.Step)
	default:
		fmt.Fprintf(c.err, "validation loss %.4g at step %d; the best was %.4g at step %d\n", s.Last.Loss, s.Last.Step, s.Best.Loss, s.Best.Step)
	}
	if s.Last != nil && s.Last.Accuracy != nil {
		fmt.Fprintf(c.err, "right on held-out samples: %v\n", *s.Last.Accuracy)
	}
	dir := absolute(t.Dir)
	fmt.Fprintf(c.err, "pictures in %s, the losses' curve in %s\n", quoted(filepath.Join(dir, "samples")), quoted(filepath.Join(dir, "loss.svg")))
	if done && s.Enough > 0 {
		young := "samples of so young weights are rough"
		if t.Config.Classifier() { // which draws none
			young = "a classifier of so young weights errs more often than it need"
		}
		fmt.Fprintf(c.err, "%s, %.3g passes over the data, are few, and %s; go on with: %s --steps %d\n",
			english.Plural(s.Steps, "step", ""), s.Passes, young, command("train --resume", t.Dir), s.Enough)
	}
}

// columns is the width of a terminal.
func columns(w io.Writer) int {
	if f, ok := raw(w).(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 80
}

// The columns of a terminal's line: the bar has what the longest text leaves it, within bounds, and
// barFrame the percentage and the frame.
const (
	leastBar, mostBar = 4, 40
	barFrame          = 11
	longestText       = 76
)

// trainingBar is a bar that fits so many columns with a line of text beside it.
func trainingBar(w io.Writer, columns int) *progressbar.ProgressBar {
	return progressbar.NewOptions(barUnits,
		progressbar.OptionSetWriter(raw(w)), progressbar.OptionSetWidth(barWidth(columns)), progressbar.OptionSetPredictTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionSetElapsedTime(false),
	)
}

func barWidth(columns int) int { return min(mostBar, max(leastBar, columns-barFrame-longestText)) }

// step shows a step.
func (c *console) step(e train.Step) {
	if e.Index == 0 && e.Epoch%everyEpochs == 0 {
		c.clear()
		fmt.Fprintf(c.out, "Epoch %d | step %03d Loss: %.4f\n", e.Epoch, e.Index, e.Loss)
	}
	c.steps++
	switch {
	case c.bar != nil:
		c.bar.Describe(progressLine(e, c.columns-barFrame-barWidth(c.columns)))
		_ = c.bar.Set(int(e.Done * barUnits))
	case time.Since(c.spoke) >= every:
		c.spoke = time.Now()
		fmt.Fprintf(c.err, "%3.0f%% %s\n", 100*e.Done, progressLine(e, math.MaxInt))
	}
}

// progressLine says how a run stands in so many columns: where they do not suffice it leaves out
// the speed, the epoch, the time left.
func progressLine(e train.Step, columns int) string {
	parts := []string{fmt.Sprintf("epoch %d ", e.Epoch), fmt.Sprintf("step %d loss %.4f", e.Record.Step, e.Loss), "",
		fmt.Sprintf(", %s images/s", speed(e.Speed)), fmt.Sprintf(", %s left", train.Brief(e.Left))}
	if e.Validation != nil {
		parts[2] = fmt.Sprintf(" val %.4f", *e.Validation)
		if e.Right != nil {
			parts[2] += fmt.Sprintf(" right %.0f%%", 100*e.Right.Share)
		}
	}
	for _, drop := range []int{3, 0, 4} {
		if len(strings.Join(parts, "")) > columns {
			parts[drop] = ""
		}
	}
	return strings.Join(parts, "")
}

// speed is images per second with two digits at least.
func speed(v float64) string {
	if v < 10 {
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// note says what a person should know.
func (c *console) note(n train.Note) {
	c.clear()
	fmt.Fprintln(c.err, "note:", n.Text)
}

// clear makes room for a line above the bar.
func (c *console) clear() {
	if c.bar != nil {
		_ = c.bar.Clear()
	}
}
