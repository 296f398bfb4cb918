package data

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
)

// descriptors counts the files that the process has open, where the system tells.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("the open files are not known here:", err)
	}
	return len(entries)
}

// A set that is closed lets go of its folders, and so does what could not be opened, surveyed or
// examined, and what was.
func TestCloseLetsGo(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would close them some time
	runtime.GC()
	dir, empty, bad, ctx := folder(t, 6), t.TempDir(), t.TempDir(), t.Context()
	write(t, bad, "a.png", []byte("no picture"))
	write(t, dir, "idx/train-images-idx3-ubyte", []byte("no array"))
	ended, cancel := context.WithCancel(ctx)
	cancel()
	before := descriptors(t)
	for range 3 {
		s := mustOpen(t, small, dir, dir)
		if got := descriptors(t); got != before+2 {
			t.Fatalf("%d files open beside %d, want a set's 2 folders", got-before, before)
		}
		if err := errors.Join(s.Close(), s.Train().Close()); err != nil {
			t.Error(err)
		}
		for what, roots := range map[string][]string{
			"no images": {dir, empty}, "unreadable": {bad}, "no folder": {dir, filepath.Join(dir, "none")},
			"no array": {dir, filepath.Join(dir, "idx")},
		} {
			if _, err := Open(ctx, roots, small); err == nil {
				t.Errorf("%s: opened", what)
			}
		}
		strange := small
		strange.Classes = []string{"none"}
		if _, err := Open(ctx, []string{dir}, strange); err == nil {
			t.Error("a class that is not there: opened")
		}
		if _, err := Open(ended, []string{dir}, small); err == nil {
			t.Error("cancelled: opened")
		}
		if _, err := Examine(ctx, []string{dir}, Options{}); err != nil {
			t.Error(err)
		}
		if _, err := SurveyFolders(ctx, []string{dir}, Options{}); err != nil {
			t.Error(err)
		}
	}
	if got := descriptors(t); got != before {
		t.Errorf("%d files open, %d before", got, before)
	}
}

// Reading images of a closed set is an error, in every part of it and wherever its pixels are; no
// file is blamed for it.
func TestReadAfterClose(t *testing.T) {
	for _, cache := range []int64{-1, 1 << 20} {
		o := small
		o.CacheBytes, o.Val = cache, 0.5
		s := mustOpen(t, o, folder(t, 8))
		train := s.Train()
		if err := s.Subset([]int{0}).Close(); err != nil {
			t.Error(err)
		}
		if _, err := train.Load(t.Context(), 0); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("cache %d: error %v", cache, err)
		}
		for _, err := range train.Batches(t.Context(), Epoch{Batch: 1}) {
			if !errors.Is(err, fs.ErrClosed) {
				t.Errorf("cache %d: error %v of a batch", cache, err)
			}
		}
		if bad := s.Skipped(); len(bad) > 0 || s.Len() != 8 {
			t.Errorf("cache %d: skipped %v of %d", cache, bad, s.Len())
		}
	}
}
