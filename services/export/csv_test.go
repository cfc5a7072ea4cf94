package export

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
)

func TestACSVIsEveryTableBelowOneAnother(t *testing.T) {
	d := of(Paragraph{"Stycken skrivs inte."}, Table{
		Caption: "Former", Columns: []Column{{"Form", Texts}, {"Barn", Numbers}, {"Andel", Percents}, {"Sedan", Days}},
		Rows: [][]Cell{
			{Text(`=1+1; "x"`), Number(2800), Percent(Share{194, 290}, 1), Day(18000)},
			{Text("Läger"), Band(1, 4), Nothing("visas inte"), {}},
		},
	}, Chart{Title: "Per år", Unit: "barn", Axis: "År", Categories: []string{"2021"}, Series: []Series{{"Örebro", []float64{45.5}}}})
	d.About = []Fact{{"Kommun", "Örebro (1880)"}}
	var b bytes.Buffer
	if err := CSV(&b, d); err != nil {
		t.Fatal(err)
	}
	want := "\uFEFF" + strings.ReplaceAll(`Avsnitt;Tabell;;;;
Om;Om;Årsenkät;;;
Om;Om;Kommun;Örebro (1880);;
Barn;Former;Form;Barn;Andel (%);Sedan
Barn;Former;"'=1+1; ""x""";2800;66,9;2019-04-14
Barn;Former;Läger;1–4;visas inte;
Barn;Per år (barn);År;Örebro;;
Barn;Per år (barn);2021;45,5;;
`, "\n", "\r\n")
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
}

func TestNoFieldOfACSVBeginsAsAFormulaDoes(t *testing.T) {
	var b bytes.Buffer
	if err := CSV(&b, hostileDocument()); err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\uFEFF")))
	r.Comma = ';'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		for _, field := range record {
			negative := strings.HasPrefix(field, "-") && strings.Trim(field, "-0123456789–,") == ""
			if field != "" && strings.ContainsRune("=+-@\t\r", rune(field[0])) && !negative {
				t.Errorf("%q", field)
			}
		}
	}
}
