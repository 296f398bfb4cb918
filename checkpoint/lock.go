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

// lockName is the file in a run folder that is locked while it is in use. It stays when the lock is
// let go, since removing it would let two in.
const lockName = ".lock"

// A RunLock is held while a process trains in a run folder. The system lets go of it when the
// process ends, however it ends.
type RunLock struct {
	// Dir is the run folder.
	Dir string
	// Folder is where its holder writes and removes.
	Folder *Folder
	flock  *flock.Flock
}

// Unlock lets go of the run folder.
func (l *RunLock) Unlock() error { return errors.Join(l.flock.Unlock(), l.Folder.Close()) }

// lockRun locks a run folder, or says which process has it.
func lockRun(dir string) (*RunLock, error) {
	folder, err := OpenFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("lock run folder %s: %w", dir, err)
	}
	l := &RunLock{Dir: dir, Folder: folder}
	if err := l.take(); err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return l, nil
}

// take locks the folder that l holds open.
func (l *RunLock) take() error {
	path := filepath.Join(l.Dir, lockName)
	if err := l.Folder.checkRun(); err != nil {
		return err
	}
	l.flock = flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|noFollow), flock.SetPermissions(0o666))
	ok, err := tryLock(l.flock)
	if err != nil {
		return fmt.Errorf("lock run folder %s: %w", l.Dir, err)
	}
	if !ok {
		by := ""
		if pid := l.Folder.holder(); pid > 0 {
			by = fmt.Sprintf(" (process %d)", pid)
		}
		return fmt.Errorf("run folder %s: %w%s: wait for it, or choose another folder with --run", l.Dir, ErrRunBusy, by)
	}
	l.Folder.sign(path)
	return nil
}

// checkRun is nil if what a run folder has under the names of a run's own folders and of its lock
// is just that, or nothing.
func (f *Folder) checkRun() error {
	if info, err := f.root.Lstat(lockName); err == nil && !info.Mode().IsRegular() {
		return f.wrong(lockName, info.Mode(), "file")
	}
	return errors.Join(f.CheckFolder("checkpoints"), f.CheckFolder("samples"))
}

// sign writes the process's number into the lock file, for messages only: where it cannot be
// written, they say less.
func (f *Folder) sign(path string) {
	file, err := f.OpenFile(path, os.O_WRONLY|os.O_TRUNC)
	if err != nil {
		return
	}
	fmt.Fprintln(file, os.Getpid())
	file.Close()
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

// holder is the process that the lock file says holds it, 0 if it does not say.
func (f *Folder) holder() int {
	const digits = 32
	b, _ := f.ReadFile(filepath.Join(f.dir, lockName), digits)
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return max(0, pid)
}

// CreateRun makes the folder of a new run, or takes one that holds no run yet, and locks it. Its
// errors wrap ErrRunExists (they name --resume) or ErrRunBusy.
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

// RefuseRun is nil for a path that can become the folder of a new run: one where nothing is, or a
// folder that holds no run. Its errors wrap ErrRunExists (they name --resume) or the system's.
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

// runMark names what shows that a folder holds a run, begun at least: its checkpoints, its log, or
// its configuration beside the lock. "": it holds none.
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

// CreateNumberedRun makes and locks base/name-N, N one above the highest there, from 1. Two
// processes at the same time get two folders.
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

// OpenRun locks an existing run to continue it, and clears away what an interrupted process left.
// Its errors wrap os.ErrNotExist, ErrNotRun, ErrNotModel or ErrRunBusy.
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
	if err := Clean(l.Folder, dir); err != nil {
		return nil, errors.Join(err, l.Unlock())
	}
	return l, nil
}
