package photo

// gifMeta tells whether a second frame follows the first.
func gifMeta(raw []byte) (m meta, err error) {
	const image, extension = 0x2c, 0x21
	if len(raw) < 13 {
		return m, nil
	}
	at := 13 + colours(raw[10])
	for frames := 0; at < len(raw); {
		switch raw[at] {
		case extension:
			at = pastBlocks(raw, at+2)
		case image:
			if frames++; frames > 1 {
				m.note(NoteFirstFrame)
				return m, nil
			}
			if at+9 >= len(raw) {
				return m, nil
			}
			at = pastBlocks(raw, at+10+colours(raw[at+9])+1)
		default:
			return m, nil
		}
	}
	return m, nil
}

// colours is the size in bytes of the table of colours that a byte of flags announces.
func colours(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// pastBlocks returns what follows a chain of blocks, each after its length, that ends with one of
// length 0.
func pastBlocks(raw []byte, at int) int {
	for at < len(raw) && raw[at] != 0 {
		at += 1 + int(raw[at])
	}
	return at + 1
}
