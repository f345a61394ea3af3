package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// entry is one entry of a stream. fields alternates names and values.
type entry struct {
	id     int64
	fields []string
}

// data is the content of one Redis server, as far as our scripts and reads use it.
type data struct {
	hashes  map[string]map[string]string
	strings map[string]string
	streams map[string][]entry
	replid  string
	logged  int // counts all entries ever added
}

func newData(replid string) *data {
	return &data{map[string]map[string]string{}, map[string]string{}, map[string][]entry{}, replid, 0}
}

// clone returns a copy for a replica.
func (d *data) clone() *data {
	c := newData(d.replid)
	for k, h := range d.hashes {
		c.hashes[k] = maps.Clone(h)
	}
	maps.Copy(c.strings, d.strings)
	for k, s := range d.streams {
		c.streams[k] = slices.Clone(s)
	}
	return c
}

func (d *data) flush() {
	d.hashes, d.strings, d.streams = map[string]map[string]string{}, map[string]string{}, map[string][]entry{}
}

// status is a status answer such as OK.
type status string

// do runs one command. The answer is nil, string, int64, status or []any.
func (d *data) do(args []string) (any, error) {
	name, key := strings.ToUpper(args[0]), ""
	if len(args) > 1 {
		key = args[1]
	}
	switch name {
	case "GET":
		return field(d.strings, key), nil
	case "SET":
		d.strings[key] = args[2]
		return status("OK"), nil
	case "DEL":
		delete(d.hashes, key)
		delete(d.strings, key)
		delete(d.streams, key)
		return int64(1), nil
	case "EXISTS":
		if _, ok := d.hashes[key]; ok {
			return int64(1), nil
		}
		return int64(0), nil
	case "HGET":
		return field(d.hashes[key], args[2]), nil
	case "HMGET":
		out := make([]any, 0, len(args)-2)
		for _, f := range args[2:] {
			out = append(out, field(d.hashes[key], f))
		}
		return out, nil
	case "HGETALL":
		h := d.hashes[key]
		out := make([]any, 0, 2*len(h))
		for _, f := range slices.Sorted(maps.Keys(h)) {
			out = append(out, f, h[f])
		}
		return out, nil
	case "HSTRLEN":
		return int64(len(d.hashes[key][args[2]])), nil
	case "HKEYS":
		return toAny(slices.Sorted(maps.Keys(d.hashes[key]))), nil
	case "HDEL":
		delete(d.hashes[key], args[2])
		return int64(1), nil
	case "HSET":
		h := d.hash(key)
		for i := 2; i+1 < len(args); i += 2 {
			h[args[i]] = args[i+1]
		}
		return int64(len(args)-2) / 2, nil
	case "HINCRBY":
		h := d.hash(key)
		n, _ := strconv.ParseInt(h[args[2]], 10, 64)
		by, err := strconv.ParseInt(args[3], 10, 64)
		if err != nil {
			return nil, err
		}
		h[args[2]] = strconv.FormatInt(n+by, 10)
		return n + by, nil
	case "XADD": // key MAXLEN ~ cap id field value...
		id, err := streamID(args[5])
		if err != nil {
			return nil, err
		}
		s := d.streams[key]
		if len(s) > 0 && s[len(s)-1].id >= id {
			return nil, fmt.Errorf("ERR The ID specified in XADD is equal or smaller than the target stream top item")
		}
		d.logged++
		d.streams[key] = append(s, entry{id, slices.Clone(args[6:])})
		return args[5], nil
	case "XREVRANGE": // key + - COUNT 1
		s := d.streams[key]
		if len(s) == 0 {
			return []any{}, nil
		}
		last := s[len(s)-1]
		return []any{[]any{fmt.Sprintf("%d-0", last.id), toAny(last.fields)}}, nil
	case "INFO":
		return "# Replication\r\nrole:master\r\nmaster_replid:" + d.replid + "\r\n", nil
	case "TIME":
		now := time.Now()
		return []any{strconv.FormatInt(now.Unix(), 10), strconv.Itoa(now.Nanosecond() / 1000)}, nil
	case "PING":
		return status("PONG"), nil
	}
	return nil, fmt.Errorf("ERR the model does not know %s", name)
}

func (d *data) hash(key string) map[string]string {
	h := d.hashes[key]
	if h == nil {
		h = map[string]string{}
		d.hashes[key] = h
	}
	return h
}

// after returns the stream's entries after an ID.
func (d *data) after(key string, id int64) []entry {
	s := d.streams[key]
	i, _ := slices.BinarySearchFunc(s, id+1, func(e entry, id int64) int { return int(e.id - id) })
	return s[i:]
}

// newest implements XREVRANGE key + - COUNT n.
func (d *data) newest(args []string) []entry {
	out := slices.Clone(d.streams[args[1]])
	slices.Reverse(out)
	if n, err := strconv.Atoi(args[len(args)-1]); err == nil && len(out) > n {
		out = out[:n]
	}
	return out
}

func streamID(s string) (int64, error) {
	n, _, _ := strings.Cut(s, "-")
	return strconv.ParseInt(n, 10, 64)
}

func field(h map[string]string, name string) any {
	if v, ok := h[name]; ok {
		return v
	}
	return nil
}

func toAny(ss []string) []any {
	out := make([]any, len(ss))
	for i, s := range ss {
		out[i] = s
	}
	return out
}
