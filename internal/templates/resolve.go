package templates

import (
	"fmt"
	"slices"
	"strings"
)

// Source says where a setting comes from.
type Source string

// The sources.
const (
	FromTemplate Source = "template"
	FromRequest  Source = "request"
	// FromDefault is for what neither says.
	FromDefault Source = "default"
)

// Setting is an effective value, with where it comes from.
type Setting[T any] struct {
	Value T      `json:"value"`
	From  Source `json:"from"`
}

// Refusal is something asked for that would have gone beyond the template.
type Refusal struct {
	// Pointer is its place in the request's fields: "/allowed_tools/1".
	Pointer string `json:"pointer"`
	Asked   string `json:"asked"`
	// Granted is what there is instead; empty for nothing.
	Granted []string `json:"granted"`
	Reason  string   `json:"reason"`
}

// Resolution is what an agent gets.
type Resolution struct {
	PermissionMode Setting[PermissionMode] `json:"permission_mode"`
	// AllowedTools is always a list; an empty one allows nothing without asking. It
	// is FromRequest where the request asked for tools, even if it got fewer.
	AllowedTools Setting[[]string] `json:"allowed_tools"`
	// Role and SystemPrompt are null where nobody gave one.
	Role         Setting[*string] `json:"role"`
	SystemPrompt Setting[*string] `json:"system_prompt"`
	// Refused is always a list.
	Refused []Refusal `json:"refused"`
	// Notes are sentences on what may surprise.
	Notes []string `json:"notes"`
}

// Resolve settles what an agent gets that is spawned from t by a request. A
// request only ever narrows what the template grants; what would widen it is not
// taken, and listed. Texts grant nothing: the request's simply win.
//
// Tools are narrowed rule by rule. A rule that one of the template's covers is
// granted, with the tool's name as the template writes it: a client may know only
// one of a tool's names. Of one that is wider, what the template has within it
// is granted. What can't be told to be within the template's is refused, and so is
// a rule that only several of the template's would cover together. With
// bypassPermissions the tools restrict nothing, which is why a request for tools
// under such a template is held to the template's list all the same: it may come
// with a narrower mode.
func Resolve(t Template, r Request) Resolution {
	out := Resolution{
		PermissionMode: Setting[PermissionMode]{t.PermissionMode, FromTemplate},
		AllowedTools:   Setting[[]string]{append([]string{}, t.AllowedTools...), FromTemplate},
		Role:           settle(r.Role, t.DefaultRole),
		SystemPrompt:   settle(r.SystemPrompt, t.DefaultSystemPrompt),
		Refused:        []Refusal{},
		Notes:          []string{},
	}
	if !t.PermissionMode.Known() {
		// Of a template that was kept before its rules, nothing is taken for granted.
		out.PermissionMode = Setting[PermissionMode]{Plan, FromDefault}
	}
	if r.PermissionMode != nil {
		out.narrowMode(*r.PermissionMode)
	}
	if r.AllowedTools != nil {
		out.AllowedTools = Setting[[]string]{[]string{}, FromRequest}
		for i, asked := range *r.AllowedTools {
			out.narrowTool(i, asked, t.AllowedTools)
		}
	}
	if out.PermissionMode.Value == BypassPermissions {
		out.Notes = append(out.Notes, "With bypassPermissions nothing is asked, whether a tool is in the list or not.")
	}
	return out
}

func settle(asked, given *string) Setting[*string] {
	switch {
	case asked != nil:
		return Setting[*string]{copied(asked), FromRequest}
	case given != nil:
		return Setting[*string]{copied(given), FromTemplate}
	default:
		return Setting[*string]{nil, FromDefault}
	}
}

func (out *Resolution) narrowMode(asked PermissionMode) {
	granted := out.PermissionMode.Value
	if asked.Within(granted) {
		out.PermissionMode = Setting[PermissionMode]{asked, FromRequest}
		return
	}
	reason := fmt.Sprintf("the template allows %s at most", granted)
	if !asked.Known() {
		reason = "there is no such permission mode"
	}
	out.Refused = append(out.Refused, Refusal{"/permission_mode", string(asked), []string{string(granted)}, reason})
}

func (out *Resolution) narrowTool(index int, asked string, allowed []string) {
	refuse := func(granted []string, format string, args ...any) {
		out.Refused = append(out.Refused, Refusal{
			fmt.Sprintf("/allowed_tools/%d", index), asked, granted, fmt.Sprintf(format, args...),
		})
	}
	rule, err := ParseRule(asked)
	if err != nil {
		refuse([]string{}, "%s", err)
		return
	}
	within := []string{}
	for _, text := range allowed {
		has, err := ParseRule(text)
		switch {
		case err != nil: // kept before its rules: it says nothing that could be narrowed
		case has.Covers(rule) && rule.Covers(has):
			out.allow(text) // two spellings of one thing: the template's is the one that was granted
			return
		case has.Covers(rule):
			if rule.Server == "" {
				rule.Tool = has.Tool
			}
			out.allow(rule.String())
			return
		case rule.Covers(has):
			within = append(within, text)
		}
	}
	switch {
	case len(within) > 0:
	case rule.ambiguous():
		refuse(within, "its double underscores can be read as more than one server and tool, so only a template that lists this very name allows it")
		return
	default:
		refuse(within, "the template doesn't allow it")
		return
	}
	for _, text := range within {
		out.allow(text)
	}
	refuse(within, "the template allows only a part of it: %s", strings.Join(within, ", "))
}

func (out *Resolution) allow(tool string) {
	if !slices.Contains(out.AllowedTools.Value, tool) {
		out.AllowedTools.Value = append(out.AllowedTools.Value, tool)
	}
}

// ToolsInWords says in a few words what the template allows without asking, for a
// line of a list. No tools read as none and never as all, and only a template that
// never asks reads as all.
func (t Template) ToolsInWords() string {
	switch {
	case t.PermissionMode == BypassPermissions:
		return "all (never asks)"
	case len(t.AllowedTools) == 0:
		return "none"
	default:
		return strings.Join(t.AllowedTools, ", ")
	}
}
