package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"rackvidd/events"
)

func TestAQuestionThatTheVaultDoesNotKnowIsOfANewerVersion(t *testing.T) {
	server := httptest.NewServer(Handler(newHouse(t).open(t), "c"))
	t.Cleanup(server.Close)
	c := NewClient(server.URL, "c")
	if _, err := c.ask(t.Context(), "foretold", question{Municipality: orebro}); !errors.Is(err, ErrTooOld) {
		t.Errorf("it is told as %v", err)
	}
	if _, err := c.Disclose(t.Context(), orebro, events.NewID(), account); !errors.Is(err, ErrUnknownChild) {
		t.Errorf("that it does not know a child is told as %v", err)
	}
}

func TestTheFullDiskOfAVaultThatRunsApartIsToldAsOne(t *testing.T) {
	for name, errno := range map[string]syscall.Errno{"no room on the disk": syscall.ENOSPC, "no more for the account": syscall.EDQUOT} {
		t.Run(name, func(t *testing.T) {
			full := func(context.Context, question) (answer, error) {
				return answer{}, fmt.Errorf("write a key: %w", &fs.PathError{Op: "write", Path: "keystore/keys/a", Err: errno})
			}
			var log bytes.Buffer
			server := httptest.NewServer(callHandler{"set-label", full, slog.New(slog.NewTextHandler(&log, nil))})
			err := NewClient(server.URL, "c").SetLabel(t.Context(), orebro, events.NewID(), "Bo", true)
			server.Close()
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("it is told as %v", err)
			}
			if !strings.Contains(log.String(), errno.Error()) || strings.Contains(log.String(), "Bo") {
				t.Errorf("the vault's log says %s", &log)
			}
		})
	}
}

func TestAVaultThatDoesNotAnswerIsUnavailable(t *testing.T) {
	for name, hang := range map[string]func(w http.ResponseWriter, r *http.Request){
		"it takes the question and says nothing": func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) },
		"it begins to answer and does not go on": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"persons":[`)
			_ = http.NewResponseController(w).Flush()
		},
		"it does not take the question whole": func(http.ResponseWriter, *http.Request) {},
	} {
		t.Run(name, func(t *testing.T) {
			left := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				hang(w, r)
				<-left
			}))
			t.Cleanup(server.Close)
			t.Cleanup(func() { close(left) })
			c := &Client{URL: server.URL, Credential: "c", Patience: 300 * time.Millisecond}
			answered := make(chan error, 1)
			go func() {
				_, err := c.Known(t.Context(), orebro, make([]events.ID, 1<<20))
				answered <- err
			}()
			select {
			case err := <-answered:
				if !errors.Is(err, ErrUnavailable) {
					t.Errorf("it is told as %v", err)
				}
			case <-time.After(time.Minute):
				t.Error("the question waits still")
			}
		})
	}
}
