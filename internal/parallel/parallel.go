// Package parallel spreads the turns of a loop over all processors.
package parallel

import (
	"context"
	"runtime"
	"sync"
)

// For calls f for 0 to n-1, from several goroutines, and returns when all are done.
func For(n int, f func(i int)) { Until(context.Background(), n, f) }

// Until is For that leaves out what is not begun when ctx ends.
func Until(ctx context.Context, n int, f func(i int)) {
	var wg sync.WaitGroup
	workers := min(n, runtime.GOMAXPROCS(0))
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n && ctx.Err() == nil; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}
