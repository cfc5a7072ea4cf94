package vault

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rackvidd/events"
)

// TestNoIdentityNumberIsEverStored sends two hundred through every entry, also as what they should not be and while
// the database is failing, and searches every byte that was written.
func TestNoIdentityNumberIsEverStored(t *testing.T) {
	h := newHouseWithDatabase(t, "canary")
	var log bytes.Buffer
	store, err := OpenKeyStore(h.dir)
	must(t, err)
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	v, err := New(t.Context(), Config{Pool: h.pool, Keys: h.keys, KeyStore: store, Log: logger})
	must(t, err)
	server := httptest.NewServer(Handler(v, "c"))
	t.Cleanup(server.Close)
	gone := newHouse(t).open(t)
	gone.pool.Close()

	var numbers []string
	for i := range 200 {
		numbers = append(numbers, madeNumber(i*31))
	}
	for i, n := range numbers {
		for _, s := range []Service{v, NewClient(server.URL, "c"), NewClient(server.URL, n), gone} {
			if i%4 != 0 && s != Service(v) {
				continue
			}
			for _, err := range everyEntry(t.Context(), s, n) {
				if err != nil {
					fmt.Fprintln(&log, err)
				}
			}
		}
		postBroken(t, server.URL, n, &log)
	}
	_, err = h.pool.Exec(t.Context(), `CHECKPOINT`)
	must(t, err)

	searched, canaries := 0, newCanaries(numbers)
	search := func(name string, content []byte) {
		searched += len(content)
		if form := canaries.in(content); form != "" {
			t.Fatalf("%s holds an identity number as %q", name, form)
		}
	}
	search("the log or an error", log.Bytes())
	var dir, own string
	must(t, h.pool.QueryRow(t.Context(), `SELECT current_setting('data_directory'), oid::text FROM pg_database WHERE datname = current_database()`).Scan(&dir, &own))
	for _, root := range []string{dir, h.dir} {
		must(t, filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
			if err != nil || !info.Mode().IsRegular() {
				return nil // PostgreSQL removes files while we look
			}
			if above := filepath.Dir(path); filepath.Base(filepath.Dir(above)) == "base" && filepath.Base(above) != own {
				return nil // another test's database
			}
			if content, err := os.ReadFile(path); err == nil {
				search(path, content)
			}
			return nil
		}))
	}
	t.Logf("searched %d MB for 200 numbers in %d encodings; %d children stored", searched>>20, len(encodings(numbers[0])), h.count(t, "child"))
	if searched < 10<<20 || h.count(t, "child") < 200 || log.Len() == 0 {
		t.Error("there was too little to search")
	}
}

func everyEntry(ctx context.Context, s Service, n string) []error {
	m, bad := orebro, events.Municipality(n)
	ids := []Identity{{"a", n}, {n, n[2:8] + "-" + n[8:]}, {n, "1"}}
	_, tokens := s.Tokens(ctx, m, ids, today)
	_, tokensBad := s.Tokens(ctx, m, append(ids, Identity{n, ""}), today)
	_, _, lookup := s.Lookup(ctx, m, ids, today)
	p, enter := s.Enter(ctx, m, ids[0], account, today)
	_, enterBad := s.Enter(ctx, bad, Identity{n, ""}, account, today)
	tooLong := s.SetLabel(ctx, m, p.Token, strings.Repeat(n, 9), false)
	_, home := s.HomeTokens(ctx, m, []events.ID{p.Token}, kumla)
	_, labels := s.Labels(ctx, bad, []events.ID{p.Token})
	_, disclose := s.Disclose(ctx, bad, p.Token, account)
	_, keyed := s.Keyed(ctx, n, n)
	records, recordKeys := s.RecordKeys(ctx, m, n, []RecordSource{{n, []byte(n)}})
	_, sessions := s.SessionKeys(ctx, m, n, []string{n})
	list := []error{tokens, tokensBad, lookup, enter, enterBad, tooLong, home, labels, disclose, keyed, recordKeys, sessions}
	if len(records) == 1 {
		list = append(list, s.Remember(ctx, m, map[[16]byte]Fact{records[0].Key: {MAC: records[0].MAC}}, 1))
	}
	_, claim := s.Claim(ctx, m, account, Request{Key: n, Route: n, Body: []byte(n), Naming: true})
	_, reused := s.Claim(ctx, m, account, Request{Key: n, Route: n, Body: []byte(n + n), Naming: true})
	return append(list, claim, reused, s.SetLabel(ctx, m, p.Token, n+"\n", true), s.SetLabel(ctx, m, p.Token, n, true), s.NoteRead(ctx, m, p.Token, account, n), s.Erase(ctx, bad, p.Token), s.Protect(ctx, bad, p.Token, account, true))
}

func postBroken(t *testing.T, url, n string, log *bytes.Buffer) {
	t.Helper()
	for _, body := range []string{n, `{"identities":[{"child":"` + n + `"`, `{"today":"` + n + `"}`} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+mountedAt+"tokens", strings.NewReader(body))
		must(t, err)
		r.Header.Set("Authorization", "Bearer c")
		answered, err := http.DefaultClient.Do(r)
		must(t, err)
		must(t, answered.Write(log))
		must(t, answered.Body.Close())
	}
}

// encodings are what a search for a number must look for; base64 depends on what stands before.
func encodings(n string) []string {
	forms := []string{}
	for _, s := range []string{n, n[2:], n[:8] + "-" + n[8:], n[2:8] + "-" + n[8:], n[2:8] + "+" + n[8:]} {
		utf16 := strings.Join(strings.Split(s, ""), "\x00")
		forms = append(forms, s, hex.EncodeToString([]byte(s)), strings.ToUpper(hex.EncodeToString([]byte(s))), utf16)
		for shift := range 3 {
			coded := base64.StdEncoding.EncodeToString([]byte("???"[:shift] + s))
			forms = append(forms, coded[(shift*8+5)/6:(shift+len(s))*8/6])
		}
	}
	return forms
}

// canaries are forms to search for, by their first six bytes.
type canaries struct {
	begins [1 << 16]bool
	forms  map[string][]string
}

func newCanaries(numbers []string) *canaries {
	c := &canaries{forms: map[string][]string{}}
	for _, n := range numbers {
		for _, form := range encodings(n) {
			c.begins[uint16(form[0])<<8|uint16(form[1])] = true
			c.forms[form[:6]] = append(c.forms[form[:6]], form)
		}
	}
	return c
}

func (c *canaries) in(content []byte) string {
	for i := 0; i+6 <= len(content); i++ {
		if !c.begins[uint16(content[i])<<8|uint16(content[i+1])] {
			continue
		}
		for _, form := range c.forms[string(content[i:i+6])] {
			if bytes.HasPrefix(content[i:], []byte(form)) {
				return form
			}
		}
	}
	return ""
}
