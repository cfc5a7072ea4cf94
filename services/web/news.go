package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

const (
	newsEvery    = time.Second      // no reader is told anything more often
	sessionEvery = 5 * time.Second  // how often it is asked whether a reader still may be told
	pulseEvery   = 15 * time.Second // how often a line is sent that says nothing: it finds readers who are gone
	mostReaders  = 1000
	mostOfOne    = 12 // pages that one account has open
)

func (s *site) newsPages() {
	s.stream("GET /municipalities/{code}/news", access.ReadProgrammes, func(v *visit) (telling, error) { return v.newsOf(v.Place) })
	s.stream("GET /municipalities/{code}/groups/{id}/news", access.ReadGroups, func(v *visit) (telling, error) { return v.newsAbout("groups/"+v.At("id"), "news.more_group") })
	s.stream("GET /municipalities/{code}/children/{child}/news", access.ReadCase, func(v *visit) (telling, error) { return v.newsAbout("cases/"+v.At("child"), "news.more_child") })
	s.stream("GET /report/news", access.ReadReport, func(v *visit) (telling, error) { return v.newsOf(events.National) })
}

// freshness is how new a page is, and how it is made newer.
type freshness struct {
	Shown time.Time
	Again string // the page's own address
	News  string // where it is told that there is more; "": nowhere
}

// Fresh is the freshness of a page that shows a log up to a position.
func (v *visit) Fresh(at events.Position) freshness {
	f := v.Untold()
	f.News = "/report/news"
	if v.Place != "" {
		f.News = v.Home("news")
	}
	f.News += "?since=" + strconv.FormatUint(at, 10)
	return f
}

// FreshAbout is the freshness of a page about one thing of the municipality, whose address is given: it is told of what concerns that alone.
func (v *visit) FreshAbout(thing string, at events.Position) freshness {
	f := v.Untold()
	f.News = thing + "/news?since=" + strconv.FormatUint(at, 10)
	return f
}

// Untold is the freshness of a page that nobody is told of when there is more.
func (v *visit) Untold() freshness {
	query := v.r.URL.Query()
	query.Del("at")
	query.Del("done")
	return freshness{Shown: v.Clock(), Again: (&url.URL{Path: v.r.URL.Path, RawQuery: query.Encode()}).String()}
}

// newsroom knows how far each log has come, and who is being told.
type newsroom struct {
	mu      sync.Mutex
	heads   map[events.Municipality]head
	readers map[events.ID]int
	all     int
}

type head struct {
	at    events.Position
	asked time.Time
}

// telling is asked once in a while what there is to tell; "": nothing.
type telling func() string

// newsOf tells that there is more in a log than a page shows. Not one number changes under the reader.
func (v *visit) newsOf(log events.Municipality) (telling, error) {
	since, err := strconv.ParseUint(v.Query("since"), 10, 64)
	told := since
	return func() string {
		at, err := v.news.head(v.r.Context(), v.Head, log)
		if err != nil || at <= told {
			return ""
		}
		told = at
		text, _ := json.Marshal(map[string]string{"text": v.text().text("news.more", int(at-since))})
		return string(text)
	}, err
}

// newsAbout tells once that something came that concerns what a page is about. The API is asked only when the log has grown.
func (v *visit) newsAbout(thing, text string) (telling, error) {
	since, err := strconv.ParseUint(v.Query("since"), 10, 64)
	asked, told := since, false
	return func() string {
		at, err := v.news.head(v.r.Context(), v.Head, v.Place)
		if err != nil || told || at <= asked {
			return ""
		}
		var answer struct {
			Changed bool `json:"changed"`
		}
		err = v.get(&answer, v.in(thing+"/changed"), "since", position(since), "min_position", position(at))
		if p := (*problem)(nil); err != nil && (!errors.As(err, &p) || p.Status >= http.StatusInternalServerError) {
			return "" // it is asked again
		}
		if asked, told = at, answer.Changed; !told {
			return ""
		}
		said, _ := json.Marshal(map[string]string{"text": v.text().text(text)})
		return string(said)
	}, err
}

// stream tells pages that stand open something, as server-sent events. It is no use of the session, and ends with it.
func (s *site) stream(pattern string, p access.Permission, begin func(*visit) (telling, error)) {
	s.streams[pattern] = p
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		if !v.stillMay(p) {
			http.Error(w, "", http.StatusUnauthorized) // which a browser does not ask again
			return
		}
		v.r = r.WithContext(access.Looking(r.Context()))
		next, err := begin(v)
		switch {
		case err != nil:
			http.Error(w, "", http.StatusBadRequest)
		case s.Head == nil || !s.news.enter(v.Principal.Account):
			http.Error(w, "", http.StatusServiceUnavailable)
		default:
			defer s.news.leave(v.Principal.Account)
			v.tell(p, next)
		}
	})
}

// stillMay reports whether the session goes on and may do what the page is for.
func (v *visit) stillMay(p access.Permission) bool {
	c, err := v.r.Cookie(sessionCookie)
	if err != nil {
		return false
	}
	if v.Principal, err = v.Sessions.Still(v.r.Context(), c.Value); err != nil {
		return false
	}
	v.secret = c.Value
	return v.admit(p) == nil
}

// tell writes a line whenever there is something to tell, until the reader goes, may not be told any more, or the program
// stops.
func (v *visit) tell(p access.Permission, next telling) {
	out := http.NewResponseController(v.w)
	_ = out.SetReadDeadline(time.Time{}) // the connection stays open for as long as the page
	v.w.Header().Set("Content-Type", "text/event-stream")
	send := func(line string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(10 * time.Second))
		_, err := fmt.Fprint(v.w, line)
		return err == nil && out.Flush() == nil
	}
	if !send("retry: 10000\n\n") {
		return
	}
	looked, sent := time.Now(), time.Now()
	for tick := time.NewTicker(newsEvery); ; {
		if now := time.Now(); now.Sub(looked) >= sessionEvery {
			if looked = now; !v.stillMay(p) {
				return
			}
		}
		line := ""
		if text := next(); text != "" {
			line = "data: " + text + "\n\n"
		} else if time.Since(sent) >= pulseEvery {
			line = ":\n\n"
		}
		if line != "" {
			if sent = time.Now(); !send(line) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-v.r.Context().Done():
			tick.Stop()
			return
		case <-v.Stopping:
			tick.Stop()
			return
		}
	}
}

func (n *newsroom) enter(account events.ID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.all >= mostReaders || n.readers[account] >= mostOfOne {
		return false
	}
	if n.readers == nil {
		n.readers, n.heads = make(map[events.ID]int), make(map[events.Municipality]head)
	}
	n.all++
	n.readers[account]++
	return true
}

func (n *newsroom) leave(account events.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all--
	if n.readers[account]--; n.readers[account] == 0 {
		delete(n.readers, account)
	}
}

// head is how far a log has come, asked once in a while for all who want to know.
func (n *newsroom) head(ctx context.Context, ask func(context.Context, events.Municipality) (events.Position, error), log events.Municipality) (events.Position, error) {
	n.mu.Lock()
	known, now := n.heads[log], time.Now()
	fresh := now.Sub(known.asked) < newsEvery/2
	if !fresh {
		n.heads[log] = head{known.at, now} // whoever comes meanwhile makes do with it
	}
	n.mu.Unlock()
	if fresh {
		return known.at, nil
	}
	at, err := ask(ctx, log)
	if err != nil {
		return 0, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heads[log] = head{at, now}
	return at, nil
}
