package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// asReverie in the environment makes the test binary the program itself.
const asReverie = "REVERIE_TEST_AS_PROGRAM"

// stuckProgram makes it one that a signal alone does not end.
const stuckProgram = "REVERIE_TEST_STUCK"

func stuck() {
	const grace = 20 * time.Millisecond
	ctx, _ := untilSignal(grace)
	fmt.Println("ready")
	<-ctx.Done()
	time.Sleep(5 * grace)
	fmt.Println("signalled")
	select {}
}

// scratch is the folder of what several tests share.
var scratch string

func TestMain(m *testing.M) {
	if os.Getenv(stuckProgram) != "" {
		stuck()
	}
	if os.Getenv(asReverie) != "" {
		os.Args[0] = "reverie"
		Main()
	}
	dir, err := os.MkdirTemp("", "reverie-cmd")
	if err != nil {
		panic(err)
	}
	scratch = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// program is the program as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asReverie+"=1")
	return cmd
}

// A result is what a command line gave.
type result struct {
	code     int
	out, err string
}

func cli(args ...string) result { return cliIn(context.Background(), args...) }

func cliIn(ctx context.Context, args ...string) result {
	var out, err bytes.Buffer
	code := run(ctx, args, &out, &err)
	return result{code, out.String(), err.String()}
}

// ok runs a command line that must succeed.
func ok(t *testing.T, args ...string) result {
	t.Helper()
	r := cli(args...)
	if r.code != 0 {
		t.Fatalf("reverie %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r
}

// refused runs a command line that must fail with the code and a message that holds every one of
// the texts.
func refused(t *testing.T, code int, texts []string, args ...string) {
	t.Helper()
	r := cli(args...)
	if r.code != code {
		t.Errorf("reverie %s: exit code %d, want %d\n%s", strings.Join(args, " "), r.code, code, r.err)
	}
	for _, text := range texts {
		if !strings.Contains(r.err, text) {
			t.Errorf("reverie %s: the message lacks %q:\n%s", strings.Join(args, " "), text, r.err)
		}
	}
	if hint := strings.Contains(r.err, "--help'"); hint != (code == exitUsage) {
		t.Errorf("reverie %s: points to --help: %v, with exit code %d", strings.Join(args, " "), hint, r.code)
	}
}

// long is called by a test that takes long and runs at once nothing that others do not: with
// -short, as under the race detector, it is skipped.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("long, and nothing in it runs at once that others do not")
	}
}

// writeImages writes n images of size by size into the class folders a and b.
func writeImages(t *testing.T, dir string, n, size int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, uint64(size)))
	for i := range n {
		img := image.NewNRGBA(image.Rect(0, 0, size, size))
		for j := range size * size {
			img.SetNRGBA(j%size, j/size, color.NRGBA{uint8(r.Uint32()), uint8(j), uint8(8 * i), 255})
		}
		class := filepath.Join(dir, string(rune('a'+i%2)))
		if err := os.MkdirAll(class, 0o777); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		writeBytes(t, filepath.Join(class, fmt.Sprintf("%02d.png", i)), b.Bytes())
	}
}

func writeBytes(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

func readBytes(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A shot is the content of every file below a folder, folders included.
type shot map[string][32]byte

func snapshot(t *testing.T, dir string) shot {
	t.Helper()
	s := shot{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		switch {
		case d.IsDir():
			s[name+"/"] = [32]byte{}
		case d.Name() == ".lock": // says which process had it last
			s[name] = [32]byte{}
		default:
			s[name] = sha256.Sum256(readBytes(t, path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// unchanged fails if a file below dir was made, lost or changed since.
func (s shot) unchanged(t *testing.T, dir string) {
	t.Helper()
	now := snapshot(t, dir)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if was, ok := s[name]; !ok {
			t.Errorf("%s was made", name)
		} else if was != now[name] {
			t.Errorf("%s was changed", name)
		}
	}
	for name := range s {
		if _, ok := now[name]; !ok {
			t.Errorf("%s was lost", name)
		}
	}
}

// tiny are the flags of a run that takes a moment. The rate is constant, so that a run may be cut
// anywhere.
var tiny = []string{
	"--arch", "simpleunet", "--channels", "4,8", "--timesteps", "10", "--resolution", "8", "--batch", "4",
	"--lr-schedule", "constant", "--warmup", "0", "--sample-every", "0",
}

// with is a command line: words first, then those of tiny's flags that are not among more (a second
// --channels would add to the first), then more.
func with(words []string, more ...string) []string {
	line := slices.Clone(words)
	for i := 0; i < len(tiny); i += 2 {
		if !slices.Contains(more, tiny[i]) {
			line = append(line, tiny[i], tiny[i+1])
		}
	}
	return append(line, more...)
}

// images is a folder of 16 images, made once.
func images(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(scratch, "imgs")
	sharedImages.Do(func() { writeImages(t, dir, 16, 16) })
	return dir
}

// trained is a run of 4 steps, made once: not to be changed.
func trained(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(scratch, "trained")
	imgs := images(t)
	sharedRun.Do(func() { ok(t, with([]string{"train", imgs}, "--steps", "4", "--solver", "ddpm", "--run", dir)...) })
	return dir
}

var sharedImages, sharedRun sync.Once

// copyOf copies a folder for a test to spoil.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(dir))
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}
