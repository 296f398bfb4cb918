package learn_test

import (
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net/classifier"
)

// TestClassifyRefused: a classifier learns of no sample whose class it does not know.
func TestClassifyRefused(t *testing.T) {
	k := kind.OfPoints(2).Labelled([]kind.Class{{Name: "a", Samples: 1}, {Name: "b", Samples: 1}})
	n, err := (&classifier.Architecture{Channels: []int{8}, Features: 8}).Layout(k, 0)
	if err != nil {
		t.Fatal(err)
	}
	how, err := learn.Classify{}.Method(learn.Setup{Net: n, Kind: k})
	if err != nil {
		t.Fatal(err)
	}
	for want, class := range map[string][]int{
		"the samples have no classes":                                    nil,
		"sample 1 of the batch is of class 2: the network knows 0 to 1":  {1, 2},
		"sample 0 of the batch is of class -1: the network knows 0 to 1": {-1, 0},
	} {
		if _, _, err := how.Inputs(&data.Batch{Kind: k, N: 2, X: make([]float32, 4), Class: class}, learn.Place{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("classes %v: %v, want %q", class, err, want)
		}
	}
}
