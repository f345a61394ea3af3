package api

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/events"
	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/suggest"
)

// maxMissed is the maximum number of changes that a client can catch up on.
const maxMissed = 1000

// The names of events.
const (
	eventSync     = "SYNC"
	eventReset    = "RESET"
	eventAdded    = "ADDED"
	eventModified = "MODIFIED"
	eventDeleted  = "DELETED"
)

// watch answers with the changes of a library, as server-sent events. A new client
// first gets SYNC with a revision: all that it reads from then on is at least as new. A
// client with a Last-Event-ID gets the changes that it missed instead, or RESET if it
// can't catch up. Then there is one event for each changed object. The last event of
// each revision has the revision as its id.
func (a *API) watch(needs access.Request) func(*request) error {
	return func(v *request) error {
		kinds, err := a.parseKinds(v)
		if err != nil {
			return err
		}
		lastID, resumes, err := lastEventID(v)
		if err != nil {
			return err
		}
		session := v.principal.TokenID.String()
		if v.session != nil {
			session = v.session.CSRF
		}
		release, err := a.Streams.Acquire(v.principal.UserID, session)
		if err != nil {
			v.Set(fiber.HeaderRetryAfter, "10")
			return err
		}
		now, changes, unsubscribe, err := a.Hub.Changes(v.UserContext(), v.org.ID)
		if err != nil {
			release()
			return err
		}
		end := func() { unsubscribe(); release() }
		w := &watcher{organization: v.org.ID, kinds: kinds, delivered: now}
		first, err := w.begin(v.UserContext(), a.DB, lastID, resumes)
		if err != nil {
			end()
			return err
		}
		s := events.Stream[[]postgres.Change]{
			First: first, Values: changes, Encode: w.frame, OnEnd: end, Check: a.Auth.Reauthorize(v.Ctx, v.org.ID.String(), needs),
		}
		return s.Serve(v.Ctx)
	}
}

// parseKinds returns the kinds named in the query, or all.
func (a *API) parseKinds(v *request) (map[string]resource.Kind, error) {
	all := a.DB.Kinds()
	kinds := map[string]resource.Kind{}
	requested := v.Query("kinds")
	if requested == "" {
		for _, k := range all {
			kinds[k.Names().Singular] = k
		}
		return kinds, nil
	}
	for name := range strings.SplitSeq(requested, ",") {
		k, ok := resource.FindKind(all, name)
		if !ok {
			return nil, malformedQuery("unknown kind %q in kinds%s", name,
				suggest.HintNear("; the closest match is %s", name, mapSlice(all, func(k resource.Kind) string { return k.Names().Plural })))
		}
		kinds[k.Names().Singular] = k
	}
	return kinds, nil
}

// lastEventID returns the revision of the Last-Event-ID header, if any.
func lastEventID(v *request) (revision int64, ok bool, err error) {
	id := v.Get("Last-Event-ID")
	if id == "" {
		return 0, false, nil
	}
	if revision, err = strconv.ParseInt(id, 10, 64); err != nil || revision < 0 {
		return 0, false, fault.New(fault.Malformed, "malformed_header", "Last-Event-ID must be the id of an event of this stream, a number, not %q", id)
	}
	return revision, true, nil
}

// watcher converts changes to events.
type watcher struct {
	organization uuid.UUID
	kinds        map[string]resource.Kind
	// delivered is the revision up to which the client has received everything.
	delivered int64
}

// begin returns the first events of a stream.
func (w *watcher) begin(ctx context.Context, db *postgres.DB, lastID int64, resumes bool) ([]byte, error) {
	name := eventSync
	if resumes && lastID <= w.delivered {
		missed, err := db.Changes(ctx, w.organization, lastID, w.delivered, maxMissed+1)
		if err != nil {
			return nil, err
		}
		if len(missed) <= maxMissed {
			return w.events(missed), nil
		}
	}
	if resumes { // too far behind, or ahead because an older backup was restored
		name = eventReset
	}
	return event(nil, name, jsonast.Map{{Name: "revision", Value: int(w.delivered)}}, w.delivered), nil
}

// frame returns the events of the changes that the client hasn't received yet.
func (w *watcher) frame(changes []postgres.Change) []byte {
	for len(changes) > 0 && changes[0].Revision <= w.delivered {
		changes = changes[1:]
	}
	if len(changes) > 0 {
		w.delivered = changes[len(changes)-1].Revision
	}
	return w.events(changes)
}

// events returns the events of changes of the watched kinds.
func (w *watcher) events(changes []postgres.Change) []byte {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c postgres.Change) bool { return w.kinds[c.Kind] == nil })
	var out []byte
	for i, c := range changes {
		name := eventModified
		switch {
		case c.Action == audit.Delete:
			name = eventDeleted
		case c.New:
			name = eventAdded
		}
		id := int64(0)
		if i == len(changes)-1 || changes[i+1].Revision != c.Revision {
			id = c.Revision
		}
		out = event(out, name, w.present(c), id)
	}
	return out
}

// present returns the data of a change's event: which object it is, and where to read
// it.
func (w *watcher) present(c postgres.Change) jsonast.Map {
	names := w.kinds[c.Kind].Names()
	return jsonast.Map{
		{Name: "kind", Value: names.Manifest},
		{Name: "id", Value: c.ID.String()},
		{Name: "name", Value: c.Name},
		{Name: "version", Value: int(c.Version)},
		{Name: "revision", Value: int(c.Revision)},
		{Name: "action", Value: string(c.Action)},
		{Name: "actor", Value: c.Actor},
		{Name: "href", Value: "/api/v1/organizations/" + w.organization.String() + "/" + names.Plural + "/" + c.ID.String()},
	}
}

// event appends an event; id is 0 for none.
func event(to []byte, name string, data jsonast.Map, id int64) []byte {
	body, err := jsonast.Marshal(data)
	if err != nil {
		return to // strings and numbers can always be encoded
	}
	b := bytes.NewBuffer(to)
	if id > 0 {
		fmt.Fprintf(b, "id: %d\n", id)
	}
	fmt.Fprintf(b, "event: %s\ndata: %s\n\n", name, body)
	return b.Bytes()
}
