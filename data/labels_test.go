package data

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// numberedImages writes images of the given names, each another one.
func numberedImages(t testing.TB, dir string, names ...string) string {
	t.Helper()
	for i, name := range names {
		write(t, dir, name, pngOf(t, plain(i)))
	}
	return dir
}

// with are the options of a rule for labels.
func with(l Labels) Options {
	o := small
	o.Labels = l
	return o
}

// classesOf are the images with their classes, by their paths below dir: "a.png=cat".
func classesOf(s *Set, dir string) string {
	var all []string
	for i := range s.Len() {
		info := s.Info(i)
		name, _ := filepath.Rel(dir, info.Path)
		all = append(all, filepath.ToSlash(name)+"="+className(s.Classes(), info.Class))
	}
	return strings.Join(all, " ")
}

// wantLabels checks classes and what is said of where they come from.
func wantLabels(t *testing.T, s *Set, dir, classes string, said ...string) {
	t.Helper()
	if got := classesOf(s, dir); got != classes {
		t.Errorf("classes %q, want %q", got, classes)
	}
	for _, part := range said {
		if !strings.Contains(s.Labels(), part) {
			t.Errorf("labels are said to be %q, which lacks %q", s.Labels(), part)
		}
	}
}

// TestLabels: the same folder under each rule.
func TestLabels(t *testing.T) {
	dir := numberedImages(t, t.TempDir(), "cat/x_1.png", "cat/x_2.png", "dog/y_3.png", "dog/plain.png", "z_4.png")
	write(t, dir, "metadata.jsonl", []byte(`{"file_name": "z_4.png", "label": "cow"}
{"file_name": "cat/x_1.png", "label": "cat"}
{"file_name": "none.png", "label": "cow"}`))
	write(t, dir, "dog/metadata.csv", []byte("file_name,label\nplain.png,dog\n../z_4.png,dog\n"))
	jsonl, csv := filepath.Join(dir, "metadata.jsonl"), filepath.Join(dir, "dog", "metadata.csv")
	for rule, c := range map[Labels]struct {
		classes string
		said    []string
	}{
		LabelsFolders: {"cat/x_1.png=cat cat/x_2.png=cat dog/plain.png=dog dog/y_3.png=dog z_4.png=", []string{"4 of 5 images by their class folders; 1 image without a label, of no class"}},
		LabelsAuto: {"cat/x_1.png=cat cat/x_2.png=cat dog/plain.png=dog dog/y_3.png=dog z_4.png=cow", []string{
			"2 of 5 images by their class folders", "2 of 5 images by " + jsonl, "1 of 5 images by " + csv, `2 labels are of files that are not among the images, such as "../z_4.png"`}},
		LabelsMetadata: {"cat/x_1.png=cat cat/x_2.png= dog/plain.png=dog dog/y_3.png= z_4.png=cow", []string{"2 of 5 images by " + jsonl, "2 images without a label"}},
		LabelsPrefix:   {"cat/x_1.png=x cat/x_2.png=x dog/plain.png= dog/y_3.png=y z_4.png=z", []string{"4 of 5 images by the beginnings of their names; 1 image without a label"}},
		LabelsNone:     {"cat/x_1.png= cat/x_2.png= dog/plain.png= dog/y_3.png= z_4.png=", nil},
	} {
		s := mustOpen(t, with(rule), dir)
		wantLabels(t, s, dir, c.classes, c.said...)
		remarks := strings.Join(s.Remarks(), "; ")
		if left := strings.Contains(remarks, "1 .jsonl"); left == rule.readsMetadata() {
			t.Errorf("%q: remarks %q", rule, remarks)
		}
		if said := strings.Contains(remarks, "labels: "); said != (rule != LabelsFolders && rule != LabelsNone) {
			t.Errorf("%q: remarks %q", rule, remarks)
		}
	}
	o := with(LabelsMetadata)
	o.Classes = []string{"cow", "dog"}
	wantLabels(t, mustOpen(t, o, dir), dir, "dog/plain.png=dog z_4.png=cow")
	if v, err := SurveyFolders(t.Context(), []string{dir}, with(LabelsPrefix)); err != nil || !strings.Contains(v.FlipReason, "the classes are called as signs are, x, y") {
		t.Errorf("a survey does not look at the labels: %+v, %v", v, err)
	}
}

// TestLabelColumn: labels of another column; a file without the column is named with what it has.
func TestLabelColumn(t *testing.T) {
	dir := numberedImages(t, t.TempDir(), "a.png", "b.png")
	write(t, dir, "metadata.csv", []byte("file_name,text,kind\na.png,one,3\nb.png,two,11\n"))
	path := filepath.Join(dir, "metadata.csv")
	o := with(LabelsAuto)
	s := mustOpen(t, o, dir)
	wantLabels(t, s, dir, "a.png= b.png=", "no labels are taken from "+path+`: no column "label": it has ["file_name" "text" "kind"]; --label-column names the one`)
	o.LabelColumn = "kind"
	if s = mustOpen(t, o, dir); strings.Join(s.Classes(), " ") != "3 11" {
		t.Errorf("classes %q", s.Classes())
	}
	o.LabelColumn = "more"
	_, err := Open(t.Context(), []string{dir}, o)
	wantError(t, err, path, `no column "more"`)
	_, err = Open(t.Context(), []string{dir}, with(LabelsMetadata))
	wantError(t, err, path, `no column "label"`)
	o.LabelColumn = "kind"
	_, err = Open(t.Context(), []string{numberedImages(t, t.TempDir(), "a.png")}, o)
	wantError(t, err, "--label-column kind", "looked for files metadata.jsonl and metadata.csv")
}

// TestLabelsRefused: labels that disagree are an error that names the file and both of its labels,
// with their places; labels that were asked for and are nowhere are one too.
func TestLabelsRefused(t *testing.T) {
	row := func(file, class string) string {
		return fmt.Sprintf(`{"file_name": %q, "label": %q}`+"\n", file, class)
	}
	for what, c := range map[string]struct {
		rule  Labels
		files map[string]string
		want  []string
	}{
		"folder and metadata": {LabelsAuto, map[string]string{"metadata.jsonl": row("cat/a.png", "dog")}, []string{"cat/a.png", `folder of class "cat"`, "metadata.jsonl, line 1, says \"dog\"", "--labels metadata"}},
		"twice in one":        {LabelsMetadata, map[string]string{"metadata.jsonl": row("cat/a.png", "x") + row("b_1.png", "z") + row("cat/a.png", "y")}, []string{"cat/a.png", `line 1, says "x"`, `line 3, says "y"`}},
		"in two":              {LabelsAuto, map[string]string{"metadata.jsonl": row("b_1.png", "x"), "metadata.csv": "file_name,label\nb_1.png,y\n"}, []string{"b_1.png", "metadata.jsonl, line 1,", "metadata.csv, line 2,"}},
		"above and below":     {LabelsMetadata, map[string]string{"metadata.jsonl": row("cat/a.png", "x"), "cat/metadata.jsonl": row("a.png", "y")}, []string{"cat/a.png", `"x"`, `"y"`}},
		"a list":              {LabelsAuto, map[string]string{"dataset.json": `{"labels": [["b_1.png", 1], ["b_1.png", 2]]}`}, []string{"b_1.png", `dataset.json, entry 1, says "1"`, `entry 2, says "2"`}},
		"no labels at all":    {LabelsMetadata, map[string]string{"metadata.jsonl": `{"name": "b_1.png"}`}, []string{"metadata.jsonl", `no column "file_name"`}},
		"a damaged file":      {LabelsAuto, map[string]string{"metadata.jsonl": row("b_1.png", "x") + "{"}, []string{"metadata.jsonl: line 2", "--labels folders to leave it unread"}},
		"hostile names":       {LabelsAuto, map[string]string{"metadata.csv": "file_name,label\nb_1.png,\x1b[31m\n"}, []string{"control characters"}},
		"no metadata":         {LabelsMetadata, nil, []string{"--labels metadata", "metadata.csv"}},
		"an unknown rule":     {"files", nil, []string{`labels "files"`}},
	} {
		dir := numberedImages(t, t.TempDir(), "cat/a.png", "b_1.png")
		for name, text := range c.files {
			write(t, dir, name, []byte(text))
		}
		_, err := Open(t.Context(), []string{dir}, with(c.rule))
		if err == nil {
			t.Errorf("%s: opened", what)
			continue
		}
		wantError(t, err, c.want...)
		if strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("%s: a control character in %q", what, err)
		}
	}
	_, err := Open(t.Context(), []string{numberedImages(t, t.TempDir(), "a.png", "_b.png")}, with(LabelsPrefix))
	wantError(t, err, "--labels prefix", "cat_001.png")

	// What agrees is fine, in whatever form a name is written.
	dir := numberedImages(t, t.TempDir(), "cafe\u0301/a.png")
	write(t, dir, "metadata.jsonl", []byte(row("caf\u00e9/a.png", "caf\u00e9")+row("cafe\u0301/a.png", "cafe\u0301")))
	wantLabels(t, mustOpen(t, with(LabelsAuto), dir), dir, "cafe\u0301/a.png=caf\u00e9", "1 of 1 image by")
}

// TestManyClasses: a column of captions is no column of classes.
func TestManyClasses(t *testing.T) {
	dir := numberedImages(t, t.TempDir(), "a.png")
	l := listing{labels: LabelsMetadata}
	var rows strings.Builder
	rows.WriteString("file_name,label\n")
	for i := range 1<<16 + 1 {
		fmt.Fprintf(&rows, "%d.png,text %d\n", i, i)
		l.files = append(l.files, file{path: filepath.Join(dir, fmt.Sprintf("%d.png", i))})
	}
	write(t, dir, "metadata.csv", []byte(rows.String()))
	l.labelFiles = []labelFile{{os.DirFS(dir), "metadata.csv", filepath.Join(dir, "metadata.csv"), "metadata.csv"}}
	wantError(t, l.label(0), "more than the limit of 65536 classes", "captions")
}

// TestLabelsThroughLinks: images and labels may be links, as a cache of downloads has them.
func TestLabelsThroughLinks(t *testing.T) {
	for name, text := range map[string]string{"metadata.jsonl": `{"file_name": "sub/a.png", "label": "sub"}`, "dataset.json": `{"labels": [["sub/a.png", "sub"]]}`} {
		dir, store := t.TempDir(), numberedImages(t, t.TempDir(), "1", "2")
		write(t, store, "3", []byte(text))
		if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
			t.Fatal(err)
		}
		for link, to := range map[string]string{"sub/a.png": "1", "b.png": "2", name: "3"} {
			if err := os.Symlink(filepath.Join(store, to), filepath.Join(dir, link)); err != nil {
				t.Skip("no links here:", err)
			}
		}
		wantLabels(t, mustOpen(t, with(LabelsAuto), dir), dir, "b.png= sub/a.png=sub", "1 of 2 images by "+filepath.Join(dir, name))
	}
}

// edm writes a folder of EDM's layout: images in numbered folders, which are no classes, and their
// labels.
func edm(t *testing.T, labels string) string {
	dir := numberedImages(t, t.TempDir(), "00000/img00000000.png", "00000/img00000001.png", "00001/img00001000.png")
	write(t, dir, "dataset.json", []byte(labels))
	return dir
}

// zipped packs a folder.
func zipped(t *testing.T, dir string, more map[string][]byte) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if err := z.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for name, raw := range more {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err == nil {
			_, err = io.Copy(w, bytes.NewReader(raw))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	write(t, out, "set.zip", b.Bytes())
	return filepath.Join(out, "set.zip")
}

// TestEDM: EDM's folder and its archive are one set, whose folders are no classes.
func TestEDM(t *testing.T) {
	const some = `{"labels": [["00000/img00000000.png", 10], ["00001/img00001000.png", 3], ["00002/none.png", 3]]}`
	for labels, want := range map[string]string{
		some:               "00000/img00000000.png=10 00000/img00000001.png= 00001/img00001000.png=3",
		`{"labels": null}`: "00000/img00000000.png= 00000/img00000001.png= 00001/img00001000.png=",
		`{"other": 1}`:     "00000/img00000000.png=00000 00000/img00000001.png=00000 00001/img00001000.png=00001",
	} {
		dir := edm(t, labels)
		path := zipped(t, dir, nil)
		a, b := mustOpen(t, with(LabelsAuto), dir), mustOpen(t, with(LabelsAuto), path)
		wantLabels(t, a, dir, want)
		wantLabels(t, b, path, want)
		if a.Fingerprint() != b.Fingerprint() {
			t.Error("the archive is another set than the folder")
		}
		if labels == some {
			wantLabels(t, a, dir, want, "2 of 3 images by "+filepath.Join(dir, "dataset.json"), "1 image without a label", `1 label is of files that are not among the images, such as "00002/none.png"`)
		}
		for s := range map[*Set]bool{a: true, b: true} {
			if x, err := s.Load(t.Context(), 1); err != nil || levelsOfImage(t, s, 1)[0] != 1 {
				t.Errorf("%v, %v", x, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestArchiveHostile: names that lead out of an archive, files that unpack to more than an image
// has, and what is no archive.
func TestArchiveHostile(t *testing.T) {
	dir := numberedImages(t, t.TempDir(), "a/1.png")
	s := mustOpen(t, small, zipped(t, dir, map[string][]byte{"../../a/2.png": pngOf(t, plain(2)), "a/bomb.png": make([]byte, maxPackedBytes+1), "/3.png": pngOf(t, plain(3))}))
	if bad := s.Skipped(); len(bad) != 1 || !strings.Contains(bad[0].Err.Error(), "more than the limit") {
		t.Errorf("left out %v", bad)
	}
	if s.Len() < 1 {
		t.Errorf("%v", s)
	}
	for want, raw := range map[string][]byte{"damaged zip archive": []byte("PK\x03\x04" + strings.Repeat("\x00", 26) + "a.png"), "no images in": mustRead(t, zipped(t, t.TempDir(), map[string][]byte{"a.txt": []byte("text")}))} {
		dir := t.TempDir()
		write(t, dir, "a.zip", raw)
		_, err := Open(t.Context(), []string{filepath.Join(dir, "a.zip")}, small)
		wantError(t, err, "a.zip", want)
	}
}

// TestArrayLabels: arrays have labels of their own, or none, and both is said.
func TestArrayLabels(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "train-images-idx3-ubyte", idx(t, ramp(36), false, 3, 3, 4))
	write(t, dir, "t10k-images-idx3-ubyte", idx(t, ramp(24), false, 2, 3, 4))
	train := filepath.Join(dir, "train-images-idx3-ubyte")
	s := mustOpen(t, with(LabelsAuto), train)
	wantError(t, fmt.Errorf("%q", s.Remarks()), "train-images-idx3-ubyte is read, and not t10k-images-idx3-ubyte beside it", "without labels: there is no train-labels-idx1-ubyte beside it")
	write(t, dir, "train-labels-idx1-ubyte", idx(t, []byte{10, 2, 2}, false, 3))
	for _, rule := range []Labels{LabelsFolders, LabelsAuto, LabelsMetadata} {
		if s = mustOpen(t, with(rule), train); strings.Join(s.Classes(), " ") != "2 10" || s.Info(0).Class != 1 || !strings.Contains(s.Labels(), "3 of 3 images by train-labels-idx1-ubyte") {
			t.Errorf("%q: classes %q, %s", rule, s.Classes(), s.Labels())
		}
	}
	if s = mustOpen(t, with(LabelsNone), train); s.Classes() != nil && len(s.Classes()) > 0 || s.Info(0).Class != -1 {
		t.Errorf("classes %q without labels", s.Classes())
	}
	_, err := Open(t.Context(), []string{train}, with(LabelsPrefix))
	wantError(t, err, train, "the images of an array have no names")
	if file, ok := TrainingArray(dir); file != train || !ok {
		t.Errorf("the training array is %q", file)
	}
	if file, ok := TrainingArray(t.TempDir()); ok {
		t.Errorf("a training array %q of an empty folder", file)
	}
}

// FuzzArchive: an archive of any bytes is listed or refused.
func FuzzArchive(f *testing.F) {
	dir := f.TempDir()
	numberedImages(f, dir, "cat/1.png")
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	_ = z.AddFS(os.DirFS(dir))
	w, _ := z.Create("dataset.json")
	_, _ = w.Write([]byte(`{"labels": [["cat/1.png", 3]]}`))
	_ = z.Close()
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "a.zip")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), []string{path}, with(LabelsAuto))
		if err == nil {
			s.Close()
		}
	})
}

// FuzzIDX: images and labels of any bytes are read or refused.
func FuzzIDX(f *testing.F) {
	head := []byte{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2}
	f.Add(append(head, 1, 2, 3, 4), []byte{0, 0, 8, 1, 0, 0, 0, 1, 7})
	f.Add([]byte{0x1f, 0x8b, 8, 0}, []byte{})
	f.Fuzz(func(t *testing.T, images, labels []byte) {
		dir := t.TempDir()
		write(t, dir, "a-images-idx3-ubyte", images)
		write(t, dir, "a-labels-idx1-ubyte", labels)
		s, err := Open(t.Context(), []string{dir}, small)
		if err == nil {
			s.Close()
		}
	})
}
