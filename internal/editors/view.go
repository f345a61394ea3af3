package editors

import (
	"fmt"
	"slices"
	"strings"

	"orgmodes/internal/modes"
)

// Access is the extent of a permission.
type Access string

// The kinds of access.
const (
	Allow Access = "allow"
	// Limit allows only files that match Permission.Pattern.
	Limit Access = "limit"
	Deny  Access = "deny"
)

// View is a mode as a client presents it.
type View struct {
	// Client is the id of the client.
	Client string `json:"client"`
	// Slug identifies the mode in the client; Name is the display name.
	Slug string `json:"slug"`
	Name string `json:"name"`
	// Description is displayed next to the name. Purpose is for a model that has to choose a
	// mode. Either can be empty.
	Description string `json:"description"`
	Purpose     string `json:"purpose"`
	// Prompt is the system prompt; text that the client adds is described in brackets.
	Prompt      string       `json:"prompt"`
	Permissions []Permission `json:"permissions"`
	// Notes explain surprising behavior.
	Notes []Note `json:"notes"`
}

// Permission is something that a mode is allowed or not allowed to do.
type Permission struct {
	// Name is the client's term, Label ours.
	Name   string `json:"name"`
	Label  string `json:"label"`
	Access Access `json:"access"`
	// Groups are the groups of the mode that grant the permission.
	Groups []string `json:"groups,omitempty"`
	// Pattern is matched against files. PatternSyntax is its syntax: "regex" or "glob".
	Pattern       string `json:"pattern,omitempty"`
	PatternSyntax string `json:"pattern_read,omitempty"`
	// PatternDescription is the mode's own description of the pattern.
	PatternDescription string `json:"described,omitempty"`
}

// Note explains surprising behavior. Pointer is the field of the mode that causes it.
type Note struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// Preview returns the client's view of a mode.
func Preview(c Client, m modes.Mode) View {
	v := View{
		Client: c.ID, Slug: m.Slug, Name: m.Name, Notes: []Note{},
		Prompt: c.prompt(m),
	}
	v.Description, _ = c.firstPresent(c.Description, m)
	var from string
	if v.Purpose, from = c.firstPresent(c.Purpose, m); from == "roleDefinition" {
		v.Purpose, _, _ = strings.Cut(v.Purpose, ".") // only its first sentence
	}
	v.setNames(c, m)
	v.setPermissions(c, m)
	if c.EmptyStopsFallback && m.Config.Description != "" && strings.TrimSpace(m.Config.Description) == "" {
		v.addNote("/config/description", "An empty description hides whenToUse.")
	}
	return v
}

func (v *View) addNote(pointer, detail string) { v.Notes = append(v.Notes, Note{pointer, detail}) }

// firstPresent returns the first text that is present, and its field.
func (c Client) firstPresent(fields []string, m modes.Mode) (s, field string) {
	for _, field := range fields {
		s := fieldText(field, m)
		if strings.TrimSpace(s) != "" || c.EmptyStopsFallback && s != "" {
			return strings.TrimSpace(s), field
		}
	}
	return "", ""
}

func fieldText(field string, m modes.Mode) string {
	return map[string]string{
		"name": m.Name, "roleDefinition": m.Config.RoleDefinition, "whenToUse": m.Config.WhenToUse,
		"description": m.Config.Description, "customInstructions": m.Config.CustomInstructions,
	}[field]
}

func (c Client) prompt(m modes.Mode) string {
	var parts []string
	for _, p := range c.Prompt.Parts {
		s := p.Literal
		if p.Field != "" {
			s = fieldText(p.Field, m)
			if strings.TrimSpace(s) == "" {
				continue
			}
			if p.Heading != "" {
				s = p.Heading + "\n" + s
			}
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, c.Prompt.Separator)
}

func (v *View) setNames(c Client, m modes.Mode) {
	if to, ok := c.RenamedSlugs[m.Slug]; ok {
		v.Slug = to
		v.addNote("/slug", fmt.Sprintf("Known as %s here.", to))
	}
	if other, ok := c.ShownAlongside[m.Slug]; ok {
		v.addNote("/slug", fmt.Sprintf("Does not replace the client's own mode %s: it appears beside it.", other))
	}
	for _, own := range c.BuiltIn {
		switch {
		case v.Slug == own:
			v.addNote("/slug", fmt.Sprintf("Replaces the client's own mode %s, as a whole.", own))
		case modes.SlugKey(v.Slug) == modes.SlugKey(own):
			v.addNote("/slug", fmt.Sprintf("Does not replace the client's own mode %s, which differs in case: it appears beside it.", own))
		}
	}
}

// setPermissions evaluates the groups as the client does.
func (v *View) setPermissions(c Client, m modes.Mode) {
	granted := map[string]Permission{}
	for i, g := range m.Config.Groups {
		pointer := fmt.Sprintf("/config/groups/%d", i)
		name, ok := c.Permissions.Groups[g.Name]
		if !ok {
			v.addNote(pointer, strings.ReplaceAll(c.Permissions.UnknownGroupNote, "{group}", g.Name))
			continue
		}
		if detail, ok := c.Permissions.DifferenceNotes[g.Name]; ok {
			v.addNote(pointer, detail)
		}
		p := Permission{Access: Allow}
		if r := g.Restriction; r != nil && r.FileRegex != "" {
			v.restrict(&p, c.Restriction, g, pointer+"/1/fileRegex")
		}
		before, repeated := granted[name]
		if repeated && !c.Permissions.LastWins && before.Access == Allow {
			p = before
		}
		p.Groups = append(slices.Clone(before.Groups), g.Name)
		granted[name] = p
	}
	for _, name := range c.Permissions.Names {
		p, ok := granted[name]
		if !ok {
			p.Access = Deny
		}
		if slices.Contains(c.Permissions.AlwaysGranted, name) {
			p.Access = Allow
		}
		p.Name, p.Label = name, c.Permissions.Labels[name]
		v.Permissions = append(v.Permissions, p)
	}
}

func (v *View) restrict(p *Permission, r restriction, g modes.Group, pointer string) {
	if !slices.Contains(r.Groups, g.Name) {
		v.addNote(pointer, strings.ReplaceAll(r.IgnoredNote, "{group}", g.Name))
		return
	}
	p.Access = Access(r.Outcome)
	p.Pattern, p.PatternSyntax, p.PatternDescription = g.Restriction.FileRegex, r.PatternSyntax, g.Restriction.Description
	if r.Note != "" {
		v.addNote(pointer, strings.ReplaceAll(r.Note, "{group}", g.Name))
	}
}
