package api_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/access"
)

// towns are two municipalities in which as many things happened as their place in the list, and the national level.
func (h *house) towns() (list []events.Municipality) {
	h.t.Helper()
	list = []events.Municipality{orebro, kumla}
	for i, m := range list {
		post := func(path string, body any) reply {
			return h.ask(adminToken, http.MethodPost, "/api/v1/municipalities/"+string(m)+"/"+path, body)
		}
		post("programmes", object{"id": "town" + string(m), "name": "Town " + string(m), "forms": []string{"support_group"}, "organiser": "municipality", "valid_from": "2015-01-01"}).is(201)
		var at events.Position
		for k := range 3 * (i + 1) {
			child := post("children", object{"identity": fmt.Sprintf("child %d", k)}).is(200).receipt().Child
			post("referrals", object{"child": child, "channel": "school", "received_on": "2021-01-10"}).is(201)
			post("enrolments", object{"child": child, "programme": "town" + string(m), "form": "support_group", "enrolled_on": "2021-02-01"}).is(201)
			session := post("sessions", object{"programme": "town" + string(m), "form": "support_group", "held_on": fmt.Sprintf("2021-03-%02d", k+1)}).is(201).receipt().ID
			at = events.Position(h.ask(adminToken, http.MethodPut, "/api/v1/municipalities/"+string(m)+"/sessions/"+session+"/register", object{"attended": []string{child}}).is(200).receipt().Position)
		}
		if err := h.visible(h.t.Context(), m, at); err != nil {
			h.t.Fatal(err)
		}
	}
	answers := "year,municipality,district,state,offers,children,basis,organisers,forms,channels,measures\n2013,1880,,answered,yes,12,counted,municipality,support_group,school,cooperation\n"
	h.ask(adminToken, http.MethodPost, "/api/v1/report/answers", answers).is(200)
	return list
}

func TestWhoeverReadsSeesOneMunicipalityInEveryTableThereIs(t *testing.T) {
	h := newHouse(t)
	shown := projectiontest.Isolated(t, h.pool, h.reading, append(h.towns(), events.National)...)
	if shown[orebro] < 12 || shown[kumla] != shown[orebro] || shown[events.National] < 3 {
		t.Errorf("so many tables show rows: %v", shown)
	}
	for _, sql := range []string{
		"CREATE TABLE public.mine (a int)", "CREATE SCHEMA mine", "CREATE TABLE projections.mine (a int)", "CREATE ROLE mine", "ALTER ROLE rackvidd_reader BYPASSRLS",
		"SELECT projections.isolate('reach_1880_1', '1881')", "COPY projections.checkpoint TO PROGRAM 'cat'", "COPY projections.checkpoint FROM STDIN",
	} {
		if projectiontest.Trying(t.Context(), h.reading, sql) == nil {
			t.Errorf("whoever reads may: %s", sql)
		}
	}
	// A reader can ask to be shown everything or nothing: what it cannot have whole it is refused.
	err := pgx.BeginFunc(t.Context(), h.reading, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "SET LOCAL row_security = off; SELECT count(*) FROM projections.checkpoint")
		return err
	})
	if err == nil {
		t.Error("row-level security can be put aside")
	}
}

// A view that is opened as the role that makes the tables sees every municipality: the policy would be asked nothing.
func TestEveryViewIsOpenedAsWhoeverReads(t *testing.T) {
	opened := regexp.MustCompile(`projections\.(View|ViewRecorded|Wait)\(\w+, (\w+\.Log, )?(\w+\.)?(Pool|pool|Reading|reading),`)
	n := 0
	for _, folder := range []string{".", "../backoffice"} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range opened.FindAllStringSubmatch(string(source), -1) {
				if n++; !strings.HasSuffix(name, "_test.go") && found[4] != "Reading" {
					t.Errorf("%s: %s", name, found[0])
				}
			}
		}
	}
	if n < 8 {
		t.Errorf("only %d views", n)
	}
}

// request is one that is asked among many others.
type request struct {
	token, path string
	status      int
	text        string // as it is answered when nobody else asks
}

func TestTwoHundredAtOnceOnSharedConnectionsSeeTheirOwn(t *testing.T) {
	h := newHouse(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var requests []request
	for _, m := range h.towns() {
		coordinator, office := h.token(access.Coordinator, m, "*"), h.token(access.BackOffice, m)
		for _, n := range []struct {
			token, path string
		}{
			{office, "reach?year=2021"},
			{office, "reach?from=2021-03-01&to=2021-03-04"},
			{office, "surveys/2021"},
			{coordinator, "sessions"},
			{coordinator, "programmes"},
			{office, "reach?year=2021&position=9999999"},
			{office, "reach?year=x"},
			{coordinator, "groups"},
			{office, "report"},
		} {
			requests = append(requests, request{token: n.token, path: "/api/v1/municipalities/" + string(m) + "/" + n.path})
		}
		for _, other := range []events.Municipality{orebro, kumla} {
			if other != m {
				requests = append(requests, request{token: office, path: "/api/v1/municipalities/" + string(other) + "/reach?year=2021"})
			}
		}
	}
	for i := range requests {
		alone := h.ask(requests[i].token, http.MethodGet, requests[i].path, nil)
		requests[i].status, requests[i].text = alone.status, withoutUUIDs(alone.text)
	}
	if requests[0].text == requests[len(requests)/2].text || requests[0].status != 200 {
		t.Fatalf("both towns are answered alike: %s", requests[0].text)
	}
	var asking sync.WaitGroup
	for range 200 {
		r, patience := requests[random.IntN(len(requests))], 30*time.Second
		if random.IntN(4) == 0 {
			patience = time.Duration(random.IntN(20_000)) * time.Microsecond
		}
		asking.Go(func() { h.same(r, patience) })
	}
	asking.Wait()
	h.nothingStaysBehind()
}

// same asks for as long as patience lasts, and wants what is answered to be what it was.
func (h *house) same(r request, patience time.Duration) {
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	asked, err := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+r.path, nil)
	if err != nil {
		h.t.Error(err)
		return
	}
	asked.Header.Set("Authorization", "Bearer "+r.token)
	answered, err := h.server.Client().Do(asked)
	var text []byte
	if err == nil {
		defer answered.Body.Close()
		text, err = io.ReadAll(answered.Body)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		h.t.Errorf("%s: %v", r.path, err)
	case answered.StatusCode != r.status || withoutUUIDs(string(text)) != r.text:
		h.t.Errorf("%s is answered\n%d %s, and alone\n%d %s", r.path, answered.StatusCode, text, r.status, r.text)
	}
}

// nothingStaysBehind looks at every connection that was read on: it reads for nobody.
func (h *house) nothingStaysBehind() {
	h.t.Helper()
	var held []*pgxpool.Conn
	defer func() {
		for _, c := range held {
			c.Release()
		}
	}()
	for range h.reading.Config().MaxConns {
		c, err := h.reading.Acquire(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		held = append(held, c)
		var role, m, path string
		var rows int
		err = c.QueryRow(h.t.Context(), `SELECT current_user, coalesce(current_setting('rackvidd.municipality', true), ''), current_setting('search_path'), (SELECT count(*) FROM projections.checkpoint)`).
			Scan(&role, &m, &path, &rows)
		if err != nil || role != projections.Reader || m != "" || path != `"$user", public` || rows != 0 {
			h.t.Errorf("a connection is left as %s reading for %q in %s, with %d checkpoints: %v", role, m, path, rows, err)
		}
	}
}
