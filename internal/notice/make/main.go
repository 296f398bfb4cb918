// Command make writes the licences and notices of all modules that cmd/reverie is built from, on
// any of the platforms that are checked, or compares a file with them.
//
//	go run ./internal/notice/make -out internal/notice/THIRD_PARTY.txt
//	go run ./internal/notice/make -check internal/notice/THIRD_PARTY.txt
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	out, check := flag.String("out", "", "file to write"), flag.String("check", "", "file to compare")
	flag.Parse()
	text, err := notices()
	if err == nil && *out != "" {
		err = os.WriteFile(*out, text, 0o666)
	}
	if err == nil && *check != "" {
		err = compare(*check, text)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func compare(file string, want []byte) error {
	got, err := os.ReadFile(file)
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("%s is not what the modules say: go generate ./internal/notice", file)
	}
	return err
}

// platforms are those whose builds may need modules of their own.
var platforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}

// A module is where the licence of a part of the program lies.
type module struct{ path, dir string }

// notices joins the files of all modules; a text that several share stands once.
func notices() ([]byte, error) {
	modules, err := allModules()
	if err != nil {
		return nil, err
	}
	var texts []string
	owners := map[string][]string{}
	for _, m := range modules {
		files, err := licenceFiles(m)
		if err != nil {
			return nil, err
		}
		for _, text := range files {
			if owners[text] == nil {
				texts = append(texts, text)
			}
			owners[text] = append(owners[text], m.path)
		}
	}
	var b bytes.Buffer
	b.WriteString("The program contains code of these modules, under these licences.\n")
	for _, text := range texts {
		fmt.Fprintf(&b, "\n%s\n%s\n%s\n\n%s\n", strings.Repeat("=", 78), strings.Join(owners[text], "\n"), strings.Repeat("-", 78), text)
	}
	return b.Bytes(), nil
}

// allModules lists what cmd/reverie depends on, the standard library first, then by path.
func allModules() ([]module, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	seen := map[module]bool{}
	for _, p := range platforms {
		goos, goarch, _ := strings.Cut(p, "/")
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "github.com/reverie-go/reverie/cmd/reverie")
		cmd.Env, cmd.Stderr = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch), os.Stderr
		list, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w", p, err)
		}
		for line := range strings.Lines(string(list)) {
			if path, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				seen[module{path, dir}] = true
			}
		}
	}
	modules := make([]module, 0, len(seen)+1)
	for m := range seen {
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return slices.Insert(modules, 0, module{"Go, the standard library", strings.TrimSpace(string(root))}), nil
}

var licenceName = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying|notice|patents)([-.].*)?$`)

// licenceFiles returns the texts of a module's licence and notice files, of which there must be
// one.
func licenceFiles(m module) ([]string, error) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, e := range entries {
		if e.IsDir() || !licenceName.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.dir, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
	}
	if len(texts) == 0 {
		return nil, errors.New(m.path + ": no licence file in " + m.dir)
	}
	return texts, nil
}
