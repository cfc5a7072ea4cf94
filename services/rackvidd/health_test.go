package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthTellsOfEverythingThatIsNotAsItShouldBe(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		body, want string
		fails      bool
	}{
		"all well":   {200, `{"status": "ready", "parts": {"nats": {"status": "up"}}, "projections": [{"projection": "reach", "municipality": "1880"}], "archives": [{"municipality": "1880"}]}`, "", false},
		"alive":      {200, `{"status": "alive"}`, "", false},
		"away":       {503, `{"status": "not_ready", "parts": {"vault": {"status": "up"}, "postgres": {"status": "down"}}}`, "postgres is down\n", true},
		"no vault":   {200, `{"status": "degraded", "parts": {"vault": {"status": "down"}}, "closed": ["import", "merge_children"]}`, "vault is down\nclosed until it answers: import, merge_children\n", false},
		"behind":     {200, `{"status": "ready", "archives": [{"municipality": "1864", "behind_events": 3, "behind_seconds": 75.4}, {"municipality": "1880", "behind_events": 9, "behind_seconds": 2}]}`, "the archive of 1864 is 3 messages behind its log, for 75 s by now; the archiver's log says why\n", false},
		"damaged":    {200, `{"status": "ready", "archives": [{"municipality": "1864", "damage": "stream position 75: the message cannot be read", "damages": 2}]}`, "1864 is damaged: stream position 75: the message cannot be read (2 findings); rackvidd audit verify says what else differs, rackvidd audit repair restores what can be\n", false},
		"a stop":     {200, `{"status": "ready", "projections": [{"projection": "reach", "municipality": "1880", "stopped_at": 7, "stopped_why": "it cannot be read"}]}`, "reach of 1880 stopped at position 7: it cannot be read\n", false},
		"a list":     {200, `{"status": "ready", "lists": [{"municipality": "1880", "made": "2026-11-25T12:00:00Z"}]}`, "the list of children to be erased of 1880 was made last 2026-11-25T12:00:00Z: who stands on it may have thirty days anew\n", false},
		"a first":    {200, `{"status": "ready", "lists": [{"municipality": "1880", "decided": "2026-11-25T12:00:00Z"}]}`, "the list of children to be erased of 1880 was never made, though that was decided at 2026-11-25T12:00:00Z: nobody is erased\n", false},
		"no lists":   {200, `{"status": "degraded", "parts": {"vault": {"status": "up"}, "lists": {"status": "down", "why": "vault_too_old"}}}`, "lists is down: vault too old\n", false},
		"a full log": {200, `{"status": "degraded", "parts": {"nats": {"status": "up", "why": "no_room"}}}`, "nats is up: no room\n", false},
		"no service": {404, `{}`, "", true},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		var out strings.Builder
		err := run(t.Context(), []string{"health", server.URL + "/readyz"}, &out, &out)
		server.Close()
		if said, _, _ := strings.Cut(out.String(), "rackvidd: "); (err != nil) != c.fails || said != c.want {
			t.Errorf("%s: %v, %q", name, err, out.String())
		}
	}
	if err := run(context.Background(), []string{"health", "http://127.0.0.1:1/readyz"}, new(strings.Builder), new(strings.Builder)); err == nil {
		t.Error("nobody answers, and that is well")
	}
}

func TestAPageIsNoSignOfHealth(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz": // nothing, as services without an API have it
		case "/readyz":
			_, _ = w.Write([]byte(`{"status": "ready"}`))
		case "/api/v1/municipalities":
			_, _ = w.Write([]byte(`{"municipalities": []}`))
		case "/nothing":
			http.NotFound(w, r)
		case "/":
			_, _ = w.Write([]byte("<p>"))
		}
	}))
	defer server.Close()
	for path, answer := range map[string]string{"/healthz": "", "/readyz": "", "": "200", "/": "200", "/?a=b": "200", "/empty": "200", "/api/v1/municipalities": "200", "/nothing": "404"} {
		want, code := "", done
		if answer != "" {
			want, code = "rackvidd: "+server.URL+path+" answers "+answer+", and not as a service says how it is; ask "+server.URL+"/readyz\n", failed
		}
		if got, out, errs := carryOut(t, "", "health", server.URL+path); got != code || out != "" || errs != want {
			t.Errorf("%q: %d, %s, %s", path, got, out, errs)
		}
	}
}
