package auth_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/auth"
)

func TestWarningsNameTheSettingToChange(t *testing.T) {
	for _, c := range []struct {
		public  string
		proxies bool
		names   string
	}{
		{"https://modes.example", false, "TRUSTED_PROXIES"},
		{"https://modes.example", true, ""},
		{"http://localhost:8080", false, "Secure"},
		{"http://localhost:8080", true, "Secure"},
	} {
		u, err := url.Parse(c.public)
		require.NoError(t, err)
		all := auth.Warnings(u, c.proxies)
		if c.names == "" {
			require.Empty(t, all)
			continue
		}
		require.Len(t, all, 1)
		require.Contains(t, all[0], c.names)
		require.True(t, strings.Contains(all[0], "Set ") || strings.Contains(all[0], "set "), "and says what to do")
	}
}
