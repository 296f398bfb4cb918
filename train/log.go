package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/reverie-go/reverie/checkpoint"
)

// A Record is a line of log.jsonl: one training step, with the validation loss where an epoch ended
// there.
type Record struct {
	Step      int        `json:"step"`               // steps done
	Epoch     int        `json:"epoch"`              // the epoch the step belongs to, from 0
	Loss      float64    `json:"loss"`               // weighted mean over the batch
	Quartiles [4]float64 `json:"quartiles"`          // mean loss of the images whose t lies in each quarter of the span
	Counts    [4]int     `json:"counts"`             // how many images that were
	LR        float64    `json:"lr"`                 // learning rate of the step
	GradNorm  float64    `json:"grad_norm"`          // global norm of the gradient, before clipping
	Seconds   float64    `json:"seconds"`            // training time used since the start of the run
	Val       *float64   `json:"val,omitempty"`      // loss on the held-out images, at fixed noise
	ValNull   *float64   `json:"val_null,omitempty"` // the same of a network that is told classes, where it is told none

	Accuracy    *Accuracy `json:"accuracy,omitempty"`     // of a classifier, on the batch
	ValAccuracy *Accuracy `json:"val_accuracy,omitempty"` // likewise on the held-out images

	Parts map[string]float64 `json:"parts,omitempty"` // means of the loss's parts, where it has several
	Note  string             `json:"note,omitempty"`  // what changed with this step: the law of the rate, the place of the data
}

// A log appends records to the run's log.jsonl and keeps them for the curve. What a full disk did
// not take is written with the next record.
type log struct {
	path    string
	file    logFile
	Records []Record
	written int   // of Records, those in the file
	size    int64 // of the file
	fails   bool  // the last line could not be written
}

// A logFile is an *os.File, or what a test puts in its place. A write at the known end covers half
// a line that a full disk took.
type logFile interface {
	io.WriterAt
	io.Closer
}

// maxLog bounds a log that is read back, 1 GiB.
const maxLog = 1 << 30

// openLog opens the log of the run folder and drops every record past the given step: a run that
// was killed wrote some that its checkpoint does not know.
func openLog(files checkpoint.FS, folder *checkpoint.Folder, dir string, step int) (*log, error) {
	l := &log{path: filepath.Join(dir, "log.jsonl")}
	if err := l.read(folder, step); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	for _, r := range l.Records {
		line, err := r.line()
		if err != nil {
			return nil, err
		}
		text.Write(line)
	}
	if err := writeFile(files, l.path, text.Bytes()); err != nil {
		return nil, err
	}
	f, err := folder.OpenFile(l.path, os.O_WRONLY)
	if err != nil {
		return nil, err
	}
	l.file, l.written, l.size = f, len(l.Records), int64(text.Len())
	return l, nil
}

// read loads the records up to step. A line that a crash spoiled ends it.
func (l *log) read(folder *checkpoint.Folder, step int) error {
	text, err := folder.ReadFile(l.path, maxLog)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range bytes.Lines(text) {
		var r Record
		if json.Unmarshal(line, &r) != nil || r.Step > step {
			return nil
		}
		l.Records = append(l.Records, r)
	}
	return nil
}

// logging is the observer that logs steps. A full disk costs lines of the log, which come with a
// later one, not the run; it is told once.
func (t *Trainer) logging(e Event) {
	s, ok := e.(Step)
	if !ok {
		return
	}
	err := t.log.add(s.Record)
	if err != nil && !t.log.fails {
		t.note("%s: %v; training goes on, the missing lines follow when they can be written", t.log.path, err)
	}
	t.log.fails = err != nil
}

// add appends a record to the file, after those that it lacks.
func (l *log) add(r Record) error {
	l.Records = append(l.Records, r)
	for l.written < len(l.Records) {
		line, err := l.Records[l.written].line()
		if err != nil {
			return err
		}
		if _, err := l.file.WriteAt(line, l.size); err != nil {
			return err
		}
		l.written, l.size = l.written+1, l.size+int64(len(line))
	}
	return nil
}

// line is the record as log.jsonl holds it.
func (r Record) line() ([]byte, error) {
	b, err := json.Marshal(r)
	return append(b, '\n'), err
}

func (l *log) close() error { return l.file.Close() }
