//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reverie-go/reverie/checkpoint"
)

// endless are the flags of a run that only a signal ends.
func endless(imgs, dir string, more ...string) []string {
	return with([]string{"train", imgs}, append([]string{"--time", "1h", "--run", dir}, more...)...)
}

// TestSignal: SIGINT, SIGTERM and SIGHUP of a real process save, the last line is the sample
// command, and the exit code is a shell's. The signal comes twice, as timeout(1) sends it.
func TestSignal(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		t.Run(sig.String(), func(t *testing.T) {
			if sig == syscall.SIGHUP && signal.Ignored(sig) {
				t.Skip("the tests run under nohup, whose children go on")
			}
			dir := filepath.Join(t.TempDir(), "run")
			cmd := program(t, endless(images(t), dir)...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			pipe, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Process.Kill()
			out := bufio.NewReader(pipe)
			first, err := out.ReadString('\n') // the first step is done
			if err != nil {
				t.Fatalf("no line: %v\n%s", err, stderr.String())
			}
			for range 2 {
				if err := cmd.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
			}
			rest, _ := io.ReadAll(out)
			if err := cmd.Wait(); cmd.ProcessState.ExitCode() != code {
				t.Errorf("ended with %v\n%s", err, stderr.String())
			}
			if want := "reverie sample " + dir; lastLine(first+string(rest)) != want {
				t.Errorf("last line %q, want %q", lastLine(first+string(rest)), want)
			}
			if !strings.Contains(stderr.String(), "interrupted; the run is saved; go on with: reverie train --resume "+dir) {
				t.Errorf("stderr: %s", stderr.String())
			}
			last, err := checkpoint.Latest(dir)
			if err != nil || last.Step < 1 {
				t.Fatalf("checkpoint %v, %v", last, err)
			}
			ok(t, "sample", dir, "-n", "1", "--out", filepath.Join(t.TempDir(), "s.png"))
			ok(t, "train", "--resume", dir, "--steps", strconv.FormatInt(last.Step+1, 10))
		})
	}
}

// TestReaderGone: where whoever reads the output goes away, as head(1) does, the run is saved.
func TestReaderGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	cmd := program(t, endless(images(t), dir)...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	w.Close()
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 141 {
		t.Errorf("ended with %v", err)
	}
	if last, err := checkpoint.Latest(dir); err != nil || last.Step < 1 {
		t.Errorf("checkpoint %v, %v", last, err)
	}
}

// TestSecondSignal: a command that does not come to its end after a signal is ended by the next
// one.
func TestSecondSignal(t *testing.T) {
	if signal.Ignored(syscall.SIGINT) {
		t.Skip("the tests run in the background of a shell, where Ctrl-C means nothing")
	}
	cmd := program(t, endless(images(t), filepath.Join(t.TempDir(), "run"))...)
	cmd.Env = append(cmd.Env, stuckProgram+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewReader(out)
	for _, want := range []string{"ready\n", "signalled\n"} {
		if line, err := lines.ReadString('\n'); err != nil || line != want {
			t.Fatalf("%q, %v; want %q", line, err, want)
		}
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	go func() { // the first may come before the program looks
		for cmd.Process.Signal(syscall.SIGINT) == nil {
			time.Sleep(50 * time.Millisecond)
		}
	}()
	if cmd.Wait(); cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
		t.Errorf("ended with %v", cmd.ProcessState)
	}
}

// start starts the program and waits until its first step is done.
func start(t *testing.T, args ...string) (kill func()) {
	t.Helper()
	cmd := program(t, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() { cmd.Process.Kill(); cmd.Wait() }
	if _, err := bufio.NewReader(pipe).ReadString('\n'); err != nil {
		kill()
		t.Fatalf("no line: %v\n%s", err, stderr.String())
	}
	return kill
}

// TestRunInUse: a second process is kept out of a run, and says which one is in.
func TestRunInUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	kill := start(t, endless(images(t), dir, "--save-every", "1")...)
	defer kill()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := checkpoint.Latest(dir); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no checkpoint after 20 s")
		}
	}
	refused(t, 1, []string{dir, "in use by another process", "process "}, "train", "--resume", dir, "--steps", "9")
	refused(t, 1, []string{dir, "already holds a run", "--resume"}, with([]string{"train", images(t)}, "--steps", "9", "--run", dir)...)
	r := ok(t, "info", dir) // reading it is no harm
	if !regexp.MustCompile(`state +training now \(process [0-9]+\), step [0-9]+`).MatchString(r.out) {
		t.Errorf("info: %s", r.out)
	}
	kill()
	last, err := checkpoint.Latest(dir)
	if err != nil {
		t.Fatal(err)
	}
	ok(t, "train", "--resume", dir, "--steps", strconv.FormatInt(last.Step+1, 10))
}

// TestKilledBeforeFirstCheckpoint: such a run cannot go on, and says what to do.
func TestKilledBeforeFirstCheckpoint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	start(t, endless(images(t), dir)...)()
	refused(t, 1, []string{dir, "no complete checkpoint", "remove this folder, or choose another with --run"}, "train", "--resume", dir)
	refused(t, 1, []string{dir, "no complete checkpoint"}, "sample", dir)
	refused(t, 1, []string{dir, "already holds a run"}, with([]string{"train", images(t)}, "--steps", "1", "--run", dir)...)
}

// TestBeforeFirstCheckpoint: a run that trains and has no checkpoint yet is not one that was
// stopped.
func TestBeforeFirstCheckpoint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	kill := start(t, endless(images(t), dir, "--save-every", "1000000000")...)
	defer kill()
	for _, args := range [][]string{{"sample", dir}, {"info", dir}, {"eval", dir}} {
		r := cli(args...)
		if r.code != 1 || !regexp.MustCompile(`no complete checkpoint yet: the run is training now \(process [0-9]+\), step [1-9]`).MatchString(r.err) || strings.Contains(r.err, "stopped") {
			t.Errorf("%s: exit code %d: %s", args[0], r.code, r.err)
		}
	}
	kill()
	refused(t, 1, []string{"stopped before its first one"}, "sample", dir)
}

// TestKill9: a process that trains and saves after every step is killed 20 times, at seeded delays
// from when its training begins, every fourth time from its start. Each time the newest complete
// checkpoint loads, is not older than one seen before, and the run goes on; at the end the weights
// are those of a run that was left alone, to the last bit.
func TestKill9(t *testing.T) {
	kills := 20
	if testing.Short() {
		kills = 3
	}
	dir := filepath.Join(t.TempDir(), "killed")
	ok(t, with([]string{"train", images(t)}, "--steps", "1", "--run", dir)...)
	out := filepath.Join(t.TempDir(), "s.png")
	r := rand.New(rand.NewPCG(9, 9))
	var step int64 = 1
	for i := range kills {
		cmd := program(t, "train", "--resume", dir, "--time", "1h", "--save-every", "1", "--keep", "2")
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := ""
		for lines := bufio.NewReader(stderr); i%4 != 3 && !strings.HasPrefix(said, "run folder:"); {
			if said, err = lines.ReadString('\n'); err != nil {
				t.Fatalf("kill %d: it ended before its training began: %v", i, err)
			}
		}
		time.Sleep(time.Duration(r.IntN(300)) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		if cmd.Wait(); cmd.ProcessState.Exited() {
			t.Fatalf("kill %d: the process ended by itself: %v", i, cmd.ProcessState)
		}
		last, err := checkpoint.Latest(dir)
		if err != nil || last.Step < step {
			t.Fatalf("kill %d: newest checkpoint %v, %v; want step %d or later", i, last, err, step)
		}
		step = last.Step
		if _, err := checkpoint.Load(last.Path); err != nil {
			t.Fatalf("kill %d: %v", i, err)
		}
		if r := cli("sample", dir, "-n", "1", "--out", out); r.code != 0 {
			t.Fatalf("kill %d: %s", i, r.err)
		}
	}
	if step < int64(kills)/4 {
		t.Fatalf("only %d steps were taken between %d kills: the delays are too short to test anything", step, kills)
	}
	t.Logf("%d steps over %d kills", step, kills)
	end := strconv.FormatInt(step+3, 10)
	ok(t, "train", "--resume", dir, "--steps", end)
	whole := filepath.Join(t.TempDir(), "whole")
	ok(t, with([]string{"train", images(t)}, "--steps", end, "--run", whole)...)
	sameState(t, whole, dir, int(step)+3)
}

// TestFullDisk: a disk that takes no more (here: no file above 64 KiB) ends the run with exit code
// 1 and a message that names the file; what was complete stays complete.
func TestFullDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ok(t, with([]string{"train", images(t)}, "--steps", "1", "--run", dir)...)
	full := program(t, "train", "--resume", dir, "--steps", "3")
	full.Args = append([]string{"sh", "-c", `ulimit -f $1; shift; exec "$@"`, "sh", "64", full.Path}, full.Args[1:]...)
	full.Path = "/bin/sh"
	out, err := full.CombinedOutput()
	if full.ProcessState.ExitCode() != exitFailure {
		t.Errorf("ended with %v, want exit code %d", err, exitFailure)
	}
	for _, text := range []string{"reverie: ", dir, "file too large"} {
		if !strings.Contains(string(out), text) {
			t.Errorf("it does not say %q:\n%s", text, out)
		}
	}
	if last, err := checkpoint.Latest(dir); err != nil || last.Step != 1 {
		t.Fatalf("newest checkpoint %v, %v; want that of step 1", last, err)
	}
	ok(t, "train", "--resume", dir, "--steps", "3")
}
