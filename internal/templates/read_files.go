package templates

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

// Entry is the result for one template of a file. A file without templates yields one entry,
// with the reason among its problems.
type Entry struct {
	// Template is the decoded template, normalized. Use it only if there are no Problems.
	Template Template
	// ID, CreatedAt and UpdatedAt come from the file; they are zero if absent there.
	ID                   uuid.UUID
	CreatedAt, UpdatedAt time.Time
	// FileEntry holds the problems. Its Conflict isn't one of them, as an import can resolve
	// it.
	resource.FileEntry

	node *jsonast.Node
	// single is set if the file holds nothing else.
	single bool
}

// Position returns the text position for a pointer in the template, or of its closest ancestor
// that exists.
func (e Entry) Position(pointer string) (line, column int) {
	if e.node == nil {
		return e.Line, e.Column
	}
	return e.node.Position(pointer)
}

// templateFiles selects the template files of a folder.
var templateFiles = upload.Kind{Noun: "templates", SkipReason: skipReason}

// Files holds the combined content of several files.
type Files struct {
	Entries []Entry
	// Notices report the skipped files.
	Notices []resource.Notice
}

// ReadFiles reads files of templates. A file holds one template, as in a folder of
// {template_id}.json, or several in any supported format (see findTemplates). An invalid
// template or file doesn't affect the others. The error is a *fault.Error (TooLarge) if all
// files together exceed the limits, or the error of ctx.
func ReadFiles(ctx context.Context, files []upload.File, tools Tools) (Files, error) {
	files, err := templateFiles.Sorted(files)
	if err != nil {
		return Files{}, err
	}
	// All files share one budget.
	b := newBudget(ctx)
	var out Files
	for _, f := range files {
		if reason := skipReason(f.Name); reason != "" {
			out.Notices = append(out.Notices, resource.Notice{File: f.Name, Detail: reason})
			continue
		}
		entries, err := readFile(f.Data, tools, b)
		if err != nil {
			return Files{}, err
		}
		for _, e := range entries {
			e.File, e.Index = f.Name, len(out.Entries)
			e.checkFileName()
			out.Entries = append(out.Entries, e)
		}
		if err := CheckLibrary(len(out.Entries), 0); err != nil {
			return Files{}, err
		}
	}
	markDuplicates(out.Entries)
	return out, nil
}

// ReadArchive reads the templates of a zip file, as ReadFiles does for a folder. A malicious
// archive is refused as a whole, before anything is unpacked. The error is a *fault.Error.
func ReadArchive(ctx context.Context, data []byte, tools Tools) (Files, error) {
	files, err := templateFiles.Unpack(data)
	if err != nil {
		return Files{}, err
	}
	return ReadFiles(ctx, files, tools)
}

// ReadFile reads one file in any supported format. The file has no name to take an id from.
func ReadFile(ctx context.Context, data []byte, tools Tools) (Files, error) {
	return ReadFiles(ctx, []upload.File{{Data: data}}, tools)
}

// readFile reads and validates each template of a file separately. An error ends the whole
// read.
func readFile(data []byte, tools Tools, b *jsonast.Budget) ([]Entry, error) {
	root, err := parseFile(data, b)
	if err := b.CheckContext(); err != nil {
		return nil, err
	}
	if b.Exhausted() {
		return nil, err
	}
	if f, ok := fault.As(err); ok {
		return []Entry{unreadableEntry(f)}, nil
	}
	found, problems := findTemplates(root)
	if len(problems) > 0 {
		e := newEntry(root)
		e.Problems, e.single = problemFields(problems), true
		return []Entry{e}, nil
	}
	if err := CheckLibrary(len(found.nodes), 0); err != nil {
		return nil, err
	}
	entries := make([]Entry, len(found.nodes))
	for i, n := range found.nodes {
		if err := b.CheckContext(); err != nil {
			return nil, err
		}
		entries[i] = readEntry(n, tools)
		entries[i].Pointer = found.pointer(i)
		entries[i].single = !found.isList
	}
	return entries, nil
}

func parseFile(data []byte, b *jsonast.Budget) (*jsonast.Node, error) {
	if err := upload.CheckSize(data); err != nil {
		return nil, err
	}
	return parseJSON(data, b)
}

// unreadableEntry returns the entry for a file that can't be read.
func unreadableEntry(f *fault.Error) Entry {
	e := Entry{single: true}
	e.Problems = f.Fields
	if len(f.Fields) == 0 {
		e.Problems = []fault.Field{{Detail: f.Message}}
	}
	e.Line, e.Column = e.Problems[0].Line, e.Problems[0].Column
	return e
}

func newEntry(n *jsonast.Node) Entry {
	e := Entry{node: n}
	e.Line, e.Column = n.Line, n.Column
	return e
}

func readEntry(n *jsonast.Node, tools Tools) Entry {
	e := newEntry(n)
	var d decoder
	t := d.template(n)
	ident := d.identity(n)
	e.ID, e.CreatedAt, e.UpdatedAt = ident.id, ident.createdAt, ident.updatedAt
	e.Template = d.finish(t, tools, n.Position)
	e.Problems, e.Notices = problemFields(d.problems), d.notices
	return e
}

// checkFileName compares the file's name with the id in the file. A name that is no id is
// ignored, because users are free to name their files. A name with a different id is a problem:
// an import would overwrite one of two templates, and it is unclear which was meant.
func (e *Entry) checkFileName() {
	fromName, ok := parseID(strings.TrimSuffix(path.Base(e.File), path.Ext(e.File)))
	if !ok || !e.single || e.node == nil {
		return
	}
	line, column := e.Position("/template_id")
	switch given := e.node.Get("template_id"); {
	case e.ID == fromName:
	case given == nil || given.Kind == jsonast.Null:
		e.ID = fromName
		e.Notices = append(e.Notices, resource.Notice{
			File: e.File, Pointer: "/template_id", Detail: "this file has no template_id; the file's name is used instead", Line: line, Column: column,
		})
	case e.ID != uuid.Nil:
		e.Problems = append(e.Problems, fault.Field{
			Pointer: "/template_id", Line: line, Column: column,
			Detail: fmt.Sprintf("the template_id is %s, and the file is named after %s; make them the same, or give the file a name that is not an id", e.ID, fromName),
		})
	}
}

// markDuplicates marks entries whose name or id repeats that of an earlier entry. Entries with
// problems don't count.
func markDuplicates(entries []Entry) {
	first := map[string]int{}
	for i := range entries {
		e := &entries[i]
		for n := range e.Notices {
			e.Notices[n].File = e.File
		}
		if len(e.Problems) > 0 {
			continue
		}
		for _, key := range e.keys() {
			if j, ok := first[key]; ok && e.Conflict == nil {
				e.Conflict = &resource.Conflict{Index: j, File: entries[j].File, Line: entries[j].Line}
			} else if !ok {
				first[key] = i
			}
		}
	}
}

// keys returns the keys that must be unique among the templates of an organization.
func (e Entry) keys() []string {
	keys := []string{nameKey(e.Template.Name)}
	if e.ID != uuid.Nil {
		keys = append(keys, idKey(e.ID))
	}
	return keys
}

func nameKey(name string) string { return "name " + NameKey(name) }
func idKey(id uuid.UUID) string  { return "id " + id.String() }

// skipReason returns why a file of this name is skipped, or "" if it is read.
func skipReason(name string) string {
	base := path.Base(name)
	switch {
	case name == "":
		return "" // a single file, given without a name
	case upload.IsAppleDouble(name):
		return "skipped: macOS metadata about another file"
	case strings.HasPrefix(base, "."):
		return "skipped: hidden files hold no templates"
	case !strings.EqualFold(path.Ext(base), ".json"):
		return "skipped: templates are in files that end in .json"
	default:
		return ""
	}
}
