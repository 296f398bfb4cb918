package sniff

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// zipOf is an archive of one file of that name.
func zipOf(t *testing.T, name string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write([]byte("something"))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tiffOf is the head of a little-endian TIFF whose first directory has the given tags, each of one
// LONG.
func tiffOf(tags ...[2]uint32) string {
	b := binary.LittleEndian.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), uint16(len(tags)))
	for _, t := range tags {
		b = binary.LittleEndian.AppendUint16(b, uint16(t[0]))
		b = binary.LittleEndian.AppendUint16(b, 4)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, t[1])
	}
	return string(append(b, 0, 0, 0, 0))
}

// utf16Of is text in UTF-16.
func utf16Of(s string, order binary.AppendByteOrder, mark bool) string {
	var b []byte
	if mark {
		b = order.AppendUint16(b, 0xfeff)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// TestBytes: each kind is known by heads that its writers make.
func TestBytes(t *testing.T) {
	mp4 := func(brands string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(brands)))) + "ftyp" + brands + "\x00\x00\x00\x08mdat"
	}
	for _, c := range []struct {
		want Kind
		head string
	}{
		{Empty, ""},
		{Zeros, strings.Repeat("\x00", 100)},
		{LFSPointer, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n"},
		{HTML, "\n<!DOCTYPE html>\n<html lang=\"en\">"},
		{HTML, "\xef\xbb\xbf<HTML><head>"},
		{HTML, "<!-- saved from --><html>"},
		{HTML, "<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=\"x\">"},
		{SVG, "<?xml version=\"1.0\"?>\n<svg width=\"3\">"},
		{SVG, "<svg/>"},
		{XML, "<?xml version=\"1.0\"?><a/>"},
		{JSON, "{\"error\": \"not found\"}"},
		{JSON, " [1, 2]"},
		{Text, "x,y\n1,2\n"},
		{Text, "[section]\nkey = 1\n"},
		{Text, "gr\u00fc\u00df"},
		{Text, strings.Repeat("x", HeadSize-1) + "\u00fc"},
		{TextOld, "gr\xfc\xdf an alle"},
		{UTF16, utf16Of("x,y\r\n1,2\r\n", binary.LittleEndian, true)},
		{UTF16, utf16Of("x,y\r\n1,2\r\n", binary.BigEndian, true)},
		{UTF16, utf16Of("x,y\r\n1,2\r\n", binary.LittleEndian, false)},
		{UTF16, utf16Of("x,y\r\n1,2\r\n", binary.BigEndian, false)},
		{AppleDouble, "\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "},
		{Pickle, "\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94"},
		{Pickle, "(dp0\nS'a'\np1\n"},
		{Torch, "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."},
		{Torch, zipOf(t, "archive/data.pkl")},
		{NPZ, zipOf(t, "arr_0.npy")},
		{Zip, zipOf(t, "holiday/one.png")},
		{Tar, strings.Repeat("a", 257) + "ustar\x0000"},
		{Gzip, "\x1f\x8b\x08\x00\x00\x00\x00\x00"},
		{Packed, "\x28\xb5\x2f\xfd\x04\x58"},
		{Program, "\x7fELF\x02\x01\x01"},
		{WAV, "RIFF\x24\x00\x00\x00WAVEfmt "},
		{WAV, "RF64\xff\xff\xff\xffWAVEds64"},
		{FLAC, "fLaC\x00\x00\x00\x22"},
		{Audio, "RIFX\x00\x00\x00\x24WAVEfmt "},
		{Audio, "OggS\x00\x02"},
		{PNG, "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"},
		{JPEG, "\xff\xd8\xff\xe0\x00\x10JFIF"},
		{GIF, "GIF89a\x01\x00\x01\x00"},
		{WebP, "RIFF\x24\x00\x00\x00WEBPVP8X"},
		{BMP, "BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00"},
		{TIFF, tiffOf([2]uint32{256, 5}, [2]uint32{271, 8})},
		{TIFF, "MM\x00*\x00\x00\x00\x08\x00\x01"},
		{BigTIFF, "II+\x00\x08\x00\x00\x00\x10\x00"},
		{Raw, tiffOf([2]uint32{254, 0}, [2]uint32{50706, 0x401})},
		{Raw, tiffOf([2]uint32{254, 1}, [2]uint32{271, 9}, [2]uint32{330, 90})},
		{Raw, "II*\x00\x10\x00\x00\x00CR\x02\x00"},
		{Raw, mp4("crx \x00\x00\x00\x01crx isom")},
		{HEIC, mp4("heic\x00\x00\x00\x00mif1heic")},
		{HEIC, mp4("mif1\x00\x00\x00\x00mif1heix")},
		{AVIF, mp4("avif\x00\x00\x00\x00avifmif1miaf")},
		{AVIF, mp4("mif1\x00\x00\x00\x00mif1avif")},
		{Video, mp4("isom\x00\x00\x02\x00isomiso2avc1mp41")},
		{Video, "\x1aE\xdf\xa3\x9fB\x86\x81\x01"},
		{JPEGXL, "\xff\x0a\xfa\x1f"},
		{JPEGXL, "\x00\x00\x00\x0cJXL \r\n\x87\n"},
		{JPEG2000, "\x00\x00\x00\x0cjP  \r\n\x87\n"},
		{ICO, "\x00\x00\x01\x00\x02\x00\x10\x10"},
		{PSD, "8BPS\x00\x01"},
		{Netpbm, "P6\n4 4\n255\n"},
		{HDRPicture, "v/1\x01\x02\x00"},
		{OldPicture, "qoif\x00\x00\x00\x04"},
		{OldPicture, "\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x30\x00\x30\x00\x18\x20"},
		{OldPicture, "\x0a\x05\x01\x08\x00\x00"},
		{ICO, "\x00\x00\x02\x00\x01\x00\x20\x20"},
		{PDF, "%PDF-1.7\n"},
		{Safetensors, "\x40\x00\x00\x00\x00\x00\x00\x00{\"a\":{\"dtype\""},
		{ONNX, "\x08\x08\x12\x07pytorch\x1a\x052.1.0"},
		{ONNX, "\x08\x07:\x81\x02\n"},
		{HDF5, "\x89HDF\r\n\x1a\n\x00"},
		{GGUF, "GGUF\x03\x00\x00\x00"},
		{NPY, "\x93NUMPY\x01\x00v\x00{'descr'"},
		{IDX, "\x00\x00\x08\x03\x00\x00\xea\x60\x00\x00\x00\x1c"},
		{Parquet, "PAR1\x15\x04"},
		{Unknown, "\x01\x02\x03\x04\x05"},
	} {
		if got := Bytes([]byte(c.head)); got != c.want {
			t.Errorf("%.24q: %v, want %v", c.head, got, c.want)
		}
	}
}

// TestTable: every kind has a name that String can cut the article from.
func TestTable(t *testing.T) {
	for k := range kinds {
		if article, name, _ := strings.Cut(k.Name(), " "); article != "a" && article != "an" || name == "" || name != k.String() {
			t.Errorf("kind %d is called %q, %q", k, k.Name(), k)
		}
	}
}

// TestFile: a file says what it is whatever its name, at any size, and a folder is no file.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		raw  string
		want Kind
	}{"a.png": {"GIF89a", GIF}, "b.txt": {strings.Repeat("words ", HeadSize), Text}, "c": {"", Empty}} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := File(path); err != nil || got != c.want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
	if _, err := File(dir); err == nil {
		t.Error("a folder is taken for a file")
	}
}

// TestRefuse: the three words, what the file is, what was wanted and what to do.
func TestRefuse(t *testing.T) {
	reader := io.ErrUnexpectedEOF
	shown := []Kind{PNG, JPEG, TIFF}
	for _, c := range []struct {
		kind   Kind
		wanted []Kind
		word   Word
		text   string
	}{
		{PNG, shown, Damaged, "damaged: it is a PNG picture: unexpected EOF; copy or download it again"},
		{HEIC, shown, Unsupported, "unsupported: it is a HEIC picture, not a PNG, JPEG or TIFF picture; convert it to PNG or JPEG"},
		{HTML, shown, Foreign, "foreign: it is a web page (HTML), not a PNG, JPEG or TIFF picture; the download gave"},
		{ONNX, shown, Foreign, "foreign: it is an ONNX model, not a PNG, JPEG or TIFF picture"},
		{Torch, []Kind{Safetensors}, Unsupported, "unsupported: it is a PyTorch checkpoint (of torch.save), not a safetensors file; convert it with two lines"},
		{LFSPointer, []Kind{Safetensors, ONNX}, Foreign, "foreign: it is a Git LFS pointer, not a safetensors file or an ONNX model; get the file itself with: git lfs pull"},
		{UTF16, []Kind{Text, NPZ}, Unsupported, "unsupported: it is a text file in UTF-16, not a text or npz file; save it as UTF-8"},
		{UTF16, []Kind{JSON}, Unsupported, "unsupported: it is a text file in UTF-16, not a JSON file; save it as UTF-8"},
		{JSON, []Kind{Safetensors}, Foreign, "foreign: it is a JSON file, not a safetensors file"},
		{UTF16, []Kind{ONNX}, Foreign, "foreign: it is a text file in UTF-16, not an ONNX model"},
		{Unknown, []Kind{Safetensors}, Foreign, "foreign: it is a file of no known kind, not a safetensors file"},
	} {
		err := c.kind.Refuse(reader, c.wanted...)
		if !errors.Is(err, c.word) || !strings.HasPrefix(err.Error(), c.text) {
			t.Errorf("%v for %v: %v", c.kind, c.wanted, err)
		}
		if errors.Is(err, reader) != (c.word == Damaged) {
			t.Errorf("%v: what the reader met is kept or lost wrongly", err)
		}
	}
	err := TIFF.Unsupported(errors.New("planes of their own"), "")
	if want := "unsupported: it is a TIFF picture: planes of their own; convert it to PNG or JPEG"; err.Error() != want || !errors.Is(err, Unsupported) {
		t.Errorf("%v, want %s", err, want)
	}
}

// FuzzBytes: no head makes it panic or gives a kind without a name.
func FuzzBytes(f *testing.F) {
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte(tiffOf([2]uint32{254, 1})))
	f.Add([]byte("\xff\xff\xff\xffftypmif1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if k := Bytes(b); k.Name() == "" {
			t.Errorf("kind %d has no name", k)
		}
	})
}
