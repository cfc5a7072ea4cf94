package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const uuidModule, natsModule, pgxModule, yamlModule = "github.com/google/uuid", "github.com/nats-io", "github.com/jackc/pgx/v5", "go.yaml.in/yaml/v3"

// pure packages decide without I/O, or write to what they are given: any service may call them.
var pure = []string{"services/casework", "services/surveying", "services/disclosure", "services/charts", "services/export"}

// held are what any service may hold: the vault's contract and client, who may do what, how tables are kept, what was
// found damaged, how turns are taken, and how what is slow arrives.
var held = []string{"services/vault", "services/access", "services/database", "services/integrity", "services/turns", "services/arriving"}

// rules say what the packages of a folder may import, besides the standard library and themselves: the longest folder
// that fits counts. "*" is any module; running services are left out, they meet at interfaces that the program wires.
var rules = map[string]struct{ ours, others []string }{
	"events":              {[]string{"events"}, []string{uuidModule}},
	"events/jetlog":       {[]string{"events"}, []string{uuidModule, natsModule, "golang.org/x/sync"}},
	"events/archive":      {[]string{"events"}, []string{uuidModule, "golang.org/x/mod"}},
	"events/giveway":      {nil, []string{"golang.org/x/sys"}},
	"projections":         {[]string{"events", "projections"}, []string{uuidModule, pgxModule}},
	"services/casework":   {[]string{"events"}, []string{uuidModule}},
	"services/surveying":  {[]string{"events", "services/casework", "services/disclosure"}, []string{uuidModule, yamlModule}},
	"services/disclosure": {[]string{"events"}, []string{uuidModule}},
	"services/charts":     {[]string{"events", "projections", "services/export", "services/surveying"}, nil},
	"services/export":     {[]string{"events"}, []string{"*"}},
	"services":            {slices.Concat([]string{"events", "projections"}, pure, held), []string{"*"}},
	"services/rackvidd":   {[]string{"events", "projections", "services"}, []string{"*"}},
}

type goPackage struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func packages(t *testing.T) (list []goPackage) {
	t.Helper()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "rackvidd/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p goPackage
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, "rackvidd/")
		list = append(list, p)
	}
	return list
}

func under(path string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return f == "*" || path == f || strings.HasPrefix(path, f+"/") })
}

func ruleFor(path string) (folder string) {
	for f := range rules {
		if under(path, f) && len(f) > len(folder) {
			folder = f
		}
	}
	return folder
}

// service is the folder of a service, so that its parts may import each other.
func service(path string) string {
	parts := strings.Split(path, "/")
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func TestEventsThenProjectionsThenServices(t *testing.T) {
	for _, p := range packages(t) {
		folder := ruleFor(p.ImportPath)
		if folder == "" {
			t.Errorf("%s is in none of the rooms", p.ImportPath)
			continue
		}
		imports := p.Imports
		if folder == "events" { // what happened is tested without what is made of it; testing libraries are free
			for _, i := range slices.Concat(p.TestImports, p.XTestImports) {
				if strings.HasPrefix(i, "rackvidd/") {
					imports = append(imports, i)
				}
			}
		}
		for _, i := range imports {
			ours, mine := strings.CutPrefix(i, "rackvidd/")
			switch {
			case mine && !under(ours, rules[folder].ours...) && !under(ours, service(p.ImportPath)),
				!mine && strings.Contains(strings.SplitN(i, "/", 2)[0], ".") && !under(i, rules[folder].others...):
				t.Errorf("%s may not import %s", p.ImportPath, i)
			}
		}
	}
}

func TestTheTopLevelShowsTheArchitecture(t *testing.T) {
	allowed := []string{
		"events", "projections", "services", "deploy", "go.mod", "go.sum", "docker-compose.yml", "Makefile", "README.md", "CHANGELOG.md", "LICENSE",
		"bin", "data", // made by make, never committed
	}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}
