package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

// inASession is when the sessions of doorkeepers end.
var inASession = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// doorkeeper lets a principal in whose secret is its role.
type doorkeeper struct{ Sessions }

func (doorkeeper) Authenticate(_ context.Context, secret string) (access.Principal, error) {
	role := access.Role(secret)
	if !slices.Contains(append(access.Roles(), access.Administrator), role) {
		return access.Principal{}, access.ErrUnauthenticated
	}
	return access.Principal{Account: events.ID{1}, Name: "Kim", Ends: inASession, Roles: []access.Role{role}, Municipalities: []events.Municipality{"1880"}, Programmes: []events.ProgrammeID{"sputnik"}}, nil
}

func (doorkeeper) Invited(context.Context, string) (string, error) {
	return "", access.ErrUnauthenticated
}

// empty is an API that nothing was recorded in: what a page that was let in asks for is there, and holds nothing.
func empty(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte(`{}`))
}

func testSite(t *testing.T) *site {
	t.Helper()
	forms, err := surveying.LoadForms(surveying.Definitions{"groups/v1": 17, "reach/v3": 17}, surveying.BuiltIn())
	if err != nil {
		t.Fatal(err)
	}
	return newSite(Config{API: http.HandlerFunc(empty), Sessions: doorkeeper{}, Forms: forms})
}

var parameter = regexp.MustCompile(`\{[a-z]+\}`)

// concrete is an address that a pattern serves, in a municipality.
func concrete(pattern string, m events.Municipality) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	path = strings.NewReplacer("{code}", string(m), "{year}", "2025", "{question}", "Q4", "{what}", "rebuild", "{$}", "", "{position}", "1", "{format}", "csv", "{figure...}", "children", "{rule}", "S07", "{programme}", "sputnik", "{log}", string(m), "{name}", "word", "{line}", strings.Repeat("a", 26)+"-"+strings.Repeat("a", 13)).Replace(path)
	return method, parameter.ReplaceAllString(path, "aaaaaaaaaaaaaaaaaaaaaaaaaa")
}

func ask(h http.Handler, method, path string, role access.Role, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(url.Values{"key": {"x"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if role != "" {
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: string(role)})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestNoPageAsksTheAPIForAnotherPathThanItsOwn(t *testing.T) {
	s := testSite(t)
	asked := ""
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		empty(w, r)
	})
	for _, word := range []string{"a%2fb", "a%2Fdisclosure", "..%2f..%2f..%2faccounts"} {
		w := ask(s.handler(), "GET", "/municipalities/1880/children/"+word, access.Coordinator)
		if w.Code != http.StatusNotFound || asked != "" {
			t.Errorf("children/%s: %d, and the API is asked for %s", word, w.Code, asked)
		}
	}
}

func TestEveryPageForEveryRoleInTheOwnAndInAForeignMunicipality(t *testing.T) {
	s := testSite(t)
	h := s.handler()
	if len(s.pages) < 50 {
		t.Fatalf("only %d pages", len(s.pages))
	}
	nothing := ask(h, "GET", "/municipalities/9999/nothing", access.Coordinator)
	for pattern, permission := range s.pages {
		for _, role := range append(access.Roles(), access.Administrator, "") {
			for _, m := range []events.Municipality{"1880", "1881", "9999"} {
				method, path := concrete(pattern, m)
				got := ask(h, method, path, role)
				foreign := m != "1880" && strings.Contains(pattern, "{code}")
				switch {
				case role == "":
					if got.Code != http.StatusSeeOther || !strings.HasPrefix(got.Header().Get("Location"), "/login") {
						t.Errorf("%s %s for nobody: %d", method, path, got.Code)
					}
				case foreign || !access.Permits(role, permission) || strings.HasPrefix(pattern, "POST") && strings.Contains(pattern, "/import") && role == access.Coordinator:
					if got.Code != http.StatusNotFound || withoutMenu(got.Body.String()) != withoutMenu(nothing.Body.String()) {
						t.Errorf("%s %s for %s is refused otherwise than what is not there: %d", method, path, role, got.Code)
					}
				case got.Code == http.StatusNotFound && !strings.Contains(pattern, "{account}") && !strings.Contains(pattern, "{question}") && !strings.Contains(pattern, "{position}") && !strings.Contains(pattern, "/lines/") && !strings.Contains(pattern, "rejects") && !strings.Contains(pattern, "erasures/") && !strings.Contains(pattern, "{log}"):
					t.Errorf("%s %s for %s is not there", method, path, role)
				case got.Code >= 500:
					t.Errorf("%s %s for %s: %d", method, path, role, got.Code)
				}
			}
		}
	}
}

// withoutMenu leaves of a page what it says, without what depends on the reader.
func withoutMenu(page string) string {
	_, main, _ := strings.Cut(page, "<main")
	main, _, _ = strings.Cut(main, "</main>")
	return main
}

func TestNothingIsLoadedFromElsewhereAndNothingRunsThatStandsInAPage(t *testing.T) {
	s := testSite(t)
	h := s.handler()
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script>`)
	loaded := regexp.MustCompile(`(?:src|<link[^>]*href)="([^"]+)"`)
	for pattern := range s.pages {
		method, path := concrete(pattern, "1880")
		for _, role := range append(access.Roles(), access.Administrator) {
			w := ask(h, method, path, role)
			policy := w.Header().Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
				t.Fatalf("%s: %q", pattern, policy)
			}
			body := w.Body.String()
			if found := inline.FindString(body); found != "" {
				t.Errorf("%s holds %q", pattern, found)
			}
			for _, m := range loaded.FindAllStringSubmatch(body, -1) {
				if !strings.HasPrefix(m[1], "/assets/") {
					t.Errorf("%s loads %s", pattern, m[1])
				}
			}
			if size := len(body) + s.assets.weight(body); size > 100_000 {
				t.Errorf("%s weighs %d bytes with its assets", pattern, size)
			}
		}
	}
}

func TestAPageOfAnotherOriginCannotWriteHere(t *testing.T) {
	s := testSite(t)
	h := s.handler()
	for pattern := range s.pages {
		method, path := concrete(pattern, "1880")
		for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://example.org"}} {
			if w := ask(h, method, path, access.Coordinator, headers...); method == "POST" && w.Code != http.StatusForbidden {
				t.Errorf("%s with %v: %d", pattern, headers, w.Code)
			}
		}
	}
	for _, path := range []string{"/login", "/logout", "/leave", "/invitations/x"} {
		if w := ask(h, "POST", path, "", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestALinkLeadsNowhereElse(t *testing.T) {
	for to, want := range map[string]string{
		"/municipalities/1880/": "/municipalities/1880/", "/report?year=2021": "/report?year=2021", "": "/", "https://example.org": "/", "//example.org": "/",
		`/\example.org`: "/", "javascript:alert(1)": "/", "report": "/", "/a\nb": "/", "/\t/example.org": "/",
	} {
		if got := local(to); got != want {
			t.Errorf("%q leads to %q", to, got)
		}
	}
}

func TestTheLanguageIsKeptAndTheAddressStays(t *testing.T) {
	h := testSite(t).handler()
	w := ask(h, "GET", "/tillganglighet?lang=en&x=1", "")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/tillganglighet?x=1" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	for _, c := range w.Result().Cookies() {
		if c.Name != languageCookie || c.Value != "en" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
			t.Errorf("%+v", c)
		}
	}
	r := httptest.NewRequest("GET", "/tillganglighet", nil)
	r.AddCookie(&http.Cookie{Name: languageCookie, Value: "en"})
	got := httptest.NewRecorder()
	h.ServeHTTP(got, r)
	if !strings.Contains(got.Body.String(), `<html lang="en">`) || !strings.Contains(ask(h, "GET", "/tillganglighet", "").Body.String(), `<html lang="sv">`) {
		t.Error("not in English when it was asked for, or not in Swedish when it was not")
	}
}

func TestNoAddressOfOursLeadsElsewhere(t *testing.T) {
	h := testSite(t).handler()
	for _, path := range []string{"/%2fexample.org", "/%2Fexample.org/login", "/%5cexample.org"} {
		if to := ask(h, "GET", path+"?lang=en", "").Header().Get("Location"); to != path {
			t.Errorf("%s leads to %s", path, to)
		}
		if page := ask(h, "GET", path, "").Body.String(); strings.Contains(page, `="//`) {
			t.Errorf("the page of %s has a link to another site", path)
		}
	}
}

func TestFilesWaitForTheirOwnerAndNotForLong(t *testing.T) {
	s := &shelf{files: make(map[string]heldFile)}
	site := testSite(t)
	now := site.Clock()
	if err := s.put("a", heldFile{content: make([]byte, mostHeld-10), until: now.Add(holdFor)}, now); err != nil {
		t.Fatal(err)
	}
	if err := s.put("b", heldFile{content: make([]byte, 11), until: now.Add(holdFor)}, now); err == nil {
		t.Error("more is held than there is room for")
	}
	if _, ok := s.get("a", now); !ok {
		t.Error("a file is gone at once")
	}
	later := now.Add(holdFor + 1)
	if _, ok := s.get("a", later); ok || s.size != 0 {
		t.Errorf("a file is kept too long, or %d bytes are counted of none", s.size)
	}
}

func TestAFileIsForgottenAlsoWhereNobodyComesAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{files: make(map[string]heldFile)}
		if err := s.put("a", heldFile{content: make([]byte, 10), until: time.Now().Add(holdFor)}, time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(holdFor - 1)
		synctest.Wait()
		if s.size != 10 {
			t.Errorf("%d bytes are held before their time", s.size)
		}
		time.Sleep(2 * time.Nanosecond)
		synctest.Wait()
		if len(s.files) != 0 || s.size != 0 {
			t.Errorf("%d files of %d bytes are held after it", len(s.files), s.size)
		}
	})
}

func TestScriptsAreSentWithoutWhatIsForThoseWhoReadThem(t *testing.T) {
	a := readAssets()
	for name, content := range a.files {
		source, err := assetFiles.ReadFile("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range strings.Lines(string(source)) {
			if strings.Count(line, "`")%2 == 1 {
				t.Errorf("a text of %s goes over several lines: %s", name, line)
			}
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
				want = append(want, line)
			}
		}
		if got := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n"); !slices.Equal(got, want) {
			t.Errorf("%s is sent as\n%s", name, content)
		}
	}
}

// weight is how many bytes those are together that a page loads.
func (a assets) weight(page string) (n int) {
	for name, content := range a.files {
		if strings.Contains(page, "/assets/"+a.version+"/"+name) {
			n += len(content)
		}
	}
	return n
}
