// Package cli is the command line: a verb a file, which parses, calls the library and prints.
package cli

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// Main runs the command line that the process was started with, and ends the process with its exit
// code. Commands are added to reverie's own: a program that registers its own processes, networks
// or metrics is with them a reverie that knows these, and speaks of itself by its own name.
func Main(commands ...*cobra.Command) {
	ownName = strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	ctx, stop := untilSignal(200 * time.Millisecond)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, commands...)
	stop()
	os.Exit(code)
}

// signalled is the cause of a context that a signal ended.
type signalled struct{ syscall.Signal }

// Unwrap makes it a cancellation like any other.
func (signalled) Unwrap() error { return context.Canceled }

// Error implements error.
func (s signalled) Error() string { return "stopped by signal: " + s.String() }

// untilSignal returns a context that ends with the first SIGINT, SIGTERM, SIGPIPE of a reader that
// went away or, if nohup(1) does not ask otherwise, SIGHUP of a closed terminal. A second signal
// ends the program at once, unless it comes within grace: then it is the same one, for timeout(1)
// sends it to the process and to its group. SIGPIPE never does: each line printed after the first
// would bring another, in the middle of the last save.
func untilSignal(grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		ends = append(ends, syscall.SIGHUP)
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, append(ends, syscall.SIGPIPE)...)
	go func() {
		if s, ok := (<-c).(syscall.Signal); ok {
			cancel(signalled{s})
		}
		cancel(nil)
		time.Sleep(grace)
		signal.Reset(ends...)
	}()
	return ctx, func() { cancel(nil) }
}
