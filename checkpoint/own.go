package checkpoint

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// runFiles are the files that a run keeps in its folder.
var runFiles = []string{configName, "log.jsonl", "best.json", "loss.svg", lockName}

// modelFolders are the folders of a model's parts, and modelEndings are those of its files.
var (
	modelFolders = []string{weightsDir, emaDir, vaeDir, vaeEMADir, classifierDir, classifierEMADir, schedulerDir}
	modelEndings = []string{".json", ".safetensors", ".bin"}
)

// CheckForeign is nil for a path at which something may be written that is no part of a run or a
// model: the error says of which run or model it is a file, or in which folder of one it lies.
func CheckForeign(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	var owned error // by the outermost: a checkpoint is the run's
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if what := ownerOf(dir, rel); what != "" {
			owned = fmt.Errorf("it is one of the %s's own files, of %s; give another name", what, dir)
		}
		if dir == filepath.Dir(dir) {
			return owned
		}
	}
}

// ownerOf says what the folder is whose own the path below it is, "run" or "model"; "": it is
// nobody's. A name in other letters is the same: on some systems it leads to the same file.
func ownerOf(dir, rel string) string {
	rel = strings.ToLower(rel)
	first, _, below := strings.Cut(rel, string(filepath.Separator))
	switch {
	case runMark(dir) != "" && (first == "checkpoints" || !below && slices.Contains(runFiles, rel)):
		return "run"
	case !isFile(filepath.Join(dir, indexFile)) && !hasConfig(dir):
		return ""
	case below && slices.Contains(modelFolders, first), !below && slices.Contains(modelEndings, filepath.Ext(rel)):
		return "model"
	}
	return ""
}
