package intake_test

import (
	"strings"
	"testing"

	"rackvidd/services/intake"
)

func TestRefusedRowsAreWrittenWithoutFormulas(t *testing.T) {
	var b strings.Builder
	out, err := intake.NewRejectsWriter(&b)
	for _, r := range []intake.Rejection{
		{Line: 4, Column: "child", Code: "missing_child", Message: `no "child"`},
		{Line: 5, Column: "=1+1", Code: "@x", Message: "-1\n"},
		{Line: 6, Column: "\tx", Code: "\rx", Message: "+x"},
		{Line: 7, Column: "＝x", Code: "＠x", Message: "－x"},
	} {
		if err == nil {
			err = out.Write("-x.csv", r)
		}
	}
	if err == nil {
		err = out.Flush()
	}
	want := "line,column,code,message,file\n4,child,missing_child,\"no \"\"child\"\"\",'-x.csv\n5,'=1+1,'@x,\"'-1\n\",'-x.csv\n6,'\tx,\"'\rx\",'+x,'-x.csv\n7,'＝x,'＠x,'－x,'-x.csv\n"
	if err != nil || b.String() != want {
		t.Errorf("wrote %q, %v", b.String(), err)
	}
}
