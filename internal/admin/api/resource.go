package api

import (
	"context"
	"net/url"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// objects serves the objects of one kind. It implements everything that kinds have in
// common, from the precondition to the ETag.
type objects struct {
	*API
	store *postgres.Collection[resource.Object]
	presenter
	// kind is set only for presenters that need it.
	kind resource.Kind
}

// presenter is the API format of one kind of object.
type presenter interface {
	// parameters returns the query parameters that are specific to this kind.
	parameters() parameters
	// limit returns the maximum number of objects of the kind in a library.
	limit() int
	// present returns an object in the format of responses, with actions if there are any.
	// spec returns its content in the format of requests.
	present(resource.Object, actions.List) any
	spec(resource.Object) any
	// actions returns the actions on objects that are specific to this kind.
	actions(v *request, address string) actions.List
	// read parses the whole content of an object from a request's body.
	read(v *request) (resource.Object, error)
	// patch applies a merge patch (RFC 7396) to the content of the current object.
	patch(current resource.Object, patch []byte) (resource.Object, error)
	// describe adds to a version the name of its object and, with withContent, its content.
	describe(out *version, o resource.Object, withContent bool)
	// list returns the objects of a list in its order.
	list(v *request) ([]listItem, error)
	// export answers with a file of objects.
	export(v *request) error
	// importFiles imports the uploaded files; see package transfer.
	importFiles(v *request, up importRequest, how importOptions) (plan any, revision int64, err error)
}

// parameters holds names of query parameters; see queryParams.
type parameters struct{ list, imports, export []string }

// listItem is an object in a list, with a key that is unique in the list.
type listItem struct {
	key  string
	body any
}

// importOptions holds the options that all imports have.
type importOptions struct {
	dryRun, onlyValid bool
	// expectedRevision is the revision that the plan was made at; 0 accepts any.
	expectedRevision int64
}

// requireMember is like API.requireMember, and also converts the current objects in an error
// to the format of the kind.
func (r *objects) requireMember(needs access.Request, handle func(*request) error, t ...string) fiber.Handler {
	return r.API.requireMember(needs, func(v *request) error {
		return r.presentError(handle(v), func(o resource.Object) any { return r.presentWithActions(v, o) })
	}, t...)
}

// presentWithActions returns an object in the format of responses, with its actions.
func (r *objects) presentWithActions(v *request, o resource.Object) any {
	address := v.address("/" + r.store.Names().Plural + "/" + o.ID.String())
	common := actions.NewList(v.decide, address, []actions.Definition{actions.Update, actions.Delete, actions.History})
	return r.present(o, append(common, r.actions(v, address)...))
}

// presentError converts the current objects in an error to the format of responses.
func (r *objects) presentError(err error, present func(resource.Object) any) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	switch current := f.Current.(type) {
	case resource.Object:
		f.Current = present(current)
	case []resource.Object:
		f.Current = mapSlice(current, present)
	}
	return err
}

// ref returns the id or the name of the object in the path. Names can have spaces,
// which are encoded as %20 in a path.
func (r *objects) ref(v *request) string {
	ref := v.Params(r.store.Names().Singular)
	if name, err := url.PathUnescape(ref); err == nil {
		return name
	}
	return ref
}

// find returns the object in the path.
func (r *objects) find(v *request) (resource.Object, error) {
	return r.store.Get(v.UserContext(), v.org.ID, r.ref(v))
}

// answer writes an object with its ETag.
func (r *objects) answer(v *request, status int, o resource.Object) error {
	v.Set("ETag", etag(o.ID, o.Version))
	if len(o.Conditions) > 0 {
		untagged(v.Ctx) // workers change conditions without a new version
	}
	return answer(v.Ctx, status, r.presentWithActions(v, o))
}

// resolve resolves the object of a change, and compares it with the caller's
// precondition. It returns the object's id, so that the change can't affect another
// object that has since taken its name. It also returns the version that the store
// should expect.
func (r *objects) resolve(v *request, m ifMatch) (ref string, expected int64, err error) {
	current, err := r.find(v)
	if fault.Is(err, fault.NotFound) {
		return "", 0, r.deletedOrNotFound(v.UserContext(), v.org.ID, m, err)
	}
	if err != nil {
		return "", 0, err
	}
	return current.ID.String(), m.expectedVersion(current.ID, current.Version), nil
}

// deletedOrNotFound returns a conflict instead of notFound if the caller has seen the object,
// which has been deleted since.
func (r *objects) deletedOrNotFound(ctx context.Context, org uuid.UUID, m ifMatch, notFound error) error {
	for _, tag := range m.tags {
		if len(tag) < 2+36 {
			continue
		}
		id, err := uuid.Parse(tag[1:37])
		if err != nil {
			continue
		}
		versions, err := r.store.Versions(ctx, org, id, 0, 1)
		if err != nil {
			continue
		}
		singular := r.store.Names().Singular
		return fault.New(fault.Stale, singular+"_deleted",
			"The %s was deleted by %s. Nothing was saved; restore it from its versions, or create it again", singular, versions[0].Actor.Name)
	}
	return notFound
}
