package api

import "net/http"

func (r *objects) deleteOne(v *visit) error {
	match, err := required(v.Ctx)
	if err != nil {
		return err
	}
	if err := r.removed(v, match); err != nil {
		return err
	}
	return v.SendStatus(http.StatusNoContent)
}

// removed deletes the object in the path.
func (r *objects) removed(v *visit, match ifMatch) error {
	ref, seen, err := r.target(v, match)
	if err != nil {
		return err
	}
	_, err = r.store.Delete(v.UserContext(), v.by(), v.org.ID, ref, seen)
	return err
}
