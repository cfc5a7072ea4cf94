package main

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestWhoHasAPageOpenIsToldWhatIsNewAndKeepsNothingFromStopping(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	v := &visitor{t: t, address: s.address}
	v.session = cookie(v.send("POST", s.letIn(t, "kim", "--role", "back_office", "--municipality", "1880"), url.Values{"password": {loginPassword}})).Value
	open := v.send("GET", "/municipalities/1880/news?since=0", nil)
	if open.StatusCode != http.StatusOK || open.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %s", open.StatusCode, open.Header.Get("Content-Type"))
	}
	told := make(chan string, 10)
	go func() {
		defer close(told)
		for lines := bufio.NewScanner(open.Body); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "data: ") {
				told <- lines.Text()
			}
		}
	}()
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	select {
	case line := <-told:
		if !strings.Contains(line, "nya händelser sedan du öppnade sidan") {
			t.Error(line)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("nothing is told")
	}
	s.stop(t)
	for range told {
	}
}
