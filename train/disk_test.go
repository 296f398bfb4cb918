package train

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
)

// A fullDisk is the system's files; while full is set, writing takes half of what it is given and
// fails as a full disk does.
type fullDisk struct {
	checkpoint.OS
	full bool
}

func (d *fullDisk) Create(path string) (checkpoint.File, error) {
	f, err := d.OS.Create(path)
	if err != nil {
		return nil, err
	}
	return &fullFile{f.(*os.File), d}, nil
}

type fullFile struct {
	*os.File
	disk *fullDisk
}

var noSpace = &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}

func (f *fullFile) Write(b []byte) (int, error) {
	if !f.disk.full {
		return f.File.Write(b)
	}
	n, _ := f.File.Write(b[:len(b)/2])
	return n, noSpace
}

func (f *fullFile) WriteAt(b []byte, at int64) (int, error) {
	if !f.disk.full {
		return f.File.WriteAt(b, at)
	}
	n, _ := f.File.WriteAt(b[:len(b)/2], at)
	return n, noSpace
}

// onDisk puts the trainer's files on d.
func (d *fullDisk) hold(tr *Trainer) {
	tr.files = d
	tr.log.file = &fullFile{tr.log.file.(*os.File), d}
}

// A disk that is full for a while costs the checkpoint and the pictures of that while: each is
// told, training goes on, and the log has every line in the end.
func TestFullDisk(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.SaveEvery, c.Keep, c.SampleEvery, c.SampleSteps = 2, 0, 1, 4
	put(&c, "solver", "ddim")
	w := start(t, c)
	run(t, w)
	d := new(fullDisk)
	tr := start(t, c)
	d.hold(tr)
	var notes []string
	noteOf[tr] = func(s string) { notes = append(notes, s) }
	tr.Observe(On(func(e Step) { d.full = e.Record.Step >= 3 && e.Record.Step < 5 })) // the checkpoint of step 4, the pictures of epoch 1
	run(t, tr)
	about := []string{"epoch-00001-strip:", "loss.svg:", "log.jsonl:", "checkpoint of step 4"} // in this order, once each
	for i, n := range notes {
		if len(notes) != len(about) || !strings.Contains(n, about[i]) || !strings.Contains(n, syscall.ENOSPC.Error()) {
			t.Fatalf("%d notes, note %d: %s", len(notes), i, n)
		}
	}
	list, err := checkpoint.List(tr.Dir)
	if err != nil || len(list) != 3 || list[0].Step != 2 || list[1].Step != 6 || list[2].Step != 8 {
		t.Errorf("checkpoints %v, %v; want those of steps 2, 6, 8", list, err)
	}
	sameRun(t, tr.Dir, w.Dir)
	for path := range contents(t, tr.Dir) {
		if strings.Contains(path, ".tmp") {
			t.Errorf("%s is left over", path)
		}
	}
}

// A disk that stays full: the run says that its last checkpoint is an older one.
func TestFullDiskAtTheEnd(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps, c.SaveEvery = 9, 3
	for _, interrupt := range []bool{false, true} {
		d := new(fullDisk)
		tr := start(t, c)
		d.hold(tr)
		noteOf[tr] = func(s string) {
			if strings.Contains(s, "step 9") {
				t.Errorf("note on the last step, of which the error tells: %s", s)
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		tr.Observe(On(func(e Step) {
			if d.full = e.Record.Step >= 4; interrupt && d.full {
				cancel()
			}
		}))
		err := tr.Run(ctx)
		if !checkpoint.IsDiskFull(err) || !errors.Is(err, ErrNotSaved) || errors.Is(err, ErrInterrupted) || errors.Is(err, context.Canceled) ||
			!strings.HasPrefix(err.Error(), "NOT SAVED") || !strings.Contains(err.Error(), filepath.Join(tr.Dir, "checkpoints", "step-000003")) {
			t.Errorf("interrupt %v: %v", interrupt, err)
		}
		closed(t, tr)
		if got := latest(t, tr.Dir).Trainer.Step; got != 3 {
			t.Errorf("checkpoint of step %d", got)
		}
		run(t, resume(t, c, tr.Dir)) // once there is room
		if got := records(t, tr.Dir); len(got) != c.Steps {
			t.Errorf("%d records", len(got))
		}
		cancel()
	}
}

// Where no checkpoint was ever written, the error says that.
func TestFullDiskFromTheStart(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.Steps = 2
	d := new(fullDisk)
	tr := start(t, c)
	d.hold(tr)
	tr.Observe(On(func(Step) { d.full = true }))
	noteOf[tr] = func(string) {}
	if err := tr.Run(context.Background()); !checkpoint.IsDiskFull(err) || !strings.Contains(err.Error(), "no checkpoint had been written") || strings.Contains(err.Error(), "-1") {
		t.Error(err)
	}
	closed(t, tr)
}

// A checkpoint that cannot be removed is told, and is no failed one.
func TestPruneFails(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.SaveEvery, c.Keep = 2, 1
	tr := start(t, c)
	tr.files = stuck{}
	var notes []string
	noteOf[tr] = func(s string) { notes = append(notes, s) }
	run(t, tr)
	if len(notes) == 0 || !strings.Contains(notes[0], "old checkpoint") {
		t.Errorf("notes %q", notes)
	}
	if got := latest(t, tr.Dir).Trainer.Step; got != 8 {
		t.Errorf("checkpoint of step %d", got)
	}
}

// stuck is a disk on which no checkpoint can be set aside.
type stuck struct{ checkpoint.OS }

func (stuck) Rename(from, to string) error {
	if strings.Contains(filepath.Base(to), "pruned") {
		return os.ErrPermission
	}
	return os.Rename(from, to)
}

// A run whose folder was removed says that nothing is left, however it ends.
func TestFolderRemoved(t *testing.T) {
	c := tiny(images(t, 14, 8))
	c.SaveEvery = 2
	for _, interrupt := range []bool{false, true} {
		tr := start(t, c)
		ctx, cancel := context.WithCancel(context.Background())
		noteOf[tr] = func(string) {} // of the checkpoints on the way
		tr.Observe(On(func(e Step) {
			if e.Record.Step < 3 {
				return
			}
			if err := os.RemoveAll(tr.Dir); err != nil {
				t.Error(err)
			}
			if interrupt {
				cancel()
			}
		}))
		err := tr.Run(ctx)
		if !errors.Is(err, ErrNotSaved) || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "holds no checkpoint any more, and that of step 2 was there") {
			t.Errorf("interrupt %v: %v", interrupt, err)
		}
		cancel()
		closed(t, tr)
	}
}

// What ended the run stands beside what kept it from being saved.
func TestNotSavedAndWhy(t *testing.T) {
	tr := start(t, tiny(images(t, 14, 8)))
	d := new(fullDisk)
	d.hold(tr)
	noteOf[tr] = func(string) {}
	why := errors.New("the data went away")
	d.full, tr.learner.Steps = true, 1
	if err := tr.saveLast(why); !errors.Is(err, ErrNotSaved) || !errors.Is(err, why) || !strings.HasPrefix(err.Error(), "NOT SAVED") {
		t.Error(err)
	}
	if err := tr.saveLast(ErrInterrupted); errors.Is(err, ErrInterrupted) {
		t.Error(err)
	}
	closed(t, tr)
}
