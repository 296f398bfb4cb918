package train

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/net"
)

func TestPlan(t *testing.T) {
	c := tiny(images(t, 14, 8))
	tr := prepare(t, c)
	tr.now = time.Now
	defer tr.Close()
	p, err := tr.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if p.StepsEpoch != 3 || p.Epoch <= 0 || p.Epoch > time.Minute {
		t.Errorf("%+v", p)
	}
	// Weights, two moments and the average of some 5,000 parameters are 80 kB.
	if b := p.Bytes - program; b < 80e3 || b > 10e6 {
		t.Errorf("%d bytes", p.Bytes)
	}
	text := p.String()
	for _, want := range []string{"9 images of 8x8x3 for training, 5 held out", "simpleunet", "predicts eps, loss l1", "about ", "epoch of 3 steps"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// The lecture's network has the number of parameters that the lecture prints.
func TestLectureNetwork(t *testing.T) {
	c, err := config.Preset("lecture")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Network(&c, c.Kind())
	if err != nil || net.Trainable(m) != 62_438_883 {
		t.Errorf("%d parameters, %v", net.Trainable(m), err)
	}
}

// A run that needs more than the machine has is refused, with a batch that does fit: one that would
// not be refused itself, while twice it would.
func TestMemory(t *testing.T) {
	c := tiny(images(t, 80, 8))
	c.Batch = 48
	tr := prepare(t, c)
	defer tr.Close()
	need, err := tr.memory(48)
	if err != nil {
		t.Fatal(err)
	}
	one, err := tr.memory(1)
	if err != nil {
		t.Fatal(err)
	}
	have := one + (need-one)/3
	tr.limit = func() memory.Limit { return memory.Limit{Bytes: have} }
	_, err = tr.Plan()
	var refused *memory.Error
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	var fits int
	if _, err := fmt.Sscanf(refused.Remedy, "--batch %d fits", &fits); err != nil || fits < 1 || refused.Need != need || refused.Have.Bytes != have {
		t.Fatalf("%+v, %v", refused, err)
	}
	if n, err := tr.memory(fits); err != nil || n > have {
		t.Errorf("--batch %d needs %d of %d: %v", fits, n, have, err)
	}
	if n, err := tr.memory(2 * fits); err != nil || n <= have {
		t.Errorf("--batch %d would fit too: %d of %d, %v", 2*fits, n, have, err)
	}
	if text := err.Error(); !strings.Contains(text, "--batch 48 needs") {
		t.Error(text)
	}
	tr.limit = func() memory.Limit { return memory.Limit{Bytes: 1000} }
	if _, err := tr.Plan(); !errors.As(err, &refused) || !strings.Contains(err.Error(), "not even one image") {
		t.Error(err)
	}
	tr.limit = func() memory.Limit { return memory.Limit{} } // unknown: nothing is refused
	if _, err := tr.Plan(); err != nil {
		t.Error(err)
	}
}
