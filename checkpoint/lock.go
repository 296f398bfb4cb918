package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockName is the file in a run folder that is locked while it is in use. It
// stays when the lock is let go, since removing it would let two in.
const lockName = ".lock"

// A RunLock is held while a process trains in a run folder. The system lets go
// of it when the process ends, however it ends.
type RunLock struct {
	// Dir is the run folder.
	Dir   string
	flock *flock.Flock
}

// Unlock lets go of the run folder.
func (l *RunLock) Unlock() error { return l.flock.Unlock() }

// lockRun locks a run folder, or says which process has it.
func lockRun(dir string) (*RunLock, error) {
	path := filepath.Join(dir, lockName)
	f := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o666))
	ok, err := tryLock(f)
	if err != nil {
		return nil, fmt.Errorf("lock run folder %s: %w", dir, err)
	}
	if !ok {
		by := ""
		if pid := holder(path); pid > 0 {
			by = fmt.Sprintf(" (process %d)", pid)
		}
		return nil, fmt.Errorf("run folder %s: %w%s: wait for it, or choose another folder with --run", dir, ErrRunBusy, by)
	}
	// For the message above only: where it cannot be written, it says less.
	_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o666)
	return &RunLock{Dir: dir, flock: f}, nil
}

// tryLock tries for a moment: [TrainingNow] of another process may look.
func tryLock(f *flock.Flock) (ok bool, err error) {
	for range 5 {
		if ok, err = f.TryLock(); ok || err != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ok, err
}

// holder is the process that a lock file says holds it, 0 if it does not say.
func holder(path string) int {
	f, size, err := openRegular(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	if size > 32 {
		return 0
	}
	b := make([]byte, size)
	n, _ := f.Read(b)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	return max(0, pid)
}

// CreateRun makes the folder of a new run, or takes one that holds no run yet,
// and locks it. Its errors wrap ErrRunExists (they name --resume) or ErrRunBusy.
func CreateRun(dir string) (*RunLock, error) {
	if err := RefuseRun(dir); err != nil {
		return nil, err
	}
	if err := makeParents(OS{}, filepath.Clean(dir)); err != nil {
		return nil, err
	}
	l, err := lockRun(dir)
	if err != nil {
		return nil, err
	}
	if err := RefuseRun(dir); err != nil { // another process was first
		return nil, errors.Join(err, l.Unlock())
	}
	return l, nil
}

// RefuseRun is nil for a path that can become the folder of a new run: one where
// nothing is, or a folder that holds no run. Its errors wrap ErrRunExists (they
// name --resume) or the system's.
func RefuseRun(dir string) error {
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil // also of ""
	case err != nil:
		return fmt.Errorf("--run: %w", err)
	case !st.IsDir():
		return fmt.Errorf("--run %s is a file; give a new folder", dir)
	}
	if runMark(dir) != "" {
		return fmt.Errorf("--run %s: %w: continue it with --resume %s, or choose another folder", dir, ErrRunExists, dir)
	}
	if exists(filepath.Join(dir, configName)) {
		return fmt.Errorf("--run %s has a %s of something else, which the run's would replace; choose another folder", dir, configName)
	}
	return nil
}

// runMark names what shows that a folder holds a run, begun at least: its
// checkpoints, its log, or its configuration beside the lock. "": it holds none.
func runMark(dir string) string {
	for _, name := range []string{"checkpoints", "log.jsonl"} {
		if exists(filepath.Join(dir, name)) {
			return name
		}
	}
	if exists(filepath.Join(dir, configName)) && exists(filepath.Join(dir, lockName)) {
		return configName
	}
	return ""
}

// exists also finds a symbolic link to nothing.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// notRun says what a folder is that holds no run.
func notRun(dir string) error {
	if !isFile(filepath.Join(dir, indexFile)) {
		return fmt.Errorf("%s: %w: there is nothing to resume", dir, ErrNotModel)
	}
	switch found := resolveModel(dir); {
	case found.Kind == ModelFolder:
		return fmt.Errorf("%s is a model, %w: there is no training to resume", dir, ErrNotRun)
	case found.Run != "":
		return fmt.Errorf("%s is a checkpoint, %w; give %s", dir, ErrNotRun, found.Run)
	}
	return fmt.Errorf("%s is a checkpoint, %w; give the run folder that it came from", dir, ErrNotRun)
}

// CreateNumberedRun makes and locks base/name-N, N one above the highest there,
// from 1. Two processes at the same time get two folders.
func CreateNumberedRun(base, name string) (*RunLock, error) {
	if name == "" || name != filepath.Base(name) || !filepath.IsLocal(name) {
		return nil, fmt.Errorf("run name %q: expected a name without folders", name)
	}
	if err := makeParents(OS{}, filepath.Clean(base)); err != nil {
		return nil, err
	}
	n, err := highest(base, name+"-")
	if err != nil {
		return nil, err
	}
	for {
		n++
		dir := filepath.Join(base, fmt.Sprintf("%s-%d", name, n))
		err := os.Mkdir(dir, 0o777)
		if errors.Is(err, os.ErrExist) {
			continue // another process made it since
		}
		if err == nil {
			err = OS{}.SyncDir(base)
		}
		if err != nil {
			return nil, err
		}
		return lockRun(dir)
	}
}

// highest gives the highest number that follows the prefix in a folder, or 0.
func highest(dir, prefix string) (int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	top := 0
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), prefix)
		if n, err := strconv.ParseUint(digits, 10, 31); ok && err == nil {
			top = max(top, int(n))
		}
	}
	return top, nil
}

// OpenRun locks an existing run to continue it, and clears away what an
// interrupted process left. Its errors wrap os.ErrNotExist, ErrNotRun,
// ErrNotModel or ErrRunBusy.
func OpenRun(dir string) (*RunLock, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	if runMark(dir) == "" {
		return nil, notRun(dir)
	}
	l, err := lockRun(dir)
	if err != nil {
		return nil, err
	}
	if err := Clean(nil, dir); err != nil {
		return nil, errors.Join(err, l.Unlock())
	}
	return l, nil
}
