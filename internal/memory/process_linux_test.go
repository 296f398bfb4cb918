package memory

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLimitsOfTheProcess asks a process with less memory than the machine what it may take: its
// limit, less what Go has mapped and does not use.
func TestLimitsOfTheProcess(t *testing.T) {
	const limit = 3 << 30
	if name := os.Getenv("REVERIE_TEST_LIMIT"); name != "" {
		resource := map[string]int{"-v": unix.RLIMIT_AS, "-d": unix.RLIMIT_DATA}[name]
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			t.Fatal(err)
		}
		l := Available()
		fmt.Printf("available %d: %s\n", l.Bytes, l.Says)
		return
	}
	if Available().Bytes <= limit {
		t.Skip("this machine has no more than the limit")
	}
	for _, name := range []string{"-v", "-d"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLimitsOfTheProcess$")
		cmd.Env = append(os.Environ(), "REVERIE_TEST_LIMIT="+name)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var bytes int64
		_, text, _ := strings.Cut(string(out), "available ")
		if _, err := fmt.Sscan(text, &bytes); err != nil || bytes > limit || bytes < limit/4 || !strings.Contains(text, "ulimit "+name) {
			t.Errorf("%s: %s (%v)", name, out, err)
		}
	}
}
