// Package events tells browsers and programs what changes in organizations, as server-sent
// events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
package events
