package auditlog

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
)

func TestFilterIncludesUntilDay(t *testing.T) {
	f, wrong := auditQuery{Since: "2026-05-01", Until: "2026-05-03"}.filter()
	require.Empty(t, wrong.ErrorFields)
	require.Equal(t, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), f.Since)
	require.Equal(t, time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC), f.Until)
	f, _ = auditQuery{Until: "2026-05-03T12:00:00+02:00"}.filter()
	require.Equal(t, time.Date(2026, 5, 3, 10, 0, 0, 0, time.UTC), f.Until, "a time is as exact as it is")
	_, wrong = auditQuery{Since: "soon", Until: "2026-13-01"}.filter()
	require.Equal(t, []string{"since", "until"}, wrong.ErrorFields)
}

func TestQueryEncodesFilter(t *testing.T) {
	a := auditQuery{Text: "ü & b", Actor: "x", Actions: []string{"mode.create", "mode.update"}}
	require.Equal(t, "action=mode.create&action=mode.update&actor=x&before=7&q=%C3%BC+%26+b", a.Query("before", "7"))
	require.Equal(t, "action=mode.create&action=mode.update&q=%C3%BC+%26+b", a.Query("actor", ""))
}

// Every recorded entry has a description and a diff that can be shown.
func TestEntriesAreDescribed(t *testing.T) {
	for name, c := range map[string]struct {
		kind          audit.SubjectKind
		before, after string
		fields        string
		raw           bool
	}{
		"mode moved":     {audit.Mode, `{"slug":"a","name":"A","position":1024,"config":{"roleDefinition":"x","groups":[]}}`, `{"slug":"a","name":"A","position":512,"config":{"roleDefinition":"x","groups":[]}}`, "Place in the list", false},
		"reordered":      {audit.Organization, `{"modes":["a","b"]}`, `{"modes":["b","a"]}`, "Order of the modes", false},
		"mode, unknown":  {audit.Mode, `{"slug":"a","name":"A","config":{"roleDefinition":"x","groups":[]}}`, `{"slug":"a","name":"A","config":{"roleDefinition":"x","groups":[],"x":{"y":1}}}`, "x", false},
		"member":         {audit.Member, `{"email":"a@b","role":"member"}`, `{"email":"a@b","role":"admin"}`, "Role", false},
		"token":          {audit.AccessToken, `{"scopes":["read"],"name":"n"}`, `{"scopes":["read"],"name":"n","revoked_at":"2026-01-01T00:00:00Z"}`, "Revoked", false},
		"something else": {"weather", `{"rain":true}`, `{"rain":false}`, "rain", false},
		"not an object":  {"weather", `1`, `2`, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			e := audit.Entry{
				Action: "weather.change", Subject: audit.Subject{Kind: c.kind, Name: "it"}, Before: json.RawMessage(c.before), After: json.RawMessage(c.after),
			}
			require.Equal(t, c.fields, changedFields(e))
			l := newAuditEntry(e, diff.NewBudget(t.Context(), diff.DefaultSteps))
			require.Equal(t, c.raw, l.Raw)
			require.Equal(t, "weather.change it", l.Sentence())
			if name == "mode moved" {
				require.Equal(t, "moved up", l.Changes[0].Note)
			}
		})
	}
}

// The filter of the audit log offers exactly the actions that an organization's log can
// have.
func TestAuditFilterOffersEveryAction(t *testing.T) {
	var want, offered []string
	for _, action := range audit.Actions() {
		if !strings.HasPrefix(action, "user.") && !strings.HasPrefix(action, "installation.") {
			want = append(want, action)
		}
	}
	for _, g := range actionGroups {
		for _, a := range g.Actions {
			offered = append(offered, a.Name)
		}
	}
	require.ElementsMatch(t, want, offered)
}
