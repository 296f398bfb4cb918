package source

import (
	"context"
	"strings"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// Pictures are the settings of what is read as pictures. The zero value is data.Options'.
type Pictures struct {
	DataClass     []string  `flag:"data-class" help:"train on these classes only (comma-separated; none: all)"`
	Labels        string    `flag:"labels" names:",auto,folders,metadata,prefix,none" help:"where it stands of which class an image is: class folders, files of metadata, the beginning of its name; auto: folders and metadata"`
	LabelColumn   string    `flag:"label-column" help:"the column of metadata that holds the labels (none: label)"`
	Resolution    data.Size `flag:"resolution" help:"image size: 64, or HEIGHTxWIDTH"`
	ImageChannels int       `flag:"image-channels" range:"0|[1,4]" help:"1 grey, 3 RGB, 4 RGBA"`
	Crop          string    `flag:"crop" names:",none,center" help:"fit other shapes by"`
	Flip          bool      `flag:"flip" help:"mirror images left to right at random (--flip=false: never)"`
	Split         string    `flag:"split" names:",bytes,pixels" help:"which ones: by their bytes, or by their pixels, copies that look alike on one side; own data: pixels"`
	Strict        bool      `flag:"strict" help:"fail on an unreadable image instead of skipping it"`
	Cache         int       `flag:"cache" range:"[-1,1048576]" help:"memory for decoded images, MiB; at most half of what there is"`
	MaxPixels     int       `flag:"max-pixels" range:"[0,1073741824]" help:"leave out images with more pixels, unread (0: 100 million)"`
}

// Options are the settings as package data takes them.
func (p Pictures) Options(o Options) data.Options {
	d := data.Options{
		Height: p.Resolution.H, Width: p.Resolution.W, Channels: p.ImageChannels,
		Flip: p.Flip, Labels: data.Labels(p.Labels), LabelColumn: p.LabelColumn, Classes: p.DataClass, Val: o.Val, Strict: p.Strict, CacheBytes: p.cacheBytes(), MaxPixels: int64(p.MaxPixels), Progress: o.Progress,
	}
	if p.Crop == "center" {
		d.Crop = data.CropCenter
	}
	if p.Labels == "folders" {
		d.Labels = data.LabelsFolders
	}
	if p.Split == "pixels" {
		d.Split = data.SplitPixels
	}
	return d
}

// cacheBytes is the budget for decoded images: what the settings say, at most half of the memory
// there is.
func (p Pictures) cacheBytes() int64 {
	if p.Cache == 0 {
		return -1 // none
	}
	budget := int64(p.Cache) << 20
	if have := memory.Available().Bytes; have > 0 {
		budget = min(budget, have/2)
	}
	return budget
}

// kind is that of the pictures.
func (p Pictures) kind() kind.Kind {
	return kind.OfImages(p.Resolution.H, p.Resolution.W, p.ImageChannels)
}

// Emoji are the images inside the program.
type Emoji struct{ Pictures }

// Row implements table.Row.
func (*Emoji) Row() table.Info {
	return table.Info{Name: "emoji", Text: "without DATA: the 1,911 emoji inside the program"}
}

// Claim implements Source.
func (e *Emoji) Claim(name string) (Claim, bool) { return Claim{Kind: e.kind()}, name == "" }

// Open implements Source.
func (e *Emoji) Open(ctx context.Context, _ []string, o Options) (*data.Set, error) {
	return data.Embedded(ctx, e.Options(o))
}

// Folders are folders of image files, and files of arrays of images: IDX, or images:FILE.npz.
type Folders struct{ Pictures }

// Row implements table.Row.
func (*Folders) Row() table.Info {
	return table.Info{Name: "folders", Text: "FOLDER...: folders of image files, zip archives of them; MNIST's IDX files; images:FILE.npz, an array of images"}
}

// Claim implements Source.
func (f *Folders) Claim(name string) (Claim, bool) {
	return Claim{Kind: f.kind(), Path: strings.TrimPrefix(name, data.ArrayPrefix), Several: true}, name != ""
}

// Open implements Source.
func (f *Folders) Open(ctx context.Context, names []string, o Options) (*data.Set, error) {
	return data.Open(ctx, names, f.Options(o))
}

// Survey says what a network should take the images as. Progress may be nil.
func (f *Folders) Survey(ctx context.Context, names []string, progress func(done, total int)) (*data.Survey, error) {
	return data.SurveyFolders(ctx, names, f.Options(Options{Progress: progress}))
}

// A Surveyor is a source whose data say which settings suit them.
type Surveyor interface {
	Survey(ctx context.Context, names []string, progress func(done, total int)) (*data.Survey, error)
}
