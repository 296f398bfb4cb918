package checkpoint

import (
	"testing"
)

// Who reads a run that keeps one checkpoint, and writes the next as fast as it can, never fails:
// what is pruned under a reader is found anew.
func TestReadWhileWritten(t *testing.T) {
	run := t.TempDir()
	mustSave(t, nil, run, sample(0, 0))
	const enough = 100 // checkpoints
	stop, ended := make(chan bool), make(chan error, 1)
	go func() {
		for step := int64(1); ; step++ {
			select {
			case <-stop:
				ended <- nil
				return
			default:
			}
			_, err := Save(fast{}, run, sample(step, 0))
			if err == nil {
				err = Prune(fast{}, run, 1)
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	reads, last := 0, int64(0)
	for ; last < enough; reads++ {
		_, c, err := Open(run)
		if err != nil {
			t.Error(err)
			break
		}
		if c.Trainer.Step < last {
			t.Errorf("step %d after step %d", c.Trainer.Step, last)
		}
		last = c.Trainer.Step
	}
	close(stop)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	t.Logf("%d checkpoints were written while one was read %d times", last, reads)
}

// fast is the system's files without syncing, for which a disk takes most of the time.
type fast struct{ OS }

func (fast) SyncDir(string) error { return nil }

func (f fast) Create(path string) (File, error) {
	file, err := f.OS.Create(path)
	return unsynced{file}, err
}

type unsynced struct{ File }

func (unsynced) Sync() error { return nil }
