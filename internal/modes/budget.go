package modes

import (
	"context"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/upload"
)

const (
	// maxNesting bounds the recursion of our parsers. It is far beyond MaxDepth, so that
	// moderate excess is reported for the mode that has it, not for the whole file.
	maxNesting = 512
	// maxNodes bounds the values of one file, with aliases expanded. Each takes up to 500 bytes
	// during YAML parsing. The largest known public modes file has 186 modes of 13 values each.
	maxNodes = 64_000
	// maxModeNodes bounds the values of a text that holds one mode.
	maxModeNodes = 20_000
	// maxYAMLValueStarts bounds the characters of one file that could start a YAML value, see
	// jsonast.Budget. That file has 290 of them per mode, most within texts.
	maxYAMLValueStarts = 200_000
	// maxModeYAMLValueStarts is maxYAMLValueStarts for a text that holds one mode.
	maxModeYAMLValueStarts = 40_000
)

// newBudget bounds the memory of one parsed file, or of a folder of files. Parsing stops when
// ctx is done.
func newBudget(ctx context.Context) *jsonast.Budget {
	return &jsonast.Budget{
		Context: ctx,
		Values:  maxNodes, Text: upload.MaxUploadBytes, Depth: maxNesting, ValueStarts: maxYAMLValueStarts, InputName: "This file",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values",
			"This file holds more than %d values, aliases expanded: more than %d modes ever need.", maxNodes, MaxModes),
		TooMuchText: fault.New(fault.TooLarge, "too_much_text",
			"With its aliases expanded, this file holds more than %s of text.", humanize.Bytes(upload.MaxUploadBytes)),
	}
}

// storedBudget is for modes that were accepted before: a mode that was valid when it was stored
// stays readable.
func storedBudget() *jsonast.Budget {
	b := newBudget(context.Background())
	b.Values, b.Text = 1<<20, 2*upload.MaxUploadBytes
	return b
}

// modeBudget is newBudget for a text that holds one mode.
func modeBudget(ctx context.Context) *jsonast.Budget {
	return &jsonast.Budget{
		Context: ctx,
		Values:  maxModeNodes, Text: MaxBodyBytes, Depth: maxNesting, ValueStarts: maxModeYAMLValueStarts, InputName: "This",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values",
			"This holds more than %d values, aliases expanded: more than a mode ever needs.", maxModeNodes),
		TooMuchText: fault.New(fault.TooLarge, "too_much_text",
			"With its aliases expanded, this holds more than %s of text.", humanize.Bytes(MaxBodyBytes)),
	}
}

// parseYAML parses YAML. locate maps each position to the one to record; nil records it
// unchanged.
func parseYAML(data []byte, b *jsonast.Budget, locate func(line, column int) (int, int)) (*jsonast.Node, error) {
	return jsonast.YAML{
		Budget: b, Locate: locate, MultipleAdvice: "put all modes into one list",
		Empty: fault.New(fault.Invalid, "not_a_modes_file",
			"This file is empty. Expected `customModes:` with a list of modes below it."),
	}.Parse(data)
}
