package checkpoint

import "errors"

// Errors that callers tell apart with errors.Is; each comes wrapped with the path and what to do.
var (
	// ErrNoCheckpoint says that a run folder holds no complete checkpoint.
	ErrNoCheckpoint = errors.New("no complete checkpoint")
	// ErrNotModel says that a path is neither a run, a checkpoint nor a model.
	ErrNotModel = errors.New("not a run, checkpoint or model folder")
	// ErrNotRun says that a path is a checkpoint or a model, but no run folder.
	ErrNotRun = errors.New("not a run folder")
	// ErrRunExists says that a folder meant for a new run already holds one.
	ErrRunExists = errors.New("already holds a run")
	// ErrRunBusy says that another process uses the run folder.
	ErrRunBusy = errors.New("in use by another process")
	// ErrDamaged says that a file's contents are not what was written: truncated, a broken header,
	// or a wrong SHA-256.
	ErrDamaged = errors.New("damaged file")
	// ErrNotFinite says that a weight is NaN or infinite.
	ErrNotFinite = errors.New("value is not finite")
	// ErrArray says that an array of an npz file is missing or is not of the kind that was asked
	// for.
	ErrArray = errors.New("unusable array")
)
