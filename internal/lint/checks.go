package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"orgmodes/internal/editors"
	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/modes"
)

// checks are the rules that need code. Each returns the locations to which its rule applies.
var checks = map[string]func(Rule, modes.Mode) []finding{
	"restricted":                   eachRegex(func(modes.Group) bool { return true }),
	"restricted_not_edit":          eachRegex(func(g modes.Group) bool { return g.Name != "edit" }),
	"regex_escaped_twice":          eachRegex(func(g modes.Group) bool { return escapedTwice.MatchString(g.Restriction.FileRegex) }),
	"regex_matches_all":            eachRegex(func(g modes.Group) bool { return matchesAll(g.Restriction.FileRegex) }),
	"regex_looks_like_glob":        eachRegex(func(g modes.Group) bool { return looksLikeGlob.MatchString(g.Restriction.FileRegex) }),
	"no_regex":                     noRegex,
	"shell_beside_restricted_edit": shellBesideRestrictedEdit,
	"capitals_of_built_in":         capitalsOfBuiltIn,
	"upper_case_slug":              upperCaseSlug,
	"empty_description":            emptyDescription,
	"prompt_size":                  promptSize,
	"short_role":                   shortRole,
	"placeholder":                  matchTexts(placeholder, strconv.Quote),
	"secret":                       secrets,
	"misspelled_field":             misspelledField,
	"unknown_field":                unknownField,
}

var (
	// escapedTwice matches \\. and \\w: a backslash followed by a character that was meant to
	// be escaped.
	escapedTwice = regexp.MustCompile(`\\\\[.wdsbS/(){}+*?$^-]`)
	// looksLikeGlob matches src/* or a/*.md, where the star would repeat the slash, and lists
	// in braces.
	looksLikeGlob  = regexp.MustCompile(`(^|[A-Za-z0-9_-])/\*|\{[a-z]+(,[a-z]+)+\}`)
	placeholder    = textPattern{[]string{"{{", "<YOUR", "[YOUR"}, regexp.MustCompile(`\{\{ *[A-Za-z_][A-Za-z0-9_. -]{0,60}\}\}|<YOUR[ _-][A-Z _-]{1,40}>|\[YOUR[ _-][A-Z _-]{1,40}\]`)}
	secretPatterns = []struct {
		name string
		textPattern
	}{
		{"a private key", textPattern{[]string{"PRIVATE KEY"}, regexp.MustCompile(`-----BEGIN ([A-Z]+ )?PRIVATE KEY-----`)}},
		{"a GitHub token", textPattern{
			[]string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"},
			regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b`),
		}},
		{"an AWS key", textPattern{[]string{"AKIA"}, regexp.MustCompile(`\bAKIA[0-9A-Z]{16}\b`)}},
		{"a model provider's API key", textPattern{[]string{"sk-"}, regexp.MustCompile(`\bsk-(ant-|proj-|or-v1-)?[A-Za-z0-9_-]{32,}\b`)}},
		{"a Slack token", textPattern{[]string{"xox"}, regexp.MustCompile(`\bxox[abprs]-[A-Za-z0-9-]{20,}\b`)}},
		{"an access token of this service", textPattern{[]string{"omt_"}, regexp.MustCompile(`\bomt_[a-z0-9]{1,4}_[A-Za-z0-9]{44}\b`)}},
	}
)

// textPattern describes a kind of token in texts.
type textPattern struct {
	// Each match contains at least one of the literals. Most texts contain none, and that
	// check is cheaper than an unanchored pattern.
	literals []string
	pattern  *regexp.Regexp
}

// find returns the first match in a text, or "".
func (f textPattern) find(text string) string {
	if !slices.ContainsFunc(f.literals, func(literal string) bool { return strings.Contains(text, literal) }) {
		return ""
	}
	return f.pattern.FindString(text)
}

func eachRegex(applies func(modes.Group) bool) func(Rule, modes.Mode) []finding {
	return func(_ Rule, m modes.Mode) []finding {
		var out []finding
		for i, g := range m.Config.Groups {
			if g.Restriction != nil && g.Restriction.FileRegex != "" && applies(g) {
				out = append(out, finding{pointer: groupPointerAt(i) + "/1/fileRegex", placeholders: map[string]string{
					"pattern": humanize.Truncate(g.Restriction.FileRegex, 80), "group": g.Name,
				}})
			}
		}
		return out
	}
}

// samplePaths are so different that only a pattern for everything matches all of them.
var samplePaths = []string{"a", "README.md", "src/main.go", "docs/a b/c.txt", ".github/workflows/ci.yml", "Ünïcode/文件.тест", "x-1_2.d.ts"}

// maxCompiledPattern bounds the patterns that are compiled, in bytes. A compiled program takes
// hundreds of times the memory of its pattern, and a pattern that matches everything is short.
const maxCompiledPattern = 1 << 10

// matchesAll reports whether a pattern matches all samplePaths. Go doesn't support all of
// JavaScript's patterns, such as lookahead; for those it returns false.
func matchesAll(pattern string) bool {
	if len(pattern) > maxCompiledPattern {
		return false
	}
	re, err := regexp.Compile(pattern)
	return err == nil && !slices.ContainsFunc(samplePaths, func(p string) bool { return !re.MatchString(p) })
}

func noRegex(_ Rule, m modes.Mode) []finding {
	var out []finding
	for i, g := range m.Config.Groups {
		if g.Restriction != nil && g.Restriction.FileRegex == "" {
			out = append(out, finding{pointer: groupPointerAt(i) + "/1", placeholders: map[string]string{"group": g.Name}})
		}
	}
	return out
}

func shellBesideRestrictedEdit(_ Rule, m modes.Mode) []finding {
	command := groupPointer(m, "command")
	restricted := slices.ContainsFunc(m.Config.Groups, func(g modes.Group) bool {
		return g.Name == "edit" && g.Restriction != nil && g.Restriction.FileRegex != ""
	})
	if command == "" || !restricted {
		return nil
	}
	return []finding{{pointer: command}}
}

func capitalsOfBuiltIn(r Rule, m modes.Mode) []finding {
	for _, c := range editors.All() {
		for _, own := range c.BuiltIn {
			if own != m.Slug && modes.SlugKey(own) == modes.SlugKey(m.Slug) {
				return []finding{{pointer: r.Pointer, placeholders: map[string]string{"slug": m.Slug, "other": own}}}
			}
		}
	}
	return nil
}

func upperCaseSlug(r Rule, m modes.Mode) []finding {
	if m.Slug == strings.ToLower(m.Slug) {
		return nil
	}
	return []finding{{pointer: r.Pointer, placeholders: map[string]string{"other": strings.ToLower(m.Slug)}}}
}

func emptyDescription(r Rule, m modes.Mode) []finding {
	if m.Config.Description == "" || strings.TrimSpace(m.Config.Description) != "" {
		return nil
	}
	return []finding{{pointer: r.Pointer}}
}

func promptSize(r Rule, m modes.Mode) []finding {
	prompt := m.Config.RoleDefinition + m.Config.CustomInstructions
	if size := len(prompt); size < r.AtLeast || r.Below > 0 && size >= r.Below {
		return nil
	}
	at := r.Pointer
	if len(m.Config.RoleDefinition) > len(m.Config.CustomInstructions) {
		at = "/config/roleDefinition"
	}
	return []finding{{pointer: at, placeholders: map[string]string{
		"size": humanize.Bytes(len(prompt)), "tokens": roundTokens(Tokens(prompt)),
	}}}
}

// Tokens estimates the number of tokens of a text, within about a third. A token is four Latin
// letters, two letters of most other scripts, or one Chinese or Japanese character or emoji.
func Tokens(text string) int {
	quarters := 0
	for _, r := range text {
		switch {
		case r < 0x250:
			quarters++
		case r < 0x2E80:
			quarters += 2
		default:
			quarters += 4
		}
	}
	return (quarters + 3) / 4
}

// roundTokens rounds an estimate to its precision.
func roundTokens(n int) string {
	if n < 10_000 {
		return strconv.Itoa((n + 50) / 100 * 100)
	}
	return fmt.Sprintf("%d,000", (n+500)/1000)
}

func shortRole(r Rule, m modes.Mode) []finding {
	role := strings.TrimSpace(m.Config.RoleDefinition)
	if role == "" || utf8.RuneCountInString(role) >= r.Below {
		return nil
	}
	return []finding{{pointer: r.Pointer, placeholders: map[string]string{"text": strconv.Quote(role)}}}
}

// matchTexts looks for a pattern in each text and reports the first match.
func matchTexts(pattern textPattern, format func(found string) string) func(Rule, modes.Mode) []finding {
	return func(_ Rule, m modes.Mode) []finding {
		var out []finding
		all := modeTexts(m)
		for _, field := range []string{"roleDefinition", "whenToUse", "description", "customInstructions"} {
			if found := pattern.find(all[field]); found != "" {
				out = append(out, finding{pointer: "/config/" + field, placeholders: map[string]string{"text": format(found)}})
			}
		}
		return out
	}
}

func secrets(r Rule, m modes.Mode) []finding {
	var out []finding
	for _, s := range secretPatterns {
		out = append(out, matchTexts(s.textPattern, func(string) string { return s.name })(r, m)...)
	}
	return out
}

// knownFields are the fields that editors read. knownExtraFields are further fields of editors
// that we only pass on.
var (
	knownFields      = []string{"slug", "name", "roleDefinition", "whenToUse", "description", "groups", "customInstructions", "permissionTemplate"}
	knownExtraFields = []string{"iconName", "rulesFiles", "defaultModel"}
)

// maxFields bounds the fields that a rule lists per mode. A mode can have thousands, and the
// fix for the first helps with all.
const maxFields = 20

var (
	separators = strings.NewReplacer("_", "", "-", "", " ", "")
	// fieldsByName maps plain names, with or without a final s, to known fields.
	fieldsByName = func() map[string]string {
		all := map[string]string{}
		for _, known := range slices.Concat(knownFields, knownExtraFields) {
			name := strings.TrimSuffix(normalizeName(known), "s")
			all[name], all[name+"s"], all[normalizeName(known)+"s"] = known, known, known
		}
		return all
	}()
)

// normalizeName maps role_definition and Role-Definition to the same name.
func normalizeName(field string) string { return strings.ToLower(separators.Replace(field)) }

// intendedField returns the known field that field resembles, or "".
func intendedField(field string) string {
	if intended := fieldsByName[normalizeName(field)]; intended != field {
		return intended
	}
	return ""
}

func misspelledField(_ Rule, m modes.Mode) []finding {
	return eachField(m, func(_, intended string) bool { return intended != "" })
}

func unknownField(_ Rule, m modes.Mode) []finding {
	return eachField(m, func(field, intended string) bool { return intended == "" && !slices.Contains(knownExtraFields, field) })
}

// eachField returns findings for the first maxFields unknown fields to which a rule applies.
// The last finding counts the rest.
func eachField(m modes.Mode, applies func(field, intended string) bool) []finding {
	var fields []string
	for field := range m.Config.Extra {
		if applies(field, intendedField(field)) {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	out := make([]finding, min(len(fields), maxFields))
	for i := range out {
		field := fields[i]
		out[i] = finding{
			pointer:      "/config" + jsonast.EscapeToken(field),
			placeholders: map[string]string{"field": humanize.Truncate(field, 60), "other": intendedField(field)},
		}
	}
	if more := len(fields) - len(out); more > 0 {
		out[len(out)-1].more = more
	}
	return out
}
