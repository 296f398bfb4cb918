package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"

	"github.com/reverie-go/reverie/internal/jsonfile"
)

// Trainer is the state of the training loop, the contents of trainer.json.
type Trainer struct {
	// Step counts the optimiser steps done since the start of the run, and so the updates of the
	// average, n in its decay min(d, (1+n)/(10+n)).
	Step int64 `json:"step"`
	// Epoch is the epoch that the next step belongs to, from 0.
	Epoch int64 `json:"epoch"`
	// Position counts the batches of that epoch already used.
	Position int64 `json:"position"`
	// Seed is the run's seed, which all its randomness is keyed by.
	Seed uint64 `json:"seed"`
	// TrainSeconds is the training time used so far, in seconds, over all sessions of the run.
	TrainSeconds float64 `json:"train_seconds"`
	// Cosine is where the cosine of the learning rate ends: the stop that the run was given first,
	// or when its total last changed.
	Cosine CosineEnd `json:"cosine_end"`
	// Rate is the law of the learning rate, of which Cosine is the end; nil in files of the first
	// release, whose law is that of the run's configuration.
	Rate *Rate `json:"rate,omitempty"`
	// Data identifies the images trained on, so that a run is not continued on others.
	Data string `json:"data"`
	// HeldOut identifies the images of validation likewise, and Images says in words what both are;
	// "" in files of the first release.
	HeldOut string `json:"held_out,omitempty"`
	Images  string `json:"images,omitempty"`
	// Method is what the method of learning remembers from step to step, such as the losses by
	// which it draws its times.
	Method json.RawMessage `json:"method,omitempty"`
	// Files gives the SHA-256, in hexadecimal, of every other file of the checkpoint, by its path
	// with forward slashes. Save computes it.
	Files map[string]string `json:"files"`
	// SHA256 is that of this document with SHA256 empty. Save computes it.
	SHA256 string `json:"sha256"`
}

// CosineEnd is a stop: totals from the start of the run, of which the first reached counts; 0 stops
// nothing.
type CosineEnd struct {
	Steps   int64   `json:"steps"`
	Epochs  int64   `json:"epochs"`
	Seconds float64 `json:"seconds"`
}

// Rate is the law of the learning rate, as a run's configuration gave it, and where a resumed run
// took it up anew.
type Rate struct {
	LR       float64 `json:"lr"`       // the peak
	Schedule string  `json:"schedule"` // constant or cosine
	Warmup   int64   `json:"warmup"`   // steps
	Last     float64 `json:"last"`     // rate of the last step

	FromStep    int64   `json:"from_step,omitempty"`    // step after which the law began; 0: with the run
	FromSeconds float64 `json:"from_seconds,omitempty"` // training time there
	FromLR      float64 `json:"from_lr,omitempty"`      // rate there
}

// validate reports the first field that no training loop can have left.
func (r *Rate) validate(step int64) error {
	for field, v := range map[string]float64{"lr": r.LR, "last": r.Last, "from_lr": r.FromLR} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("rate: %s is %v, expected a finite number, 0 or more", field, v)
		}
	}
	switch {
	case r.Schedule != "constant" && r.Schedule != "cosine":
		return fmt.Errorf("rate: schedule is %q, expected constant or cosine", r.Schedule)
	case r.Warmup < 0 || r.Warmup > maxWarmup:
		return fmt.Errorf("rate: warmup is %d, expected 0 to %d", r.Warmup, maxWarmup)
	case r.FromStep < 0 || r.FromStep > step:
		return fmt.Errorf("rate: from_step is %d, expected 0 to %d, the step", r.FromStep, step)
	case !(r.FromSeconds >= 0 && r.FromSeconds <= maxSeconds):
		return fmt.Errorf("rate: from_seconds is %v, expected 0 to %v", r.FromSeconds, float64(maxSeconds))
	}
	return nil
}

// maxWarmup bounds the steps of a warm-up.
const maxWarmup = 1 << 40

// Validate reports the first field that no training loop can have left.
func (t *Trainer) Validate() error {
	counts := []struct {
		field string
		value int64
	}{{"step", t.Step}, {"epoch", t.Epoch}, {"position", t.Position},
		{"cosine_end: steps", t.Cosine.Steps}, {"cosine_end: epochs", t.Cosine.Epochs}}
	for _, c := range counts {
		if c.value < 0 {
			return fmt.Errorf("%s is %d, expected 0 or more", c.field, c.value)
		}
	}
	for field, v := range map[string]float64{"train_seconds": t.TrainSeconds, "cosine_end: seconds": t.Cosine.Seconds} {
		if !(v >= 0 && v <= maxSeconds) {
			return fmt.Errorf("%s is %v, expected 0 to %v", field, v, float64(maxSeconds))
		}
	}
	if t.Rate != nil {
		return t.Rate.validate(t.Step)
	}
	return nil
}

// maxSeconds bounds a time, so that it fits a time.Duration.
const maxSeconds = 1e9

// encode gives the bytes of trainer.json for the given files.
func (t Trainer) encode(files map[string]string) ([]byte, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	t.Files = files
	return t.seal()
}

// seal gives the bytes of trainer.json with the document's own SHA-256.
func (t Trainer) seal() ([]byte, error) {
	t.SHA256 = ""
	b, err := encodeJSON(t)
	if err != nil {
		return nil, err
	}
	t.SHA256 = hexSum(b)
	return encodeJSON(t)
}

// sealed reports whether a file's bytes have the sum that they say; it is taken of the bytes, so
// that it also holds for fields that a later version adds.
func sealed(b []byte, sum string) bool {
	at := bytes.LastIndex(b, []byte(sum))
	if at < 0 || sum == "" {
		return false
	}
	h := sha256.New()
	h.Write(b[:at])
	h.Write(b[at+len(sum):])
	return hex.EncodeToString(h.Sum(nil)) == sum
}

// parseTrainer reads trainer.json: no unknown field, no key twice, values that a loop can have
// left, and the document's own SHA-256.
func parseTrainer(b []byte) (*Trainer, error) {
	var t Trainer
	if err := jsonfile.Strict(b, &t); err != nil {
		return nil, errDamaged("%w", err)
	}
	if !sealed(b, t.SHA256) {
		return nil, errDamaged("its SHA-256 is not %q, which the field sha256 says: the file was changed or damaged; use another checkpoint or a copy", t.SHA256)
	}
	if err := t.Validate(); err != nil {
		return nil, errDamaged("%w", err)
	}
	return &t, nil
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
