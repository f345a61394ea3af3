package manifest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
	"orgmodes/internal/suggest"
	"orgmodes/internal/upload"
)

const (
	// APIVersion is the version of the format that is written.
	APIVersion = "orgmodes/v1alpha1"
	// MaxDocuments is the maximum number of documents in one change.
	MaxDocuments = 1000

	// The limits of one text, see jsonast.Budget.
	maxNesting     = 512
	maxValues      = 64_000
	maxValueStarts = 200_000
)

// apiVersions are the supported versions.
var apiVersions = []string{APIVersion, "krate.a5c.ai/v1alpha1"}

// Document is the manifest of one object.
type Document struct {
	// Index is the position among all documents of one Read, from 0. File is the name of the
	// file if there are several files. Line is the first line in the file, from 1.
	Index, Line int
	File        string
	// Kind holds the rules of the object's kind.
	Kind resource.Kind
	Spec resource.Spec
	// Labels are nil if the manifest has none, which differs from an empty object.
	Labels map[string]string
	// Generation is the version of the object on which the manifest is based; 0 means any.
	Generation int64
	// Notices report ignored content, and valid content without effect.
	Notices []resource.Notice

	// pointer is the document's pointer if there are several documents.
	pointer string
	root    *jsonast.Node
	// spec is the node that the kind reads.
	spec *jsonast.Node
	// nameFromMetadata is set if only the metadata contains the name.
	nameFromMetadata bool
}

// Name returns the object's name.
func (d Document) Name() string { return d.Spec.ObjectName() }

// Object returns the new content of an object that the document replaces as a whole. Without
// labels in the document, the object gets none.
func (d Document) Object() resource.Object {
	return resource.Object{Spec: d.Spec, Labels: d.labelsOrEmpty()}
}

// labelsOrEmpty returns the labels of the document, never nil.
func (d Document) labelsOrEmpty() map[string]string {
	if d.Labels == nil {
		return map[string]string{}
	}
	return d.Labels
}

// SpecProblem converts a problem of the spec to one of the text.
func (d Document) SpecProblem(p fault.Field) fault.Field {
	if p.Line == 0 {
		p.Line, p.Column = d.spec.Position(p.Pointer)
	}
	if d.nameFromMetadata && p.Pointer == "/"+d.Kind.Names().NameField {
		p.Pointer = "/metadata/name"
	} else {
		p.Pointer = "/spec" + p.Pointer
	}
	p.Pointer = d.pointer + p.Pointer
	return d.withFileName(p)
}

// Problem returns a problem of the document, positioned at pointer or its closest existing
// ancestor.
func (d Document) Problem(pointer, detail string) fault.Field {
	line, column := d.root.Position(pointer)
	return d.withFileName(fault.Field{Pointer: d.pointer + pointer, Detail: detail, Line: line, Column: column})
}

// withFileName prefixes a problem with the file name, if there are several files.
func (d Document) withFileName(p fault.Field) fault.Field {
	if d.File != "" {
		p.Detail = d.File + ": " + p.Detail
	}
	return p
}

// Read reads the manifests in files: a stream of YAML documents, or JSON with one document or a
// list of them. It validates each document by the rules of its kind, and checks that no object
// occurs twice. The error is a *fault.Error: Malformed if a file can't be parsed, TooLarge, or
// Invalid ("invalid_manifest") with the position of each problem in its file. If ctx is done,
// it is the error of ctx.
func Read(ctx context.Context, kinds []resource.Kind, files []upload.File) ([]Document, error) {
	budget := newBudget(ctx)
	var documents []Document
	for _, f := range files {
		roots, err := parse(f.Data, budget)
		if err != nil {
			return nil, prefixFileName(err, f.Name, len(files))
		}
		for _, root := range roots {
			d := Document{Index: len(documents), Line: root.Line, root: root}
			if len(files) > 1 {
				d.File = f.Name
			}
			documents = append(documents, d)
		}
		if err := checkCount(len(documents)); err != nil {
			return nil, err
		}
	}
	if len(documents) == 0 {
		return nil, fault.New(fault.Invalid, "no_manifests", "This contains no manifest. Expected documents with kind, metadata and spec")
	}
	r := reader{kinds: kinds, documents: documents, first: map[string]int{}}
	for i := range documents {
		if len(documents) > 1 {
			documents[i].pointer = "/" + strconv.Itoa(i)
		}
		r.document(&documents[i])
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return documents, nil
}

// prefixFileName prefixes the error for an unreadable file with the file name, if there are
// several files.
func prefixFileName(err error, name string, files int) error {
	if f, ok := fault.As(err); ok && files > 1 {
		named := *f
		named.Message = name + ": " + f.Message
		return &named
	}
	return err
}

// parse returns the documents of a text.
func parse(data []byte, budget *jsonast.Budget) ([]*jsonast.Node, error) {
	if err := upload.CheckSize(data); err != nil {
		return nil, err
	}
	data = jsonast.TrimBOM(data)
	if jsonast.LooksLikeJSON(data) {
		return parseJSON(data, budget)
	}
	return parseYAML(data, budget)
}

func newBudget(ctx context.Context) *jsonast.Budget {
	return &jsonast.Budget{
		Context: ctx, Values: maxValues, Text: upload.MaxUploadBytes, Depth: maxNesting, ValueStarts: maxValueStarts, InputName: "This file",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values", "This file holds more than %d values, aliases expanded. Split it", maxValues),
		TooMuchText: fault.New(fault.TooLarge, "too_much_text",
			"With its aliases expanded, this file holds more than %s of text. Split it", humanize.Bytes(upload.MaxUploadBytes)),
	}
}

func parseJSON(data []byte, budget *jsonast.Budget) ([]*jsonast.Node, error) {
	root, err := (&jsonast.JSON{Budget: budget}).Parse(data)
	if err != nil || root.Kind != jsonast.Array {
		return []*jsonast.Node{root}, err
	}
	return root.Items, checkCount(len(root.Items))
}

func parseYAML(data []byte, budget *jsonast.Budget) ([]*jsonast.Node, error) {
	parts := split(data)
	if err := checkCount(len(parts)); err != nil {
		return nil, err
	}
	nodes := make([]*jsonast.Node, len(parts))
	for i, p := range parts {
		var err error
		nodes[i], err = jsonast.YAML{
			Budget: budget, Empty: fault.New(fault.Invalid, "no_manifests", "This document is empty"),
			Locate: func(line, column int) (int, int) { return line + p.line - 1, column },
		}.Parse(p.text)
		if err == nil {
			continue
		}
		// A second parse, below as many empty lines, reports the line within the whole text.
		above := bytes.Repeat([]byte("\n"), p.line-1)
		if _, again := (jsonast.YAML{Budget: newBudget(budget.Context), Empty: err}).Parse(append(above, p.text...)); again != nil && !budget.Exhausted() {
			err = again
		}
		return nil, err
	}
	return nodes, nil
}

func checkCount(documents int) error {
	if documents <= MaxDocuments {
		return nil
	}
	return fault.New(fault.TooLarge, "too_many_documents", "These are %d documents; at most %d are applied at once. Split them", documents, MaxDocuments)
}

type reader struct {
	problems
	kinds     []resource.Kind
	documents []Document
	// first maps each object, by kind and name, to the index of its document.
	first map[string]int
}

// envelope is a manifest without its spec and status.
type envelope struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   metadata `json:"metadata"`
}

type metadata struct {
	Name       string            `json:"name"`
	Labels     map[string]string `json:"labels,omitempty"`
	Generation int64             `json:"generation,omitempty"`
	// Written by the library; ignored in input.
	UID               string `json:"uid,omitempty"`
	CreationTimestamp string `json:"creationTimestamp,omitempty"`
}

// document reads one document, or records its problems.
func (r *reader) document(d *Document) {
	before := len(r.list)
	e, ok := r.envelope(d)
	if !ok {
		return
	}
	if d.Kind = r.kind(d, e); d.Kind == nil {
		return
	}
	r.labels(d, e)
	if len(r.list) > before {
		return
	}
	if r.spec(d, e); len(r.list) > before {
		return
	}
	key := d.Kind.Names().Singular + " " + d.Kind.NameKey(d.Name())
	if first, twice := r.first[key]; twice {
		r.add(d.Problem("/metadata/name", fmt.Sprintf("the %s %q is in %s already; leave one of them out",
			d.Kind.Names().Noun, d.Name(), r.documents[first].describeLocation())))
		return
	}
	r.first[key] = d.Index
}

// describeLocation describes the position of a document.
func (d Document) describeLocation() string {
	if d.File != "" {
		return fmt.Sprintf("%s, line %d", d.File, d.Line)
	}
	return fmt.Sprintf("the document at line %d", d.Line)
}

// envelope reads everything but the spec. ok is false if it can't be decoded.
func (r *reader) envelope(d *Document) (e envelope, ok bool) {
	rest := *d.root
	rest.Fields = nil
	for _, f := range d.root.Fields {
		switch {
		case f.Name == "spec" && f.Problem == "" && d.spec == nil:
			d.spec = f.Value
		case f.Name == "status" && f.Problem == "":
			d.Notices = append(d.Notices, resource.Notice{Pointer: d.pointer + "/status", Detail: "status is ignored: the library determines it", Line: f.Line, Column: f.Column})
		case f.Name == "actions" && f.Problem == "": // written by the API
		default:
			rest.Fields = append(rest.Fields, f)
		}
	}
	if err := rest.Decode(&e); err != nil {
		r.merge(err, func(p fault.Field) fault.Field {
			p.Pointer = d.pointer + p.Pointer
			return d.withFileName(p)
		})
		return e, false
	}
	addProblem := func(pointer, detail string) { r.add(d.Problem(pointer, detail)) }
	if e.APIVersion != "" && !slices.Contains(apiVersions, e.APIVersion) {
		addProblem("/apiVersion", "must be "+APIVersion+", or absent")
	}
	if e.Metadata.Name == "" {
		addProblem("/metadata/name", "is required")
	}
	if e.Metadata.Generation < 0 {
		addProblem("/metadata/generation", "must be a number, 1 or higher, or absent")
	}
	if d.spec == nil {
		addProblem("/spec", "is required")
	} else if d.spec.Kind != jsonast.Object {
		addProblem("/spec", cmp.Or(d.spec.Problem, "must be an object, not "+d.spec.Describe()))
	}
	d.Generation = e.Metadata.Generation
	return e, true
}

// kind returns the kind of a document, or nil and records the problem.
func (r *reader) kind(d *Document, e envelope) resource.Kind {
	names := make([]string, len(r.kinds))
	for i, k := range r.kinds {
		names[i] = k.Names().Manifest
		if names[i] == e.Kind {
			return k
		}
	}
	if e.Kind == "" {
		r.add(d.Problem("/kind", "is required, such as "+names[0]))
	} else {
		r.add(d.Problem("/kind", fmt.Sprintf("unknown kind %q%s", humanize.Truncate(e.Kind, 60), suggest.HintNear("; the closest match is %s", e.Kind, names))))
	}
	return nil
}

// labels checks the labels of a document.
func (r *reader) labels(d *Document, e envelope) {
	d.Labels = e.Metadata.Labels
	problems := resource.CheckLabels(d.Labels)
	if len(d.Labels) > 0 && !d.Kind.Names().Labeled {
		problems = []fault.Field{resource.LabelsNotSupported(d.Kind)}
	}
	for _, p := range problems {
		r.add(d.Problem(p.Pointer, p.Detail))
	}
}

// spec reads the spec by the rules of the kind. For the kind, the object's name is a field of
// the spec; manifests have it in the metadata.
func (r *reader) spec(d *Document, e envelope) {
	field := d.Kind.Names().NameField
	if name := d.spec.Get(field); name == nil {
		at, _ := d.root.Find("/metadata/name")
		whole := *d.spec
		whole.Fields = append([]jsonast.Field{{Name: field, Value: at, Line: at.Line, Column: at.Column}}, d.spec.Fields...)
		d.spec, d.nameFromMetadata = &whole, true
	} else if name.Kind == jsonast.String && name.Text != e.Metadata.Name {
		r.add(d.Problem("/spec"+jsonast.EscapeToken(field), fmt.Sprintf("must be %q like metadata.name, or absent", e.Metadata.Name)))
		return
	}
	spec, err := d.Kind.Read(d.spec)
	if err != nil {
		r.merge(err, d.SpecProblem)
		return
	}
	d.Spec = spec
	if n, ok := spec.(resource.Noticer); ok {
		for _, notice := range n.Notices() {
			p := d.SpecProblem(fault.Field{Pointer: notice.Pointer, Detail: notice.Detail})
			d.Notices = append(d.Notices, resource.Notice{Pointer: p.Pointer, Detail: p.Detail, Line: p.Line, Column: p.Column})
		}
	}
}
