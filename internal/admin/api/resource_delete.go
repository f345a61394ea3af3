package api

import "net/http"

func (r *objects) deleteOne(v *request) error {
	match, err := requirePrecondition(v.Ctx)
	if err != nil {
		return err
	}
	if err := r.deleteObject(v, match); err != nil {
		return err
	}
	return v.SendStatus(http.StatusNoContent)
}

// deleteObject deletes the object in the path.
func (r *objects) deleteObject(v *request, match ifMatch) error {
	ref, expected, err := r.resolve(v, match)
	if err != nil {
		return err
	}
	_, err = r.store.Delete(v.UserContext(), v.by(), v.org.ID, ref, expected)
	return err
}
