package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"rackvidd/services/backup"
)

// canary is what must never be found anywhere: an identity number, an address, a number to call, a source's own id.
type canary struct {
	number, mail, phone, local string
}

func canaries(seed uint64, n int) []canary {
	rng := rand.New(rand.NewPCG(seed, 1))
	list := make([]canary, n)
	for i := range list {
		list[i] = canary{
			number: identityNumber(rng),
			mail:   fmt.Sprintf("canary.%08x@exempel%d.se", rng.Uint32(), i),
			phone:  fmt.Sprintf("070-%03d %02d %02d", 100+rng.IntN(900), rng.IntN(100), rng.IntN(100)),
			local:  fmt.Sprintf("kanariebarn-%010x", rng.Uint64()&0xffffffffff),
		}
	}
	return list
}

// identityNumber makes one in the form of test numbers: birth number 980–999.
func identityNumber(rng *rand.Rand) string {
	digits := fmt.Sprintf("%04d%02d%02d%03d", 2005+rng.IntN(15), 1+rng.IntN(12), 1+rng.IntN(28), 980+rng.IntN(20))
	sum := 0
	for i, d := range digits[2:] {
		v := int(d-'0') * (2 - i%2)
		sum += v/10 + v%10
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}

// spellings are the ways a person or a program may write it down.
func (c canary) spellings() (list []string) {
	short, last := c.number[2:], c.number[8:]
	plain := []string{
		c.number, c.number[:8] + "-" + last, short[:6] + "-" + last, short[:6] + "+" + last, c.number[:8] + " " + last,
		c.number[:4] + "-" + c.number[4:6] + "-" + c.number[6:8] + "-" + last, short,
		c.mail, c.phone, strings.NewReplacer("-", "", " ", "").Replace(c.phone), "+46" + strings.NewReplacer("-", "", " ", "").Replace(c.phone)[1:], c.local,
	}
	for _, p := range plain {
		list = append(list, p, hex.EncodeToString([]byte(p)), strings.ToUpper(hex.EncodeToString([]byte(p))), utf16LE(p))
		for shift, start := range []int{0, 2, 3} { // what is in front moves the bits
			encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + p))
			list = append(list, encoded[start:(shift+len(p))*8/6])
		}
	}
	return list
}

func utf16LE(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// haystack finds any of many needles of at least eight bytes in one pass.
type haystack map[uint64][]string

func newHaystack(list []canary) haystack {
	h := make(haystack)
	for _, c := range list {
		for _, s := range c.spellings() {
			if len(s) >= 8 {
				key := binary.LittleEndian.Uint64([]byte(s))
				h[key] = append(h[key], s)
			}
		}
	}
	return h
}

func (h haystack) find(data []byte) (found []string) {
	for i := 0; i+8 <= len(data); i++ {
		for _, s := range h[binary.LittleEndian.Uint64(data[i:])] {
			if bytes.HasPrefix(data[i:], []byte(s)) {
				found = append(found, s)
			}
		}
	}
	return found
}

func TestNoIdentityIsFoundAnywhere(t *testing.T) {
	const seed = 11
	list, data := canaries(seed, 1000), dataDir(t)
	t.Logf("seed %d", seed)
	h, s := newHaystack(list), serve(t, data, "--log-level", "debug")
	if len(h.find([]byte("xx"+list[3].number+"yy"+list[5].mail))) < 2 {
		t.Fatal("the search finds nothing at all")
	}
	answers := everyEntry(t, s, list)
	if found := h.find(answers); len(found) > 0 {
		t.Errorf("%d canaries in answers, such as %q", len(found), found[0])
	}
	backedUp := filepath.Join(t.TempDir(), "all.backup")
	s.must(t, "backup", backedUp)
	s.stop(t)
	openBackup(t, data, backedUp)
	if found := h.find([]byte(s.output.String())); len(found) > 0 {
		t.Errorf("%d canaries in the log, such as %q", len(found), found[0])
	}
	files, size := 0, 0
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files, size = files+1, size+len(raw)
		if found := h.find(raw); len(found) > 0 {
			t.Errorf("%d canaries in %s, such as %q", len(found), strings.TrimPrefix(path, data), found[0])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("searched %d files, %d MB, for %d spellings", files, size>>20, len(h))
}

// openBackup unpacks a backup among the other files, where it is searched as they are.
func openBackup(t *testing.T, data, file string) {
	t.Helper()
	key, err := backup.ReadKey(filepath.Join(data, "vault", backup.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer sealed.Close()
	into := filepath.Join(data, "unpacked")
	if err := os.Mkdir(into, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Unpack(sealed, key, into); err != nil {
		t.Fatal(err)
	}
}

// everyEntry sends the canaries where they belong and where they do not, and returns all that was answered.
func everyEntry(t *testing.T, s *server, list []canary) []byte {
	t.Helper()
	var answers bytes.Buffer
	ask := func(method, path string, body any) {
		_, raw, err := s.call(t.Context(), method, path, body)
		if err != nil {
			t.Fatal(err)
		}
		answers.Write(raw)
	}
	const m = "municipalities/1880/"
	answers.Write(labelled(t, s, list))
	ask("POST", m+"imports?source=canary", activityOf(list))
	ask("POST", m+"imports?source=canary&dry_run=true", activityOf(list))
	ask("POST", m+"imports?source=canary&update=true", strings.ReplaceAll(activityOf(list), "counselling", "camp"))
	ask("POST", m+"imports?source=canary", bytes.NewReader(sheetOf(t, list)))
	for i, c := range list[:170] {
		switch i % 11 {
		case 0:
			ask("POST", m+"children", map[string]string{"identity": c.number, "label": "Kalle " + fmt.Sprint(i)})
		case 1:
			ask("POST", m+"programmes", map[string]any{"id": "p" + fmt.Sprint(i), "name": "Samtal med " + c.number, "forms": []string{"camp"}, "organiser": "ngo", "target": "other", "identity": "none", "valid_from": "2021-01-01"})
		case 2:
			ask("POST", m+"programmes", map[string]any{"id": c.mail, "name": c.phone, "forms": []string{c.number}, "organiser": c.mail})
		case 3:
			ask("POST", m+"referrals", map[string]any{"child": c.number, "channel": c.mail, "received_on": c.number})
		case 4:
			ask("POST", m+"enrolments", map[string]any{"child": c.local, "programme": c.number, "form": c.phone, "enrolled_on": c.mail, c.number: c.local})
		case 5:
			ask("PUT", m+"sessions/"+c.number+"/register", map[string]any{"attended": []string{c.number, c.local}, "adults": c.phone})
			ask("GET", m+"cases/"+c.number, nil)
			ask("GET", "municipalities/"+c.number+"/reach?year="+c.number, nil)
		case 6:
			ask("GET", m+"reach?year=2021&definition="+c.number+"&as_of="+c.local, nil)
			ask("POST", m+"imports?source="+c.number, "record_id,"+c.number+"\n1,"+c.mail+"\n")
		case 7:
			ask("POST", m+"children", `{"identity": "`+c.number+`", "label": 7, "`+c.mail+`": `)
			ask("POST", m+"merges", map[string]string{"keep": c.number, "merge": c.local})
		case 8:
			ask("POST", m+"groups", map[string]any{"programme": "sputnik", "form": "camp", "name": c.mail})
		case 9:
			keyed(t, s, &answers, c)
		case 10:
			ask("POST", m+"surveys/2021/answer", map[string]any{"answers": []map[string]any{{"question": "Q7", "status": "text", "text": "Ring " + c.phone + " om " + c.number}}})
			ask("POST", m+"surveys/2021/answer", map[string]any{"comments": []map[string]string{{"rule": "S04", "comment": c.mail}}, "restore": []string{c.number}})
			ask("POST", m+"surveys/2021/amend", map[string]string{"reason": "Barnet " + c.number})
			ask("GET", m+"surveys/"+c.number+"?lang="+c.mail, nil)
			ask("POST", "report/answers", "year,municipality,state,district,"+c.number+"\n2021,"+c.number+",answered,"+c.number+","+c.mail+"\n")
			ask("POST", "report/answers", "year,municipality,district,state,offers,children\n2021,1880,"+c.number+",answered,yes,"+c.number+"\n")
			ask("POST", "reference", "code,year,n,source\n1880,2021,"+c.number+","+c.mail+"\n")
		}
	}
	stdout, stderr, _ := s.rackvidd("disclose", "--municipality", "1880", "--child", list[0].number)
	stdout2, stderr2, _ := s.rackvidd("reach", "--municipality", "1880", "--year", "2021", "--definition", list[1].number)
	answers.WriteString(stdout + stdout2 + stderr + stderr2)
	return answers.Bytes()
}

// labelled calls a known child and a new one by what must never be a label.
func labelled(t *testing.T, s *server, list []canary) []byte {
	t.Helper()
	const children = "municipalities/1880/children"
	var answers bytes.Buffer
	ask := func(want int, method, path string, body any) []byte {
		status, raw, err := s.call(t.Context(), method, path, body)
		if err != nil || status != want {
			t.Errorf("%s %s: %d, not %d: %s %v", method, path, status, want, raw, err)
		}
		answers.Write(raw)
		return raw
	}
	var known struct{ Child string }
	if err := json.Unmarshal(ask(200, "POST", children, map[string]string{"identity": list[0].number}), &known); err != nil {
		t.Fatal(err)
	}
	for i, c := range list[:20] {
		for _, label := range []string{c.number, "Kalle " + c.number[2:8] + "-" + c.number[8:], c.mail, "Kalle, mamma " + c.phone} {
			ask(422, "PUT", children+"/"+known.Child+"/label", map[string]string{"label": label})
			ask(422, "POST", children, map[string]string{"identity": fmt.Sprint("barn ", i), "label": label})
		}
	}
	return answers.Bytes()
}

// keyed sends identities as idempotency key, trace id and token, and a file of them with a key.
func keyed(t *testing.T, s *server, answers *bytes.Buffer, c canary) {
	t.Helper()
	_, raw, _, err := s.send(t.Context(), "POST", "municipalities/1880/children", strings.NewReader(`{"identity":"`+c.number+`"}`), map[string]string{
		"Content-Type": "application/json", "Idempotency-Key": c.number + c.mail, "User-Agent": c.local,
	})
	if err != nil {
		t.Fatal(err)
	}
	answers.Write(raw)
	for _, file := range []string{activityOf([]canary{c, c}), activityOf([]canary{c, c, c})} {
		_, raw, _, err := s.send(t.Context(), "POST", "municipalities/1880/imports?source=keyed", strings.NewReader(file), map[string]string{
			"Content-Type": "text/csv", "Idempotency-Key": c.mail + c.number,
		})
		if err != nil {
			t.Fatal(err)
		}
		answers.Write(raw)
	}
}

// activityOf is a file with the canaries in the column where they belong, in the keyed ones, and in wrong ones.
func activityOf(list []canary) string {
	var b strings.Builder
	b.WriteString("record_id,type,occurred_on,child,programme,form,session,birth_year\n")
	for i, c := range list {
		child := []string{c.number, c.number[:8] + "-" + c.number[8:], c.local, c.number[2:8] + "-" + c.number[8:]}[i%4]
		programme, day, form := "sputnik", "2021-03-01", "counselling"
		switch i % 25 {
		case 20:
			programme = c.number
		case 21:
			day = c.mail
		case 22:
			form = c.phone
		case 23:
			programme = "Samtal " + c.phone
		}
		fmt.Fprintf(&b, "r-%s,session_attended,%s,%s,%s,%s,s-%s,\n", c.local, day, child, programme, form, c.local)
	}
	b.WriteString("\"" + list[0].number + ",unclosed " + list[1].mail + "\n")
	return b.String()
}

func sheetOf(t *testing.T, list []canary) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	rows := strings.Split(activityOf(list[:100]), "\n")
	for i, row := range rows {
		cells := strings.Split(row, ",")
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
