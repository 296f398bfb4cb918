package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Texts lie in a file as numpy has them, UTF-32 of the longest's length, and come back as they
// were.
func TestTexts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	for _, texts := range [][]string{{"cat", "größe", "日本"}, {""}, {}, {"a b", "", "\U0001f600"}} {
		if err := WriteNPZ(nil, path, NamedTensor{"n", FromI64s([]int64{1})}, NamedTensor{"classes", FromTexts(texts)}); err != nil {
			t.Fatal(err)
		}
		z := openNPZ(t, path)
		if got, err := z.Texts("classes"); err != nil || !slices.Equal(got, texts) {
			t.Errorf("%q came back as %q, %v", texts, got, err)
		}
		if _, err := z.Texts("n"); !errors.Is(err, ErrArray) || !strings.Contains(err.Error(), `dtype "<i8" and shape (1,), expected texts`) {
			t.Errorf("of numbers: %v", err)
		}
		if _, err := z.Read("classes"); !errors.Is(err, ErrArray) {
			t.Errorf("texts as numbers: %v", err)
		}
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if err := writeNPY(z, NamedTensor{"x", FromTexts([]string{"ab", "c"})}); err != nil {
		t.Fatal(err)
	}
	want := "{'descr': '<U2', 'fortran_order': False, 'shape': (2,), }" + strings.Repeat(" ", 60) + "\n" +
		"a\x00\x00\x00b\x00\x00\x00c\x00\x00\x00\x00\x00\x00\x00"
	if err := z.Close(); err != nil || !bytes.Contains(b.Bytes(), []byte(want)) {
		t.Errorf("%q lacks %q", b.Bytes(), want)
	}
}

// Texts of big endian are read; what a file claims of texts is refused before memory is taken.
func TestHostileTexts(t *testing.T) {
	read := func(descr, shape string, data []byte) ([]string, error) {
		b := append(array("{'descr': '"+descr+"', 'fortran_order': False, 'shape': "+shape+", }\n", 0), data...)
		raw := forged(t, zip.Store, b, uint64(len(b)), crc32.ChecksumIEEE(b))
		z, err := newNPZ("in.npz", bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		return z.Texts("x")
	}
	big := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 'h'), 'i')
	if got, err := read(">U2", "(1,)", big); err != nil || !slices.Equal(got, []string{"hi"}) {
		t.Errorf("%q, %v", got, err)
	}
	for want, c := range map[string]struct{ descr, shape string }{
		"expected texts":        {"<U2", "(1, 1)"},
		`dtype "<U"`:            {"<U", "(1,)"},
		`dtype "|S8"`:           {"|S8", "(1,)"},
		"shape (1,) takes":      {"<U4", "(1,)"},
		"up to 1025 characters": {"<U1025", "(1,)"},
		"1048577 texts":         {"<U1", "(1048577,)"},
		"the archive says":      {"<U1024", "(1048576,)"},
	} {
		if _, err := read(c.descr, c.shape, big); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "in.npz") {
			t.Errorf("%s %s: %v, want %q", c.descr, c.shape, err, want)
		}
	}
}
