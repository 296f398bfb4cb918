package memory

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ofProcess are the limits of the process: of its addresses, and of its data. Both count what is
// mapped, of which a Go program holds much that is never used; what it holds already beyond what it
// uses is taken off.
func ofProcess() (all []Limit) {
	mapped, used, data := held()
	for _, x := range []struct {
		resource int
		held     int64
		says     string
	}{
		{unix.RLIMIT_AS, mapped, "this process may take (ulimit -v)"},
		{unix.RLIMIT_DATA, data, "this process may take (ulimit -d)"},
	} {
		var r unix.Rlimit
		if unix.Getrlimit(x.resource, &r) == nil && r.Cur != unix.RLIM_INFINITY {
			all = append(all, Limit{max(1, int64(min(r.Cur, 1<<62))-max(0, x.held-used)), x.says})
		}
	}
	return all
}

// held is what the process has mapped, uses, and has mapped as data, in bytes: the fields size,
// resident and data of proc(5)'s statm; 0 where they cannot be read.
func held() (mapped, used, data int64) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, 0, 0
	}
	var shared, code, library int64
	if _, err := fmt.Sscan(string(text), &mapped, &used, &shared, &code, &library, &data); err != nil {
		return 0, 0, 0
	}
	page := int64(os.Getpagesize())
	return mapped * page, used * page, data * page
}
