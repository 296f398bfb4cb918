package data

// EmojiCategories are the classes of the embedded emoji that there are enough images of to learn:
// all but "Component", which has 5.
func EmojiCategories() []string {
	return []string{
		"Activities", "Animals & Nature", "Flags", "Food & Drink", "Objects",
		"People & Body", "Smileys & Emotion", "Symbols", "Travel & Places",
	}
}
