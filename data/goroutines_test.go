package data

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// settled waits for goroutines that are about to end, and says how many are left beside those
// before.
func settled(before int) int {
	for range 100 {
		if runtime.NumGoroutine() <= before {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return runtime.NumGoroutine() - before
}

// Batches that are given up, or whose context or set ends, leave no goroutine behind.
func TestBatchesLeaveNothingRunning(t *testing.T) {
	o := small
	o.CacheBytes, o.Prefetch = -1, 3
	dir := folder(t, 16)
	before := runtime.NumGoroutine()
	for range 5 {
		s := mustOpen(t, o, dir)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for range s.Batches(ctx, Epoch{Batch: 2}) {
			break
		}
		for range s.Batches(ctx, Epoch{Batch: 2}) {
			cancel()
		}
		for range s.All(t.Context(), 2) {
			s.Close()
		}
	}
	if left := settled(before); left > 0 {
		t.Errorf("%d goroutines are left", left)
	}
}
