package reader

import "github.com/valyala/fasthttp"

// Handler answers one request, as Serve does for each: for who brings requests
// in some other way than over a connection.
func (r *Reader) Handler() fasthttp.RequestHandler { return r.fiber.Server().Handler }
