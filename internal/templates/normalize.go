package templates

import (
	"slices"
	"strings"
)

// Normalized returns a copy as it is kept: blank edges of the name and of each
// allowed tool cut, and the list there even when it is empty. Texts stay exactly
// as they were written, empty ones included.
func (t Template) Normalized() Template {
	n := t
	n.Name = strings.TrimSpace(t.Name)
	n.AllowedTools = make([]string, len(t.AllowedTools))
	for i, tool := range t.AllowedTools {
		n.AllowedTools[i] = strings.TrimSpace(tool)
	}
	n.DefaultRole = copied(t.DefaultRole)
	n.DefaultSystemPrompt = copied(t.DefaultSystemPrompt)
	n.Description = copied(t.Description)
	return n
}

// Equal reports whether both say the same. No list and an empty one do; no text
// and an empty one don't.
func (t Template) Equal(o Template) bool {
	return t.Name == o.Name && t.PermissionMode == o.PermissionMode &&
		slices.Equal(t.AllowedTools, o.AllowedTools) &&
		sameText(t.DefaultRole, o.DefaultRole) &&
		sameText(t.DefaultSystemPrompt, o.DefaultSystemPrompt) &&
		sameText(t.Description, o.Description)
}

// Size is what the template weighs against MaxTotalBytes: the bytes of all that
// people write.
func (t Template) Size() int {
	size := jsonLength(t.Name) + len(t.PermissionMode)
	for _, tool := range t.AllowedTools {
		size += jsonLength(tool)
	}
	for _, text := range []*string{t.DefaultRole, t.DefaultSystemPrompt, t.Description} {
		if text != nil {
			size += jsonLength(*text)
		}
	}
	return size
}

func copied(text *string) *string {
	if text == nil {
		return nil
	}
	c := *text
	return &c
}

func sameText(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// jsonLength returns the length of a text in JSON, without its quotes.
func jsonLength(s string) int {
	length := len(s)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"', c == '\\', c == '\n', c == '\r', c == '\t', c == '\b', c == '\f':
			length++
		case c < ' ':
			length += len(`\u0000`) - 1
		}
	}
	return length
}
