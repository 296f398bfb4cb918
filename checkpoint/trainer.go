package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
)

// Trainer is the state of the training loop, the contents of trainer.json.
type Trainer struct {
	// Step counts the optimiser steps done since the start of the run.
	Step int64 `json:"step"`
	// Epoch is the epoch that the next step belongs to, from 0.
	Epoch int64 `json:"epoch"`
	// Position counts the batches of that epoch already used.
	Position int64 `json:"position"`
	// Seed is the run's seed, which all its randomness is keyed by.
	Seed uint64 `json:"seed"`
	// TrainSeconds is the training time used so far, in seconds, over all
	// sessions of the run.
	TrainSeconds float64 `json:"train_seconds"`
	// LearningRate is the rate of the last step done (0 before the first): a
	// longer total on resume continues at it.
	LearningRate float64 `json:"learning_rate"`
	// Cosine is where the cosine of the learning rate ends: the first stop given.
	Cosine CosineEnd `json:"cosine_end"`
	// EMAUpdates counts the updates of the average, n in its decay
	// min(d, (1+n)/(10+n)).
	EMAUpdates int64 `json:"ema_updates"`
	// LogBytes is the length of log.jsonl when the checkpoint was written; on
	// resume what lies past it is a part that will be trained again.
	LogBytes int64 `json:"log_bytes"`
	// LossSum and LossCount hold the running epoch's loss, so that its mean on
	// resume is that of an uninterrupted epoch.
	LossSum   float64 `json:"loss_sum"`
	LossCount int64   `json:"loss_count"`
	// Files gives the SHA-256, in hexadecimal, of every other file of the
	// checkpoint, by its path with forward slashes. Save computes it.
	Files map[string]string `json:"files"`
	// SHA256 is that of this document with SHA256 empty. Save computes it.
	SHA256 string `json:"sha256"`
}

// CosineEnd says where the cosine decay of the learning rate ends.
type CosineEnd struct {
	// Kind is the unit of Value: "steps", "epochs", "seconds", or "" for a
	// constant rate.
	Kind string `json:"kind"`
	// Value is the total from the start of the run, above 0 unless Kind is "".
	Value float64 `json:"value"`
}

// Validate reports the first field that no training loop can have left.
func (t *Trainer) Validate() error {
	counts := []struct {
		field string
		value int64
	}{{"step", t.Step}, {"epoch", t.Epoch}, {"position", t.Position}, {"ema_updates", t.EMAUpdates},
		{"log_bytes", t.LogBytes}, {"loss_count", t.LossCount}}
	for _, c := range counts {
		if c.value < 0 {
			return fmt.Errorf("%s is %d, expected 0 or more", c.field, c.value)
		}
	}
	if !(t.TrainSeconds >= 0) || math.IsInf(t.TrainSeconds, 0) {
		return fmt.Errorf("train_seconds is %v, expected 0 or more", t.TrainSeconds)
	}
	if !(t.LearningRate >= 0) || math.IsInf(t.LearningRate, 0) {
		return fmt.Errorf("learning_rate is %v, expected 0 or more", t.LearningRate)
	}
	if math.IsNaN(t.LossSum) || math.IsInf(t.LossSum, 0) {
		return fmt.Errorf("loss_sum is %v, expected a number", t.LossSum)
	}
	return t.Cosine.Validate()
}

// Validate reports an unknown kind or a value that is no total.
func (c CosineEnd) Validate() error {
	switch c.Kind {
	case "":
		return nil
	case "steps", "epochs", "seconds":
		if !(c.Value > 0) || math.IsInf(c.Value, 0) {
			return fmt.Errorf("cosine_end: value is %v %s, expected more than 0", c.Value, c.Kind)
		}
		return nil
	}
	return fmt.Errorf("cosine_end: kind is %q, expected steps, epochs, seconds or nothing", c.Kind)
}

// sum gives the SHA-256 of the document with its own field empty.
func (t Trainer) sum() (string, error) {
	t.SHA256 = ""
	b, err := encodeJSON(t)
	if err != nil {
		return "", err
	}
	return hexSum(b), nil
}

// encode gives the bytes of trainer.json for the given files.
func (t Trainer) encode(files map[string]string) ([]byte, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	t.Files = files
	sum, err := t.sum()
	if err != nil {
		return nil, err
	}
	t.SHA256 = sum
	return encodeJSON(t)
}

// parseTrainer reads trainer.json: no unknown field, no key twice, values that
// a loop can have left, and the document's own SHA-256.
func parseTrainer(b []byte) (*Trainer, error) {
	var t Trainer
	if err := decodeStrict(b, &t); err != nil {
		return nil, errDamaged("%w", err)
	}
	sum, err := t.sum()
	if err != nil {
		return nil, err
	}
	if sum != t.SHA256 {
		return nil, errDamaged("its SHA-256 is %s, the field sha256 says %q: the file was changed", sum, t.SHA256)
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
