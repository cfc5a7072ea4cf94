// Package arriving reads what somebody sends over a connection that may be slow, and gives up on whoever is slow on purpose.
package arriving

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Silence is how long a connection may stand still while others wait for it.
const Silence = time.Minute

// Pace is how many bytes a second a file comes with at least, where it is waited for: less than any network carries, or a program writes.
const Pace = 1 << 10

// ErrCutShort says that a connection ended before what was sent by it.
var ErrCutShort = errors.New("the file did not arrive whole, or too slowly to be waited for; send it again, as several files where the connection is slow: what was recorded of it is known by its record ids")

// Body is one that tells a connection which ended before it from an error of ours. Others may wait for it: it gives up on
// whoever sends nothing for a minute, or less than Pace for long.
type Body struct {
	io.ReadCloser
	connection *http.ResponseController
	patience   time.Duration // for which it is waited for what comes next
}

// From lifts the deadlines of a request's connection, which end what takes longer whatever its pace, and is the request's body as it
// arrives, up to a size. *http.MaxBytesError: it is larger.
func From(w http.ResponseWriter, r *http.Request, most int64) *Body {
	connection := http.NewResponseController(w)
	// Where a connection has no deadlines there is nothing to lift.
	_ = errors.Join(connection.SetReadDeadline(time.Time{}), connection.SetWriteDeadline(time.Time{}))
	return &Body{http.MaxBytesReader(w, r.Body, most), connection, Silence}
}

func (b *Body) Read(p []byte) (int, error) {
	asked := time.Now()
	_ = b.connection.SetReadDeadline(asked.Add(b.patience))
	n, err := b.ReadCloser.Read(p)
	b.patience = min(Silence, b.patience-time.Since(asked)+time.Duration(n)*time.Second/Pace)
	if err == io.EOF {
		_ = b.connection.SetReadDeadline(time.Time{}) // the server goes on listening whether the caller is there
	}
	var large *http.MaxBytesError
	if err != nil && err != io.EOF && !errors.As(err, &large) {
		err = fmt.Errorf("%w: %w", ErrCutShort, err)
	}
	return n, err
}
