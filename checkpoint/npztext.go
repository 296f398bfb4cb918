package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text is the element type of the names in an npz file, numpy's <U: of as many characters as the
// longest has, UTF-32 filled up with zeros. Tensors of other files have no texts.
const Text = "TEXT"

// Of an array of texts that is read: how many there are, and how long.
const (
	maxTexts      = 1 << 20
	maxTextLength = 1 << 10
)

// FromTexts makes an array [N] of texts, for [WriteNPZ]. Zeros at a text's end are not kept.
func FromTexts(texts []string) Tensor {
	long := 1 // numpy knows no shorter ones
	for _, s := range texts {
		long = max(long, utf8.RuneCountInString(s))
	}
	t := Tensor{DType: Text, Shape: []int{len(texts)}, Data: make([]byte, 4*long*len(texts))}
	for i, s := range texts {
		at := t.Data[4*long*i:]
		for k, r := range []rune(s) {
			binary.LittleEndian.PutUint32(at[4*k:], uint32(r))
		}
	}
	return t
}

// descr is what numpy calls the tensor's element type, "" where it has no name for it.
func (t Tensor) descr() string {
	if t.DType != Text {
		return npyTypes[t.DType]
	}
	return fmt.Sprintf("<U%d", max(1, len(t.Data)/4/max(1, t.Len())))
}

// Texts reads an array [N] of texts, of either order of bytes. An array of another type is an error
// that wraps ErrArray.
func (z *NPZ) Texts(key string) ([]string, error) {
	texts, err := z.texts(key)
	return texts, z.name(key, err)
}

func (z *NPZ) texts(key string) ([]string, error) {
	f, r, err := z.open(key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	h, err := readNPYHeader(r)
	switch {
	case errors.Is(err, ErrArray):
		return nil, err
	case err != nil:
		return nil, errDamaged("%w", err)
	}
	order, long, err := h.text()
	if err != nil {
		return nil, err
	}
	n := h.shape[0]
	if err := z.holds(f, h, 4*int64(long)*int64(n)); err != nil {
		return nil, err
	}
	data, err := readData(r, 4*int64(long)*int64(n))
	if err != nil {
		return nil, err
	}
	texts := make([]string, n)
	for i := range texts {
		runes := make([]rune, long)
		for k := range runes {
			runes[k] = rune(order.Uint32(data[4*(i*long+k):]))
		}
		texts[i] = strings.TrimRight(string(runes), "\x00")
	}
	return texts, nil
}

// text is the order of bytes and the length of the elements of a header that is one of texts [N].
func (h npyHeader) text() (order binary.ByteOrder, long int, err error) {
	order = binary.LittleEndian
	length, ok := strings.CutPrefix(h.descr, "<U")
	if !ok {
		order = binary.BigEndian
		length, ok = strings.CutPrefix(h.descr, ">U")
	}
	long, err = strconv.Atoi(length)
	switch {
	case !ok || err != nil || long < 1 || len(h.shape) != 1:
		return nil, 0, fmt.Errorf("%w: dtype %q and shape %s, expected texts (<U) of one axis", ErrArray, h.descr, pyShape(h.shape))
	case long > maxTextLength || h.shape[0] > maxTexts:
		return nil, 0, fmt.Errorf("%w: %d texts of up to %d characters, at most %d of %d are read", ErrArray, h.shape[0], long, maxTexts, maxTextLength)
	}
	return order, long, nil
}
