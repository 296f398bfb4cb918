package sound

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/reverie-go/reverie/checkpoint"
)

// A Writer writes a WAV file block by block.
type Writer struct {
	// Clipped counts the numbers beyond full scale that were written as its ends.
	Clipped int

	w        io.Writer
	code     code
	channels int
	want     int64 // samples of each channel; -1 if they were not announced
	done     int64
	buf      []byte
}

// NewWriter writes the header of a WAV file of n samples of each channel, as PCM16, PCM24, PCM32 or
// Float32. A negative n, for a stream, leaves the size open (0xFFFFFFFF), which not every program
// reads.
func NewWriter(w io.Writer, rate, channels int, coding Coding, n int64) (*Writer, error) {
	out := &Writer{w: w, channels: channels, want: max(n, -1)}
	for _, c := range codes {
		if c.coding == coding && coding != PCM8 && coding != Float64 {
			out.code = c
		}
	}
	if out.code.bytes == 0 {
		return nil, fmt.Errorf("sound: write %q: expected %s, %s, %s or %s", coding, PCM16, PCM24, PCM32, Float32)
	}
	if err := checkFormat(rate, channels); err != nil {
		return nil, fmt.Errorf("sound: write %w", err)
	}
	if most := math.MaxUint16 / out.code.bytes; channels > most {
		return nil, fmt.Errorf("sound: write %d channels: a WAV file holds at most %d of %s", channels, most, coding)
	}
	head, err := out.header(rate)
	if err == nil {
		_, err = w.Write(head)
	}
	return out, err
}

// header returns all before the samples: extensible from three channels on, as the form's
// definition asks, without places of the speakers; floats with their number in a fact chunk.
func (w *Writer) header(rate int) ([]byte, error) {
	le := binary.LittleEndian
	align := w.channels * w.code.bytes
	tag, extra := w.code.tag, []byte(nil)
	if w.channels > 2 {
		extra = le.AppendUint16(le.AppendUint16(nil, 22), uint16(8*w.code.bytes))
		extra = append(le.AppendUint16(le.AppendUint32(extra, 0), tag), guid...)
		tag = tagExtensible
	} else if tag == tagFloat {
		extra = []byte{0, 0}
	}
	f := append([]byte("WAVEfmt "), le.AppendUint32(nil, uint32(16+len(extra)))...)
	f = le.AppendUint16(le.AppendUint16(f, tag), uint16(w.channels))
	f = le.AppendUint32(le.AppendUint32(f, uint32(rate)), uint32(min(int64(rate)*int64(align), math.MaxUint32)))
	f = append(le.AppendUint16(le.AppendUint16(f, uint16(align)), uint16(8*w.code.bytes)), extra...)
	if w.code.tag == tagFloat {
		count := uint32(unknownSize)
		if w.want >= 0 {
			count = uint32(min(w.want, unknownSize))
		}
		f = le.AppendUint32(le.AppendUint32(append(f, "fact"...), 4), count)
	}
	all, size := uint32(unknownSize), uint32(unknownSize)
	if w.want >= 0 {
		if w.want > (math.MaxUint32-1024)/int64(align) {
			return nil, fmt.Errorf("sound: write %d samples of %d channels as %s: a WAV file holds less than 4 GiB: write several", w.want, w.channels, w.code.coding)
		}
		size = uint32(w.want) * uint32(align)
		all = uint32(len(f)) + 8 + size + size&1
	}
	out := append(le.AppendUint32([]byte("RIFF"), all), f...)
	return le.AppendUint32(append(out, "data"...), size), nil
}

// Write writes a block, [channels][n]. A number beyond full scale is written as the end of full
// scale, and counted, 1 among them: whole numbers of b bits end at 1 - 2^(1-b). Others are rounded
// to the nearest, without dither. Float32 clips nothing. What is no number is an error.
func (w *Writer) Write(x [][]float64) error {
	n, err := checkBlock(x, w.channels)
	if err != nil {
		return err
	}
	if w.want >= 0 && int64(n) > w.want-w.done {
		return fmt.Errorf("sound: write %d samples of each channel: %d were announced", w.done+int64(n), w.want)
	}
	for from := 0; from < n; from += block {
		w.buf = w.buf[:0]
		for i := from; i < min(n, from+block); i++ {
			for c := range x {
				if err := checkValue(x[c][i], c, w.done+int64(i)); err != nil {
					return fmt.Errorf("sound: write: %w", err)
				}
				w.number(x[c][i])
			}
		}
		if _, err := w.w.Write(w.buf); err != nil {
			return err
		}
	}
	w.done += int64(n)
	return nil
}

// number appends one number.
func (w *Writer) number(v float64) {
	var bits uint32
	if w.code.tag == tagFloat {
		bits = math.Float32bits(float32(v))
	} else {
		full := math.Ldexp(1, 8*w.code.bytes-1)
		r := math.RoundToEven(v * full)
		in := min(max(r, -full), full-1)
		if in != r {
			w.Clipped++
		}
		bits = uint32(int32(in))
	}
	for k := range w.code.bytes {
		w.buf = append(w.buf, byte(bits>>(8*k)))
	}
}

// Close ends the file; it does not close what is written to.
func (w *Writer) Close() error {
	if w.want >= 0 && w.done != w.want {
		return fmt.Errorf("sound: wrote %d samples of each channel: %d were announced", w.done, w.want)
	}
	if w.want >= 0 && w.done*int64(w.channels*w.code.bytes)%2 == 1 {
		_, err := w.w.Write([]byte{0})
		return err
	}
	return nil
}

// Write writes x, [channels][n], as a WAV file, and says how many numbers it clipped, see
// Writer.Write.
func Write(to io.Writer, x [][]float64, rate int, coding Coding) (clipped int, err error) {
	n, err := checkBlock(x, len(x))
	if err != nil {
		return 0, err
	}
	w, err := NewWriter(to, rate, len(x), coding, int64(n))
	if err == nil {
		err = w.Write(x)
	}
	if err != nil {
		return 0, err
	}
	return w.Clipped, w.Close()
}

// WriteFile is Write to a file, which is there whole or not at all.
func WriteFile(path string, x [][]float64, rate int, coding Coding) (clipped int, err error) {
	err = checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error {
		clipped, err = Write(w, x, rate, coding)
		return err
	})
	return clipped, err
}
