package resource

import "time"

// Condition is an observation of the library about an object. It isn't part of the object's
// content.
type Condition struct {
	// Type is unique among the conditions of an object, such as "ReferencesResolved".
	Type   string          `json:"type"`
	Status ConditionStatus `json:"status"`
	// Reason is a stable word for programs; Message is a sentence for people.
	Reason  string `json:"reason"`
	Message string `json:"message"`
	// ObservedGeneration is the version of the object to which the condition applies.
	ObservedGeneration int64 `json:"observedGeneration"`
	// LastTransitionTime is when Status last changed; zero if unknown.
	LastTransitionTime time.Time `json:"lastTransitionTime,omitzero"`
}

// ConditionStatus tells whether a condition holds.
type ConditionStatus string

// The statuses. Unknown must not be presented as True.
const (
	ConditionTrue    ConditionStatus = "True"
	ConditionFalse   ConditionStatus = "False"
	ConditionUnknown ConditionStatus = "Unknown"
)

// ReferencesResolved is the condition of an object with soft references. It is True if all
// referenced objects exist.
const ReferencesResolved = "ReferencesResolved"

// The reasons of ReferencesResolved.
const (
	ReasonReferencesFound   = "ReferencesFound"
	ReasonReferencesMissing = "ReferencesMissing"
	// ReasonNotEvaluated is the reason for Unknown: the object was changed just now.
	ReasonNotEvaluated = "NotEvaluated"
)

// NotEvaluated returns a condition that hasn't been evaluated yet for this version of an
// object.
func NotEvaluated(conditionType string, generation int64) Condition {
	return Condition{
		Type: conditionType, Status: ConditionUnknown, Reason: ReasonNotEvaluated,
		Message: "Not evaluated yet: try again in a moment", ObservedGeneration: generation,
	}
}

// HasSoftReferences reports whether a spec refers to objects that are allowed to be absent.
func HasSoftReferences(s Spec) bool {
	for _, r := range s.References() {
		if !r.Required {
			return true
		}
	}
	return false
}
