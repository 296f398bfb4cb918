package checkpoint

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
