package eval

import (
	"strings"
	"testing"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net/classifier"
)

// TestJudges: a classifier judges what has its shape and no class beside its own.
func TestJudges(t *testing.T) {
	own := kind.OfImages(8, 8, 3)
	own.Classes = []kind.Class{{Name: "cat"}, {Name: "dog"}}
	m, err := classifier.New(classifier.Config{Classes: 2, Kind: own})
	if err != nil {
		t.Fatal(err)
	}
	c := &Classifier{Net: m, names: own.ClassNames(), run: "runs/judge"}
	one, more, larger := own, own, own
	one.Classes = own.Classes[1:]
	more.Classes = append(own.Classes[:2:2], kind.Class{Name: "eel"})
	larger.H = 16
	for _, known := range []kind.Kind{own, one} {
		if err := c.judges(known); err != nil {
			t.Error(err)
		}
	}
	for want, k := range map[string]kind.Kind{"lacks the class eel": more, "16x8x3": larger} {
		if err := c.judges(k); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
