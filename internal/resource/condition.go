package resource

import "time"

// Condition is something that the library found out about an object. It is no part of the
// object's content.
type Condition struct {
	// Type is unique among the conditions of an object, such as "ReferencesResolved".
	Type   string          `json:"type"`
	Status ConditionStatus `json:"status"`
	// Reason is a stable word for programs, Message a sentence for people.
	Reason  string `json:"reason"`
	Message string `json:"message"`
	// ObservedGeneration is the version of the object that this is about.
	ObservedGeneration int64 `json:"observedGeneration"`
	// LastTransitionTime is when Status was last another one; zero if it is not known.
	LastTransitionTime time.Time `json:"lastTransitionTime,omitzero"`
}

// ConditionStatus is whether a condition holds.
type ConditionStatus string

// The statuses. Unknown must not be shown as if it were True.
const (
	ConditionTrue    ConditionStatus = "True"
	ConditionFalse   ConditionStatus = "False"
	ConditionUnknown ConditionStatus = "Unknown"
)

// ReferencesResolved is the condition of an object with soft references: True if all that
// they name exists.
const ReferencesResolved = "ReferencesResolved"

// The reasons of ReferencesResolved.
const (
	ReasonReferencesFound   = "ReferencesFound"
	ReasonReferencesMissing = "ReferencesMissing"
	// ReasonNotEvaluated is the reason of Unknown: the object was changed only now.
	ReasonNotEvaluated = "NotEvaluated"
)

// NotEvaluated returns the condition of a type that was not found out yet for a version of
// an object.
func NotEvaluated(conditionType string, generation int64) Condition {
	return Condition{
		Type: conditionType, Status: ConditionUnknown, Reason: ReasonNotEvaluated,
		Message: "Not evaluated yet: look again in a moment", ObservedGeneration: generation,
	}
}

// HasSoftReferences reports whether a spec names objects that may be absent.
func HasSoftReferences(s Spec) bool {
	for _, r := range s.References() {
		if !r.Required {
			return true
		}
	}
	return false
}
