package auth

import (
	"fmt"
	"strconv"
	"time"
)

func retryAfterText(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}

func waitText(d time.Duration) string {
	n := int((d + time.Minute - 1) / time.Minute)
	if n <= 1 {
		return "a minute"
	}
	return fmt.Sprintf("%d minutes", n)
}
