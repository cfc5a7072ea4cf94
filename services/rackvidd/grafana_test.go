package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// asked is an expression of the board or of an alert, and the labels that its title names.
type asked struct{ of, expression, title string }

// TestBoardAndAlertsAskForWhatThereIs holds deploy/grafana against what a running program says at /metrics.
func TestBoardAndAlertsAskForWhatThereIs(t *testing.T) {
	t.Parallel()
	said := measured(t)
	list := append(boardAsks(t), alertsAsk(t)...)
	if len(list) < 40 {
		t.Errorf("%d expressions were found", len(list))
	}
	for _, a := range list {
		for _, fault := range said.faults(a) {
			t.Errorf("%s: %s\n\t%s", a.of, fault, a.expression)
		}
	}
	for name := range said {
		if strings.HasPrefix(name, "rackvidd_") && !strings.HasSuffix(name, "_sum") && !slices.ContainsFunc(list, func(a asked) bool { return strings.Contains(a.expression, name) }) {
			t.Errorf("neither the board nor an alert shows %s", name)
		}
	}
}

func TestWhatNobodyMeasuresIsNoticed(t *testing.T) {
	said := samples{"up": {"job": nil, "instance": nil}, "a_seconds": {"part": {"nats": true}, "le": {}}}
	for expression, want := range map[string]int{
		`sum by (part) (rate(a_seconds{part="nats"}[5m])) > 0.5`: 0,
		`up{job="rackvidd"} unless on (instance) a_seconds`:      0,
		`rate(b_seconds[5m])`:                      1,
		`a_seconds{town="1880"}`:                   1,
		`a_seconds{part="nuts"}`:                   1,
		`sum by (town) (a_seconds) / min(c_bytes)`: 2,
	} {
		if faults := said.faults(asked{expression: expression}); len(faults) != want {
			t.Errorf("%s: %q", expression, faults)
		}
	}
	if faults := said.faults(asked{expression: "a_seconds", title: "{{part}} {{ $labels.town }}"}); len(faults) != 1 {
		t.Errorf("of a title: %q", faults)
	}
}

// samples are names, their labels and the values that these have.
type samples map[string]map[string]map[string]bool

// measured is what the program says when everything has happened once that is measured.
func measured(t *testing.T) samples {
	t.Helper()
	s := serve(t, dataDir(t))
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	s.figures(t, "1880", "year=2021")
	s.must(t, "retention", "decide", "--municipality", "1880", "--years", "30")
	s.must(t, "audit", "verify", "--municipality", "1880")
	s.must(t, "backup", dataDir(t)+"/a.backup")
	s.must(t, "health", s.address+"/readyz")
	said := samples{"up": {}}
	for line := range strings.Lines(s.gauges(t)) {
		name := regexp.MustCompile(`^\w*`).FindString(line)
		if name == "" { // a comment
			continue
		}
		labels := said[name]
		if labels == nil {
			labels = make(map[string]map[string]bool)
			said[name] = labels
		}
		for _, l := range matching.FindAllStringSubmatch(strings.TrimPrefix(line, name), -1) {
			if labels[l[1]] == nil {
				labels[l[1]] = make(map[string]bool)
			}
			labels[l[1]][l[3]] = true
		}
	}
	for _, labels := range said { // Prometheus names who said it
		labels["job"], labels["instance"] = nil, nil
	}
	return said
}

var (
	matching  = regexp.MustCompile(`(\w+)\s*(=|!=|=~|!~)\s*"([^"]*)"`)
	selecting = regexp.MustCompile(`(\w+)\{([^}]*)\}`)
	grouping  = regexp.MustCompile(`\b(by|on|ignoring|without)\s*\(([^)]*)\)`)
	word      = regexp.MustCompile(`[a-z_][a-z0-9_]*\s*\(?`)
	titled    = regexp.MustCompile(`\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}`)
)

// faults are the names, labels and values of an expression that nobody measures.
func (said samples) faults(a asked) (list []string) {
	var names []string
	for _, selected := range selecting.FindAllStringSubmatch(a.expression, -1) {
		for _, l := range matching.FindAllStringSubmatch(selected[2], -1) {
			values, there := said[selected[1]][l[1]]
			if said[selected[1]] != nil && (!there || values != nil && !strings.HasSuffix(l[2], "~") && !values[l[3]]) {
				list = append(list, fmt.Sprintf("%s has no %s %q", selected[1], l[1], l[3]))
			}
		}
	}
	bare := regexp.MustCompile(`\{[^}]*\}|\[[^\]]*\]`).ReplaceAllString(a.expression, "")
	for _, found := range word.FindAllString(grouping.ReplaceAllString(bare, ""), -1) {
		name := strings.TrimSpace(found)
		if strings.HasSuffix(name, "(") || slices.Contains([]string{"or", "and", "unless"}, name) {
			continue
		}
		if names = append(names, name); said[name] == nil {
			list = append(list, "nobody measures "+name)
		}
	}
	labels := titled.FindAllStringSubmatch(a.title, -1)
	for _, group := range grouping.FindAllStringSubmatch(bare, -1) {
		for label := range strings.SplitSeq(group[2], ",") {
			labels = append(labels, []string{"", strings.TrimSpace(label)})
		}
	}
	for _, l := range labels {
		if !slices.ContainsFunc(names, func(name string) bool { _, there := said[name][l[1]]; return there }) {
			list = append(list, "none of its metrics has the label "+l[1])
		}
	}
	return list
}

func boardAsks(t *testing.T) (list []asked) {
	t.Helper()
	raw, err := os.ReadFile("../../deploy/grafana/operations.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Templating struct {
			List []struct{ Name, Type, Definition string }
		}
		Panels []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal(raw, &board); err != nil {
		t.Fatal(err)
	}
	values := regexp.MustCompile(`^label_values\((.*), (\w+)\)$`)
	for _, v := range board.Templating.List {
		if asks := values.FindStringSubmatch(v.Definition); asks != nil {
			list = append(list, asked{"variable " + v.Name, asks[1], "{{" + asks[2] + "}}"})
		} else if v.Type == "query" {
			t.Errorf("variable %s asks %q", v.Name, v.Definition)
		}
	}
	ids := make(map[int]bool)
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("two panels have the number %d", p.ID)
		}
		ids[p.ID] = true
		if len(p.Targets) == 0 && p.Type != "row" {
			t.Errorf("%s asks nothing", p.Title)
		}
		for _, target := range p.Targets {
			list = append(list, asked{"panel " + p.Title, target.Expr, target.LegendFormat})
		}
	}
	return list
}

func alertsAsk(t *testing.T) (list []asked) {
	t.Helper()
	raw, err := os.ReadFile("../../deploy/grafana/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
				t.Errorf("%s says not how bad it is, or not what it is", r.Alert)
			}
			list = append(list, asked{"alert " + r.Alert, r.Expr, r.Annotations["summary"] + r.Annotations["description"]})
		}
	}
	return list
}
