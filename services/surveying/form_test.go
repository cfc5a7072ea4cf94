package surveying_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

func TestTheFormOfAYear(t *testing.T) {
	forms := builtIn(t)
	for year, want := range map[events.Year]events.FormID{
		2002: "", 2003: "v1", 2012: "v1", 2013: "v2", 2014: "v2", 2015: "", 2020: "", 2021: "v3", 2023: "v3", 2031: "v3",
	} {
		if f, known := forms.Of(year); f.ID != want || known != (want != "") {
			t.Errorf("%d is asked about on %q, not %q (known: %v)", year, f.ID, want, known)
		}
	}
	if first := forms.FirstYear(); first != 2003 {
		t.Errorf("the first year asked about is %d", first)
	}
}

func TestTheBuiltInForms(t *testing.T) {
	for id, want := range map[events.FormID]string{
		"v1": "Q1 offers, Q2 organisers, Q4 children, Q5 channels, Q6 measures 3, Q7 words",
		"v2": "Q1 offers, Q2 organisers, Q3 forms, Q4 children, Q5 channels, Q6 measures 3, Q7 words",
		"v3": "Q1 offers, Q2 organisers, Q3 forms 3, Q4 children, Q5 channels, Q6 measures 3, Q7 words",
	} {
		var got []string
		for _, q := range form(t, id).Questions {
			asks := string(q.ID) + " " + string(q.Asks)
			if q.Most > 0 {
				asks += " " + string(rune('0'+q.Most))
			}
			got = append(got, asks)
		}
		if all := strings.Join(got, ", "); all != want {
			t.Errorf("%s asks %s", id, all)
		}
	}
	if v1, v3 := form(t, "v1"), form(t, "v3"); v1.Definition != "groups/v1" || v3.Definition != "reach/v3" {
		t.Errorf("v1 counts %s and v3 %s", v1.Definition, v3.Definition)
	}
	measures, _ := form(t, "v3").About(surveying.Measures)
	if measures.Points != 1 || measures.Label("funding", surveying.Swedish) != "Ekonomi" || measures.Label("gone", surveying.English) != "gone" {
		t.Errorf("the measures are %+v", measures)
	}
}

func TestWhyAYearHasNoSurvey(t *testing.T) {
	for year, asked := range map[events.Year]bool{2002: false, 2003: true, 2017: true, 2026: false} {
		err := &surveying.UnknownFormError{Year: year, First: 2003, Last: 2025}
		if err.Asked() != asked || strings.Contains(err.Error(), "choose a year from 2003 to 2025") == asked {
			t.Errorf("%d: %s", year, err)
		}
	}
}

const v4 = `id: v4
title: {sv: Enkäten, en: The survey}
years: {from: 2024}
definition: reach/v3
ages: {from: 0, to: 17}
checks:
  as: v3
  severities:
    S04: notice
questions:
  - id: Q4
    asks: children
    text: {sv: Antal barn, en: Number of children}
  - id: Q3
    asks: forms
    most: 2
    text: {sv: Former, en: Forms}
    options:
      - {code: camp, text: {sv: Läger, en: Camp}}
      - code: talk
        covers: [counselling, family_support]
        text: {sv: Samtal, en: Talks}
`

func folder(files ...string) fs.FS {
	m := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		m[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return m
}

func TestANewYearsFormIsANewFile(t *testing.T) {
	closed := strings.Replace(v4, "{from: 2024}", "{from: 2024, to: 2024}", 1)
	for _, c := range []struct {
		name string
		file string
		want map[events.Year]events.FormID
	}{
		{"a form without a last year ends where the next begins", v4, map[events.Year]events.FormID{2021: "v3", 2023: "v3", 2024: "v4", 2030: "v4"}},
		{"after a form that ends nobody knows what is asked", closed, map[events.Year]events.FormID{2023: "v3", 2024: "v4", 2025: ""}},
		{"a form of the years in between ends nothing", strings.Replace(v4, "{from: 2024}", "{from: 2017, to: 2020}", 1), map[events.Year]events.FormID{2014: "v2", 2015: "", 2017: "v4", 2020: "v4", 2021: "v3", 2030: "v3"}},
		{"and neither does one of them without a last year", strings.Replace(v4, "{from: 2024}", "{from: 2017}", 1), map[events.Year]events.FormID{2014: "v2", 2016: "", 2017: "v4", 2020: "v4", 2021: "v3"}},
		{"a form in a later folder takes the place of one with its id", strings.Replace(v4, "id: v4", "id: v3", 1), map[events.Year]events.FormID{2021: "", 2023: "", 2024: "v3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := c.file
			if strings.HasPrefix(file, "id: v3") {
				file = strings.Replace(file, "as: v3", "as: v2", 1)
			}
			forms, err := surveying.LoadForms(definitions, surveying.BuiltIn(), folder("v4.yaml", file))
			if err != nil {
				t.Fatal(err)
			}
			for year, want := range c.want {
				if f, _ := forms.Of(year); f.ID != want {
					t.Errorf("%d is asked about on %q, not %q", year, f.ID, want)
				}
			}
		})
	}
}

func TestAFormMayTellByWhichDayItsAnswersAreWanted(t *testing.T) {
	for due, want := range map[string]string{"": "", "due: 03-31\n": "2025-03-31"} {
		forms, err := surveying.LoadForms(definitions, surveying.BuiltIn(), folder("v4.yaml", strings.Replace(v4, "ages:", due+"ages:", 1)))
		if err != nil {
			t.Fatal(err)
		}
		f, _ := forms.Of(2024)
		if got := f.DueFor(2024); (got == nil) != (want == "") || got != nil && got.String() != want {
			t.Errorf("%q: due by %v, not %s", due, got, want)
		}
	}
}

// TestAnErrorInAFormIsRefusedByItsLine changes one thing in a form that is right.
func TestAnErrorInAFormIsRefusedByItsLine(t *testing.T) {
	if _, err := surveying.LoadForms(definitions, surveying.BuiltIn(), folder("v4.yaml", v4)); err != nil {
		t.Fatalf("what is changed below is not right to begin with: %v", err)
	}
	for _, c := range []struct {
		name     string
		old, new string
		line     int
		says     string
	}{
		{"a field that no form has", "ages:", "colour: red\nages:", 5, "colour"},
		{"a field that no title has", "{sv: Enkäten,", "{sv: Enkäten, no: Undersøkelsen,", 2, "no"},
		{"a field that years have not", "{from: 2024}", "{from: 2024, until: 2025}", 3, "until"},
		{"a field that no question has", "    most: 2", "    least: 2", 16, "least"},
		{"a field that no text of a question has", "en: Number of children}", "de: Anzahl}", 13, "de"},
		{"a field that no option has", "{code: camp,", "{code: camp, points: 1,", 19, "points"},
		{"a field that checks have not", "  as: v3", "  like: v3", 7, "like"},
		{"a field twice", "definition: reach/v3", "definition: reach/v3\ndefinition: groups/v1", 5, "already"},
		{"an id that is no version", "id: v4", "id: fourth", 1, "v3"},
		{"no id", "id: v4\n", "\n", 1, "id"},
		{"a title in one language", "{sv: Enkäten, en: The survey}", "{sv: Enkäten}", 2, "both languages"},
		{"no first year", "{from: 2024}", "{to: 2024}", 3, "first year"},
		{"a last year before the first", "{from: 2024}", "{from: 2024, to: 2023}", 3, "no earlier"},
		{"a year that is no number", "{from: 2024}", "{from: soon}", 3, "soon"},
		{"a definition that does not exist", "definition: reach/v3", "definition: reach/v9", 4, "groups/v1"},
		{"ages that its definition does not count", "{from: 0, to: 17}", "{from: 0, to: 20}", 5, "other ages are another definition"},
		{"a day by which answers are wanted that does not exist", "definition: reach/v3", "definition: reach/v3\ndue: 02-30", 5, "03-31"},
		{"ages from the last to the first", "{from: 0, to: 17}", "{from: 17, to: 0}", 5, "ages"},
		{"a rule that does not exist", "    S04: notice", "    S99: notice", 9, "S99"},
		{"a severity that does not exist", "    S04: notice", "    S04: fatal", 9, "S04"},
		{"checks as a form that does not exist", "as: v3", "as: v9", 7, "v9"},
		{"checks as itself", "as: v3", "as: v4", 7, "v4"},
		{"a question's id that is none", "  - id: Q4", "  - id: 4", 11, "Q4"},
		{"a question that asks for nothing known", "asks: children", "asks: adults", 11, "asks must be"},
		{"a question in one language", "{sv: Antal barn, en: Number of children}", "{en: Number of children}", 11, "both languages"},
		{"a question twice", "  - id: Q3", "  - id: Q4", 14, "once"},
		{"two questions for the same", "asks: forms\n    most: 2", "asks: children\n    most: 0", 14, "options"},
		{"a number with a maximum of choices", "asks: children\n", "asks: children\n    most: 3\n", 11, "most"},
		{"points of anything but measures", "    most: 2", "    points: 2", 14, "points"},
		{"a maximum below nothing", "    most: 2", "    most: -2", 14, "less than 0"},
		{"forms of a question that has all of them", "asks: children\n", "asks: children\n    forms: [camp]\n", 11, "definition"},
		{"no question asks how many", "asks: children", "asks: words", 1, "children"},
		{"an option whose code is none", "code: talk", "code: Talk!", 20, "code"},
		{"an option in one language", "{sv: Läger, en: Camp}", "{sv: Läger}", 19, "camp"},
		{"an option that covers what no code of ours is", "[counselling, family_support]", "[counselling, football]", 20, "football"},
		{"an option twice", "code: talk", "code: camp", 20, "already"},
		{"a code covered twice", "[counselling, family_support]", "[counselling, camp]", 20, "already"},
		{"a list that does not end", "    asks: children", "    asks: [children", 12, ""},
		{"a text that does not end", "  - id: Q3", "  - id: \"Q3", 14, ""},
		{"a value where none can be", "definition: reach/v3", "definition: reach: v3", 4, ""},
		{"a line that is not in line", "    asks: children", "   asks: children", 11, ""},
		{"a second form in the file", "questions:", "---\nquestions:", 0, ""},
		{"the same year as another form", "{from: 2024}", "{from: 2021}", 3, "v3 asks about 2021"},
		{"years that another form has", "{from: 2024}", "{from: 2012, to: 2012}", 3, "v1 asks about 2012"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(v4, c.old) == 0 {
				t.Fatalf("%q is not in the form", c.old)
			}
			refused(t, c.line, c.says, surveying.BuiltIn(), folder("v4.yaml", strings.Replace(v4, c.old, c.new, 1)))
		})
	}
}

// refused wants a folder to be refused, in v4.yaml at a line; 0: at any.
func refused(t *testing.T, line int, says string, folders ...fs.FS) {
	t.Helper()
	forms, err := surveying.LoadForms(definitions, folders...)
	var e *surveying.FormError
	if !errors.As(err, &e) || forms != nil {
		t.Fatalf("it was read: %v", err)
	}
	if e.File != "v4.yaml" || e.Line != line && line > 0 || e.Line < 1 || !strings.Contains(e.Message, says) {
		t.Errorf("%s; want line %d to say %q", e, line, says)
	}
	if strings.Contains(e.Error(), "surveying.") || strings.Contains(e.Error(), "yaml:") {
		t.Errorf("%s: speaks of the program", e)
	}
}

func TestWhatNoFormIs(t *testing.T) {
	for name, f := range map[string]fs.FS{
		"an empty file is refused":                        folder("v4.yaml", ""),
		"a file of comments is refused":                   folder("v4.yaml", "# soon\n"),
		"a list is refused":                               folder("v4.yaml", "- v4\n"),
		"two files with one id in one folder are refused": folder("v1.yaml", v4, "v4.yaml", v4),
		"two forms whose checks are as each other's are refused": folder("v4.yaml", strings.Replace(v4, "as: v3", "as: v5", 1),
			"v5.yaml", strings.NewReplacer("id: v4", "id: v5", "as: v3", "as: v4", "2024", "2026").Replace(v4)),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := surveying.LoadForms(definitions, surveying.BuiltIn(), f)
			var e *surveying.FormError
			if !errors.As(err, &e) || e.Line < 1 {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := surveying.LoadForms(definitions, surveying.BuiltIn(), folder("README.md", "no form", "later/v5.yaml", "no form")); err != nil {
		t.Errorf("what stands beside forms is let be: %v", err)
	}
}

func TestAFormIsNotOverlookedForItsName(t *testing.T) {
	var wrong *surveying.FormError
	if _, err := surveying.LoadForms(definitions, surveying.BuiltIn(), folder("v4.yml", v4)); !errors.As(err, &wrong) || wrong.File != "v4.yml" {
		t.Errorf("%v", err)
	}
}

// TestTheBuiltInFormsKeepTheirWords is add-only: surveys were submitted on these (decisions/0005).
func TestTheBuiltInFormsKeepTheirWords(t *testing.T) {
	for id, want := range map[events.FormID]string{
		"v1": "437ebeabcf45927ace334b1484b02d755c6ecb16b0f11800a9d2e69b95a51d2f",
		"v2": "b0e2791a6f96e92c75cfde8d419b2af8c52228aeaf5c144a078d27ff124d2ab0",
		"v3": "5dd75e3f0015bf3b212e78c6d3222572537d88bece244d52f469d10d2a8add2b",
	} {
		if got := fmt.Sprintf("%x", form(t, id).Words()); got != want {
			t.Errorf("%s says other words than it did: %s", id, got)
		}
	}
}
