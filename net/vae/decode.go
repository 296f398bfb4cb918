package vae

import "github.com/reverie-go/reverie/net"

// nullable are the keys whose null means what a missing key means.
var nullable = []string{"sample_size", "shift_factor", "latents_mean", "latents_std"}

// decode reads JSON: fields that it lacks have diffusers' defaults.
func decode(data []byte) (Config, error) {
	var c Config
	err := net.DecodeForeign(data, &c, nullable...)
	return c, err
}
