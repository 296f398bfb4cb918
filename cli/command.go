package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ownName is the name of the program, by which it speaks of itself: that by which Main was started.
var ownName = "reverie"

// programName is what starts this program from a shell: its name, or the go command that built it
// for this one run.
func programName() string {
	self, err := os.Executable()
	if err != nil || !builtToRun(self) {
		return ownName
	}
	const source = "./cmd/reverie"
	if _, err := os.Stat(filepath.FromSlash(source + "/main.go")); err == nil {
		return "go run " + source
	}
	info, ok := debug.ReadBuildInfo()
	switch {
	case !ok:
		return ownName
	case strings.HasPrefix(info.Main.Version, "v"):
		return "go run " + info.Path + "@" + info.Main.Version
	}
	return "go run " + info.Path
}

// runFolder are the folders that `go run` builds programs in: of its own, or of its cache.
var runFolder = regexp.MustCompile(`^(go-build[0-9]*|[0-9a-f]{64}-d)$`)

// builtToRun says whether the program at path was built by `go run`, to be started once.
func builtToRun(path string) bool {
	name := strings.TrimSuffix(filepath.Base(path), ".exe")
	for dir := filepath.Dir(path); name == "reverie" && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if runFolder.MatchString(filepath.Base(dir)) {
			return true
		}
	}
	return false
}

// absolute is a path that means the same in every folder.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// command is a command line that works in every folder: this program with words and the path of a
// file or folder.
func command(words, path string) string {
	return programName() + " " + words + " " + quoted(absolute(path))
}

// quoted is a path as a shell takes it. Control characters, which a terminal would obey, are
// written as their numbers.
func quoted(path string) string {
	switch {
	case strings.ContainsFunc(path, unseen):
		return "$'" + escaped(path) + "'"
	case path != "" && !strings.ContainsFunc(path, func(r rune) bool { return !plain(r) }):
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// unseen says whether a character is none that a terminal shows.
func unseen(r rune) bool { return unicode.IsControl(r) || drives(r) || r == utf8.RuneError }

// escaped is a path between a shell's $' and ': what is no visible character there is its bytes'
// octal numbers.
func escaped(path string) string {
	var b strings.Builder
	for len(path) > 0 {
		r, n := utf8.DecodeRuneInString(path)
		if unseen(r) || strings.ContainsRune(`'\`, r) {
			for _, c := range []byte(path[:n]) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		} else {
			b.WriteString(path[:n])
		}
		path = path[n:]
	}
	return b.String()
}

// plain says whether a shell takes a character as it is, wherever it stands.
func plain(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-+:,@%", r)
}
