package checkpoint

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// tmpPrefix starts the name of everything that is not complete yet, or no more.
const tmpPrefix = ".tmp-"

// Temporary names something that this process makes in a folder and that is not complete: by the
// machine and the process, so that another command can tell, once it finds it, whether its writer
// still runs. The name does not grow with that of the file, which may be as long as a name can be.
func Temporary(dir string) string {
	return filepath.Join(dir, fmt.Sprintf("%sreverie-%08x-%d-%08x", tmpPrefix, machine(), os.Getpid(), rand.Uint32()))
}

var temporaryName = regexp.MustCompile(`^\.tmp-reverie-([0-9a-f]{8})-([0-9]{1,18})-[0-9a-f]{8}$`)

// machine tells apart the machines, and on Linux the containers, that may share a folder: a process
// number means nothing elsewhere.
var machine = sync.OnceValue(func() uint32 {
	host, _ := os.Hostname()
	space, _ := os.Readlink("/proc/self/ns/pid")
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %s", host, space)
	return h.Sum32()
})

// abandonedAfter is when a temporary file of another machine, of whose processes nothing is known
// here, counts as left over.
const abandonedAfter = 24 * time.Hour

// abandoned says whether what has that name is a temporary file whose writer has ended, as one that
// was killed.
func abandoned(e os.DirEntry) bool {
	m := temporaryName.FindStringSubmatch(e.Name())
	if m == nil {
		return false
	}
	if m[1] != fmt.Sprintf("%08x", machine()) {
		info, err := e.Info()
		return err == nil && time.Since(info.ModTime()) > abandonedAfter
	}
	pid, err := strconv.Atoi(m[2])
	return err == nil && !running(pid)
}

// running says whether a process runs; in doubt it does.
func running(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false // Windows says so at once
	}
	defer p.Release()
	return !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// swept are the folders that [Sweep] has looked through.
var swept sync.Map

// Sweep removes the temporary files that commands which were killed left in a folder, the first
// time that this process is to write there. What cannot be removed stays: it is in nobody's way.
func Sweep(dir string) {
	if _, before := swept.LoadOrStore(dir, true); before {
		return
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if abandoned(e) {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}
