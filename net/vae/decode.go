package vae

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/reverie-go/reverie/net"
)

// decode reads JSON: fields that it lacks have diffusers' defaults.
func decode(data []byte) (Config, error) {
	var c Config
	if err := net.Decode(data, &c); err != nil {
		return Config{}, err
	}
	return c, checkNulls(data)
}

// nullable are the keys whose null means what a missing key means.
var nullable = []string{"sample_size", "shift_factor", "latents_mean", "latents_std"}

// checkNulls refuses null elsewhere: encoding/json passes over it, and the
// default would silently take the place of diffusers' None.
func checkNulls(data []byte) error {
	fields := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	for key, value := range fields {
		if string(bytes.TrimSpace(value)) == "null" && !slices.Contains(nullable, key) {
			return fmt.Errorf("%s: null is not supported", key)
		}
	}
	return nil
}
