package eval

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/classifier"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// A Cache keeps trained classifiers and the features of reference sets in a folder, under the hash
// of all that they depend on. A file that is missing, damaged or of something else is made anew;
// one that cannot be written is noted. A nil *Cache keeps nothing.
type Cache struct {
	Dir string
	// Note, if not nil, is called with what a person should know.
	Note func(string)
}

// UserCache is the cache in the user's cache folder: ~/.cache/reverie on Linux.
func UserCache() (*Cache, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	return &Cache{Dir: filepath.Join(dir, "reverie")}, nil
}

func (c *Cache) note(err error) {
	if c.Note != nil {
		c.Note(err.Error())
	}
}

// path is the file of a kind of things and all that this one depends on.
func (c *Cache) path(kind, settings string) string {
	sum := sha256.Sum256([]byte(settings))
	return filepath.Join(c.Dir, kind+"-"+hex.EncodeToString(sum[:16])+".safetensors")
}

// hashKey names the hash of the arrays among a file's metadata.
const hashKey = "sha256"

// contents is the hash of arrays.
func contents(arrays map[string]checkpoint.Tensor) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		fmt.Fprintf(h, "%q %s %v\n", name, arrays[name].DType, arrays[name].Shape)
		h.Write(arrays[name].Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// load returns the arrays of the file, nil where there are none to be used.
func (c *Cache) load(kind, settings string) map[string]checkpoint.Tensor {
	if c == nil {
		return nil
	}
	arrays, metadata, err := checkpoint.ReadSafetensorsFile(c.path(kind, settings))
	if err != nil || metadata[hashKey] != contents(arrays) || checkpoint.CheckFinite(arrays) != nil {
		return nil
	}
	return arrays
}

// store writes the arrays, or notes why it could not.
func (c *Cache) store(kind, settings string, arrays map[string]checkpoint.Tensor) {
	if c == nil {
		return
	}
	err := os.MkdirAll(c.Dir, 0o777)
	if err == nil {
		err = checkpoint.WriteFileAtomic(nil, c.path(kind, settings), func(w io.Writer) error {
			return checkpoint.WriteSafetensors(w, arrays, map[string]string{hashKey: contents(arrays)})
		})
	}
	if err != nil {
		c.note(fmt.Errorf("the cache could not be written, which costs the time to compute it again: %w", err))
	}
}

// Features returns f's rows of the images, which fingerprint identifies.
func (c *Cache) Features(ctx context.Context, f Features, m Images, fingerprint string) (Rows, error) {
	// The number changes whenever a network would give other features for the same images.
	settings := fmt.Sprintf("features 2\n%s\n%s\n%d %d %d %d\n", f.Name(), fingerprint, m.N, m.H, m.W, m.C)
	const kind, key = "features", "features"
	if a, ok := c.load(kind, settings)[key]; ok && len(a.Shape) == 2 && a.Shape[0] == m.N {
		if x, err := a.F64s(); err == nil {
			return Rows{m.N, a.Shape[1], x}, nil
		}
	}
	r, err := f.Rows(ctx, m)
	if err != nil {
		return Rows{}, err
	}
	c.store(kind, settings, map[string]checkpoint.Tensor{key: checkpoint.FromF64s(r.X, r.N, r.D)})
	return r, nil
}

// Classifier is TrainClassifier, or what it gave before for the training images that fingerprint
// identifies and the same l. cached says which.
func (c *Cache) Classifier(ctx context.Context, e *engine.Engine, train, test Images, fingerprint string, l Learning) (k *Classifier, cached bool, err error) {
	l = l.withDefaults()
	settings := fmt.Sprintf("%s\n%s\n%d %d %v %d\n", recipe, fingerprint, l.Steps, l.Batch, l.Rate, l.Seed)
	const kind = "classifier"
	if arrays := c.load(kind, settings); arrays != nil {
		index := classIndex(train.Class)
		if k, err := classifierFrom(e, arrays, train.C, len(index)); err == nil {
			k.names = classNames(train, index)
			return k, true, nil
		}
	}
	if k, err = TrainClassifier(ctx, e, train, test, l); err != nil {
		return nil, false, err
	}
	arrays, err := k.arrays()
	if err != nil {
		return nil, false, err
	}
	arrays[rightKey], arrays[testedKey] = checkpoint.ScalarI64(int64(k.Right)), checkpoint.ScalarI64(int64(k.Tested))
	c.store(kind, settings, arrays)
	return k, false, nil
}

// ClassifierOf is Classifier for a data set: it is trained on what the set does not hold out, and
// tested on what it does.
func (c *Cache) ClassifierOf(ctx context.Context, e *engine.Engine, s *data.Set, l Learning) (k *Classifier, cached bool, err error) {
	size := memory.Product(s.Len(), s.Kind().Size(), 4)
	if err := memory.Check(fmt.Sprintf("training a classifier on %s", s), size, "give --features, or leave out fid, kid and pr"); err != nil {
		return nil, false, err
	}
	training, err := Read(ctx, s.Train())
	if err != nil {
		return nil, false, err
	}
	test, err := Read(ctx, s.Val())
	if err != nil {
		return nil, false, err
	}
	return c.Classifier(ctx, e, training, test, s.Train().Fingerprint()+s.Val().Fingerprint(), l)
}

// recipe changes whenever TrainClassifier would give other weights for the same images and
// settings.
const recipe = "classifier 1"

// What a file holds beside the weights.
const (
	rightKey  = "tested.right"
	testedKey = "tested.images"
)

// arrays are the weights under their names.
func (c *Classifier) arrays() (map[string]checkpoint.Tensor, error) {
	return net.Export(c.Net.Params(), c.Weights)
}

// classifierFrom reads a classifier from a file's arrays.
func classifierFrom(e *engine.Engine, arrays map[string]checkpoint.Tensor, channels, classes int) (*Classifier, error) {
	m, err := classifier.New(classifier.Config{ImageChannels: channels, Classes: classes})
	if err != nil {
		return nil, err
	}
	var counts [2]int
	for i, key := range []string{rightKey, testedKey} {
		v, err := arrays[key].I64s()
		if err != nil || len(v) != 1 {
			return nil, fmt.Errorf("eval: %s is missing", key)
		}
		counts[i] = int(v[0])
	}
	dict := maps.Clone(arrays)
	delete(dict, rightKey)
	delete(dict, testedKey)
	weights, err := net.Import(m.Params(), dict, dtypes.Float32)
	if err != nil {
		return nil, err
	}
	c, err := newClassifier(e, m, weights)
	if err != nil {
		return nil, err
	}
	c.Right, c.Tested = counts[0], counts[1]
	return c, nil
}
