package cli

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainText is where a command prints: whatever it names, files of others, their headers and
// settings, cannot drive the terminal. Control characters but the end of a line and the tab come
// out as Go writes them, such as \x1b, and so do those that turn the direction of text around.
type plainText struct {
	to   io.Writer
	tail []byte // the beginning of a character that a write has cut
}

// Write implements io.Writer.
func (p *plainText) Write(b []byte) (int, error) {
	text := append(p.tail, b...)
	whole := len(text) - cut(text)
	p.tail = append([]byte(nil), text[whole:]...)
	if _, err := io.WriteString(p.to, visible(string(text[:whole]))); err != nil {
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

// visible returns s with what could drive a terminal written out.
func visible(s string) string {
	if strings.IndexFunc(s, drives) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch _, size := utf8.DecodeRuneInString(s[i:]); {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i]), 16))
		case drives(r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func drives(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}

// raw is the writer below: for the bytes of a file, and for a progress bar.
func raw(w io.Writer) io.Writer {
	if p, ok := w.(*plainText); ok {
		return p.to
	}
	return w
}
