package api

import (
	"net/http"
	"slices"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/editors"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

// client is an editor in the API.
type client struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Reads   string   `json:"reads"`
	BuiltIn []string `json:"built_in"`
}

func (a *API) clientList(v *request) error {
	list := []client{}
	for _, c := range editors.All() {
		list = append(list, client{c.ID, c.Name, c.Source, c.BuiltIn})
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Version int      `json:"version"`
		Clients []client `json:"clients"`
	}{editors.Version(), list})
}

// views holds a mode as clients interpret it.
type views struct {
	Version int            `json:"version"`
	Views   []editors.View `json:"views"`
}

func viewsOf(m modes.Mode, ids []string) views {
	out := views{Version: editors.Version(), Views: []editors.View{}}
	for _, c := range editors.All() {
		if len(ids) == 0 || slices.Contains(ids, c.ID) {
			out.Views = append(out.Views, editors.Preview(c, m))
		}
	}
	return out
}

// viewList returns a mode as each client interprets it.
func (a *API) viewList(v *request) error {
	m, err := transfer.FindMode(v.UserContext(), a.DB, v.org.ID, a.Builtins, v.Params("mode"))
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, viewsOf(m, nil))
}

// viewGet returns a mode as one client interprets it.
func (a *API) viewGet(v *request) error {
	c, err := editors.Find(v.Params("client"))
	if err != nil {
		return fault.New(fault.NotFound, "not_found", "There is no such client; GET /api/v1/clients lists them").WithCause(err)
	}
	m, err := transfer.FindMode(v.UserContext(), a.DB, v.org.ID, a.Builtins, v.Params("mode"))
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, editors.Preview(c, m))
}

// viewDraft returns an unsaved mode as clients would interpret it.
func (a *API) viewDraft(v *request) error {
	ids, err := parseClients(v)
	if err != nil {
		return err
	}
	data, isYAML, err := modeBody(v.Ctx)
	if err != nil {
		return err
	}
	m, err := modes.ReadMode(v.UserContext(), data, isYAML)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, viewsOf(m, ids))
}
