package simulation

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// scripts caches the compiled scripts of all runs, by their text.
var scripts sync.Map

func compiled(src string) (*lua.FunctionProto, error) {
	if p, ok := scripts.Load(src); ok {
		return p.(*lua.FunctionProto), nil //nolint:forcetypeassert // only these are stored
	}
	chunk, err := parse.Parse(strings.NewReader(src), "script")
	if err != nil {
		return nil, err
	}
	p, err := lua.Compile(chunk, "script")
	if err != nil {
		return nil, err
	}
	scripts.Store(src, p)
	return p, nil
}

// interpreter runs scripts as Redis does. Only one goroutine at a time can use it.
type interpreter struct {
	state *lua.LState
	on    *data // the data that the script runs on
}

func newInterpreter() *interpreter {
	in := &interpreter{state: lua.NewState(lua.Options{SkipOpenLibs: true, RegistrySize: 1024})}
	for _, lib := range []struct {
		name string
		open lua.LGFunction
	}{{"", lua.OpenBase}, {"table", lua.OpenTable}, {"string", lua.OpenString}, {"math", lua.OpenMath}} {
		in.state.Push(in.state.NewFunction(lib.open))
		in.state.Push(lua.LString(lib.name))
		in.state.Call(1, 0)
	}
	redis := in.state.NewTable()
	redis.RawSetString("call", in.state.NewFunction(in.call))
	redis.RawSetString("sha1hex", in.state.NewFunction(func(l *lua.LState) int {
		sum := sha1.Sum([]byte(l.ToString(1)))
		l.Push(lua.LString(hex.EncodeToString(sum[:])))
		return 1
	}))
	in.state.SetGlobal("redis", redis)
	return in
}

func (in *interpreter) call(l *lua.LState) int {
	args := make([]string, l.GetTop())
	for i := range args {
		args[i] = l.ToString(i + 1)
	}
	v, err := in.on.do(args)
	if err != nil {
		l.RaiseError("%s", err.Error())
	}
	l.Push(toLua(l, v))
	return 1
}

// run runs a script on some data, and returns its result: a list of strings.
func (in *interpreter) run(src string, on *data, keys, args []string) (any, error) {
	proto, err := compiled(src)
	if err != nil {
		return nil, err
	}
	in.on = on
	l := in.state
	l.SetGlobal("KEYS", list(l, keys))
	l.SetGlobal("ARGV", list(l, args))
	l.Push(l.NewFunctionFromProto(proto))
	if err := l.PCall(0, 1, nil); err != nil {
		return nil, fmt.Errorf("script: %w", err)
	}
	defer l.Pop(1)
	t, ok := l.Get(-1).(*lua.LTable)
	if !ok {
		return nil, errors.New("the script returned no list")
	}
	out := make([]any, t.Len())
	for i := range out {
		out[i] = lua.LVAsString(t.RawGetInt(i + 1))
	}
	return out, nil
}

func list(l *lua.LState, ss []string) *lua.LTable {
	t := l.CreateTable(len(ss), 0)
	for i, s := range ss {
		t.RawSetInt(i+1, lua.LString(s))
	}
	return t
}

func toLua(l *lua.LState, v any) lua.LValue {
	switch v := v.(type) {
	case nil:
		return lua.LFalse
	case string:
		return lua.LString(v)
	case int64:
		return lua.LNumber(v)
	case status:
		t := l.NewTable()
		t.RawSetString("ok", lua.LString(v))
		return t
	case []any:
		t := l.CreateTable(len(v), 0)
		for i, e := range v {
			t.RawSetInt(i+1, toLua(l, e))
		}
		return t
	}
	panic(fmt.Sprintf("the model answered %T", v))
}
