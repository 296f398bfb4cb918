package eval

import "context"

// Features turn images into the rows that FID, KID, precision and recall compare. Numbers compare
// only for the same features.
type Features interface {
	// Name says what they are, with the short hash of what they are computed with.
	Name() string
	// Rows returns a row for each image.
	Rows(ctx context.Context, m Images) (Rows, error)
}

// Values are the values themselves: the features of points.
type Values struct{}

// Name is "values".
func (Values) Name() string { return "values" }

// Rows returns the images' rows.
func (Values) Rows(_ context.Context, m Images) (Rows, error) { return m.Rows(), nil }

// ofFeatures is what metrics of features read.
var ofFeatures = []string{"features", "judge"}
