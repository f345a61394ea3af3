package reader

import "github.com/valyala/fasthttp"

// Handler returns the handler that Serve uses for each request. It is for callers that
// deliver requests by other means than a connection.
func (r *Reader) Handler() fasthttp.RequestHandler { return r.fiber.Server().Handler }
