package manifest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
	"orgmodes/internal/typo"
	"orgmodes/internal/upload"
	"orgmodes/internal/wording"
)

const (
	// APIVersion is the version of the form that is written.
	APIVersion = "orgmodes/v1alpha1"
	// MaxDocuments is how many documents one change can have.
	MaxDocuments = 1000

	// What one text may hold, see jsonast.Budget.
	maxNesting = 512
	maxValues  = 64_000
	maxMarks   = 200_000
)

// apiVersions are those that are read.
var apiVersions = []string{APIVersion, "krate.a5c.ai/v1alpha1"}

// Document is the manifest of one object.
type Document struct {
	// Index is its place among all documents that were read together, from 0. File is
	// the name of its file, where there are several, and Line where it begins there,
	// from 1.
	Index, Line int
	File        string
	// Kind holds the rules of the object's kind.
	Kind resource.Kind
	Spec resource.Spec
	// Labels are nil if the manifest has none, which is not the same as an empty object.
	Labels map[string]string
	// Generation is the version of the object that the manifest was made from; 0 for
	// any.
	Generation int64
	// Notices are remarks on what was passed over.
	Notices []resource.Notice

	// pointer leads to the document among several.
	pointer string
	root    *jsonast.Node
	// spec is what the kind read.
	spec *jsonast.Node
	// named says that the name is only in the metadata.
	named bool
}

// Name returns the object's name.
func (d Document) Name() string { return d.Spec.ObjectName() }

// Object returns the content of an object that is replaced by the document as a whole:
// without labels in it, the object has none.
func (d Document) Object() resource.Object {
	return resource.Object{Spec: d.Spec, Labels: d.stated()}
}

// stated returns the labels of the document, never nil.
func (d Document) stated() map[string]string {
	if d.Labels == nil {
		return map[string]string{}
	}
	return d.Labels
}

// Blame returns a problem of the spec as one of the text.
func (d Document) Blame(p fault.Field) fault.Field {
	if p.Line == 0 {
		p.Line, p.Column = d.spec.Position(p.Pointer)
	}
	if d.named && p.Pointer == "/"+d.Kind.Names().NameField {
		p.Pointer = "/metadata/name"
	} else {
		p.Pointer = "/spec" + p.Pointer
	}
	p.Pointer = d.pointer + p.Pointer
	return d.inFile(p)
}

// At returns a problem of the document, at a pointer or what is closest around it.
func (d Document) At(pointer, detail string) fault.Field {
	line, column := d.root.Position(pointer)
	return d.inFile(fault.Field{Pointer: d.pointer + pointer, Detail: detail, Line: line, Column: column})
}

// inFile names the file of a problem, where there are several.
func (d Document) inFile(p fault.Field) fault.Field {
	if d.File != "" {
		p.Detail = d.File + ": " + p.Detail
	}
	return p
}

// Read reads the manifests of files: documents of YAML, one after another, or JSON with
// one or a list of them. It checks each by the rules of its kind, and all together: no
// object is there twice. The error is a *fault.Error: Malformed where a file can't be
// read, TooLarge, or Invalid ("invalid_manifest") with the place of each problem in its
// file; or that of a context that is done.
func Read(ctx context.Context, kinds []resource.Kind, files []upload.File) ([]Document, error) {
	budget := newBudget(ctx)
	var documents []Document
	for _, f := range files {
		roots, err := parse(f.Data, budget)
		if err != nil {
			return nil, inFile(err, f.Name, len(files))
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
		return nil, fault.New(fault.Invalid, "no_manifests", "There is no manifest in this. Expected documents with kind, metadata and spec")
	}
	r := reader{kinds: kinds, documents: documents, first: map[string]int{}}
	for i := range documents {
		if len(documents) > 1 {
			documents[i].pointer = "/" + strconv.Itoa(i)
		}
		r.document(&documents[i])
	}
	if err := r.failure(); err != nil {
		return nil, err
	}
	return documents, nil
}

// inFile names the file that can't be read, where there are several.
func inFile(err error, name string, files int) error {
	if f, ok := fault.As(err); ok && files > 1 {
		named := *f
		named.Message = name + ": " + f.Message
		return &named
	}
	return err
}

// parse returns the documents of a text.
func parse(data []byte, budget *jsonast.Budget) ([]*jsonast.Node, error) {
	if err := upload.CheckUpload(data); err != nil {
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
		Context: ctx, Values: maxValues, Text: upload.MaxUploadBytes, Depth: maxNesting, Marks: maxMarks, What: "This file",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values", "This file holds more than %d values, aliases followed. Split it", maxValues),
		TooMuchText: fault.New(fault.TooLarge, "too_much_text",
			"With its aliases followed, this file holds more than %s of text. Split it", wording.Bytes(upload.MaxUploadBytes)),
	}
}

func parseJSON(data []byte, budget *jsonast.Budget) ([]*jsonast.Node, error) {
	root, err := (&jsonast.JSON{Budget: budget}).Parse(data)
	if err != nil || root.Kind != jsonast.List {
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
		// Read once more, below as many empty lines, it fails at the line of the whole.
		above := bytes.Repeat([]byte("\n"), p.line-1)
		if _, again := (jsonast.YAML{Budget: newBudget(budget.Context), Empty: err}).Parse(append(above, p.text...)); again != nil && !budget.Spent() {
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
	// first is the place among documents of each object, by its kind and name.
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
	// What the library writes, and passes over where it is sent back.
	UID               string `json:"uid,omitempty"`
	CreationTimestamp string `json:"creationTimestamp,omitempty"`
}

// document reads one document, or notes what is wrong with it.
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
		r.blame(d.At("/metadata/name", fmt.Sprintf("the %s %q is in %s already; leave one of them out",
			d.Kind.Names().Noun, d.Name(), r.documents[first].place())))
		return
	}
	r.first[key] = d.Index
}

// place says where a document is.
func (d Document) place() string {
	if d.File != "" {
		return fmt.Sprintf("%s, line %d", d.File, d.Line)
	}
	return fmt.Sprintf("the document at line %d", d.Line)
}

// envelope reads all but the spec; ok says that it could be read at all.
func (r *reader) envelope(d *Document) (e envelope, ok bool) {
	rest := *d.root
	rest.Fields = nil
	for _, f := range d.root.Fields {
		switch {
		case f.Name == "spec" && f.Flaw == "" && d.spec == nil:
			d.spec = f.Value
		case f.Name == "status" && f.Flaw == "":
			d.Notices = append(d.Notices, resource.Notice{Pointer: d.pointer + "/status", Detail: "status is passed over: the library finds it out itself", Line: f.Line, Column: f.Column})
		case f.Name == "actions" && f.Flaw == "": // of the API
		default:
			rest.Fields = append(rest.Fields, f)
		}
	}
	if err := rest.Decode(&e); err != nil {
		r.merge(err, func(p fault.Field) fault.Field {
			p.Pointer = d.pointer + p.Pointer
			return d.inFile(p)
		})
		return e, false
	}
	missing := func(pointer, detail string) { r.blame(d.At(pointer, detail)) }
	if e.APIVersion != "" && !slices.Contains(apiVersions, e.APIVersion) {
		missing("/apiVersion", "must be "+APIVersion+", or absent")
	}
	if e.Metadata.Name == "" {
		missing("/metadata/name", "is required")
	}
	if e.Metadata.Generation < 0 {
		missing("/metadata/generation", "must be a number from 1 on, or absent")
	}
	if d.spec == nil {
		missing("/spec", "is required")
	} else if d.spec.Kind != jsonast.Object {
		missing("/spec", cmp.Or(d.spec.Flaw, "must be an object, not "+d.spec.Describe()))
	}
	d.Generation = e.Metadata.Generation
	return e, true
}

// kind finds the kind of a document.
func (r *reader) kind(d *Document, e envelope) resource.Kind {
	names := make([]string, len(r.kinds))
	for i, k := range r.kinds {
		names[i] = k.Names().Manifest
		if names[i] == e.Kind {
			return k
		}
	}
	if e.Kind == "" {
		r.blame(d.At("/kind", "is required, such as "+names[0]))
	} else {
		r.blame(d.At("/kind", fmt.Sprintf("there is no kind %q; the nearest one is %s", wording.Shortened(e.Kind, 60), typo.Nearest(e.Kind, names))))
	}
	return nil
}

// labels checks the labels of a document.
func (r *reader) labels(d *Document, e envelope) {
	d.Labels = e.Metadata.Labels
	problems := resource.CheckLabels(d.Labels)
	if len(d.Labels) > 0 && !d.Kind.Names().Labeled {
		problems = []fault.Field{resource.Unlabeled(d.Kind)}
	}
	for _, p := range problems {
		r.blame(d.At(p.Pointer, p.Detail))
	}
}

// spec reads the spec by the rules of the kind. The object's name, which is in the
// metadata, is one of its fields.
func (r *reader) spec(d *Document, e envelope) {
	field := d.Kind.Names().NameField
	if name := d.spec.Get(field); name == nil {
		at, _ := d.root.Find("/metadata/name")
		whole := *d.spec
		whole.Fields = append([]jsonast.Field{{Name: field, Value: at, Line: at.Line, Column: at.Column}}, d.spec.Fields...)
		d.spec, d.named = &whole, true
	} else if name.Kind == jsonast.Text && name.Text != e.Metadata.Name {
		r.blame(d.At("/spec"+jsonast.Step(field), fmt.Sprintf("must be %q like metadata.name, or absent", e.Metadata.Name)))
		return
	}
	spec, err := d.Kind.Read(d.spec)
	if err != nil {
		r.merge(err, d.Blame)
		return
	}
	d.Spec = spec
}
