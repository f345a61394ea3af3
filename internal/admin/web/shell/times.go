package shell

import (
	"fmt"
	"html/template"
	"time"
)

// exact is a time as it is on hover and to screen readers. Scripts put it into
// the reader's own time zone.
func exact(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") }

// Ago is a time in words, seen from now.
func Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < 0 && d > -time.Minute, d >= 0 && d < 45*time.Second:
		return "just now"
	case d < 0:
		return in(-d)
	case d < time.Hour:
		return Count(int((d+30*time.Second)/time.Minute), "minute") + " ago"
	case d < 22*time.Hour:
		return Count(int((d+30*time.Minute)/time.Hour), "hour") + " ago"
	case d < 36*time.Hour:
		return "yesterday"
	case d < 7*24*time.Hour:
		return Count(int((d+12*time.Hour)/(24*time.Hour)), "day") + " ago"
	case t.Year() == now.Year():
		return t.UTC().Format("2 Jan")
	default:
		return t.UTC().Format("2 Jan 2006")
	}
}

func in(d time.Duration) string {
	switch {
	case d < time.Hour:
		return "in " + Count(int((d+30*time.Second)/time.Minute), "minute")
	case d < 36*time.Hour:
		return "in " + Count(int((d+30*time.Minute)/time.Hour), "hour")
	default:
		return "in " + Count(int((d+12*time.Hour)/(24*time.Hour)), "day")
	}
}

// Count is a number with its unit: "1 mode", "2 modes".
func Count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// timeHTML is a time in words with the exact one behind it.
func timeHTML(t, now time.Time) template.HTML {
	return timeElement(t, Ago(t, now), "ago")
}

// clockHTML is the time of the day, "14:02:07", with the day before it where that
// isn't today. Scripts say both in the reader's own time zone.
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

func timeElement(t time.Time, words, class string) template.HTML {
	return template.HTML(fmt.Sprintf( //nolint:gosec // made of a time alone
		`<time class="%s" datetime="%s" title="%s">%s<span class="vh"> (%[3]s)</span></time>`,
		class, t.UTC().Format(time.RFC3339), exact(t), words))
}

// Clip cuts a text off after so many characters.
func Clip(s string, most int) string {
	count, end := 0, 0
	for i := range s {
		if count == most-1 {
			end = i
		}
		if count++; count > most {
			return s[:end] + "…"
		}
	}
	return s
}

// BytesInWords is a size: "42 KB".
func BytesInWords(n int) string {
	switch {
	case n < 1000:
		return Count(n, "byte")
	case n < 1_000_000:
		return fmt.Sprintf("%d KB", (n+500)/1000)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
}
