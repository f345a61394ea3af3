package modes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/modes/nodetest"
)

// regexCases maps patterns to whether `new RegExp` accepts them.
func regexCases() map[string]bool {
	return map[string]bool{
		// Typical patterns.
		`\.md$`: true, `\.(md|mdx|txt|rst|adoc)$|README$`: true, `^(?!.*(test|spec))\.(js|ts)$`: true,
		`(^|/)((\.kilo|\.opencode)/plans|\.plans)/.*\.md$`: true, `.*`: true, `^docs/`: true, `(?i)\.md$`: false,
		`*.md`: false, `**/*.md`: false, `+`: false, `?a`: false, `\.(md$`: false, `\.md)$`: false, `[a-z`: false, `src/[^/]+\.tsx?$`: true,
		`(?<!test)\.js$`: true, `(?<=src/).*`: true, `\.{md}`: true, `{*.md}`: true, `*.{js,ts}`: false, `.{js,ts}`: true, `a\`: false,
		`📝`: true, `[📝]`: true, `[😀-😂]`: false, `[а-я]+\.md`: true, ``: true, ` `: true, `a||b`: true, `|`: true, `()`: true,
		"a\nb": true,
		// Quantifiers.
		`a{2}`: true, `a{2,}`: true, `a{2,3}?`: true, `a{3,2}`: false, `a{,2}`: true, `a{`: true, `a{1`: true, `a}`: true, `{1}`: false, `{1,2}`: false, `{,1}`: true,
		`{`: true, `}`: true, `a**`: false, `a+*`: false, `a*?`: true, `a??`: true, `a*??`: false, `a{2}{3}`: false, `a{2}?`: true, `^*`: false, `$+`: false,
		`\b+`: false, `\B{2}`: false, `(?=a)*`: true, `(?!a){2}`: true, `(?<=a)*`: false, `(?<!a)?`: false, `(?:a)*`: true, `(a)*`: true, `a{99999999999}`: true,
		`a{99999999999,1}`: false, `x{1}{`: true, `(*a)`: false, `(|*)`: false, `a|*`: false,
		// Groups.
		`(?a)`: false, `(?`: false, `(?)`: false, `(?<`: false, `(?<>a)`: false, `(?<a`: false, `(?<a>`: false, `(?<a>x)`: true, `(?<a>x)(?<b>y)`: true,
		`(?<a>x)(?<a>y)`: false, `(?<1a>x)`: false, `(?<a1>x)`: true, `(?<$>x)`: true, `(?<_>x)`: true, `(?<a-b>x)`: false, `(?<é>x)`: true, `(?<𝒜>x)`: true, `(?<🧐>x)`: false,
		`(?<\u0061>x)\k<a>`: true, `(?<\u{61}>x)\k<a>`: true, `(?<\ud835\udc9c>x)`: true, `(?<\x61>x)`: false, `(?#a)`: false, `(?P<a>x)`: false, `(?>a)`: false, `(?:`: false, `(?=`: false,
		`(((a)))`: true, `((a)`: false, `)`: false, `a)b(`: false,
		// References.
		`\k`: true, `\k<a>`: true, `\k<a`: true, `(?<a>x)\k<a>`: true, `\k<a>(?<a>x)`: true, `(?<a>x)\k<b>`: false, `(?<a>x)\k`: false, `(?<a>x)\k<`: false, `(?<a>x)[\k]`: false,
		`[(?<a>]\k`: true, `\(?<a>\k`: true, `[\k]`: true, `\1`: true, `(a)\2`: true, `\8`: true, `\0`: true, `\00`: true, `\377`: true, `\400`: true,
		// Escapes.
		`\x`: true, `\x4`: true, `\x41`: true, `\u`: true, `\u00`: true, `\u{1F600}`: true, `\u{`: true, `\p{L}`: true, `\p`: true, `\P{`: true, `\c`: true, `\cA`: true, `\c1`: true,
		`\c*`: true, `\-`: true, `\_`: true, `\e`: true, `\Q`: true, `\z`: true, `\A`: true, `\ `: true, `\/`: true, `/`: true, "\\\n": true, `\📝`: true,
		// Classes.
		`[]`: true, `[^]`: true, `[`: false, `[]]`: true, `[^]]`: true, `[[]`: true, `[\]]`: true, `[\]`: false, `[z-a]`: false, `[a-a]`: true, `[a-]`: true, `[-a]`: true, `[a-b-c]`: true,
		`[a-\d]`: true, `[\d-z]`: true, `[\w-\d]`: true, `[\s-a]`: true, `[b-\x61]`: false, `[a-\x62]`: true, `[\x61-b]`: true, `[\u0062-a]`: false, `[\142-a]`: false, `[\8-7]`: false, `[\7-\8]`: true,
		`[\c-a]`: false, `[\ca-\cb]`: true, `[\cb-\ca]`: false, `[\c1-a]`: true, `[\c_-\c0]`: false, `[\b-a]`: true, `[\t-\n]`: true, `[\n-\t]`: false, `[\B]`: true, `[\-a]`: true, `[z-\-]`: false,
		`[\x-a]`: false, `[\u-a]`: false, `[\400-a]`: true, `[a-z&&[b]]`: true, `[[:alpha:]]`: true, `[(*+?]`: true, `[--a]`: true, `[---]`: true, `[a--]`: false, `[+--]`: true, `[\0-\377]`: true,
	}
}

func TestCheckFileRegex(t *testing.T) {
	assert.Greater(t, len(regexCases()), 80)
	for pattern, valid := range regexCases() {
		err := CheckFileRegex(pattern)
		assert.Equal(t, valid, err == nil, "%q: %v", pattern, err)
	}
}

func TestFileRegexMessages(t *testing.T) {
	for pattern, want := range map[string]string{
		`*.md`:          "there is nothing before * to repeat (at character 1)",
		`\.(md$`:        "this ( is never closed (at character 3)",
		`a[b-`:          "this [ is never closed (at character 2)",
		`a)`:            "a ) without its ( (at character 2)",
		`(?i)a`:         "there is no such group: after (? must come :, =, !, <=, <! or <name> (at character 3)",
		`(?<a>x)\k<bc>`: `\k<bc> refers to a group that doesn't exist`,
		strings.Repeat("(", 300) + strings.Repeat(")", 300): "groups are nested deeper than 200 (at character 202)",
	} {
		assert.EqualError(t, CheckFileRegex(pattern), want)
	}
}

// TestFileRegexAgreesWithNode compares the grammar with a real engine, for the table and for
// random combinations of meaningful pieces.
func TestFileRegexAgreesWithNode(t *testing.T) {
	node := nodetest.Start(t)
	for pattern, valid := range regexCases() {
		nodeErr := node.RegExp(t, pattern)
		assert.Equal(t, valid, nodeErr == "", "%q: Node says %q", pattern, nodeErr)
	}
	pieces := []string{
		"a", "b", "0", "1", "7", "8", "^", "$", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", ",", "-", "\\", "\\b", "\\B", "\\d", "\\c", "\\x4", "\\u00",
		"\\k", "\\k<a>", "\\1", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?<a>", "(?<b", ">", "<", "=", "!", ":", "{1}", "{2,1}", "{1,", "[^", "\\]", "é", "🧐", "\\-",
	}
	t.Run("property", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			for _, parts := range rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 8), 40, 60).Draw(rt, "patterns") {
				pattern := strings.Join(parts, "")
				err := CheckFileRegex(pattern)
				if err != nil && strings.Contains(err.Error(), "used twice") {
					continue // engines differ by age here
				}
				nodeErr := node.RegExp(rt, pattern)
				require.Equal(rt, nodeErr == "", err == nil, "%q: we say %v, Node says %q", pattern, err, nodeErr)
			}
		})
	})
}
