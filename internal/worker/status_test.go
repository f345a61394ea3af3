package worker_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/resource"
	"orgmodes/internal/resource/resourcetest"
)

// The worker evaluates the conditions of objects after each change, and finds changes
// without a job.
func TestWorkerEvaluatesConditions(t *testing.T) {
	w := newWorld(t)
	w.db.Register(resourcetest.Kind{})
	w.startCounting()
	gadgets := w.db.Objects("gadget")
	_, err := gadgets.Create(t.Context(), ada, w.org.ID, resourcetest.Gadget{Name: "one", Mode: "docs"})
	require.NoError(t, err)
	awaitStatus := func(want resource.ConditionStatus) {
		t.Helper()
		w.await(func() error {
			o, err := gadgets.Get(t.Context(), w.org.ID, "one")
			if err != nil || len(o.Conditions) == 0 {
				return errors.Join(err, errors.New("no conditions"))
			}
			if got := o.Conditions[0]; got.Status != want {
				return fmt.Errorf("%s: %s", got.Status, got.Message)
			}
			return nil
		})
	}
	awaitStatus(resource.ConditionFalse)
	w.create("docs")
	awaitStatus(resource.ConditionTrue)

	w.exec(`update status_evaluations set revision = 0`)
	w.exec(`update resource_status set conditions = jsonb_set(conditions, '{0,status}', '"False"')`)
	awaitStatus(resource.ConditionTrue)
}
