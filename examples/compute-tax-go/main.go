// Computes an order's total with 15 % tax: {"id":"A1","value":100} becomes
// {"order_id":"A1","total_final":114.99999999999999}. One process serves one request: stdin is the event, stdout the
// answer.
package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// computeTax returns the answer's body, or what is wrong with the request.
func computeTax(event object) (string, error) {
	if encoding, _ := event.text("encoding"); encoding == "base64" {
		return "", errors.New("the body is not UTF-8: send JSON")
	}
	body, _ := event.text("body")
	if body == "" {
		return "", errors.New("the body is empty: send a JSON object with id and value")
	}
	order, err := readObject([]byte(body))
	if errors.Is(err, errNotObject) {
		return "", errors.New("the body is not an object: send a JSON object with id and value")
	} else if err != nil {
		return "", errors.New("the body is not valid JSON, or past its limits: 32 levels, 1000 characters a number")
	}
	id, ok := order.text("id")
	if !ok {
		return "", errors.New("id must be a string")
	}
	value, ok := order.number("value")
	if !ok {
		return "", errors.New("value must be a number")
	}
	total := value * 1.15
	if math.IsInf(total, 0) {
		return "", errors.New("value is too large: the total must be below 1.8e308")
	}
	return `{"order_id":` + quote(id) + `,"total_final":` + formatNumber(total) + `}`, nil
}

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	event, err := readObject(input)
	if err != nil {
		fail(errors.New("stdin is not an event of contract version 1"))
	}
	status := 200
	body, err := computeTax(event)
	if err != nil {
		status, body = 400, `{"error":`+quote(err.Error())+`}`
	}
	const answer = `{"status":%d,"headers":{"content-type":"application/json"},"body":%s}`
	if _, err := fmt.Printf(answer, status, quote(body)); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
