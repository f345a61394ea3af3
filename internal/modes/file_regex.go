package modes

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// maxRegexNesting bounds nested groups. Editors' regex engines fail at a depth that depends on
// their stack size.
const maxRegexNesting = 200

// CheckFileRegex returns an error if `new RegExp(pattern)` would throw. It implements the
// pattern grammar of ECMA-262, edition 15 (2024), section 22.2.1 with Annex B.1.2, without
// flags. It works on UTF-16 units and includes the legacy syntax that browsers accept. Later
// additions, such as duplicate group names and (?i:...), are rejected, as not every editor has
// them yet.
func CheckFileRegex(pattern string) error {
	p := regexParser{units: utf16.Encode([]rune(pattern)), groups: map[string]bool{}}
	p.namedGroups = p.hasNamedGroups()
	if err := p.disjunction(0); err != nil {
		return err
	}
	if p.pos < len(p.units) {
		return p.errorf("a ) without its (")
	}
	for _, name := range p.references {
		if !p.groups[name] {
			return fmt.Errorf("\\k<%s> refers to a group that doesn't exist", name)
		}
	}
	return nil
}

type regexParser struct {
	units []uint16
	pos   int
	// namedGroups reports whether the pattern has named groups: only then is \k a reference.
	namedGroups bool
	groups      map[string]bool
	references  []string
}

func (p *regexParser) errorf(format string, args ...any) error {
	return fmt.Errorf("%s (at character %d)", fmt.Sprintf(format, args...), p.pos+1)
}

func (p *regexParser) peek(offset int) rune {
	if p.pos+offset < len(p.units) {
		return rune(p.units[p.pos+offset])
	}
	return -1
}

// accept consumes s if it is next.
func (p *regexParser) accept(s string) bool {
	for i := range len(s) {
		if p.peek(i) != rune(s[i]) {
			return false
		}
	}
	p.pos += len(s)
	return true
}

// hasNamedGroups reports whether the pattern has a (?<name> outside of classes and escapes.
func (p *regexParser) hasNamedGroups() bool {
	inClass := false
	for i := 0; i < len(p.units); i++ {
		switch p.units[i] {
		case '\\':
			i++
		case '[':
			inClass = true
		case ']':
			inClass = false
		case '(':
			rest := string(utf16.Decode(p.units[i:min(i+4, len(p.units))]))
			if !inClass && strings.HasPrefix(rest, "(?<") && rest != "(?<=" && rest != "(?<!" {
				return true
			}
		}
	}
	return false
}

func (p *regexParser) disjunction(depth int) error {
	if depth > maxRegexNesting {
		return p.errorf("groups are nested deeper than %d", maxRegexNesting)
	}
	for p.pos < len(p.units) && p.peek(0) != ')' {
		if p.accept("|") {
			continue
		}
		quantifiable, err := p.term(depth)
		if err != nil {
			return err
		}
		if err := p.quantifier(quantifiable); err != nil {
			return err
		}
	}
	return nil
}

// term parses one atom or assertion, and reports whether it can be repeated.
func (p *regexParser) term(depth int) (quantifiable bool, err error) {
	switch p.peek(0) {
	case '^', '$':
		p.pos++
		return false, nil
	case '(':
		return p.group(depth)
	case '[':
		return true, p.class()
	case '\\':
		if p.accept(`\b`) || p.accept(`\B`) {
			return false, nil
		}
		return true, p.atomEscape()
	case '*', '+', '?':
		return false, p.errorf("there is nothing before %c to repeat", p.peek(0))
	case '{':
		if _, _, _, ok := p.braces(); ok {
			return false, p.errorf("there is nothing before {} to repeat")
		}
	}
	p.pos++
	return true, nil
}

func (p *regexParser) group(depth int) (quantifiable bool, err error) {
	opening := p.pos
	quantifiable = true
	switch {
	case p.accept("(?:"), p.accept("(?="), p.accept("(?!"):
	case p.accept("(?<="), p.accept("(?<!"):
		quantifiable = false
	case p.accept("(?<"):
		name, err := p.groupName()
		if err != nil {
			return false, err
		}
		if p.groups[name] {
			return false, p.errorf("the group name %s is used twice", name)
		}
		p.groups[name] = true
	case p.accept("(?"):
		return false, p.errorf("there is no such group: after (? must come :, =, !, <=, <! or <name>")
	default:
		p.pos++
	}
	if err := p.disjunction(depth + 1); err != nil {
		return false, err
	}
	if !p.accept(")") {
		p.pos = opening
		return false, p.errorf("this ( is never closed")
	}
	return quantifiable, nil
}

// quantifier parses *, +, ?, {n}, {n,} or {n,m}, each optionally followed by ?, if one is next.
func (p *regexParser) quantifier(allowed bool) error {
	switch p.peek(0) {
	case '*', '+', '?':
		if !allowed {
			return p.errorf("there is nothing before %c to repeat", p.peek(0))
		}
		p.pos++
	case '{':
		end, least, most, ok := p.braces()
		if !ok {
			return nil // an ordinary character
		}
		if !allowed {
			return p.errorf("there is nothing before {} to repeat")
		}
		if least > most {
			return p.errorf("the numbers in {} are in the wrong order")
		}
		p.pos = end
	default:
		return nil
	}
	p.accept("?")
	return nil
}

const unbounded = 1 << 31

// braces parses {n}, {n,} or {n,m} without consuming it.
func (p *regexParser) braces() (end, least, most int, ok bool) {
	start := p.pos
	defer func() { p.pos = start }()
	p.pos++
	least, ok = p.digits()
	if !ok {
		return 0, 0, 0, false
	}
	most = least
	if p.accept(",") {
		if most, ok = p.digits(); !ok {
			most = unbounded
		}
	}
	ok = p.accept("}")
	return p.pos, least, most, ok
}

func (p *regexParser) digits() (n int, ok bool) {
	for ; p.peek(0) >= '0' && p.peek(0) <= '9'; p.pos++ {
		n, ok = min(n*10+int(p.peek(0)-'0'), unbounded), true
	}
	return n, ok
}

// atomEscape parses an escape outside of a class. Without flags nearly all are valid: an
// unknown escape is the character itself.
func (p *regexParser) atomEscape() error {
	if p.namedGroups && p.accept(`\k`) {
		if !p.accept("<") {
			return p.errorf(`\k must be followed by the <name> of a group`)
		}
		name, err := p.groupName()
		p.references = append(p.references, name)
		return err
	}
	p.pos++
	if p.peek(0) < 0 {
		return p.errorf(`the pattern ends with a single \`)
	}
	if p.peek(0) == 'c' {
		return nil // \c without a letter: a backslash, then an ordinary c
	}
	p.pos++
	return nil
}

// class parses [...].
func (p *regexParser) class() error {
	opening := p.pos
	p.pos++
	p.accept("^")
	for {
		if p.peek(0) < 0 {
			p.pos = opening
			return p.errorf("this [ is never closed")
		}
		if p.accept("]") {
			return nil
		}
		low, err := p.classAtom()
		if err != nil {
			return err
		}
		if p.peek(0) != '-' || p.peek(1) == ']' || p.peek(1) < 0 {
			continue
		}
		p.pos++
		high, err := p.classAtom()
		if err != nil {
			return err
		}
		if low >= 0 && high >= 0 && low > high {
			return p.errorf("a range in [] is in the wrong order")
		}
	}
}

// classAtom parses a character of a class. It returns -1 for a set such as \d.
func (p *regexParser) classAtom() (rune, error) {
	c := p.peek(0)
	p.pos++
	if c != '\\' {
		return c, nil
	}
	c = p.peek(0)
	if c < 0 {
		return 0, p.errorf(`the pattern ends with a single \`)
	}
	p.pos++
	switch {
	case strings.ContainsRune("dDsSwW", c):
		return -1, nil
	case c == 'k' && p.namedGroups:
		return 0, p.errorf(`\k is not allowed in []`)
	case c >= '0' && c <= '7':
		p.pos--
		return p.octal(), nil
	case c == 'c':
		if next := p.peek(0); next == '_' || next >= '0' && next <= '9' || isASCIILetter(next) {
			p.pos++
			return next % 32, nil
		}
		p.pos--
		return '\\', nil
	case c == 'x':
		return p.hex(2, c), nil
	case c == 'u':
		return p.hex(4, c), nil
	}
	if i := strings.IndexRune("bfnrtv", c); i >= 0 {
		return rune("\b\f\n\r\t\v"[i]), nil
	}
	return c, nil
}

// octal parses up to three octal digits, as long as the value fits into one byte.
func (p *regexParser) octal() rune {
	var v rune
	for i := 0; i < 3 && p.peek(0) >= '0' && p.peek(0) <= '7' && v*8+p.peek(0)-'0' <= 0o377; i++ {
		v = v*8 + p.peek(0) - '0'
		p.pos++
	}
	return v
}

// hex parses exactly n hexadecimal digits. If there are fewer, it returns letter.
func (p *regexParser) hex(n int, letter rune) rune {
	var v rune
	for i := range n {
		digit := strings.IndexRune("0123456789abcdef", unicode.ToLower(p.peek(i)))
		if p.peek(i) < 0 || p.peek(i) > 'f' || digit < 0 {
			return letter
		}
		v = v*16 + rune(digit)
	}
	p.pos += n
	return v
}

func isASCIILetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// groupName parses an identifier and the > after it.
func (p *regexParser) groupName() (string, error) {
	var name []rune
	for {
		r := p.identifierRune()
		if r == '>' && len(name) > 0 {
			return string(name), nil
		}
		start := r == '$' || r == '_' || unicode.IsLetter(r) || unicode.Is(unicode.Nl, r) || unicode.Is(unicode.Other_ID_Start, r)
		part := start || unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue) || r == 0x200C || r == 0x200D
		if !start && (len(name) == 0 || !part) {
			return "", p.errorf("the name of a group must be an identifier, closed by >")
		}
		name = append(name, r)
	}
}

// identifierRune parses a whole character, which can be two units or an escape. It returns -1
// at the end.
func (p *regexParser) identifierRune() rune {
	if p.accept(`\u`) {
		return p.identifierEscape()
	}
	r := p.peek(0)
	if r < 0 {
		return -1
	}
	p.pos++
	if low := p.peek(0); utf16.IsSurrogate(r) && low >= 0 {
		if whole := utf16.DecodeRune(r, low); whole != unicode.ReplacementChar {
			p.pos++
			return whole
		}
	}
	return r
}

func (p *regexParser) identifierEscape() rune {
	if p.accept("{") {
		var v rune
		for p.peek(0) >= 0 && p.peek(0) != '}' {
			digit := p.hex(1, -1)
			if digit < 0 || v > unicode.MaxRune {
				return -1
			}
			v = v*16 + digit
		}
		if !p.accept("}") || v > unicode.MaxRune || v == '>' {
			return -1
		}
		return v
	}
	high := p.hex(4, -1)
	if utf16.IsSurrogate(high) && p.accept(`\u`) {
		return utf16.DecodeRune(high, p.hex(4, -1))
	}
	if high == '>' {
		return -1
	}
	return high
}
