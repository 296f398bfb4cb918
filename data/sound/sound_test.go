package sound

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/reverie-go/reverie/internal/sniff"
)

// drain reads all by blocks of n.
func drain(t *testing.T, r *Reader, n int) [][]float64 {
	t.Helper()
	all, part := make([][]float64, r.Channels), make([][]float64, r.Channels)
	for c := range part {
		part[c] = make([]float64, n)
	}
	for {
		k, err := r.Read(part)
		if errors.Is(err, io.EOF) {
			if k, err := r.Read(part); k != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("after the end: %d, %v", k, err)
			}
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		for c := range part {
			all[c] = append(all[c], part[c][:k]...)
		}
	}
}

// chunk is a chunk of a WAV file, filled up to an even length.
func chunk(name string, body ...byte) string {
	s := name + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + string(body)
	if len(body)%2 == 1 {
		s += "\x00"
	}
	return s
}

// format is the body of a fmt chunk.
func format(tag, channels int, rate uint32, align, bits int) []byte {
	le := binary.LittleEndian
	b := le.AppendUint16(le.AppendUint16(nil, uint16(tag)), uint16(channels))
	b = le.AppendUint32(le.AppendUint32(b, rate), rate*uint32(align))
	return le.AppendUint16(le.AppendUint16(b, uint16(align)), uint16(bits))
}

// wavOf is a WAV file of chunks.
func wavOf(chunks ...string) string {
	body := "WAVE" + strings.Join(chunks, "")
	return "RIFF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body
}

// sized is a data chunk that announces another size than it has.
func sized(size uint32, body string) string {
	return "data" + string(binary.LittleEndian.AppendUint32(nil, size)) + body
}

var mono16 = chunk("fmt ", format(1, 1, 8000, 2, 16)...)

// What stands around the samples does not matter, and what of them is missing is noted.
func TestNotes(t *testing.T) {
	const want = "\x00\x40\x00\xc0" // .5, -.5
	for name, c := range map[string]struct{ file, note string }{
		"plain":        {wavOf(mono16, chunk("data", []byte(want)...)), ""},
		"odd chunks":   {wavOf(chunk("LIST", []byte("INFOa")...), mono16, chunk("junk", 1, 2, 3), chunk("data", []byte(want)...), chunk("id3 ", 1)), ""},
		"long fmt":     {wavOf(chunk("fmt ", append(format(1, 1, 8000, 2, 16), make([]byte, 51)...)...), chunk("data", []byte(want)...)), ""},
		"odd fmt":      {wavOf(chunk("fmt ", append(format(1, 1, 8000, 2, 16), 0)...), chunk("data", []byte(want)...)), ""},
		"stream":       {wavOf(mono16, sized(math.MaxUint32, want)), ""},
		"cut":          {wavOf(mono16, sized(100, want)), "ends 96 bytes before the end that its header announces: the 2 samples"},
		"cut inside":   {wavOf(mono16, sized(100, want+"\x01")), "ends 95 bytes before"},
		"part":         {wavOf(mono16, sized(5, want+"\x01\x00")), "ends within a sample, with 1 bytes of 2: the 2 samples"},
		"stream, part": {wavOf(mono16, sized(math.MaxUint32, want+"\x01")), "ends within a sample, with 1 bytes of 2: the 2 samples"},
	} {
		c0, err := Read(strings.NewReader(c.file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(c0.X[0], []float64{.5, -.5}) {
			t.Errorf("%s: %v", name, c0.X)
		}
		if note := strings.Join(c0.Notes, "; "); !strings.Contains(note, c.note) || (note == "") != (c.note == "") {
			t.Errorf("%s: note %q, want %q", name, note, c.note)
		}
	}
	loud := wavOf(chunk("fmt ", format(3, 1, 8000, 4, 32)...), chunk("data", binary.LittleEndian.AppendUint32(nil, math.Float32bits(-2.5))...))
	if c, err := Read(strings.NewReader(loud)); err != nil || len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "2.5, beyond full scale") {
		t.Errorf("a float of -2.5: %+v, %v", c, err)
	}
}

// What is not read is refused by name.
func TestHostile(t *testing.T) {
	float := func(bits ...uint32) string {
		var b []byte
		for _, v := range bits {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return wavOf(chunk("fmt ", format(3, 2, 8000, 8, 32)...), chunk("data", b...))
	}
	fmtOf := func(tag, channels int, rate uint32, align, bits int) string {
		return wavOf(chunk("fmt ", format(tag, channels, rate, align, bits)...), chunk("data", 1, 2, 3, 4))
	}
	nan, inf := math.Float32bits(float32(math.NaN())), math.Float32bits(float32(math.Inf(-1)))
	extensible := append(format(tagExtensible, 1, 8000, 2, 16), 22, 0, 16, 0, 0, 0, 0, 0, 1, 0)
	for name, c := range map[string]struct {
		file string
		word sniff.Word
		says string
	}{
		"nothing":          {"", sniff.Foreign, "an empty file"},
		"text":             {"hello there", sniff.Foreign, "a text file, not a WAV or FLAC recording"},
		"ogg":              {"OggS\x00\x02", sniff.Unsupported, "ffmpeg -i FILE"},
		"big-endian":       {"RIFX\x00\x00\x00\x04WAVE", sniff.Unsupported, "ffmpeg -i FILE"},
		"header":           {wavOf(), sniff.Damaged, "no data chunk"},
		"cut header":       {wavOf(mono16)[:30], sniff.Damaged, "ends within its header"},
		"cut chunk":        {wavOf(mono16, "LIST\xff\xff\xff\xffabc"), sniff.Damaged, "ends within its header"},
		"no samples":       {wavOf(mono16, chunk("data")), sniff.Damaged, "holds no samples"},
		"no samples came":  {wavOf(mono16, sized(100, "")), sniff.Damaged, "holds no samples"},
		"empty stream":     {wavOf(mono16, sized(math.MaxUint32, "")), sniff.Damaged, "holds no samples"},
		"data first":       {wavOf(chunk("data", 1, 2), mono16), sniff.Damaged, "before its fmt chunk"},
		"two formats":      {wavOf(mono16, mono16, chunk("data", 1, 2)), sniff.Damaged, "two fmt chunks"},
		"short fmt":        {wavOf(chunk("fmt ", 1, 0, 1, 0), chunk("data", 1, 2)), sniff.Damaged, "4 bytes: expected at least 16"},
		"no channels":      {fmtOf(1, 0, 8000, 0, 16), sniff.Damaged, "0 channels: expected at least 1"},
		"no rate":          {fmtOf(1, 1, 0, 2, 16), sniff.Damaged, "0 samples a second: expected 1 to 1048576"},
		"high rate":        {fmtOf(1, 1, math.MaxUint32, 2, 16), sniff.Damaged, "samples a second: expected 1 to 1048576"},
		"12 bits":          {fmtOf(1, 1, 8000, 2, 12), sniff.Unsupported, "whole numbers of 12 bits: 8, 16, 24 and 32 are read"},
		"0 bits":           {fmtOf(1, 1, 8000, 2, 0), sniff.Unsupported, "whole numbers of 0 bits"},
		"half floats":      {fmtOf(3, 1, 8000, 2, 16), sniff.Unsupported, "floats of 16 bits: 32 and 64 are read"},
		"mu-law":           {fmtOf(7, 1, 8000, 1, 8), sniff.Unsupported, "mu-law"},
		"unknown form":     {fmtOf(0x1234, 1, 8000, 1, 8), sniff.Unsupported, "of form 0x1234"},
		"align":            {fmtOf(1, 2, 8000, 2, 16), sniff.Damaged, "2 channels of 16 bits take 2 bytes: expected 4"},
		"align of none":    {fmtOf(1, 1, 8000, 0, 16), sniff.Damaged, "take 0 bytes: expected 2"},
		"align overflows":  {fmtOf(1, 32768, 8000, 0, 16), sniff.Damaged, "take 0 bytes: expected 65536"},
		"short extensible": {wavOf(chunk("fmt ", format(tagExtensible, 1, 8000, 2, 16)...)), sniff.Damaged, "too short"},
		"foreign GUID":     {wavOf(chunk("fmt ", append(extensible, make([]byte, 14)...)...)), sniff.Unsupported, "unknown form"},
		"NaN":              {float(0, 0, 0, nan), sniff.Damaged, "sample 1 of channel 1 is NaN"},
		"infinity":         {float(0, 0, inf, 0), sniff.Damaged, "sample 1 of channel 0 is -Inf"},
		"huge":             {float(math.Float32bits(3e38), 0), sniff.Damaged, "sample 0 of channel 0 is 3.0000000054977558e+38: expected a finite number"},
		"FLAC alone":       {"fLaC", sniff.Damaged, "ends within its header"},
	} {
		_, err := Read(strings.NewReader(c.file))
		if !errors.Is(err, c.word) || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v: expected %s, %q", name, err, c.word, c.says)
		}
	}
}

// A file with more than is read at once is refused before anything is allocated, and can be read in
// blocks.
func TestTooLong(t *testing.T) {
	file := wavOf(chunk("fmt ", format(1, 1, 8000, 2, 16)...), sized(2*MaxSamples+2, "\x00\x40"))
	if _, err := Read(strings.NewReader(file)); err == nil || !strings.Contains(err.Error(), "read it in blocks") {
		t.Errorf("%v", err)
	}
	r, err := NewReader(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if x := drain(t, r, 10); !slices.Equal(x[0], []float64{.5}) || len(r.Notes()) != 1 {
		t.Errorf("%v, %q", x, r.Notes())
	}
}

// An error of what is read from is told as it is.
func TestReadError(t *testing.T) {
	for _, g := range files(t) {
		for _, n := range []int{10, 50, len(g.File) - 5} {
			gone := errors.New("the disk is gone")
			_, err := Read(io.MultiReader(bytes.NewReader(g.File[:n]), iotest.ErrReader(gone)))
			if !errors.Is(err, gone) || errors.Is(err, sniff.Damaged) {
				t.Errorf("%s %s after %d bytes: %v", g.Form, g.Coding, n, err)
			}
		}
	}
}

// Of a FLAC file that was cut the frames before are taken; one whose bits changed is refused.
func TestFLACDamage(t *testing.T) {
	for _, g := range files(t) {
		if g.Form != "FLAC" {
			continue
		}
		changed := bytes.Clone(g.File)
		changed[len(changed)-10] ^= 4
		if _, err := Read(bytes.NewReader(changed)); !errors.Is(err, sniff.Damaged) {
			t.Errorf("%s: a changed bit: %v", g.Coding, err)
		}
		sum := bytes.Clone(g.File)
		sum[4+4+18] ^= 1 // of the checksum in the header
		if _, err := Read(bytes.NewReader(sum)); !errors.Is(err, sniff.Damaged) || !strings.Contains(err.Error(), "MD5") {
			t.Errorf("%s: another checksum: %v", g.Coding, err)
		}
		if c, err := Read(bytes.NewReader(append(bytes.Clone(g.File), "TAG and more"...))); err != nil || !slices.Equal(c.X[0], g.X[0]) {
			t.Errorf("%s: with a tag behind: %v", g.Coding, err)
		}
		if _, err := Read(bytes.NewReader(g.File[:len(g.File)-4])); !errors.Is(err, sniff.Damaged) || !strings.Contains(err.Error(), "holds no samples") {
			t.Errorf("%s: its only frame cut: %v", g.Coding, err)
		}
	}
}

// flacOf is a FLAC file of frames of 16 samples of one channel, sample i being i.
func flacOf(t *testing.T, frames int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.flac")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	e, err := flac.NewEncoder(f, &meta.StreamInfo{BlockSizeMin: 16, BlockSizeMax: 16, SampleRate: 8000, NChannels: 1, BitsPerSample: 16})
	for k := range frames {
		sub := &frame.Subframe{SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, NSamples: 16}
		for i := range 16 {
			sub.Samples = append(sub.Samples, int32(16*k+i))
		}
		if err == nil {
			err = e.WriteFrame(&frame.Frame{Header: frame.Header{HasFixedBlockSize: true, BlockSize: 16, SampleRate: 8000, Channels: frame.ChannelsMono, BitsPerSample: 16}, Subframes: []*frame.Subframe{sub}})
		}
	}
	if err == nil {
		err = e.Close()
	}
	b, err2 := os.ReadFile(path)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return b
}

// Frames follow each other, over the ends of blocks; of a file that ends within or before a frame
// those before are taken, with a note.
func TestFLACFrames(t *testing.T) {
	whole := flacOf(t, 3)
	one := (len(whole) - len(flacOf(t, 1))) / 2
	for _, c := range []struct {
		cut, want int
		note      string
	}{{0, 48, ""}, {1, 32, "ends within a frame: the 32 samples"}, {one - 3, 32, "ends within a frame: the 32 samples"}, {one, 32, "ends 16 samples before the end"}, {one + 5, 16, "ends within a frame: the 16 samples"}} {
		for _, n := range []int{5, 16, 100} {
			r, err := NewReader(bytes.NewReader(whole[:len(whole)-c.cut]))
			if err != nil {
				t.Fatal(err)
			}
			x := drain(t, r, n)
			if len(x[0]) != c.want {
				t.Errorf("cut by %d: %d samples, want %d", c.cut, len(x[0]), c.want)
			}
			for i, v := range x[0] {
				if v != float64(i)/(1<<15) {
					t.Errorf("cut by %d, by %d: sample %d is %v", c.cut, n, i, v)
				}
			}
			if note := strings.Join(r.Notes(), "; "); !strings.Contains(note, c.note) || (note == "") != (c.note == "") {
				t.Errorf("cut by %d: note %q, want %q", c.cut, note, c.note)
			}
		}
	}
}

// What is written is read back: to the bit where the coding holds it, else to half a step.
func TestWriteRead(t *testing.T) {
	for _, channels := range []int{1, 2, 3, 8} {
		for coding, bits := range map[Coding]int{PCM16: 16, PCM24: 24, PCM32: 32, Float32: 0} {
			x := make([][]float64, channels)
			for c := range x {
				for i := range 101 {
					x[c] = append(x[c], .99*math.Sin(float64(i*(c+1))*.37))
				}
				x[c][3], x[c][4] = -1, 1-0x1p-15
			}
			var b bytes.Buffer
			clipped, err := Write(&b, x, 44100, coding)
			if err != nil || clipped != 0 {
				t.Fatalf("%s: %d clipped, %v", coding, clipped, err)
			}
			if riff := binary.LittleEndian.Uint32(b.Bytes()[4:]); int(riff) != b.Len()-8 || b.Len()%2 != 0 {
				t.Errorf("%s: RIFF size %d of a file of %d bytes", coding, riff, b.Len())
			}
			got, err := Read(&b)
			if err != nil || got.Rate != 44100 || got.Coding != coding || len(got.Notes) > 0 {
				t.Fatalf("%s: %+v, %v", coding, got, err)
			}
			for c := range x {
				for i, v := range x[c] {
					want, within := float64(float32(v)), 0.0
					if bits > 0 {
						want, within = v, math.Ldexp(1, -bits)
					}
					if d := math.Abs(got.X[c][i] - want); !(d <= within) {
						t.Errorf("%s: %v read back as %v", coding, v, got.X[c][i])
					}
				}
			}
			var again bytes.Buffer
			if _, err := Write(&again, got.X, 44100, coding); err != nil {
				t.Fatal(err)
			}
			if second, err := Read(&again); err != nil || !slices.EqualFunc(second.X, got.X, slices.Equal[[]float64]) {
				t.Errorf("%s: what was read changes when it is written again: %v", coding, err)
			}
		}
	}
}

// Clipping is counted, and the ends of full scale are written in its place.
func TestClipped(t *testing.T) {
	x := [][]float64{{1, 1.5, -1, -1.0001, 1 - 0x1p-15, 0}}
	for coding, want := range map[Coding]int{PCM16: 3, PCM24: 3, PCM32: 3, Float32: 0} {
		var b bytes.Buffer
		n, err := Write(&b, x, 8000, coding)
		if err != nil || n != want {
			t.Errorf("%s: %d clipped, %v: want %d", coding, n, err, want)
		}
		c, err := Read(&b)
		if err != nil {
			t.Fatal(err)
		}
		if coding == PCM16 && !slices.Equal(c.X[0], []float64{1 - 0x1p-15, 1 - 0x1p-15, -1, -1, 1 - 0x1p-15, 0}) {
			t.Errorf("%v", c.X)
		}
	}
}

// A stream of unknown length is read back whole, and blocks give the bytes of the whole.
func TestWriter(t *testing.T) {
	x := [][]float64{{.1, .2, .3, .4, .5}}
	var whole bytes.Buffer
	if _, err := Write(&whole, x, 8000, PCM24); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{5, -1} {
		var b bytes.Buffer
		w, err := NewWriter(&b, 8000, 1, PCM24, n)
		for _, part := range [][]float64{x[0][:2], nil, x[0][2:]} {
			if err == nil {
				err = w.Write([][]float64{part})
			}
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && !bytes.Equal(b.Bytes(), whole.Bytes()) {
			t.Error("blocks give other bytes than the whole")
		}
		c, err := Read(&b)
		if err != nil || len(c.X[0]) != 5 || len(c.Notes) > 0 {
			t.Errorf("of %d: %+v, %v", n, c, err)
		}
	}
}

// What cannot be written is refused by name, and leaves no file.
func TestWriteRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		x      [][]float64
		rate   int
		coding Coding
		says   string
	}{
		"NaN":         {[][]float64{{0, 0}, {0, math.NaN()}}, 8000, PCM16, "sample 1 of channel 1 is NaN"},
		"infinity":    {[][]float64{{math.Inf(1)}}, 8000, Float32, "is +Inf"},
		"coding":      {[][]float64{{0}}, 8000, "mp3", `write "mp3": expected pcm16, pcm24, pcm32 or float32`},
		"no channels": {nil, 8000, PCM16, "0 channels: expected 1"},
		"rate":        {[][]float64{{0}}, 0, PCM16, "0 samples a second"},
		"ragged":      {[][]float64{{0}, {0, 1}}, 8000, PCM16, "channel 0 has 1 samples and channel 1 2"},
		"channels":    {make([][]float64, 40000), 8000, PCM16, "at most 32767"},
	} {
		path := filepath.Join(t.TempDir(), "out.wav")
		if _, err := WriteFile(path, c.x, c.rate, c.coding); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 0 {
			t.Errorf("%s: it left %v", name, left)
		}
	}
	if _, err := NewWriter(io.Discard, 8000, 1, PCM16, 1<<31); err == nil || !strings.Contains(err.Error(), "less than 4 GiB") {
		t.Errorf("4 GiB: %v", err)
	}
	w, err := NewWriter(io.Discard, 8000, 1, PCM16, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write([][]float64{{1, 2, 3, 4}}); err == nil {
		t.Error("wrote more than was announced")
	}
	if err := w.Close(); err == nil {
		t.Error("closed with less than was announced")
	}
}

// A file goes out and comes back by its path.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wav")
	if n, err := WriteFile(path, [][]float64{{.5, 2}}, 8000, PCM16); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if c, err := Open(path); err != nil || !slices.Equal(c.X[0], []float64{.5, 1 - 0x1p-15}) {
		t.Error(c, err)
	}
	if _, err := Open(filepath.Dir(path)); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a folder: %v", err)
	}
}

// Whatever the bytes, reading ends, with as many samples in each channel or an error, and in blocks
// as in one.
func FuzzRead(f *testing.F) {
	for _, g := range files(f) {
		f.Add(g.File)
	}
	f.Add([]byte(wavOf(mono16, sized(math.MaxUint32, "\x00\x40\x00"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if _, err := checkBlock(c.X, c.Channels); err != nil || len(c.X[0]) == 0 {
			t.Fatal(len(c.X[0]), err)
		}
		r, err := NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if x := drain(t, r, max(1, len(c.X[0])/3)); !slices.EqualFunc(x, c.X, slices.Equal[[]float64]) {
			t.Fatal("blocks differ from the whole")
		}
	})
}
