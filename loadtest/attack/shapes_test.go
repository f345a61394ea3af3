package attack

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
)

// shape is a body that is cheap to write and expensive to read.
type shape struct {
	name  string
	media string
	body  []byte
}

const (
	mediaYAML  = "application/yaml"
	mediaJSON  = "application/json"
	mediaZip   = "application/zip"
	mediaForm  = "application/x-www-form-urlencoded"
	mediaPatch = "application/merge-patch+json"

	// maxSmallBody is the body size, in bytes, that routes accept that read no modes. maxUpload
	// is the size that fits into one upload.
	maxSmallBody = 60 << 10
	maxUpload    = 10<<20 - 16
)

func yamlShape(name, body string) shape { return shape{name, mediaYAML, []byte(body)} }
func jsonShape(name, body string) shape { return shape{name, mediaJSON, []byte(body)} }

// fill returns head, then part repeated up to size bytes in all, then tail.
func fill(size int, head, part, tail string) string {
	return head + strings.Repeat(part, max(0, (size-len(head)-len(tail))/len(part))) + tail
}

// count is like fill, but generates each part from its number.
func count(size int, head string, part func(i int) string, tail string) string {
	var b strings.Builder
	b.Grow(size)
	b.WriteString(head)
	for i := 0; b.Len()+len(tail)+64 < size; i++ {
		b.WriteString(part(i))
	}
	b.WriteString(tail)
	return b.String()
}

// aliases returns a YAML document that expands to 1.8 GB. A scalar of 20,000 characters is
// referenced 300 times by a list that is itself referenced 300 times. The list d is
// ballast: yaml.v3 rejects aliases by their share of all that was decoded.
func aliases(head string) string {
	indent := strings.Repeat(" ", len(head)-len(strings.TrimLeft(head, " ")))
	list := func(ref string) string { return "[" + strings.TrimSuffix(strings.Repeat("*"+ref+",", 300), ",") + "]" }
	return head + indent + "s: &s \"" + strings.Repeat("x", 20_000) + "\"\n" + indent + "a: &a " + list("s") + "\n" +
		indent + "d: [" + strings.TrimSuffix(strings.Repeat("1,", 5000), ",") + "]\n" + indent + "b: " + list("a") + "\n"
}

const modeHead = "customModes:\n  - slug: bomb\n    name: Bomb\n    roleDefinition: r\n    groups: [read]\n"

// requestBombs returns bodies of single requests for any route. Bodies larger than
// maxSmallBody are for routes that read modes or templates; other routes have to refuse them.
func requestBombs() []shape {
	laughs := "l0: &l0 [x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		laughs += fmt.Sprintf("l%d: &l%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*l%d,", i), 9), ","))
	}
	key := strings.Repeat("k", 30_000)
	return []shape{
		yamlShape("aliases of aliases", aliases("")),
		yamlShape("aliases of aliases in a mode", aliases(modeHead+"    ")),
		yamlShape("billion laughs", laughs),
		yamlShape("aliases as keys", "s: &s "+strings.Repeat("x", 20_000)+"\n"+count(maxSmallBody-20_100, "", func(i int) string { return fmt.Sprintf("k%d: {*s : 1}\n", i) }, "")),
		yamlShape("merge keys", "m: &m {"+count(20_000, "", func(i int) string { return fmt.Sprintf("k%d: 1, ", i) }, "")+"}\n"+count(maxSmallBody-20_100, "", func(i int) string { return fmt.Sprintf("n%d: {<<: *m}\n", i) }, "")),
		yamlShape("a flow list nested 60,000 deep", strings.Repeat("[", maxSmallBody)),
		yamlShape("block lists nested 30,000 deep", strings.Repeat("- ", maxSmallBody/2)),
		yamlShape("complex keys nested 30,000 deep", strings.Repeat("? ", maxSmallBody/2)),
		yamlShape("flow maps nested", strings.Repeat("{a: ", maxSmallBody/4)),
		yamlShape("%TAG directives", count(maxSmallBody, "", func(i int) string { return fmt.Sprintf("%%TAG !a%d! tag:x,2000:\n", i) }, "--- a\n")),
		jsonShape("a key of 30 KB over 16,000 items", `{"`+key+`":[`+strings.TrimSuffix(strings.Repeat("0,", 16_000), ",")+`]}`),
		jsonShape("lists nested 60,000 deep", strings.Repeat("[", maxSmallBody)),
		jsonShape("objects nested 12,000 deep", strings.Repeat(`{"a":`, maxSmallBody/5)),
		jsonShape("8,000 keys twice", count(maxSmallBody, "{", func(i int) string { return fmt.Sprintf(`"%d":0,`, i%4000) }, `"x":0}`)),
		jsonShape("one key 100,000 times", fill(700_000, "{", `"a":1,`, `"b":1}`)),
		jsonShape("numbers with long exponents", fill(maxSmallBody, "[", "1e300,-9e-300,", "0]")),
		yamlShape("%TAG directives, 1.3 MB", count(1_300_000, "", func(i int) string { return fmt.Sprintf("%%TAG !a%d! tag:x,2000:\n", i) }, "--- a\n")),
		yamlShape("comments, 10 MiB", fill(maxUpload, "", "#x\n", "a: 1\n")),
		jsonShape("lists nested, 10 MiB", strings.Repeat("[", maxUpload)),
	}
}

// uploadShapes returns uploads of size bytes. Each name begins with a family, which is one
// row of the table.
func uploadShapes(size int) []shape {
	mode := func(slug, rest string) string {
		return "- {slug: " + slug + ", name: N, roleDefinition: r, groups: [read]" + rest + "}\n"
	}
	words := func(n int) string { return randomWords(rand.New(rand.NewPCG(1, 2)), n) }
	items := "items:\n"
	return []shape{
		yamlShape("modes: tiny modes", count(size, "customModes:\n", func(i int) string { return mode(fmt.Sprint("m", i), "") }, "")),
		yamlShape("modes: 500 modes that fill a library", largeModes(500, min(size, 8_000_000)/500, words)),
		yamlShape("modes: modes of 250 KB", largeModes(max(1, size/260_000), 250_000, words)),
		yamlShape("structure: anchors", count(size, modeHead+"    x:\n", func(i int) string { return fmt.Sprintf("      - &a%d b\n", i) }, "")),
		yamlShape("structure: anchors and aliases", count(size, modeHead+"    x:\n", func(i int) string { return fmt.Sprintf("      - &a%d b\n      - *a%d\n", i, i) }, "")),
		yamlShape("structure: aliases of aliases", aliases(modeHead+"    ")),
		yamlShape("structure: keys of 1,000 characters", count(size, modeHead, func(i int) string { return fmt.Sprintf("    k%d%s: 1\n", i, strings.Repeat("k", 1000)) }, "")),
		yamlShape("structure: unknown fields", count(size, modeHead, func(i int) string { return fmt.Sprintf("    k%d: 1\n", i) }, "")),
		yamlShape("structure: one field again and again", fill(size, modeHead, "    x: 1\n", "")),
		yamlShape("structure: a flow list nested", fill(size, modeHead+"    x: ", "[", "")),
		yamlShape("structure: block lists nested", fill(size, modeHead+"    x:\n      ", "- ", "a\n")),
		yamlShape("structure: maps indented ever deeper", pyramid(size)),
		yamlShape("structure: complex keys", fill(size, modeHead+"    x:\n      ", "? ", "a\n")),
		yamlShape("structure: short lists", fill(size, modeHead+"    x:\n", "      - [a,b]\n", "")),
		yamlShape("text: comments", fill(size, modeHead, "# c\n", "")),
		yamlShape("text: comments behind values", fill(size, modeHead+"    x:\n", "      - a # c\n", "")),
		yamlShape("text: tabs", fill(size, modeHead, "\t\n", "")),
		yamlShape("text: blank lines", fill(size, modeHead, "\n", "")),
		yamlShape("text: block scalars", fill(size, modeHead+"    x:\n", "      - |\n        a\n", "")),
		yamlShape("text: one block scalar of short lines", fill(size, modeHead+"    x: >\n", "      a\n", "")),
		yamlShape("text: unicode escapes", fill(size, modeHead+"    x: \"", `\U0001F600`, "\"\n")),
		yamlShape("text: a plain scalar over many lines", fill(size, modeHead+"    x: a\n", "      b\n", "")),
		yamlShape("structure: documents", fill(size, "", "---\na\n", "")),
		yamlShape("structure: tags", count(size, "", func(i int) string { return fmt.Sprintf("%%TAG !a%d! tag:x,2000:\n", i) }, "--- a\n")),
		yamlShape("text: no UTF-8", fill(size, modeHead+"    x: ", "\xff", "\n")),
		yamlShape("modes: marketplace items with nested YAML", count(size, items, func(i int) string {
			return fmt.Sprintf("  - {id: i%d, type: mode, content: \"slug: m%d\\nname: N\\nroleDefinition: r\\ngroups: [read]\\nx: [a, b, c]\\n\"}\n", i, i)
		}, "")),
		yamlShape("modes: a marketplace item with large nested YAML", fill(size, items+"  - id: i\n    type: mode\n    content: \"slug: m\\nname: N\\nroleDefinition: r\\ngroups: [read]\\nx:\\n", `  - [a,b]\n`, "\"\n")),
		jsonShape("JSON: tiny modes", count(size, `{"customModes":[`, func(i int) string {
			return fmt.Sprintf(`{"slug":"m%d","name":"N","roleDefinition":"r","groups":["read"]},`, i)
		}, `{"slug":"m","name":"N","roleDefinition":"r","groups":["read"]}]}`)),
		jsonShape("JSON: numbers", fill(size, `{"customModes":[{"slug":"m","name":"N","roleDefinition":"r","groups":["read"],"x":[`, "1,", "1]}]}")),
		jsonShape("JSON: empty lists", fill(size, `{"customModes":[{"slug":"m","name":"N","roleDefinition":"r","groups":["read"],"x":[`, "[],", "1]}]}")),
		jsonShape("JSON: lists nested", fill(size, "", "[", "")),
		jsonShape("JSON: unicode escapes", fill(size, `{"customModes":[{"slug":"m","name":"N","groups":["read"],"roleDefinition":"`, `\u00e9`, `"}]}`)),
		jsonShape("JSON: 1,500,000 keys", count(size, `{"customModes":[{`, func(i int) string { return fmt.Sprintf(`"%d":0,`, i) }, `"x":0}]}`)),
	}
}

const manifestHead = "kind: Mode\nmetadata: {name: bomb}\nspec:\n  name: Bomb\n  config:\n    roleDefinition: r\n    groups: [read]\n"

// manifestShapes returns the uploadShapes as manifests, and files with very many documents.
func manifestShapes(size int) []shape {
	document := func(name, role string) string {
		return "---\nkind: Mode\nmetadata: {name: " + name + "}\nspec: {name: N, config: {roleDefinition: " + role + ", groups: [read]}}\n"
	}
	words := randomWords(rand.New(rand.NewPCG(1, 2)), max(1, min(size, 8_000_000)/500-100))
	shapes := []shape{
		yamlShape("documents: 490 modes that fill a library", count(min(size, 8_000_000), "", func(i int) string {
			if i >= 490 {
				return "# c\n"
			}
			return document(fmt.Sprint("m", i), words)
		}, "")),
		yamlShape("documents: 1,000 permission templates", count(min(size, 80_000), "", func(i int) string {
			return fmt.Sprintf("---\nkind: PermissionTemplate\nmetadata: {name: t%d}\nspec: {permission_mode: plan}\n", i)
		}, "")),
		yamlShape("documents: tiny ones", count(size, "", func(i int) string { return document(fmt.Sprint("m", i), "r") }, "")),
		yamlShape("documents: comments alone", fill(size, "", "---\n# c\n", document("m", "r"))),
		yamlShape("documents: far down, and broken", fill(size, document("m", "r"), "\n", "---\nkind: [\n")),
		yamlShape("documents: 900, the last one broken", fill(min(size, 90_000), "", document("m", "r"), "---\nkind: [\n")),
	}
	for _, s := range uploadShapes(size) {
		shapes = append(shapes, shape{s.name, s.media, bytes.Replace(s.body, []byte(modeHead), []byte(manifestHead), 1)})
	}
	return shapes
}

// pyramid nests maps as deep as size allows, each on a separate line.
func pyramid(size int) string {
	var b strings.Builder
	b.WriteString(modeHead)
	for depth := 4; b.Len()+depth+4 < size; depth++ {
		b.WriteString(strings.Repeat(" ", depth))
		b.WriteString("a:\n")
	}
	return b.String()
}

func largeModes(n, size int, text func(n int) string) string {
	var b strings.Builder
	b.WriteString("customModes:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - slug: large-%d\n    name: Large %d\n    groups: [read]\n    roleDefinition: %s\n", i, i, text(max(1, size-100)))
	}
	return b.String()
}

// randomWords returns about n bytes of words that compress badly.
func randomWords(from *rand.Rand, n int) string {
	b := make([]byte, 0, n)
	for len(b) < n {
		for range 3 + from.IntN(8) {
			b = append(b, byte('a'+from.IntN(26)))
		}
		b = append(b, ' ')
	}
	return strings.TrimSpace(string(b[:n]))
}
