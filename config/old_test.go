package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/reverie-go/reverie/table"
)

// TestOldFiles: the configurations in testdata/old, one of every kind of run as the release before
// rows and their settings wrote it, are read: each key that is in force has the value that it had,
// the rest is of rows that were not chosen; and they go on, and come back from what is written now.
func TestOldFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/old/*.json")
	if err != nil || len(files) < 19 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Parse(bytes.NewReader(b))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		var had map[string]json.RawMessage
		if err := json.Unmarshal(b, &had); err != nil {
			t.Fatal(err)
		}
		for name, value := range had {
			f := table.Find(r.Fields(), name)
			if f == nil {
				continue
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, value); err != nil {
				t.Fatal(err)
			}
			if now := text(f); string(now) != compact.String() && !(r.Autoencoder() && compact.String() == `""`) {
				t.Errorf("%s: %s is %s, and was %s", file, name, now, compact.String())
			}
		}
		if !r.Autoencoder() {
			o, err := r.Formulation.New()
			if err == nil {
				err = o.Validate()
			}
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
		next, err := r.Resume(r.Fields())
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		was, _ := r.JSON()
		if now, err := roundTrip(t, next).JSON(); err != nil || !bytes.Equal(was, now) {
			t.Errorf("%s comes back as %s, %v", file, now, err)
		}
	}
}
