package token_test

import (
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/token"
)

const testKeys = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE,old:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY"

func keys(t testing.TB, s string) *token.Keys {
	t.Helper()
	k, err := token.ParseKeys(s)
	require.NoError(t, err)
	return k
}

func TestMintedTokenIsPlausible(t *testing.T) {
	k := keys(t, testKeys)
	form := regexp.MustCompile(`^omt_k1_[0-9A-Za-z]{44}$`)
	seen := map[string]bool{}
	for range 1000 {
		tok := k.Mint()
		require.Regexp(t, form, tok)
		require.Equal(t, token.Plausible, k.Check([]byte(tok)))
		require.False(t, seen[tok])
		seen[tok] = true
	}
}

func TestAnyChangedCharacterIsForgedOrMalformed(t *testing.T) {
	k := keys(t, testKeys)
	rapid.Check(t, func(t *rapid.T) {
		tok := []byte(k.Mint())
		at := rapid.IntRange(0, len(tok)-1).Draw(t, "at")
		c := rapid.Byte().Filter(func(b byte) bool { return b != tok[at] }).Draw(t, "byte")
		tok[at] = c
		require.NotEqual(t, token.Plausible, k.Check(tok), "%s", tok)
	})
}

func TestKeysRotate(t *testing.T) {
	before := keys(t, "old:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY")
	tok := []byte(before.Mint())
	require.Equal(t, token.Plausible, keys(t, testKeys).Check(tok), "an older key is still known")
	only := keys(t, "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE")
	require.Equal(t, token.UnknownKey, only.Check(tok), "the record decides where the key isn't here")
}

func TestMalformed(t *testing.T) {
	k := keys(t, testKeys)
	good := k.Mint()
	for _, s := range []string{
		"", "omt_", "Bearer " + good, good + "x", good[1:], strings.ToUpper(good), "omt__" + good[7:],
		"omt_K1_" + good[7:], "omt_toolong_" + good[7:], strings.Replace(good, "_", "-", 2), strings.Repeat("a", 10_000),
		good[:20] + "\x00" + good[21:],
	} {
		require.Equal(t, token.Malformed, k.Check([]byte(s)), "%q", s)
	}
}

func TestStartIsTooShortToUse(t *testing.T) {
	tok := keys(t, testKeys).Mint()
	require.Equal(t, tok[:13], token.Start(tok))
	require.Empty(t, token.Start("nonsense"))
}

func TestParseKeysErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":       "none given",
		"k1":     "kid:base64key",
		"K1:abc": "kid of 1-4",
		"k1:abc": "at least 32 bytes",
		"k1:!!":  "not base64",
		"k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE,k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE": "stands twice",
	} {
		_, err := token.ParseKeys(in)
		require.ErrorContains(t, err, want, "%q", in)
	}
	_, err := token.ParseKeys("supersecretkeymaterial")
	require.NotContains(t, err.Error(), "secret", "an error never repeats a key")
}

// TestBase62AgainstMathBig compares the digits with those of math/big.
func TestBase62AgainstMathBig(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "raw")
		want := new(big.Int).SetBytes(raw).Text(62)
		// math/big orders lower case before upper case; our alphabet is in ASCII order.
		want = strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z':
				return r - 'a' + 'A'
			case r >= 'A' && r <= 'Z':
				return r - 'A' + 'a'
			}
			return r
		}, want)
		require.Equal(t, strings.Repeat("0", 22-len(want))+want, token.Base62(raw))
	})
}

func FuzzCheck(f *testing.F) {
	k, err := token.ParseKeys(testKeys)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(k.Mint()))
	f.Add([]byte("omt_k1_"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, in []byte) {
		if k.Check(in) == token.Plausible && len(in) > token.MaxLen {
			t.Fatalf("accepted %d bytes", len(in))
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	k, _ := token.ParseKeys(testKeys)
	tok := []byte(k.Mint())
	b.ReportAllocs()
	for b.Loop() {
		if k.Check(tok) != token.Plausible {
			b.Fatal("refused")
		}
	}
}
