package main

import (
	"fmt"
	"net/http"
	"time"
)

// healthCommand asks a service whether it is ready; containers without a shell check themselves with it.
type healthCommand struct {
	URL string `arg:"" help:"Address to ask, for example http://127.0.0.1:8080/readyz." placeholder:"URL"`
}

func (c *healthCommand) Run(env *environment) error {
	request, err := http.NewRequestWithContext(env, http.MethodGet, c.URL, nil)
	if err != nil {
		return &usageError{err}
	}
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", c.URL, response.StatusCode)
	}
	return nil
}
