package templates

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// manyTemplates returns as many templates as an organization can have, with realistic prompts.
func manyTemplates() []OrganizationTemplate {
	all := make([]OrganizationTemplate, MaxTemplates)
	for i := range all {
		t := defaultOrganization()[i%4]
		t.ID, t.Name = id(i+1), t.Name+" "+uuid.NewSHA1(uuid.Nil, []byte{byte(i), byte(i >> 8)}).String()
		t.DefaultSystemPrompt = new(strings.Repeat("## Rules\n\n- Ask, if \"unclear\"; never gueß.\n", 40))
		all[i] = t
	}
	return all
}

func BenchmarkReadFile(b *testing.B) {
	data := WriteEnvelopes(manyTemplates(), defaultOrganization()[0].CreatedAt)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := ReadFile(b.Context(), data, Tools{})
		if err != nil || len(f.Entries) != MaxTemplates {
			b.Fatal(err, len(f.Entries))
		}
	}
}

func BenchmarkReadArchive(b *testing.B) {
	data, err := WriteArchive(manyTemplates())
	require.NoError(b, err)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := ReadArchive(b.Context(), data, Tools{})
		if err != nil || len(f.Entries) != MaxTemplates {
			b.Fatal(err, len(f.Entries))
		}
	}
}
