package shell

import (
	"fmt"
	"html/template"
	"time"
)

// formatAbsolute formats a time for tooltips and screen readers. Scripts convert it to the
// user's time zone.
func formatAbsolute(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") }

// Ago formats t relative to now: "just now", "5 minutes ago", "yesterday", "in 2 hours". If t
// is a week or more before now, it returns the date in UTC: "2 Jan", or "2 Jan 2006" in
// another year.
func Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < 0 && d > -time.Minute, d >= 0 && d < 45*time.Second:
		return "just now"
	case d < 0:
		return formatFuture(-d)
	case d < time.Hour:
		return Pluralize(int((d+30*time.Second)/time.Minute), "minute") + " ago"
	case d < 22*time.Hour:
		return Pluralize(int((d+30*time.Minute)/time.Hour), "hour") + " ago"
	case d < 36*time.Hour:
		return "yesterday"
	case d < 7*24*time.Hour:
		return Pluralize(int((d+12*time.Hour)/(24*time.Hour)), "day") + " ago"
	case t.Year() == now.Year():
		return t.UTC().Format("2 Jan")
	default:
		return t.UTC().Format("2 Jan 2006")
	}
}

func formatFuture(d time.Duration) string {
	switch {
	case d < time.Hour:
		return "in " + Pluralize(int((d+30*time.Second)/time.Minute), "minute")
	case d < 36*time.Hour:
		return "in " + Pluralize(int((d+30*time.Minute)/time.Hour), "hour")
	default:
		return "in " + Pluralize(int((d+12*time.Hour)/(24*time.Hour)), "day")
	}
}

// Pluralize formats the number n with its unit: "1 mode", "2 modes". For any n but 1, it
// appends an s to unit.
func Pluralize(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// timeHTML returns a relative time, with the absolute time as its title.
func timeHTML(t, now time.Time) template.HTML {
	return timeElement(t, Ago(t, now), "ago")
}

// clockHTML returns the time of day, "14:02:07 UTC", preceded by the date if that is not
// today. Scripts convert both to the user's time zone.
func clockHTML(t, now time.Time) template.HTML {
	layout := "15:04:05 UTC"
	switch t, now := t.UTC(), now.UTC(); {
	case t.Year() != now.Year():
		layout = "2 Jan 2006, " + layout
	case t.YearDay() != now.YearDay():
		layout = "2 Jan, " + layout
	}
	return timeElement(t, t.UTC().Format(layout), "clock")
}

func timeElement(t time.Time, text, class string) template.HTML {
	return template.HTML(fmt.Sprintf( // made from a time only
		`<time class="%s" datetime="%s" title="%s">%s<span class="visually-hidden"> (%[3]s)</span></time>`,
		class, t.UTC().Format(time.RFC3339), formatAbsolute(t), text))
}

// Truncate shortens s to at most limit runes. If it cuts anything, the last of them is an
// ellipsis. limit must be at least 1. The result is that of humanize.Truncate; the work is
// proportional to limit rather than to the length of s.
func Truncate(s string, limit int) string {
	count, end := 0, 0
	for i := range s {
		if count == limit-1 {
			end = i
		}
		if count++; count > limit {
			return s[:end] + "…"
		}
	}
	return s
}

// FormatBytes formats a size of n bytes in decimal units, rounded to the nearest: "7 bytes",
// "42 KB", "1.3 MB". For a size shown next to a limit, use humanize.Bytes, which rounds up.
func FormatBytes(n int) string {
	switch {
	case n < 1000:
		return Pluralize(n, "byte")
	case n < 1_000_000:
		return fmt.Sprintf("%d KB", (n+500)/1000)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
}
