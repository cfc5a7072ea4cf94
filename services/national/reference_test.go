package national_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/national"
)

func TestChildPopulationAndDenominatorsAreToldApartByTheirHeadings(t *testing.T) {
	l := newLevel(t)
	pool := l.shown()
	sum := l.reference("kommunkod;år;antal;källa\n1880;2021;27 006;SCB\n180;2021;203000;SCB\nriket;2021;2 100 000;SCB\n00;2020;2000000;SCB\n9999;2021;1;SCB\n1880;2021;x;SCB\n1880;2021;5;\n1880;21;5;SCB\n")
	if sum.Rows != 8 || sum.Recorded != 4 || len(sum.Rejected) != 4 || sum.Rejected[0].Code != "unknown_municipality" || sum.Rejected[2].Column != "source" {
		t.Errorf("population: %+v", sum)
	}
	sum = l.reference("denominator,name,need,source,from,until\nown-2022,Egen,50 000,Kommunen,2022,\nnewer,Ny,210000,X,,2019\nbad id,X,1,X,,\nwhat-if,X,1,X,,\nolder,Ny,210000,X,,2019\nempty,X,0,X,,\nlate,X,5,X,2022,2021\n")
	if sum.Rows != 7 || sum.Recorded != 2 || len(sum.Rejected) != 5 || sum.Rejected[1].Code != "reserved" || sum.Rejected[2].Code != "reserved" || sum.Rejected[2].Line != 6 || sum.Rejected[4].Column != "until" {
		t.Errorf("denominators: %+v", sum)
	}
	if sum = l.reference("code,year,n,source\n1880,2021,27006,SCB\n1880,2021,27007,SCB\n"); sum.Recorded != 1 || sum.Duplicates != 1 {
		t.Errorf("loaded again, and then another number: %+v", sum)
	}
	if sum = l.reference("denominator,name,need,source\nnewer,Ny,210000,X\n"); sum.Recorded != 1 {
		t.Errorf("without its last year it is another: %+v", sum)
	}
	if n, err := l.Population(t.Context(), örebro, 2023); err != nil || n != 27007 {
		t.Errorf("%d children in Örebro, %v", n, err)
	}
	_, e := l.report(pool, 2021)
	if e.Population.Country != 2_100_000 || len(e.Population.Places) != 2 || len(e.Denominators) != 2 || e.Denominators[0].Need != 210_000 {
		t.Errorf("%+v", e)
	}
}

func TestARepeatedLoadOfReferenceDataIsAnsweredAsTheFirstTime(t *testing.T) {
	l, c := newLevel(t), command()
	file := []byte("code,year,n,source\n1880,2021,27006,SCB\n0180,2021,203000,SCB\n1880,2020,27000,SCB\n")
	first, err := l.LoadReference(t.Context(), c, file, false)
	if err != nil || first.Recorded != 3 {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := l.LoadReference(t.Context(), c, file, false)
	if err != nil || again.Recorded != 3 || again.Position != first.Position {
		t.Errorf("repeated: %+v, %v", again, err)
	}
	if sum := l.reference(string(file)); sum.Duplicates != 3 {
		t.Errorf("by another command: %+v", sum)
	}
}

func TestATableThatIsNoReferenceData(t *testing.T) {
	for file, want := range map[string]string{
		"code,year,n\n":             "missing_column source",
		"denominator,name,need\n":   "missing_column source",
		"code,year,n,source,mood\n": "unknown_column mood",
		"":                          "empty_file ",
		"year,municipality,state\n": "unknown_column state",
	} {
		_, err := newLevel(t).LoadReference(t.Context(), command(), []byte(file), false)
		var wrong *national.FileError
		if !errors.As(err, &wrong) || wrong.Code+" "+wrong.Column != want {
			t.Errorf("%q: %v, %+v", file, err, wrong)
		}
	}
}

func TestAWholeCountrysPopulationFits(t *testing.T) {
	var file strings.Builder
	file.WriteString("code,year,n,source\n")
	for i, info := range events.Municipalities() {
		fmt.Fprintf(&file, "%s,2021,%d,Statistiska centralbyrån: folkmängd efter ålder\n", info.Code, 100_000+i)
	}
	if sum := newLevel(t).reference(file.String()); sum.Recorded != 290 || sum.Position != 1 {
		t.Errorf("%+v", sum)
	}
}
