package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"
)

type surveyCommand struct {
	Show surveyShow `cmd:"" help:"Print the survey's computed answers."`
}

// surveyShow prints the draft of a year's survey.
type surveyShow struct {
	municipalityFlag
	Year int `required:"" help:"The activity year." placeholder:"YEAR"`
	formatFlags
}

// surveyAnswers is the part of the API's answer that is printed.
type surveyAnswers struct {
	Year    int    `json:"year"`
	Form    string `json:"form"`
	State   string `json:"state"`
	Answers []struct {
		Question    string   `json:"question"`
		Status      string   `json:"status"`
		Value       *int     `json:"value"`
		Basis       string   `json:"basis"`
		Lower       *int     `json:"lower"`
		Upper       *int     `json:"upper"`
		Choices     []string `json:"choices"`
		Explanation string   `json:"explanation"`
	} `json:"answers"`
}

func (c *surveyShow) Run(env *environment) error {
	raw, err := env.fetch(call{method: http.MethodGet, path: c.path(fmt.Sprintf("surveys/%d", c.Year))})
	if err != nil {
		return err
	}
	if c.json() {
		return env.printJSON(raw)
	}
	var s surveyAnswers
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\nThe annual survey of %d (form %s, %s)\n", s.Year, s.Form, s.State)
	for _, a := range s.Answers {
		answer := a.Status
		switch {
		case a.Value != nil && a.Lower != nil && a.Upper != nil && *a.Lower != *a.Upper:
			answer = fmt.Sprintf("%d (%d–%d)", *a.Value, *a.Lower, *a.Upper)
		case a.Value != nil:
			answer = fmt.Sprint(*a.Value)
		case len(a.Choices) > 0:
			answer = strings.Join(a.Choices, ", ")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", a.Question, answer, a.Basis)
		if a.Explanation != "" {
			fmt.Fprintf(t, "\t%s\n", a.Explanation)
		}
	}
	return t.Flush()
}
