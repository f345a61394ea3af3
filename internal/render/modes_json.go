package render

import (
	"bytes"
	"encoding/json"
	"time"

	"orgmodes/internal/modes"
)

// apiMode is a mode as current editors expect it. All seven fields are always
// present. No optional text within config is ever null or empty, as one null
// makes editors drop all modes.
type apiMode struct {
	ID             string       `json:"id"`
	OrganizationID string       `json:"organization_id"`
	Name           string       `json:"name"`
	Slug           string       `json:"slug"`
	CreatedBy      string       `json:"created_by"`
	CreatedAt      string       `json:"created_at"`
	UpdatedAt      string       `json:"updated_at"`
	Config         modes.Config `json:"config"`
}

// timeFormat is RFC 3339 with milliseconds, as JavaScript's toISOString writes it.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

func modesJSON(stored []modes.OrganizationMode) []byte {
	items := make([]apiMode, len(stored))
	for i, m := range stored {
		items[i] = apiMode{
			ID:             m.ID.String(),
			OrganizationID: m.OrganizationID.String(),
			Name:           m.Name,
			Slug:           m.Slug,
			CreatedBy:      m.CreatedBy,
			CreatedAt:      timestamp(m.CreatedAt),
			UpdatedAt:      timestamp(m.UpdatedAt),
			Config:         m.Config,
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(struct {
		Modes []apiMode `json:"modes"`
	}{items}); err != nil {
		// Only a mode that was never validated can hold a value that JSON can't represent.
		panic("render: " + err.Error())
	}
	return b.Bytes()
}

func timestamp(t time.Time) string { return t.UTC().Format(timeFormat) }
