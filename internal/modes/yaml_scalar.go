package modes

import (
	"math/big"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// scalar decides what a YAML scalar means by the YAML 1.2 core schema: `on`,
// `yes`, dates, 1_000 and 12:30 are text, 012 is twelve.
func (n *node) scalar(y *yaml.Node) {
	if y.Style&yaml.TaggedStyle != 0 {
		n.taggedScalar(y)
		return
	}
	if y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		n.kind, n.text = text, y.Value
		if y.Style&yaml.LiteralStyle != 0 {
			n.style = '|'
		} else if y.Style&yaml.FoldedStyle != 0 {
			n.style = '>'
		}
		return
	}
	n.plainScalar(y.Value)
}

var (
	decimalNumber = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	octalNumber   = regexp.MustCompile(`^0o[0-7]+$`)
	hexNumber     = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	noNumber      = regexp.MustCompile(`^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
)

func (n *node) plainScalar(s string) {
	switch s {
	case "", "~", "null", "Null", "NULL":
		n.kind = null
		return
	case "true", "True", "TRUE":
		n.kind, n.truth = truth, true
		return
	case "false", "False", "FALSE":
		n.kind = truth
		return
	}
	switch {
	case strings.IndexByte("+-.0123456789", s[0]) < 0: // nearly all there is
		n.kind, n.text = text, s
	case decimalNumber.MatchString(s):
		n.number(s)
	case octalNumber.MatchString(s), hexNumber.MatchString(s):
		n.radixNumber(s)
	case noNumber.MatchString(s):
		n.kind, n.flaw = broken, s+" has no form in JSON; write it as text, in quotes, or leave it out"
	default:
		n.kind, n.text = text, s
	}
}

func (n *node) radixNumber(s string) {
	i := new(big.Int)
	if len(s) > 300 {
		n.kind, n.flaw = broken, inexact(s) // beyond any float64
		return
	}
	i.SetString(s, 0)
	n.number(i.String())
}

func (n *node) taggedScalar(y *yaml.Node) {
	switch y.Tag {
	case "!!str", "!!timestamp":
		n.kind, n.text = text, y.Value
		return
	case "!!binary":
		n.kind, n.flaw = broken, "binary data can't be kept; write it as text"
		return
	}
	n.plainScalar(y.Value)
	want := map[string][]kind{
		"!!null": {null}, "!!bool": {truth}, "!!int": {number}, "!!float": {number},
	}[y.Tag]
	for _, k := range want {
		if n.kind == k || n.kind == broken {
			return
		}
	}
	n.kind = broken
	if want == nil {
		n.flaw = "the YAML tag " + y.Tag + " means nothing to editors; remove it"
		return
	}
	n.flaw = "this is no " + strings.TrimPrefix(y.Tag, "!!")
}
