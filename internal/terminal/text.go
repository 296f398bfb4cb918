package terminal

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s with what could drive a terminal written out, but for the end of a line and the tab: control characters as Go
// writes them, such as \x1b, and those that turn the direction of text around.
func Text(s string) string { return written(s, Drives) }

// Line is Text of a name within a line: ends of lines and tabs are written out too.
func Line(s string) string {
	return written(s, func(r rune) bool { return r == '\n' || r == '\t' || Drives(r) })
}

// written returns s with the runes that out names, and what is no text, written out.
func written(s string, out func(rune) bool) string {
	if strings.IndexFunc(s, out) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch _, size := utf8.DecodeRuneInString(s[i:]); {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i]), 16))
		case out(r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Drives says whether r is a control character, but for the end of a line and the tab, or turns the direction of text around.
func Drives(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}

// A Writer writes Text to another.
type Writer struct {
	To   io.Writer
	tail []byte // the beginning of a character that a write has cut
}

// Write implements io.Writer.
func (w *Writer) Write(b []byte) (int, error) {
	text := append(w.tail, b...)
	whole := len(text) - cut(text)
	w.tail = append([]byte(nil), text[whole:]...)
	if _, err := io.WriteString(w.To, Text(string(text[:whole]))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// cut is how many bytes at the end of b begin a character whose rest is missing.
func cut(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			break
		}
	}
	return 0
}

// Raw is the writer below w: for the bytes of a file, and for a progress bar.
func Raw(w io.Writer) io.Writer {
	if p, ok := w.(*Writer); ok {
		return p.To
	}
	return w
}
