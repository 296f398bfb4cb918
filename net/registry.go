package net

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

var registry = struct {
	sync.RWMutex
	decode map[string]func(json []byte) (Network, error)
}{decode: map[string]func([]byte) (Network, error){}}

// Register makes an architecture known by name to [New]. decode reads a
// configuration; nil or empty JSON means the defaults. A name registered
// twice panics.
func Register(arch string, decode func(json []byte) (Network, error)) {
	registry.Lock()
	defer registry.Unlock()
	if _, ok := registry.decode[arch]; ok {
		panic(fmt.Sprintf("net: architecture %q registered twice", arch))
	}
	registry.decode[arch] = decode
}

// Archs lists the registered architectures in alphabetical order.
func Archs() []string {
	registry.RLock()
	defer registry.RUnlock()
	names := make([]string, 0, len(registry.decode))
	for name := range registry.decode {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// New makes the network of the named architecture from its JSON configuration.
// An unknown name is an error that lists the known ones.
func New(arch string, json []byte) (Network, error) {
	registry.RLock()
	decode, ok := registry.decode[arch]
	registry.RUnlock()
	if !ok {
		return nil, fmt.Errorf("net: unknown architecture %q: known are %s", arch, strings.Join(Archs(), ", "))
	}
	m, err := decode(json)
	if err != nil {
		return nil, fmt.Errorf("net: architecture %s: %w", arch, err)
	}
	return m, nil
}
