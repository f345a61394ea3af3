package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/gofiber/fiber/v2"
	"gopkg.in/yaml.v3"

	"orgmodes/internal/fault"
)

const (
	mediaJSON       = "application/json"
	mediaYAML       = "application/yaml"
	mediaMergePatch = "application/merge-patch+json"
	mediaForm       = "multipart/form-data"
	mediaZip        = "application/zip"

	// maxSmall bounds bodies that are no modes, in bytes.
	maxSmall = 64 << 10
)

// mediaType is the body's, by its preferred name, and its parameters.
func mediaType(c *fiber.Ctx) (string, map[string]string) {
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil && media == "" {
		return "", nil
	}
	switch media {
	case "application/x-zip-compressed":
		media = mediaZip
	case "text/yaml", "application/x-yaml", "text/x-yaml":
		media = mediaYAML
	}
	return media, params
}

func unsupported(c *fiber.Ctx, want string) error {
	c.Set("Accept", want)
	return fault.New(fault.Unsupported, "unsupported_media_type", "Say in Content-Type what this is; it can be %s", want)
}

// modeBody returns a body that is JSON or YAML, and whether it is YAML.
func modeBody(c *fiber.Ctx) (data []byte, isYAML bool, err error) {
	switch media, _ := mediaType(c); media {
	case mediaJSON:
		return c.BodyRaw(), false, nil
	case mediaYAML:
		return c.BodyRaw(), true, nil
	}
	return nil, false, unsupported(c, mediaJSON+", "+mediaYAML)
}

// jsonBody returns a body that is JSON.
func jsonBody(c *fiber.Ctx) ([]byte, error) {
	if media, _ := mediaType(c); media != mediaJSON {
		return nil, unsupported(c, mediaJSON)
	}
	return c.BodyRaw(), nil
}

// smallBody reads a body that is no mode, JSON or YAML, into a struct, strictly:
// nothing unknown, nothing twice, nothing behind it.
func smallBody(c *fiber.Ctx, into any) error {
	data, isYAML, err := modeBody(c)
	if err != nil {
		return err
	}
	if len(data) > maxSmall {
		return fault.New(fault.TooLarge, "body_too_large", "At most %d KiB are taken here", maxSmall>>10)
	}
	if isYAML {
		if data, err = yamlToJSON(data); err != nil {
			return err
		}
	}
	return strictJSON(data, into)
}

func strictJSON(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := noDuplicates(dec, ""); err != nil {
		return malformedJSON(data, dec.InputOffset(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return malformedJSON(data, dec.InputOffset(), errors.New("there is something behind the end of the JSON"))
	}
	strict := json.NewDecoder(bytes.NewReader(data))
	strict.DisallowUnknownFields()
	err := strict.Decode(into)
	if err == nil {
		return nil
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		line, column := position(data, wrong.Offset)
		return fault.New(fault.Invalid, "invalid_body", "The content is not what is expected here").With(fault.Field{
			Pointer: "/" + strings.ReplaceAll(wrong.Field, ".", "/"), Detail: "must be " + inWords(wrong.Type.Kind().String()) + ", not " + wrong.Value,
			Line: line, Column: column,
		})
	}
	detail := strings.TrimPrefix(err.Error(), "json: ")
	pointer := ""
	if name, ok := strings.CutPrefix(detail, "unknown field "); ok {
		pointer = "/" + strings.Trim(name, `"`)
	}
	return fault.New(fault.Invalid, "invalid_body", "The content is not what is expected here").With(fault.Field{Pointer: pointer, Detail: detail})
}

// noDuplicates reads one value and refuses an object with a name twice, of
// which encoding/json would silently keep the last.
func noDuplicates(dec *json.Decoder, at string) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		seen := map[string]bool{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			if seen[name] {
				return fmt.Errorf("%s/%s stands twice", at, name)
			}
			seen[name] = true
			if err := noDuplicates(dec, at+"/"+name); err != nil {
				return err
			}
		}
	case json.Delim('['):
		for i := 0; dec.More(); i++ {
			if err := noDuplicates(dec, fmt.Sprintf("%s/%d", at, i)); err != nil {
				return err
			}
		}
	default:
		return nil
	}
	_, err = dec.Token()
	return err
}

func malformedJSON(data []byte, offset int64, err error) error {
	detail := err.Error()
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		detail, offset = "it ends too early", int64(len(data))
	}
	line, column := position(data, offset)
	return fault.New(fault.Malformed, "malformed_json", "This is not JSON").With(fault.Field{Detail: detail, Line: line, Column: column})
}

func yamlToJSON(data []byte) ([]byte, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	malformed := fault.New(fault.Malformed, "malformed_yaml", "This is not YAML")
	var v any
	if err := dec.Decode(&v); err != nil {
		f := fault.Field{Detail: strings.TrimPrefix(err.Error(), "yaml: ")}
		_, _ = fmt.Sscanf(f.Detail, "line %d:", &f.Line)
		return nil, malformed.With(f)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, malformed.With(fault.Field{Detail: "there is more than one document"})
	}
	out, err := json.Marshal(v)
	if err != nil {
		return nil, malformed.With(fault.Field{Detail: "names must be text"})
	}
	return out, nil
}

// position is the line and column of an offset, from 1.
func position(data []byte, offset int64) (line, column int) {
	before := data[:min(max(offset, 0), int64(len(data)))]
	line = bytes.Count(before, []byte("\n")) + 1
	return line, len(before) - bytes.LastIndexByte(before, '\n')
}

func inWords(kind string) string {
	switch kind {
	case "string":
		return "text"
	case "slice":
		return "a list"
	case "struct", "map":
		return "an object"
	}
	return "a " + kind
}
