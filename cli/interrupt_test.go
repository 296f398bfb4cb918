package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/reverie-go/reverie/train"
)

// TestInterrupted: a command whose context has ended says so and writes nothing.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	run, at := trained(t), func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		{"sample", run, "--out", at("s.png"), "--npz", at("i.npz")},
		{"data", images(t), "--out", at("d.png")},
		with([]string{"train", images(t)}, "--steps", "1", "--run", at("run")),
	} {
		r := cliIn(ctx, args...)
		if r.code != exitFailure || !strings.Contains(r.err, "reverie: interrupted\n") {
			t.Errorf("%s: exit code %d, %s", args[0], r.code, r.err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

// TestExitCode: a signal's number is the exit code's only where the signal alone ended the command.
func TestExitCode(t *testing.T) {
	disk := errors.New("disk full")
	piped := &os.PathError{Op: "write", Path: "x", Err: syscall.EPIPE}
	for _, x := range []struct {
		by   syscall.Signal
		err  error
		code int
	}{
		{0, nil, 0}, {0, disk, 1}, {0, context.Canceled, 1}, {0, piped, 141},
		{syscall.SIGINT, nil, 0}, {syscall.SIGINT, toldError{train.ErrInterrupted}, 130}, {syscall.SIGTERM, context.Canceled, 143},
		{syscall.SIGHUP, fmt.Errorf("reading: %w", context.Canceled), 129}, {syscall.SIGPIPE, nil, 141}, {syscall.SIGPIPE, toldError{train.ErrInterrupted}, 141},
		{syscall.SIGINT, errors.Join(context.Canceled, disk), 1}, {syscall.SIGINT, errors.Join(toldError{train.ErrInterrupted}, disk), 1},
		{syscall.SIGINT, fmt.Errorf("%w: %w", train.ErrNotSaved, disk), 1}, {syscall.SIGTERM, signalled{syscall.SIGTERM}, 143},
	} {
		ctx, cancel := context.WithCancelCause(context.Background())
		if x.by != 0 {
			cancel(signalled{x.by})
		}
		if got := exitCode(ctx, x.err); got != x.code {
			t.Errorf("%v, %v: exit code %d, want %d", x.by, x.err, got, x.code)
		}
		cancel(nil)
	}
}

// killing is an output that interrupts the command once it says something.
type killing struct {
	said bytes.Buffer
	text string
	do   func()
}

func (k *killing) Write(b []byte) (int, error) {
	if strings.Contains(string(b), k.text) {
		k.do()
	}
	return k.said.Write(b)
}

// TestNotSaved: an interrupt whose checkpoint cannot be written says that before all else, and is a
// failure.
func TestNotSaved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancelCause(context.Background())
	var stderr bytes.Buffer
	stdout := &killing{text: "Epoch 0", do: func() {
		os.RemoveAll(dir)
		cancel(signalled{syscall.SIGINT})
	}}
	code := run(ctx, with([]string{"train", images(t)}, "--steps", "1000", "--run", dir), stdout, &stderr)
	if code != exitFailure || !strings.Contains(stderr.String(), "\nreverie: NOT SAVED: ") || strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	if strings.Contains(stdout.said.String(), "reverie sample") {
		t.Errorf("there is nothing to sample: %s", stdout.said.String())
	}
}
