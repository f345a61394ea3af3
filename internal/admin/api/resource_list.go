package api

import "net/http"

const defaultPageSize, maxPageSize = 100, 500

// maxPageBytes bounds the contents in a page of a list, in bytes of their JSON. An
// element that is longer is a page by itself.
const maxPageBytes = 4 << 20

func (r *objects) listAll(v *request) error {
	p, err := parsePaging(v.Ctx, defaultPageSize, maxPageSize)
	if err != nil {
		return err
	}
	list, err := r.list(v)
	if err != nil {
		return err
	}
	part, next := paginate(p, list, func(l listItem) string { return l.key })
	bodies := make([]any, len(part))
	for i, l := range part {
		bodies[i] = l.body
	}
	v.Set("ETag", etag(v.org.ID, v.org.Revision))
	if r.kind != nil {
		untagged(v.Ctx) // manifests have conditions, which workers change without a new revision
	}
	out := map[string]any{r.store.Names().Plural: bodies, "total": len(list), "revision": v.org.Revision}
	if next != "" {
		out["next_cursor"] = next
	}
	return answer(v.Ctx, http.StatusOK, out)
}
