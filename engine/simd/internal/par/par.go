// Package par runs loops over a fixed set of threads.
//
// A network is a list of a few thousand short steps, so what counts is the time to start and to end
// a loop: the threads of a Pool spin for some microseconds after each loop before they sleep, and a
// loop never waits for a thread that has not begun to help.
package par

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// Pool is a set of threads (goroutines) that live until Close. The zero Pool and nil have one
// thread, the caller's.
type Pool struct {
	threads int
	helpers []*helper
	busy    atomic.Bool // a loop is running: another one, nested or from another goroutine, runs inline

	// The running loop. Written only by its caller, while no helper is inside.
	f    func(worker, i int)
	n    int64
	next atomic.Int64
	// gate is the loop's number << 32 | closed | helpers inside. A helper enters by a
	// compare-and-swap that adds one to an open gate.
	gate    atomic.Uint64
	failure atomic.Pointer[Panic]
	stop    atomic.Bool
}

const (
	closed = 1 << 31
	inside = closed - 1
	// spins is how often a helper looks for work before it sleeps: about 50 microseconds.
	spins = 400
)

type helper struct {
	asleep atomic.Bool
	wake   chan struct{}
}

// Panic is what For panics with when f panicked on another thread than the caller's: the value and
// the stack at its place.
type Panic struct {
	Value any
	Stack string
}

// Error describes the panic with its stack.
func (p *Panic) Error() string { return fmt.Sprintf("par: %v\n\n%s", p.Value, p.Stack) }

// Unwrap returns the value if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// New returns a pool of that many threads, the caller's included; threads < 1 means GOMAXPROCS.
func New(threads int) *Pool {
	if threads < 1 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Pool{threads: threads, helpers: make([]*helper, threads-1)}
	p.gate.Store(closed)
	for i := range p.helpers {
		p.helpers[i] = &helper{wake: make(chan struct{}, 1)}
		go p.serve(p.helpers[i], i+1)
	}
	return p
}

// Threads returns the number of threads.
func (p *Pool) Threads() int {
	if p == nil {
		return 1
	}
	return max(p.threads, 1)
}

// Close ends the pool's threads. No loop may be running; loops after it run on the caller's thread
// alone.
func (p *Pool) Close() {
	if p == nil {
		return
	}
	p.stop.Store(true)
	p.wakeAll()
}

// For calls f(worker, i) for every i in [0,n), in any order, and returns when all are done:
//
//	for i := range n { f(worker, i) }
//
// The calls of one For that run at the same time have different workers in [0,Threads()), so worker
// may index scratch that belongs to this For. A For inside f, or while another goroutine's For
// holds the pool, runs inline as worker 0 of its own.
// A panic in f reaches the caller, after every call that had begun has ended; from another thread
// it comes as *Panic.
// f is kept until the loop ends: a func value made once and used again costs no allocation.
func (p *Pool) For(n int, f func(worker, i int)) {
	if n <= 1 || p.Threads() == 1 || p.stop.Load() || !p.busy.CompareAndSwap(false, true) {
		for i := range n {
			f(0, i)
		}
		return
	}
	p.open(n, f)
	defer p.finish()
	p.claim(0)
}

func (p *Pool) open(n int, f func(worker, i int)) {
	p.f, p.n = f, int64(n)
	p.next.Store(0)
	p.gate.Store((p.gate.Load()>>32 + 1) << 32)
	p.wakeAll()
}

// finish closes the gate, waits for the helpers inside and hands on their panic. After a panic of
// the caller's own f it skips what is left.
func (p *Pool) finish() {
	p.next.Store(p.n)
	p.gate.Or(closed)
	for i := 0; p.gate.Load()&inside != 0; i++ {
		if i%64 == 63 {
			runtime.Gosched()
		}
	}
	p.f = nil
	failure := p.failure.Swap(nil)
	p.busy.Store(false)
	if failure != nil {
		panic(failure)
	}
}

func (p *Pool) claim(worker int) {
	for i := p.next.Add(1) - 1; i < p.n; i = p.next.Add(1) - 1 {
		p.f(worker, int(i))
	}
}

func (p *Pool) wakeAll() {
	for _, h := range p.helpers {
		if h.asleep.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
	}
}

// serve is the life of a helper: wait for an open gate not seen yet, enter, work, leave.
func (p *Pool) serve(h *helper, worker int) {
	var seen uint64
	for !p.stop.Load() {
		g := p.gate.Load()
		if g>>32 == seen || g&closed != 0 {
			p.wait(h, seen)
			continue
		}
		if p.gate.CompareAndSwap(g, g+1) {
			seen = g >> 32
			p.work(worker)
		}
	}
}

func (p *Pool) work(worker int) {
	defer func() {
		if r := recover(); r != nil {
			p.failure.CompareAndSwap(nil, &Panic{r, string(debug.Stack())})
			p.next.Store(p.n)
		}
		p.gate.Add(^uint64(0)) // -1: out
	}()
	p.claim(worker)
}

// wait returns when there may be something to do: it spins, then sleeps.
func (p *Pool) wait(h *helper, seen uint64) {
	for range spins {
		for range 64 {
			if p.ready(seen) {
				return
			}
		}
		runtime.Gosched()
	}
	h.asleep.Store(true)
	// A loop opened before asleep was set has woken nobody: look once more. If the caller was
	// faster, its token must be taken.
	if p.ready(seen) && h.asleep.CompareAndSwap(true, false) {
		return
	}
	<-h.wake
}

func (p *Pool) ready(seen uint64) bool {
	g := p.gate.Load()
	return p.stop.Load() || g>>32 != seen && g&closed == 0
}
