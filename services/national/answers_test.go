package national_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"rackvidd/events"
	"rackvidd/services/national"
)

const heading = "year,municipality,district,state,offers,children,basis,organisers,forms,channels,measures\n"

func TestARowOfATable(t *testing.T) {
	for _, tt := range []struct {
		name, row, want string
	}{
		{"a whole answer", "2021,1880,,answered,yes,45,counted,municipality|ngo,camp|support_group,school,cooperation", "number 45 45–45 [municipality ngo] [camp support_group] [school] [cooperation]"},
		{"the order of choices says nothing", "2021,1880,,answered,yes,45,,ngo | municipality,,,", "number 45 45–45 [municipality ngo] [] [] []"},
		{"an empty number is unknown", "2021,1880,,answered,yes,,,,,,", "unknown 0 0–0 [] [] [] []"},
		{"zero is not", "2021,1880,,answered,yes,0,,,,,", "zero 0 0–0 [] [] [] []"},
		{"a band", "2021,1880,,answered,yes,1–4,,,,,", "suppressed 0 1–4 [] [] [] []"},
		{"a band with a hyphen", "2021,1880,,answered,yes,1-4,,,,,", "suppressed 0 1–4 [] [] [] []"},
		{"an interval", "2021,1880,,answered,yes,45–52,interval,,,,", "number 45 45–52 [] [] [] []"},
		{"thousands as Swedish writes them", "2021,0180,,answered,yes,1 204,,,,,", "number 1204 1204–1204 [] [] [] []"},
		{"a code that a spreadsheet shortened", "2021,180,city,partial,yes,5,,,,,", "number 5 5–5 [] [] [] []"},
		{"who offers nothing is asked for no number", "2021,1880,,answered,no,,,,,,funding", "not_asked 0 0–0 [] [] [] [funding]"},
		{"nobody answered", "2021,1880,,not_answered,,,,,,,", "not_answered 0 0–0 [] [] [] []"},
		{"any number of forms before the form asked for three", "2013,1880,,answered,yes,5,,,camp|counselling|contact_person|support_group,,", "number 5 5–5 [] [camp contact_person counselling support_group] [] []"},

		{"forms beyond the form's", "2021,1880,,answered,yes,5,,,camp|counselling|contact_person|support_group,,", "forms too_many_choices"},
		{"measures beyond the form's", "2013,1880,,answered,yes,5,,,,,cooperation|information|funding|political_priority", "measures too_many_choices"},
		{"a form twice", "2021,1880,,answered,yes,5,,,camp|camp,,", "forms repeated"},
		{"an unknown form", "2021,1880,,answered,yes,5,,,spa,,", "forms unknown_code"},
		{"nothing between two forms", "2021,1880,,answered,yes,5,,,camp||counselling,,", "forms unknown_code"},
		{"a band beyond any that is released", "2021,1880,,answered,yes,1–10001,,,,,", "children not_a_band"},
		{"an unknown channel", "2021,1880,,answered,yes,5,,,,telepathy,", "channels unknown_code"},
		{"an unknown organiser", "2021,1880,,answered,yes,5,,church,,,", "organisers unknown_code"},
		{"an unknown measure", "2021,1880,,answered,yes,5,,,,,luck", "measures unknown_code"},
		{"an unknown basis", "2021,1880,,answered,yes,5,guessed,,,,", "basis unknown_code"},
		{"an unknown state", "2021,1880,,maybe,yes,5,,,,,", "state unknown_code"},
		{"no state", "2021,1880,,,yes,5,,,,,", "state missing"},
		{"neither yes nor no", "2021,1880,,answered,ja,5,,,,,", "offers unknown_code"},
		{"an unknown municipality", "2021,9999,,answered,yes,5,,,,,", "municipality unknown_municipality"},
		{"no municipality", "2021,,,answered,yes,5,,,,,", "municipality unknown_municipality"},
		{"a year before the survey", "1999,1880,,answered,yes,5,,,,,", "year impossible_year"},
		{"a year to come", "2025,1880,,answered,yes,5,,,,,", "year impossible_year"},
		{"no year", "x,1880,,answered,yes,5,,,,,", "year impossible_year"},
		{"no number", "2021,1880,,answered,yes,many,,,,,", "children not_a_number"},
		{"less than none", "2021,1880,,answered,yes,-5,,,,,", "children not_a_number"},
		{"a band the wrong way", "2021,1880,,answered,yes,4–1,,,,,", "children not_a_band"},
		{"a band from zero", "2021,1880,,answered,yes,0–4,,,,,", "children not_a_band"},
		{"more than live anywhere", "2021,1880,,answered,yes,900000,,,,,", "children too_many"},
		{"children by no support", "2021,1880,,answered,no,5,,,,,", "children contradiction"},
		{"forms of no support", "2021,1880,,answered,no,0,,,camp,,", "offers contradiction"},
		{"an answer of nobody", "2021,1880,,not_answered,yes,,,,,,", "state not_answered"},
		{"children of nobody", "2021,1880,,not_answered,,7,,,,,", "state not_answered"},
		{"a district by its name", "2021,0180,Norra innerstaden,answered,yes,5,,,,,", "number 5 5–5 [] [] [] []"},
		{"a district that is none", "2021,0180,?!,answered,yes,5,,,,,", "district invalid"},
		{"an identity", "2021,0180,19800101-1231,answered,yes,5,,,,,", "district identity"},
		{"a cell too many", "2021,1880,,answered,yes,5,,,,,,7", " extra_cell"},
		{"a stray quotation mark", `2021,1880,,answered,yes,"5,,,,,`, " malformed_row"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLevel(t)
			sum, got := l.load(heading+tt.row+"\n"), ""
			if len(sum.Rejected) == 1 {
				r := sum.Rejected[0]
				if got = r.Column + " " + r.Code; r.Line != 2 || r.Message == "" || strings.Contains(r.Message, "1980") {
					t.Errorf("rejected as %+v", r)
				}
			}
			for _, a := range l.answers() {
				got = fmt.Sprintf("%s %d %d–%d %v %v %v %v", a.Children, a.Value, a.Lower, a.Upper, a.Organisers, a.Forms, a.Channels, a.Measures)
			}
			if got != tt.want || sum.Rows != 1 || sum.Recorded+len(sum.Rejected) != 1 {
				t.Errorf("\n got %s (%+v)\nwant %s", got, sum, tt.want)
			}
		})
	}
}

func TestGoodRowsAreRecordedAndTheSameAgainIsNot(t *testing.T) {
	l := newLevel(t)
	file := heading + "2021,1880,,answered,yes,45,,,,,\n2021,9999,,answered,yes,1,,,,,\n\n2021,1881,,answered,yes,7,,,,,\n2021,1880,,answered,yes,45,,,,,\n"
	if sum := l.load(file); sum.Rows != 4 || sum.Recorded != 2 || sum.Duplicates != 1 || len(sum.Rejected) != 1 || sum.Rejected[0].Line != 3 || sum.Position != 2 {
		t.Errorf("the first time: %+v", sum)
	}
	if sum := l.load(file); sum.Recorded != 0 || sum.Duplicates != 3 || sum.Position != 2 {
		t.Errorf("the second time: %+v", sum)
	}
	if sum := l.load(heading + "2021,1880,,answered,yes,47,,,,,\n"); sum.Recorded != 1 || sum.Position != 3 {
		t.Errorf("another number: %+v", sum)
	}
	dry, err := l.Load(t.Context(), command(), []byte(heading+"2021,1880,,answered,yes,9,,,,,\n2021,1880,,answered,yes,9,,,,,\n"), true)
	if err != nil || dry.Recorded != 1 || dry.Duplicates != 1 || len(l.answers()) != 3 {
		t.Errorf("a dry run: %+v, %v", dry, err)
	}
}

func TestARepeatedCommandIsAnsweredAsTheFirstTime(t *testing.T) {
	l, c := newLevel(t), command()
	first, err := l.Load(t.Context(), c, []byte(heading+"2021,1880,,answered,yes,45,,,,,\n"), false)
	if err != nil {
		t.Fatal(err)
	}
	l.load(heading + "2021,1880,,answered,yes,47,,,,,\n")
	again, err := l.Load(t.Context(), c, []byte(heading+"2021,1880,,answered,yes,45,,,,,\n"), false)
	if err != nil || again.Recorded != 1 || again.Position != first.Position || len(l.answers()) != 2 {
		t.Errorf("%+v, %v; first %+v", again, err, first)
	}
}

func TestTablesAsSwedishExcelWritesThem(t *testing.T) {
	swedish := "kommun;år;state;offers;barn\r\n1880;2021;answered;yes;1–4\r\n"
	latin, err := charmap.Windows1252.NewEncoder().String(swedish)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"UTF-8": swedish, "with a byte order mark": "\ufeff" + swedish, "Windows-1252": latin, "with a declared separator": "sep=;\r\n" + swedish,
		"tabs": strings.ReplaceAll(swedish, ";", "\t"), "quoted": strings.ReplaceAll(swedish, "answered", `"answered"`), "old Mac": strings.ReplaceAll(swedish, "\r\n", "\r"),
	} {
		if sum := newLevel(t).load(file); sum.Recorded != 1 {
			t.Errorf("%s: %+v", name, sum)
		}
	}
}

func TestTheLineInWhichATableWasCutOffIsRejected(t *testing.T) {
	l := newLevel(t)
	sum := l.load(heading + "2021,1880,,answered,yes,45,,,,,\n2021,1881,,answered,yes,7")
	if sum.Recorded != 1 || len(sum.Rejected) != 1 || sum.Rejected[0].Code != "cut_off" || sum.Rejected[0].Line != 3 {
		t.Errorf("%+v", sum)
	}
	if sum := l.load(heading + "2021,1881,,answered,yes,7\n2021,1882,,answered,yes,8,,,,,"); sum.Recorded != 2 {
		t.Errorf("lines that leave cells out, and one that is whole: %+v", sum)
	}
}

func TestAFileThatIsNoTableOfAnswers(t *testing.T) {
	for name, tt := range map[string]struct{ file, code, column string }{
		"empty":                 {"", "empty_file", ""},
		"an unknown column":     {"year,municipality,state,mood\n", "unknown_column", "mood"},
		"a column that reveals": {"year,municipality,state,19800101-1231\n", "unknown_column", "number 4"},
		"a column twice":        {"year,municipality,state,year\n", "repeated_column", "year"},
		"a column missing":      {"year,municipality\n", "missing_column", "state"},
		"a picture":             {"\x89PNG\r\n\x1a\n\x00\x00", "not_a_table", ""},
		"two encodings":         {"år,kommun,state\n2021,Malm\xf6,answered\n", "wrong_encoding", ""},
		"letters that are lost": {"year,kommun,state\n2021,Malm\ufffd,answered\n", "wrong_encoding", ""},
	} {
		_, err := newLevel(t).Load(t.Context(), command(), []byte(tt.file), false)
		var wrong *national.FileError
		if !errors.As(err, &wrong) || wrong.Code != tt.code || wrong.Column != tt.column || wrong.Message == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALargeTableGoesInBatches(t *testing.T) {
	l := newLevel(t)
	var file strings.Builder
	file.WriteString(heading)
	n := 0
	for year := 2003; year <= 2023; year++ {
		for _, m := range events.Municipalities() {
			fmt.Fprintf(&file, "%d,%s,,answered,yes,%d,,,,,\n", year, m.Code, n%90)
			n++
		}
	}
	if sum := l.load(file.String()); sum.Recorded != n || sum.Position != uint64(n) {
		t.Errorf("%d rows: %+v", n, sum)
	}
}
