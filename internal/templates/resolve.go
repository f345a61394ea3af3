package templates

import (
	"fmt"
	"slices"
	"strings"
)

// Source tells where a setting comes from.
type Source string

// The sources.
const (
	FromTemplate Source = "template"
	FromRequest  Source = "request"
	// FromDefault marks a value that neither the template nor the request sets.
	FromDefault Source = "default"
)

// Setting is an effective value and its source.
type Setting[T any] struct {
	Value T      `json:"value"`
	From  Source `json:"from"`
}

// Refusal is a requested permission that exceeds the template.
type Refusal struct {
	// Pointer is the position in the request's fields: "/allowed_tools/1".
	Pointer string `json:"pointer"`
	Asked   string `json:"asked"`
	// Granted is granted instead of Asked; empty if nothing is.
	Granted []string `json:"granted"`
	Reason  string   `json:"reason"`
}

// Resolution holds the effective settings of an agent.
type Resolution struct {
	PermissionMode Setting[PermissionMode] `json:"permission_mode"`
	// AllowedTools is never nil; an empty list allows nothing without asking. Its source is
	// FromRequest if the request asked for tools, even if some were refused.
	AllowedTools Setting[[]string] `json:"allowed_tools"`
	// Role and SystemPrompt are null if neither the request nor the template sets one.
	Role         Setting[*string] `json:"role"`
	SystemPrompt Setting[*string] `json:"system_prompt"`
	// Refused is never nil.
	Refused []Refusal `json:"refused"`
	// Notes are sentences about surprising effects.
	Notes []string `json:"notes"`
}

// Resolve computes the settings of an agent that is spawned from t with a request. A request
// can only narrow what the template grants. What would widen it is refused and listed. Texts
// grant nothing, so those of the request take precedence.
//
// Tools are narrowed rule by rule. A requested rule that a rule of the template covers is
// granted. It gets the tool name as in the template: a client may know only one of a tool's
// names. For a requested rule that is wider, the template's rules within it are granted. A rule
// is refused if it can't be shown to be within the template's. So is one that only several of
// the template's rules would cover together.
//
// With bypassPermissions the tools restrict nothing. Requested tools are held to the template's
// list all the same, because the request can also ask for a narrower mode.
func Resolve(t Template, r Request) Resolution {
	out := Resolution{
		PermissionMode: Setting[PermissionMode]{t.PermissionMode, FromTemplate},
		AllowedTools:   Setting[[]string]{append([]string{}, t.AllowedTools...), FromTemplate},
		Role:           firstText(r.Role, t.DefaultRole),
		SystemPrompt:   firstText(r.SystemPrompt, t.DefaultSystemPrompt),
		Refused:        []Refusal{},
		Notes:          []string{},
	}
	if !t.PermissionMode.Known() {
		// A template stored before the current rules gets the narrowest mode.
		out.PermissionMode = Setting[PermissionMode]{Plan, FromDefault}
	}
	if r.PermissionMode != nil {
		out.narrowMode(*r.PermissionMode)
	}
	if r.AllowedTools != nil {
		out.AllowedTools = Setting[[]string]{[]string{}, FromRequest}
		for i, requested := range *r.AllowedTools {
			out.narrowTool(i, requested, t.AllowedTools)
		}
	}
	for _, tool := range out.AllowedTools.Value {
		if n := toolNotice(tool); n != "" {
			out.Notes = append(out.Notes, n+".")
		}
	}
	if out.PermissionMode.Value == BypassPermissions {
		out.Notes = append(out.Notes, "With bypassPermissions nothing is asked, whether a tool is in the list or not.")
	}
	return out
}

func firstText(requested, given *string) Setting[*string] {
	switch {
	case requested != nil:
		return Setting[*string]{cloneText(requested), FromRequest}
	case given != nil:
		return Setting[*string]{cloneText(given), FromTemplate}
	default:
		return Setting[*string]{nil, FromDefault}
	}
}

func (out *Resolution) narrowMode(requested PermissionMode) {
	granted := out.PermissionMode.Value
	if requested.Within(granted) {
		out.PermissionMode = Setting[PermissionMode]{requested, FromRequest}
		return
	}
	reason := fmt.Sprintf("the template allows %s at most", granted)
	if !requested.Known() {
		reason = "there is no such permission mode"
	}
	out.Refused = append(out.Refused, Refusal{"/permission_mode", string(requested), []string{string(granted)}, reason})
}

func (out *Resolution) narrowTool(index int, requested string, allowed []string) {
	refuse := func(granted []string, format string, args ...any) {
		out.Refused = append(out.Refused, Refusal{
			fmt.Sprintf("/allowed_tools/%d", index), requested, granted, fmt.Sprintf(format, args...),
		})
	}
	rule, err := ParseRule(requested)
	if err != nil {
		refuse([]string{}, "%s", err)
		return
	}
	within := []string{}
	for _, text := range allowed {
		has, err := ParseRule(text)
		switch {
		case err != nil: // stored before the current rules: there is nothing to narrow
		case has.Covers(rule) && rule.Covers(has):
			out.allow(text) // equivalent spellings: the template's spelling is granted
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

// DescribeTools summarizes the tools that the template allows without asking, for a line of a
// list. An empty list reads as "none", never as "all". Only bypassPermissions reads as "all".
func (t Template) DescribeTools() string {
	switch {
	case t.PermissionMode == BypassPermissions:
		return "all (never asks)"
	case len(t.AllowedTools) == 0:
		return "none"
	default:
		return strings.Join(t.AllowedTools, ", ")
	}
}
