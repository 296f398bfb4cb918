package onnx

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
)

// elem is the type of a tensor's elements, by ONNX's number.
type elem int

// Those that are read. The numbers of float16 and bfloat16 are held and computed in float32.
const (
	float32Elem  elem = 1
	uint8Elem    elem = 2
	int8Elem     elem = 3
	uint16Elem   elem = 4
	int16Elem    elem = 5
	int32Elem    elem = 6
	int64Elem    elem = 7
	boolElem     elem = 9
	float16Elem  elem = 10
	float64Elem  elem = 11
	uint32Elem   elem = 12
	uint64Elem   elem = 13
	bfloat16Elem elem = 16
)

// elemNames has ONNX's names, also of types that are not read.
var elemNames = []string{
	"undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64", "uint32", "uint64",
	"complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1",
}

// String is ONNX's name.
func (e elem) String() string {
	if int(e) < len(elemNames) {
		return elemNames[e]
	}
	return fmt.Sprintf("type %d", int(e))
}

// storage is what holds elements in memory; invalid where they are not read.
func (e elem) storage() dtypes.DType {
	switch e {
	case float32Elem, float16Elem, bfloat16Elem:
		return dtypes.Float32
	case uint8Elem:
		return dtypes.Uint8
	case int8Elem:
		return dtypes.Int8
	case uint16Elem:
		return dtypes.Uint16
	case int16Elem:
		return dtypes.Int16
	case int32Elem:
		return dtypes.Int32
	case int64Elem:
		return dtypes.Int64
	case boolElem:
		return dtypes.Bool
	case float64Elem:
		return dtypes.Float64
	case uint32Elem:
		return dtypes.Uint32
	case uint64Elem:
		return dtypes.Uint64
	}
	return dtypes.InvalidDType
}

// bytes is the length of an element in a file.
func (e elem) bytes() int {
	switch e {
	case float16Elem, bfloat16Elem:
		return 2
	case boolElem:
		return 1
	}
	return e.storage().Size()
}

// elemOf is the type of what is held so, where nothing else is known.
func elemOf(dt dtypes.DType) elem {
	all := []elem{float32Elem, uint8Elem, int8Elem, uint16Elem, int16Elem, int32Elem, int64Elem, boolElem, float64Elem, uint32Elem, uint64Elem}
	return all[slices.IndexFunc(all, func(e elem) bool { return e.storage() == dt })]
}

// kinds is a set of types.
type kinds uint64

func kindsOf(list ...elem) (k kinds) {
	for _, e := range list {
		k |= 1 << e
	}
	return k
}

func (k kinds) has(e elem) bool { return k>>e&1 == 1 }

// String lists the types.
func (k kinds) String() string {
	var names []string
	for e := range elem(len(elemNames)) {
		if k.has(e) {
			names = append(names, e.String())
		}
	}
	return fmt.Sprint(names)
}

var (
	floats   = kindsOf(float32Elem, float16Elem, bfloat16Elem, float64Elem)
	integers = kindsOf(uint8Elem, int8Elem, uint16Elem, int16Elem, int32Elem, int64Elem, uint32Elem, uint64Elem)
	numbers  = floats | integers
	bools    = kindsOf(boolElem)
	anything = numbers | bools
)

// attributeKind is the type of an attribute, by ONNX's number; 0 in the oldest files.
type attributeKind int

const (
	kindFloat  attributeKind = 1
	kindInt    attributeKind = 2
	kindString attributeKind = 3
	kindTensor attributeKind = 4
	kindFloats attributeKind = 6
	kindInts   attributeKind = 7
)
