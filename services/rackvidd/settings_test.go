package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestContainersAreGivenTheSettingsThatThereAre is of docker-compose.yml: what is set in .env and not named there does nothing.
func TestContainersAreGivenTheSettingsThatThereAre(t *testing.T) {
	composed, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../../deploy/env.example")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := []string{"RACKVIDD_DATA", "RACKVIDD_SERVER", "RACKVIDD_TOKEN", "RACKVIDD_FORMS"} // in the image, of commands, in volumes
	given := []string{"RACKVIDD_THRESHOLD", "RACKVIDD_SCRUB_EVERY", "RACKVIDD_LOG_LEVEL", "RACKVIDD_NATS_REPLICAS", "RACKVIDD_INDEX_KEYS"}
	for name := range settingNames() {
		if strings.HasPrefix(name, "RACKVIDD_") && !slices.Contains(elsewhere, name) && !strings.Contains(string(composed), name+":") {
			t.Errorf("no container is given %s", name)
		}
	}
	for _, name := range given {
		if !strings.Contains(string(example), name+"=") {
			t.Errorf("deploy/env.example does not name %s", name)
		}
	}
}

func TestNothingStartsWithASecretThatCouldBeGuessed(t *testing.T) {
	short := strings.Repeat("c", 31)
	for name, c := range map[string]*serveCommand{"RACKVIDD_ADMIN_TOKEN": {AdminToken: short}, "RACKVIDD_VAULT_CREDENTIAL": {VaultCredential: short}} {
		var usage *usageError
		if err := c.Run(nil); !errors.As(err, &usage) || !strings.Contains(err.Error(), name) {
			t.Errorf("with a short %s: %v", name, err)
		}
	}
}

// written is a file of settings, with nothing of them in the environment.
func written(t *testing.T, text string) (file string) {
	for name := range settingNames() {
		t.Setenv(name, "") // set back at the end
		os.Unsetenv(name)
	}
	file = filepath.Join(t.TempDir(), "settings.env")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAFileOfSettingsIsReadAsSystemdReadsIt(t *testing.T) {
	file := written(t, "\ufeff# a comment\r\nRACKVIDD_SERVER=\"http://a\"\r\n RACKVIDD_CONTACT = 'it\"s = here' \r\n\r\nRACKVIDD_DATA=\nRACKVIDD_LISTEN="+strings.Repeat("a", 1<<17)+"\n")
	if err := withConfigFile([]string{"--config", file}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"RACKVIDD_SERVER": "http://a", "RACKVIDD_CONTACT": `it"s = here`, "RACKVIDD_LISTEN": strings.Repeat("a", 1<<17)} {
		if got := os.Getenv(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if value, set := os.LookupEnv("RACKVIDD_DATA"); set {
		t.Errorf("what is empty is set: %q", value)
	}
}

func TestASettingThatIsEmptyIsNone(t *testing.T) {
	file := written(t, "RACKVIDD_SERVER=http://a")
	os.Setenv("RACKVIDD_SERVER", "")
	os.Setenv("RACKVIDD_LISTEN", "")
	if err := withConfigFile([]string{"--config=" + file}); err != nil || os.Getenv("RACKVIDD_SERVER") != "http://a" {
		t.Errorf("%v, %q", err, os.Getenv("RACKVIDD_SERVER"))
	}
	if value, set := os.LookupEnv("RACKVIDD_LISTEN"); set {
		t.Errorf("every address of the machine would be listened on: %q", value)
	}
}

func TestWhatIsWrongInAFileOfSettingsIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"RACKVIDD_SERVER=http://a\nRACKVIDD_LISTENS=127.0.0.1:1": `line 2: "RACKVIDD_LISTENS" is no setting`,
		"RACKVIDD_SERVER":                      "line 1: write NAME=value",
		"RACKVIDD_DATA=/a\n\nRACKVIDD_DATA=/b": "line 3: RACKVIDD_DATA is set in line 1 already",
	} {
		file := written(t, text)
		var out, errs bytes.Buffer
		if code := Run(t.Context(), []string{"--config", file, "user", "list"}, &out, &errs); code != wrongUsage || !strings.Contains(errs.String(), file+" "+want) {
			t.Errorf("%q: %d, %s", text, code, errs.String())
		}
	}
	var out, errs bytes.Buffer
	if code := Run(t.Context(), []string{"--config", t.TempDir(), "user", "list"}, &out, &errs); code != wrongUsage || !strings.Contains(errs.String(), "is a directory") {
		t.Errorf("a directory: %d, %s", code, errs.String())
	}
	errs.Reset()
	if code := Run(t.Context(), []string{"--config=", "user", "list"}, &out, &errs); code != wrongUsage || !strings.Contains(errs.String(), "--config names no file") {
		t.Errorf("no file: %d, %s", code, errs.String())
	}
}

func TestAVariableThatIsNoSettingIsWarnedOfAtStart(t *testing.T) {
	s, err := launchWith([]string{"RACKVIDD_LISTN=127.0.0.1:1", "RACKVIDD_DATEN=", "RACKVIDD_THRESHOLD=4", "RACKVIDD_TOOLS=/tools"}, program) // a file: nothing else starts
	if err != nil {
		t.Fatal(err)
	}
	s.endsWith(t)
	<-s.exited
	const want = `level=WARN msg="a variable of the environment is no setting, and does nothing; rackvidd serve --help names all" variable=`
	if says := s.output.String(); !strings.Contains(says, want+"RACKVIDD_LISTN\n") || strings.Count(says, want) != 1 || strings.Contains(says, "127.0.0.1:1") {
		t.Errorf("it says %s", says)
	}
}

// TestNoVariableThatIsWrittenOfIsAStranger is of what deploy/ and docker-compose.yml use, whatever for.
func TestNoVariableThatIsWrittenOfIsAStranger(t *testing.T) {
	var text []byte
	for _, place := range []string{"../../docker-compose.yml", "../../README.md", "../../Makefile", "../../deploy"} {
		err := filepath.WalkDir(place, func(path string, file fs.DirEntry, err error) error {
			if err != nil || !file.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			text = append(text, raw...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	environment := regexp.MustCompile(`\bRACKVIDD_[A-Z_]+\b`).FindAllString(string(text), -1)
	for i := range environment {
		environment[i] += "=x"
	}
	if found := strangers(environment); len(environment) < 50 || len(found) > 0 {
		t.Errorf("of %d there are %v", len(environment), found)
	}
}

func TestThatServicesRunApartIsASettingAsOthersAre(t *testing.T) {
	for _, text := range []string{"RACKVIDD_APART=true", "# empty in the environment, it is none\nRACKVIDD_APART=true"} {
		file := written(t, text)
		if strings.HasPrefix(text, "#") {
			os.Setenv("RACKVIDD_APART", "")
		}
		var out, errs bytes.Buffer
		if code := Run(t.Context(), []string{"--config", file, "backup", filepath.Join(t.TempDir(), "backup")}, &out, &errs); code != wrongUsage || !strings.Contains(errs.String(), "with --apart everything is named") {
			t.Errorf("%q: %d, %s", text, code, errs.String())
		}
	}
}
