package train

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Record is a line of log.jsonl: one training step, with the validation
// loss where an epoch ended there.
type Record struct {
	Step      int        `json:"step"`          // steps done
	Epoch     int        `json:"epoch"`         // the epoch the step belongs to, from 0
	Loss      float64    `json:"loss"`          // weighted mean over the batch
	Quartiles [4]float64 `json:"quartiles"`     // mean loss of the images whose t lies in each quarter of [0,T)
	Counts    [4]int     `json:"counts"`        // how many images that were
	LR        float64    `json:"lr"`            // learning rate of the step
	GradNorm  float64    `json:"grad_norm"`     // global norm of the gradient, before clipping
	Seconds   float64    `json:"seconds"`       // training time used since the start of the run
	Val       *float64   `json:"val,omitempty"` // loss on the held-out images, at fixed noise
}

// A log appends records to the run's log.jsonl and keeps them for the curve.
type log struct {
	path    string
	file    *os.File
	Records []Record
}

// maxLog bounds a log that is read back, 1 GiB.
const maxLog = 1 << 30

// openLog opens the log of the run folder and drops every record past the
// given step: a run that was killed wrote some that its checkpoint does not know.
func openLog(dir string, step int) (*log, error) {
	l := &log{path: filepath.Join(dir, "log.jsonl")}
	if err := l.read(step); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	for _, r := range l.Records {
		if err := enc.Encode(r); err != nil {
			return nil, err
		}
	}
	if err := writeFile(l.path, text.Bytes()); err != nil {
		return nil, err
	}
	var err error
	l.file, err = os.OpenFile(l.path, os.O_APPEND|os.O_WRONLY, 0)
	return l, err
}

// read loads the records up to step. A last line that a crash cut short ends it.
func (l *log) read(step int) error {
	info, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Size() > maxLog {
		return fmt.Errorf("%s: %d bytes is more than a log of ours; move it away", l.path, info.Size())
	}
	text, err := os.ReadFile(l.path)
	if err != nil {
		return err
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var r Record
		if json.Unmarshal(lines.Bytes(), &r) != nil || r.Step > step {
			return nil
		}
		l.Records = append(l.Records, r)
	}
	return nil
}

// add appends a record. A full disk costs the line in the file, not the run.
func (l *log) add(r Record) error {
	l.Records = append(l.Records, r)
	b, err := json.Marshal(r)
	if err == nil {
		_, err = l.file.Write(append(b, '\n'))
	}
	return err
}

func (l *log) close() error { return l.file.Close() }
