package web

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/casework"
	"rackvidd/services/surveying"
)

func TestEveryTextIsThereInBothLanguages(t *testing.T) {
	sv, en := languages()[swedish].texts, languages()[english].texts
	for _, key := range slices.Sorted(maps.Keys(sv)) {
		if sv[key] == "" || en[key] == "" {
			t.Errorf("%s: %q and %q", key, sv[key], en[key])
		}
		if s, e := verbs.FindAllString(sv[key], -1), verbs.FindAllString(en[key], -1); verbsOf(s) != verbsOf(e) {
			t.Errorf("%s takes %v in Swedish and %v in English", key, s, e)
		}
	}
	for key := range en {
		if _, ok := sv[key]; !ok {
			t.Errorf("%s is in English alone", key)
		}
	}
}

var verbs = regexp.MustCompile(`%[ds]`)

// verbsOf is what a text takes: one with a part for one thing and a part for several takes it once.
func verbsOf(list []string) string {
	slices.Sort(list)
	return strings.Join(slices.Compact(list), "")
}

// used are the texts that pages and code name, and the beginnings of those whose names they put together.
func used(t *testing.T) (keys, beginnings map[string]bool) {
	t.Helper()
	keys, beginnings = make(map[string]bool), map[string]bool{"referral.": true, "enrolment.": true} // both are named by a placing
	literal := regexp.MustCompile(`"([a-z_]+\.[a-z_A-Z0-9.]*)"`)
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".html") {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range literal.FindAllStringSubmatch(string(content), -1) {
			switch {
			case noKeys.MatchString(m[1]):
			case strings.HasSuffix(m[1], ".") || strings.HasSuffix(m[1], "_"):
				beginnings[m[1]] = true
			default:
				keys[m[1]] = true
			}
		}
	}
	return keys, beginnings
}

var noKeys = regexp.MustCompile(`\.(html|css|js|json|svg|go|csv|yaml)$|^(query|body|path)\.`)

func TestEveryTextThatAPageNamesIsThereAndNoOther(t *testing.T) {
	keys, beginnings := used(t)
	for key := range keys {
		if !languages()[swedish].has(key) {
			t.Errorf("%s is named and not written", key)
		}
	}
	for key := range languages()[swedish].texts {
		if !keys[key] && !slices.ContainsFunc(slices.Collect(maps.Keys(beginnings)), func(b string) bool { return strings.HasPrefix(key, b) }) {
			t.Errorf("%s is written and never named", key)
		}
	}
}

func TestEveryRefusalOfTheAPIHasWords(t *testing.T) {
	codes := regexp.MustCompile(`(?:FieldError\{"[^"\n]*"[^"\n]*, |\b[Rr]efuse\([A-Za-z.]+|\binvalid\(|problemAt\([^"\n]*|FieldError\{[^"\n]*|errors?\.[A-Z][A-Za-z]+, http\.Status(?:Conflict|UnprocessableEntity|PreconditionFailed)|\.Err[A-Za-z]+, http\.Status(?:Conflict|UnprocessableEntity|PreconditionFailed)|newProblem\(http\.Status(?:Conflict|UnprocessableEntity)),? ?"([a-z_]+)"`)
	found := 0
	for _, folder := range []string{"casework", "surveying", "api", "backoffice"} {
		err := filepath.WalkDir(filepath.Join("..", folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			content, err := os.ReadFile(path)
			for _, m := range codes.FindAllStringSubmatch(string(content), -1) {
				found++
				if !languages()[swedish].has("problem." + m[1]) {
					t.Errorf("%s refuses with %q, which has no words", path, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 80 {
		t.Errorf("only %d refusals were found: the test looks for them in another way than they are written", found)
	}
}

func TestEveryCodeHasAWord(t *testing.T) {
	l := languages()[swedish]
	for _, list := range [][]choice{
		choices[events.Form](l), choices[events.Channel](l), choices[events.Organiser](l), choices[events.EndReason](l), choices[events.Outcome](l),
		choices[events.Gender](l), choices[events.Target](l), choices[events.IdentityMode](l), choices[events.Reason](l),
	} {
		for _, c := range list {
			if c.Label == capital(c.Value) && c.Value != "information" || strings.Contains(c.Label, "_") {
				t.Errorf("%s is called %q", c.Value, c.Label)
			}
		}
	}
	for _, state := range casework.RowState("").Codes() {
		if !l.has("word.row_" + state) {
			t.Errorf("the row's state %s has no word", state)
		}
	}
	for _, role := range append(access.Roles(), access.Administrator) {
		if !l.has("role."+string(role)) || !l.has("role.text."+string(role)) {
			t.Errorf("the role %s has no words", role)
		}
	}
	for _, why := range reach.LeftOutReasons {
		if code := "left_out_" + string(why); l.word(code) == code {
			t.Errorf("why somebody is left out, %s, is not said", why)
		}
	}
	for _, subject := range []surveying.Subject{surveying.Offers, surveying.Organisers, surveying.Forms, surveying.Children, surveying.Channels, surveying.Measures} {
		if !l.has("compare." + string(subject)) {
			t.Errorf("what %s asks about is not said", subject)
		}
	}
	for _, subject := range []surveying.Subject{surveying.Offers, surveying.Organisers, surveying.Forms, surveying.Children, surveying.Channels} {
		if !l.has("question.how_" + string(subject)) {
			t.Errorf("how %s is computed is not said", subject)
		}
	}
}

func TestOneWordForOneThing(t *testing.T) {
	texts := maps.Clone(languages()[swedish].texts)
	for _, code := range surveying.Codes() {
		texts[code] = surveying.Word(code, surveying.Swedish)
	}
	for _, reason := range []string{"late", "corrected", "withdrawn", "merged", "unmerged", "guest", "definition", "unidentified", "given"} {
		texts["since submission: "+reason] = surveying.SinceItem{Reason: reason}.Word(surveying.Swedish)
	}
	for word, allowed := range map[string]string{ // decisions/0015
		`\bpost(en|er|erna|ens)?\b|\bposition`: "contract.position: the field's name",
		`fingeravtryck|\brot(en)?\b`:           "account.passkeys_text: a finger's",
		`\btillfälle`:                          "",
		`underskriv|[Ss]krivs under`:           "",
		`återtag|upphäv|återlämn`:              "",
		`\b[Ss]iffror(na)?\b|\b[Ss]iffra\b`:    "form.number user.name_hint programme.district_hint problem.not_a_number problem.invalid_identity_number: digits",
		`^väg in\b|räknesätt|\btäckning\b`:     "",
		`familjestöd|utskriv|kontrollpunkt`:    "",
		`\b(0-6|7-12|13-17)\b`:                 "",
	} {
		not := regexp.MustCompile(word)
		for key, text := range texts {
			if not.MatchString(text) && !strings.Contains(allowed, key) {
				t.Errorf("%s says %q", key, not.FindString(text))
			}
		}
	}
}

func TestNumbersAndDaysAreWrittenAsTheLanguageHasThem(t *testing.T) {
	sv, en := languages()[swedish], languages()[english]
	day := events.Date(2025, 3, 4)
	for got, want := range map[string]string{
		sv.number(2800): "2\u00a0800", en.number(2800): "2,800", sv.percent(1.9): "1,90 %", sv.date(day): "tisdag 4 mars 2025", en.date(day): "Tuesday 4 March 2025",
		sv.text("day.waited", 1): "har väntat 1 dag", sv.text("day.waited", 2): "har väntat 2 dagar", en.text("group.members_count", 1): "1 child", sv.day(0): "",
		sv.text("reach.interval", 1, 4, 5): "Mellan 4 och 5, eftersom 1 deltagande gällde ett barn som ingen identifierade.", en.text("reach.interval", 2, 4, 6): "Between 4 and 6, because 2 attendances were of children nobody identified.",
		sv.place(events.National): "Nationella loggen", en.place("1880"): "Örebro", sv.text("child.attended", 1, 0): "0 av 1 träff", en.text("import.new", 1): "row is new", sv.text("figure.sum", 1): "1 identifierat barn,",
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
