package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

const (
	// maxDepth bounds arrays and objects within each other.
	maxDepth = 32
	// maxNumber bounds the characters of one number. No double needs more than 767 digits to be told apart.
	maxNumber = 1000
)

var (
	errInvalid   = errors.New("not valid JSON")
	errNotObject = errors.New("not an object")
)

// object keeps its members as text. A struct would not do: encoding/json ignores the case of a struct's names.
type object map[string]json.RawMessage

// readObject reads text as one object. Of a name that occurs twice the last wins, as in JavaScript.
func readObject(text []byte) (object, error) {
	if !json.Valid(text) || !isStrict(text) {
		return nil, errInvalid
	}
	if bytes.TrimLeft(text, " \t\r\n")[0] != '{' {
		return nil, errNotObject
	}
	var members object
	err := json.Unmarshal(text, &members)
	return members, err
}

func (o object) text(name string) (text string, ok bool) {
	raw := o[name]
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return text, json.Unmarshal(raw, &text) == nil
}

// number is infinite if it is beyond a float64's range.
func (o object) number(name string) (number float64, ok bool) {
	raw := o[name]
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	number, err := strconv.ParseFloat(string(raw), 64)
	return number, err == nil || errors.Is(err, strconv.ErrRange)
}

// isStrict finds what encoding/json lets pass in valid JSON: more than maxDepth levels, numbers of more than maxNumber
// characters, and half a surrogate pair, which it would replace by U+FFFD.
func isStrict(text []byte) bool {
	depth, number, inString := 0, 0, false
	for i := 0; i < len(text); i++ {
		if inString || bytes.IndexByte([]byte("+-.0123456789eE"), text[i]) < 0 {
			number = 0
		} else if number++; number > maxNumber {
			return false
		}
		switch c := text[i]; {
		case c == '"':
			inString = !inString
		case inString && c == '\\':
			i++
			if text[i] != 'u' {
				continue
			}
			unit := hex4(text[i+1:])
			i += 4
			if unit < 0xD800 || unit > 0xDFFF {
				continue
			}
			next := text[i+1:]
			if unit > 0xDBFF || !bytes.HasPrefix(next, []byte(`\u`)) {
				return false
			}
			if low := hex4(next[2:]); low < 0xDC00 || low > 0xDFFF {
				return false
			}
			i += 6
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}

// hex4 reads the four digits of an escape; in valid JSON they are there.
func hex4(text []byte) uint64 {
	unit, _ := strconv.ParseUint(string(text[:4]), 16, 16)
	return unit
}

// quote puts text in quotes with the escapes of JSON.stringify; json.Marshal also escapes <, >, &, U+2028 and U+2029.
func quote(text string) string {
	const hex = "0123456789abcdef"
	quoted := make([]byte, 0, len(text)+2)
	quoted = append(quoted, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\\':
			quoted = append(quoted, '\\', c)
		case '\b':
			quoted = append(quoted, `\b`...)
		case '\f':
			quoted = append(quoted, `\f`...)
		case '\n':
			quoted = append(quoted, `\n`...)
		case '\r':
			quoted = append(quoted, `\r`...)
		case '\t':
			quoted = append(quoted, `\t`...)
		default:
			if c < ' ' {
				quoted = append(quoted, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			} else {
				quoted = append(quoted, c)
			}
		}
	}
	return string(append(quoted, '"'))
}

// formatNumber writes a finite number as JavaScript does, which is json.Marshal's way except for negative zero.
func formatNumber(number float64) string {
	if number == 0 {
		return "0"
	}
	text, _ := json.Marshal(number)
	return string(text)
}
