package checkpoint

import (
	"errors"
	"io"
)

var errPending = errors.New("checkpoint: being written")

// Info describes a tensor of a safetensors file without its data.
type Info struct {
	Name  string
	DType string
	Shape []int
}

// ReadSafetensors reads a whole safetensors file.
func ReadSafetensors(r io.ReaderAt, size int64) (tensors map[string]Tensor, metadata map[string]string, err error) {
	return nil, nil, errPending
}

// ReadSafetensorsFile is ReadSafetensors of a file; errors name it.
func ReadSafetensorsFile(path string) (tensors map[string]Tensor, metadata map[string]string, err error) {
	return nil, nil, errPending
}

// ReadWeights reads a safetensors file from elsewhere and refuses values that are not finite.
func ReadWeights(path string) (map[string]Tensor, error) { return nil, errPending }

// WriteSafetensors writes tensors; the same bytes for the same tensors.
func WriteSafetensors(w io.Writer, tensors map[string]Tensor, metadata map[string]string) error {
	return errPending
}

// OS is the operating system's FS.
type OS struct{}

// WriteFileAtomic writes a file under a temporary name, syncs and renames it. A nil fs is OS.
func WriteFileAtomic(fs FS, path string, write func(w io.Writer) error) error { return errPending }

// IsDiskFull reports whether an error came from a full disk or quota.
func IsDiskFull(err error) bool { return false }

// Save writes runDir/checkpoints/step-%06d and gives its path. It fills in Trainer.Files and SHA256 of a copy.
func Save(fs FS, runDir string, c *Checkpoint) (path string, err error) { return "", errPending }

// SaveModel writes a model folder without trainer state (import); dir must not exist.
func SaveModel(fs FS, dir string, c *Checkpoint) error { return errPending }

// A LoadOption chooses what Load reads.
type LoadOption func(*loading)
type loading struct{}

// Only loads the data of these parts alone; the other tensors come with type, shape and nil Data.
// Only() with no part reads and checks headers and JSON alone, without SHA-256.
func Only(parts ...Part) LoadOption { return func(*loading) {} }

// ForSampling loads the EMA where there is one and raw is false, else the weights; nothing else.
func ForSampling(raw bool) LoadOption { return func(*loading) {} }

// Load reads a checkpoint or model folder (as Resolve gives it) and verifies it.
func Load(dir string, opts ...LoadOption) (*Checkpoint, error) { return nil, errPending }

// Sampling gives the weights to sample from and which they are: the average unless raw or absent.
func (c *Checkpoint) Sampling(raw bool) (map[string]Tensor, Part) { return nil, Weights }

// Kind says what Resolve found.
type Kind int

// What a path given by the user can be.
const (
	RunFolder Kind = iota
	CheckpointFolder
	ModelFolder
)

// Found is what a path leads to.
type Found struct {
	Kind  Kind
	Model string // the folder to Load
	Run   string // the run folder, "" for an imported model
}

// Resolve finds the model behind a run folder (its newest complete checkpoint), a checkpoint folder or a model folder.
func Resolve(path string) (Found, error) { return Found{}, errPending }

// Entry is one complete checkpoint of a run.
type Entry struct {
	Step int64
	Path string
}

// List gives the complete checkpoints of a run, oldest first.
func List(runDir string) ([]Entry, error) { return nil, errPending }

// Latest gives the newest complete checkpoint; ErrNoCheckpoint if there is none.
func Latest(runDir string) (Entry, error) { return Entry{}, errPending }

// Prune removes all but the newest keep checkpoints; keep < 1 keeps all.
func Prune(fs FS, runDir string, keep int) error { return errPending }

// A RunLock is held while a process uses a run folder for training.
type RunLock struct{ Dir string }

// Unlock lets go.
func (l *RunLock) Unlock() error { return errPending }

// CreateRun makes (or takes an existing folder without a run) and locks it; ErrRunExists, ErrRunBusy.
func CreateRun(dir string) (*RunLock, error) { return nil, errPending }

// CreateNumberedRun makes and locks base/name-N, N the lowest number above all there.
func CreateNumberedRun(base, name string) (*RunLock, error) { return nil, errPending }

// OpenRun locks an existing run for resuming and clears what an interrupted writer left; ErrNotModel, ErrRunBusy.
func OpenRun(dir string) (*RunLock, error) { return nil, errPending }

// NewScheduler gives diffusers' defaults: T = 1000, beta linear 1e-4 to 0.02, epsilon, fixed_small, clip_sample.
func NewScheduler() SchedulerConfig { return SchedulerConfig{} }

// Validate reports the first field that reverie cannot honour.
func (c SchedulerConfig) Validate() error { return errPending }

// NPZ is an open npz file (numpy.savez).
type NPZ struct{}

// OpenNPZ opens an npz file and checks its directory.
func OpenNPZ(path string) (*NPZ, error) { return nil, errPending }

// Close closes the file.
func (z *NPZ) Close() error { return nil }

// Array reads an array by its key; dtype and number of axes must be as asked, else ErrArray.
func (z *NPZ) Array(key, dtype string, axes int) (Tensor, error) { return Tensor{}, errPending }

// NamedTensor is an array of an npz file with its key.
type NamedTensor struct {
	Key string
	Tensor
}

// WriteNPZ writes an npz file atomically, arrays in the order given.
func WriteNPZ(fs FS, path string, arrays ...NamedTensor) error { return errPending }
