package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	unitsDir    = "../../deploy/systemd"
	installedAs = "/usr/local/bin/rackvidd"
	itsSettings = "/etc/rackvidd/rackvidd.env"
)

// units are the files of deploy/systemd by their names, as they are installed here.
func units(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(unitsDir + "/*")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	settings, err := filepath.Abs(filepath.Join(unitsDir, "rackvidd.env"))
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(file)] = strings.NewReplacer(installedAs, program, itsSettings, settings).Replace(string(raw))
	}
	return texts
}

func TestUnitsAreWhatSystemdKnows(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Fatal("systemd-analyze is missing: run deploy/setup tests")
	}
	dir := t.TempDir()
	args := []string{"verify", "--man=no"}
	for name, text := range units(t) {
		if kind := filepath.Ext(name); kind != ".service" && kind != ".timer" {
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if out, err := exec.Command(analyze, args...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// TestUnitsAskForCommandsThatThereAre has each command line of ours read by the program, with the settings that are installed.
func TestUnitsAskForCommandsThatThereAre(t *testing.T) {
	found := 0
	for name, text := range units(t) {
		for _, line := range regexp.MustCompile(`(?m)^Exec.*`+regexp.QuoteMeta(program)+` ([^"'\n]*)`).FindAllStringSubmatch(text, -1) {
			found++
			args := append(strings.Fields(line[1]), "--help")
			cmd := exec.Command(program, args...)
			cmd.Env = cleanEnvironment()
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: rackvidd %s: %v\n%s", name, strings.Join(args, " "), err, out)
			}
		}
	}
	if found < 3 {
		t.Errorf("%d command lines were found", found)
	}
}

func TestSettingsOfTheServiceAreSettings(t *testing.T) {
	texts := units(t)
	readme, err := os.ReadFile("../../deploy/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## As a service of the system\n")
	texts["README.md"], _, _ = strings.Cut(section, "\n## ")
	known, named := settingNames(), 0
	for file, text := range texts {
		for _, name := range regexp.MustCompile(`\b(RACKVIDD_[A-Z_]+|PG_BIN)\b`).FindAllString(text, -1) {
			named++
			if !known[name] {
				t.Errorf("%s names %s, which is no setting", file, name)
			}
		}
	}
	if named < 10 || section == "" {
		t.Errorf("%d names were found, and a section of %d bytes", named, len(section))
	}
	// Every setting is looked for, also those that are commented out.
	for _, line := range regexp.MustCompile(`(?m)^#?([A-Z_]+)=`).FindAllStringSubmatch(texts["rackvidd.env"], -1) {
		if !known[line[1]] {
			t.Errorf("rackvidd.env sets %s, which is no setting", line[1])
		}
	}
}

func TestSystemdIsToldWhenItIsReady(t *testing.T) {
	data := dataDir(t)
	if err := provide(data); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "notify")
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	s, err := launchWith([]string{"NOTIFY_SOCKET=" + socket}, data)
	if err != nil {
		t.Fatal(err)
	}
	s.endsWith(t)
	s.awaitReady(t)
	message := make([]byte, 100)
	if err := told.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if n, err := told.Read(message); err != nil || string(message[:n]) != "READY=1" {
		t.Errorf("systemd is told %q, %v", message[:n], err)
	}
	s.stop(t)
}
