package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func floats(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i)
	}
	return v
}

func openNPZ(t *testing.T, path string) *NPZ {
	t.Helper()
	z, err := OpenNPZ(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { z.Close() })
	return z
}

func TestReadNumpys(t *testing.T) {
	for _, name := range []string{"plain.npz", "compressed.npz"} {
		z := openNPZ(t, "testdata/"+name)
		x, err := z.Array("x", F32, 4)
		if err != nil {
			t.Fatal(err)
		}
		equalTensors(t, map[string]Tensor{"x": x}, map[string]Tensor{"x": FromF32s(floats(48), 2, 3, 2, 4)})
		i, err := z.Array("t", I64, 1)
		if err != nil {
			t.Fatal(err)
		}
		equalTensors(t, map[string]Tensor{"t": i}, map[string]Tensor{"t": FromI64s([]int64{0, 299})})
	}
	z := openNPZ(t, "testdata/plain.npz")
	s, err := z.Array("s", F32, 0)
	if v, _ := s.F32s(); err != nil || !slices.Equal(v, []float32{1.5}) {
		t.Errorf("scalar %v, %v", v, err)
	}
	if e, err := z.Array("e", F32, 2); err != nil || !slices.Equal(e.Shape, []int{0, 3}) || len(e.Data) != 0 {
		t.Errorf("empty %v, %v", e, err)
	}
	if b, err := z.Array("b", Bool, 1); err != nil || !bytes.Equal(b.Data, []byte{1, 0}) {
		t.Errorf("bool %v, %v", b, err)
	}
	z = openNPZ(t, "testdata/versions.npz")
	for _, key := range []string{"v2", "v3", "spaced"} {
		x, err := z.Array(key, F32, 1)
		if v, _ := x.F32s(); err != nil || !slices.Equal(v, []float32{0, 1}) {
			t.Errorf("%s: %v, %v", key, v, err)
		}
	}
}

func TestWrongArrays(t *testing.T) {
	const path = "testdata/wrong.npz"
	z := openNPZ(t, path)
	for key, want := range map[string]string{
		"float64": `dtype is float64 (<f8), expected float32 (<f4)`,
		"int32":   `dtype is int32 (<i4), expected float32 (<f4)`,
		"text":    `dtype "<U1" is not one that is read`,
		"c64":     `dtype "<c8" is not one that is read`,
		"object":  `dtype "|O" (Python objects, a pickle) is not one that is read`,
		"struct":  "have fields (a structured array)",
		"flat":    "shape is (48,), expected 4 axes",
		"missing": `not in the file, found ["float64"`,
	} {
		_, err := z.Array(key, F32, 4)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), fmt.Sprintf("%q", key)) {
			t.Errorf("%s: error %v, want %q", key, err, want)
		}
		if !errors.Is(err, ErrArray) {
			t.Errorf("%s: error %v does not wrap ErrArray", key, err)
		}
	}
}

// The arrays in our npz are byte for byte those in numpy's.
func TestWriteIsNumpysBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.npz")
	err := WriteNPZ(nil, path,
		NamedTensor{"x", FromF32s(floats(48), 2, 3, 2, 4)}, NamedTensor{"t", FromI64s([]int64{0, 299})},
		NamedTensor{"s", Tensor{DType: F32, Shape: []int{}, Data: []byte{0, 0, 0xc0, 0x3f}}},
		NamedTensor{"e", Tensor{DType: F32, Shape: []int{0, 3}}}, NamedTensor{"b", Tensor{DType: Bool, Shape: []int{2}, Data: []byte{1, 0}}})
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := openNPZ(t, path), openNPZ(t, "testdata/plain.npz")
	if !slices.Equal(ours.Keys(), theirs.Keys()) {
		t.Fatalf("keys %v, want %v", ours.Keys(), theirs.Keys())
	}
	for i := range theirs.dir.File {
		a, b := member(t, ours.dir.File[i]), member(t, theirs.dir.File[i])
		if !bytes.Equal(a, b) {
			t.Errorf("%s:\n%q, numpy wrote\n%q", theirs.Keys()[i], a, b)
		}
	}
}

func member(t *testing.T, f *zip.File) []byte {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWriteNPZRefuses(t *testing.T) {
	dir, one := t.TempDir(), FromF32s([]float32{1})
	path := filepath.Join(dir, "out.npz")
	for _, arrays := range [][]NamedTensor{
		{{"a", one}, {"a", one}}, {{"", one}}, {{"../a", one}},
		{{"a", Tensor{DType: BF16, Shape: []int{1}, Data: make([]byte, 2)}}}, {{"a", Tensor{DType: F32, Shape: []int{2}, Data: make([]byte, 4)}}},
	} {
		if err := WriteNPZ(nil, path, arrays...); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%v: error %v", arrays, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

// forged makes a zip with one member whose directory says what it likes.
func forged(t *testing.T, method uint16, body []byte, claim uint64, crc uint32) []byte {
	t.Helper()
	return forgedSize(t, method, body, uint64(len(body)), claim, crc)
}

func forgedSize(t *testing.T, method uint16, body []byte, size, claim uint64, crc uint32) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "x.npy", Method: method, CRC32: crc, CompressedSize64: size, UncompressedSize64: claim})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// array gives an npy array with a header of one's own.
func array(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint16([]byte(npyMagic+"\x01\x00"), uint16(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func npyDict(shape string) string {
	return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n"
}

var hostileNPY = []struct{ name, header, want string }{
	{"no dictionary", "x", "expected {"},
	{"empty header", "", "expected {"},
	{"cut", "{'descr': '<f4', 'fortran_order': Fal", "expected False"},
	{"key missing", "{'descr': '<f4', 'fortran_order': False, }", "is missing"},
	{"key unknown", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", "unknown key"},
	{"key twice", "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "comes twice"},
	{"trailing", npyDict("(1,)") + "x", "something follows"},
	{"open string", "{'descr", "bad string"},
	{"escape", `{'\x64escr': '<f4'}`, "bad string"},
	{"negative size", npyDict("(-1,)"), "expected a size"},
	{"size past 2^63", npyDict("(9223372036854775808,)"), "expected a size"},
	{"fraction", npyDict("(1.5,)"), "expected a comma"},
	{"no comma", npyDict("(1 2)"), "expected a comma"},
	{"open tuple", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,", "expected a size"},
	{"2^62 elements", npyDict("(4611686018427387904,)"), "more bytes than 2^63"},
	{"2^40 elements", npyDict("(1099511627776,)"), "takes"},
	{"longer than the member", npyDict("(3,)"), "takes"},
	{"shorter than the member", npyDict("(1,)"), "takes"},
}

func readForged(b []byte) error {
	z, err := newNPZ("in.npz", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	_, err = z.Array("x", F32, 1)
	return err
}

// What a file claims is refused before memory is taken.
func TestHostileNPZ(t *testing.T) {
	check := func(name string, b []byte, want string) {
		t.Helper()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := readForged(b)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "in.npz") {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
	}
	for _, h := range hostileNPY {
		b := array(h.header, 8)
		check(h.name, forged(t, zip.Store, b, uint64(len(b)), crc32.ChecksumIEEE(b)), h.want)
	}
	good := array(npyDict("(2,)"), 8)
	sum := crc32.ChecksumIEEE(good)
	check("wrong magic", forged(t, zip.Store, good[1:], uint64(len(good)-1), 1), "not an array in npy format")
	check("wrong checksum", forged(t, zip.Store, good, uint64(len(good)), sum+1), "checksum")
	check("unknown compression", forged(t, 99, good, uint64(len(good)), sum), "compressed by method 99 of zip")
	check("cut data", forged(t, zip.Store, good[:len(good)-1], uint64(len(good)), sum), "data:")
	long := binary.LittleEndian.AppendUint32([]byte(npyMagic+"\x02\x00"), 1<<31)
	check("header of 2 GiB", forged(t, zip.Store, append(long, 0), uint64(len(long)+1), 1), "header claims 2147483648 bytes")
	check("version 9", forged(t, zip.Store, []byte(npyMagic+"\x09\x00\x00\x00"), 10, 1), "npy version is 9")
	check("no zip", []byte("PK\x03\x04 and no more"), "not a readable npz")
	check("empty", nil, "foreign: it is an empty file, not an npz file; copy")
	check("web page", []byte("<html>"), "foreign: it is a web page (HTML), not an npz file")
	check("npy", []byte("\x93NUMPY\x01\x00"), "unsupported: it is an npy file, not an npz file; save it in Python as npz")
	head := npyDict("(268435456,)")
	check("bomb", forged(t, zip.Deflate, deflated(array(head, 1<<16)), uint64(10+len(head))+1<<30, 1), "bytes hold")
	size := uint64(10+len(head)) + 1<<30
	check("past the file", forgedSize(t, zip.Store, array(head, 1<<16), size, size, 1), "bytes hold")
	for n := range len(good) {
		check(fmt.Sprintf("cut at %d", n), forged(t, zip.Store, good[:n], uint64(n), crc32.ChecksumIEEE(good[:n])), "")
	}
	if err := readForged(forged(t, zip.Store, good, uint64(len(good)), sum)); err != nil {
		t.Errorf("what is well is refused: %v", err)
	}
}

func deflated(b []byte) []byte {
	var w bytes.Buffer
	z := zip.NewWriter(&w)
	f, _ := z.CreateHeader(&zip.FileHeader{Name: "x.npy", Method: zip.Deflate})
	_, _ = f.Write(b)
	_ = z.Close()
	r, _ := zip.NewReader(bytes.NewReader(w.Bytes()), int64(w.Len()))
	raw, _ := r.File[0].OpenRaw()
	out, _ := io.ReadAll(raw)
	return out
}

func TestTwoMembersOfAKey(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for range 2 {
		w, err := z.Create("x.npy")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(array(npyDict("(0,)"), 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := readForged(b.Bytes()); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "comes twice") {
		t.Errorf("error %v", err)
	}
}

// numpy's arrays in other orders than ours, of bytes and of axes, are the same arrays.
func TestOrders(t *testing.T) {
	z := openNPZ(t, "testdata/wrong.npz")
	want := map[string]Tensor{"x": FromF32s(floats(48), 2, 3, 2, 4)}
	for _, key := range []string{"fortran", "big"} {
		x, err := z.Array(key, F32, 4)
		if err != nil {
			t.Fatal(err)
		}
		equalTensors(t, map[string]Tensor{"x": x}, want)
	}
}

// stored is the array [[0, 1, 2], [3, 4, 5]] as numpy stores it in one type and order: its bytes
// are written by hand.
func stored(descr string, fortran bool, size int, put func(b []byte, v int)) []byte {
	order, head := []int{0, 1, 2, 3, 4, 5}, "False"
	if fortran {
		order, head = []int{0, 3, 1, 4, 2, 5}, "True"
	}
	b := array("{'descr': '"+descr+"', 'fortran_order': "+head+", 'shape': (2, 3), }\n", 0)
	for _, v := range order {
		at := len(b)
		b = append(b, make([]byte, size)...)
		put(b[at:], v)
	}
	return b
}

// Every type of numpy's that is read gives the same numbers, in either order of bytes and of axes,
// from a file of its own too.
func TestTypesAndOrders(t *testing.T) {
	type form struct {
		descr string
		size  int
		put   func(b []byte, v int)
	}
	half := []uint16{0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500} // 0 to 5
	forms := []form{
		{"|u1", 1, func(b []byte, v int) { b[0] = byte(v) }}, {"|i1", 1, func(b []byte, v int) { b[0] = byte(v) }},
		{"<u2", 2, func(b []byte, v int) { b[0] = byte(v) }}, {">i2", 2, func(b []byte, v int) { b[1] = byte(v) }},
		{"<i4", 4, func(b []byte, v int) { b[0] = byte(v) }}, {">u4", 4, func(b []byte, v int) { b[3] = byte(v) }},
		{"<u8", 8, func(b []byte, v int) { b[0] = byte(v) }}, {">i8", 8, func(b []byte, v int) { b[7] = byte(v) }},
		{"<f2", 2, func(b []byte, v int) { binary.LittleEndian.PutUint16(b, half[v]) }},
		{">f2", 2, func(b []byte, v int) { binary.BigEndian.PutUint16(b, half[v]) }},
		{">f4", 4, func(b []byte, v int) { binary.BigEndian.PutUint32(b, math.Float32bits(float32(v))) }},
		{">f8", 8, func(b []byte, v int) { binary.BigEndian.PutUint64(b, math.Float64bits(float64(v))) }},
	}
	for _, f := range forms {
		for _, fortran := range []bool{false, true} {
			path := filepath.Join(t.TempDir(), "a.npy")
			if err := os.WriteFile(path, stored(f.descr, fortran, f.size, f.put), 0o644); err != nil {
				t.Fatal(err)
			}
			a, err := ReadNPY(path)
			if err != nil {
				t.Fatal(err)
			}
			v, err := a.F64s()
			if err != nil || !slices.Equal(v, []float64{0, 1, 2, 3, 4, 5}) || !slices.Equal(a.Shape, []int{2, 3}) {
				t.Errorf("%s, fortran %v: %v of shape %v, %v", f.descr, fortran, v, a.Shape, err)
			}
		}
	}
}

// What one type holds exactly of another is taken for it, and nothing else.
func TestWidened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in.npz")
	err := WriteNPZ(nil, path, NamedTensor{"half", Tensor{DType: F16, Shape: []int{1}, Data: []byte{0, 0xbc}}}, NamedTensor{"byte", FromU8s([]byte{200})},
		NamedTensor{"single", FromF32s([]float32{1.5})}, NamedTensor{"large", Tensor{DType: U64, Shape: []int{1}, Data: bytes.Repeat([]byte{255}, 8)}})
	if err != nil {
		t.Fatal(err)
	}
	z := openNPZ(t, path)
	for _, c := range []struct {
		key, dtype string
		want       float64
	}{{"half", F32, -1}, {"half", F64, -1}, {"byte", I64, 200}, {"single", F64, 1.5}} {
		x, err := z.Array(c.key, c.dtype, 1)
		if err != nil || x.DType != c.dtype {
			t.Errorf("%s as %s: %v, %v", c.key, c.dtype, x, err)
			continue
		}
		if v, err := x.F64s(); err != nil || v[0] != c.want {
			t.Errorf("%s as %s: %v, %v", c.key, c.dtype, v, err)
		}
	}
	for key, dtype := range map[string]string{"single": F16, "byte": F32, "large": I64, "half": I64} {
		if x, err := z.Array(key, dtype, 1); !errors.Is(err, ErrArray) {
			t.Errorf("%s as %s: %v, %v", key, dtype, x, err)
		}
	}
	x, err := z.Read("large")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := x.F64s(); err != nil || v[0] != math.MaxUint64 {
		t.Errorf("%v, %v", v, err)
	}
	if v, err := x.I64s(); err == nil {
		t.Errorf("2^64-1 as int64 is %v", v)
	}
}

// A small file gets 1 GiB at most, elements and their float32 together; sides of images end at
// 4096.
func TestArrayBounds(t *testing.T) {
	for shape, want := range map[string]string{
		"(214748365,)":                   "takes more than the 1.0 GiB", // 5 bytes each: 1 GiB and a byte
		"(1, 4097, 1, 1)":                "sides and channels up to 4096",
		"(1, 1, 5000, 3)":                "sides and channels up to 4096",
		"(4611686018427, 4611686018427)": "more bytes than 2^63",
	} {
		h := npyHeader{descr: "|u1"}
		p := &pyScanner{rest: shape}
		if h.shape = p.tuple(); p.err != nil {
			t.Fatal(p.err)
		}
		if err := h.within(1 << 20); !errors.Is(err, ErrArray) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", shape, err, want)
		}
	}
	if small, large := Budget(1<<20), Budget(1<<26+1<<20); small > 1<<30 || large < small {
		t.Errorf("budgets %d and %d: expected at most 1 GiB, and no less for more", small, large)
	}
}

// A bomb of 2 MB does not take memory before it is refused.
func TestBomb(t *testing.T) {
	head := npyDict("(500000000,)")
	body := array(head, 0)
	var w bytes.Buffer
	z := zip.NewWriter(&w)
	f, err := z.CreateHeader(&zip.FileHeader{Name: "x.npy", Method: zip.Deflate})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write(body)
	zeros := make([]byte, 1<<20)
	for range 64 {
		_, _ = f.Write(zeros)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	small := w.Bytes() // 64 MiB of zeros in 64 KiB; forged to claim all of the shape
	r, err := zip.NewReader(bytes.NewReader(small), int64(len(small)))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := r.File[0].OpenRaw()
	if err != nil {
		t.Fatal(err)
	}
	packed, _ := io.ReadAll(raw)
	padded := append(packed, make([]byte, 2<<20)...)
	forgery := forgedSize(t, zip.Deflate, padded, uint64(len(padded)), uint64(len(body))+2_000_000_000, 1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err = readForged(forgery)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrArray) || !strings.Contains(err.Error(), "takes more than the 1.0 GiB") {
		t.Errorf("error %v", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
}

func FuzzNPZ(f *testing.F) {
	for _, name := range []string{"plain", "compressed", "wrong", "versions", "images"} {
		b, err := os.ReadFile("testdata/" + name + ".npz")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		z, err := newNPZ("in.npz", bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, key := range z.Keys() {
			if x, err := z.Read(key); err == nil && x.Check() != nil {
				t.Errorf("%v", x)
			}
			for axes := range 5 {
				if x, err := z.Array(key, F32, axes); err == nil && (x.Check() != nil || len(x.Shape) != axes) {
					t.Errorf("%v", x)
				}
			}
		}
	})
}

func FuzzNPYHeader(f *testing.F) {
	f.Add(npyDict("(2, 3)"))
	for _, h := range hostileNPY {
		f.Add(h.header)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseNPYHeader(text)
		if err != nil {
			return
		}
		for _, d := range h.shape {
			if d < 0 {
				t.Errorf("shape %v", h.shape)
			}
		}
	})
}

// TestPython has Python's own libraries read what we write. It runs where REVERIE_PYTHON names an
// interpreter with torch, safetensors and diffusers; the goldens above hold the same files to the
// byte without it.
func TestPython(t *testing.T) {
	python := os.Getenv("REVERIE_PYTHON")
	if python == "" {
		t.Skip("REVERIE_PYTHON is not set")
	}
	dir := t.TempDir()
	writeForPython(t, dir)
	out, err := exec.Command(python, "testdata/check.py", dir).CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "ok\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

func writeForPython(t *testing.T, dir string) {
	t.Helper()
	err := WriteSafetensorsFile(nil, filepath.Join(dir, "types.safetensors"), ramps(), map[string]string{"format": "pt", "more": "\u00e9\"<&>"})
	if err != nil {
		t.Fatal(err)
	}
	bytes := make([]uint8, 12)
	for i := range bytes {
		bytes[i] = uint8(i)
	}
	err = WriteNPZ(nil, filepath.Join(dir, "out.npz"), NamedTensor{"out", FromF32s(floats(48), 2, 3, 2, 4)},
		NamedTensor{"arr_0", FromU8s(bytes, 1, 2, 2, 3)}, NamedTensor{"t", FromI64s([]int64{5, -1})})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load("testdata/diffusers")
	if err != nil {
		t.Fatal(err)
	}
	s := sample(7, 0)
	c.Trainer, c.Optimizer = s.Trainer, &Optimizer{Step: 7, Moments: map[string]map[string]Tensor{"exp_avg": c.Weights, "exp_avg_sq": c.Weights}}
	c.Scheduler.Reverie = s.Scheduler.Reverie
	c.EMA = map[string]Tensor{}
	for name, w := range c.Weights {
		v, err := w.F32s()
		if err != nil {
			t.Fatal(err)
		}
		for i := range v {
			v[i] *= 2
		}
		c.EMA[name] = FromF32s(v, w.Shape...)
	}
	path, err := Save(nil, dir, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, filepath.Join(dir, "ckpt")); err != nil {
		t.Fatal(err)
	}
}

// A file of very many arrays is refused in few words.
func TestManyArraysAreNotListed(t *testing.T) {
	var arrays []NamedTensor
	for i := range 5000 {
		arrays = append(arrays, NamedTensor{fmt.Sprintf("x%04d", i), ScalarI64(1)})
	}
	path := filepath.Join(t.TempDir(), "many.npz")
	if err := WriteNPZ(nil, path, arrays...); err != nil {
		t.Fatal(err)
	}
	z, err := OpenNPZ(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if _, err := z.Array("x", F32, 1); err == nil || len(err.Error()) > 300 || !strings.Contains(err.Error(), `"x0009"] and 4990 more`) {
		t.Errorf("error %.400v", err)
	}
}
