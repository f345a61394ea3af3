package auditlog

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
)

func TestChangedFieldsAreTruncatedAndCounted(t *testing.T) {
	fields := func(value string) []byte {
		extra := map[string]any{}
		for i := range 3000 {
			extra[fmt.Sprintf("x%05d", i)] = value
		}
		b, err := json.Marshal(map[string]any{"slug": "a", "name": "A", "config": extra})
		require.NoError(t, err)
		return b
	}
	changed := changedFields(audit.Entry{Subject: audit.Subject{Kind: audit.Mode}, Before: fields("1"), After: fields("2")})
	assert.Less(t, len(changed), 1000)
	assert.Regexp(t, `^x00000, .*, x00019, 2980 other fields$`, changed)
}
