package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"orgmodes/internal/jsonast"
	"orgmodes/internal/suggest"
)

// refuseEmpty returns an error for an empty flag or argument, such as from an unset variable
// in a script. It also rejects flag values that are not valid text.
func refuseEmpty(cmd *cobra.Command, args []string) error {
	var wrong error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if several, ok := f.Value.(pflag.SliceValue); ok {
			values = several.GetSlice()
		}
		if len(values) == 0 {
			values = []string{""}
		}
		for _, v := range values {
			if v == "" && wrong == nil {
				wrong = fmt.Errorf("--%s is empty; provide a value or omit the flag", f.Name)
			} else if problem := jsonast.TextProblem(v); problem != "" && wrong == nil {
				wrong = fmt.Errorf("--%s: %s", f.Name, problem)
			}
		}
	})
	for _, a := range args {
		if a == "" && wrong == nil {
			wrong = errors.New("an argument is empty; provide a value or omit it")
		}
	}
	return wrong
}

// suggestFlag adds the closest flag to the error about an unknown one.
func suggestFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || len(unknown.GetSpecifiedName()) < 2 {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	name, _, _ := strings.Cut(unknown.GetSpecifiedName(), "=")
	return fmt.Errorf("%w%s", err, suggest.HintNear("; did you mean --%s?", name, names))
}
