package jsonast

// MergePatch applies a merge patch (RFC 7396, section 2). Values from the patch keep their
// positions.
func MergePatch(target, patch *Node) *Node {
	if patch.Kind != Object {
		return patch
	}
	changes := make(map[string]*Node, len(patch.Fields))
	for _, f := range patch.Fields {
		changes[f.Name] = f.Value
	}
	merged := &Node{Kind: Object, Line: patch.Line, Column: patch.Column}
	if target != nil && target.Kind == Object {
		for _, f := range target.Fields {
			change, ok := changes[f.Name]
			delete(changes, f.Name)
			if ok && change.Kind == Null {
				continue
			}
			if ok {
				f.Value = MergePatch(f.Value, change)
			}
			merged.Fields = append(merged.Fields, f)
		}
	}
	for _, f := range patch.Fields {
		if change, isNew := changes[f.Name]; isNew && change.Kind != Null {
			f.Value = MergePatch(nil, change)
			merged.Fields = append(merged.Fields, f)
		}
	}
	return merged
}
