package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"rackvidd/services/surveying"
)

func parser(t *testing.T, cli *commands) *kong.Kong {
	t.Helper()
	p, err := kong.New(cli, variables())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAnswersStandAnywhereAmongTheFlags(t *testing.T) {
	for _, line := range []string{
		"Q4=54 Q6=funding --basis estimated --reason x",
		"Q4=54 --basis estimated --reason x Q6=funding",
		"Q4=54 --basis=estimated Q6=funding --reason x",
		"--basis estimated Q4=54 --reason x --json Q6=funding",
		"--json Q4=54 -fjson Q6=funding --reason x --basis estimated",
		"-f json Q4=54 -f json Q6=funding --reason x --basis estimated",
		"Q4=54 --reason x --basis estimated -- Q6=funding",
		"--reason x --basis estimated -- Q4=54 Q6=funding",
	} {
		var cli commands
		_, err := parser(t, &cli).Parse(append([]string{"survey", "answer", "-m", "1880", "--year", "2021"}, strings.Fields(line)...))
		if a := cli.Survey.Answer; err != nil || !slices.Equal(a.Answers, answers{"Q4=54", "Q6=funding"}) || a.Basis != "estimated" || a.Reason != "x" {
			t.Errorf("%s: %q, basis %q, reason %q: %v", line, a.Answers, a.Basis, a.Reason, err)
		}
	}
}

func TestAFlagsValueIsNoAnswer(t *testing.T) {
	var cli commands
	_, err := parser(t, &cli).Parse([]string{"survey", "answer", "Q4=54", "-m", "1880", "--comment", "S12=nej", "--year", "2021", "--reason", "Q4=5 var fel", "Q1=yes"})
	if a := cli.Survey.Answer; err != nil || !slices.Equal(a.Answers, answers{"Q4=54", "Q1=yes"}) || !slices.Equal(a.Comment, []string{"S12=nej"}) || a.Reason != "Q4=5 var fel" {
		t.Errorf("%+v: %v", a, err)
	}
	for _, line := range []string{"Q4=54 --colour red Q1=yes", "Q4=54 --reason"} {
		if _, err := parser(t, &cli).Parse(append([]string{"survey", "answer", "-m", "1880", "--year", "2021"}, strings.Fields(line)...)); err == nil {
			t.Errorf("%s is taken", line)
		}
	}
}

func TestItIsKnownOfEveryFlagWhetherItTakesTheNextArgument(t *testing.T) {
	node := parser(t, &commands{}).Model.Node
	for _, name := range []string{"survey", "answer"} {
		node = node.Children[slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == name })]
	}
	for _, group := range node.AllFlags(false) {
		for _, f := range group {
			if takesNext("--"+f.Name) == f.IsBool() || f.Short != 0 && takesNext("-"+string(f.Short)) == f.IsBool() {
				t.Errorf("--%s takes a value: %v", f.Name, !f.IsBool())
			}
		}
	}
}

func TestOpenDataArePrintedInWordsOfTheLanguage(t *testing.T) {
	o := surveying.OpenData{
		Municipality: "1880", Year: 2021, Definition: "reach/v3", Position: 9, Threshold: 5,
		Figures: []surveying.OpenFigure{
			{Dimension: "overlap", Code: "camp&support_group", Shown: "1–4", Reason: "few"}, {Dimension: "programme", Code: "camp&co", Shown: "10"},
		},
	}
	for language, want := range map[surveying.Language]string{
		"sv": "Öppna data om 2021 i Örebro (reach/v3, position 9): tal från 1 till 4 är skyddade båda formerna läger & stödgrupp 1–4 few verksamhet camp&co 10",
		"en": "Open data of 2021 in Örebro (reach/v3, position 9): numbers from 1 to 4 are protected both forms camp & support group 1–4 few programme camp&co 10",
	} {
		var out strings.Builder
		if err := printOpenData(&out, o, language); err != nil || strings.Join(strings.Fields(out.String()), " ") != want {
			t.Errorf("%s: %v\n%s", language, err, &out)
		}
	}
}
