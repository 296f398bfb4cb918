package train

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
)

// run says what a run folder tells beside its model. What of it cannot be read is said in its
// place: the model is there all the same.
func (d *description) run(dir string, t *checkpoint.Trainer) {
	c, err := config.Read(dir)
	if err != nil {
		d.row("run", "%v", err)
	} else {
		d.row("state", "%s", stateOf(dir, c, t, d.goOn))
		d.data(c, t)
	}
	h, err := ReadHistory(dir)
	if err != nil {
		d.row("losses", "%v", err)
	} else {
		d.losses(h)
	}
	best, err := ReadBest(dir)
	switch {
	case err != nil:
		d.row("best", "%v", err)
	case best != nil:
		d.row("best", "step %s by %s, %.4g; the commands take it with --best", humanize.Comma(best.Step), best.Metric, best.Value)
	}
	d.checkpoints(dir)
}

// stateOf says what the run is doing: it trains, it has reached its stop, or it was interrupted.
func stateOf(dir string, c *config.Run, t *checkpoint.Trainer, goOn func(string) string) string {
	now, yes := checkpoint.TrainingNow(dir)
	switch {
	case yes:
		return fmt.Sprintf("%v of %s", now, stopsOf(c))
	case t == nil:
		return "not known"
	case Finished(c, t):
		return "finished: " + stopsOf(c)
	}
	if newest, err := checkpoint.Latest(dir); err == nil && newest.Step > t.Step {
		return "of an earlier step than the run's newest, " + humanize.Comma(newest.Step)
	}
	return fmt.Sprintf("interrupted before its stop, %s; go on with: %s", stopsOf(c), goOn(dir))
}

// stopsOf are the totals that end a run.
func stopsOf(c *config.Run) string {
	var all []string
	if c.Steps > 0 {
		all = append(all, english.Plural(c.Steps, "step", ""))
	}
	if c.Epochs > 0 {
		all = append(all, english.Plural(c.Epochs, "epoch", ""))
	}
	if c.Time > 0 {
		text := c.Time.String()
		all = append(all, string(text))
	}
	return english.OxfordWordSeries(all, "or")
}

// data says what was trained on, and what was held out of it.
func (d *description) data(c *config.Run, t *checkpoint.Trainer) {
	text := "the embedded emoji"
	if len(c.Data) > 0 {
		text = strings.Join(c.Data, ", ")
	}
	if len(c.DataClass) > 0 {
		text += ", of class " + english.OxfordWordSeries(c.DataClass, "and")
	}
	if t != nil && t.Images != "" {
		text += ": " + t.Images
	}
	d.row("data", "%s", text)
	if len(c.From) > 0 {
		d.row("from", "%s", strings.Join(c.From, ", "))
	}
	if Spec(c).Unpaired {
		d.row("bridge", "%s", c.Bridge.Row().Name)
	}
	if len(c.Mix) > 0 {
		d.row("noise", "%s, at %v dB", strings.Join(c.Mix, ", "), c.SNR)
	}
	if len(c.Pairs) > 0 {
		d.row("pairs", "%s", strings.Join(c.Pairs, ", "))
	}
	if c.Val == 0 {
		d.row("split", "nothing is held out (--val 0)")
		return
	}
	d.row("split", "%.4g%% held out, by their %s", 100*c.Val, c.Split)
}

// losses says how far the training came.
func (d *description) losses(h History) {
	if h.Steps == 0 {
		d.row("loss", "the log is empty")
		return
	}
	d.row("loss", "%.4g at step %s; least %.4g at %s; each the mean of %s", h.Loss.Loss, humanize.Comma(int64(h.Loss.Step)), h.Least.Loss, humanize.Comma(int64(h.Least.Step)),
		english.Plural(h.Mean, "step", ""))
	if h.Last != nil {
		d.row("validation", "%.4g at step %s; least %.4g at %s", h.Last.Loss, humanize.Comma(int64(h.Last.Step)), h.Best.Loss, humanize.Comma(int64(h.Best.Step)))
		if right := h.Last.Accuracy; right != nil {
			d.row("accuracy", "of held-out samples %v", *right)
		}
	}
}

// mostListed is the number of checkpoints up to which each is named.
const mostListed = 6

// checkpoints says which there are and what they take on the disk.
func (d *description) checkpoints(dir string) {
	list, err := checkpoint.List(dir)
	if err != nil || len(list) == 0 {
		return // the model is a copy
	}
	var names []string
	total, each := int64(0), int64(0)
	for _, e := range list {
		size, err := e.Size()
		if err != nil {
			continue // pruned meanwhile
		}
		total, each = total+size, size
		names = append(names, humanize.Comma(e.Step))
	}
	if n := len(names); n > mostListed {
		names = append(append(names[:2:2], ".."), names[n-2:]...)
	}
	text := fmt.Sprintf("%d, of step %s: %s", len(list), strings.Join(names, ", "), humanize.IBytes(uint64(total)))
	if len(list) > 1 {
		text += fmt.Sprintf(" in all, the newest %s", humanize.IBytes(uint64(each)))
	}
	d.row("checkpoints", "%s", text)
}
