package anomaly

import "github.com/reverie-go/reverie/table"

// Uses says what of a Setup, beside the Run, a method has a use for.
type Uses struct {
	Walk   bool // the Solver and the Grid
	Encode bool // the Encoder and the Inverter
	Fill   bool // the Fill
}

// UsesOf is what a row says of itself by a method Uses() Uses; one that says nothing may use all.
func UsesOf(row table.Row) Uses {
	if u, ok := row.(interface{ Uses() Uses }); ok {
		return u.Uses()
	}
	return Uses{Walk: true, Encode: true, Fill: true}
}

// Uses are those of a walk there, unless that is noise, and back.
func (m *Translate[X]) Uses() Uses { return Uses{Walk: true, Encode: m.Encode != "noise"} }

// Uses are none: the denoiser is asked at each level alone.
func (*OneStep[X]) Uses() Uses { return Uses{} }

// Uses are none: the denoiser is asked at each level alone.
func (*DAE[X]) Uses() Uses { return Uses{} }

// Uses are those of a walk.
func (*Recon[X]) Uses() Uses { return Uses{Walk: true} }

// Uses are none: its steps are those of the process itself.
func (*ANDi[X]) Uses() Uses { return Uses{} }

// Uses are those of what draws the patches, and of a model of patches none.
func (m *Patch[X]) Uses() Uses { return Uses{Walk: !m.Context, Fill: !m.Context} }

// Uses are those of what draws within the mask; the first map has a use for no other.
func (*Inpaint[X]) Uses() Uses { return Uses{Walk: true, Fill: true} }
