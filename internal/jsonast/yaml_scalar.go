package jsonast

import (
	"math/big"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// scalar interprets a YAML scalar according to the YAML 1.2 core schema: `on`, `yes`, dates,
// 1_000 and 12:30 are text, and 012 is twelve.
func scalar(n *Node, y *yaml.Node) {
	if y.Style&yaml.TaggedStyle != 0 {
		taggedScalar(n, y)
		return
	}
	if y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		n.Kind, n.Text = String, y.Value
		if y.Style&yaml.LiteralStyle != 0 {
			n.Style = '|'
		} else if y.Style&yaml.FoldedStyle != 0 {
			n.Style = '>'
		}
		return
	}
	plainScalar(n, y.Value)
}

var (
	decimalNumber   = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	octalNumber     = regexp.MustCompile(`^0o[0-7]+$`)
	hexNumber       = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	nonFiniteNumber = regexp.MustCompile(`^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
)

func plainScalar(n *Node, s string) {
	switch s {
	case "", "~", "null", "Null", "NULL":
		n.Kind = Null
		return
	case "true", "True", "TRUE":
		n.Kind, n.Bool = Bool, true
		return
	case "false", "False", "FALSE":
		n.Kind = Bool
		return
	}
	switch {
	case strings.IndexByte("+-.0123456789", s[0]) < 0: // the most common case
		n.Kind, n.Text = String, s
	case decimalNumber.MatchString(s):
		n.SetNumber(s)
	case octalNumber.MatchString(s), hexNumber.MatchString(s):
		radixNumber(n, s)
	case nonFiniteNumber.MatchString(s):
		n.Kind, n.Problem = Invalid, s+" can't be represented in JSON; write it as text, in quotes, or leave it out"
	default:
		n.Kind, n.Text = String, s
	}
}

func radixNumber(n *Node, s string) {
	i := new(big.Int)
	if len(s) > 300 {
		n.Kind, n.Problem = Invalid, InexactNumber(s) // beyond any float64
		return
	}
	i.SetString(s, 0)
	n.SetNumber(i.String())
}

func taggedScalar(n *Node, y *yaml.Node) {
	switch y.Tag {
	case "!!str", "!!timestamp":
		n.Kind, n.Text = String, y.Value
		return
	case "!!binary":
		n.Kind, n.Problem = Invalid, "binary data is not supported; write it as text"
		return
	}
	plainScalar(n, y.Value)
	want := map[string][]Kind{
		"!!null": {Null}, "!!bool": {Bool}, "!!int": {Number}, "!!float": {Number},
	}[y.Tag]
	for _, k := range want {
		if n.Kind == k || n.Kind == Invalid {
			return
		}
	}
	n.Kind = Invalid
	if want == nil {
		n.Problem = "the YAML tag " + y.Tag + " means nothing to editors; remove it"
		return
	}
	n.Problem = "this is no " + strings.TrimPrefix(y.Tag, "!!")
}
