package pubstore_test

import (
	"testing"

	"orgmodes/internal/devstack/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
