package web

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

// hall is a site whose log grows as a test has it, and whose sessions end as it has it.
type hall struct {
	*httptest.Server
	at   atomic.Uint64
	out  atomic.Bool
	stop chan struct{}
	site *site
}

type guarded struct {
	doorkeeper
	out *atomic.Bool
}

func (g guarded) Still(ctx context.Context, secret string) (access.Principal, error) {
	if g.out.Load() {
		return access.Principal{}, access.ErrUnauthenticated
	}
	return g.Authenticate(ctx, secret)
}

func newHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{stop: make(chan struct{})}
	c := testSite(t).Config
	c.Head = func(context.Context, events.Municipality) (events.Position, error) { return h.at.Load(), nil }
	c.Stopping, c.Sessions = h.stop, guarded{out: &h.out}
	h.site = newSite(c)
	h.Server = httptest.NewServer(h.site.handler())
	t.Cleanup(h.Close)
	return h
}

// listen opens a stream of news, and hands its lines over with the time they came at until it ends.
func (h *hall) listen(t *testing.T, path string, role access.Role) (status int, lines chan string) {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+path, nil)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: string(role)})
	answered, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	lines = make(chan string, 100)
	go func() {
		defer close(lines)
		defer answered.Body.Close()
		for in := bufio.NewScanner(answered.Body); in.Scan(); {
			if text, data := strings.CutPrefix(in.Text(), "data: "); data {
				lines <- text
			}
		}
	}()
	return answered.StatusCode, lines
}

const newsOfOrebro = "/municipalities/1880/news?since=5"

func TestAReaderIsToldHowMuchIsNewAndNoMoreThanOnceASecond(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.at.Store(5)
	status, lines := h.listen(t, newsOfOrebro, access.BackOffice)
	if status != http.StatusOK {
		t.Fatal(status)
	}
	done := time.After(3500 * time.Millisecond)
	var heard []string
	for n := uint64(0); ; n++ {
		select {
		case line := <-lines:
			heard = append(heard, line)
			continue
		case <-done:
		case <-time.After(20 * time.Millisecond):
			if n > 5 { // a while after it was opened
				h.at.Store(n)
			}
			continue
		}
		break
	}
	if len(heard) < 1 || len(heard) > 4 { // a crowded machine may tell less often
		t.Errorf("told %d times in three and a half seconds: %v", len(heard), heard)
	}
	for _, line := range heard {
		if !strings.Contains(line, "sedan du öppnade sidan") {
			t.Errorf("told %q", line)
		}
	}
}

func TestNobodyIsToldWhoMayNotSeeIt(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	for pattern, permission := range h.site.streams {
		for _, role := range append(access.Roles(), access.Administrator, "") {
			for _, m := range []events.Municipality{"1880", "1881"} {
				_, path := concrete(pattern, m)
				status, lines := h.listen(t, path+"?since=x", role)
				for range lines {
				}
				allowed := access.Permits(role, permission) && (m == "1880" || !strings.Contains(pattern, "{code}"))
				if want := map[bool]int{true: http.StatusBadRequest, false: http.StatusUnauthorized}[allowed]; status != want {
					t.Errorf("%s for %s: %d, not %d", path, role, status, want)
				}
			}
		}
	}
}

func TestAStreamEndsWithTheSessionAndWithTheProgram(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*hall){
		"the session ends":  func(h *hall) { h.out.Store(true) },
		"the program stops": func(h *hall) { close(h.stop) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			_, lines := h.listen(t, newsOfOrebro, access.BackOffice)
			end(h)
			for ended := time.After(30 * time.Second); ; {
				select {
				case _, open := <-lines:
					if !open {
						return
					}
				case <-ended:
					t.Fatal("the stream goes on")
				}
			}
		})
	}
}

func TestOneAccountHoldsNoMoreThanSomePagesOpen(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	for range mostOfOne {
		if status, _ := h.listen(t, newsOfOrebro, access.BackOffice); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	if status, _ := h.listen(t, newsOfOrebro, access.BackOffice); status != http.StatusServiceUnavailable {
		t.Errorf("one more: %d", status)
	}
	close(h.stop)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		h.site.news.mu.Lock()
		left := h.site.news.all + len(h.site.news.readers)
		h.site.news.mu.Unlock()
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d readers are counted when nobody listens", left)
		}
	}
}

func TestAGroupAndAChildSayHowNewTheyAreAndWhereMoreIsTold(t *testing.T) {
	const id = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	s := testSite(t)
	s.API = answers(map[string]string{
		"GET municipalities/1880/groups/" + id: `{"id":"` + id + `","name":"Tisdag","position":41}`,
		"GET municipalities/1880/cases/" + id:  `{"child":"` + id + `","position":42}`,
	})
	h := s.handler()
	for page, since := range map[string]string{"groups/": "41", "children/": "42"} { // of it alone
		text := ask(h, "GET", "/municipalities/1880/"+page+id+"?done=member", access.Coordinator).Body.String()
		saysAll(t, text, `data-news="/municipalities/1880/`+page+id+`/news?since=`+since+`"`, "Uppdaterad ", `<a href="/municipalities/1880/`+page+id+`">Uppdatera</a>`)
	}
}

// The log grows, and the API is asked once a time whether that concerns what the page is about.
func TestAPageAboutOneThingIsToldOnceAndOnlyOfWhatConcernsIt(t *testing.T) {
	t.Parallel()
	const id = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	for page, of := range map[string]struct{ api, says string }{"groups/": {"groups/", "om gruppen"}, "children/": {"cases/", "om barnet"}} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			var asked, concerns atomic.Uint64
			h.site.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				if r.URL.Path != "/api/v1/municipalities/1880/"+of.api+id+"/changed" || r.FormValue("since") != "5" || r.FormValue("min_position") != position(h.at.Load()) {
					t.Errorf("asked for %s", r.URL)
				}
				_, _ = fmt.Fprintf(w, `{"changed":%v}`, concerns.Load() > 0)
			})
			h.at.Store(5)
			status, lines := h.listen(t, "/municipalities/1880/"+page+id+"/news?since=5", access.Coordinator)
			if status != http.StatusOK {
				t.Fatal(status)
			}
			quiet := func(what string, times uint64) {
				t.Helper()
				for deadline := time.Now().Add(30 * time.Second); asked.Load() < times && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
				}
				time.Sleep(2500 * time.Millisecond)
				select {
				case line := <-lines:
					t.Errorf("%s: told %q", what, line)
				default:
				}
				if asked.Load() != times {
					t.Errorf("%s: asked %d times, not %d", what, asked.Load(), times)
				}
			}
			quiet("nothing came", 0)
			h.at.Store(6)
			quiet("something else came", 1)
			concerns.Store(1)
			h.at.Store(7)
			select {
			case line := <-lines:
				if !strings.Contains(line, of.says+" har kommit") {
					t.Errorf("told %q", line)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("it is not told")
			}
			h.at.Store(8)
			quiet("told already", 2)
		})
	}
}
