package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
)

// A faultyDisk counts what is done to the files of a run that others must find whole: folders made,
// files made, written and synced, renames, removals and folders synced. At one of them the process
// is killed, by a panic with errKilled, or from it on the disk is full.
type faultyDisk struct {
	checkpoint.FS
	at   int // the operation, from 0; negative: none
	full bool
	n    int
	rare []int // the operations that change names: renames, removals, new folders
}

var errKilled = errors.New("the process was killed")

func (d *faultyDisk) step(needsRoom bool) error {
	n := d.n
	d.n++
	switch {
	case d.at < 0 || n < d.at || d.full && !needsRoom:
		return nil
	case d.full:
		return noSpace
	case n == d.at:
		panic(errKilled)
	}
	return errKilled // a deferred call of the process that is no more
}

func (d *faultyDisk) Mkdir(path string) error {
	d.rare = append(d.rare, d.n)
	if err := d.step(true); err != nil {
		return err
	}
	return d.FS.Mkdir(path)
}

func (d *faultyDisk) Create(path string) (checkpoint.File, error) {
	if err := d.step(true); err != nil {
		return nil, err
	}
	f, err := d.FS.Create(path)
	return &faultyFile{f, d}, err
}

func (d *faultyDisk) Rename(from, to string) error {
	d.rare = append(d.rare, d.n)
	if err := d.step(false); err != nil {
		return err
	}
	return d.FS.Rename(from, to)
}

// RemoveAll is killed when half of the folder is gone.
func (d *faultyDisk) RemoveAll(path string) error {
	d.rare = append(d.rare, d.n)
	defer func() {
		if err := recover(); err != nil {
			_ = d.FS.RemoveAll(filepath.Join(path, "trainer.json"))
			panic(err)
		}
	}()
	if err := d.step(false); err != nil {
		return err
	}
	return d.FS.RemoveAll(path)
}

func (d *faultyDisk) SyncDir(path string) error {
	if err := d.step(true); err != nil {
		return err
	}
	return d.FS.SyncDir(path)
}

type faultyFile struct {
	checkpoint.File
	disk *faultyDisk
}

func (f *faultyFile) Write(b []byte) (n int, err error) {
	defer func() {
		if killed := recover(); killed != nil {
			_, _ = f.File.Write(b[:len(b)/2])
			f.File.Close()
			panic(killed)
		}
	}()
	if err := f.disk.step(true); err != nil {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, err
	}
	return f.File.Write(b)
}

func (f *faultyFile) Sync() error {
	if err := f.disk.step(true); err != nil {
		return err
	}
	return f.File.Sync()
}

// A faultyLog is a log whose lines are counted too.
type faultyLog struct {
	logFile
	disk *faultyDisk
}

func (l faultyLog) WriteAt(b []byte, at int64) (n int, err error) {
	defer func() {
		if killed := recover(); killed != nil {
			_, _ = l.logFile.WriteAt(b[:len(b)/2], at)
			panic(killed)
		}
	}()
	if err := l.disk.step(true); err != nil {
		n, _ := l.logFile.WriteAt(b[:len(b)/2], at)
		return n, err
	}
	return l.logFile.WriteAt(b, at)
}

// on trains a new run whose files are on the disk, to its end or until it is killed. saved is the
// step of its last checkpoint that was whole.
func (d *faultyDisk) on(tr *Trainer, dir string) (saved int, err error) {
	tr.through = func(files checkpoint.FS) checkpoint.FS { d.FS = files; return d }
	noteOf[tr] = func(string) {}
	defer func() {
		saved = tr.saved
		if killed := recover(); killed != nil {
			if killed != errKilled {
				panic(killed)
			}
			err = errKilled
		}
	}()
	if err := tr.Create(dir, ""); err != nil {
		return tr.saved, err
	}
	tr.log.file = faultyLog{tr.log.file, d}
	return tr.saved, tr.Run(context.Background())
}

// sound checks a run that was stopped: with what it was told to have saved, a resumed one ends as
// if nothing had happened.
func sound(t *testing.T, tr *Trainer, saved int, whole string) {
	t.Helper()
	c := *tr.Config
	if saved < 0 {
		if _, err := checkpoint.Latest(tr.Dir); errors.Is(err, checkpoint.ErrNoCheckpoint) {
			return // nothing is lost but the first steps
		}
	}
	again := resume(t, c, tr.Dir)
	if again.learner.Steps < saved {
		t.Errorf("goes on from step %d, and step %d had been saved", again.learner.Steps, saved)
	}
	noteOf[again] = func(s string) {
		if !strings.Contains(s, "already at or past") { // it was stopped when all but its pictures was done
			t.Errorf("unexpected note: %s", s)
		}
	}
	run(t, again)
	sameRun(t, tr.Dir, whole)
	for _, name := range []string{bestFile, "config.json"} {
		a, errA := os.ReadFile(filepath.Join(tr.Dir, name))
		b, errB := os.ReadFile(filepath.Join(whole, name))
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("%s is %s, want %s; %v, %v", name, a, b, errA, errB)
		}
	}
	if got, want := fmt.Sprint(stepsOf(t, tr.Dir)), fmt.Sprint(stepsOf(t, whole)); got != want {
		t.Errorf("checkpoints %s, want %s", got, want)
	}
	for path := range contents(t, tr.Dir) {
		if strings.Contains(path, ".tmp") {
			t.Errorf("%s is left over", path)
		}
	}
}

// A run that is killed at any one of its operations on files, or on a disk that is full from it on,
// is resumed and ends as one that was not:
// the same checkpoint, log, record of the best and configuration to the bit. No more is lost than
// what came after the last checkpoint. Each kill is at one operation: at all that change names, and
// of the rest, as of the full disks, at some, for they are many; REVERIE_KILLS=all takes all.
func TestStoppedAtEveryOperationOfARun(t *testing.T) {
	c := tiny(images(t, 14, 8))
	put(&c, "arch", "simpleunet", "channels", "2,2")
	c.Steps, c.SaveEvery, c.Keep, c.Best = 4, 2, 1, "val"
	c.SampleEvery, c.SampleN, c.SampleSteps = 1, 1, 2
	put(&c, "solver", "ddim")
	whole := &faultyDisk{at: -1}
	w := prepare(t, c)
	if _, err := whole.on(w, filepath.Join(t.TempDir(), "run")); err != nil {
		t.Fatal(err)
	}
	closed(t, w)
	t.Logf("%d operations, %d of them change names", whole.n, len(whole.rare))
	if whole.n < 100 {
		t.Fatalf("%d operations on files: are they counted?", whole.n)
	}
	all, every := os.Getenv("REVERIE_KILLS") == "all", 8
	if testing.Short() {
		every *= 4
	}
	for at := range whole.n {
		if all || at%every == 0 || slices.Contains(whole.rare, at) {
			stopped(t, c, &faultyDisk{at: at}, w.Dir)
		}
		if all || at%(2*every) == 0 {
			stopped(t, c, &faultyDisk{at: at, full: true}, w.Dir)
		}
	}
}

// stopped runs c on a faulty disk, and checks what is left.
func stopped(t *testing.T, c config.Run, d *faultyDisk, whole string) {
	t.Helper()
	tr := prepare(t, c)
	saved, err := d.on(tr, filepath.Join(t.TempDir(), "run"))
	if d.full && err != nil && !checkpoint.IsDiskFull(err) || !d.full && err != errKilled {
		t.Errorf("error %v", err)
	}
	closed(t, tr)
	sound(t, tr, saved, whole)
	if t.Failed() {
		t.Fatalf("with a full disk %t, from operation %d on", d.full, d.at)
	}
}
