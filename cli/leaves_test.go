package cli

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// openFiles counts the files that the process has open; 0 where the system does not tell.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// A command leaves neither goroutines nor open files behind in the process: not when it ends well,
// is refused, or is interrupted in its midst.
func TestCommandsLeaveNothingOpen(t *testing.T) {
	workshop(t)
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would close files some time
	lines := [][]string{
		{"sample", "run", "-n", "64", "--steps", "10", "--out", "x.png"},
		{"eval", "run", "--metrics", "swd,mmd", "-n", "16", "--draws", "1"},
		{"train", "imgs", "--preset", "lecture", "--resolution", "8", "--channels", "4,8", "--steps", "3", "--batch", "2", "--run", "new"},
		{"train", "empty"}, {"info", "run"}, {"data", "imgs", "--out", "grid.png"}, {"sample", "empty"},
	}
	ok(t, "sample", "run", "-n", "1", "--out", "x.png") // what is opened once
	goroutines, files := runtime.NumGoroutine(), openFiles()
	for _, line := range lines {
		for _, after := range []time.Duration{0, 30 * time.Millisecond, time.Hour} {
			ctx, cancel := context.WithTimeout(t.Context(), after)
			cliIn(ctx, line...)
			cancel()
			for range 100 { // for those that are about to end
				if runtime.NumGoroutine() <= goroutines {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if g, f := runtime.NumGoroutine(), openFiles(); g > goroutines || f > files {
				t.Errorf("%v, interrupted after %v: %d goroutines and %d files are left", line, after, g-goroutines, f-files)
				goroutines, files = g, f
			}
			_ = os.RemoveAll("new")
		}
	}
}
