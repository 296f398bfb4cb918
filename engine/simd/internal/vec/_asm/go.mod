module github.com/reverie-go/reverie/engine/simd/internal/vec/_asm

go 1.26.0
