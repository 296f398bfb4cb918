package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asProgram in the environment makes the test the program itself.
const asProgram = "OWN_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// own runs the program without one of its additions, "" for none.
func own(t *testing.T, without string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "WITHOUT="+without)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestOwn trains, samples and evaluates with one of each addition, and looks that each is in force:
// without it some command fails, and names what is missing.
func TestOwn(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	train := strings.Fields("train spiral:2 --arch features --width 96 --process trigonometric --prediction difference --weighting sigmoid " +
		"--sigmoid-bias 1 --times late --objective mirrored --loss log-cosh --solver midpoint --sample-steps 8 --steps 300 --batch 64 --sample-every 0 --run")
	used := [][]string{
		append(train, run),
		strings.Fields("sample " + run + " -n 64 --guide towards --towards 0.5 --csv " + filepath.Join(dir, "points.csv")),
		strings.Fields("eval " + run + " -n 64 --draws 1 --metrics radius"),
		{"radius", run},
	}
	for _, args := range used {
		if out, err := own(t, "", args...); err != nil {
			t.Fatalf("own %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	for _, a := range additions {
		failed := false
		for i, args := range used {
			if i == 0 {
				args = append(train, filepath.Join(dir, "without-"+a.name))
			}
			out, err := own(t, a.name, args...)
			if failed = err != nil; failed {
				t.Logf("without %s: %s", a.name, strings.TrimSpace(out))
				break
			}
		}
		if !failed {
			t.Errorf("nothing fails without the %s", a.name)
		}
	}
}

// TestOwnListed: what was added is listed beside reverie's own.
func TestOwnListed(t *testing.T) {
	out, err := own(t, "", "list")
	if err != nil {
		t.Fatal(err, out)
	}
	for _, name := range []string{"trigonometric", "difference", "sigmoid", "late", "log-cosh", "mirrored", "features", "spiral", "midpoint", "towards", "radius"} {
		if !strings.Contains(out, "\n  "+name+" ") {
			t.Errorf("list does not name %s:\n%s", name, out)
		}
	}
}
