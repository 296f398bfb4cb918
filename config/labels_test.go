package config

import (
	"bytes"
	"strings"
	"testing"
)

// TestLabels: a new run on folders looks for labels wherever they may stand; one on the emoji, on
// points, and every run whose config.json does not say goes by class folders, as all did.
func TestLabels(t *testing.T) {
	for _, c := range []struct {
		data  string
		given string
		want  string
	}{{"", "", ""}, {"/photos", "", "auto"}, {"/photos", "labels", ""}, {"points:moons", "", ""}, {"fields:a.npz", "", ""}} {
		r := small()
		if c.data != "" {
			r.Data = []string{c.data}
		}
		r.Adapt(func(flag string) bool { return flag == c.given })
		if r.Labels != c.want {
			t.Errorf("%q with %q: labels %q, want %q", c.data, c.given, r.Labels, c.want)
		}
	}
	r := small()
	r.Data, r.Labels, r.LabelColumn = []string{"/photos"}, "metadata", "kind"
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(bytes.NewReader(text))
	if err != nil || got.Labels != "metadata" || got.LabelColumn != "kind" {
		t.Errorf("%s comes back as %q, %q, %v", text, got.Labels, got.LabelColumn, err)
	}
	old := bytes.Replace(bytes.Replace(text, []byte("  \"labels\": \"metadata\",\n"), nil, 1), []byte("  \"label-column\": \"kind\",\n"), nil, 1)
	if got, err := Parse(bytes.NewReader(old)); err != nil || got.Labels != "" || got.LabelColumn != "" || len(old) > len(text)-40 {
		t.Errorf("an old config.json reads as labels %q of %q, %v", got.Labels, got.LabelColumn, err)
	}
	r.Labels = "files"
	if err := r.Validate(); err == nil || !strings.Contains(err.Error(), "--labels") || !strings.Contains(err.Error(), "prefix") {
		t.Errorf("labels files: %v", err)
	}
}
