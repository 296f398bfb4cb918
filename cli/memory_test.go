package cli

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// TestMemoryBeforeReading: a training that cannot be is refused before its images are looked for,
// by its batch, or by one image.
func TestMemoryBeforeReading(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, line := range [][]string{
		{"--resolution", "4096", "--batch", "65536"}, // by arithmetic
		{"--resolution", "512", "--batch", "14", "--channels", "4096,4096,4096"},
		{"--resolution", "512", "--channels", "4096,4096,4096"},
		{"--arch", "vae", "--resolution", "512", "--channels", "4096,4096"},
		{"--process", "flow", "--from", "nowhere", "--resolution", "512", "--channels", "4096,4096"},
	} {
		refused(t, exitFailure, []string{" needs about ", "of memory, and this machine has", "; "}, append([]string{"train", "nowhere"}, line...)...)
	}
}

// TestManyAreRefused: each command counts what it keeps, not the batch alone.
func TestManyAreRefused(t *testing.T) {
	dir := trained(t)
	t.Chdir(t.TempDir())
	for _, line := range [][]string{
		{"sample", dir, "-n", "1048576", "--resolution", "4096"},
		{"sample", trainedVAE(t), "-n", "1048576", "--resolution", "1024"},
	} {
		refused(t, exitFailure, []string{"keeping 1,048,576 images", "give a smaller -n"}, line...)
	}
}

// limited runs a command line in a process that may map so many KiB more than a Go program does
// from the start.
func limited(t *testing.T, kib int, args ...string) (code int, text string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the limit is linux's")
	}
	p := program(t, args...)
	cmd := exec.Command("sh", append([]string{"-c", fmt.Sprintf("ulimit -v %d && exec \"$@\"", kib), "sh"}, p.Args...)...)
	cmd.Env = p.Env
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestLimitOfTheProcess: ulimit -v counts as the machine's memory does: what needs more is refused
// with the numbers, not ended by the system.
func TestLimitOfTheProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, with which short tests are run, takes address space of its own")
	}
	dir := trained(t)
	t.Chdir(t.TempDir())
	const gibi = 1 << 20 // KiB
	for _, args := range [][]string{
		{"train", "--resolution", "256", "--batch", "64", "--steps", "1"},
		{"sample", dir, "-n", "4096", "--batch", "4096", "--resolution", "256"},
	} {
		code, text := limited(t, 2*gibi, args...)
		if code != exitFailure || !strings.Contains(text, "this process may take (ulimit -v)") || strings.Contains(text, "goroutine") {
			t.Errorf("reverie %v: exit code %d: %.500s", args, code, text)
		}
	}
	if code, text := limited(t, 2*gibi, "sample", dir, "-n", "2"); code != 0 {
		t.Errorf("what fits is refused: exit code %d: %.500s", code, text)
	}
}
