package simulation

import (
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// execute runs one command and sets its value, as go-redis would.
func (l *link) execute(d *data, cmd redis.Cmder) error {
	args := argStrings(cmd.Args())
	switch cmd.Name() {
	case "multi", "exec":
		return nil
	case "evalsha":
		return noScriptError{}
	case "eval":
		n, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		v, err := l.cluster.lua.run(args[1], d, args[3:3+n], args[3+n:])
		if err != nil {
			return err
		}
		cmd.(*redis.Cmd).SetVal(v) //nolint:forcetypeassert // what go-redis makes for it
		return nil
	}
	var v any
	var err error
	if scan, ok := cmd.(*redis.ScanCmd); ok {
		scan.SetVal(nil, 0) // only tests with the real stores cover orphaned keys
		return nil
	}
	if cmd.Name() == "xrevrange" {
		v = d.newest(args)
	} else if v, err = d.do(args); err != nil {
		return err
	}
	if v == nil {
		return redis.Nil
	}
	switch c := cmd.(type) {
	case *redis.StringCmd:
		c.SetVal(v.(string)) //nolint:forcetypeassert // the model's own answer
	case *redis.SliceCmd:
		c.SetVal(v.([]any)) //nolint:forcetypeassert // the model's own answer
	case *redis.MapStringStringCmd:
		list := v.([]any) //nolint:forcetypeassert // the model's own answer
		m := make(map[string]string, len(list)/2)
		for i := 0; i+1 < len(list); i += 2 {
			m[list[i].(string)] = list[i+1].(string) //nolint:forcetypeassert // the model's own answer
		}
		c.SetVal(m)
	case *redis.StatusCmd:
		c.SetVal(string(v.(status))) //nolint:forcetypeassert // the model's own answer
	case *redis.XMessageSliceCmd:
		c.SetVal(messages(v.([]entry))) //nolint:forcetypeassert // the model's own answer
	default:
		return fmt.Errorf("the model does not know %T", cmd)
	}
	return nil
}

// noScriptError makes go-redis send the script's text.
type noScriptError struct{}

func (noScriptError) Error() string { return "NOSCRIPT No matching script. Please use EVAL." }

// RedisError marks it as an error answer of the server.
func (noScriptError) RedisError() {}

// argStrings returns a command's arguments as they would be sent.
func argStrings(args []any) []string {
	out := make([]string, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case string:
			out[i] = a
		case []byte:
			out[i] = string(a)
		default:
			out[i] = fmt.Sprint(a)
		}
	}
	return out
}
