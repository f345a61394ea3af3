package templates

import (
	"slices"
	"strings"
)

// Normalized returns a copy in the stored form: name and allowed tools are trimmed, and the
// list of tools is never nil. The texts are unchanged, even if empty.
func (t Template) Normalized() Template {
	n := t
	n.Name = strings.TrimSpace(t.Name)
	n.AllowedTools = make([]string, len(t.AllowedTools))
	for i, tool := range t.AllowedTools {
		n.AllowedTools[i] = strings.TrimSpace(tool)
	}
	n.DefaultRole = cloneText(t.DefaultRole)
	n.DefaultSystemPrompt = cloneText(t.DefaultSystemPrompt)
	n.Description = cloneText(t.Description)
	return n
}

// Equal reports whether t and o have the same content. A nil list equals an empty one; an
// absent text differs from an empty one.
func (t Template) Equal(o Template) bool {
	return t.Name == o.Name && t.PermissionMode == o.PermissionMode &&
		slices.Equal(t.AllowedTools, o.AllowedTools) &&
		equalText(t.DefaultRole, o.DefaultRole) &&
		equalText(t.DefaultSystemPrompt, o.DefaultSystemPrompt) &&
		equalText(t.Description, o.Description)
}

// Size returns the number of bytes that count towards MaxTotalBytes: those of all user-editable
// fields.
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

func cloneText(text *string) *string {
	if text == nil {
		return nil
	}
	c := *text
	return &c
}

func equalText(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// jsonLength returns the length of s as a JSON string, without its quotes.
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
