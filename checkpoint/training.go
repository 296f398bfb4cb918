package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Training is what is known of a run that another process trains at this time.
type Training struct {
	Process int   // its number; 0: unknown
	Step    int64 // of the last line of its log
}

// String says it in words.
func (t Training) String() string {
	text := "training now"
	if t.Process > 0 {
		text += fmt.Sprintf(" (process %d)", t.Process)
	}
	return fmt.Sprintf("%s, step %d", text, t.Step)
}

// TrainingNow says whether another process trains in a run folder, and how far it is. It takes
// nothing from that process and writes nothing.
func TrainingNow(runDir string) (t Training, yes bool) {
	folder, err := OpenFolder(runDir)
	if err != nil {
		return t, false
	}
	defer folder.Close()
	if info, err := folder.root.Lstat(lockName); err != nil || !info.Mode().IsRegular() {
		return t, false
	}
	f := flock.New(filepath.Join(runDir, lockName), flock.SetFlag(os.O_RDONLY|noFollow))
	free, err := f.TryRLock()
	_ = f.Close() // also unlocks
	if free || err != nil {
		return t, false
	}
	t.Process = folder.holder()
	if t.Process == os.Getpid() {
		return t, false // this one
	}
	t.Step = folder.lastStep()
	return t, true
}

// maxTail bounds what is read of the end of a log.
const maxTail = 64 << 10

// lastStep is the step of the log's last whole line, 0 if there is none.
func (f *Folder) lastStep() int64 {
	file, err := f.OpenFile(filepath.Join(f.dir, "log.jsonl"), os.O_RDONLY)
	if err != nil {
		return 0
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	b, err := io.ReadAll(io.NewSectionReader(file, max(0, info.Size()-maxTail), maxTail))
	if err != nil {
		return 0
	}
	b = b[:bytes.LastIndexByte(b, '\n')+1]
	b = bytes.TrimSuffix(b, []byte("\n"))
	var line struct{ Step int64 }
	if json.Unmarshal(b[bytes.LastIndexByte(b, '\n')+1:], &line) != nil {
		return 0
	}
	return line.Step
}
