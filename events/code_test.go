package events_test

import (
	"encoding"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rackvidd/events"
)

// declaredIn returns the names of the types that a source file of this package declares.
func declaredIn(t *testing.T, file string) map[string]bool {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	ast.Inspect(f, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			names[spec.Name.Name] = true
		}
		return true
	})
	return names
}

// guardedTypes are the only ones a field of an event may have.
func guardedTypes(t *testing.T) map[string]bool {
	all := make(map[string]bool)
	for _, file := range []string{"code.go", "answer.go", "id.go"} {
		maps.Copy(all, declaredIn(t, file))
	}
	return all
}

// TestNoFieldCanHoldAnIdentity walks every field of every kind: none has a type that could hold a name, an identity
// number, a hash of one or free text about people.
func TestNoFieldCanHoldAnIdentity(t *testing.T) {
	allowed := guardedTypes(t)
	var walk func(path string, t reflect.Type) int
	walk = func(path string, typ reflect.Type) (fields int) {
		ours := typ.PkgPath() == "rackvidd/events"
		switch {
		case ours && allowed[typ.Name()]:
			return 1
		case typ.Kind() == reflect.Slice:
			return walk(path+"[]", typ.Elem())
		case typ.Kind() == reflect.Struct && ours:
			for f := range typ.Fields() {
				fields += walk(path+"."+f.Name, f.Type)
				if f.Tag.Get("json") == "" || f.Anonymous || !f.IsExported() {
					t.Errorf("%s.%s has no name on the wire", path, f.Name)
				}
			}
			return fields
		}
		t.Errorf("%s is a %s: code.go, answer.go and id.go hold the only types an event may have", path, typ)
		return 0
	}
	fields := 0
	for _, k := range events.Kinds {
		fields += walk(k.Kind, reflect.TypeOf(k.Event))
	}
	if fields < 100 {
		t.Errorf("walked only %d fields", fields)
	}
}

func TestEveryWordOfTheContractIsAGuardedType(t *testing.T) {
	allowed := guardedTypes(t)
	seen := make(map[string]bool)
	for _, w := range events.Words() {
		if name := reflect.TypeOf(w.Zero).Name(); !allowed[name] || seen[w.Name] {
			t.Errorf("%s, a %s, is declared elsewhere or twice", w.Name, name)
		}
		seen[w.Name] = true
	}
}

func TestIdsAreReadInOneSpellingAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var id events.ID
		var e events.Entry
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		copy(e.Of[:], id[:])
		copy(e.Number[:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "number"))
		if got, err := events.ParseID(id.String()); err != nil || got != id {
			t.Fatalf("%s reads as %s, %v", id, got, err)
		}
		var line events.Entry
		if err := line.UnmarshalText([]byte(e.String())); err != nil || line != e {
			t.Fatalf("%s reads as %s, %v", e, line, err)
		}
		mistyped := []byte(id.String())
		mistyped[rapid.IntRange(0, len(mistyped)-1).Draw(t, "place")] = rapid.Byte().Draw(t, "typed")
		var read events.ID
		refused := read.UnmarshalText(mistyped)
		if got, err := events.ParseID(string(mistyped)); got != read || (err == nil) != (refused == nil) {
			t.Fatalf("%q reads as %s, %v, and in JSON as %s, %v", mistyped, got, err, read, refused)
		}
		// A month has a 0 or a 1 in it, and ids have neither.
		if strings.ContainsAny(e.String(), "0189") {
			t.Fatalf("%s could hold a date", e)
		}
	})
	whole := child.String()
	for _, s := range []string{
		"", whole[1:], whole + "a", strings.ToUpper(whole), whole[:25] + "f", whole[:25] + "=", whole[:25] + "1", whole[:24] + "\n" + whole[25:], "19900101-1234" + whole[13:],
	} {
		if id, err := events.ParseID(s); err == nil {
			t.Errorf("%q reads as %s", s, id)
		}
	}
	line := entry(child, 1).String()
	for _, s := range []string{"", whole, line[:39], strings.Replace(line, "-", "a", 1), line[:39] + "b", line + "a"} {
		var e events.Entry
		if err := e.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q reads as %s", s, e)
		}
	}
}

func TestDaysAreThoseThatExist(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := events.Day(rapid.Int32Range(int32(events.Date(1900, 1, 1)), int32(events.Date(2199, 12, 31))).Draw(t, "day"))
		got, err := events.ParseDay(d.String())
		if err != nil || got != d || events.DayOf(d.Time()) != d || int(d.Year()) != d.Time().Year() {
			t.Fatalf("%s reads as %s, %v", d, got, err)
		}
	})
	for _, s := range []string{"2021-02-29", "2021-13-01", "1899-12-31", "2200-01-01", "2021-2-1", "20210201", "2021-02-01T00:00:00Z", ""} {
		if d, err := events.ParseDay(s); err == nil {
			t.Errorf("%q reads as %s", s, d)
		}
	}
	for _, d := range []events.Day{on(1899, 12, 31), on(2200, 1, 1)} {
		if text, err := d.MarshalText(); err == nil {
			t.Errorf("%s is written, and nobody reads it", text)
		}
	}
	late := time.Date(2021, 12, 31, 23, 30, 0, 0, time.FixedZone("", -3600))
	if d := events.DayOf(late); d != on(2021, 12, 31) {
		t.Errorf("half past eleven on New Year's Eve is %s", d)
	}
}

func TestTextsReadBackAsWhatWasWritten(t *testing.T) {
	instant := marked
	for _, c := range []struct {
		value encoding.TextMarshaler
		into  encoding.TextUnmarshaler
		bad   string
	}{
		{child, new(events.ID), "child"},
		{entry(child, 1), new(events.Entry), "line"},
		{on(2021, 3, 1), new(events.Day), "1 March"},
		{instant, new(events.Instant), "16:00"},
		{record, new(events.Record), "SwAA"},
	} {
		b, err := c.value.MarshalText()
		if err == nil {
			err = c.into.UnmarshalText(b)
		}
		if got := reflect.ValueOf(c.into).Elem().Interface(); err != nil || got != c.value {
			t.Errorf("%s reads as %v, %v", b, got, err)
		}
		if c.into.UnmarshalText([]byte(c.bad)) == nil {
			t.Errorf("%T reads %q", c.value, c.bad)
		}
	}
}

func TestCodesAreThoseOfTheirList(t *testing.T) {
	if c, err := events.ParseCode[events.Form]("camp"); err != nil || c != events.Camp {
		t.Errorf("camp reads as %q, %v", c, err)
	}
	if _, err := events.ParseCode[events.Form]("Camp"); err == nil || !strings.Contains(err.Error(), "support_group, counselling") {
		t.Errorf("%v, want the list of codes", err)
	}
	for _, s := range []string{"", "national", "188", "1880 ", "9999"} {
		if m, err := events.ParseMunicipality(s); err == nil {
			t.Errorf("%q reads as municipality %s", s, m)
		}
	}
	if m, ok := events.MunicipalityNamed("1880"); !ok || m.Name != "Örebro" || len(events.Municipalities()) != 290 {
		t.Errorf("1880 is %+v, of %d", m, len(events.Municipalities()))
	}
	for _, c := range []struct {
		parse func(string) error
		good  string
		bad   []string
	}{
		{func(s string) error { _, err := events.ParseDistrict(s); return err }, "oster-2", []string{"", "öster", "a b", strings.Repeat("a", 17)}},
		{func(s string) error { _, err := events.ParseName(s); return err }, "Öppna dörren", []string{"", " ", "a\nb", "a\x00b", "\xff", strings.Repeat("å", 121)}},
		{func(s string) error { _, err := events.ParseProgrammeID(s); return err }, "öppna.dörren", []string{"", "..", "- -", "\t", "a\u202eb", strings.Repeat("å", 65)}},
	} {
		if err := c.parse(c.good); err != nil {
			t.Errorf("%q: %v", c.good, err)
		}
		for _, s := range c.bad {
			if c.parse(s) == nil {
				t.Errorf("%q was accepted", s)
			}
		}
	}
}

func TestProgrammesHaveSubjectsOfTheirOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		x, y := events.ProgrammeOf(events.ProgrammeID(a)), events.ProgrammeOf(events.ProgrammeID(b))
		if (a == b) != (x == y) || strings.ContainsAny(x.ID, " .*>/\t\r\n") {
			t.Fatalf("%q and %q are %s and %s", a, b, x, y)
		}
	})
	if got, err := events.ParseStream(events.CaseOf(child).String()); err != nil || got != events.CaseOf(child) {
		t.Errorf("%s, %v", got, err)
	}
}

func TestNothingIsWrittenForWhatIsNotStated(t *testing.T) {
	for _, k := range events.Kinds {
		b, err := json.Marshal(k.Event)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(b, &fields); err != nil {
			t.Fatal(err)
		}
		if required := k.Schema().Required; len(fields) != len(required) {
			t.Errorf("%s: an empty event writes %d fields, the contract requires %v", k.Kind, len(fields), required)
		}
	}
}
