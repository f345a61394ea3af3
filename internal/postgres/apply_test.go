package postgres_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

func createOp(s resource.Spec) resource.Op {
	op := resource.Op{Verb: resource.Create, Kind: modes.KindName, New: resource.Object{Spec: s}}
	if _, ok := s.(templates.Template); ok {
		op.Kind = templates.KindName
	}
	return op
}

// modeWithTemplate returns a mode that refers to a permission template.
func modeWithTemplate(slug, template string) modes.Mode {
	m := mode(slug)
	m.Config.PermissionTemplate = template
	return m
}

func (l *library) apply(ops ...resource.Op) (resource.Result, error) {
	l.t.Helper()
	return l.db.Apply(l.t.Context(), ada, l.org.ID, ops, resource.Options{})
}

func TestApplyChangesSeveralKindsInOneRevision(t *testing.T) {
	l := newLibrary(t)
	before := l.revision()
	result, err := l.apply(createOp(template("Guard")), createOp(modeWithTemplate("docs", "guard")), createOp(mode("code")))
	require.NoError(t, err)
	assert.Equal(t, before+1, result.Revision)
	assert.Equal(t, before+1, l.revision())
	require.Len(t, result.Outcomes, 3)
	docs := result.Outcomes[1].Object
	assert.Equal(t, "Guard", docs.Spec.(modes.Mode).Config.PermissionTemplate, "the name that the template has")
	assert.Equal(t, result.Outcomes[0].Object.ID, modes.TemplateID(docs))
	assert.EqualValues(t, 3, l.count(`select count(*) from audit_log where revision = $1`, result.Revision))
	assert.EqualValues(t, 3, l.count(`select count(*) from versions where revision = $1`, result.Revision))
	assert.EqualValues(t, 1, l.count(`select count(*) from river_job where (args->>'revision')::bigint = $1`, result.Revision))

	// An object that is deleted together with its users is not in use; in the opposite order
	// it is.
	gone := func(kind, ref string) resource.Op { return resource.Op{Verb: resource.Delete, Kind: kind, Ref: ref} }
	_, err = l.apply(gone(templates.KindName, "Guard"), gone(modes.KindName, "docs"))
	require.True(t, fault.Is(err, fault.Conflict), err)
	f, _ := fault.As(err)
	assert.Equal(t, []resource.Referrer{{Kind: "mode", ID: docs.ID, Name: "The docs"}}, f.Current)
	assert.Equal(t, before+1, l.revision())
	_, err = l.apply(gone(modes.KindName, "docs"), gone(templates.KindName, "Guard"))
	require.NoError(t, err)
}

func TestApplyReportsEveryFailureAndIsAtomic(t *testing.T) {
	l := newLibrary(t)
	docs, code := l.create("docs"), l.create("code")
	_, err := l.db.Modes.Update(t.Context(), bob, l.org.ID, "docs", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Name = "Changed"
		return m, nil
	})
	require.NoError(t, err)
	_, err = l.db.Modes.Delete(t.Context(), bob, l.org.ID, "code", 0)
	require.NoError(t, err)
	books := l.countTraces()

	keep := func(o resource.Object) (resource.Object, error) { return o, nil }
	_, err = l.apply(
		createOp(mode("new")),
		resource.Op{Verb: resource.Update, Kind: modes.KindName, Ref: docs.ID.String(), ExpectedVersion: docs.Version, Edit: keep},
		resource.Op{Verb: resource.Delete, Kind: modes.KindName, Ref: code.ID.String(), ExpectedVersion: code.Version},
		createOp(mode("docs")),
		createOp(modeWithTemplate("guarded", "Nothing")),
		resource.Op{Verb: resource.Delete, Kind: templates.KindName, Ref: uuid.NewString()},
	)
	var failed resource.OpErrors
	require.ErrorAs(t, err, &failed)
	var got []string
	for _, f := range failed {
		got = append(got, fmt.Sprint(f.Index, " ", f.Err))
	}
	assert.Equal(t, "1 Changed was changed by Bob and is now at version 2", got[0])
	assert.Equal(t, "2 The code was deleted by Bob", got[1])
	assert.Contains(t, got[2], `3 A mode with the slug "docs" already exists`)
	assert.Contains(t, got[3], `/config/permissionTemplate: This organization has no permission template "Nothing"; there are `)
	assert.Equal(t, "5 Template not found", got[4])
	assert.Len(t, got, 5)
	assert.Equal(t, books, l.countTraces())
}

func TestApplyDoesNotFindObjectsOfOtherOrganization(t *testing.T) {
	l := newLibrary(t)
	other, err := l.db.CreateOrganization(t.Context(), ada, "other", "Other")
	require.NoError(t, err)
	theirs, err := l.db.Templates.Create(t.Context(), ada, other.ID, template("Theirs"))
	require.NoError(t, err)
	foreign, err := l.db.Modes.Create(t.Context(), ada, other.ID, mode("foreign"))
	require.NoError(t, err)
	answer := func(op resource.Op) string {
		_, err := l.apply(op)
		require.Error(t, err)
		return err.Error()
	}
	absent := uuid.NewString()
	for _, refs := range [][2]string{{theirs.ID.String(), absent}, {"Theirs", "Nobody"}} {
		assert.Equal(t, len(answer(createOp(modeWithTemplate("docs", refs[1])))), len(answer(createOp(modeWithTemplate("docs", refs[0]))))+len(refs[1])-len(refs[0]))
	}
	for _, verb := range []resource.Verb{resource.Delete, resource.Update} {
		assert.Equal(t,
			answer(resource.Op{Verb: verb, Kind: modes.KindName, Ref: absent}),
			answer(resource.Op{Verb: verb, Kind: modes.KindName, Ref: foreign.ID.String()}))
	}
	assert.Equal(t,
		answer(resource.Op{Verb: resource.Restore, Kind: modes.KindName, Ref: absent, Version: 1}),
		answer(resource.Op{Verb: resource.Restore, Kind: modes.KindName, Ref: foreign.ID.String(), Version: 1}))
}

// Postgres aborts a transaction for text that it can't store. That is reported, rather than
// that the operations after it failed, too.
func TestApplyReportsFailureThatAbortedTransaction(t *testing.T) {
	l := newLibrary(t)
	gone := func(ref string) resource.Op {
		return resource.Op{Verb: resource.Delete, Kind: modes.KindName, Ref: ref}
	}
	_, err := l.apply(gone("a\x00b"), gone("docs"))
	require.True(t, fault.Is(err, fault.Invalid), err)
	require.ErrorContains(t, err, "can't be stored")
}

func TestApplyRejectsUnknownKind(t *testing.T) {
	l := newLibrary(t)
	_, err := l.apply(resource.Op{Verb: resource.Delete, Kind: "gadget", Ref: "x"})
	require.ErrorContains(t, err, `unknown kind "gadget"`)
}

// drawOp draws an operation on few objects, so that operations collide.
func drawOp(t *rapid.T) resource.Op {
	slug := rapid.SampledFrom([]string{"a", "b", "c", "A"}).Draw(t, "slug")
	name := rapid.SampledFrom([]string{"T", "U", "t"}).Draw(t, "name")
	guard := rapid.SampledFrom([]string{"", "", "T", "u"}).Draw(t, "guard")
	word := rapid.SampledFrom([]string{"one", "two"}).Draw(t, "word")
	m := modeWithTemplate(slug, guard)
	m.Config.WhenToUse = word
	tpl := template(name)
	tpl.Description = &word
	if rapid.Bool().Draw(t, "of a mode") {
		verb := rapid.SampledFrom([]resource.Verb{resource.Create, resource.Put, resource.Put, resource.Update, resource.Delete}).Draw(t, "verb")
		op := resource.Op{Verb: verb, Kind: modes.KindName, Ref: slug, New: resource.Object{Spec: m}}
		op.Edit = func(resource.Object) (resource.Object, error) { return resource.Object{Spec: m}, nil }
		return op
	}
	verb := rapid.SampledFrom([]resource.Verb{resource.Create, resource.Put, resource.Put, resource.Update, resource.Delete}).Draw(t, "verb")
	return resource.Op{
		Verb: verb, Kind: templates.KindName, Ref: name, New: resource.Object{Spec: tpl},
		Edit: func(resource.Object) (resource.Object, error) { return resource.Object{Spec: tpl}, nil },
	}
}

// state describes everything in a library except ids and times.
func (l *library) state(org uuid.UUID) (all []string) {
	for _, kind := range []string{modes.KindName, templates.KindName} {
		objects, err := l.db.Objects(kind).List(l.t.Context(), org)
		require.NoError(l.t, err)
		for _, o := range objects {
			all = append(all, describe(o))
		}
	}
	slices.Sort(all)
	return all
}

func describe(o resource.Object) string {
	return fmt.Sprintf("%s v%d at %d: %+v", o.Kind, o.Version, o.Position, contentOf(o.Spec))
}

func contentOf(s resource.Spec) any {
	if t, ok := s.(templates.Template); ok {
		text, _ := t.MarshalJSON()
		return string(text)
	}
	m := s.(modes.Mode)
	text, _ := m.Config.MarshalJSON()
	return m.Slug + m.Name + string(text)
}

func outcomes(r resource.Result) (all []string) {
	for _, o := range r.Outcomes {
		line := fmt.Sprint(o.Action, " ", describe(o.Object))
		if o.Before != nil {
			line += " before: " + describe(*o.Before)
		}
		all = append(all, line)
	}
	return all
}

// Operations that are applied in any grouping leave the same library as one by one. A dry
// run returns what applying then does, and changes nothing. There is exactly one version and
// one audit row for each object that changed.
func TestApplyResultIsIndependentOfGrouping(t *testing.T) {
	l := newLibrary(t)
	n, draws := 0, 12
	if prove.Enabled() {
		draws = 100
	}
	rapid.Check(t, func(r *rapid.T) {
		if n++; n > draws {
			return
		}
		one, err := l.db.CreateOrganization(t.Context(), ada, fmt.Sprint("one-", n), "One")
		require.NoError(r, err)
		grouped, err := l.db.CreateOrganization(t.Context(), ada, fmt.Sprint("grouped-", n), "Grouped")
		require.NoError(r, err)
		// written returns the number of an organization's versions if it has as many audit
		// rows, else -1.
		written := func(org uuid.UUID) int64 {
			return l.count(`select case when v.n = a.n then v.n else -1 end
				from (select count(*) n from versions where organization_id = $1) v,
					(select count(*) n from audit_log where organization_id = $1 and subject_kind in ('mode', 'template')) a`, org)
		}
		shipped := written(one.ID)

		var done []resource.Op
		changed := shipped
		for _, op := range rapid.SliceOfN(rapid.Custom(drawOp), 1, 12).Draw(r, "operations") {
			result, err := l.db.Apply(t.Context(), ada, one.ID, []resource.Op{op}, resource.Options{})
			if err != nil {
				_, isFault := fault.As(err)
				require.True(r, isFault, err)
				continue
			}
			done = append(done, op)
			if result.Outcomes[0].Action != resource.ActionUnchanged {
				changed++
			}
		}
		for rest := done; len(rest) > 0; {
			size := rapid.IntRange(1, len(rest)).Draw(r, "group")
			before, rows := l.state(grouped.ID), written(grouped.ID)
			dry, err := l.db.Apply(t.Context(), ada, grouped.ID, rest[:size], resource.Options{DryRun: true})
			require.NoError(r, err)
			require.Equal(r, before, l.state(grouped.ID))
			require.Equal(r, rows, written(grouped.ID))
			result, err := l.db.Apply(t.Context(), ada, grouped.ID, rest[:size], resource.Options{})
			require.NoError(r, err)
			require.Equal(r, dry.Revision, result.Revision)
			require.Equal(r, outcomes(dry), outcomes(result))
			rest = rest[size:]
		}
		require.Equal(r, l.state(one.ID), l.state(grouped.ID))
		for _, org := range []uuid.UUID{one.ID, grouped.ID} {
			require.Equal(r, changed, written(org))
		}
	})
}
