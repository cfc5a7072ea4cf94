package national_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"rackvidd/events"
)

// districts loads Stockholm's districts by their names, each with children of its own, and returns the codes recorded.
func districts(t *testing.T, names ...string) (codes []events.District) {
	t.Helper()
	l := newLevel(t)
	var file strings.Builder
	file.WriteString("year,municipality,district,state,offers,children\n")
	for i, name := range names {
		fmt.Fprintf(&file, "2021,0180,%s,answered,yes,%d\n", name, 5+i)
	}
	if sum := l.load(file.String()); len(sum.Rejected) > 0 {
		t.Fatalf("rejected: %+v", sum.Rejected)
	}
	for _, a := range l.answers() {
		codes = append(codes, a.District)
	}
	return codes
}

func TestStockholmsDistrictsAreCalledByTheirNames(t *testing.T) {
	names := []string{
		"Bromma", "Enskede-Årsta-Vantör", "Farsta", "Hägersten-Älvsjö", "Hässelby-Vällingby", "Järva", "Kungsholmen", "Norra innerstaden",
		"Skarpnäck", "Skärholmen", "Södermalm", "Östermalm", "Norrmalm",
	}
	want := []string{
		"bromma", "enskede-ars-", "farsta", "hagersten-a-", "hasselby-va-", "jarva-", "kungsholmen", "norra-inner-", "skarpnack-", "skarholmen-",
		"sodermalm-", "ostermalm-", "norrmalm",
	}
	codes := districts(t, names...)
	for i, code := range codes {
		if _, err := events.ParseDistrict(string(code)); err != nil || !strings.HasPrefix(string(code), want[i]) {
			t.Errorf("%s is %s, not %s…: %v", names[i], code, want[i], err)
		}
	}
	again := make([]string, len(codes))
	for i, code := range codes {
		again[i] = string(code)
	}
	if got := districts(t, again...); fmt.Sprint(got) != fmt.Sprint(codes) {
		t.Errorf("written as codes they are %s, not %s", got, codes)
	}
}

func TestTwoNamesAreTwoDistrictsAndOneNameIsOne(t *testing.T) {
	apart := []string{"Södermalm", "Sodermalm", "Sädermalm", "Sådermalm", "Norra innerstaden", "Norra innerstan", "Norra-innerstaden", "Norra/innerstaden", "A & B", "A-B"}
	seen := make(map[events.District]bool)
	for _, code := range districts(t, apart...) {
		seen[code] = true
	}
	if len(seen) != len(apart) {
		t.Errorf("%d districts of %d names: %v", len(seen), len(apart), seen)
	}
	for _, same := range [][2]string{
		{"Skärholmen", norm.NFD.String("Skärholmen")}, {"Norra innerstaden", " Norra  innerstaden "}, {"Skärholmen", "SKÄRHOLMEN"}, {"NV", "nv"}, {"Bromma", "bromma"},
	} {
		if codes := districts(t, same[0], same[1]); codes[0] != codes[1] {
			t.Errorf("%q is %s and then %s", same[0], codes[0], codes[1])
		}
	}
}

func TestADistrictThatReadsAsAnIdentityIsRefused(t *testing.T) {
	for _, cell := range []string{"19800101-1231", "Stadsdel 800101-1231", "någon@example.se", "Å 19800101 1231"} {
		l := newLevel(t)
		sum := l.load("year,municipality,district,state,offers,children\n2021,0180," + cell + ",answered,yes,5\n")
		if len(sum.Rejected) != 1 || sum.Rejected[0].Code != "identity" || sum.Rejected[0].Column != "district" || len(l.answers()) != 0 {
			t.Errorf("%q: %+v", cell, sum)
		}
	}
}
