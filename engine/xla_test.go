//go:build xla

package engine

import (
	"strings"
	"testing"
)

// TestXLAWithoutPlugin: a plugin that is not there is an error and no download.
func TestXLAWithoutPlugin(t *testing.T) {
	_, err := Open("xla:/nosuch/plugin.so")
	if err == nil || !strings.Contains(err.Error(), "/nosuch/plugin.so") {
		t.Fatalf("got %v, want an error that names the plugin", err)
	}
}
