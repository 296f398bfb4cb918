package sound

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/reverie-go/reverie/internal/sniff"
)

// Tags of the forms of a WAV file's samples, and what is said of those that are not read.
const (
	tagPCM        = 1
	tagFloat      = 3
	tagExtensible = 0xfffe
)

var foreignTags = map[uint16]string{2: "ADPCM", 6: "A-law", 7: "mu-law", 0x11: "IMA ADPCM", 0x31: "GSM 6.10", 0x50: "MPEG", 0x55: "MP3", 0xff: "AAC"}

// guid are the last 14 bytes of the GUID that stands for a tag in an extensible header.
var guid = []byte("\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71")

// unknownSize is the size of a chunk whose writer could not know it.
const unknownSize = math.MaxUint32

// A code is how a number of a WAV file is read.
type code struct {
	coding Coding
	tag    uint16
	bytes  int
	decode func(b []byte) float64
}

var codes = []code{
	{PCM8, tagPCM, 1, func(b []byte) float64 { return (float64(b[0]) - 128) / (1 << 7) }},
	{PCM16, tagPCM, 2, func(b []byte) float64 { return float64(int16(binary.LittleEndian.Uint16(b))) / (1 << 15) }},
	{PCM24, tagPCM, 3, func(b []byte) float64 {
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / (1 << 23)
	}},
	{PCM32, tagPCM, 4, func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31) }},
	{Float32, tagFloat, 4, func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }},
	{Float64, tagFloat, 8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }},
}

// wav reads the data chunk of a WAV file.
type wav struct {
	r     *bufio.Reader
	code  code
	align int   // bytes of one sample of all channels
	left  int64 // bytes; -1: up to the end
	buf   []byte
}

// openWAV reads the chunks up to the samples.
func (r *Reader) openWAV(b *bufio.Reader) error {
	var head [12]byte
	if _, err := io.ReadFull(b, head[:]); err != nil {
		return err
	}
	w := &wav{r: b}
	long := int64(-1) // the size of the samples in an RF64 file
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(b, chunk[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return errors.New("it has no data chunk")
			}
			return err
		}
		name, size := string(chunk[:4]), int64(binary.LittleEndian.Uint32(chunk[4:]))
		var err error
		switch {
		case name == "data":
			return r.openData(w, size, long)
		case name == "fmt " && w.align == 0:
			err = r.readFormat(w, size)
		case name == "fmt ":
			err = errors.New("it has two fmt chunks")
		case name == "ds64" && string(head[:4]) == "RF64":
			long, err = longSize(b, size)
		default:
			err = skip(b, size)
		}
		if err != nil {
			return err
		}
	}
}

// skip passes over so many bytes, and the one that fills an odd number up.
func skip(b *bufio.Reader, n int64) error {
	_, err := io.CopyN(io.Discard, b, n+n&1)
	return err
}

// longSize reads the size of the samples out of a ds64 chunk.
func longSize(b *bufio.Reader, size int64) (int64, error) {
	if size < 24 {
		return 0, fmt.Errorf("its ds64 chunk has %d bytes: expected at least 24", size)
	}
	var d [24]byte
	if _, err := io.ReadFull(b, d[:]); err != nil {
		return 0, err
	}
	n := binary.LittleEndian.Uint64(d[8:])
	if n > math.MaxInt64 {
		return 0, fmt.Errorf("its ds64 chunk announces %d bytes", n)
	}
	return int64(n), skip(b, size-24)
}

// readFormat reads the fmt chunk.
func (r *Reader) readFormat(w *wav, size int64) error {
	if size < 16 {
		return fmt.Errorf("its fmt chunk has %d bytes: expected at least 16", size)
	}
	f := make([]byte, min(size, 40))
	if _, err := io.ReadFull(w.r, f); err != nil {
		return err
	}
	if err := skip(w.r, size-int64(len(f))); err != nil {
		return err
	}
	if size < 40 && size&1 == 1 {
		if _, err := w.r.Discard(1); err != nil {
			return err
		}
	}
	word := func(at int) int { return int(binary.LittleEndian.Uint16(f[at:])) }
	tag, channels, align, bits := uint16(word(0)), word(2), word(12), word(14)
	rate := binary.LittleEndian.Uint32(f[4:])
	if tag == tagExtensible {
		if len(f) < 40 || word(16) < 22 {
			return errors.New("its fmt chunk is of the extensible form, but too short for it")
		}
		tag = binary.LittleEndian.Uint16(f[24:])
		if !bytes.Equal(f[26:40], guid) {
			return sniff.WAV.Unsupported(fmt.Errorf("its samples have the unknown form %x", f[24:40]), sniff.Audio.Remedy())
		}
		if valid := word(18); valid > bits {
			return fmt.Errorf("its fmt chunk says that %d of %d bits count", valid, bits)
		}
	}
	if err := w.choose(tag, bits); err != nil {
		return err
	}
	if err := checkFormat(int(min(rate, math.MaxInt32)), channels); err != nil {
		return err
	}
	if align != channels*w.code.bytes {
		return fmt.Errorf("its fmt chunk says that %d channels of %d bits take %d bytes: expected %d", channels, bits, align, channels*w.code.bytes)
	}
	w.align = align
	r.Format = Format{"WAV", int(rate), channels, w.code.coding}
	return nil
}

// choose finds how numbers of a tag and of so many bits are read.
func (w *wav) choose(tag uint16, bits int) error {
	for _, c := range codes {
		if c.tag == tag && 8*c.bytes == bits {
			w.code = c
			return nil
		}
	}
	switch tag {
	case tagPCM:
		return sniff.WAV.Unsupported(fmt.Errorf("its samples are whole numbers of %d bits: 8, 16, 24 and 32 are read", bits), sniff.Audio.Remedy())
	case tagFloat:
		return sniff.WAV.Unsupported(fmt.Errorf("its samples are floats of %d bits: 32 and 64 are read", bits), sniff.Audio.Remedy())
	}
	name, ok := foreignTags[tag]
	if !ok {
		name = fmt.Sprintf("of form %#x", tag)
	}
	return sniff.WAV.Unsupported(fmt.Errorf("its samples are %s", name), sniff.Audio.Remedy())
}

// openData begins with the samples.
func (r *Reader) openData(w *wav, size, long int64) error {
	if w.align == 0 {
		return errors.New("its data chunk comes before its fmt chunk")
	}
	if size == unknownSize {
		size = long
	}
	if size == 0 {
		return errors.New("its data chunk says that it holds no samples, as one that was not finished")
	}
	w.left, r.Len = size, -1
	if size > 0 {
		r.Len = size / int64(w.align)
	}
	w.buf = make([]byte, max(1, (1<<16)/w.align)*w.align)
	r.source = w
	return nil
}

// read is source's.
func (w *wav) read(dst [][]float64) (int, error) {
	if w.left == 0 {
		return 0, io.EOF
	}
	want := min(len(dst[0])*w.align, len(w.buf))
	if w.left > 0 {
		want = int(min(int64(want), w.left))
	}
	n, err := io.ReadFull(w.r, w.buf[:want])
	if w.left > 0 {
		w.left -= int64(n)
	}
	whole := n / w.align
	for i := range whole {
		for c := range dst {
			dst[c][i] = w.code.decode(w.buf[i*w.align+c*w.code.bytes:])
		}
	}
	switch {
	case err != nil && w.left > 0:
		return whole, truncated{fmt.Sprintf("ends %d bytes before the end that its header announces", w.left)}
	case n%w.align != 0:
		return whole, truncated{fmt.Sprintf("ends within a sample, with %d bytes of %d", n%w.align, w.align)}
	case err != nil:
		return whole, io.EOF
	}
	return whole, nil
}
