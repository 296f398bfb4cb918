package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const oddName = "odd \"name\" <&> \u00e9\n\\"

// ramps are the tensors that testdata/make.py wrote, made here without it.
func ramps() map[string]Tensor {
	ints := func(dtype string, n int) Tensor {
		t := Tensor{DType: dtype, Shape: []int{n}}
		for i := range n {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], uint64(i))
			t.Data = append(t.Data, b[:SizeOf(dtype)]...)
		}
		return t
	}
	u16s := func(dtype string, v ...uint16) Tensor {
		t := Tensor{DType: dtype, Shape: []int{len(v)}}
		for _, x := range v {
			t.Data = binary.LittleEndian.AppendUint16(t.Data, x)
		}
		return t
	}
	return map[string]Tensor{
		"f64":    FromF64s([]float64{0, 1, 2, 3, 4, 5}, 2, 3),
		"f32":    FromF32s([]float32{0, 1, 2, 3, 4, 5}, 3, 2, 1),
		"f32.b":  FromF32s([]float32{0, 1, 2, 3, 4}),
		"f16":    u16s(F16, 0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600),
		"bf16":   u16s(BF16, 0, 0x3f80, 0x4000),
		"i64":    ints(I64, 4),
		"i32":    ints(I32, 3),
		"i16":    ints(I16, 3),
		"i8":     ints(I8, 5),
		"u64":    ints(U64, 2),
		"u32":    ints(U32, 3),
		"u16":    ints(U16, 1),
		"u8":     FromU8s([]uint8{0, 1, 2}),
		"bool":   {DType: Bool, Shape: []int{3}, Data: []byte{0, 1, 1}},
		"scalar": ScalarI64(7),
		"empty":  {DType: F32, Shape: []int{0, 4}, Data: []byte{}},
		oddName:  FromF32s([]float32{0}),
	}
}

func equalTensors(t *testing.T, got, want map[string]Tensor) {
	t.Helper()
	if g, w := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(g, w) {
		t.Fatalf("names %q, want %q", g, w)
	}
	for name, w := range want {
		g := got[name]
		if g.DType != w.DType || !slices.Equal(g.Shape, w.Shape) || !bytes.Equal(g.Data, w.Data) {
			t.Errorf("%q: %s %v %v, want %s %v %v", name, g.DType, g.Shape, g.Data, w.DType, w.Shape, w.Data)
		}
	}
}

func TestReadPythonsSafetensors(t *testing.T) {
	got, metadata, err := ReadSafetensorsFile("testdata/types.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	equalTensors(t, got, ramps())
	if !maps.Equal(metadata, map[string]string{"format": "pt"}) {
		t.Errorf("metadata %v", metadata)
	}
}

func TestWriteIsPythonsBytes(t *testing.T) {
	want, err := os.ReadFile("testdata/types.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteSafetensors(&b, ramps(), map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("wrote\n%q, Python wrote\n%q", b.Bytes(), want)
	}
}

func TestWriteSafetensorsRefuses(t *testing.T) {
	for want, tensors := range map[string]map[string]Tensor{
		"takes 8 bytes, found 4": {"a": {DType: F32, Shape: []int{2}, Data: make([]byte, 4)}},
		"dtype \"F8\"":           {"a": {DType: "F8", Shape: []int{1}, Data: make([]byte, 1)}},
		"negative":               {"a": {DType: F32, Shape: []int{-1}}},
		"more bytes than 2^63":   {"a": {DType: F32, Shape: []int{1 << 40, 1 << 40}}},
		"not a name":             {"__metadata__": FromF32s([]float32{1})},
	} {
		if err := WriteSafetensors(io.Discard, tensors, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", tensors, err, want)
		}
	}
}

// file puts a header before n bytes of data, as it stands.
func file(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, n)...)
}

// hostile are headers that contradict themselves or the file, with the data's length and a part of
// the message.
var hostile = []struct {
	name, header string
	data         int
	want         string
}{
	{"empty", "", 0, "does not start with '{'"},
	{"array", "[]", 0, "does not start with '{'"},
	{"leading space", " {}", 0, "does not start with '{'"},
	{"cut JSON", `{"a":{"dtype":"F32"`, 0, "unexpected EOF"},
	{"bad JSON", `{"a":{"dtype":"F32",,}}`, 0, "bad JSON"},
	{"bad UTF-8", "{\"\xff\":1}", 0, "not UTF-8"},
	{"trailing", `{}{}`, 0, "follows the closing brace"},
	{"trailing junk", `{}x`, 0, "follows the closing brace"},
	{"same name twice", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2, `key "a" comes twice`},
	{"same name escaped", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2, `key "a" comes twice`},
	{"same field twice", `{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}`, 1, `key "shape" comes twice`},
	{"same metadata twice", `{"__metadata__":{"a":"1","a":"2"}}`, 0, `key "a" comes twice`},
	{"metadata cut", `{"__metadata__":{"a":1`, 0, "EOF"},
	{"metadata an array", `{"__metadata__":[]}`, 0, "expected {"},
	{"tensor null", `{"a":null}`, 0, "expected {"},
	{"missing field", `{"a":{"dtype":"U8","shape":[1]}}`, 1, "is missing"},
	{"unknown field", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}`, 1, "not a key of a tensor"},
	{"unknown dtype", `{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}`, 1, `dtype "F8_E4M3" is not known`},
	{"dtype a number", `{"a":{"dtype":4,"shape":[1],"data_offsets":[0,1]}}`, 1, "expected a string"},
	{"negative size", `{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}`, 1, "whole number"},
	{"fraction", `{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}`, 1, "whole number"},
	{"exponent", `{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}`, 1, "whole number"},
	{"size past 2^63", `{"a":{"dtype":"U8","shape":[18446744073709551617],"data_offsets":[0,1]}}`, 1, "whole number"},
	{"nested shape", `{"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}}`, 1, "expected a number"},
	{"product overflows", `{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0, "more bytes than 2^63"},
	{"product wraps to 4", `{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}`, 4, "more bytes than 2^63"},
	{"shape too long", `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4, "takes 8 bytes"},
	{"shape too short", `{"a":{"dtype":"F32","shape":[],"data_offsets":[0,8]}}`, 8, "takes 4 bytes"},
	{"three offsets", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}`, 1, "found 3 numbers, expected 2"},
	{"ends before it begins", `{"a":{"dtype":"U8","shape":[0],"data_offsets":[1,0]}}`, 1, "end before they begin"},
	{"overlap", `{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 3, "overlap"},
	{"same data twice", `{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 2, "overlap"},
	{"gap", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, 3, "leave a gap after 1"},
	{"gap at the start", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2, "leave a gap after 0"},
	{"out of the file", `{"a":{"dtype":"U8","shape":[1152921504606846976],"data_offsets":[0,1152921504606846976]}}`, 4, "the file has 4"},
	{"data left over", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 2, "the tensors take 1 bytes, the file has 2"},
	{"data without tensors", `{}`, 1, "the tensors take 0 bytes"},
}

// What writers other than the reference put in place of metadata does not make a file unreadable.
func TestOddMetadata(t *testing.T) {
	for text, want := range map[string]int{"null": 0, "{}": 0, `{"a": 1, "b": {"c": [2]}, "d": "e"}`: 1} {
		b := file(`{"__metadata__":`+text+`,"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1)
		x, m, err := ReadSafetensors(bytes.NewReader(b), int64(len(b)))
		if err != nil || len(x) != 1 || len(m) != want {
			t.Errorf("%s: %v, %v, %v", text, x, m, err)
		}
	}
}

func TestHostileHeaders(t *testing.T) {
	for _, h := range hostile {
		b := file(h.header, h.data)
		_, _, err := ReadSafetensors(bytes.NewReader(b), int64(len(b)))
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), h.want) {
			t.Errorf("%s: error %v, want %q", h.name, err, h.want)
		}
	}
}

// The header's claim is refused before memory is taken, whatever it is.
func TestHugeHeader(t *testing.T) {
	for _, claim := range []uint64{1 << 60, math.MaxUint64, 1 << 63, 1 << 31, 17} {
		b := binary.LittleEndian.AppendUint64(nil, claim)
		b = append(b, "{}              "...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := ReadSafetensors(bytes.NewReader(b), int64(len(b)))
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "header claims") {
			t.Errorf("claim of %d: error %v", claim, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<16 {
			t.Errorf("claim of %d: %d bytes allocated", claim, n)
		}
	}
	// A file that is large enough, but a header past the format's limit.
	huge := binary.LittleEndian.AppendUint64(nil, maxHeader+1)
	_, _, err := readHeader(bytes.NewReader(huge), 1<<40)
	if err == nil || !strings.Contains(err.Error(), "at most 100000000") {
		t.Errorf("a header over the limit: error %v", err)
	}
}

// Cut at every length, the file is refused; so is one that shrinks while it is read.
func TestTruncatedSafetensors(t *testing.T) {
	b, err := os.ReadFile("testdata/types.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(b) {
		if _, _, err := ReadSafetensors(bytes.NewReader(b[:n]), int64(n)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%d of %d bytes: error %v", n, len(b), err)
		}
		if _, _, err := ReadSafetensors(bytes.NewReader(b[:n]), int64(len(b))); !errors.Is(err, ErrDamaged) {
			t.Errorf("%d bytes said to be %d: error %v", n, len(b), err)
		}
	}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := os.WriteFile(path, b[:len(b)-1], 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadWeights(path); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
		t.Errorf("truncated file: error %v, want one that names %s", err, path)
	}
}

func TestReadWeightsFinite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	for _, bad := range []Tensor{
		FromF32s([]float32{1, float32(math.NaN())}), FromF32s([]float32{1, float32(math.Inf(-1))}),
		FromF64s([]float64{1, math.Inf(1)}),
		{DType: F16, Shape: []int{2}, Data: []byte{0, 0, 0, 0x7c}}, {DType: BF16, Shape: []int{2}, Data: []byte{0, 0, 0xc0, 0x7f}},
	} {
		tensors := map[string]Tensor{"fine": FromF32s([]float32{math.MaxFloat32}), "bad": bad}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := WriteSafetensorsFile(nil, path, tensors, nil); err != nil {
			t.Fatal(err)
		}
		_, _, err := ReadWeights(path)
		if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `"bad"`) || !strings.Contains(err.Error(), "element 1") {
			t.Errorf("%s: error %v", bad.DType, err)
		}
	}
	if _, _, err := ReadWeights("testdata/types.safetensors"); err != nil {
		t.Errorf("finite weights: %v", err)
	}
}

func TestReadWeightsOfNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := ReadWeights(filepath.Join(dir, "no")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: error %v", err)
	}
	if _, _, err := ReadWeights(dir); err == nil || !strings.Contains(err.Error(), tensorsName) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder: error %v", err)
	}
}

// Reading takes the memory of the tensors once, not twice.
func TestReadOnce(t *testing.T) {
	const n = 4 << 20
	path := filepath.Join(t.TempDir(), "w.safetensors")
	big := map[string]Tensor{"a": FromF32s(make([]float32, n)), "b": FromF32s(make([]float32, n))}
	allocated := func(f func() error) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := f(); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if got := allocated(func() error { return WriteSafetensorsFile(nil, path, big, nil) }); got > 1<<20 {
		t.Errorf("writing %d bytes allocated %d", 8*n, got)
	}
	got := allocated(func() error { _, _, err := ReadSafetensorsFile(path); return err })
	if got < 8*n || got > 8*n+1<<20 {
		t.Errorf("reading %d bytes allocated %d", 8*n, got)
	}
}

func FuzzSafetensors(f *testing.F) {
	golden, err := os.ReadFile("testdata/types.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	for _, h := range hostile {
		f.Add(file(h.header, h.data))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tensors, metadata, err := ReadSafetensors(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		var w bytes.Buffer
		if err := WriteSafetensors(&w, tensors, metadata); err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		again, _, err := ReadSafetensors(bytes.NewReader(w.Bytes()), int64(w.Len()))
		if err != nil {
			t.Fatalf("written but not read: %v", err)
		}
		equalTensors(t, again, tensors)
	})
}
