// Package events streams the changes of organizations to browsers and programs, as
// server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
package events
