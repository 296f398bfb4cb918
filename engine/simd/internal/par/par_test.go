package par

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func pool(t testing.TB, threads int) *Pool {
	p := New(threads)
	t.Cleanup(p.Close)
	return p
}

func TestForVisitsEachOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := pool(t, threads)
		if p.Threads() != threads {
			t.Fatalf("Threads() = %d, want %d", p.Threads(), threads)
		}
		for _, n := range []int{0, 1, 2, 7, 100, 1000} {
			for range 20 {
				visits := make([]atomic.Int32, n)
				inUse := make([]atomic.Bool, threads)
				p.For(n, func(worker, i int) {
					if !inUse[worker].CompareAndSwap(false, true) {
						t.Errorf("worker %d runs twice at a time", worker)
					}
					visits[i].Add(1)
					inUse[worker].Store(false)
				})
				for i := range visits {
					if got := visits[i].Load(); got != 1 {
						t.Fatalf("%d threads, n = %d: f ran %d times for %d", threads, n, got, i)
					}
				}
			}
		}
	}
}

func TestForAfterSleep(t *testing.T) {
	p := pool(t, 4)
	var sum atomic.Int64
	for range 3 {
		time.Sleep(20 * time.Millisecond) // helpers fall asleep
		p.For(100, func(_, i int) { sum.Add(int64(i)) })
	}
	if sum.Load() != 3*4950 {
		t.Errorf("sum = %d, want %d", sum.Load(), 3*4950)
	}
}

func TestHelpersHelp(t *testing.T) {
	p := pool(t, 2)
	var both sync.WaitGroup
	both.Add(2)
	p.For(2, func(_, _ int) { // ends only if two threads are inside at once
		both.Done()
		both.Wait()
	})
}

func TestNested(t *testing.T) {
	p := pool(t, 3)
	var count atomic.Int64
	p.For(10, func(_, _ int) {
		p.For(10, func(worker, _ int) {
			if worker != 0 {
				t.Errorf("nested loop ran as worker %d", worker)
			}
			count.Add(1)
		})
	})
	if count.Load() != 100 {
		t.Errorf("%d calls, want 100", count.Load())
	}
}

func TestConcurrentCallers(t *testing.T) {
	p := pool(t, 3)
	var count atomic.Int64
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 100 {
				p.For(13, func(_, _ int) { count.Add(1) })
			}
		})
	}
	callers.Wait()
	if count.Load() != 4*100*13 {
		t.Errorf("%d calls, want %d", count.Load(), 4*100*13)
	}
}

func TestPanicReachesCaller(t *testing.T) {
	p := pool(t, 3)
	boom := errors.New("boom")
	for round := range 50 {
		func() {
			defer func() {
				r := recover()
				if err, _ := r.(error); !errors.Is(err, boom) {
					t.Errorf("recovered %v, want boom", r)
				}
			}()
			p.For(1000, func(_, i int) {
				if i == 20*round {
					panic(boom)
				}
			})
			t.Error("For returned")
		}()
		var count atomic.Int64 // the pool still works
		p.For(10, func(_, _ int) { count.Add(1) })
		if count.Load() != 10 {
			t.Fatalf("after a panic: %d calls, want 10", count.Load())
		}
	}
}

func TestNilZeroAndClosed(t *testing.T) {
	shut := New(2)
	shut.Close()
	for _, p := range []*Pool{nil, {}, shut} {
		n := 0
		p.For(5, func(worker, i int) { n += i + worker })
		if n != 10 {
			t.Errorf("sum %d, want 10", n)
		}
	}
	if New(0).Threads() != runtime.GOMAXPROCS(0) {
		t.Error("New(0) does not have GOMAXPROCS threads")
	}
}

func TestNoAllocation(t *testing.T) {
	p := pool(t, 2)
	var sum atomic.Int64
	f := func(_, i int) { sum.Add(int64(i)) }
	if a := testing.AllocsPerRun(100, func() { p.For(4, f) }); a != 0 {
		t.Errorf("%v allocations a loop", a)
	}
}

func BenchmarkFor(b *testing.B) {
	p := pool(b, 2)
	f := func(_, _ int) {}
	for b.Loop() {
		p.For(2, f)
	}
}
