package main

import (
	"bytes"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// TestAFlagThatIsGivenAndEmptyIsNotTakenForOneThatIsLeftOut as of a variable that is not set.
func TestAFlagThatIsGivenAndEmptyIsNotTakenForOneThatIsLeftOut(t *testing.T) {
	t.Parallel()
	bundle, err := filepath.Glob("../audit/testdata/bundles/*.zip")
	if err != nil || len(bundle) == 0 {
		t.Fatalf("%v, %v", bundle, err)
	}
	run := func(args ...string) (said string, code int) {
		var out bytes.Buffer
		code = Run(t.Context(), append([]string{"audit"}, args...), &out, &out)
		return out.String(), code
	}
	if said, code := run("verify", "--bundle", bundle[0]); code != done {
		t.Fatalf("exit %d: %s", code, said)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"verify", "--bundle", bundle[0], "--key", ""}, "--key: it is empty; give KEY"},
		{[]string{"verify", "--bundle", bundle[0], "--key="}, "--key: it is empty; give KEY"},
		{[]string{"verify", "--bundle", bundle[0], "--since", ""}, "--since: it is empty; give FILE"},
		{[]string{"verify", "--bundle", ""}, "--bundle: it is empty; give FILE"},
		{[]string{"verify", "--key", ""}, "--key: it is empty; give KEY"},
		{[]string{"bundle", "--municipality", "1880", "--year", "2021", "--out", ""}, "--out: it is empty; give FILE"},
		{[]string{"bundle", "--municipality", "1880", "--year", "2021", "--out", filepath.Join(t.TempDir(), "b.zip"), "--since", ""}, "--since: it is empty; give FILE"},
	} {
		if said, code := run(c.args...); code != wrongUsage || !strings.Contains(said, c.says) {
			t.Errorf("%q: exit %d: %s", c.args, code, said)
		}
	}
}

func TestABundleIsNamedFromTheDirectoryOneIsInAndFromOnesHome(t *testing.T) {
	whoever, err := user.Current() // HOME may name another directory
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"none.zip": "services/rackvidd/none.zip", "~/none.zip": filepath.Join(whoever.HomeDir, "none.zip")} {
		var out bytes.Buffer
		if code := Run(t.Context(), []string{"audit", "verify", "--bundle", name}, &out, &out); code != failed || !strings.Contains(out.String(), want) {
			t.Errorf("%s: exit %d: %s", name, code, &out)
		}
	}
}
