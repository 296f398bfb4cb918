package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shorter are flags that make a command of README.md a matter of a moment, and leave what it is
// about as it is.
var shorter = map[string]string{
	"train": "--steps 2 --time 0s --channels 8,16 --batch 4 --sample-every 0 --resolution 8",
	"eval":  "--metrics swd -n 8 --draws 1 --no-cache",
	"lab":   "--only density",
}

// The commands of README.md, in their order and in one folder, do what they say: each finds the
// runs that those before it have made.
func TestReadme(t *testing.T) {
	long(t)
	page := string(readBytes(t, filepath.Join("..", "README.md")))
	weights, in := readBytes(t, "testdata/lecture.safetensors"), readBytes(t, "testdata/in.npz")
	dir := t.TempDir()
	t.Chdir(dir)
	writeImages(t, "photos", 40, 16)
	writeBytes(t, "W.safetensors", weights)
	writeBytes(t, "in.npz", in)
	commands := commandsOf(page)
	if len(commands) < 15 {
		t.Errorf("%d commands found: %q", len(commands), commands)
	}
	for _, line := range commands {
		args := strings.Fields(strings.ReplaceAll(line, "~/", ""))
		args = append(args, strings.Fields(shorter[args[0]])...)
		ok(t, args...)
	}
	for _, want := range []string{"runs/emoji-1", "runs/photos-1", "models/lecture", "out.npz"} {
		if _, err := os.Stat(filepath.FromSlash(want)); err != nil {
			t.Errorf("the commands made no %s", want)
		}
	}
}

// commandsOf are the command lines of reverie in a page's blocks of shell, without the program's
// name and without comments.
func commandsOf(page string) (all []string) {
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(page, -1) {
		for _, m := range regexp.MustCompile(`(?m)^(?:go run \./cmd/)?reverie ([^#\n]+)`).FindAllStringSubmatch(block[1], -1) {
			all = append(all, strings.TrimSpace(m[1]))
		}
	}
	return all
}
