package web

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/events/memlog"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/access"
	"rackvidd/services/api"
)

const (
	longLog  = 5_000
	renamed  = 250 // events of busy, from halfway on
	halfway  = longLog / 2
	ofTheLog = "/municipalities/1880/log"
)

var (
	seldom = events.ID{7} // a group of which the first, the middle and the last event of the log are
	busy   = events.ID{8}
	newbie = events.ID{9} // who recorded the log's first event alone
)

// browser turns the pages of the log of a municipality, through the API.
type browser struct {
	*testing.T
	site  *site
	pages http.Handler
}

func longLogBrowser(t *testing.T) browser {
	t.Helper()
	log := memlog.New()
	latest := make(map[events.Stream]events.Position)
	var at events.Position
	record := func(s events.Stream, actor events.ID, e events.Event) {
		positions, err := log.Append(t.Context(), "1880", events.Decision{{Stream: s, Expected: latest[s], Command: uuid.New(), Actor: actor, Time: time.Now(), Events: []events.Event{e}}})
		if err != nil {
			t.Fatal(err)
		}
		at = positions[0]
		latest[s] = at
	}
	for n := events.Position(1); n <= longLog; n++ {
		switch {
		case n == 1:
			record(events.GroupOf(seldom), newbie, events.GroupFormed{Group: seldom, Programme: "sputnik", Form: "support_group", Name: "Spår"})
		case n == halfway, n == longLog:
			record(events.GroupOf(seldom), busy, events.GroupAmended{Group: seldom, Programme: "sputnik", Form: "support_group", Name: "Nytt spår"})
		case n > halfway && n <= halfway+renamed:
			record(events.GroupOf(busy), busy, events.GroupAmended{Group: busy, Programme: "sputnik", Form: "support_group", Name: events.Name(fmt.Sprintf("Grupp %d", n))})
		default:
			record(events.ProgrammeOf(events.ProgrammeID(fmt.Sprintf("p%d", n))), busy, events.ProgrammeRegistered{Programme: events.ProgrammeID(fmt.Sprintf("p%d", n)), Name: "Sputnik", Forms: []events.Form{"camp"}, ValidFrom: 20_000})
		}
	}
	const token = "an administrator's token of more than 32 characters"
	accounts, err := access.New(t.Context(), access.Config{Pool: projectiontest.Empty(t), AdminToken: token})
	if err != nil {
		t.Fatal(err)
	}
	served := api.New(api.Deps{Log: log, Access: accounts})
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/log/events") {
			empty(w, r)
			return
		}
		r.Header.Set("Authorization", "Bearer "+token)
		served.ServeHTTP(w, r)
	})
	return browser{t, s, s.handler()}
}

// open reads a page, which must not weigh much.
func (b browser) open(address string) string {
	b.Helper()
	w := ask(b.pages, "GET", address, access.Auditor)
	page := w.Body.String()
	if size := len(page) + b.site.assets.weight(page); w.Code != http.StatusOK || size > 100_000 {
		b.Fatalf("%s: %d, %d bytes with its assets", address, w.Code, size)
	}
	return strings.ReplaceAll(page, "\u00a0", " ")
}

var rowAt = regexp.MustCompile(`<tr><th scope="row" class="n"><a href="/municipalities/1880/log/(\d+)">`)

// shown are the positions of a page's rows.
func shown(page string) (list []int) {
	for _, row := range rowAt.FindAllStringSubmatch(page, -1) {
		list = append(list, number(row[1]))
	}
	return list
}

// led is where a link of the page leads; "": there is none.
func led(page, link string) string {
	before, _, found := strings.Cut(page, `">`+link+`</a>`)
	if !found {
		return ""
	}
	return html.UnescapeString(before[strings.LastIndex(before, `href="`)+len(`href="`):])
}

// through reads page after page as a link leads.
func (b browser) through(address, link string) (pages [][]int) {
	b.Helper()
	for address != "" {
		if len(pages) > longLog/logRows+10 {
			b.Fatalf("%s leads on for ever", address)
		}
		page := b.open(address)
		rows := shown(page)
		if len(rows) > logRows {
			b.Errorf("%s shows %d rows", address, len(rows))
		}
		pages = append(pages, rows)
		address = led(page, link)
	}
	return pages
}

func TestWhatIsAboutOneThingIsFoundHoweverLongTheLogIs(t *testing.T) {
	b := longLogBrowser(t)
	group := "/1880/group/" + seldom.String()
	entry := b.open(fmt.Sprintf("%s/%d", ofTheLog, halfway))
	saysAll(t, entry, "föregående, händelse 1<", "nästa, händelse 5 000<")
	all := led(entry, "<code>"+group+"</code>")
	if all != ofTheLog+"?about="+strings.ReplaceAll(group, "/", "%2f") {
		t.Errorf("the event leads to %q", all)
	}
	for _, address := range []string{all, ofTheLog + "?about=group/" + seldom.String(), all + "&type=group", all + "&from=1"} {
		if page := b.open(address); !slices.Equal(shown(page), []int{longLog, halfway, 1}) || strings.Contains(page, "Leta vidare") {
			t.Errorf("%s shows %v", address, shown(page))
		}
	}
	if rows := shown(b.open(ofTheLog + "?about=group/" + seldom.String()[:10])); !slices.Equal(rows, []int{longLog}) {
		t.Errorf("of half a name the end of the log shows %v", rows)
	}
	first, last := b.open(ofTheLog+"/1"), b.open(ofTheLog+"/5000")
	if led(first, "nästa, händelse 2 500") == "" || led(last, "föregående, händelse 2 500") == "" || strings.Contains(first, "föregående, händelse") || strings.Contains(last, "nästa, händelse") {
		t.Error("the first and the last event about a thing do not lead to the one between them, and nowhere else")
	}
}

func TestAFilterSaysHowFarItLookedAndLeadsOnToTheEndOfTheLog(t *testing.T) {
	b := longLogBrowser(t)
	address := led(b.open(ofTheLog+"/1"), "<code>"+newbie.String()+"</code>")
	saysAll(t, b.open(address), "Sökt bland händelse 4 001 till 5 000", "Inga händelser här", "Leta vidare bland äldre")
	pages := b.through(address, "Leta vidare bland äldre")
	if len(pages) != 5 || !slices.Equal(slices.Concat(pages...), []int{1}) {
		t.Errorf("whoever recorded the first event is found as %v", pages)
	}
	saysAll(t, b.open(ofTheLog+"?type=survey&from=1500"), "Sökt bland händelse 1 500 till 2 499", "Leta vidare bland nyare", "Leta vidare bland äldre")
}

func TestAPageOfMatchesHasAHundredRowsAndTheOthersAreALinkAway(t *testing.T) {
	b := longLogBrowser(t)
	for name, c := range map[string]struct {
		address, link string
		want          int
	}{
		"of one thing, backwards":  {"?about=group/" + busy.String(), "Leta vidare bland äldre", renamed},
		"of one thing, forwards":   {"?from=1&about=group/" + busy.String(), "Leta vidare bland nyare", renamed},
		"of most, backwards":       {"?type=programme", "Leta vidare bland äldre", longLog - renamed - 3},
		"of most, forwards":        {"?from=1&type=programme", "Leta vidare bland nyare", longLog - renamed - 3},
		"of everything, backwards": {"?before=1001", "Äldre", 1_000},
	} {
		times := make(map[int]int)
		for _, position := range slices.Concat(b.through(ofTheLog+c.address, c.link)...) {
			times[position]++
		}
		if len(times) != c.want {
			t.Errorf("%s: %d of %d are shown", name, len(times), c.want)
		}
		for position, n := range times {
			if n != 1 {
				t.Errorf("%s: position %d is shown %d times", name, position, n)
			}
		}
	}
}

func TestAMessageIsNotDividedBetweenPages(t *testing.T) {
	at := func(positions ...events.Position) (list []entry) {
		for _, p := range positions {
			list = append(list, entry{Position: p})
		}
		return list
	}
	many := func(p events.Position, n int) []entry { return slices.Repeat(at(p), n) }
	for _, c := range []struct {
		list []entry
		want int
	}{
		{at(), 0},
		{many(1, logRows), logRows},
		{many(1, logRows+1), logRows + 1},
		{slices.Concat(many(2, logRows+1), at(1)), logRows + 1},
		{slices.Concat(many(3, logRows-1), many(2, 2), at(1)), logRows - 1},
		{slices.Concat(many(3, logRows), at(2)), logRows},
	} {
		if n := fitting(c.list); n != c.want {
			t.Errorf("of %d events %d fit, not %d", len(c.list), n, c.want)
		}
	}
}
