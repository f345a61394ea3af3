package jsonast

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

func TestBlankCommentsKeepsPositions(t *testing.T) {
	for text, want := range map[string]string{
		"a: b":                       "a: b",
		"# c\na: b # c\n":            "   \na: b    \n",
		"x:\n  - a # c\r\n  - b # c": "x:\n  - a    \r\n  - b    ",
		"x: # c\n  a: *b # c\n":      "x:    \n  a: *b    \n",
		"x: a#b # c\ny: é # c\n":     "x: a#b    \ny: é    \n",
		"x: a\n# c\ny: b\n":          "x: a\n   \ny: b\n",
		// These stay: the comment affects the meaning, or might.
		"x: a # c\n  b\n":             "x: a # c\n  b\n",
		"x: a\n# c\n  b\n":            "x: a\n# c\n  b\n",
		"x: a\n  - b # c\n  - d\n":    "x: a\n  - b # c\n  - d\n",
		"x: |+\n  a # c\n\n# c\n":     "x: |+\n  a # c\n\n# c\n",
		"x: 'a # c\n  b'\ny: a # c\n": "x: 'a # c\n  b'\ny: a # c\n",
		"x: [a, # c\n b]\ny: a # c\n": "x: [a, # c\n b]\ny: a # c\n",
	} {
		data := []byte(text)
		assert.Equal(t, want, string(blankComments(data)), "%q", text)
		assert.Equal(t, text, string(data), "the text itself is changed")
	}
}

// Comments cost no more memory than the same number of values.
func TestYAMLCommentsCostNoMemory(t *testing.T) {
	read := func(item string) uint64 {
		b := yamlBudget()
		b.Values, b.Text, b.ValueStarts = 1<<20, 1<<20, 1<<20
		var err error
		used := allocated(func() { _, err = parseYAML("x:\n"+strings.Repeat(item, 20_000), b) })
		require.NoError(t, err)
		return used
	}
	for plain, commented := range map[string]string{
		"  - a    \n":    "  - a # c\n",
		"  - a\n    \n":  "  - a\n  # c\n",
		"  - é:    \n":   "  - é: # c\n",
		"  - k: v    \n": "  - k: v # c\n",
	} {
		assert.Less(t, read(commented), read(plain)+2<<20, "%q", commented)
	}
}

// FuzzBlankComments checks that no text changes its meaning without its comments. A text that
// yaml.v3 refuses with them must be refused without them, too. YAML.Parse refuses texts that
// fail CheckText before it blanks comments; yaml.v3 refuses some of these only for the bytes in
// a comment.
func FuzzBlankComments(f *testing.F) {
	for _, text := range []string{"a: b # c\n", "x: |+\n  a\n\n# c\n", "x: a # c\n  b\n", "- a\n# c\n- b", "? a # c\n: b # c\n", "--- a # c\n...\n# c\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if CheckText("This text", []byte(text)) != nil {
			t.Skip("refused before comments matter")
		}
		requireSameWithoutComments(t, text)
	})
}

// The texts are composed of tokens that affect comments; a fuzzer rarely finds such texts.
func TestBlankCommentsPreservesMeaning(t *testing.T) {
	from := rand.New(rand.NewPCG(5, 6))
	parts := []string{
		"# c", "# c", " # c", " # c", "a", "b", "k:", "k: ", "v: a", "- ", "- ", "-", "|", "|+", ">", ">2-", "'", "\"", "[", "]", "{", "}", ",", ", ", "\t",
		"&a ", "*a", "!t ", "? ", ": ", "#", "é", "...", "---", "--- ", "%", "<<: ", "\\", "`", "~", "'a'", "\"a\"", "[a]", "\u2028", "\r", "12", "- a # c", "k: a # c", "k: # c",
	}
	blanked := 0
	for range 50_000 {
		var b strings.Builder
		for range 1 + from.IntN(7) {
			b.WriteString(strings.Repeat(" ", from.IntN(3)*from.IntN(3)))
			for range from.IntN(4) {
				b.WriteString(parts[from.IntN(len(parts))])
			}
			b.WriteString([]string{"\n", "\n", "\n", "\n\n", "\r\n"}[from.IntN(5)])
		}
		if requireSameWithoutComments(t, b.String()) {
			blanked++
		}
	}
	assert.Greater(t, blanked, 100, "hardly any of these texts has a comment that is blanked")
}

func requireSameWithoutComments(t *testing.T, text string) (blankedAny bool) {
	t.Helper()
	blanked := blankComments([]byte(text))
	require.Len(t, blanked, len(text))
	if string(blanked) == text {
		return false
	}
	want, wantErr := decodedYAML([]byte(text))
	got, err := decodedYAML(blanked)
	require.Equal(t, wantErr == nil, err == nil, "%q: %v; %q: %v", text, wantErr, blanked, err)
	if wantErr == nil {
		require.Equal(t, want, got, "%q", text)
	}
	return true
}

// decodedYAML returns the documents of a text without comments and without positions of empty
// values. yaml.v3 sets those to the end of a comment.
func decodedYAML(data []byte) (docs []*yaml.Node, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		doc := new(yaml.Node)
		err := decodeYAML(dec, doc)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, err
		}
		stripComments(doc)
		docs = append(docs, doc)
	}
}

func stripComments(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	if n.Kind == yaml.ScalarNode && n.Value == "" {
		n.Line, n.Column = 0, 0
	}
	for _, child := range n.Content {
		stripComments(child)
	}
}
