package resource_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/resource"
	"orgmodes/internal/resource/resourcetest"
)

func TestCheckLabelsFollowsKubernetesSyntax(t *testing.T) {
	long := strings.Repeat("x", 63)
	for key, value := range map[string]string{
		"team": "docs", "example.com/team": "", "a.b-c.example/" + long: long, "A_b.c-D1": "v1.2_x",
	} {
		require.Empty(t, resource.CheckLabels(map[string]string{key: value}), "%s=%s", key, value)
	}
	for key, value := range map[string]string{
		"": "x", "-a": "x", "a-": "x", "a b": "x", "/a": "x", "Example.com/a": "x", "a/b/c": "x", long + "x": "x", strings.Repeat("x", 254) + "/a": "x",
		"a": long + "x", "b": "-x", "c": "x y", "d": "ü", "e": "x\n", "team\n": "x",
	} {
		problems := resource.CheckLabels(map[string]string{key: value})
		require.Len(t, problems, 1, "%q=%q", key, value)
		require.Equal(t, "/metadata/labels/"+strings.ReplaceAll(key, "/", "~1"), problems[0].Pointer)
	}
	many := map[string]string{}
	for i := range 64 {
		many[fmt.Sprint("l", i)] = "x"
	}
	require.Empty(t, resource.CheckLabels(many))
	many["more"] = "x"
	require.Equal(t, "are 65 labels; an object can have at most 64", resource.CheckLabels(many)[0].Detail)
}

func TestLabelsAreComparedAndDiffed(t *testing.T) {
	of := func(labels map[string]string) resource.Object {
		return resource.Object{Spec: resourcetest.Gadget{Name: "one"}, Labels: labels}
	}
	require.True(t, of(nil).SameAs(of(map[string]string{})))
	require.False(t, of(nil).SameAs(of(map[string]string{"team": ""})))
	changes := resource.Diff(resourcetest.Kind{}, of(map[string]string{"team": "docs", "gone": "x"}), of(map[string]string{"team": "code", "example.com/new": "y"}))
	var lines []string
	for _, c := range changes {
		lines = append(lines, fmt.Sprint(c.Kind, " ", c.Pointer, " ", c.Before, " ", c.After))
	}
	require.Equal(t, []string{
		"added /metadata/labels/example.com~1new <nil> y", "removed /metadata/labels/gone x <nil>", "changed /metadata/labels/team docs code",
	}, lines)
}
