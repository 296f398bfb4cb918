package label

import (
	"encoding/json"
	"errors"
	"fmt"
)

// readList reads dataset.json: {"labels": [["00000/img00000000.png", 3], ..]}, or null where the
// images have none. Other keys are passed over.
func readList(b *bounded, use func(Entry) error) error {
	b.next()
	d := json.NewDecoder(b)
	if t, err := d.Token(); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	} else if t != json.Delim('{') {
		return &ColumnError{Column: "labels"}
	}
	others := map[string]bool{}
	for d.More() {
		b.next()
		key, err := d.Token()
		if err != nil {
			return err
		}
		if key == "labels" {
			return readPairs(b, d, use)
		}
		if name, ok := key.(string); ok && len(others) < 64 {
			others[name] = true
		}
		var passed json.RawMessage
		if err := d.Decode(&passed); err != nil {
			return fmt.Errorf("%.40q: %w", key, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	return &ColumnError{Column: "labels", Known: known(others)}
}

// readPairs reads the list of pairs.
func readPairs(b *bounded, d *json.Decoder, use func(Entry) error) error {
	t, err := d.Token()
	switch {
	case err != nil:
		return fmt.Errorf("labels: %w", err)
	case t == nil:
		return nil
	case t != json.Delim('['):
		return errors.New(`labels: expected a list of pairs ["FILE", CLASS], or null`)
	}
	for n := 1; d.More(); n++ {
		b.next()
		var pair []json.RawMessage
		if err := d.Decode(&pair); err != nil {
			return fmt.Errorf("entry %d: %w", n, err)
		}
		var file string
		if len(pair) != 2 || json.Unmarshal(pair[0], &file) != nil || file == "" {
			return fmt.Errorf(`entry %d: expected a pair ["FILE", CLASS]`, n)
		}
		e, err := entry(file, pair[1], n)
		if err != nil {
			return fmt.Errorf("entry %d: %w", n, err)
		}
		if err := use(e); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
