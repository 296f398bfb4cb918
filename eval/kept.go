package eval

// A kept has what the metrics gave of real data in the samples' place: it does not depend on how
// samples are drawn, so that a sweep measures it once.
type kept map[keptBy]outcome

// keptBy is all that such numbers depend on, of the metrics and the references of one sweep.
type keptBy struct {
	metric, class string
	n             int // real samples
	seed          uint64
}

// An outcome is what a metric gave, and what it noted on the way.
type outcome struct {
	values []Value
	err    error
	notes  []string
}

// once is what f gives, computed where it is not kept. What failed is tried again; that there is
// nothing to measure is kept.
func (e *Evaluation) once(by keptBy, f func() ([]Value, error)) ([]Value, error) {
	if e.real == nil {
		return f()
	}
	o, ok := e.real[by]
	if !ok {
		e.heard = new([]string)
		o.values, o.err = f()
		o.notes, e.heard = *e.heard, nil
		if o.err == nil || unfit(o.err) {
			e.real[by] = o
		}
		return o.values, o.err
	}
	for _, text := range o.notes {
		e.note("%s", text)
	}
	return o.values, o.err
}
