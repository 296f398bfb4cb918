// Package memory says how much memory this process may take, and refuses work that needs more
// before any of it is taken: what runs out of memory is ended by the system, without a word.
package memory

import (
	"fmt"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/dustin/go-humanize"
	"github.com/pbnjay/memory"
)

// A Limit is how much memory this process may take in all.
type Limit struct {
	Bytes int64  // 0: unknown, which refuses nothing
	Says  string // what sets the limit, as the subject of a sentence: "this machine has"
}

// Available is the least of the machine's memory, of what its control group and those above may
// take (a container's limit), and of the limits of the process (ulimit -v and -d).
func Available() Limit {
	l := Limit{int64(memory.TotalMemory()), "this machine has"}
	if group, err := memlimit.FromCgroup(); err == nil { // else there is none, or none that can be read
		l = l.least(Limit{int64(min(group, 1<<62)), "the control group of this process (its container) may take"})
	}
	for _, own := range ofProcess() {
		l = l.least(own)
	}
	return l
}

// least is the smaller of two limits, those that are known.
func (l Limit) least(m Limit) Limit {
	if m.Bytes > 0 && (l.Bytes <= 0 || m.Bytes < l.Bytes) {
		return m
	}
	return l
}

// String is the limit as the end of a sentence: "this machine has 8.0 GiB".
func (l Limit) String() string { return l.Says + " " + humanize.IBytes(uint64(max(l.Bytes, 0))) }

// Allows says whether so many bytes are within the limit.
func (l Limit) Allows(bytes int64) bool { return l.Bytes <= 0 || bytes <= l.Bytes }

// Check returns an *Error where what needs more bytes than the limit, else nil. The remedy says
// what to do then.
func (l Limit) Check(what string, bytes int64, remedy string) error {
	if l.Allows(bytes) {
		return nil
	}
	return &Error{What: what, Need: bytes, Have: l, Remedy: remedy}
}

// Check is Limit.Check of what is available to this process.
func Check(what string, bytes int64, remedy string) error {
	return Available().Check(what, bytes, remedy)
}

// An Error says that something needs more memory than this process may take.
type Error struct {
	What   string // "a batch of 16 images"
	Need   int64  // bytes
	Have   Limit
	Remedy string // "give a smaller --batch"
}

// Error says what is needed, what there is and what to do.
func (e *Error) Error() string {
	return fmt.Sprintf("%s needs about %s of memory, and %v; %s", e.What, humanize.IBytes(uint64(e.Need)), e.Have, e.Remedy)
}

// Product multiplies sizes, none negative, and stays at the largest number where the product is
// beyond it: what is compared with a limit must not overflow to something small.
func Product(sizes ...int) int64 {
	const most = 1<<63 - 1
	p := int64(1)
	for _, s := range sizes {
		if s != 0 && p > most/int64(s) {
			p = most
			continue
		}
		p *= int64(s)
	}
	return p
}
