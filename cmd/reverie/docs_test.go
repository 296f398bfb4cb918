package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every command in docs/three-formulations.md parses, with flags that exist and arguments in the right number, and every test and picture
// that it names is there.
func TestFormulationsPage(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "three-formulations.md"))
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile("(?m)(?:^    |`)reverie ([^`\n]+?)`?$|`reverie ([^`\n]+)`").FindAllStringSubmatch(string(page), -1)
	if len(commands) < 40 {
		t.Errorf("%d commands found, expected at least 40", len(commands))
	}
	for _, m := range commands {
		args := strings.Fields(strings.ReplaceAll(m[1]+m[2], "`", ""))
		cmd, rest, err := newRoot().Find(args)
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err == nil {
			err = cmd.ValidateArgs(cmd.Flags().Args())
		}
		if err != nil {
			t.Errorf("reverie %s: %v", strings.Join(args, " "), err)
		}
	}
	tests := regexp.MustCompile("`([a-z0-9_/]+_test\\.go):(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(page), -1)
	if len(tests) < 40 {
		t.Errorf("%d tests found, expected at least 40", len(tests))
	}
	for _, m := range tests {
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m[1])))
		if err != nil || !strings.Contains(string(source), "func "+m[2]+"(t *testing.T)") {
			t.Errorf("%s has no test %s: %v", m[1], m[2], err)
		}
	}
	for _, m := range regexp.MustCompile(`\]\((images/[^)]+)\)`).FindAllStringSubmatch(string(page), -1) {
		if _, err := os.Stat(filepath.Join(root, "docs", filepath.FromSlash(m[1]))); err != nil {
			t.Error(err)
		}
	}
}

// Every page of docs/ that another one links to is there.
func TestLinkedPages(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil || len(pages) < 8 {
		t.Fatalf("pages %q, %v", pages, err)
	}
	found := 0
	for _, page := range append(pages, filepath.Join("..", "..", "README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([a-zA-Z0-9_/.-]+\.md)(#[^)]*)?\)`).FindAllStringSubmatch(string(text), -1) {
			found++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	if found < 10 {
		t.Errorf("%d links found", found)
	}
}
