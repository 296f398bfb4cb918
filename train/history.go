package train

import (
	"math"
	"path/filepath"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
)

// meanOf is the number of steps whose losses are taken together where one number is to say how a
// training does: that of a single step tells more of its batch and its times.
const meanOf = 100

// A History is what a run's log tells of its losses.
type History struct {
	Steps       int        // the last that the log has; 0: it is empty
	Mean        int        // the steps that a training loss is the mean of
	Loss, Least Validated  // the mean training loss of the last steps, and the least that there was
	Best, Last  *Validated // of the validation losses; nil: none
}

// ReadHistory reads the log of a run, as far as its lines are whole. Another process may be writing
// it.
func ReadHistory(runDir string) (h History, err error) {
	folder, err := checkpoint.OpenFolder(runDir)
	if err != nil {
		return h, err
	}
	defer folder.Close()
	l := log{path: filepath.Join(runDir, "log.jsonl")}
	if err := l.read(folder, math.MaxInt); err != nil {
		return h, err
	}
	return history(l.Records), nil
}

func history(records []Record) (h History) {
	h.Best, h.Last = validations(records, nil)
	h.Mean = min(meanOf, len(records))
	sum := 0.0
	for i, r := range records {
		if sum += r.Loss; i < h.Mean-1 {
			continue
		}
		if i >= h.Mean {
			sum -= records[i-h.Mean].Loss
		}
		h.Steps, h.Loss = r.Step, Validated{Step: r.Step, Loss: sum / float64(h.Mean)}
		if h.Least.Step == 0 || h.Loss.Loss < h.Least.Loss {
			h.Least = h.Loss
		}
	}
	return h
}

// Finished says whether a run of that configuration has reached the stop that it was given.
func Finished(c *config.Run, t *checkpoint.Trainer) bool {
	p := Progress{Step: int(t.Step), Epoch: float64(t.Epoch), Time: seconds(t.TrainSeconds)}
	return StopOf(c).Fraction(p) >= 1
}
