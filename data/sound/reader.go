package sound

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/reverie-go/reverie/internal/regular"
	"github.com/reverie-go/reverie/internal/sniff"
)

// block is how many samples of each channel are read at a time, at most.
const block = 1 << 14

// A Reader gives a recording block by block.
type Reader struct {
	Format
	// Len is the number of samples of each channel that the header announces, -1 where it does not
	// know. There may be fewer, which is noted, and never more.
	Len int64

	source source
	from   *watched
	kind   sniff.Kind
	at     int64 // samples of each channel read
	peak   float64
	notes  []string
	err    error
}

// source decodes samples.
type source interface {
	// read fills the channels of dst from their beginnings with up to so many samples as they have,
	// and returns how many; an error stands behind those, io.EOF at the sound end.
	read(dst [][]float64) (int, error)
}

// truncated is the end of a file that announces more.
type truncated struct{ why string }

func (t truncated) Error() string { return t.why }

// watched keeps the error that reading bytes met, which no decoder's words hide.
type watched struct {
	r   io.Reader
	err error
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// NewReader reads the header of a WAV or FLAC file. Errors are of package sniff: unsupported,
// damaged or foreign.
func NewReader(r io.Reader) (*Reader, error) {
	out := &Reader{from: &watched{r: r}}
	b := bufio.NewReaderSize(out.from, 1<<16)
	head, err := b.Peek(sniff.HeadSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("sound: %w", err)
	}
	out.kind = sniff.Bytes(head)
	switch out.kind {
	case sniff.WAV:
		err = out.openWAV(b)
	case sniff.FLAC:
		err = out.openFLAC(b)
	default:
		return nil, out.kind.Refuse(nil, sniff.WAV, sniff.FLAC)
	}
	if err == nil {
		err = checkFormat(out.Rate, out.Channels)
	}
	if err != nil {
		return nil, out.refuse(err)
	}
	return out, nil
}

// refuse puts an error of a decoder into words.
func (r *Reader) refuse(err error) error {
	if r.from.err != nil {
		return fmt.Errorf("sound: %w", r.from.err)
	}
	var known *sniff.Error
	if errors.As(err, &known) {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends within its header")
	}
	return r.kind.Refuse(err, r.kind)
}

// Read fills dst, [channels][n], and returns how many samples of each channel it read: n, or fewer
// at the end, and then none with io.EOF. It allocates nothing of the recording's length.
func (r *Reader) Read(dst [][]float64) (int, error) {
	n, err := checkBlock(dst, r.Channels)
	if err != nil {
		return 0, err
	}
	part := make([][]float64, len(dst))
	got := 0
	for got < n && r.err == nil {
		for c := range part {
			part[c] = dst[c][got:]
		}
		var k int
		k, r.err = r.source.read(part)
		if err := r.check(part, k); err != nil {
			r.err = err
			k = 0
		}
		got, r.at = got+k, r.at+int64(k)
		if r.err != nil {
			r.end()
		}
	}
	if got > 0 || n == 0 {
		return got, nil
	}
	return 0, r.err
}

// check looks at the first k samples of each channel.
func (r *Reader) check(x [][]float64, k int) error {
	for i := range k {
		for c := range x {
			v := x[c][i]
			if err := checkValue(v, c, r.at+int64(i)); err != nil {
				return r.kind.Refuse(err, r.kind)
			}
			r.peak = max(r.peak, math.Abs(v))
		}
	}
	return nil
}

// end makes of what ended the reading an error, or io.EOF and a note.
func (r *Reader) end() {
	var cut truncated
	switch {
	case r.from.err != nil:
		r.err = r.refuse(r.err)
		return
	case r.at == 0 && (errors.Is(r.err, io.EOF) || errors.As(r.err, &cut)):
		r.err = r.kind.Refuse(errors.New("it holds no samples"), r.kind)
		return
	case errors.As(r.err, &cut):
		r.notes = append(r.notes, fmt.Sprintf("it %s: the %d samples of each channel before are taken", cut.why, r.at))
		r.err = io.EOF
	case !errors.Is(r.err, io.EOF):
		r.err = r.refuse(r.err)
		return
	}
	if r.peak > 1 {
		r.notes = append(r.notes, fmt.Sprintf("its largest value is %.4g, beyond full scale (1)", r.peak))
	}
}

// Notes say what was read otherwise than as it stands. They are complete once Read gave io.EOF.
func (r *Reader) Notes() []string { return r.notes }

// Read reads a whole recording, of at most MaxSamples numbers.
func Read(from io.Reader) (*Clip, error) {
	r, err := NewReader(from)
	if err != nil {
		return nil, err
	}
	return r.all()
}

// all reads what is left.
func (r *Reader) all() (*Clip, error) {
	most := int64(MaxSamples / r.Channels)
	tooLong := func(n int64) error {
		return fmt.Errorf("sound: %d samples of each of %d channels: more than the %d in all that are read at once: cut it, or read it in blocks", n, r.Channels, MaxSamples)
	}
	if r.Len > most {
		return nil, tooLong(r.Len)
	}
	n := max(1, min(block, (1<<20)/r.Channels))
	part := make([][]float64, r.Channels)
	for c := range part {
		part[c] = make([]float64, n)
	}
	out := &Clip{Format: r.Format, X: make([][]float64, r.Channels)}
	for {
		k, err := r.Read(part)
		if errors.Is(err, io.EOF) {
			out.Notes = r.Notes()
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if r.at > most {
			return nil, tooLong(r.at)
		}
		for c := range part {
			out.X[c] = append(out.X[c], part[c][:k]...)
		}
	}
}

// Open reads the recording in a file. Only a regular file is opened.
func Open(path string) (*Clip, error) {
	f, _, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("sound: %w", err)
	}
	defer f.Close()
	c, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("sound: %s: %w", path, err)
	}
	return c, nil
}
