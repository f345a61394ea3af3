package password_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/password"
	"orgmodes/internal/fault"
)

func TestHashAndVerify(t *testing.T) {
	hash, err := password.Hash("correct horse battery")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$"), hash)
	c, err := password.NewChecker(1)
	require.NoError(t, err)
	for pass, want := range map[string]bool{"correct horse battery": true, "correct horse battery ": false, "": false, strings.Repeat("x", 2000): false} {
		ok, err := c.Verify(t.Context(), hash, pass)
		require.NoError(t, err)
		require.Equal(t, want, ok, pass)
	}
	ok, err := c.Verify(t.Context(), "", "nobody's password")
	require.NoError(t, err)
	require.False(t, ok, "nobody has no password, not even ours")

	for _, bad := range []string{"", "elevenchars", "ääääääääääa", strings.Repeat("x", 1025)} {
		_, err := password.Hash(bad)
		require.True(t, fault.Is(err, fault.Invalid), "%q", bad)
	}
	_, err = password.Hash("äöüßéèñçøåæð")
	require.NoError(t, err, "twelve characters, whatever their bytes")
}

func TestVerifyStopsWhenContextIsDone(t *testing.T) {
	c, err := password.NewChecker(1)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// While a slot is free, either the slot or the context can win. Here none is free.
	release := password.OccupySlot(c)
	defer release()
	_, err = c.Verify(ctx, "", "x")
	require.ErrorIs(t, err, context.Canceled)
}

func TestVerifyRefusesWhenTooManyWait(t *testing.T) {
	c, err := password.NewChecker(1)
	require.NoError(t, err)
	release := password.FillQueue(c)
	_, err = c.Verify(t.Context(), "", "x")
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
	release()
	_, err = c.Verify(t.Context(), "", "x")
	require.NoError(t, err)
}

func TestHashRefusesGuessablePasswords(t *testing.T) {
	about := []string{"olive.oyl@acme.example", "Olive Oyl"}
	for _, weak := range []string{
		"passwordpassword", "password1234", "P@ssw0rdP@ssw0rd", "123456789012", "aaaaaaaaaaaa", "abcabcabcabc", "qwertyuiop12",
		"letmeinletmein", "iloveyou1234", "administrator", "olive.oyl@acme.example", "oliveoylolive", "acme-olive-2026", "Olive Oyl 1990",
		strings.Repeat("password", 100),
	} {
		_, err := password.Hash(weak, about...)
		f, ok := fault.As(err)
		require.True(t, ok, "%q: %v", weak, err)
		require.Equal(t, "weak_password", f.Code, "%q", weak)
		require.Equal(t, "/password", f.Fields[0].Pointer)
	}
	for _, strong := range []string{
		"correct horse battery", "staple gun morning", "xk29dkfw02kd", "dK4/9sVxq2Lm", "Größenwahn im Zugabteil", strings.Repeat("dK4/9sVxq2Lm", 80),
	} {
		_, err := password.Hash(strong, about...)
		require.NoError(t, err, "%q", strong)
	}
}
