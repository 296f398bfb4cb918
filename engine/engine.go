// Package engine is the thin layer between the maths of reverie and GoMLX: it chooses a backend,
// compiles graph functions once per input shapes and runs them, and carries tensors as a
// [reverie.Space].
//
//	e, err := engine.Open("")                  // our own backend, all cores
//	double := e.Func("double", func(g *graph.Graph, in []*graph.Node) []*graph.Node {
//		return []*graph.Node{graph.Add(in[0], in[0])}
//	})
//	out, err := double.Call(engine.New(e, []float32{1, 2, 3}, 3))
//
// Building a graph may panic, as GoMLX does; [Func.Call], [Func.Update] and [Open] are the one
// border that turns such a panic into an error. Importing this package also corrects GoMLX's
// gradients (package engine/grad).
package engine

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/gomlx/backends"

	_ "github.com/reverie-go/reverie/engine/grad" // corrected gradients, for every program that opens an engine
)

// EnvVar names the environment variable that chooses the backend where the program does not.
const EnvVar = "REVERIE_BACKEND"

// Default is the backend used where neither the program nor the environment chooses one:
// engine/simd on all cores.
const Default = "simd"

// An Engine is an open backend. Its methods may be called from several goroutines.
type Engine struct {
	backend backends.Backend
	config  string
	space   spaceFuncs

	compiling sync.Mutex // one at a time: the backend tells the memory of the last one
}

// Open opens the backend that config names: "NAME" or "NAME:OPTIONS". An empty config means
// $REVERIE_BACKEND, and where that is empty too, "simd".
//
//	simd                                  our own backend, on all cores
//	simd:threads=1                        on one
//	xla:/abs/plugin.so,shared_buffers     XLA through a PJRT plugin; only in a program built with -tags xla (cgo)
//
// The error for an unknown name lists the backends that this program has.
func Open(config string) (e *Engine, err error) {
	source := "" // of a config that the caller did not give
	if config == "" {
		config, source = os.Getenv(EnvVar), " of $"+EnvVar
	}
	if config == "" {
		config, source = Default, ""
	}
	name, _, _ := strings.Cut(config, ":")
	if names := backends.List(); !slices.Contains(names, name) {
		slices.Sort(names)
		return nil, fmt.Errorf("engine: no backend %q in this program (from %q%s); it has: %s",
			name, config, source, strings.Join(names, ", "))
	}
	defer border(&err, "engine: open backend "+config+source)
	b, err := backends.NewWithConfig(config)
	if err != nil {
		return nil, fmt.Errorf("engine: open backend %s%s: %w", config, source, err)
	}
	e = &Engine{backend: b, config: config}
	e.space = newSpaceFuncs(e)
	return e, nil
}

// Config returns the configuration that the engine was opened with, its default filled in.
func (e *Engine) Config() string { return e.config }

// Description says in a line what the backend is, for logs.
func (e *Engine) Description() string { return e.backend.Description() }

// Backend returns GoMLX's view of the engine.
func (e *Engine) Backend() backends.Backend { return e.backend }

// Close frees what the backend holds. Neither the engine nor its functions and tensors may be used
// afterwards.
func (e *Engine) Close() { e.backend.Finalize() }

// border, deferred, turns a panic into an error that begins with what. A Go runtime panic keeps its
// stack, since it is a fault in the code and not in the graph.
func border(err *error, what string) {
	switch p := recover().(type) {
	case nil:
	case runtime.Error:
		*err = fmt.Errorf("%s: %w\n%s", what, p, debug.Stack())
	case error:
		*err = fmt.Errorf("%s: %w", what, p)
	default:
		*err = fmt.Errorf("%s: %w", what, errors.New(fmt.Sprint(p)))
	}
}
