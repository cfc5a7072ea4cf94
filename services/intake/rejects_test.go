package intake_test

import (
	"strings"
	"testing"

	"rackvidd/services/intake"
)

func TestRefusedRowsAreWrittenWithoutFormulas(t *testing.T) {
	var b strings.Builder
	err := intake.WriteRejects(&b, []intake.Rejection{
		{Line: 4, Column: "child", Code: "missing_child", Message: `no "child"`},
		{Line: 5, Column: "=1+1", Code: "@x", Message: "-1\n"},
		{Line: 6, Column: "\tx", Code: "\rx", Message: "+x"},
	})
	want := "line,column,code,message\n4,child,missing_child,\"no \"\"child\"\"\"\n5,'=1+1,'@x,\"'-1\n\"\n6,'\tx,\"'\rx\",'+x\n"
	if err != nil || b.String() != want {
		t.Errorf("wrote %q, %v", b.String(), err)
	}
}
