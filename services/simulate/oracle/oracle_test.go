package oracle_test

import (
	"encoding/csv"
	"maps"
	"strings"
	"testing"

	"rackvidd/services/simulate/oracle"
)

func TestReachIsCountedByHand(t *testing.T) {
	f := oracle.Reach(rows(t, `record_id,type,session,occurred_on,child,programme,form,channel,birth_year,gender,role,home_municipality,count,target
1,session_attended,,2025-03-01,a,p,camp,,2015,girl,,,,
1,session_attended,,2025-03-01,repeated,p,camp,,2015,,,,,
2,session_attended,,2025-03-01,a,p,camp,,,,,,,
3,session_attended,s1,2025-03-02,a,q,support_group,,,,,,,
4,session_attended,s1,2025-03-02,b,q,support_group,,,,,1880,,
5,session_attended,s1,2025-03-02,,q,support_group,,,,,,4,
6,session_attended,s1,2025-03-02,mother,q,support_group,,,,adult,,,
7,session_attended,s1,2025-03-02,guest,q,support_group,,2015,,,1885,,
8,session_attended,s1,2025-03-02,grown,q,support_group,,2007,,,,,
9,session_attended,s1,2025-03-02,other,q,support_group,,,,,,,other
10,session_attended,s2,2025-03-03,c,q,support_group,,,,,,,
11,session_cancelled,s2,2025-03-03,,q,support_group,,,,,,,
12,session_attended,,2024-12-31,d,q,support_group,,,,,,,
13,referral_received,,2025-01-02,a,,,school,,,,,,
14,referral_received,,2025-01-01,a,,,,,,,,,
15,referral_received,,2025-01-01,grown,,,police,,,,,,
`), "1880", "2025-01-01", "2025-12-31")
	got := []int{
		f.Children, f.Lower, f.Upper, f.Unidentified, f.UnknownAge, f.Guests, f.SumOverForms, f.SumOverProgrammes,
		f.ByForm["camp"], f.FormAttendances["camp"], f.FormAttendances["support_group"], f.ByProgramme["q"], f.Overlap["camp+support_group"],
		f.ByAge["7-12"], f.ByGender["girl"], f.Referrals, f.ReferredChildren,
	}
	want := []int{2, 6, 6, 4, 1, 1, 3, 3, 1, 1, 2, 2, 1, 1, 1, 3, 2}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("figure %d is %d, want %d: %+v", i, got[i], want[i], f)
		}
	}
	if !maps.Equal(f.FirstChannel, map[string]int{"unknown": 1}) || !maps.Equal(f.EveryChannel, map[string]int{"unknown": 1, "school": 1}) {
		t.Errorf("channels %v, %v", f.FirstChannel, f.EveryChannel)
	}
}

func rows(t *testing.T, file string) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range all[1:] {
		row := make(map[string]string)
		for i, v := range values {
			row[all[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}
