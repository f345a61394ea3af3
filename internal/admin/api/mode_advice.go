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
func (a *API) modeAdvice(v *visit) error {
	ids, err := clientsOf(v)
	if err != nil {
		return err
	}
	m, err := transfer.ModeOf(v.UserContext(), a.DB, v.org.ID, a.Builtins, v.Params("mode"))
	if err != nil {
		return err
	}
	list := lint.For(m, ids...)
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

// adviceGive returns the advice about files, or about a draft in the API's format of a
// mode. It includes their problems, which don't fail the request.
func (a *API) adviceGive(v *visit) error {
	ids, err := clientsOf(v)
	if err != nil {
		return err
	}
	up, err := uploadOf(v)
	if err != nil {
		return err
	}
	if err := checkAdvised(up.files); err != nil {
		return err
	}
	results := []lint.Result{}
	if draft, ok := draftIn(v.UserContext(), up.files); ok {
		results = append(results, judgeDraft(v.UserContext(), draft, ids))
	} else {
		results, err = judgeFiles(v.UserContext(), up.files, ids)
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
		lint.Count(results, lint.Error), lint.Count(results, lint.Warning), lint.Count(results, lint.Hint),
	}, results})
}

// maxAdvised bounds the input of one check, in bytes: every user is allowed to request
// one, and it has no lasting effect.
const maxAdvised = modes.MaxBodyBytes

func checkAdvised(brought []upload.File) error {
	total := 0
	for _, f := range brought {
		total += len(f.Data)
	}
	if total <= maxAdvised {
		return nil
	}
	return fault.New(fault.TooLarge, "body_too_large",
		"These are %s; at most %s are checked at once. Send fewer, or use `admin modes lint`.", humanize.Bytes(total), humanize.Bytes(maxAdvised))
}

// judgeFiles checks files, including those in an archive.
func judgeFiles(ctx context.Context, brought []upload.File, ids []string) ([]lint.Result, error) {
	results := []lint.Result{}
	if len(brought) == 1 && !transfer.IsArchive(brought[0].Data) {
		return append(results, lint.Check(ctx, brought[0].Name, brought[0].Data, ids...)), nil
	}
	folder, err := transfer.Read(ctx, brought)
	if err != nil {
		return nil, err
	}
	for _, f := range folder.Files {
		results = append(results, lint.Judge(f, ids...))
	}
	return results, nil
}

// draftIn returns a body that is a mode in the API's format, which no file has.
func draftIn(ctx context.Context, brought []upload.File) ([]byte, bool) {
	if len(brought) != 1 || brought[0].Name != "" {
		return nil, false
	}
	return brought[0].Data, modes.IsInAPIForm(ctx, brought[0].Data)
}

func judgeDraft(ctx context.Context, draft []byte, ids []string) lint.Result {
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
	for _, t := range lint.For(m, ids...) {
		out.Findings = append(out.Findings, lint.Finding{
			Rule: t.Rule, Severity: t.Severity, Mode: m.Slug, Pointer: t.Pointer, Detail: t.Detail, Fix: t.Fix, Clients: t.Clients,
		})
	}
	return out
}

func (a *API) adviceRuleList(v *visit) error {
	return answer(v.Ctx, http.StatusOK, struct {
		Version int         `json:"version"`
		Rules   []lint.Rule `json:"rules"`
	}{lint.Version(), lint.Rules()})
}

// clientsOf parses ?client=, whose values must be known clients.
func clientsOf(v *visit) ([]string, error) {
	ids := listOf(v, "client")
	for _, id := range ids {
		if _, err := editors.Find(id); err != nil {
			return nil, malformedQuery("unknown client %q; GET /api/v1/clients lists them", id)
		}
	}
	return ids, nil
}
