package main

import (
	"errors"
	"os"
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
