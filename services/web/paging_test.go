package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestALongListIsAPageAtATimeAndItsAddressSaysWhich(t *testing.T) {
	const many = 120
	id := func(i int) string { return fmt.Sprintf("%c%c%s", 'a'+i/26, 'a'+i%26, strings.Repeat("a", 24)) }
	var accounts, erased, groups []map[string]any
	for i := range many {
		accounts = append(accounts, map[string]any{"id": id(i), "name": "Kim"})
		erased = append(erased, map[string]any{"child": id(i), "at": "2026-11-25T12:00:00Z"})
		groups = append(groups, map[string]any{"id": id(i), "name": "Skogen"})
	}
	given, err := json.Marshal(map[string]any{"accounts": accounts, "erasures": erased, "groups": groups})
	if err != nil {
		t.Fatal(err)
	}
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(given) })
	row := regexp.MustCompile(`href="[^"]*/(?:users|erasures|groups)/([a-z]{26})"`)
	for path, role := range map[string]access.Role{
		"/users": access.Administrator, "/municipalities/1880/erasures": access.DataProtection, "/municipalities/1880/groups": access.Coordinator,
	} {
		seen := make(map[string]bool)
		next := path
		for pages := 1; next != ""; pages++ {
			w := ask(s.handler(), "GET", next, role)
			if w.Code != http.StatusOK || pages > 3 {
				t.Fatalf("%s: %d, page %d", next, w.Code, pages)
			}
			for _, m := range row.FindAllStringSubmatch(w.Body.String(), -1) {
				if seen[m[1]] {
					t.Errorf("%s shows %s again", next, m[1])
				}
				seen[m[1]] = true
			}
			_, link, _ := strings.Cut(w.Body.String(), `<a rel="next" href="`)
			next, _, _ = strings.Cut(link, `"`)
		}
		if len(seen) != many {
			t.Errorf("turning all pages of %s shows %d of %d", path, len(seen), many)
		}
		beyond := ask(s.handler(), "GET", path+"?page=99&done=user_saved&kept=yes", role).Body.String()
		if !strings.Contains(beyond, `<a rel="prev" href="`+path+`?kept=yes&amp;page=2">`) || strings.Contains(beyond, `rel="next"`) {
			t.Errorf("%s: beyond the last page there is not the last page", path)
		}
	}
}
