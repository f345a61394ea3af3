package admin_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

func TestLargeImportRequiresWriteToken(t *testing.T) {
	w := newTestServer(t, 0, func(*admin.Options) {})
	_, user := w.user("member")
	other, err := w.db.CreateOrganization(t.Context(), setupActor, "other", "Other")
	require.NoError(t, err)
	require.NoError(t, w.db.AddMember(t.Context(), setupActor, other.ID, user.ID, "owner"))
	keys, err := token.ParseKeys("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	text := strings.Repeat("#", 4<<20) + "\ncustomModes: []\n"
	for _, c := range []struct {
		opens  uuid.UUID
		slug   string
		status int
		answer string
	}{
		{w.org.ID, "acme", 413, "body_too_large"},
		{w.org.ID, "other", 413, "body_too_large"},
		{other.ID, "other", 200, `"modes":[]`},
	} {
		secret := keys.Mint()
		_, err := w.db.CreateToken(t.Context(), setupActor, postgres.NewToken{
			Token: secret, Name: "ci", User: user.ID, Scopes: []string{"read", "write"}, Organizations: []uuid.UUID{c.opens},
		})
		require.NoError(t, err)
		body := text
		if c.status != 200 {
			body = "" // refused based on the header
		}
		status, _, answer := w.answer(w.send("POST /api/v1/organizations/"+c.slug+"/modes/import", body,
			"Authorization: Bearer "+secret, "Content-Type: application/yaml", fmt.Sprint("Content-Length: ", len(text))))
		require.Equal(t, c.status, status, "%s: %.300s", c.slug, answer)
		require.Contains(t, answer, c.answer)
	}
}
