package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/reverie-go/reverie/internal/regular"
)

// oldSuffix marks a checkpoint that is being replaced by one of the same step.
const oldSuffix = ".old"

func checkpointsDir(runDir string) string { return filepath.Join(runDir, "checkpoints") }

func stepDir(step int64) string { return fmt.Sprintf("step-%06d", step) }

// parseStep reads the name of a checkpoint's folder.
func parseStep(name string) (step int64, ok bool) {
	digits, ok := strings.CutPrefix(name, "step-")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	return int64(n), err == nil && n <= maxStep && stepDir(int64(n)) == name
}

// maxStep bounds the steps that a run can have done: a thousand a second for thirty years.
const maxStep = 1e12

// Entry is one complete checkpoint of a run.
type Entry struct {
	Step int64
	Path string
}

// List gives the complete checkpoints of a run, oldest first. Complete is one that was renamed to
// its final name, trainer.json and all: a folder whose trainer.json is empty, or that of another
// step, is no checkpoint of that step, and one that no run can have reached is none. A run without
// any gives none.
func List(runDir string) ([]Entry, error) {
	const tries = 20
	for range tries {
		list, gone, err := list(checkpointsDir(runDir))
		if err != nil || len(list) > 0 || !gone {
			return list, err
		}
	}
	return nil, nil
}

// list is List of the folder of checkpoints, as it finds it. gone says that some of it was pruned
// meanwhile: then there may be one that is newer than the listing.
func list(dir string) (list []Entry, gone bool, err error) {
	names, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, false, err
	}
	steps := map[int64]Entry{}
	for _, n := range names {
		plain, old := strings.CutSuffix(n.Name(), oldSuffix)
		step, ok := parseStep(plain)
		if !ok {
			continue
		}
		if path := filepath.Join(dir, n.Name()); !ofStep(path, step) {
			gone = gone || !exists(path)
			continue
		}
		if _, found := steps[step]; found && old {
			continue // the one that replaces it is there
		}
		steps[step] = Entry{Step: step, Path: filepath.Join(dir, n.Name())}
	}
	for _, e := range steps {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b Entry) int { return compare(a.Step, b.Step) })
	return list, gone, nil
}

// ofStep says whether a folder has a trainer.json which is that of the step, or too damaged to say.
func ofStep(dir string, step int64) bool {
	t, err := trainerIn(dir)
	if err == nil {
		return t.Step == step
	}
	return errors.Is(err, ErrDamaged) || errors.Is(err, os.ErrPermission)
}

// errEmpty says that a trainer.json has nothing in it.
var errEmpty = errors.New("empty")

// trainerIn reads a folder's trainer.json.
func trainerIn(dir string) (*Trainer, error) {
	f, info, err := regular.Open(filepath.Join(dir, trainerFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info.Size() == 0 {
		return nil, errEmpty
	}
	b, err := io.ReadAll(io.LimitReader(f, maxJSON))
	if err != nil {
		return nil, err
	}
	return parseTrainer(b)
}

// whole says whether all of a checkpoint can be read, and is what was written.
func (e Entry) whole() bool {
	_, err := Load(e.Path, Each(func(Part, string, Tensor) error { return nil }))
	return err == nil
}

// Older gives the newest checkpoint of a run before one that cannot be read that can be, reading
// all of it.
func Older(runDir string, damaged Entry) (Entry, bool) {
	list, err := List(runDir)
	if err != nil {
		return Entry{}, false
	}
	for _, e := range slices.Backward(list) {
		if e.Step < damaged.Step && e.whole() {
			return e, true
		}
	}
	return Entry{}, false
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Latest gives the newest complete checkpoint of a run; an error that wraps ErrNoCheckpoint if
// there is none.
func Latest(runDir string) (Entry, error) {
	list, err := List(runDir)
	if err != nil {
		return Entry{}, err
	}
	if len(list) > 0 {
		return list[len(list)-1], nil
	}
	if t, yes := TrainingNow(runDir); yes {
		return Entry{}, fmt.Errorf("%s: %w yet: the run is %v; its first one comes soon after its start, try again then", runDir, ErrNoCheckpoint, t)
	}
	return Entry{}, fmt.Errorf("%s: %w: the run was stopped before its first one", runDir, ErrNoCheckpoint)
}

// Prune removes all but the newest keep checkpoints of a run and those of the steps to spare; keep
// < 1 keeps all. One whose trainer.json cannot be read does not count, and stays. Each is renamed
// before it is removed, so that none is ever seen in part. Only the holder of the run's lock may
// call it.
func Prune(fs FS, runDir string, keep int, spare ...int64) error {
	fs = orOS(fs)
	list, err := List(runDir)
	if err != nil || keep < 1 {
		return err
	}
	list = slices.DeleteFunc(list, func(e Entry) bool {
		_, err := trainerIn(e.Path)
		return err != nil
	})
	dir := checkpointsDir(runDir)
	for _, e := range list[:max(0, len(list)-keep)] {
		if slices.Contains(spare, e.Step) {
			continue
		}
		tmp := filepath.Join(dir, tmpPrefix+"pruned-"+filepath.Base(e.Path))
		if err := removeDir(fs, e.Path, tmp); err != nil {
			return fmt.Errorf("remove checkpoint %s: %w", e.Path, err)
		}
	}
	return nil
}

func removeDir(fs FS, path, tmp string) error {
	if err := fs.RemoveAll(tmp); err != nil {
		return err
	}
	if err := fs.Rename(path, tmp); err != nil {
		return err
	}
	if err := fs.SyncDir(filepath.Dir(path)); err != nil {
		return err
	}
	return fs.RemoveAll(tmp)
}

// cleanCheckpoints removes what an interrupted writer left in a run's checkpoints: temporary
// folders, and replaced checkpoints; one whose replacement never came takes its name back.
func cleanCheckpoints(fs FS, runDir string) error {
	dir := checkpointsDir(runDir)
	err := removeTemporaries(fs, dir)
	names, _ := os.ReadDir(dir) // a failure was reported by the line before
	for _, n := range names {
		plain, old := strings.CutSuffix(n.Name(), oldSuffix)
		if _, ok := parseStep(plain); ok && old {
			err = errors.Join(err, settle(fs, filepath.Join(dir, n.Name()), filepath.Join(dir, plain)))
		}
	}
	return err
}

// settle removes a replaced checkpoint, or gives it its name back.
func settle(fs FS, old, plain string) error {
	switch {
	case isFile(filepath.Join(plain, trainerFile)):
		return fs.RemoveAll(old)
	case isFile(filepath.Join(old, trainerFile)):
		if err := fs.Rename(old, plain); err != nil {
			return err
		}
		return fs.SyncDir(filepath.Dir(plain))
	}
	return nil // neither is ours
}

// Clean removes what an interrupted process left in a run folder; only the holder of the run's lock
// may call it. [OpenRun] does.
func Clean(fs FS, runDir string) error {
	fs = orOS(fs)
	return errors.Join(
		removeTemporaries(fs, runDir),
		removeTemporaries(fs, filepath.Join(runDir, "samples")),
		cleanCheckpoints(fs, runDir),
	)
}

// Size is the bytes of a checkpoint's files.
func (e Entry) Size() (bytes int64, err error) {
	err = filepath.WalkDir(e.Path, func(_ string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return bytes, err
}
