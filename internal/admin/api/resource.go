package api

import (
	"context"

	"github.com/google/uuid"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// resource is a kind of object that libraries hold, over HTTP: what is its own of
// it. What all kinds share, from the precondition to the ETag, is its methods,
// which are written once, as their transactions are in postgres.
type resource[T any] struct {
	*API
	// noun is what people call one, and what paths call the one in them; plural is
	// what paths and answers call the collection.
	noun, plural string
	// takesList, takesImport and takesExport are its own parameters of these routes,
	// beside those of all kinds.
	takesList, takesImport, takesExport []string
	// of returns an object's id and version.
	of func(T) (id uuid.UUID, version int64)
	// shown is one as it is answered, sent what a person writes of one.
	shown, sent func(T) any
	// read reads a whole one from a request's body.
	read func(v *visit) (T, error)
	// onto returns what is there now with what a person wrote of the other one.
	onto func(now, other T) T
	// patched returns what is there now as a merge patch (RFC 7396) changes it.
	patched func(now T, patch []byte) (T, error)
	diff    func(before, after T) []diff.Change
	// name says in a version which object it is of; whole puts its content there.
	name func(out *version, id string, t T, whole bool)
	// listed are the objects of a list, in its order.
	listed func(v *visit) ([]listed, error)
	// export answers with a file of objects.
	export func(v *visit) error
	// imported imports what was uploaded, see files.
	imported func(v *visit, up importRequest, how howToImport) (plan any, revision int64, err error)
	// deletedCode is the failure's where somebody changes what was deleted.
	deletedCode string
	// called is what people know one by.
	called func(T) string
	// most is how many of them a library can hold.
	most int

	// The store's: see postgres.
	find     func(ctx context.Context, org uuid.UUID, ref string) (T, error)
	create   func(ctx context.Context, by audit.By, org uuid.UUID, t T) (T, error)
	update   func(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64, edit func(T) (T, error)) (T, error)
	remove   func(ctx context.Context, by audit.By, org uuid.UUID, ref string, seen int64) (T, error)
	versions func(ctx context.Context, org, id uuid.UUID, before int64, limit int) ([]postgres.Version[T], error)
	// heads are versions of which only names are known.
	heads   func(ctx context.Context, org, id uuid.UUID, before int64, limit int) ([]postgres.Version[T], error)
	version func(ctx context.Context, org, id uuid.UUID, version int64) (postgres.Version[T], error)
	restore func(ctx context.Context, by audit.By, org, id uuid.UUID, version, seen int64) (T, error)
	deleted func(ctx context.Context, org uuid.UUID, after *postgres.Place, limit int) ([]postgres.Version[T], error)

	removeAll  func(ctx context.Context, by audit.By, org uuid.UUID, seen []postgres.Seen) ([]T, int64, error)
	restoreAll func(ctx context.Context, by audit.By, org uuid.UUID, wanted []postgres.Restoration) ([]T, int64, error)
}

// listed is an object in a list, with what tells it from all others there.
type listed struct {
	key  string
	body any
}

// howToImport is what all imports can be told.
type howToImport struct {
	dryRun, onlyValid bool
	// seen is the revision that the plan was made at; 0 for any.
	seen int64
}

// importOf says how files are imported, with the choices that their kind leaves.
func importOf[C any](up importRequest, how howToImport, choices C) files.Import[C] {
	return files.Import[C]{Files: up.files, Choices: choices, DryRun: how.dryRun, OnlyValid: how.onlyValid, Seen: how.seen}
}

// ref is how the path names an object.
func (r *resource[T]) ref(v *visit) string { return v.Params(r.noun) }

// answer writes an object with its ETag.
func (r *resource[T]) answer(v *visit, status int, t T) error {
	id, version := r.of(t)
	v.Set("ETag", etag(id, version))
	return answer(v.Ctx, status, r.shown(t))
}

// target is the object that a change is for, held against what the caller saw:
// its id, so that the change can't hit another one which took its name
// meanwhile, and what postgres is to compare under its lock.
func (r *resource[T]) target(v *visit, m ifMatch) (ref string, seen int64, err error) {
	current, err := r.find(v.UserContext(), v.org.ID, r.ref(v))
	if fault.Is(err, fault.NotFound) {
		return "", 0, r.orDeleted(v.UserContext(), v.org.ID, m, err)
	}
	if err != nil {
		return "", 0, err
	}
	id, version := r.of(current)
	return id.String(), m.seen(id, version), nil
}

// orDeleted makes "not there" of an object that the caller saw a conflict: it was
// deleted meanwhile.
func (r *resource[T]) orDeleted(ctx context.Context, org uuid.UUID, m ifMatch, notFound error) error {
	for _, tag := range m.tags {
		if len(tag) < 2+36 {
			continue
		}
		id, err := uuid.Parse(tag[1:37])
		if err != nil {
			continue
		}
		versions, err := r.versions(ctx, org, id, 0, 1)
		if err != nil {
			continue
		}
		return fault.New(fault.Stale, r.deletedCode,
			"The %s was deleted meanwhile, by %s. Nothing was saved; restore it from its versions, or create it again", r.noun, versions[0].Actor.Name)
	}
	return notFound
}
