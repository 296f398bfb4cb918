package sniff

import (
	"slices"
	"strings"
)

// Word says in one word why a file is not read. It is an error, so that errors.Is(err,
// sniff.Damaged) asks for it.
type Word string

const (
	// Unsupported is a sound file of a kind, or a form of its kind, that is not read.
	Unsupported Word = "unsupported"
	// Damaged is a broken file of a kind that is read.
	Damaged Word = "damaged"
	// Foreign is something else than is wanted here, whatever the name says.
	Foreign Word = "foreign"
)

// Error returns the word.
func (w Word) Error() string { return string(w) }

// An Error says why a file is not read. The caller adds the file's name.
type Error struct {
	Word   Word
	Kind   Kind   // what the file is
	Wanted []Kind // what would be read, where Kind is none of them
	Err    error  // what the reader met; may be nil
	Remedy string // what to do; may be empty
}

// Error returns one line, as "foreign: it is a web page (HTML), not a safetensors file; ...".
func (e *Error) Error() string {
	s := string(e.Word) + ": it is " + e.Kind.Name()
	if len(e.Wanted) > 0 {
		s += ", not " + oneOf(e.Wanted)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

// Unwrap returns the word and what the reader met.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Word}
	}
	return []error{e.Word, e.Err}
}

// Refuse is the error of a file of kind k that was not read as one of those wanted. One of them is
// damaged, err being what its reader met; another of the same use is unsupported, and anything else
// foreign: there err is left out, since it tells of a form that the file does not have.
func (k Kind) Refuse(err error, wanted ...Kind) error {
	f := table[k].family
	switch {
	case slices.Contains(wanted, k):
		return &Error{Word: Damaged, Kind: k, Err: err, Remedy: again}
	case f == other:
		return &Error{Word: Foreign, Kind: k, Wanted: wanted, Remedy: k.Remedy()}
	case slices.ContainsFunc(wanted, func(w Kind) bool { return table[w].family == f }):
		return &Error{Word: Unsupported, Kind: k, Wanted: wanted, Remedy: k.Remedy()}
	}
	return &Error{Word: Foreign, Kind: k, Wanted: wanted}
}

// Unsupported is the error of a sound file whose kind is read, but not its form: why says which,
// and remedy what to do, "" what is done to others of its kind.
func (k Kind) Unsupported(why error, remedy string) error {
	if remedy == "" {
		remedy = k.Remedy()
	}
	return &Error{Word: Unsupported, Kind: k, Err: why, Remedy: remedy}
}

// oneOf joins kinds as "a PNG, JPEG or GIF picture": what their names end with alike is said once.
func oneOf(list []Kind) string {
	if len(list) == 1 {
		return list[0].Name()
	}
	last := list[len(list)-1].Name()
	end := last[strings.LastIndexByte(last, ' '):]
	for _, k := range list {
		if !strings.HasSuffix(k.Name(), end) {
			end = ""
		}
	}
	var b strings.Builder
	for i, k := range list {
		switch {
		case i == 0:
			b.WriteString(strings.TrimSuffix(k.Name(), end))
			continue
		case i == len(list)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		name := k.Name()
		if end != "" {
			name = k.String()
		}
		b.WriteString(strings.TrimSuffix(name, end))
	}
	return b.String() + end
}
