package checkpoint

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func touch(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, nil, 0o666)); err != nil {
		t.Fatal(err)
	}
}

func steps(t *testing.T, run string) []int64 {
	t.Helper()
	list, err := List(run)
	if err != nil {
		t.Fatal(err)
	}
	var s []int64
	for _, e := range list {
		s = append(s, e.Step)
	}
	return s
}

// Only folders that a checkpoint was renamed to count, in the order of numbers.
func TestListAndPrune(t *testing.T) {
	run := t.TempDir()
	if got := steps(t, run); got != nil {
		t.Errorf("a new run lists %v", got)
	}
	if _, err := Latest(run); !errors.Is(err, ErrNoCheckpoint) {
		t.Errorf("a new run: error %v", err)
	}
	fs := &faultFS{stopAt: -1}
	for _, step := range []int64{5, 1000000, 999999, 40} {
		mustSave(t, fs, run, sample(step, 0))
	}
	for _, name := range []string{".tmp-step-000007/trainer.json", "step-7/trainer.json", "step-0000008/trainer.json", "step-+00009/trainer.json",
		"step-000010/model_index.json", "step-000011", "other/trainer.json"} {
		touch(t, filepath.Join(checkpointsDir(run), name))
	}
	if got := steps(t, run); !slices.Equal(got, []int64{5, 40, 999999, 1000000}) {
		t.Errorf("steps %v", got)
	}
	for _, c := range []struct {
		keep  int
		spare []int64
		want  []int64
	}{
		{0, nil, []int64{5, 40, 999999, 1000000}}, {4, nil, []int64{5, 40, 999999, 1000000}}, {2, []int64{5, 6}, []int64{5, 999999, 1000000}},
		{2, nil, []int64{999999, 1000000}}, {1, []int64{1000000}, []int64{1000000}},
	} {
		if err := Prune(fs, run, c.keep, c.spare...); err != nil {
			t.Fatal(err)
		}
		if got := steps(t, run); !slices.Equal(got, c.want) {
			t.Errorf("keep %d: steps %v", c.keep, got)
		}
	}
	if _, err := os.Stat(filepath.Join(checkpointsDir(run), "other", "trainer.json")); err != nil {
		t.Errorf("a folder that is none of ours: %v", err)
	}
	if e, err := Latest(run); err != nil || e.Step != 1000000 || filepath.Base(e.Path) != "step-1000000" {
		t.Errorf("newest %v, %v", e, err)
	}
}

func TestResolve(t *testing.T) {
	base := t.TempDir()
	run, model, half := filepath.Join(base, "run"), filepath.Join(base, "model"), filepath.Join(base, "half")
	if err := os.Mkdir(run, 0o777); err != nil {
		t.Fatal(err)
	}
	fs := &faultFS{stopAt: -1}
	mustSave(t, fs, run, sample(1, 0))
	mustSave(t, fs, run, sample(2, 0))
	if err := SaveModel(fs, model, sample(1, 0)); err != nil {
		t.Fatal(err)
	}
	first, second := filepath.Join(run, "checkpoints", "step-000001"), filepath.Join(run, "checkpoints", "step-000002")
	lone := filepath.Join(base, "lone")
	if err := os.CopyFS(lone, os.DirFS(first)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]Found{
		run:   {RunFolder, second, run},
		first: {CheckpointFolder, first, run},
		lone:  {CheckpointFolder, lone, ""},
		model: {ModelFolder, model, ""},
	} {
		got, err := Resolve(path)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", path, got, err, want)
		}
		if _, err := Load(got.Model, Only()); err != nil {
			t.Error(err)
		}
	}
	touch(t, filepath.Join(half, "config.json"))
	touch(t, filepath.Join(half, lockName))
	touch(t, filepath.Join(base, "file"))
	for path, want := range map[string]error{
		filepath.Join(base, "no"):    os.ErrNotExist,
		base:                         ErrNotModel,
		filepath.Join(base, "file"):  ErrNotModel,
		filepath.Join(model, "unet"): ErrNotModel,
		half:                         ErrNoCheckpoint,
	} {
		if got, err := Resolve(path); !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %+v, error %v, want %v", path, got, err, want)
		}
	}
}

func TestCreateAndOpenRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "run")
	if _, err := OpenRun(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("resume of nothing: error %v", err)
	}
	l, err := CreateRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CreateRun(dir); !errors.Is(err, ErrRunBusy) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("created twice: error %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRun(dir); !errors.Is(err, ErrNotModel) {
		t.Errorf("resume of an empty folder: error %v", err)
	}
	if l, err = CreateRun(dir); err != nil { // nothing was written: it may be taken
		t.Fatal(err)
	}
	mustSave(t, nil, dir, sample(1, 0))
	if _, err := OpenRun(dir); !errors.Is(err, ErrRunBusy) {
		t.Errorf("resume of a running run: error %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateRun(dir); !errors.Is(err, ErrRunExists) || !strings.Contains(err.Error(), "--resume "+dir) {
		t.Errorf("a folder with a run: error %v", err)
	}
	for _, left := range []string{".tmp-config.json-1", "samples/.tmp-a.png-2", "checkpoints/.tmp-step-000009/unet/config.json"} {
		touch(t, filepath.Join(dir, left))
	}
	touch(t, filepath.Join(dir, "samples", "a.png"))
	if l, err = OpenRun(dir); err != nil {
		t.Fatal(err)
	}
	defer l.Unlock()
	for name := range filesOf(t, dir) {
		if strings.Contains(name, tmpPrefix) {
			t.Errorf("%s is left over", name)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "samples", "a.png")); err != nil {
		t.Error(err)
	}
	clean(t, dir)
}

// Another process is refused while one has the run, and let in when that one is killed. The test
// runs itself as that process.
func TestLockOfAnotherProcess(t *testing.T) {
	if dir := os.Getenv("CHECKPOINT_TEST_LOCK"); dir != "" {
		_, err := CreateRun(dir)
		fmt.Println("locked:", err)
		bufio.NewReader(os.Stdin).ReadByte() // until it is killed
		return
	}
	dir := filepath.Join(t.TempDir(), "run")
	c := exec.Command(os.Args[0], "-test.run=^TestLockOfAnotherProcess$")
	c.Env = append(os.Environ(), "CHECKPOINT_TEST_LOCK="+dir)
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "locked: <nil>\n" {
		t.Errorf("the other process says %q, %v", line, err)
	}
	if _, err := CreateRun(dir); !errors.Is(err, ErrRunBusy) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", c.Process.Pid)) {
		t.Errorf("error %v, want one that names process %d", err, c.Process.Pid)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.Wait() // its error is the kill
	l, err := CreateRun(dir)
	if err != nil {
		t.Fatalf("after the other process was killed: %v", err)
	}
	l.Unlock()
}

// Processes that make numbered runs at the same time get a folder each.
func TestCreateNumberedRun(t *testing.T) {
	base := filepath.Join(t.TempDir(), "runs")
	var wg sync.WaitGroup
	dirs := make([]string, 20)
	for i := range dirs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			l, err := CreateNumberedRun(base, "small")
			if err != nil {
				t.Error(err)
				return
			}
			dirs[i] = filepath.Base(l.Dir)
		}()
	}
	wg.Wait()
	slices.Sort(dirs)
	for i := range dirs {
		if !slices.Contains(dirs, fmt.Sprintf("small-%d", i+1)) {
			t.Errorf("folders %v", dirs)
			break
		}
	}
	touch(t, filepath.Join(base, "small-100", "x"))
	touch(t, filepath.Join(base, "small-x", "x"))
	touch(t, filepath.Join(base, "smaller-200", "x"))
	if l, err := CreateNumberedRun(base, "small"); err != nil || filepath.Base(l.Dir) != "small-101" {
		t.Errorf("%v, %v", l, err)
	}
	for _, name := range []string{"", "..", "a/b", "../x", "/"} {
		if _, err := CreateNumberedRun(base, name); err == nil {
			t.Errorf("the name %q was taken", name)
		}
	}
}

// What is no run folder is told by what it is, and by where the run is.
func TestOpenNoRun(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	step := filepath.Join(run, "checkpoints", "step-000500")
	for _, path := range []string{
		filepath.Join(step, indexFile), filepath.Join(step, trainerFile),
		filepath.Join(dir, "copy", indexFile), filepath.Join(dir, "copy", trainerFile), filepath.Join(dir, "model", indexFile),
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("{}"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		step:                        "is a checkpoint, not a run folder; give " + run,
		filepath.Join(dir, "copy"):  "is a checkpoint, not a run folder; give the run folder that it came from",
		filepath.Join(dir, "model"): "is a model, not a run folder",
	} {
		if _, err := OpenRun(path); !errors.Is(err, ErrNotRun) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A new run takes a folder that holds none, and leaves a file of the user's alone.
func TestRefuseRun(t *testing.T) {
	for _, x := range []struct {
		files []string
		want  string // of the error, "": none
		run   bool   // that holds a run
	}{
		{nil, "", false},
		{[]string{"photo.png", lockName}, "", false},
		{[]string{"log.jsonl"}, "--resume", true},
		{[]string{"checkpoints/step-000001/x"}, "--resume", true},
		{[]string{configName, lockName}, "--resume", true},
		{[]string{configName}, "config.json of something else", false},
	} {
		dir := t.TempDir()
		for _, name := range x.files {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		err := RefuseRun(dir)
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) || errors.Is(err, ErrRunExists) != x.run {
			t.Errorf("%v: %v", x.files, err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := RefuseRun(file); err == nil || !strings.Contains(err.Error(), "is a file") {
		t.Error(err)
	}
	if err := RefuseRun(file + "-2"); err != nil {
		t.Error(err)
	}
}
