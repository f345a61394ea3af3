package api

import (
	"context"
	"net/http"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/editors"
	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/lint"
	"orgmodes/internal/modes"
	"orgmodes/internal/upload"
)

// modeAdvice returns the advice about a mode, which can be a built-in one. ?client=
// (repeatable) limits it to some clients.
func (a *API) modeAdvice(v *request) error {
	ids, err := parseClients(v)
	if err != nil {
		return err
	}
	m, err := transfer.FindMode(v.UserContext(), a.DB, v.org.ID, a.Builtins, v.Params("mode"))
	if err != nil {
		return err
	}
	list := lint.Advise(m, ids...)
	if list == nil {
		list = []lint.Advice{}
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Version int           `json:"version"`
		Tokens  int           `json:"tokens"`
		Advice  []lint.Advice `json:"advice"`
	}{lint.Version(), promptTokens(m), list})
}

// promptTokens estimates the tokens that a mode's prompt adds to each request.
func promptTokens(m modes.Mode) int {
	return lint.Tokens(m.Config.RoleDefinition) + lint.Tokens(m.Config.CustomInstructions)
}

// adviceCheck returns the advice about files, or about a draft in the API's format of a
// mode. It includes their problems, which don't fail the request.
func (a *API) adviceCheck(v *request) error {
	ids, err := parseClients(v)
	if err != nil {
		return err
	}
	up, err := parseUpload(v)
	if err != nil {
		return err
	}
	if err := checkAdviceSize(up.files); err != nil {
		return err
	}
	results := []lint.Result{}
	if draft, ok := asDraft(v.UserContext(), up.files); ok {
		results = append(results, lintDraft(v.UserContext(), draft, ids))
	} else {
		results, err = lintFiles(v.UserContext(), up.files, ids)
	}
	if err == nil {
		err = v.UserContext().Err() // a check that was cut off isn't a finding
	}
	if err != nil {
		return err
	}
	type counts struct {
		Error   int `json:"error"`
		Warning int `json:"warning"`
		Note    int `json:"note"`
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Version int           `json:"version"`
		Counts  counts        `json:"counts"`
		Results []lint.Result `json:"results"`
	}{lint.Version(), counts{
		lint.Count(results, lint.Error), lint.Count(results, lint.Warning), lint.Count(results, lint.Info),
	}, results})
}

// maxAdviceBytes bounds the input of one check, in bytes: every user is allowed to request
// one, and it has no lasting effect.
const maxAdviceBytes = modes.MaxBodyBytes

func checkAdviceSize(files []upload.File) error {
	total := 0
	for _, f := range files {
		total += len(f.Data)
	}
	if total <= maxAdviceBytes {
		return nil
	}
	return fault.New(fault.TooLarge, "body_too_large",
		"These are %s; at most %s are checked at once. Send fewer, or use `admin modes lint`.", humanize.Bytes(total), humanize.Bytes(maxAdviceBytes))
}

// lintFiles checks files, including those in an archive.
func lintFiles(ctx context.Context, files []upload.File, ids []string) ([]lint.Result, error) {
	results := []lint.Result{}
	if len(files) == 1 && !transfer.IsArchive(files[0].Data) {
		return append(results, lint.Check(ctx, files[0].Name, files[0].Data, ids...)), nil
	}
	folder, err := transfer.ReadModes(ctx, files)
	if err != nil {
		return nil, err
	}
	for _, f := range folder.Files {
		results = append(results, lint.NewResult(f, ids...))
	}
	return results, nil
}

// asDraft returns a body that is a mode in the API's format, which no file has.
func asDraft(ctx context.Context, files []upload.File) ([]byte, bool) {
	if len(files) != 1 || files[0].Name != "" {
		return nil, false
	}
	return files[0].Data, modes.IsInAPIFormat(ctx, files[0].Data)
}

func lintDraft(ctx context.Context, draft []byte, ids []string) lint.Result {
	out := lint.Result{Format: modes.FormatJSON, Form: string(modes.FormMode), Modes: 1, Findings: []lint.Finding{}}
	m, err := modes.ReadMode(ctx, draft, false)
	if f, ok := fault.As(err); ok {
		for _, p := range f.Fields {
			out.Findings = append(out.Findings, lint.Finding{
				Rule: "invalid-mode", Severity: lint.Error, Pointer: p.Pointer, Line: p.Line, Column: p.Column, Detail: p.Detail,
			})
		}
		return out
	}
	out.Valid = 1
	for _, t := range lint.Advise(m, ids...) {
		out.Findings = append(out.Findings, lint.Finding{
			Rule: t.Rule, Severity: t.Severity, Mode: m.Slug, Pointer: t.Pointer, Detail: t.Detail, Fix: t.Fix, Clients: t.Clients,
		})
	}
	return out
}

func (a *API) adviceRuleList(v *request) error {
	return answer(v.Ctx, http.StatusOK, struct {
		Version int         `json:"version"`
		Rules   []lint.Rule `json:"rules"`
	}{lint.Version(), lint.Rules()})
}

// parseClients parses ?client=, whose values must be known clients.
func parseClients(v *request) ([]string, error) {
	ids := queryList(v, "client")
	for _, id := range ids {
		if _, err := editors.Find(id); err != nil {
			return nil, malformedQuery("unknown client %q; GET /api/v1/clients lists them", id)
		}
	}
	return ids, nil
}
