// Package config reads a program's settings from the environment. It reports all problems
// at once, in plain words. It handles only how settings are written, not what they are
// for, and imports no drivers.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Load reads a T from the environment. T is a struct whose fields carry tags:
//
//	Listen  config.Address `env:"LISTEN" envDefault:"127.0.0.1:8080"`
//	Keys    config.Secret  `env:"TOKEN_KEYS,required" expect:"kid:base64key,..."`
//
// Every variable NAME has a variant NAME_FILE with the path of a file that holds the value,
// such as a mounted secret. Setting both is an error. An empty variable counts as not set. A
// tag was:"OLD_NAME" makes Load accept a variable under its name in the previous release, too;
// see Deprecated. A tag help:"..." is for Help. If T has a method Validate() error, Load calls
// it once all fields have been read.
//
// The error lists every problem on its own line: the variable, its value and the expected
// format. It never contains the values of Secret fields.
func Load[T any]() (T, error) { return LoadFrom[T](os.Environ()) }

// LoadFrom is like Load, but reads "NAME=value" pairs instead of the environment.
func LoadFrom[T any](environ []string) (T, error) {
	var settings, zero T
	fields := fieldsOf(reflect.TypeFor[T]())
	values, problems := resolve(env.ToMap(environ), fields)

	err := env.ParseWithOptions(&settings, env.Options{Environment: values})
	var all env.AggregateError
	switch {
	case errors.As(err, &all):
		for _, e := range all.Errors {
			problems = append(problems, explain(e, fields, values, problems))
		}
	case err != nil:
		problems = append(problems, Problem{Detail: err.Error()})
	}
	problems = dedupe(problems)
	if len(problems) == 0 {
		if v, ok := any(&settings).(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				for line := range strings.Lines(err.Error()) {
					problems = append(problems, Problem{Detail: strings.TrimSuffix(line, "\n")})
				}
				return zero, Problems(problems)
			}
		}
		return settings, nil
	}
	return zero, Problems(problems)
}

// Problem describes one problem with one variable.
type Problem struct {
	Name   string // the variable as it was set: "LISTEN" or "LISTEN_FILE"
	Got    string // its value; "" if it is not set or is a secret
	Detail string // the fault in the value
	Expect string // the expected format
}

// String returns the problem as one line.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.Name)
	if p.Got != "" {
		fmt.Fprintf(&b, "=%q", p.Got)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(p.Detail)
	if p.Expect != "" {
		b.WriteString("; expected ")
		b.WriteString(p.Expect)
	}
	return b.String()
}

// Problems lists all problems with a program's settings.
type Problems []Problem //nolint:errname // it is a list first

// Error returns the problems, one per line.
func (ps Problems) Error() string {
	lines := make([]string, 0, len(ps)+1)
	lines = append(lines, "the settings in the environment need attention:")
	for _, p := range ps {
		lines = append(lines, "  "+p.String())
	}
	return strings.Join(lines, "\n")
}

// field holds the tags of one setting.
type field struct {
	name     string // the name of the struct field, as in the errors of package env
	key      string
	was      string // the name of the variable in the previous release, if it had another
	expect   string
	help     string // for --help
	preset   string // the value if the variable is not set
	secret   bool
	required bool
}

func fieldsOf(t reflect.Type) []field {
	var fields []field
	for sf := range t.Fields() {
		if sf.Type.Kind() == reflect.Struct && sf.Tag.Get("env") == "" {
			fields = append(fields, fieldsOf(sf.Type)...)
			continue
		}
		key, options, _ := strings.Cut(sf.Tag.Get("env"), ",")
		if key == "" {
			continue
		}
		expect := sf.Tag.Get("expect")
		if expect == "" {
			if e, ok := reflect.New(sf.Type).Interface().(interface{ Expected() string }); ok {
				expect = e.Expected()
			} else {
				expect = expectedOf(sf.Type)
			}
		}
		fields = append(fields, field{
			name: sf.Name, key: key, was: sf.Tag.Get("was"), expect: expect,
			help: cmp.Or(sf.Tag.Get("help"), expect), preset: sf.Tag.Get("envDefault"),
			secret:   sf.Type == reflect.TypeFor[Secret](),
			required: strings.Contains(options, "required") || strings.Contains(options, "notEmpty"),
		})
	}
	return fields
}

func expectedOf(t reflect.Type) string {
	switch {
	case t.String() == "time.Duration":
		return "a duration such as 250ms, 30s or 5m"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		return "a whole number"
	case t.Kind() == reflect.Slice:
		return "a list with commas between"
	}
	return ""
}

// resolve reads the files that NAME_FILE variables name, and removes empty variables.
func resolve(values map[string]string, fields []field) (map[string]string, []Problem) {
	var problems []Problem
	for _, f := range fields {
		if f.was != "" {
			problems = append(problems, applyOldName(values, f.key, f.was), applyOldName(values, f.key+"_FILE", f.was+"_FILE"))
		}
		if values[f.key] == "" {
			delete(values, f.key)
		}
		path := values[f.key+"_FILE"]
		if path == "" {
			continue
		}
		if _, both := values[f.key]; both {
			problems = append(problems, Problem{
				Name: f.key, Detail: "given twice, as " + f.key + " and as " + f.key + "_FILE",
				Expect: "one of them",
			})
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			problems = append(problems, Problem{
				Name: f.key + "_FILE", Got: path, Detail: "can't be read: " + errors.Unwrap(err).Error(),
				Expect: "the path of a file that holds " + f.key,
			})
			continue
		}
		value := strings.TrimRight(string(content), "\r\n")
		if value == "" {
			problems = append(problems, Problem{
				Name: f.key + "_FILE", Got: path, Detail: "the file is empty",
				Expect: "a file that holds " + f.key,
			})
			continue
		}
		values[f.key] = value
	}
	return values, problems
}

// applyOldName moves the value of a variable from its old name to its current one. It returns
// a zero Problem unless both are set.
func applyOldName(values map[string]string, key, oldName string) Problem {
	old := values[oldName]
	if old == "" {
		return Problem{}
	}
	delete(values, oldName)
	if values[key] != "" {
		return Problem{Name: key, Detail: "given twice, as " + key + " and under its old name " + oldName, Expect: key + " alone"}
	}
	values[key] = old
	return Problem{}
}

// Rename is a variable's old name that is in use, and its current name.
type Rename struct{ Old, New string }

// Deprecated returns the variables of T that "NAME=value" pairs set under their old names.
// The next release ignores those.
func Deprecated[T any](environ []string) []Rename {
	values := env.ToMap(environ)
	var renames []Rename
	for _, f := range fieldsOf(reflect.TypeFor[T]()) {
		for _, suffix := range []string{"", "_FILE"} {
			if f.was != "" && values[f.was+suffix] != "" {
				renames = append(renames, Rename{f.was + suffix, f.key + suffix})
			}
		}
	}
	return renames
}

func explain(err error, fields []field, values map[string]string, problems []Problem) Problem {
	var (
		unset env.VarIsNotSetError
		empty env.EmptyVarError
		parse env.ParseError
	)
	switch {
	case errors.As(err, &unset):
		return missing(unset.Key, fields, problems)
	case errors.As(err, &empty):
		return missing(empty.Key, fields, problems)
	case errors.As(err, &parse):
		for _, f := range fields {
			if f.name != parse.Name {
				continue
			}
			p := Problem{Name: f.key, Detail: reason(parse.Err), Expect: f.expect}
			if !f.secret {
				p.Got = values[f.key]
			}
			return p
		}
	}
	return Problem{Detail: err.Error()}
}

// missing returns the problem of a variable that is not set. It returns a zero Problem if
// one about the variable or its file is already known.
func missing(key string, fields []field, problems []Problem) Problem {
	for _, p := range problems {
		if p.Name == key || p.Name == key+"_FILE" {
			return Problem{}
		}
	}
	p := Problem{Name: key, Detail: "not set"}
	for _, f := range fields {
		if f.key == key {
			p.Expect = strings.TrimSpace(f.expect + " (or " + key + "_FILE, the path of a file that holds it)")
		}
	}
	return p
}

// reason returns the innermost message of err. Outer ones repeat the value, as in
// `strconv.ParseInt: parsing "x": invalid syntax`.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

func dedupe(problems []Problem) []Problem {
	var unique []Problem
	for _, p := range problems {
		if p != (Problem{}) {
			unique = append(unique, p)
		}
	}
	return unique
}
