package model_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/simpleunet"
)

// TestImport: a network is laid out by its weights' shapes alone, and what is written of it loads
// as a model of the size and the process that were said; weights that lack one are refused.
func TestImport(t *testing.T) {
	e := openEngine(t)
	if !slices.Contains(model.Importable(), "simpleunet") {
		t.Fatalf("importable: %v", model.Importable())
	}
	n, err := simpleunet.New(simpleunet.Config{Channels: []int{4, 8}, ImageChannels: 3})
	if err != nil {
		t.Fatal(err)
	}
	dict, err := net.Export(n.Params(), net.Initial(n, 1, dtypes.Float32))
	if err != nil {
		t.Fatal(err)
	}
	got, err := model.Infer("simpleunet", dict)
	if err != nil {
		t.Fatal(err)
	}
	row, err := formulation.Processes.New("ddpm")
	if err != nil {
		t.Fatal(err)
	}
	spec := formulation.Spec{Process: row, Prediction: formulation.Eps, Variance: "posterior"}
	c, err := model.Import(got, dict, 8, 16, spec)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "m")
	if err := checkpoint.SaveModel(nil, dir, c); err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(e, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.Kind.H != 8 || m.Kind.W != 16 || m.Kind.C != 3 || net.Trainable(m.Net) != net.Trainable(n) {
		t.Errorf("%v, %d parameters", m.Kind, net.Trainable(m.Net))
	}
	if _, err := model.Import(got, dict, 7, 7, spec); err == nil || !strings.HasPrefix(err.Error(), "--resolution: ") {
		t.Errorf("an odd size: %v", err)
	}
	delete(dict, n.Params()[0].Name)
	if _, err := model.Infer("simpleunet", dict); err == nil {
		t.Error("weights that lack one are taken")
	}
	if _, err := model.Infer("mlp", dict); err == nil {
		t.Error("an mlp is laid out")
	}
}
