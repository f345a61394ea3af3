package editors

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed clients.yaml
var clientsYAML []byte

// Client describes an editor. Its fields are those of clients.yaml.
type Client struct {
	// ID is a stable name for programs; Name is a display name.
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	// Source describes how the client gets modes.
	Source string `yaml:"reads"`

	Prompt struct {
		Separator string       `yaml:"separator"`
		Parts     []promptPart `yaml:"parts"`
	} `yaml:"prompt"`
	// Description lists the fields that are tried in order for the displayed description.
	// Purpose does so for the text that a model sees when it chooses a mode.
	Description        []string    `yaml:"description"`
	Purpose            []string    `yaml:"purpose"`
	EmptyStopsFallback bool        `yaml:"empty_hides"`
	Permissions        permissions `yaml:"permissions"`
	Restriction        restriction `yaml:"restriction"`
	// BuiltIn are the slugs of the client's own modes.
	BuiltIn        []string          `yaml:"built_in"`
	RenamedSlugs   map[string]string `yaml:"renamed"`
	ShownAlongside map[string]string `yaml:"beside"`
}

// promptPart is a field of a mode, or a description of text that the client adds.
type promptPart struct {
	Field   string `yaml:"field"`
	Heading string `yaml:"heading"`
	Literal string `yaml:"own"`
}

type permissions struct {
	// Names are all permissions; the ones that no group grants are denied.
	Names  []string          `yaml:"names"`
	Labels map[string]string `yaml:"labels"`
	Groups map[string]string `yaml:"groups"`
	// AlwaysGranted are the permissions that every mode has.
	AlwaysGranted    []string `yaml:"always"`
	LastWins         bool     `yaml:"last_wins"`
	UnknownGroupNote string   `yaml:"unknown"`
	// DifferenceNotes explains, by group, that the permission differs from what the group's name
	// suggests.
	DifferenceNotes map[string]string `yaml:"differing"`
}

type restriction struct {
	// PatternSyntax is "regex" or "glob"; Outcome is "limit" or "deny".
	PatternSyntax string `yaml:"reads_as"`
	Outcome       string `yaml:"outcome"`
	// Groups are the groups whose restriction the client respects.
	Groups      []string `yaml:"groups"`
	Note        string   `yaml:"note"`
	IgnoredNote string   `yaml:"ignored"`
}

type file struct {
	Version int      `yaml:"version"`
	Clients []Client `yaml:"clients"`
}

var loadClients = sync.OnceValue(func() file {
	var f file
	dec := yaml.NewDecoder(bytes.NewReader(clientsYAML))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		panic("editors: clients.yaml: " + err.Error()) // a test checks that it is valid
	}
	return f
})

// Version returns the version of the client data.
func Version() int { return loadClients().Version }

// All returns the clients, the newest first.
func All() []Client { return slices.Clone(loadClients().Clients) }

// Find returns the client with this id.
func Find(id string) (Client, error) {
	for _, c := range loadClients().Clients {
		if c.ID == id {
			return c, nil
		}
	}
	return Client{}, fmt.Errorf("editors: there is no client %q", id)
}
