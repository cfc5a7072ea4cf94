package api

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestADatabaseThatCannotWorkNowIsToBeTriedAgainWhoeverAskedIt(t *testing.T) {
	for code, status := range map[string]int{
		"53100": http.StatusServiceUnavailable, // no room
		"57P03": http.StatusServiceUnavailable, // starting
		"58030": http.StatusServiceUnavailable, // a file
		"08006": http.StatusServiceUnavailable, // a connection
		"25006": http.StatusServiceUnavailable, // a standby
		"40P01": http.StatusServiceUnavailable, // others in the way
		"57014": 0,                             // a query that was cancelled
		"23505": 0,                             // a fault of ours
	} {
		p := known(fmt.Errorf("keep it: %w", &pgconn.PgError{Code: code}))
		switch {
		case p == nil && status != 0:
			t.Errorf("%s is answered 500", code)
		case p != nil && (p.Status != status || p.retryAfter == 0):
			t.Errorf("%s is answered %d, to be tried again after %d s", code, p.Status, p.retryAfter)
		}
	}
}
